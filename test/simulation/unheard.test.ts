/**
 * Two defects that the simulation has found, each held by a test of its own: a schedule that shows them is rare, and so one that would show them again is.
 * On the test driver, where the rare order can be made.
 */
import { expect, it } from 'vitest';
import type { Ports } from '../../src/engine/engine.ts';
import { driver, gate, KEPT, SLOW, until, wrapped } from '../engine/support/drive.ts';
import { DAY, START, visit } from '../engine/support/history.ts';

it('I1 I6 an idle owner that never heard of its successor finds what that has left in the journal, and brings Redis up to it', {
  timeout: SLOW,
}, async () => {
  const test = driver({ shards: 1, limits: KEPT });
  test.pipe(visit('e1', 'c1', START + 590 * DAY));
  const owner = await test.start();
  await test.settle();
  const end = (): number => test.kafka.records(test.settings.topics.journal, 0).at(-1)?.offset ?? 0;
  const [before, written] = [end(), test.reports.length];
  // The successor dies between its claim and the apply of it.
  const [never] = gate();
  let claimed = false;
  const ports = (inner: Ports): Ports => ({
    ...inner,
    store: wrapped(inner.store, {
      apply: async () => {
        claimed = true;
        await never;
        return 'rejected';
      },
    }),
  });
  const successor = await test.start({ ports });
  owner.source.evict();
  await until(test, 'the claim', () => claimed);
  successor.kill();
  test.kafka.group('test').expire();
  owner.source.rejoin();
  await until(test, 'the shard to be back', () => owner.source.shards.length === 1);
  expect(end()).toBeGreaterThan(before);
  expect([test.store.standing(0)?.next, owner.takeovers]).toEqual([before + 1, [0]]);
  await until(test, 'another takeover', () => owner.takeovers.length === 2);
  await test.settle();
  expect(test.store.standing(0)?.next).toBe(end() + 1);
  // No record has come and no timer was due: nothing else could have told it.
  expect(test.reports.length).toBe(written);
});

it('a worker that is told to stop while it starts joins no group', { timeout: SLOW }, async () => {
  const test = driver({ shards: 1, limits: KEPT });
  const [open, release] = gate();
  let asked = false;
  const ports = (inner: Ports): Ports => ({
    ...inner,
    logs: wrapped(inner.logs, {
      ends: async (topic) => {
        asked = true;
        await open;
        return inner.logs.ends(topic);
      },
    }),
  });
  const starting = test.start({ ports });
  const [slow] = test.workers;
  if (slow === undefined) throw new Error('there is no worker');
  await until(test, 'the first question', () => asked);
  const stopped = slow.worker.stop();
  await test.pace(20);
  release();
  await Promise.all([starting, stopped]);
  await test.pace(20);
  expect(test.kafka.group('test').has(slow.source)).toBe(false);
  // and so another has the shard at once
  const next = await test.start();
  await until(test, 'a takeover', () => next.takeovers.length === 1);
});
