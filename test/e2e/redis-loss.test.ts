/**
 * Redis forgets, in mid-stream and while nothing happens: it is healed from the journal, and the topics never show it (I7).
 */
import { expect, onTestFinished, test } from 'vitest';
import { redisCommand } from '../../src/stack/ask.ts';
import { type Redis, startRedis } from '../../src/stack/redis.ts';
import { Application } from '../support/app.ts';
import type { WorkerProcess } from '../support/worker-process.ts';
import { expectAgreement, historyOf, sound } from './agreement.ts';
import { expectKpis } from './kpi-agreement.ts';

const POLICY = `
preset: retail
attributes:
  region: [north, east]
`;
const { items, until: end } = historyOf({ customers: 300, days: 730, seed: 11 });

/** A worker in mid-stream, on a Redis of its own. */
async function begin(history = items): Promise<{ app: Application; redis: Redis; worker: WorkerProcess }> {
  const redis = await startRedis({ mode: 'single', log: () => undefined });
  onTestFinished(() => redis.stop());
  const app = await Application.create({ servers: { redis: redis.value.url }, policy: POLICY });
  onTestFinished(() => app.stop());
  await app.feed(history);
  return { app, redis: redis.value, worker: app.start() };
}

test('I7 FLUSHALL in mid-stream: the state is built anew, topics and states are what they would have been', async () => {
  const { app, redis, worker } = await begin();
  const [server] = redis.nodes;
  await app.reaches(0.3, worker);
  const generations = (await app.applied()).map((at) => at?.meta.generation);
  await redisCommand(server?.port ?? 0, 'FLUSHALL');
  await app.drained(end, 60, [worker]);
  await expectAgreement(app, sound(items), end);
  await expectKpis(app, sound(items));
  const rebuilt = (await app.applied()).map((at) => at?.meta.generation);
  expect(rebuilt.some((generation, shard) => generation !== generations[shard])).toBe(true);
  expect(worker.warnings.length).toBeLessThanOrEqual(2 * app.config.shards);
});

test('I7 Redis rolled back to an older snapshot in mid-stream: it catches up from there, topics and states are what they would have been', async () => {
  const { app, redis, worker } = await begin();
  const [server] = redis.nodes;
  if (server === undefined) throw new Error('no server');
  const stands = (): Promise<number[]> =>
    Promise.all(
      Array.from({ length: app.config.shards }, async (_, shard) =>
        Number(await redisCommand(server.port, `HGET {${app.id}:${shard}}:meta next`)),
      ),
    );
  await app.reaches(0.15, worker);
  await redisCommand(server.port, 'SAVE');
  const saved = await stands();
  await app.reaches(0.5, worker);
  // Frozen, so that one sees what Redis has forgotten before it is healed.
  worker.signal('SIGSTOP');
  const before = await stands();
  await server.restart();
  const after = await stands();
  await worker.thaw();
  expect(before.some((next, shard) => (saved[shard] ?? 0) < next)).toBe(true);
  expect(after.every((next, shard) => next <= (saved[shard] ?? 0))).toBe(true);
  await app.drained(end, 60, [worker]);
  await expectAgreement(app, sound(items), end);
  await expectKpis(app, sound(items));
});

test('I7 Redis emptied while nothing happens: it is built anew within seconds, without any event', async () => {
  const few = historyOf({ customers: 50, days: 400, seed: 12 });
  const { app, redis, worker } = await begin(few.items);
  await app.drained(few.until, 60, [worker]);
  await redisCommand(redis.nodes[0]?.port ?? 0, 'FLUSHALL');
  await app.drained(few.until, 20, [worker]);
  await expectAgreement(app, sound(few.items), few.until);
  await expectKpis(app, sound(few.items));
});
