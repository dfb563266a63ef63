/**
 * One of two workers told to stop, or frozen until it has lost its shards: the other goes on, nothing is lost, nothing doubled (I1).
 */
import { expect, onTestFinished, test } from 'vitest';
import { Application } from '../support/app.ts';
import type { WorkerProcess } from '../support/worker-process.ts';
import { expectAgreement, historyOf, sound } from './agreement.ts';

const { items, until: end } = historyOf({ customers: 350, days: 730, seed: 17 });

/** Two workers in mid-stream, each with shards. */
async function begin(sessionMs: number): Promise<{ app: Application; one: WorkerProcess; other: WorkerProcess }> {
  const app = await Application.create({ environment: { RAPPORT_SESSION_TIMEOUT_MS: String(sessionMs) } });
  onTestFinished(() => app.stop());
  await app.feed(items);
  const one = app.start();
  const other = app.start();
  for (const worker of [one, other]) await worker.until('shards of its own', 30, ({ shards }) => shards.length > 0);
  await app.reaches(0.1, one);
  return { app, one, other };
}

const holds = (worker: WorkerProcess, shards: readonly number[]): boolean => shards.every((shard) => worker.shards.includes(shard));

test('SIGTERM in mid-stream: it leaves with 0 within 5 s, and the other takes its shards over without waiting for its session', async () => {
  const { app, one, other } = await begin(60_000);
  const { shards } = one;
  const began = performance.now();
  one.signal('SIGTERM');
  const { code, stderr } = await one.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(performance.now() - began).toBeLessThan(5_000);
  await other.until('the shards of the one that left', 20, () => holds(other, shards));
  await app.drained(end, 60, [other]);
  await expectAgreement(app, sound(items), end);
  other.signal('SIGTERM');
  other.signal('SIGINT');
  expect((await other.ended).code).toBe(0);
});

/** A listener that nobody closes, as a client library may leave one. */
const LEFT_BEHIND = `import net from 'node:net'; net.createServer().listen(0, '127.0.0.1');`;

test('a process that a library would hold ends all the same, with the code that it should have', async () => {
  const app = await Application.create();
  onTestFinished(() => app.stop());
  const held = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(LEFT_BEHIND)}` };
  const worker = app.start(['run'], held);
  await worker.until('shards of its own', 30, ({ shards }) => shards.length > 0);
  const began = performance.now();
  worker.signal('SIGTERM');
  expect((await worker.ended).code).toBe(0);
  expect(performance.now() - began).toBeLessThan(8_000);
  const refused = app.start(['run'], { ...held, RAPPORT_SHARDS: '5' });
  expect((await refused.ended).code).toBe(1);
});

test('I1 a worker frozen for longer than its session: what it still sends when it thaws changes nothing, and it works on', async () => {
  const { app, one, other } = await begin(2_000);
  const { shards } = one;
  one.signal('SIGSTOP');
  await other.until('the shards of the frozen one', 30, () => holds(other, shards));
  await one.thaw();
  await app.drained(end, 60, [one, other]);
  await expectAgreement(app, sound(items), end);
  // It has joined again.
  await one.until('shards of its own again', 30, () => one.shards.length > 0 && one.shards.every((shard) => !other.shards.includes(shard)));
});
