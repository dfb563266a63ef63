/** `doctor` on the real servers: all well after `topics create`, then one real fault after the other, each named with its cure. The tests go on from each other. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import type { Report } from '../../src/cli/doctor.ts';
import { redisCommand } from '../../src/stack/ask.ts';
import { freePorts } from '../../src/stack/ports.ts';
import { type Redis, startRedis } from '../../src/stack/redis.ts';
import type { Resource } from '../../src/stack/resource.ts';
import { until } from '../../src/stack/until.ts';
import { type Application, application, type Ended, program } from './application.ts';

const SHARDS = 2;
let app: Application;
let redis: Resource<Redis>;

beforeAll(async () => {
  app = await application(SHARDS);
  redis = await startRedis({ mode: 'single', log: () => {} });
});
afterAll(async () => {
  await app.stop();
  await redis.stop();
});

/** The application of these tests with other settings. */
const doctor = (settings: NodeJS.ProcessEnv = {}, ...args: string[]): Promise<Ended> =>
  program(['doctor', ...args], {
    RAPPORT_CONFIG: join(app.folder, 'rapport.yaml'),
    RAPPORT_SHARDS: String(SHARDS),
    RAPPORT_KAFKA_BROKERS: inject('kafka'),
    RAPPORT_REDIS_URL: inject('redis'),
    RAPPORT_REGISTRY_URL: inject('registry'),
    ...settings,
  }).ended;

async function report(settings: NodeJS.ProcessEnv = {}): Promise<Report & { code: Ended['code'] }> {
  const { code, stdout, stderr } = await doctor(settings, '--json');
  expect(stderr).toBe('');
  return { ...JSON.parse(stdout), code };
}

const faults = ({ checks }: Report): string[] =>
  checks.filter(({ verdict }) => verdict === 'fault').map(({ area, check, found }) => `${area} ${check}: ${found}`);
const cures = ({ checks }: Report): string[] => checks.filter(({ verdict }) => verdict === 'fault').flatMap(({ todo }) => todo);
/** Lines of the table, as people see it. */
const lines = (text: string): string[] => text.split('\n').map((line) => line.trimEnd().replace(/ {2,}/g, ' | '));

test('before there are topics: they are what is missing, and nothing comes into being by looking', async () => {
  const before = await app.admin.listTopics();
  const seen = await report();
  expect(seen).toMatchObject({ code: 1, verdict: 'fault', applicationId: app.config.applicationId });
  expect(faults(seen)).toEqual([
    `topics missing: ${app.config.topics.journal}, ${app.config.topics.reroute}, ${app.config.topics.segmentChanges} and 11 more`,
  ]);
  expect(cures(seen)).toEqual(['rapport topics create']);
  expect((await app.admin.listTopics()).toSorted()).toEqual(before.toSorted());
});

test('all is well after `topics create`: exit code 0, for people and for programs', async () => {
  expect((await app.run('topics', 'create')).code).toBe(0);
  const { code, stdout } = await doctor();
  expect(stdout).not.toContain('FAULT');
  expect(code).toBe(0);
  expect(lines(stdout)).toContain(`topics | ${app.config.topics.journal} | 2 partitions, 1 replica, kept for good | ok`);
  expect(stdout).toMatch(/\n\nt\w+: .*Workers can do their work\.\n$|: all is well/);
  const seen = await report();
  expect(faults(seen)).toEqual([]);
  expect(seen.checks.find(({ check }) => check === 'schemas of outputs')).toMatchObject({
    verdict: 'ok',
    found: '6 registered, of this release',
  });
  expect(seen.checks.find(({ check }) => check === 'Node')).toMatchObject({ verdict: 'ok', found: process.versions.node });
});

test('the policy and the number of shards in the journals: from Redis, and without Redis from the journals themselves', async () => {
  const processor = app.start('run');
  await until('both shards to be claimed', 30, async () => {
    const ends = await app.admin.ends(app.config.topics.journal);
    const metas = await Promise.all(ends.map((_, shard) => app.store.meta(shard)));
    return metas.every((meta) => meta !== null) ? true : undefined;
  });
  const running = await report();
  expect(faults(running)).toEqual([]);
  expect(running.checks.filter(({ area }) => area === 'application').map(({ check, found }) => `${check}: ${found}`)).toEqual([
    'journal: 2 of 2 shards begun, under the policy that is configured',
    expect.stringMatching(/^workers: 1: t\w+ at 127\.0\.0\.1$/),
  ]);
  processor.process.kill('SIGTERM');
  await processor.ended;

  const refused = [`application policy: `, `application shards: 3 configured, 2 in the journal`];
  for (const url of [inject('redis'), 'redis://127.0.0.1:1']) {
    const seen = await report({ RAPPORT_POLICY: 'b2b', RAPPORT_SHARDS: '3', RAPPORT_REDIS_URL: url });
    for (const fault of refused) expect(faults(seen)).toContainEqual(expect.stringContaining(fault));
    expect(cures(seen)).toContainEqual(expect.stringContaining('Set RAPPORT_SHARDS to 2'));
    expect(seen.code).toBe(1);
  }
  const idle = await report();
  expect(idle.checks.find(({ check }) => check === 'workers')).toMatchObject({ verdict: 'warning', todo: ['rapport run'] });
});

test('a Redis that may evict: named, with the command that cures it, and the command does', async () => {
  const port = redis.value.nodes[0]?.port ?? 0;
  await redisCommand(port, 'CONFIG SET maxmemory-policy allkeys-lru');
  const seen = await report({ RAPPORT_REDIS_URL: redis.value.url });
  expect(seen.code).toBe(1);
  expect(faults(seen)).toEqual([`redis maxmemory-policy, 127.0.0.1:${port}: allkeys-lru, wanted noeviction`]);
  const [cure = ''] = cures(seen);
  expect(cure).toBe(`redis-cli -h 127.0.0.1 -p ${port} CONFIG SET maxmemory-policy noeviction`);
  await redisCommand(port, cure.slice(cure.indexOf('CONFIG')));
  expect(faults(await report({ RAPPORT_REDIS_URL: redis.value.url }))).toEqual([]);
  expect(await redisCommand(port, 'DBSIZE')).toBe('0');
});

test('servers that are away: each is named, and the others are looked at all the same', async () => {
  const [closed = 0] = await freePorts(1);
  const seen = await report({ RAPPORT_REGISTRY_URL: `http://me:hush@127.0.0.1:${closed}` });
  expect(faults(seen)).toEqual(['registry registry: no answer']);
  expect(cures(seen)[0]).toContain('RAPPORT_REGISTRY_URL');
  expect(JSON.stringify(seen)).not.toContain('hush');
  expect(seen.counts.ok).toBeGreaterThan(20);

  const { code, stdout } = await doctor({ RAPPORT_KAFKA_BROKERS: `127.0.0.1:${closed}` });
  expect(code).toBe(1);
  expect(lines(stdout)).toContain(`kafka | broker 127.0.0.1:${closed} | no answer | FAULT`);
  expect(stdout).toContain('ECONNREFUSED');
  expect(lines(stdout)).toContainEqual(expect.stringMatching(/^registry \| registry \| .* \| ok$/));
});

test('topics that are not as they must be, and a schema in our place: all at once', async () => {
  const other = await application(SHARDS);
  const subject = `${inject('registry')}/subjects/${other.config.topics.alerts}-value`;
  try {
    const { journal, kpis, alerts } = other.config.topics;
    const purchases = other.config.sources[0]?.topic ?? '';
    await other.admin.ensureTopics([
      { topic: journal, partitions: SHARDS, configs: { 'cleanup.policy': 'compact', 'message.timestamp.type': 'LogAppendTime' } },
      { topic: purchases, partitions: SHARDS, configs: { 'cleanup.policy': 'compact' } },
      { topic: kpis, partitions: 1, configs: { 'cleanup.policy': 'compact' } },
    ]);
    const schema = JSON.stringify({ type: 'record', name: 'Other', fields: [{ name: 'x', type: 'int' }] });
    const registering = await fetch(`${subject}/versions`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
      body: JSON.stringify({ schema }),
    });
    expect(registering.status).toBe(200);

    const { code, stdout } = await other.run('doctor');
    expect(code).toBe(1);
    const table = lines(stdout);
    expect(table).toContainEqual(` | ${journal}: cleanup.policy | compact, wanted delete | FAULT`);
    expect(table).toContainEqual(` | ${purchases}: cleanup.policy | compact | FAULT`);
    expect(table).toContainEqual(` | ${kpis}: partitions | 1, wanted 2 | FAULT`);
    expect(table).toContainEqual(` | ${alerts}-value | version 1 is another schema, and ours does not follow from it | FAULT`);
    expect(stdout).toContain(
      `  > kafka-configs.sh --bootstrap-server ${inject('kafka')} --alter --entity-type topics --entity-name ${journal} --add-config cleanup.policy=delete\n`,
    );
    expect(stdout).toContain('  > rapport topics create\n');
  } finally {
    for (const permanent of ['', '?permanent=true']) await fetch(`${subject}${permanent}`, { method: 'DELETE' });
    await other.stop();
  }
});

test('wrong usage and bad configuration: 2, and nothing is looked at', async () => {
  expect(await doctor({}, '--loud')).toMatchObject({ code: 2, stdout: '' });
  const faulty = await doctor({ RAPPORT_SHARDS: 'many' });
  expect(faulty).toMatchObject({ code: 2, stdout: '' });
  expect(faulty.stderr).toContain('RAPPORT_SHARDS');
});
