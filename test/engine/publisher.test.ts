/** KPIs in their topic: in the end what all bookings say, on the way never from an older state, whatever breaks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeHeader } from '../../src/codec/journal.ts';
import { PUBLISHER_KEY } from '../../src/codec/publisher-state.ts';
import type { AlertRecord } from '../../src/codec/types.ts';
import type { Instant } from '../../src/domain/ids.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import { Retryable } from '../../src/engine/errors.ts';
import type { Meta } from '../../src/engine/ports.ts';
import { publishKpis } from '../../src/engine/publisher.ts';
import { toMeta } from '../../src/engine/tail.ts';
import type { TestDriver } from '../../src/testing.ts';
import { agrees, driver, forAll, KEPT, SLOW, SMALL, until } from './support/drive.ts';
import { DAY, history, purchase, START } from './support/history.ts';
import { journalOf } from './support/journal.ts';
import { compacted, kpisAgree, kpisOf, published } from './support/kpis.ts';
import { make, type Trouble } from './support/trouble.ts';

const policy: Policy = {
  ...presets.retail,
  kpis: { ...presets.retail.kpis, windowDays: 30, leastResponses: 2 },
  alerts: { ...presets.retail.alerts, portfolio: { share: 0.1, customers: 1 } },
};
const publisherOf = publishKpis({ records: 150, cells: 40 });

const TROUBLES = [
  'nothing',
  'kill',
  'join',
  'unknown-committed',
  'unknown-aborted',
  'unknown-open',
  'refused',
  'store before',
  'store after',
  'flush',
  'roll back',
  'snapshot',
  'rebalance',
] as const satisfies readonly Trouble[];

/** Each episode is opened once and closed once, in order, and no record is there twice. */
function expectChains(alerts: readonly AlertRecord[]): void {
  for (const of of Map.groupBy(alerts, ({ kind, subject }) => `${kind}|${subject}`).values())
    expect(of.map(({ episode, number, event }) => [episode, number, event])).toEqual(
      of.map((_, i) => [Math.floor(i / 2) + 1, (i % 2) + 1, i % 2 === 0 ? 'opened' : 'closed']),
    );
}
const business = (test: TestDriver): AlertRecord[] =>
  (test.outputs('alerts') as AlertRecord[]).filter(({ customerId }) => customerId === null);

describe('the published KPIs', () => {
  it.each([1, 2, 4])('are what all bookings say, with %i shards and workers', { timeout: SLOW }, async (shards) => {
    await forAll([history(12, 590, 100), fc.integer({ min: 3, max: 60 })], 3, async (begin, records, batchSize) => {
      const test = begin({ shards, batchSize, policy });
      for (const record of records) test.pipe(record);
      for (let i = 0; i < shards; i++) await test.start({ publisherOf });
      await kpisAgree(test, records);
      await agrees(test, records);
      expectChains(business(test));
    });
  });

  it.each([1, 3])(
    'I2 I7 are so after any crash, loss and rollback, and never from an older state, with %i shards',
    { timeout: SLOW },
    async (shards) => {
      const troubles = fc.array(fc.tuple(fc.constantFrom(...TROUBLES), fc.integer({ min: 1, max: 60 })), { maxLength: 12 });
      await forAll(
        [history(10, 590, 80), fc.integer({ min: 2, max: 20 }), fc.boolean(), troubles],
        8,
        async (begin, records, batchSize, cleaned, all) => {
          const test = begin({ shards, batchSize, policy, limits: cleaned ? SMALL : KEPT });
          for (const record of records) test.pipe(record);
          await test.start({ publisherOf });
          const memory = { snapshot: test.store.snapshot() };
          for (const [trouble, paces] of all) {
            await test.pace(paces);
            await make(trouble, test, memory, { publisherOf });
          }
          for (const { source } of test.workers) source.rejoin();
          await kpisAgree(test, records);
          await agrees(test, records);
          expectChains(business(test));
        },
      );
    },
  );
});

describe('a publication', () => {
  const NOW = START + 40 * DAY + DAY / 2;
  const buyers = (count: number) => Array.from({ length: count }, (_, i) => purchase(`e${i}`, `c${i}`, START + i * DAY));
  const quiet = { start: NOW, limits: KEPT, policy };

  it('is not repeated while nothing changes, and no step is made for it', { timeout: SLOW }, async () => {
    const test = driver({ ...quiet, kpis: true });
    for (const record of buyers(20)) test.pipe(record);
    await test.start();
    await published(test);
    const [kpis, steps] = [kpisOf(test).length, journalOf(test, 0).length];
    expect(kpis).toBeGreaterThan(40);
    await test.advance(60_000);
    expect([kpisOf(test).length, journalOf(test, 0).length]).toEqual([kpis, steps]);
  });

  it('I2 carries the offsets that it says, in its journal record, and what it remembers lies in the store', { timeout: SLOW }, async () => {
    const test = driver({ ...quiet, shards: 2, kpis: true });
    for (const record of buyers(20)) test.pipe(record);
    await test.start();
    await published(test);
    const said = new Set(kpisOf(test).map(({ offsets }) => JSON.stringify(offsets)));
    const journalled = new Set(journalOf(test, 0).map(({ header }) => JSON.stringify(header.read)));
    expect(said.size).toBeGreaterThan(0);
    for (const offsets of said) expect(journalled).toContain(offsets);
    expect(test.store.states(0).has(PUBLISHER_KEY)).toBe(true);
    expect(test.store.states(1).has(PUBLISHER_KEY)).toBe(false);
  });

  it('of a finished day comes when W has passed its midnight, also without any event', { timeout: SLOW }, async () => {
    const test = driver({ ...quiet, start: START + 41 * DAY - 30_000, kpis: true });
    for (const record of buyers(3)) test.pipe(record);
    await test.start();
    await published(test);
    const day = (offset: number): string => new Date(START + offset * DAY).toISOString().slice(0, 10);
    expect(compacted(test).get(`${day(40)}|all`)).toMatchObject({ customers: 3, finished: false });
    expect(compacted(test).has(`${day(41)}|all`)).toBe(false);
    await test.clock.advance(40_000);
    await published(test);
    expect(compacted(test).get(`${day(40)}|all`)).toMatchObject({ customers: 3, finished: true, at: START + 41 * DAY });
    expect(compacted(test).get(`${day(41)}|all`)).toMatchObject({ customers: 3, finished: false });
  });

  it.each([
    ['is not there', 'Redis has no state of it yet', () => Promise.resolve({ meta: null, cells: [], more: false })],
    ['cannot be asked', 'away', () => Promise.reject(new Retryable('away'))],
  ] as const)('waits for a shard that %s, says so once, and goes on', { timeout: SLOW }, async (_, reason, answer) => {
    const lines: [string, object][] = [];
    const note = (fields: object, message: string): void => void lines.push([message, fields]);
    const test = driver({ ...quiet, shards: 2, log: { debug: () => {}, info: note, warn: note, error: note } });
    await test.start({ publisherOf: publishKpis({ patience: 5_000 }) });
    await published(test);
    let away = true;
    const { totals } = test.store;
    test.store.totals = (shard, after, limit) => (away && shard === 1 ? answer() : totals.call(test.store, shard, after, limit));
    for (const record of buyers(8)) test.pipe(record);
    await test.settle();
    await test.advance(20_000);
    expect(kpisOf(test)).toEqual([]);
    const said = () => lines.filter(([message]) => message.includes('KPIs')).map(([message, fields]) => [message, fields]);
    expect(said()).toEqual([['no KPIs are published until the totals of this shard can be read', { shard: 1, reason }]]);
    away = false;
    await published(test);
    expect(said()).toHaveLength(2);
    expect(compacted(test).get(`${new Date(NOW).toISOString().slice(0, 10)}|all`)).toMatchObject({ customers: 8 });
  });

  it('I7 of a new owner waits until the store has come back to where the last publication read', { timeout: SLOW }, async () => {
    const test = driver({ ...quiet, shards: 2 });
    const [early, late] = [buyers(4), buyers(12).slice(4)];
    for (const record of early) test.pipe(record);
    await test.start({ publisherOf });
    await published(test);
    const { totals } = test.store;
    const behind = await totals.call(test.store, 1, -1, 1_000);
    for (const record of late) test.pipe(record);
    await published(test);
    const before = kpisOf(test).length;
    // To the next owner, shard 1 stands where it stood.
    let rolledBack = true;
    test.store.totals = (shard, after, limit) =>
      rolledBack && shard === 1
        ? Promise.resolve({ ...behind, cells: behind.cells.filter(({ offset }) => offset > after) })
        : totals.call(test.store, shard, after, limit);
    for (const worker of [...test.workers]) worker.kill();
    test.kafka.group('test').expire();
    await test.start({ publisherOf });
    await test.settle();
    await test.advance(20_000);
    expect(kpisOf(test)).toHaveLength(before);
    rolledBack = false;
    await until(test, 'all anew', () => kpisOf(test).length >= before + 10);
    await kpisAgree(test, [...early, ...late]);
  });
});

// A shard that never caught up says in the store how far it is; a new owner of shard 0 may look before the shard's new owner has said it.
it('I7 a new owner tells up to no earlier instant than the one before', { timeout: SLOW }, async () => {
  const now = START + 40 * DAY + DAY / 2;
  const test = driver({ start: now, shards: 2, limits: KEPT, policy });
  const { totals } = test.store;
  const slow = (meta: Meta): Meta => {
    const header = decodeHeader(meta.header.subarray(8));
    return { ...meta, header: toMeta(meta.next - 1, { ...header, watermark: (now - 3 * DAY) as Instant, caughtUpAt: null }) };
  };
  test.store.totals = async (shard, after, limit) => {
    const found = await totals.call(test.store, shard, after, limit);
    return shard === 1 && found.meta !== null ? { ...found, meta: slow(found.meta) } : found;
  };
  let own: number | undefined = now - DAY;
  test.store.readOwns = () => Promise.resolve([null, own as Instant | undefined]);
  const buyer = (i: number) => purchase(`e${i}`, `c${i}`, now - 5 * DAY + i);
  for (let i = 0; i < 12; i++) test.pipe(buyer(i));
  await test.start({ publisherOf });
  await published(test);
  const told = Math.max(...kpisOf(test).map(({ at }) => at));
  expect(told).toBe(own);
  for (const worker of [...test.workers]) worker.kill();
  test.kafka.group('test').expire();
  own = undefined;
  const before = kpisOf(test).length;
  test.pipe(buyer(12));
  await test.start({ publisherOf });
  await published(test);
  const anew = kpisOf(test).slice(before);
  expect(anew.length).toBeGreaterThan(0);
  expect(Math.max(...anew.map(({ at }) => at))).toBe(told);
  compacted(test);
});

describe('the loss of the owner in the transaction that publishes', () => {
  it.each(['unknown-committed', 'unknown-aborted', 'unknown-open', 'kill'] as const)(
    'I2 loses no value and no alert, %s',
    { timeout: SLOW },
    async (fault) => {
      const start = START + 41 * DAY - 30_000;
      const test = driver({ start, shards: 2, limits: KEPT, policy });
      const records = Array.from({ length: 20 }, (_, i) => purchase(`e${i}`, `c${i}`, START + i * DAY));
      for (const record of records) test.pipe(record);
      const first = await test.start({ publisherOf });
      await published(test);
      const today = (): string | undefined =>
        [...compacted(test).keys()]
          .filter((key) => key.endsWith('|all'))
          .sort()
          .at(-1);
      const before = today();
      // Nothing but the new day's publication makes a step.
      if (fault !== 'kill') first.sinks.faults.nextCommit = fault;
      await test.clock.advance(40_000);
      if (fault === 'kill') {
        await until(test, 'the publication', () => today() !== before);
        first.kill();
        test.kafka.group('test').expire();
        await test.start({ publisherOf });
      }
      await kpisAgree(test, records);
      expect(today()).not.toBe(before);
      expectChains(business(test));
    },
  );
});

describe('alerts about the business', () => {
  it('are opened once and closed once over changes of the owner', { timeout: SLOW }, async () => {
    const goals: Policy['goals'] = [
      {
        name: 'more customers',
        metric: 'customers',
        dimension: 'all',
        from: '2024-01-05',
        by: '2024-01-15',
        baseline: null,
        change: 100,
        kind: 'points',
        tolerance: 0.1,
      },
    ];
    const test = driver({ start: START + 40 * DAY, shards: 2, limits: KEPT, policy: { ...policy, goals } });
    for (let i = 0; i < 10; i++) test.pipe(purchase(`e${i}`, `c${i}`, START + i * DAY));
    await test.start({ publisherOf });
    await published(test);
    for (let i = 0; i < 3; i++) {
      for (const worker of [...test.workers]) worker.kill();
      test.kafka.group('test').expire();
      test.store.flush();
      await test.start({ publisherOf });
      await published(test);
    }
    const goal = business(test).filter(({ kind }) => kind === 'GOAL');
    expect(goal.map(({ event, end, at, value }) => [event, end, (at - START) / DAY, value])).toEqual([
      ['opened', null, 7, 7],
      ['closed', 'expired', 15, 10],
    ]);
    expect(new Set(goal.map(({ alertId }) => alertId)).size).toBe(1);
  });
});
