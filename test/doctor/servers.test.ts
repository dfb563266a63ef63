/** The checks of Redis, the registry and the host: nothing is said where all is well, and each fault with its cure. */
import { describe, expect, test } from 'vitest';
import { checkHost, type Host, satisfies } from '../../src/cli/doctor-host.ts';
import type { RedisFacts, RedisNode, RedisProbe, RegistryProbe, SubjectFacts } from '../../src/cli/doctor-ports.ts';
import { checkRedis } from '../../src/cli/doctor-redis.ts';
import { checkRegistry } from '../../src/cli/doctor-registry.ts';
import { Halt, Retryable } from '../../src/engine/errors.ts';
import { configOf, input, probesOf, redisFacts, redisNode, subject, textOf, wrongIn } from './stubs.ts';

const config = await configOf();
const MIB = 2 ** 20;

describe('Redis', () => {
  const look = (facts: RedisFacts, more: Partial<RedisProbe> = {}, rebuild: number | null = 0) =>
    checkRedis(config, { facts: async () => facts, refused: async () => ({ rules: [], writes: null }), ...more }, Promise.resolve(rebuild));

  test('all is well', async () => {
    const found = await look(redisFacts());
    expect(wrongIn(found)).toEqual([]);
    expect(found.map(({ check }) => check)).toEqual([
      ...['server', 'latency', 'maxmemory-policy', 'memory', 'persistence', 'replicas', 'rights'],
    ]);
  });

  const CLI = 'redis-cli -h redis -p 6379';
  test.each<[string, Partial<RedisNode>, string, string]>([
    ['is old', { version: '6.0.9', tooOld: true }, 'fault version, redis:6379: 6.0.9', 'Run Redis 6.2 or later.'],
    [
      'may evict',
      { policy: 'allkeys-lru', mayEvict: true },
      'fault maxmemory-policy, redis:6379: allkeys-lru, wanted noeviction',
      `${CLI} CONFIG SET maxmemory-policy noeviction`,
    ],
    ['has evicted', { evicted: 3 }, 'warning dropped keys, redis:6379: 3 since it started', 'remove the keys {shop:*'],
    [
      'is nearly full',
      { memory: { used: 850 * MIB, max: 1000 * MIB, system: 4000 * MIB } },
      'warning memory, redis:6379: 850 MiB of 1000 MiB (85 %)',
      `${CLI} CONFIG SET maxmemory 1700mb`,
    ],
    [
      'is full',
      { memory: { used: 990 * MIB, max: 1000 * MIB, system: 4000 * MIB } },
      'fault memory, redis:6379: 990 MiB of 1000 MiB (99 %)',
      `${CLI} CONFIG SET maxmemory 1980mb`,
    ],
    [
      'has nearly all memory of its machine',
      { memory: { used: 900 * MIB, max: 0, system: 1000 * MIB } },
      'warning memory, redis:6379: 900 MiB of 1000 MiB (90 %)',
      'set maxmemory somewhat below',
    ],
    ['keeps nothing', { appendOnly: false }, 'warning persistence: none', `${CLI} CONFIG SET appendonly yes`],
    [
      'cannot write to its disk',
      { persisting: false },
      'warning persistence, redis:6379: its last write to disk failed',
      'its disk is full',
    ],
    ['is far away', { pingMs: 31 }, 'warning latency: PING answered in 31.0 ms', 'one network or zone'],
    ['is a replica', { role: 'replica' }, 'fault role, redis:6379: a replica', 'Name the master in RAPPORT_REDIS_URL'],
    [
      'is a replica without its master',
      { role: 'replica', linked: false },
      'warning replica redis:6379: not connected to its master',
      `${CLI} INFO replication`,
    ],
  ])('a server that %s', async (_, change, wrong, cure) => {
    const found = await look(redisFacts(redisNode(change)));
    expect(wrongIn(found)).toContain(wrong);
    expect(textOf(found)).toContain(cure);
  });

  test('without persistence it says how much of the journal a restart costs', async () => {
    const text = textOf(await look(redisFacts(redisNode({ appendOnly: false })), {}, 700 * MIB));
    expect(text).toContain('anew from the journal (some 700 MiB to read, about 1 min 10 s for one worker)');
    expect(wrongIn(await look(redisFacts(redisNode({ appendOnly: false, snapshots: '3600 1' }))))).toEqual([]);
  });

  test('a cluster: its state, and each node by its name', async () => {
    const nodes = [
      redisNode({ node: 'a:1' }),
      redisNode({ node: 'b:1', mayEvict: true, policy: 'volatile-lru' }),
      { node: 'c:1', role: 'master', error: 'ECONNREFUSED' } as const,
      { node: 'd:1', role: 'replica', error: 'ECONNREFUSED' } as const,
    ];
    const found = await look({ cluster: { state: 'fail', slots: 10_923 }, nodes });
    expect(wrongIn(found)).toEqual([
      'fault node c:1: no answer',
      'warning node d:1: a replica, no answer',
      'fault cluster: state fail, 10923 of 16384 slots served',
      'fault maxmemory-policy, b:1: volatile-lru, wanted noeviction',
    ]);
    const two = ['a:1', 'b:1'].map((node) => redisNode({ node, appendOnly: false }));
    const well = await look({ cluster: { state: 'ok', slots: 16_384 }, nodes: [...two, redisNode({ node: 'c:1', role: 'replica' })] });
    // What is so of several nodes is said once, with what to do on each.
    expect(wrongIn(well)).toEqual(['warning persistence: none']);
    expect(textOf(well)).toMatch(/-h a -p 1 CONFIG SET appendonly yes\nredis-cli -h b -p 1 CONFIG SET appendonly yes/);
    expect(well.map(({ found }) => found)).toContain('Redis 7.2.4 at a:1, cluster of 2 masters and 1 replica');
    expect(well.map(({ found }) => found)).toContain('2, of 2 masters');
  });

  test('rights that are missing, and writes that are refused', async () => {
    const found = await look(redisFacts(), { refused: async () => ({ rules: ['+hset', '~{shop:*'], writes: 'OOM command not allowed' }) });
    expect(wrongIn(found)).toEqual(['fault rights: missing: +hset, ~{shop:*', 'fault writes: refused']);
    expect(textOf(found)).toContain("redis-cli ACL SETUSER <user> +hset '~{shop:*'");
    expect(textOf(found)).toContain('OOM command not allowed');
  });

  test('a server that is away, or refuses the user, is one fault', async () => {
    const away = async (): Promise<never> => {
      throw new Halt('Redis refuses access: WRONGPASS');
    };
    const found = await look(redisFacts(), { facts: away, refused: away });
    expect(wrongIn(found)).toEqual(['fault server: refused', 'skipped rights: Redis cannot be asked']);
    expect(textOf(found)).toMatch(/WRONGPASS[\s\S]*Correct what it names/);
    const gone = async (): Promise<never> => {
      throw new Retryable('ECONNREFUSED');
    };
    expect(textOf(await look(redisFacts(), { facts: gone, refused: gone }))).toMatch(/ECONNREFUSED[\s\S]*RAPPORT_REDIS_URL/);
  });
});

describe('the schema registry', () => {
  const look = (subjects: SubjectFacts[], facts: RegistryProbe['facts'] = async () => ({ ms: 2, clock: null }), of = config) =>
    checkRegistry(of, { facts, subjects: async () => subjects });

  test('all is well', async () => {
    expect(wrongIn(await look([subject(), input()]))).toEqual([]);
    // Whatever version a producer writes, it can be read.
    expect(wrongIn(await look([subject(), input({ registered: false, latest: 7 })]))).toEqual([]);
  });

  test.each<[string, SubjectFacts, string, string]>([
    [
      'another schema in our place',
      subject({ registered: false, fault: 'reader lacks a default' }),
      'fault shop.alerts-value: version 3 is another schema, and ours does not follow from it',
      'curl -X DELETE http://registry:8081/subjects/shop.alerts-value',
    ],
    [
      'an output that is new',
      subject({ registered: false, latest: null, level: null }),
      'warning schemas of outputs: not yet registered: shop.alerts-value',
      'rapport topics create',
    ],
    [
      'an input that cannot be read',
      input({ fault: 'no field customerId', registered: false }),
      'fault shop.purchases-value: version 3 cannot be read',
      'schemas/in',
    ],
    [
      'an input nobody has registered',
      input({ registered: false, latest: null }),
      'warning schemas of inputs: nothing registered: shop.purchases-value',
      'rapport topics create',
    ],
    [
      'a loose compatibility',
      subject({ level: 'NONE', strictEnough: false }),
      'warning shop.alerts-value: compatibility: NONE',
      `curl -X PUT -H 'content-type: application/json' -d '{"compatibility":"BACKWARD"}' http://registry:8081/config/shop.alerts-value`,
    ],
  ])('%s', async (_, facts, wrong, cure) => {
    const found = await look([facts]);
    expect(wrongIn(found)).toEqual([wrong]);
    expect(textOf(found)).toContain(cure);
  });

  test('one that is away is one fault; a user has his place in a command, not his password', async () => {
    const away = await look([], () => Promise.reject(new Retryable('it refuses the user (401)')));
    expect(wrongIn(away)).toEqual(['fault registry: no answer', 'skipped schemas: the registry cannot be asked']);
    expect(textOf(away)).toMatch(/401[\s\S]*RAPPORT_REGISTRY_PASSWORD/);
    const secured = await configOf({ RAPPORT_REGISTRY_URL: 'http://me:hush@registry:8081' });
    const text = textOf(await look([subject({ registered: false, fault: 'x' })], undefined, secured));
    expect(text).toContain("curl -u '<user>:<password>' -X DELETE http://registry:8081/");
    expect(text).not.toContain('hush');
  });
});

describe('the host', () => {
  const HOST: Host = { node: '24.1.0', engines: '^22.18 || ^24 || >=26', heap: 4096 * MIB, memory: 0 };
  const probes = probesOf(config);

  test('all is well', async () => {
    const found = await checkHost(config, probes, HOST);
    expect(wrongIn(found)).toEqual([]);
    expect(found.map(({ check }) => check)).toEqual(['Node', 'memory', 'clock', 'clock']);
  });

  test.each([
    ['22.17.0', false],
    ['22.18.0', true],
    ['23.9.0', false],
    ['24.0.0', true],
    ['25.1.0', false],
    ['26.0.0', true],
    ['28.3.0', true],
  ])('Node %s: %s', (version, fine) => {
    expect(satisfies(version, HOST.engines)).toBe(fine);
  });

  test('an old Node, little memory, a setting that is not meant', async () => {
    const found = await checkHost({ ...config, warnings: ['rapport.yaml:3:1: is not used.'] }, probes, {
      ...HOST,
      node: '20.11.1',
      memory: 300 * MIB,
    });
    expect(wrongIn(found)).toEqual([
      'fault Node: 20.11.1',
      'warning memory: 300 MiB for this process',
      'warning configuration: allowed, probably not meant',
    ]);
    expect(textOf(found)).toMatch(/--max-old-space-size=\d+/);
    expect(textOf(found)).toContain('rapport.yaml:3:1');
  });

  test('a clock that is off, by whose; nobody to compare with is no fault', async () => {
    const late = redisFacts(redisNode({ clock: { its: 0, ours: 90_000 } }));
    const found = await checkHost(config, { ...probes, redis: { ...probes.redis, facts: async () => late } }, HOST);
    expect(wrongIn(found)).toEqual(['warning clock: 1 min 30 s ahead of Redis redis:6379']);
    const nobody = { facts: () => Promise.reject(new Retryable('away')) };
    const alone = await checkHost(config, { redis: { ...probes.redis, ...nobody }, registry: { ...probes.registry, ...nobody } }, HOST);
    expect(wrongIn(alone)).toEqual(['skipped clock: away']);
  });
});
