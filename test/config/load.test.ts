import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/config/fault.ts';
import { loadConfig } from '../../src/config/load.ts';
import { redacted } from '../../src/config/secrets.ts';

const BASE = {
  RAPPORT_KAFKA_BROKERS: 'k1:9092, k2:9093',
  RAPPORT_REDIS_URL: 'redis://localhost:6379',
  RAPPORT_REGISTRY_URL: 'http://localhost:8081/apis/ccompat/v7/',
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rapport-config-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

/** The faults as `where: message`, files by their bare name. */
async function faults(env: Record<string, string | undefined>, path?: string): Promise<string[]> {
  const error = await loadConfig(env, path).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error === null) return [];
  if (!(error instanceof ConfigError)) throw error;
  for (const fault of error.faults) expect(error.message).toContain(`${fault.where}: ${fault.message}`);
  return error.faults.map((fault) => `${fault.where}: ${fault.message}`.replaceAll(`${folder}/`, ''));
}

describe('what is given', () => {
  test('three addresses are enough; everything else has a default', async () => {
    const config = await loadConfig(BASE);
    expect(config).toMatchObject({
      applicationId: 'rapport',
      shards: 12,
      kafka: { brokers: ['k1:9092', 'k2:9093'], tls: null, sasl: null },
      redis: { nodes: [{ host: 'localhost', port: 6379 }], username: null, password: null, database: 0, tls: null },
      registry: { url: 'http://localhost:8081/apis/ccompat/v7', username: null, password: null, ca: null },
      topics: { journal: 'rapport.journal', segmentChanges: 'rapport.segment-changes', alerts: 'rapport.alerts', kpis: 'rapport.kpis' },
      policy: { preset: 'retail' },
      guardMs: 2000,
      logLevel: 'info',
      warnings: [],
    });
    expect(config.sources.map((source) => source.topic)).toEqual([
      'rapport.purchases',
      'rapport.support',
      'rapport.surveys',
      'rapport.engagement',
      'rapport.attributes',
      'rapport.commands',
    ]);
    expect(config.policyHash).toMatch(/^[0-9a-f]{16}$/);
  });

  test('the result is frozen to its depth', async () => {
    const config = await loadConfig(BASE);
    expect(() => Object.assign(config.kafka, { brokers: [] })).toThrow(TypeError);
    expect(() => Object.assign(config.policy.loyalty.weights, { rhythm: 9 })).toThrow(TypeError);
    expect(() => Object.assign(config.sources, { 0: null })).toThrow(TypeError);
  });

  test('the environment overrides the file, and an empty variable is not set', async () => {
    const path = await file('both.yaml', 'applicationId: from-file\nshards: 4\nguardMs: 1500\nkafka: { brokers: [a:1, b:2] }\n');
    const config = await loadConfig({ ...BASE, RAPPORT_KAFKA_BROKERS: '', RAPPORT_SHARDS: '6', RAPPORT_CONFIG: path });
    expect(config).toMatchObject({ applicationId: 'from-file', shards: 6, guardMs: 1500, kafka: { brokers: ['a:1', 'b:2'] } });
    expect(config.topics.journal).toBe('from-file.journal');
  });

  test('sources come from the file', async () => {
    const path = await file(
      'sources.yaml',
      'sources:\n  - { type: purchase, topic: shop.orders, keyedByCustomer: false }\n  - { type: survey, topic: polls, format: json }\n',
    );
    const config = await loadConfig(BASE, path);
    expect(config.sources).toEqual([
      { type: 'purchase', topic: 'shop.orders', format: 'avro', keyedByCustomer: false },
      { type: 'survey', topic: 'polls', format: 'json', keyedByCustomer: true },
      { type: 'command', topic: 'rapport.commands', format: 'avro', keyedByCustomer: true },
    ]);
  });

  test.each([
    ['redis://h:1/3', { nodes: [{ host: 'h', port: 1 }], database: 3, tls: null }],
    ['redis://h', { nodes: [{ host: 'h', port: 6379 }] }],
    [
      'redis://u:p%2Cw%40x@h:1,g:2',
      {
        nodes: [
          { host: 'h', port: 1 },
          { host: 'g', port: 2 },
        ],
        username: 'u',
        password: 'p,w@x',
      },
    ],
    [
      'redis://:p@h:1,redis://:p@g:2',
      {
        nodes: [
          { host: 'h', port: 1 },
          { host: 'g', port: 2 },
        ],
        username: null,
        password: 'p',
      },
    ],
    ['rediss://[::1]:7000', { nodes: [{ host: '::1', port: 7000 }], tls: { ca: null, cert: null, key: null } }],
  ])('the Redis URL %s', async (url, expected) => {
    expect((await loadConfig({ ...BASE, RAPPORT_REDIS_URL: url })).redis).toMatchObject(expected);
  });

  test.each([
    [
      { MECHANISM: 'PLAIN', USERNAME: 'u', PASSWORD: 'p' },
      { mechanism: 'plain', username: 'u', password: 'p' },
    ],
    [
      { MECHANISM: 'scram-sha-512', USERNAME: 'u', PASSWORD: '12345' },
      { mechanism: 'scram-sha-512', username: 'u', password: '12345' },
    ],
    [
      { MECHANISM: 'OAUTHBEARER', TOKEN: 't' },
      { mechanism: 'oauthbearer', token: 't' },
    ],
    [
      { MECHANISM: 'OAUTHBEARER', TOKEN_ENDPOINT: 'https://id/token', CLIENT_ID: 'i', CLIENT_SECRET: 's' },
      { mechanism: 'oauthbearer', tokenEndpoint: 'https://id/token', clientId: 'i', clientSecret: 's', scope: null },
    ],
  ])('SASL %o', async (given, expected) => {
    const sasl = Object.fromEntries(Object.entries(given).map(([key, value]) => [`RAPPORT_KAFKA_SASL_${key}`, value]));
    const config = await loadConfig({ ...BASE, ...sasl, RAPPORT_KAFKA_TLS: 'true' });
    expect(config.kafka.sasl).toEqual(expected);
    expect(config.kafka.tls).toEqual({ ca: null, cert: null, key: null });
    expect(config.warnings).toEqual([]);
  });

  test('SASL without TLS is allowed, with a warning', async () => {
    const config = await loadConfig({
      ...BASE,
      RAPPORT_KAFKA_SASL_MECHANISM: 'plain',
      RAPPORT_KAFKA_SASL_USERNAME: 'u',
      RAPPORT_KAFKA_SASL_PASSWORD: 'p',
    });
    expect(config.warnings).toEqual(['RAPPORT_KAFKA_SASL_MECHANISM: the credentials travel in clear text; set RAPPORT_KAFKA_TLS=true.']);
  });

  test('a secret may lie in a file of its own', async () => {
    const secret = await file('password', 'hush\n');
    const path = await file('secret.yaml', 'registry: { username: u, passwordFile: password }\n');
    const config = await loadConfig(
      { ...BASE, RAPPORT_KAFKA_SASL_MECHANISM: 'plain', RAPPORT_KAFKA_SASL_USERNAME: 'u', RAPPORT_KAFKA_SASL_PASSWORD_FILE: secret },
      path,
    );
    expect(config.kafka.sasl).toMatchObject({ password: 'hush' });
    expect(config.registry.password).toBe('hush');
  });

  test('a policy beside the file, or a preset by name', async () => {
    await file('policy.yaml', 'preset: b2b\nvalue: { high: 1234.50 }\n');
    const config = await loadConfig(BASE, await file('with-policy.yaml', 'policy: policy.yaml\n'));
    expect(config.policy).toMatchObject({ preset: 'b2b', value: { high: 123_450 } });
    expect((await loadConfig({ ...BASE, RAPPORT_POLICY: 'subscription' })).policy.preset).toBe('subscription');
  });

  test("Kubernetes' service links are not taken for settings", async () => {
    const links = {
      RAPPORT_SERVICE_HOST: '10.0.0.1',
      RAPPORT_SERVICE_PORT_HTTP: '80',
      RAPPORT_PORT: 'tcp://10.0.0.1:80',
      RAPPORT_PORT_80_TCP_ADDR: '10.0.0.1',
    };
    expect(await faults({ ...BASE, ...links })).toEqual([]);
    expect(await faults({ ...BASE, RAPPORT_PORT: '80' })).toHaveLength(1);
  });
});

describe('what is wrong', () => {
  test('nothing given: each missing address with its cure', async () => {
    expect(await faults({})).toEqual([
      expect.stringMatching(/^RAPPORT_KAFKA_BROKERS: is not set: host:port/),
      expect.stringMatching(/^RAPPORT_REDIS_URL: is not set: redis:/),
      expect.stringMatching(/^RAPPORT_REGISTRY_URL: is not set: the base URL/),
    ]);
  });

  test('faults of variables, the file and the policy are reported at once, each at its place', async () => {
    await file('bad-policy.yaml', 'preset: retail\nloyalty:\n  hihg: 70\n  leave: 101\n');
    const path = await file(
      'bad.yaml',
      [
        'shards: none',
        'guardms: 5',
        'kafka:',
        '  tsl: {}',
        '  tls: { enabled: maybe }',
        'policy: bad-policy.yaml',
        'sources:',
        '  - { type: purchases, topic: "a b" }',
      ].join('\n'),
    );
    expect(await faults({ ...BASE, RAPPORT_APPLICATION_ID: 'Shop', RAPPORT_SHARD: '3', RAPPORT_LOG_LEVEL: 'loud' }, path)).toEqual([
      'RAPPORT_APPLICATION_ID: must be 1–63 lower-case letters, digits and dashes, not beginning with a dash, but is "Shop".',
      'RAPPORT_LOG_LEVEL: must be trace, debug, info, warn, error or silent, but is "loud".',
      'RAPPORT_SHARD: is not a variable of rapport. Did you mean RAPPORT_SHARDS?',
      'bad-policy.yaml:3:3: loyalty.hihg is not a setting of a policy. Did you mean high?',
      'bad-policy.yaml:4:10: loyalty.leave must be at most 100, but is 101.',
      'bad.yaml:1:9: must be a whole number from 1 to 4096, but is "none".',
      'bad.yaml:2:1: guardms is not a setting of rapport. Did you mean guardMs?',
      'bad.yaml:4:3: kafka.tsl is not a setting of rapport. Did you mean tls?',
      'bad.yaml:5:19: must be true or false, but is "maybe".',
      'bad.yaml:8:13: sources.0.type must be purchase, support, survey, engagement or attributes, but is "purchases".',
      'bad.yaml:8:31: sources.0.topic must be a topic name: 1–249 letters, digits, dots, underscores and dashes, but is "a b".',
    ]);
  });

  test('topics that meet', async () => {
    const path = await file(
      'topics.yaml',
      'applicationId: x\nsources:\n  - { type: purchase, topic: x.journal }\n  - { type: survey, topic: t }\n  - { type: support, topic: t }\n  - { type: engagement, topic: x.commands }\n',
    );
    expect(await faults(BASE, path)).toEqual([
      'topics.yaml:3:30: the source topic x.journal is one that rapport writes: name another topic, or choose another application id.',
      'topics.yaml:5:29: the topic t is listed twice: each source has a topic of its own.',
      'topics.yaml:6:32: the source topic x.commands is one that rapport writes: name another topic, or choose another application id.',
    ]);
  });

  test.each([
    [{ RAPPORT_TRANSACTION_TIMEOUT_MS: '999' }, /RAPPORT_TRANSACTION_TIMEOUT_MS: must be a whole number from 5000 to 900000/],
    [{ RAPPORT_TRANSACTION_TIMEOUT_MS: '900001' }, /to 900000/],
    [{ RAPPORT_SESSION_TIMEOUT_MS: '10s' }, /RAPPORT_SESSION_TIMEOUT_MS: must be a whole number/],
    [{ RAPPORT_SHARDS: '0' }, /from 1 to/],
    [{ RAPPORT_SHARDS: '1.5' }, /a whole number/],
    [{ RAPPORT_KAFKA_BROKERS: 'host' }, /entry 1 is not/],
    [{ RAPPORT_KAFKA_BROKERS: 'a:1,b:99999' }, /entry 2 is not/],
    [{ RAPPORT_REDIS_URL: 'redis://a:1/2,b:1' }, /only database 0/],
    [{ RAPPORT_REDIS_URL: 'redis://a:1,rediss://b:1' }, /element 2 is not/],
    [{ RAPPORT_REDIS_TLS_CA: '/nowhere/ca.pem' }, /cannot be read \(ENOENT\)/],
    [{ RAPPORT_KAFKA_TLS_CA: '-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----' }, /must be a PEM certificate/],
    [{ RAPPORT_KAFKA_SASL_USERNAME: 'u' }, /RAPPORT_KAFKA_SASL_MECHANISM is not/],
    [{ RAPPORT_KAFKA_SASL_MECHANISM: 'plain', RAPPORT_KAFKA_SASL_USERNAME: 'u' }, /RAPPORT_KAFKA_SASL_PASSWORD: is not set/],
    [{ RAPPORT_KAFKA_SASL_MECHANISM: 'oauthbearer' }, /TOKEN_ENDPOINT: is not set/],
    [{ RAPPORT_REGISTRY_PASSWORD: 'p' }, /without RAPPORT_REGISTRY_USERNAME/],
    [{ RAPPORT_REGISTRY_URL: 'localhost:8081' }, /must be a base URL/],
    [{ RAPPORT_POLICY: 'retial' }, /neither a preset .* Did you mean retail/],
    [{ RAPPORT_CONFIG: '/nowhere/config.yaml' }, /RAPPORT_CONFIG: names a file that cannot be read \(ENOENT\)/],
  ])('%o', async (env, expected) => {
    expect(await faults({ ...BASE, ...env })).toContainEqual(expect.stringMatching(expected));
  });

  test('a file that is not YAML says where', async () => {
    expect(await faults(BASE, await file('broken.yaml', 'shards: 3\nkafka: [a\nx: "'))).toContainEqual(
      expect.stringMatching(/^broken\.yaml:\d+:\d+: is not valid YAML: /),
    );
  });

  test('a twice given key, a list instead of a mapping, an alias bomb', async () => {
    expect(await faults(BASE, await file('twice.yaml', 'shards: 3\nshards: 4\n'))).toEqual([
      expect.stringMatching(/^twice\.yaml:2:1: .*unique/),
    ]);
    expect(await faults(BASE, await file('list.yaml', '- shards\n'))).toEqual(['list.yaml:1:1: must be a mapping of settings.']);
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [${'*a,'.repeat(10)}]\nc: &c [${'*b,'.repeat(10)}]\nd: [${'*c,'.repeat(10)}]\n`;
    expect(await faults(BASE, await file('bomb.yaml', bomb))).toEqual([expect.stringMatching(/too many aliases/)]);
  });
});

describe('secrets', () => {
  const SECRET = 'correct-horse';
  const env = {
    ...BASE,
    RAPPORT_REDIS_URL: `rediss://user:${SECRET}@redis:6379`,
    RAPPORT_REGISTRY_URL: `https://me:${SECRET}@registry`,
    RAPPORT_KAFKA_TLS: 'true',
    RAPPORT_KAFKA_SASL_MECHANISM: 'oauthbearer',
    RAPPORT_KAFKA_SASL_TOKEN: SECRET,
  };

  test('are in the values and never in what is printed', async () => {
    const config = await loadConfig(env);
    expect(config.redis.password).toBe(SECRET);
    expect(config.registry).toMatchObject({ url: 'https://registry', username: 'me', password: SECRET });
    for (const part of [config, config.redis, config.kafka, config.kafka.sasl, config.registry, { nested: [config.redis] }]) {
      expect(inspect(part, { depth: 9 })).not.toContain(SECRET);
      expect(JSON.stringify(part)).not.toContain(SECRET);
    }
    expect(JSON.stringify(redacted(config))).not.toContain(SECRET);
    expect(redacted(config)).toMatchObject({ redis: { username: 'user', password: '[hidden]' }, kafka: { sasl: { token: '[hidden]' } } });
    expect(redacted(config)).not.toHaveProperty('policyText');
  });

  test('are never in an error', async () => {
    const key = `-----BEGIN PRIVATE KEY-----\n${SECRET}\n-----END PRIVATE KEY-----`;
    const path = await file('leak.yaml', `registry:\n  password: [${SECRET}]\nkafka: { sasl: { clientSecret: { x: ${SECRET} } } }\n`);
    const all = await faults(
      {
        RAPPORT_KAFKA_BROKERS: `u:${SECRET}@host:1`,
        RAPPORT_REDIS_URL: `redis://u:${SECRET}@@h:x`,
        RAPPORT_REGISTRY_URL: `ftp://u:${SECRET}@h`,
        RAPPORT_KAFKA_TLS_KEY: key,
        RAPPORT_REDIS_TLS_KEY: SECRET,
      },
      path,
    );
    expect(all.length).toBeGreaterThanOrEqual(7);
    expect(all.join('\n')).not.toContain(SECRET);
    const broken = await faults(BASE, await file('leak2.yaml', `kafka: { sasl: { password: "${SECRET}\nx: ${SECRET}: ${SECRET}\n`));
    expect(broken.length).toBeGreaterThan(0);
    expect(broken.join('\n')).not.toContain(SECRET);
  });
});

test('every variable of the settings table is told apart from its neighbours', async () => {
  const { VARIABLES } = await import('../../src/config/settings.ts');
  for (const variable of VARIABLES) {
    const misspelt = `${variable}X`;
    const all = await faults({ ...BASE, [misspelt]: '1' });
    expect(all).toEqual([expect.stringContaining(`Did you mean ${variable}`)]);
  }
  expect(await readFile(new URL('../../src/config/settings.ts', import.meta.url), 'utf8')).toContain('RAPPORT_SHARDS');
});
