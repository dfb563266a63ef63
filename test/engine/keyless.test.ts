/** Sources that are not keyed by customer, with another number of partitions: reroute, and W over all shards (design: Time). */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shardOf } from '../../src/codec/murmur2.ts';
import type { CustomerId } from '../../src/domain/ids.ts';
import type { TypedRecord } from '../../src/sources/index.ts';
import type { TestDriver } from '../../src/testing.ts';
import { factsOf } from '../domain/support/facts.ts';
import { agrees, driver, forAll, gate, idle, KEPT, NOW, SLOW, SMALL, told, until, watermarkOf, wrapped } from './support/drive.ts';
import { DAY, history, purchase, START, visit } from './support/history.ts';
import { expectChain, journalOf } from './support/journal.ts';

const allFactsOf = (test: TestDriver) => told(test).states.map(([, state]) => factsOf(state));

/** Any of three partitions, as a partitioner over order ids does. */
const anywhere = ({ record }: TypedRecord): number => Number.parseInt(record.eventId.slice(1), 10) % 3;

describe('topics with three partitions, keyed by order, for four shards', () => {
  it('I11 lead to the same facts as topics keyed by customer, every record folded once', { timeout: SLOW }, async () => {
    await forAll(
      [history(9, 200, 90), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 3, max: 40 })],
      8,
      async (make, records, workers, batchSize) => {
        const keyed = make({ shards: 4, limits: KEPT });
        const any = make({ shards: 4, partitions: 3, keyedByCustomer: false, batchSize, limits: KEPT });
        for (const record of records) {
          keyed.pipe(record);
          any.pipe(record, anywhere(record));
        }
        await keyed.start();
        for (let i = 0; i < workers; i++) await any.start();
        await idle(keyed);
        await idle(any);
        // Late facts move the instants of silence, and with them asOf: one more event brings every customer of both to the same instant.
        const last = NOW + 90_000;
        const customers = told(keyed).states.map(([id]) => id);
        for (const test of [keyed, any]) {
          await test.advance(last - test.clock.wall());
          for (const id of customers) test.pipe(visit(`v-${id}`, id, last));
          await idle(test);
        }
        expect(allFactsOf(any)).toEqual(allFactsOf(keyed));
        expect(any.reports.reduce((sum, { folded }) => sum + folded, 0)).toBe(records.length + customers.length);
        expect(any.outputs('deadLetters')).toEqual([]);
      },
    );
  });

  it('I3 I4 I11 lose and double nothing through crashes, and what was rerouted is deleted as it is taken', { timeout: SLOW }, async () => {
    const test = driver({ shards: 4, partitions: 3, keyedByCustomer: false, batchSize: 9, limits: SMALL });
    const records = Array.from({ length: 150 }, (_, i) => purchase(`e${i}`, `c${i % 13}`, START + i * DAY));
    for (const record of records) test.pipe(record, anywhere(record));
    await test.start();
    const faults = ['unknown-committed', 'unknown-aborted', 'unknown-open', 'refused'] as const;
    for (let i = 0; i < 12; i++) {
      await test.pace(8);
      const [worker] = test.workers;
      if (worker !== undefined) worker.sinks.faults.nextCommit = faults[i % 4] ?? null;
      if (i % 4 === 3) {
        worker?.kill();
        test.kafka.group('test').expire();
        await test.start();
      }
    }
    await idle(test);
    await test.advance(12_000);
    const sums = told(test).states.map(([, { orders, revenue }]) => [orders, revenue]);
    expect(sums.reduce((sum, [orders = 0]) => sum + orders, 0)).toBe(150);
    expect(sums.reduce((sum, [, revenue = 0]) => sum + revenue, 0)).toBe(150_000);
    let rerouted = 0;
    for (let shard = 0; shard < 4; shard++) {
      const log = test.kafka.log({ topic: 'test.reroute', partition: shard });
      rerouted += log.end;
      expect(log.read(log.start).records, 'taken, so deleted').toEqual([]);
    }
    expect(rerouted).toBeGreaterThan(50);

    // Its log now begins behind the record before the position: the next takeover goes on all the same.
    for (const worker of [...test.workers]) worker.kill();
    test.kafka.group('test').expire();
    const more = Array.from({ length: 30 }, (_, i) => purchase(`e${150 + i}`, `c${i % 13}`, test.clock.wall() + i));
    for (const record of more) test.pipe(record, anywhere(record));
    await test.start();
    await idle(test);
    expect(told(test).states.reduce((sum, [, { orders }]) => sum + orders, 0)).toBe(180);
  });

  it('I10 hold a shard’s W to what all shards have read; one without an owner holds it, and not the processing', {
    timeout: SLOW,
  }, async () => {
    const test = driver({ shards: 4, partitions: 3, keyedByCustomer: false, limits: KEPT });
    const records = Array.from({ length: 40 }, (_, i) => purchase(`e${i}`, `c${i}`, NOW - DAY + i * 1_000));
    for (const record of records) test.pipe(record, anywhere(record));
    // This worker takes part of the shards; nobody has the others.
    const first = await test.start();
    const second = await test.start();
    await until(test, 'both at work', () => first.takeovers.length > 0 && second.takeovers.length > 0);
    await idle(test);
    const all = [0, 1, 2, 3];
    for (const shard of all) expect(watermarkOf(test, shard)).toBeGreaterThan(NOW - 60_000);
    const lost = [...second.worker.shards.keys()];
    expect(lost.length).toBeGreaterThan(0);
    // Its shards stay its own until the group notices.
    second.kill();
    test.store.flush();
    const kept = all.filter((shard) => !lost.includes(shard));
    await test.clock.advance(20_000);
    const held = kept.map((shard) => watermarkOf(test, shard));
    await test.clock.advance(60_000);
    expect(kept.map((shard) => watermarkOf(test, shard))).toEqual(held);
    for (const at of held) expect(at).toBeLessThan(test.clock.wall() - 60_000);
    // Events are folded all the while.
    const mine = records
      .map(({ record }) => record.customerId)
      .find((id) => kept.some((shard) => test.store.states(shard).has(id as CustomerId)));
    if (mine === undefined) throw new Error('no customer of a shard that is held');
    const before = test.reports.reduce((sum, { folded }) => sum + folded, 0);
    const keptPartition = kept.find((shard) => shard < 3) ?? 0;
    test.pipe(visit('v1', mine, test.clock.wall()), keptPartition);
    await until(test, 'the event', () => test.reports.reduce((sum, { folded }) => sum + folded, 0) > before);
    // The group gives the shards to the other; W goes on.
    test.kafka.group('test').expire();
    await until(test, 'W to go on', () => all.every((shard) => watermarkOf(test, shard) > test.clock.wall() - 10_000));
  });
});

it('I10 own counts nothing that is not committed: what is on its way to another shard holds that shard’s W', {
  timeout: SLOW,
}, async () => {
  const test = driver({ shards: 2, keyedByCustomer: false, limits: KEPT });
  const here = shardOf('ann' as CustomerId, 2);
  const [loads, answer] = gate();
  const [commits, commit] = gate();
  let slow = false;
  const worker = await test.start({
    ports: (ports) => ({
      ...ports,
      store: wrapped(ports.store, {
        load: async (...question) => {
          if (slow && question[0] === here) await loads;
          return ports.store.load(...question);
        },
      }),
    }),
  });
  await idle(test);
  // A step of ann's shard has her event and one of the other shard's customers; Redis answers late, and then the commit hangs.
  slow = true;
  const at = test.clock.wall();
  worker.sinks.faults.beforeCommit = ({ shard }) => (shard === here ? commits : Promise.resolve());
  test.pipe(visit('a1', 'ann', at), here);
  test.pipe(visit('b1', other(here), at), here);
  await test.pace(20);
  await test.clock.advance(10_000);
  answer();
  await test.clock.advance(10_000);
  expect(worker.worker.shards.get(here)?.steps?.own).toBeLessThan(at);
  expect(watermarkOf(test, 1 - here)).toBeLessThan(at);
  commit();
  slow = false;
  worker.sinks.faults.beforeCommit = null;
  await idle(test);
  expect(watermarkOf(test, 1 - here)).toBeGreaterThan(at);
  expect(told(test).states).toHaveLength(2);
});

/** Some customer of the other shard. */
const other = (shard: number): string => {
  for (let i = 0; ; i++) if (shardOf(`o${i}` as CustomerId, 2) !== shard) return `o${i}`;
};

describe('a topic that is declared keyed and is not', () => {
  it('is learned from its first foreign record: recorded in the journal, each record folded once', { timeout: SLOW }, async () => {
    const test = driver({ shards: 2, limits: KEPT });
    const records = Array.from({ length: 30 }, (_, i) => purchase(`e${i}`, `c${i % 6}`, START + i * DAY));
    for (const [i, record] of records.entries())
      test.pipe(record, i % 10 === 7 ? 1 - shardOf(record.record.customerId as CustomerId, 2) : undefined);
    await test.start();
    await idle(test);
    expect(test.reports.reduce((sum, { folded }) => sum + folded, 0)).toBe(30);
    const headers = [0, 1].map((shard) => journalOf(test, shard).at(-1)?.header.notKeyed);
    expect(headers).toContainEqual(['test.purchase']);
    expectChain(test);
    // What was learned outlives the worker.
    await test.stop();
    await test.start();
    await test.settle();
    expect([0, 1].map((shard) => journalOf(test, shard).at(-1)?.header.notKeyed)).toEqual(headers);
    // W goes on, bound to what both shards have read.
    await until(test, 'W to go on', () => [0, 1].every((shard) => watermarkOf(test, shard) > test.clock.wall() - 10_000));
  });
});

it('I10 a history keyed by customer in other partitions than there are shards, taken over in the middle, gives the changes of one fold', {
  timeout: SLOW,
}, async () => {
  await forAll([history(12, 500, 160), fc.double({ min: 0, max: 0.95, noNaN: true })], 6, async (make, records, share) => {
    const options = { shards: 4, partitions: 5, keyedByCustomer: false, batchSize: 5, limits: { ...SMALL, stepRecords: 3 } };
    const before = make(options);
    for (const record of records) before.pipe(record);
    await before.start();
    const taken = (): number => before.reports.reduce((sum, { records: some, fromReroute }) => sum + some - fromReroute, 0);
    await until(before, 'a part of the history', () => taken() >= share * records.length);
    await before.stop();
    const after = make(options, before);
    await after.start();
    await agrees(after, records);
  });
});
