/** KPI totals as entries of the journal: what the store says is what was booked, however it was cut, broken and cleaned. */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { cellKey, DAYS_KEY, decodeDays, isReserved, totalNameOf } from '../../src/codec/totals.ts';
import type { CustomerEvent } from '../../src/domain/event.ts';
import { type CustomerId, DAY, dayOf, type Instant } from '../../src/domain/ids.ts';
import { ALL, type Booking, PART_INDEX, PARTS } from '../../src/domain/kpis.ts';
import type { JournalEntry } from '../../src/engine/journal.ts';
import { firstKept, KEPT_DAYS, planTotals, Sums } from '../../src/engine/totals.ts';
import type { MemoryStore } from '../../src/testing.ts';
import { replay } from './replay.ts';
import { agrees, driver, forAll, KEPT, SLOW, SMALL, until, wrapped } from './support/drive.ts';
import { history, START, visit } from './support/history.ts';
import { journalOf } from './support/journal.ts';
import { amountsIn, amountsOf, amountsToldBy } from './support/totals.ts';

// Beside what the domain books, every event books a stock and a flow in one of three cells and in the sum of them, sometimes long ago.
vi.mock(import('../../src/domain/customer.ts'), async (original) => {
  const real = await original();
  return {
    ...real,
    fold: (state, event, policy, out, bookings) => {
      const outcome = real.fold(state, event, policy, out, bookings);
      if (outcome === 'folded' && event.type !== 'command') bookings?.push(...alsoBooked(event));
      return outcome;
    },
  };
});

function alsoBooked(event: CustomerEvent): Booking[] {
  const day = dayOf(event.at) - (event.id % 5 === 0 ? event.id % 500 : 0);
  const amounts = [
    [PART_INDEX.predictedValue, (event.id % 2_000_001) - 1_000_000],
    [PART_INDEX.resolutionMs, event.id % 1_000],
  ] as const;
  return ['test', `test:${event.id % 3}`].map((dimension) => ({ type: 'booking', day, dimension, amounts }));
}

/** What `test` and the three together say: the same, at every position. */
function expectAddsUp(states: Iterable<readonly [string, Buffer]>): void {
  const sums = { whole: 0n, parts: 0n };
  for (const [cell, { predictedValue = 0 }] of Object.entries(amountsIn(states, Number.NEGATIVE_INFINITY)))
    if (cell.startsWith('test')) sums[cell.startsWith('test:') ? 'parts' : 'whole'] += BigInt(predictedValue);
  expect(sums.whole).toBe(sums.parts);
}

describe('the totals of a step', () => {
  const booking = (most: number): fc.Arbitrary<Booking> =>
    fc.record({
      type: fc.constant('booking' as const),
      day: fc.nat(most),
      dimension: fc.constantFrom('all', 'group:NEW', 'group:AT_RISK', 'attribute:plan=a:b, ü'),
      amounts: fc.array(fc.tuple(fc.nat(PARTS.length - 1), fc.integer({ min: -(2 ** 45), max: 2 ** 45 })), { minLength: 1, maxLength: 4 }),
    });
  const at = (day: number): Instant => (day * DAY) as Instant;

  function apply(states: Map<string, Buffer>, bookings: readonly Booking[], day: number, most: number): JournalEntry[] {
    const sums = new Sums();
    for (const one of bookings) sums.add(one);
    const stood = (key: string): Buffer | null => states.get(key) ?? null;
    const plan = planTotals(sums, stood(DAYS_KEY), at(day), most);
    const asked = new Set<string>([...plan.keys, DAYS_KEY]);
    const entries = plan.entries((key) => {
      expect(asked, 'it asks for nothing that it has not named').toContain(key);
      return stood(key);
    });
    expect(entries.map(({ customer }) => customer)).toEqual([...new Set(entries.map(({ customer }) => customer))].sort());
    for (const { customer, state } of entries) {
      expect(state?.toString('hex') ?? null).not.toBe(stood(customer)?.toString('hex') ?? null);
      if (state === null) states.delete(customer);
      else states.set(customer, state);
    }
    return entries;
  }

  it('D1 I9 any cut leaves the same bytes once the days that fell out are folded, and the sum of all that was booked', () => {
    const booked = fc.tuple(fc.array(booking(1_500), { minLength: 1, maxLength: 60 }), fc.array(fc.nat(400), { maxLength: 30 }));
    fc.assert(
      fc.property(booked, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 }), ([bookings, leaps], sizes) => {
        // W as it stands at each booking, the same in every run
        const clock = bookings.map((_, i) => leaps.slice(0, i).reduce((sum, leap) => sum + leap, 0));
        const end = Math.max(0, ...clock) + 1_000;
        const run = (cut: readonly number[], most: number): Map<string, Buffer> => {
          const states = new Map<string, Buffer>();
          for (let from = 0, i = 0; from < bookings.length; i++) {
            const size = cut[i % cut.length] ?? 1;
            apply(states, bookings.slice(from, from + size), clock[Math.min(from + size, bookings.length) - 1] ?? 0, most);
            const first = firstKept(at(clock.at(-1) ?? 0));
            expect(amountsIn(states, first)).toEqual(amountsOf(bookings.slice(0, from + size), first));
            from += size;
          }
          // steps go on until all is folded
          for (let i = 0; i < 100; i++) apply(states, [], end, most);
          return states;
        };
        const whole = run([bookings.length], 1_000_000);
        expect(new Map(run(sizes, 1).entries())).toEqual(whole);
        expect(amountsIn(whole, firstKept(at(end)))).toEqual(amountsOf(bookings, firstKept(at(end))));
        const { days } = decodeDays(whole.get(DAYS_KEY) as Buffer);
        for (const key of whole.keys()) {
          const name = totalNameOf(key);
          if (name?.kind === 'cell') expect(days).toContain(name.day);
        }
        expect(days.every((day) => day >= firstKept(at(end)))).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('bounds the cells: thirteen months and one day of them, however long it runs', () => {
    const states = new Map<string, Buffer>();
    for (let day = 0; day < 1_200; day++)
      apply(states, [{ type: 'booking', day, dimension: ALL, amounts: [[PART_INDEX.customers, 1]] }], day, 2_000);
    // the cells of W's day and the 400 before it, the base, the days
    expect(states.size).toBe(KEPT_DAYS + 1 + 2);
    expect(amountsIn(states, firstKept(at(1_199)))[`${ALL}@base`]).toEqual({ customers: 1_199 - KEPT_DAYS });
  });

  it('writes nothing for what adds up to nothing new, and keeps a cell that comes back to zero', () => {
    const states = new Map<string, Buffer>();
    const one = (amount: number): Booking => ({ type: 'booking', day: 9, dimension: ALL, amounts: [[PART_INDEX.lost, amount]] });
    expect(apply(states, [one(1)], 9, 9).map(({ customer }) => customer)).toEqual([cellKey(9, ALL), DAYS_KEY]);
    expect(apply(states, [one(1), one(-1)], 9, 9)).toEqual([]);
    expect(apply(states, [one(-1)], 9, 9)).toHaveLength(1);
    expect(states.get(cellKey(9, ALL))).toHaveLength(1);
  });

  it('looks at a bounded number of cells of past days, one day at least, and at a day once', () => {
    const states = new Map<string, Buffer>();
    const of = (day: number, dimension = ALL): Booking => ({ type: 'booking', day, dimension, amounts: [[PART_INDEX.customers, 1]] });
    apply(states, Array.from({ length: 20 }, (_, i) => [of(i), of(i, 'b')]).flat(), 20, 1);
    const left = (): number[] => [...decodeDays(states.get(DAYS_KEY) as Buffer).days];
    apply(states, [], 1_000, 1);
    expect(left()).toHaveLength(19);
    apply(states, [], 1_000, 11);
    expect(left()).toHaveLength(14);
    expect(amountsIn(states, 600)).toEqual({ [`${ALL}@base`]: { customers: 20 }, 'b@base': { customers: 20 } });
  });
});

/** A reader of the port: what it has after each look is what the store has. */
class Reader {
  readonly cells = new Map<string, Buffer>();
  #generation = -1;
  #after = -1;
  next = -1;

  async read(store: MemoryStore, shard: number, limit: number): Promise<void> {
    for (;;) {
      const { meta, cells, more } = await store.totals(shard, this.#after, limit);
      if (meta === null) return;
      if (meta.generation !== this.#generation) {
        this.cells.clear();
        this.#after = -1;
        const first = this.#generation < 0;
        this.#generation = meta.generation;
        if (!first) continue;
      }
      for (const { key, offset, state } of cells) {
        this.#after = Math.max(this.#after, offset);
        this.cells.set(key, state);
      }
      if (more) continue;
      this.next = meta.next;
      const days = this.cells.get(DAYS_KEY);
      const kept = days === undefined ? [] : decodeDays(days).days;
      for (const key of this.cells.keys()) {
        const name = totalNameOf(key);
        if (name?.kind === 'cell' && !kept.includes(name.day)) this.cells.delete(key);
      }
      return;
    }
  }
}

const TROUBLES = [
  'nothing',
  'kill',
  'unknown-committed',
  'unknown-aborted',
  'unknown-open',
  'store before',
  'store after',
  'flush',
  'roll back',
] as const;

describe('totals in the journal and the store', () => {
  it.each([1, 3])(
    'I2 I7 D1 are the sum of all bookings after any cut, crash and clean-up, with %i shards',
    { timeout: SLOW },
    async (shards) => {
      const troubles = fc.array(fc.tuple(fc.constantFrom(...TROUBLES), fc.integer({ min: 1, max: 25 })), { maxLength: 12 });
      await forAll(
        [history(10, 590, 120), fc.integer({ min: 2, max: 30 }), fc.boolean(), fc.integer({ min: 1, max: 50 }), troubles],
        25,
        async (make, records, batchSize, cleaned, foldedCells, all) => {
          const test = make({ shards, batchSize, limits: { ...(cleaned ? SMALL : KEPT), foldedCells } });
          for (const record of records) test.pipe(record);
          await test.start();
          const snapshot = test.store.snapshot();
          for (const [trouble, paces] of all) {
            await test.pace(paces);
            const [first] = test.workers;
            if (first === undefined) throw new Error('no worker is left');
            if (trouble === 'kill') {
              first.kill();
              test.kafka.group('test').expire();
              await test.start();
            } else if (trouble === 'flush') test.store.flush();
            else if (trouble === 'roll back') test.store.restore(snapshot);
            else if (trouble === 'store before' || trouble === 'store after')
              test.store.faults.next = trouble === 'store before' ? 'before' : 'after';
            else if (trouble !== 'nothing') first.sinks.faults.nextCommit = trouble;
          }
          await agrees(test, records);
          expect(amountsToldBy(test, 0)).not.toEqual({});
          for (let shard = 0; shard < shards; shard++) expectAddsUp([...test.store.states(shard)].map(([key, { state }]) => [key, state]));
        },
      );
    },
  );

  it.each([1, 2])(
    'I9 are made again from the journal’s headers and the inputs, byte for byte, with %i shards',
    { timeout: SLOW },
    async (shards) => {
      await forAll(
        [history(8, 590, 100), fc.integer({ min: 2, max: 20 }), fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 4 })],
        10,
        async (make, records, batchSize, kills) => {
          const test = make({ shards, batchSize, limits: KEPT });
          for (const record of records) test.pipe(record);
          await test.start();
          for (const paces of kills) {
            await test.pace(paces);
            [...test.workers][0]?.kill();
            test.kafka.group('test').expire();
            await test.start();
          }
          await agrees(test, records);
          for (let shard = 0; shard < shards; shard++) {
            const again = await replay(test, shard);
            for (const { offset, replayed, journal } of again.entries) expect(replayed, `step ${offset} of ${shard}`).toEqual(journal);
            expect([...again.states.keys()].some((key) => totalNameOf(key)?.kind === 'base')).toBe(true);
          }
        },
      );
    },
  );

  it('I7 a reader that asks for what is new has all of one position, while steps, folding, crashes and the cleaner go on', {
    timeout: SLOW,
  }, async () => {
    await forAll(
      [
        history(10, 590, 150),
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.constantFrom('kill', 'flush', null, null, null), { minLength: 30, maxLength: 60 }),
      ],
      15,
      async (make, records, limit, faults) => {
        const test = make({ batchSize: 7, limits: { ...SMALL, journalLeast: 6_000, foldedCells: 20 } });
        for (const record of records) test.pipe(record);
        await test.start();
        const reader = new Reader();
        const look = async (): Promise<void> => {
          await reader.read(test.store, 0, limit);
          expectAddsUp(reader.cells);
        };
        for (const fault of faults) {
          await test.pace(3);
          if (fault === 'flush') test.store.flush();
          if (fault === 'kill') {
            [...test.workers][0]?.kill();
            test.kafka.group('test').expire();
            await test.start();
          }
          await look();
        }
        await agrees(test, records);
        await look();
        const there = [...test.store.states(0)].filter(([key]) => totalNameOf(key) !== null).map(([key, { state }]) => [key, state]);
        expect([...reader.cells].sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(there);
        expect(there.length).toBeGreaterThan(5);
      },
    );
  });

  it('I7 are applied with the position, all of a step in one chunk', { timeout: SLOW }, async () => {
    const test = driver({ batchSize: 20, limits: { ...KEPT, stepRecords: 20, chunk: 2 } });
    let [alone, along] = [0, 0];
    await test.start({
      ports: (ports) => ({
        ...ports,
        store: wrapped(ports.store, {
          apply: (shard, chunk) => {
            const totals = chunk.entries.filter(({ customer }) => isReserved(customer)).length;
            if (chunk.to === null) alone += totals;
            else along += totals;
            return ports.store.apply(shard, chunk);
          },
        }),
      }),
    });
    const records = Array.from({ length: 60 }, (_, i) => visit(`e${i}`, `c${i % 11}`, START + i * DAY));
    for (const record of records) test.pipe(record);
    await agrees(test, records);
    expect(along).toBeGreaterThan(100);
    expect(alone).toBe(0);
  });

  it('I7 survive the cleaner: the journal that is left tells every total', { timeout: SLOW }, async () => {
    const test = driver({ limits: { ...SMALL, journalPart: 100_000, journalLeast: 4_000 } });
    // one event long ago, which nothing later touches, then hundreds on other days
    const first = visit('first', 'ann', START);
    const records = [first, ...Array.from({ length: 500 }, (_, i) => visit(`e${i}`, `c${i % 4}`, START + (1 + (i % 3)) * DAY + i * 1_000))];
    records.sort((a, b) => a.record.occurredAt - b.record.occurredAt);
    for (const record of records) test.pipe(record);
    await test.start();
    await agrees(test, records);
    const journal = journalOf(test, 0);
    expect(journal[0]?.offset, 'it has cleaned').toBeGreaterThan(0);
    const carried = journal
      .flatMap(({ entries }) => entries)
      .filter(({ customer, cause }) => cause === 'carried' && totalNameOf(customer) !== null);
    expect(carried.length).toBeGreaterThan(0);
    const before = test.store.states(0);
    for (const worker of [...test.workers]) worker.kill();
    test.kafka.group('test').expire();
    test.store.flush();
    await test.start();
    await test.settle();
    expect(test.store.states(0)).toEqual(before);
    const weight = [...before].reduce((sum, [key, { state }]) => sum + state.length + Buffer.byteLength(key) + 16, 0);
    expect(journal.at(-1)?.header.stateBytes).toBe(weight);
  });

  it('are written by steps that book, and by no step of their own', { timeout: SLOW }, async () => {
    const test = driver({ limits: KEPT });
    test.pipe(visit('e1', 'ann', START));
    await test.start();
    await until(test, 'a total', () => test.store.states(0).has(DAYS_KEY as CustomerId));
    await test.settle();
    await test.advance(20_000);
    const { end } = test.kafka.log({ topic: 'test.journal', partition: 0 });
    await test.clock.advance(3_600_000);
    await test.settle();
    expect(test.kafka.log({ topic: 'test.journal', partition: 0 }).end).toBe(end);
  });
});
