/** The doctor's questions to real Redis servers: what they are, what a user may do; and that asking changes nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProbe } from '../../../src/adapters/redis/probe.ts';
import type { RedisNode } from '../../../src/cli/doctor-ports.ts';
import type { RedisConfig } from '../../../src/config/config.ts';
import { Halt, Retryable } from '../../../src/engine/errors.ts';
import { redisCommand } from '../../../src/stack/ask.ts';
import { type Redis, startRedis } from '../../../src/stack/redis.ts';
import type { Resource } from '../../../src/stack/resource.ts';
import { configOf } from './support.ts';

const user = (name: string, ...rules: string[]): string[] => ['--user', name, 'on', '>secret', ...rules];
/** What the application needs, but `+exec`, which cannot be looked at without executing something. */
const NEEDED =
  '+info +multi +hmget +mget +get +set +mset +del +unlink +zadd +zrem +zrangebyscore +hset +hdel +eval +evalsha +scan +ping'.split(' ');

async function asked<T>(config: RedisConfig, question: (probe: ReturnType<typeof createProbe>['value']) => Promise<T>): Promise<T> {
  const { value, stop } = createProbe(config, 'shop');
  return question(value).finally(stop);
}

describe('one server', () => {
  let redis: Resource<Redis>;
  let port = 0;
  beforeAll(async () => {
    const users = [
      ...user('worker', '~{shop:*', ...NEEDED),
      ...user('reader', '~{shop:*', '+@read', '+info', '+ping', '+multi'),
      ...user('other', '~else', ...NEEDED),
    ];
    redis = await startRedis({ mode: 'single', arguments: users, log: () => {} });
    port = redis.value.nodes[0]?.port ?? 0;
  });
  afterAll(() => redis.stop());

  const by = (username: string, password = 'secret'): RedisConfig => configOf(redis.value.url, { username, password });

  it('tells version, policy, memory, persistence, clock and distance', async () => {
    const { cluster, nodes } = await asked(configOf(redis.value.url), (probe) => probe.facts());
    expect(cluster).toBeNull();
    expect(nodes).toEqual([
      expect.objectContaining({
        node: `127.0.0.1:${port}`,
        role: 'master',
        tooOld: false,
        policy: 'noeviction',
        mayEvict: false,
        appendOnly: false,
        snapshots: '',
        evicted: 0,
        linked: true,
      }),
    ]);
    const [node] = nodes as RedisNode[];
    expect(node?.memory.used).toBeGreaterThan(0);
    expect(Math.abs((node?.clock?.its ?? 0) - (node?.clock?.ours ?? 0))).toBeLessThan(5_000);
    expect(node?.pingMs).toBeGreaterThan(0);
  });

  it('a server that may evict is told as one, with what it was set to', async () => {
    await redisCommand(port, 'CONFIG SET maxmemory-policy allkeys-lru');
    const { nodes } = await asked(configOf(redis.value.url), (probe) => probe.facts());
    await redisCommand(port, 'CONFIG SET maxmemory-policy noeviction');
    expect(nodes).toEqual([expect.objectContaining({ policy: 'allkeys-lru', mayEvict: true })]);
  });

  it('a user with exactly what is needed lacks nothing; settings that he may not see are not told', async () => {
    expect(await asked(by('worker'), (probe) => probe.refused())).toEqual({ rules: [], writes: null });
    expect((await asked(by('worker'), (probe) => probe.facts())).nodes).toEqual([expect.objectContaining({ snapshots: null })]);
  });

  it('names the rules that a user lacks: commands, and the keys', async () => {
    const { rules } = await asked(by('reader'), (probe) => probe.refused());
    expect(rules.toSorted()).toEqual(['+del', '+eval', '+evalsha', '+hdel', '+hset', '+mset', '+set', '+unlink', '+zadd', '+zrem']);
    expect(await asked(by('other'), (probe) => probe.refused())).toEqual({ rules: ['~{shop:*'], writes: null });
  });

  it('says why writes are refused to all', async () => {
    await redisCommand(port, 'CONFIG SET maxmemory 1');
    const { writes, rules } = await asked(by('worker'), (probe) => probe.refused());
    await redisCommand(port, 'CONFIG SET maxmemory 0');
    expect(rules).toEqual([]);
    expect(writes).toMatch(/^OOM /);
  });

  it('writes nothing', async () => {
    expect(await redisCommand(port, 'DBSIZE')).toBe('0');
  });

  it('a wrong password is a Halt, a server that is away Retryable', async () => {
    await expect(asked(by('worker', 'wrong'), (probe) => probe.facts())).rejects.toBeInstanceOf(Halt);
    await expect(asked(configOf('redis://127.0.0.1:1'), (probe) => probe.facts())).rejects.toBeInstanceOf(Retryable);
  });
});

describe('a cluster', () => {
  it('tells its state and every node, replicas too; rights are looked at whatever node has the key', async () => {
    const redis = await startRedis({ mode: 'cluster', log: () => {} });
    try {
      const { cluster, nodes } = await asked(configOf(redis.value.url), (probe) => probe.facts());
      expect(cluster).toEqual({ state: 'ok', slots: 16_384 });
      expect(nodes.map(({ node }) => node).toSorted()).toEqual(redis.value.nodes.map(({ port }) => `127.0.0.1:${port}`).toSorted());
      expect((nodes as RedisNode[]).filter(({ role, linked }) => role === 'replica' && linked)).toHaveLength(3);
      expect((nodes as RedisNode[]).filter(({ role }) => role === 'master').map(({ replicas }) => replicas)).toEqual([1, 1, 1]);
      expect(await asked(configOf(redis.value.url), (probe) => probe.refused())).toEqual({ rules: [], writes: null });

      const last = redis.value.nodes.at(-1);
      await last?.kill();
      const { nodes: left } = await asked(configOf(redis.value.url), (probe) => probe.facts());
      expect(left.filter((node) => 'error' in node)).toEqual([
        { node: `127.0.0.1:${last?.port}`, role: 'replica', error: expect.stringContaining('ECONNREFUSED') },
      ]);
    } finally {
      await redis.stop();
    }
  });
});
