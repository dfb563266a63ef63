/** The cleaner: the journal stays small, and what is left of it always tells every state. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TypedRecord } from '../../src/sources/index.ts';
import type { TestDriver } from '../../src/testing.ts';
import { agrees, driver, forAll, gate, NOW, SLOW, SMALL, told, until, wrapped } from './support/drive.ts';
import { DAY, history, purchase, START, visit } from './support/history.ts';
import { journalOf } from './support/journal.ts';
import { customersIn } from './support/totals.ts';

const journal = { topic: 'test.journal', partition: 0 };
const startOf = (test: TestDriver): number => test.kafka.log(journal).start;
const bytesOf = (test: TestDriver): number =>
  test.kafka.records(journal.topic, 0).reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
const statesBytes = (test: TestDriver): number =>
  [...test.store.states(0)].reduce((sum, [customer, { state }]) => sum + state.length + Buffer.byteLength(customer) + 16, 0);

/** What the journal alone tells: a rebuild into a new generation says what the store said before. */
async function expectRebuildable(test: TestDriver): Promise<void> {
  const before = { states: test.store.states(0), timers: test.store.timers(0) };
  for (const worker of [...test.workers]) worker.kill();
  test.kafka.group('test').expire();
  test.store.flush();
  await test.start();
  await test.settle();
  const states = [...test.store.states(0)].map(([customer, { state }]) => [customer, state]);
  expect(states).toEqual([...before.states].map(([customer, { state }]) => [customer, state]));
  expect(test.store.timers(0)).toEqual(before.timers);
}

describe('the cleaner', () => {
  it('I7 keeps the journal within about five times the states under a long run of updates, idle customers included', {
    timeout: SLOW,
  }, async () => {
    const test = driver({ batchSize: 50, limits: { ...SMALL, stepRecords: 20, journalPart: 100_000, journalLeast: 5_000 } });
    const idle = Array.from({ length: 150 }, (_, i) => purchase(`i${i}`, `idle-${i}`, START + i));
    const busy = Array.from({ length: 3_000 }, (_, i) => visit(`b${i}`, `busy-${i % 5}`, START + DAY + i * 1_000));
    const records = [...idle, ...busy];
    for (const record of records) test.pipe(record);
    await test.start();
    let most = 0;
    while (!test.settled()) {
      await test.pace(5);
      if (customersIn(test.store.states(0)).size === 155) most = Math.max(most, bytesOf(test));
    }
    const states = statesBytes(test);
    expect(test.reports.reduce((sum, { carried }) => sum + carried, 0)).toBeGreaterThan(100);
    expect(most).toBeLessThan(5 * states + 10_000);
    expect(journalOf(test, 0).at(-1)?.header.stateBytes).toBe(states);
    await agrees(test, records);
    await expectRebuildable(test);
  });

  it('I7 carries a customer whose only news is a duplicate or a dead letter', { timeout: SLOW }, async () => {
    const test = driver({ limits: { ...SMALL, stepRecords: 12, journalPart: 100_000, journalLeast: 4_000 } });
    const quiet = Array.from({ length: 5 }, (_, i) => purchase(`q${i}`, `quiet-${i}`, START + i));
    const records: TypedRecord[] = [...quiet];
    for (const record of quiet) test.pipe(record);
    await test.start();
    await test.settle();
    // Every step has a redelivery of each quiet customer, or something from the future about it.
    for (let i = 0; i < 60; i++) {
      for (const { record } of quiet) {
        if (i % 2 === 0) test.pipe(purchase(record.eventId, record.customerId, record.occurredAt));
        else test.pipe(visit(`f${i}`, record.customerId, NOW + 100 * DAY));
      }
      const news = visit(`n${i}`, 'busy', test.clock.wall());
      records.push(news);
      test.pipe(news);
      await test.settle();
    }
    expect(startOf(test), 'it has cleaned').toBeGreaterThan(0);
    await agrees(test, records);
    await expectRebuildable(test);
  });

  it('deletes only what is carried, committed and applied', { timeout: SLOW }, async () => {
    const test = driver({ limits: { ...SMALL, journalPart: 100_000, journalLeast: 3_000 } });
    const worker = await test.start({
      ports: (ports) => ({
        ...ports,
        logs: {
          ...ports.logs,
          deleteBefore: async (of, offset) => {
            if (of.topic === journal.topic) {
              // each state is written, committed, at or behind what will be left, and the store has seen it there
              const left = journalOf(test, 0).filter((step) => step.offset >= offset);
              const current = new Map(left.flatMap(({ offset: at, entries }) => entries.map(({ customer }) => [customer as string, at])));
              for (const [customer, stored] of test.store.states(0)) {
                expect(stored.offset, `${customer} lies before ${offset}`).toBeGreaterThanOrEqual(offset);
                expect(current.get(customer)).toBeGreaterThanOrEqual(stored.offset);
              }
            }
            await ports.logs.deleteBefore(of, offset);
          },
        },
      }),
    });
    await test.settle();
    const records: TypedRecord[] = [];
    for (let i = 0; i < 400; i++) {
      const record = visit(`e${i}`, i < 12 ? `idle-${i}` : `busy-${i % 3}`, test.clock.wall());
      records.push(record);
      test.pipe(record);
      await test.pace(1);
    }
    await agrees(test, records);
    expect(startOf(test)).toBeGreaterThan(0);
    expect(worker.takeovers).toEqual([0]);
  });

  it('keeps what is committed and not yet applied while it cleans', { timeout: SLOW }, async () => {
    const test = driver({ limits: { ...SMALL, journalPart: 100_000, journalLeast: 1_500, journalFactor: 0, applies: 50 } });
    const [open, release] = gate();
    let slow = false;
    await test.start({
      ports: (ports) => ({
        ...ports,
        store: wrapped(ports.store, {
          apply: async (shard, chunk) => {
            if (slow) await open;
            return ports.store.apply(shard, chunk);
          },
        }),
      }),
    });
    const records = Array.from({ length: 12 }, (_, i) => visit(`e${i}`, `c${i}`, START + i * 1_000));
    for (const record of records) test.pipe(record);
    await test.settle();
    slow = true;
    for (let i = 0; i < 20; i++) {
      const news = visit(`n${i}`, i === 0 ? 'c0' : `c${1 + (i % 3)}`, test.clock.wall());
      records.push(news);
      test.pipe(news);
      await test.pace(20);
    }
    slow = false;
    release();
    await agrees(test, records);
    await expectRebuildable(test);
  });

  it('I7 begins again at the start that is left after a crash anywhere, and loses no state', { timeout: SLOW }, async () => {
    let cleaned = 0;
    await forAll(
      [
        history(12, 60, 200),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.constantFrom('kill', 'unknown-committed', 'unknown-aborted', 'flush')), {
          minLength: 1,
          maxLength: 8,
        }),
      ],
      25,
      async (make, records, crashes) => {
        const test = make({ batchSize: 10, limits: { ...SMALL, journalLeast: 1_500 } });
        for (const record of records) test.pipe(record);
        await test.start();
        for (const [paces, crash] of crashes) {
          await test.pace(paces);
          const [worker] = test.workers;
          if (crash === 'flush') test.store.flush();
          else if (crash !== 'kill' && worker !== undefined) worker.sinks.faults.nextCommit = crash;
          else {
            worker?.kill();
            test.kafka.group('test').expire();
            await test.start();
          }
        }
        await agrees(test, records);
        // A short history leaves a journal that is not yet three times its states.
        if (startOf(test) > 0) cleaned += 1;
        await expectRebuildable(test);
      },
    );
    expect(cleaned).toBeGreaterThan(12);
  });

  it('leaves an idle shard alone: an hour without events writes nothing to Kafka', { timeout: SLOW }, async () => {
    const test = driver({ limits: { ...SMALL, journalLeast: 1_500 } });
    // Their next instants are all later than the hour.
    const records = Array.from({ length: 40 }, (_, i) => purchase(`e${i}`, `c${i % 9}`, NOW - 30 * DAY + i * 1_000));
    for (const record of records) test.pipe(record);
    await test.start();
    await agrees(test, records);
    await test.advance(20_000);
    const ends = (): number[] =>
      ['test.journal', 'test.profiles', 'test.segment-changes', 'test.reroute'].map((topic) => test.kafka.log({ topic, partition: 0 }).end);
    const before = ends();
    await test.clock.advance(3_600_000);
    await test.settle();
    expect(ends()).toEqual(before);
    expect(told(test).states).toHaveLength(9);
  });

  it('begins at once after a takeover whose journal is large, and stops when it is small', { timeout: SLOW }, async () => {
    const test = driver({ limits: { ...SMALL, journalLeast: 1 << 30 } });
    const records = Array.from({ length: 300 }, (_, i) => visit(`e${i}`, `c${i % 7}`, START + i * 1_000));
    for (const record of records) test.pipe(record);
    await test.start();
    await agrees(test, records);
    await test.stop();
    const large = bytesOf(test);
    const cleaned = driver({ limits: { ...SMALL, journalLeast: 3_000 } }, test);
    await cleaned.start();
    const last = visit('last', 'c1', cleaned.clock.wall());
    cleaned.pipe(last);
    await agrees(cleaned, [...records, last]);
    await until(cleaned, 'a small journal', () => bytesOf(cleaned) < large / 4);
    const { end } = cleaned.kafka.log(journal);
    await cleaned.advance(60_000);
    expect(cleaned.kafka.log(journal).end).toBe(end);
    await expectRebuildable(cleaned);
  });
});
