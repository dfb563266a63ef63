/** I11: every input record is folded, recognised as a duplicate, rerouted or dead-lettered; none is skipped, and none blocks. */
import { describe, expect, it } from 'vitest';
import { shardOf } from '../../src/codec/murmur2.ts';
import type { CustomerId } from '../../src/domain/ids.ts';
import type { OutRecord } from '../../src/engine/ports.ts';
import type { TypedRecord } from '../../src/sources/index.ts';
import type { TestDriver } from '../../src/testing.ts';
import { DEAD_LETTER_CASES } from './support/broken.ts';
import { agrees, driver, gate, leap, NOW, nextDue, SLOW, told, until } from './support/drive.ts';
import { acknowledge, DAY, purchase, START, visit } from './support/history.ts';
import { expectChain } from './support/journal.ts';

interface Letter {
  readonly reason: string;
  readonly detail: string;
  readonly origin: { readonly topic: string; readonly partition: number; readonly offset: number };
  readonly value: Buffer | null;
  readonly valueBytes: number;
}
const letters = (of: TestDriver): Letter[] => of.outputs('deadLetters') as Letter[];
const sums = (of: TestDriver) =>
  of.reports.reduce(
    (sum, { records, folded, duplicates, rerouted, deadLetters }) => ({
      records: sum.records + records,
      folded: sum.folded + folded,
      duplicates: sum.duplicates + duplicates,
      rerouted: sum.rerouted + rerouted,
      deadLetters: sum.deadLetters + deadLetters,
    }),
    { records: 0, folded: 0, duplicates: 0, rerouted: 0, deadLetters: 0 },
  );

describe('I11 a record that cannot be used', () => {
  it.each(DEAD_LETTER_CASES)('becomes a dead letter and blocks nothing: $title', { timeout: SLOW }, async ({ reason, write }) => {
    const test = driver();
    const before = purchase('e1', 'anna', START);
    const after = purchase('e2', 'anna', START + DAY);
    test.pipe(before);
    const offset = write(test);
    test.pipe(after);
    await test.start();
    await agrees(test, [before, after]);
    expect(letters(test)).toMatchObject([{ reason, origin: { topic: 'test.purchase', partition: 0, offset } }]);
    expectChain(test);
  });

  it('is counted with all others: what was taken is what was folded, known, rerouted or dead', { timeout: SLOW }, async () => {
    const test = driver({ shards: 3 });
    for (const { write } of DEAD_LETTER_CASES) write(test);
    const records = Array.from({ length: 30 }, (_, i) => purchase(`e${i}`, `c${i % 7}`, START + i * DAY));
    for (const [i, record] of records.entries()) test.pipe(record, i % 5 === 0 ? i % 3 : undefined);
    for (const record of records) test.pipe(record);
    await test.start();
    await test.settle();
    const sum = sums(test);
    expect(sum.records).toBe(sum.folded + sum.duplicates + sum.rerouted + sum.deadLetters);
    expect(sum.folded).toBe(30);
    expect(sum.duplicates).toBe(30);
    expect(sum.deadLetters).toBe(DEAD_LETTER_CASES.length);
    expect(sum.rerouted).toBeGreaterThan(0);
    expect(told(test).states).toHaveLength(7);
  });

  it('moves no clock: a record without a valid time takes its predecessor’s, one from the future counts for nothing', {
    timeout: SLOW,
  }, async () => {
    const test = driver({ shards: 1 });
    // Behind: W is what was taken, and 60 days of silence would end anna's days as new.
    test.pipe(purchase('e1', 'anna', START));
    test.pipe(visit('f1', 'ben', NOW + 400_000));
    test.pipe(visit('f2', 'ben', NOW + 400 * DAY));
    const last = purchase('e2', 'anna', START + 1_000);
    test.pipe(last);
    await test.start();
    await agrees(test, [purchase('e1', 'anna', START), last]);
    expect(letters(test).map(({ reason }) => reason)).toEqual(['future_event', 'future_event']);
    const ahead = visit('f3', 'anna', test.clock.wall() + 250_000);
    test.pipe(ahead);
    await test.settle();
    expect(letters(test)).toHaveLength(2);
    // Within five minutes it is an event; W of an input at its end stays what the end promised.
    expect(told(test).states).toMatchObject([['anna', { asOf: ahead.record.occurredAt }]]);
  });
});

describe('I11 a record that the broker refuses', () => {
  const POISON = 'poison';
  const isPoisonous = (records: readonly OutRecord[], journal: readonly Buffer[]): boolean =>
    records.some(({ topic, key }) => topic !== 'test.dead-letters' && key?.toString() === POISON) ||
    journal.some((part) => part.includes(POISON));

  it('is found by halving and becomes a dead letter without its bytes; all else is processed', { timeout: SLOW }, async () => {
    const test = driver({ limits: { stepRecords: 64 } });
    const records = Array.from({ length: 60 }, (_, i) => purchase(`e${i}`, `c${i % 11}`, START + i * DAY));
    for (const [i, record] of records.entries()) {
      test.pipe(record);
      if (i === 37) test.pipe(purchase('bad', POISON, START + i * DAY + 1));
    }
    const worker = await test.start();
    let refusals = 0;
    worker.sinks.faults.onCommit = ({ records: out, journal }) => {
      if (!isPoisonous(out, journal)) return null;
      refusals += 1;
      return 'refused';
    };
    await agrees(test, records);
    expect(letters(test)).toMatchObject([
      { reason: 'refused_by_broker', value: null, valueBytes: 0, origin: { topic: 'test.purchase', offset: 38 } },
    ]);
    expect(refusals).toBeGreaterThan(1);
    expect(refusals).toBeLessThan(12);
    expectChain(test);
  });

  it('hides nobody’s timers, and steps grow to their full size again', { timeout: SLOW }, async () => {
    const test = driver({ limits: { stepRecords: 64 } });
    const first = [purchase('t1', 'tim', NOW - DAY), purchase('t2', 'tom', NOW - DAY + 1)];
    for (const record of first) test.pipe(record);
    test.pipe(purchase('bad', POISON, NOW - 1_000));
    const worker = await test.start();
    worker.sinks.faults.onCommit = ({ records, journal }) => (isPoisonous(records, journal) ? 'refused' : null);
    await agrees(test, first);
    const later = Array.from({ length: 50 }, (_, i) => visit(`v${i}`, `c${i}`, test.clock.wall()));
    test.reports.length = 0;
    for (const record of later) test.pipe(record);
    await test.settle();
    expect(Math.max(...test.reports.map(({ records }) => records))).toBe(50);
    await agrees(test, [...first, ...later]);
  });

  it('is not blamed for the timers of its step: only a step of it alone, without them, is proof', { timeout: SLOW }, async () => {
    const test = driver({ limits: { stepRecords: 64 } });
    const first = purchase('t1', 'tim', NOW - DAY);
    test.pipe(first);
    await test.start();
    await leap(test, await nextDue(test, 'tim'), 3_000);
    const worker = await test.start();
    // While a step hangs in its commit, the next is taken; what comes then waits together: tim's timer and ann's last event.
    await test.settle();
    const [open, release] = gate();
    worker.sinks.faults.beforeCommit = () => open;
    const events: TypedRecord[] = [];
    for (const paces of [50, 8_000, 50]) {
      const event = visit(`a${events.length}`, 'ann', test.clock.wall());
      events.push(event);
      test.pipe(event);
      await test.pace(paces);
    }
    let refused = 0;
    worker.sinks.faults.onCommit = ({ journal }) => {
      if (!journal.some((part) => part.includes('tim')) || refused === 2) return null;
      if (refused === 0) expect(journal.some((part) => part.includes('ann'))).toBe(true);
      refused += 1;
      return 'refused';
    };
    worker.sinks.faults.beforeCommit = null;
    release();
    await until(test, 'the refusals', () => refused > 0);
    await agrees(test, [first, ...events]);
    expect(refused).toBe(2);
    expect(letters(test)).toEqual([]);
  });

  it('halts, and says so, when it is nothing but timers that the broker refuses', { timeout: SLOW }, async () => {
    const test = driver();
    test.pipe(purchase('t1', 'tim', NOW - DAY));
    await test.start();
    await leap(test, await nextDue(test, 'tim'), 3_000);
    const worker = await test.start();
    worker.sinks.faults.onCommit = ({ journal }) => (journal.some((part) => part.includes('tim')) ? 'refused' : null);
    await expect(until(test, 'the halt', () => false)).rejects.toThrow(/refuses a step without input records.*max\.message\.bytes/s);
  });
});

describe('commands', () => {
  it('I11 in any partition, about somebody unknown, wrong or from the future: rerouted and folded, passed over, or a dead letter', {
    timeout: SLOW,
  }, async () => {
    const test = driver({ shards: 2, keyedByCustomer: false });
    const bought = purchase('e1', 'anna', START);
    const open = acknowledge('a1', 'anna', START + 20 * DAY);
    const home = shardOf('anna' as CustomerId, 2);
    test.pipe(bought);
    // Whoever writes them need not know how customers are spread.
    test.pipe(open, 1 - home);
    test.pipe(acknowledge('a2', 'nobody', START + 20 * DAY));
    test.pipe(acknowledge('a3', 'anna', START + 20 * DAY, { by: '' }));
    test.pipe(acknowledge('a4', 'anna', NOW + DAY));
    await test.start();
    await agrees(test, [bought, open]);
    const alerts = test.outputs('alerts') as { customerId: string; event: string; by: string | null; commandId: string | null }[];
    expect(alerts.filter(({ event }) => event === 'acknowledged')).toMatchObject([{ customerId: 'anna', by: 'Anna', commandId: 'a1' }]);
    expect(letters(test).map(({ reason, detail }) => [reason, detail])).toEqual(
      expect.arrayContaining([
        ['invalid_record', 'by is empty'],
        ['future_event', expect.any(String)],
      ]),
    );
    expect(letters(test)).toHaveLength(2);
    expect(test.reports.reduce((sum, { passedOver }) => sum + passedOver, 0)).toBe(1);
    expect(test.reports.reduce((sum, { rerouted }) => sum + rerouted, 0)).toBe(1);
    expectChain(test);
  });
});
