/** `rapport reshard` on real servers: refused beside a worker, then done, then said to be done; the new application goes on where the old one stood. */
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startRedis } from '../../src/adapters/redis/start.ts';
import type { RedisStore } from '../../src/adapters/redis/store.ts';
import { startRegistry } from '../../src/adapters/registry/index.ts';
import { shardOf } from '../../src/codec/murmur2.ts';
import { decodeState } from '../../src/codec/state.ts';
import { topicsOf } from '../../src/config/topics.ts';
import type { CustomerId } from '../../src/domain/ids.ts';
import { until } from '../../src/stack/until.ts';
import { type Application, application, type Ended, type Program, program } from './application.ts';

const DAY = 86_400_000;
const now = Date.now();
const CUSTOMERS = Array.from({ length: 12 }, (_, i) => `c${i}` as CustomerId);
const TYPES = ['purchase', 'support', 'survey', 'engagement', 'attributes'] as const;
const SOURCES = `sources:\n${TYPES.map((type) => `  - { type: ${type}, topic: APP.${type} }`).join('\n')}\n`;

let app: Application;
let moved: { id: string; env: Record<string, string>; store: RedisStore; stop(): Promise<void> };
let worker: Program;

const orders = (id: string): string[] =>
  CUSTOMERS.map((customerId, i) =>
    JSON.stringify({
      type: 'purchase',
      eventId: `${id}-${i}`,
      customerId,
      occurredAt: now - 2 * DAY + i,
      orderId: `${id}-${i}`,
      amountMinor: 5_000,
      currency: 'USD',
      channel: 'WEB',
    }),
  );

async function load(id: string): Promise<void> {
  const loading = app.start('load', '-');
  loading.process.stdin?.end(orders(id).join('\n'));
  expect((await loading.ended).code).toBe(0);
}
const ordersReach = (store: RedisStore, shards: number, count: number): Promise<true> =>
  until(`${count} orders of each customer`, 40, async () => {
    for (const customer of CUSTOMERS) {
      const found = await store.readCustomer(shardOf(customer, shards), customer);
      if (!found?.stored || decodeState(customer, found.stored.state).orders !== count) return undefined;
    }
    return true;
  });
async function stopped(of: Program): Promise<Ended> {
  of.process.kill('SIGTERM');
  return of.ended;
}
const reshard = (...more: string[]): Promise<Ended> => app.run('reshard', '--partitions', '3', '--to', moved.id, ...more);

beforeAll(async () => {
  app = await application(2, SOURCES);
  const id = `${app.config.applicationId}-3`;
  const log = pino({ level: 'silent' });
  const redis = await startRedis(app.config.redis, id, log);
  const env = {
    RAPPORT_CONFIG: join(app.folder, 'rapport.yaml'),
    RAPPORT_APPLICATION_ID: id,
    RAPPORT_SHARDS: '3',
    RAPPORT_IDENTITY: app.config.applicationId,
    RAPPORT_KAFKA_BROKERS: inject('kafka'),
    RAPPORT_REDIS_URL: inject('redis'),
    RAPPORT_REGISTRY_URL: inject('registry'),
    RAPPORT_SESSION_TIMEOUT_MS: '6000',
    RAPPORT_LOG_LEVEL: 'warn',
  };
  const stop = async (): Promise<void> => {
    await app.admin.deleteTopics(Object.values(topicsOf(id)));
    await app.admin.deleteGroup(id);
    await redis.value.removeAll();
    const registry = await startRegistry({ ...app.config, applicationId: id, topics: topicsOf(id), sources: [] });
    await registry.value.removeSubjects();
    await registry.stop();
    await redis.stop();
  };
  moved = { id, env, store: redis.value, stop };
});
afterAll(async () => {
  worker?.process.kill('SIGKILL');
  await worker?.ended;
  await moved.stop();
  await app.stop();
});

test('refuses wrong usage, and to move beside a worker', async () => {
  expect((await app.run('topics', 'create')).code).toBe(0);
  await load('a');
  worker = app.start('run');
  await ordersReach(app.store, 2, 1);
  const live = await reshard();
  expect(live).toMatchObject({ code: 1, stdout: '' });
  expect(live.stderr).toMatch(/^rapport: the group \S+ has members \(.+\): stop all workers first\./);
  expect((await stopped(worker)).code).toBe(0);

  const own = await app.run('reshard', '--partitions', '3', '--to', app.config.applicationId);
  expect(own).toMatchObject({ code: 2, stdout: '' });
  expect(own.stderr).toContain('the new one needs an id of its own');
  expect(await app.run('reshard', '--partitions', '0', '--to', 'x')).toMatchObject({ code: 2 });
  expect(await app.run('reshard', '--partitions', '3', '--to', 'No Id')).toMatchObject({ code: 2 });
});

test('moves all, verified; the same again finds it done; the new application goes on', async () => {
  await load('b');
  const { code, stdout, stderr } = await reshard('--json');
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const done = JSON.parse(stdout);
  expect(done).toMatchObject({ from: { shards: 2 }, to: { applicationId: moved.id, shards: 3 }, already: false, behind: [] });
  expect(done.new).toEqual(done.old);
  expect(done.new.customers).toBe(CUSTOMERS.length);

  const again = await reshard();
  expect(again.code).toBe(0);
  expect(again.stdout).toContain('has been moved to');

  worker = program(['run'], moved.env);
  await ordersReach(moved.store, 3, 2);
  const changes = await app.admin.ends(topicsOf(moved.id).segmentChanges);
  expect(changes.reduce((sum, { end }) => sum + end, 0)).toBeGreaterThanOrEqual(CUSTOMERS.length);
  expect((await stopped(worker)).code).toBe(0);
});
