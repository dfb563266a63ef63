/** Following one shard's totals in the store: whole, in portions, over generations, and never back. */
import { describe, expect, it } from 'vitest';
import { baseKey, cellKey, DAYS_KEY, encodeCell, encodeDays, valuesKey } from '../../src/codec/totals.ts';
import { BLOCK, middleOf } from '../../src/domain/histogram.ts';
import type { CustomerId, Instant } from '../../src/domain/ids.ts';
import { Totals } from '../../src/domain/kpi-totals.ts';
import { Running } from '../../src/domain/kpi-values.ts';
import { PARTS, valuesDimension } from '../../src/domain/kpis.ts';
import { Retryable } from '../../src/engine/errors.ts';
import type { JournalHeader } from '../../src/engine/journal.ts';
import type { StateStore } from '../../src/engine/ports.ts';
import { ShardTotals } from '../../src/engine/shard-totals.ts';
import { toMeta } from '../../src/engine/tail.ts';
import { MemoryStore } from '../../src/testing.ts';

const HEADER: JournalHeader = {
  kind: 'step',
  sequence: 0,
  previous: null,
  positions: [],
  since: 0 as Instant,
  watermark: 77 as Instant,
  now: 0 as Instant,
  caughtUpAt: null,
  policy: '',
  policyText: null,
  shards: 1,
  refused: [],
  stateBytes: 0,
  writtenBytes: 0,
  notKeyed: [],
  accepted: null,
  read: [],
  thresholds: null,
};

const customers = (amount: number): Buffer => encodeCell(PARTS.map((_, i) => (i === 0 ? amount : 0)));
const days = (...list: number[]): Buffer => encodeDays({ days: list, dimensions: ['all'] });

/** A generation that holds these totals, written one after the other from offset 1 on. */
async function generation(
  store: MemoryStore,
  number: number,
  totals: readonly (readonly [CustomerId, Buffer])[],
  next: number,
): Promise<void> {
  await store.build(0, number, 0);
  const entries = totals.map(([customer, state], i) => ({ customer, offset: i + 1, state, due: null }));
  await store.apply(0, { generation: number, at: 0, from: 0, entries, to: { next, header: toMeta(next - 1, HEADER) } });
  await store.promote(0, number, next);
}

const sizes = (totals: Totals, ...at: number[]): number[] => {
  const series = totals.series('all');
  return series === null ? [] : at.map((day) => new Running(series, 0, 100).upTo('customers', day));
};

describe('a shard’s totals', () => {
  it.each([1, 2, 100])('I7 are read whole before they count, %i at a time', async (limit) => {
    const store = new MemoryStore();
    await generation(
      store,
      1,
      [
        [cellKey(5, 'all'), customers(3)],
        [cellKey(6, 'all'), customers(4)],
        [DAYS_KEY, days(5, 6)],
      ],
      9,
    );
    const totals = new Totals();
    const shard = new ShardTotals(store, 0, totals, 0, limit);
    expect(await shard.read()).toBeNull();
    expect([shard.next, ...sizes(totals, 4, 5, 6)]).toEqual([9, 0, 3, 7]);
  });

  it('forget the days that are in the base', async () => {
    const store = new MemoryStore();
    await generation(
      store,
      1,
      [
        [cellKey(5, 'all'), customers(3)],
        [cellKey(6, 'all'), customers(4)],
        [DAYS_KEY, days(5, 6)],
      ],
      9,
    );
    const totals = new Totals();
    const shard = new ShardTotals(store, 0, totals, 0, 100);
    await shard.read();
    const folded = [
      { customer: cellKey(5, 'all'), offset: 9, state: null, due: null },
      { customer: baseKey('all'), offset: 9, state: customers(3), due: null },
      { customer: DAYS_KEY, offset: 9, state: days(6), due: null },
    ];
    await store.apply(0, { generation: 1, at: 9, from: 0, entries: folded, to: { next: 10, header: toMeta(9, HEADER) } });
    expect(await shard.read()).toBeNull();
    expect(totals.series('all')?.days.has(5)).toBe(false);
    expect(sizes(totals, 4, 5, 6)).toEqual([3, 3, 7]);
  });

  it('I7 are begun again in another generation, where what was folded meanwhile is no longer listed', async () => {
    const store = new MemoryStore();
    await generation(
      store,
      1,
      [
        [cellKey(5, 'all'), customers(3)],
        [cellKey(6, 'all'), customers(4)],
        [DAYS_KEY, days(5, 6)],
      ],
      9,
    );
    const totals = new Totals();
    const shard = new ShardTotals(store, 0, totals, 0, 1);
    await shard.read();
    await generation(
      store,
      12,
      [
        [baseKey('all'), customers(3)],
        [cellKey(6, 'all'), customers(5)],
        [DAYS_KEY, days(6)],
      ],
      13,
    );
    expect(await shard.read()).toBeNull();
    expect([shard.next, ...sizes(totals, 5, 6)]).toEqual([13, 3, 8]);
  });

  it('I7 have the counts of values, which another generation replaces whole', async () => {
    const store = new MemoryStore();
    const block = (of: number) => valuesKey(valuesDimension(of));
    await generation(
      store,
      1,
      [
        [block(3), encodeCell([2, 1])],
        [block(4), encodeCell([5])],
      ],
      9,
    );
    const totals = new Totals();
    const shard = new ShardTotals(store, 0, totals, 0, 1);
    await shard.read();
    expect(totals.values.total).toBe(8);
    expect([...totals.dimensions]).toEqual([]);
    await generation(store, 12, [[block(3), encodeCell([0, 4])]], 13);
    await shard.read();
    expect(totals.values.total).toBe(4);
    expect(totals.values.quantile(1)).toBe(middleOf(3 * BLOCK + 1));
  });

  it('I7 are not up to date while the store stands before what was read, or was read by a predecessor', async () => {
    const store = new MemoryStore();
    await generation(
      store,
      1,
      [
        [cellKey(5, 'all'), customers(3)],
        [DAYS_KEY, days(5)],
      ],
      9,
    );
    const early = store.snapshot();
    const cells = [{ customer: cellKey(5, 'all'), offset: 9, state: customers(8), due: null }];
    await store.apply(0, { generation: 1, at: 9, from: 0, entries: cells, to: { next: 10, header: toMeta(9, HEADER) } });
    const late = store.snapshot();
    const totals = new Totals();
    const shard = new ShardTotals(store, 0, totals, 0, 100);
    const successor = new ShardTotals(store, 0, new Totals(), 10, 100);
    expect(await shard.read()).toBeNull();
    store.restore(early);
    expect(await shard.read()).toBe('Redis stands at journal offset 9, published was up to 10');
    expect(await successor.read()).toBe('Redis stands at journal offset 9, published was up to 10');
    expect(sizes(totals, 5)).toEqual([8]);
    store.restore(late);
    expect([await shard.read(), await successor.read()]).toEqual([null, null]);
    store.flush();
    expect(await shard.read()).toBe('Redis has no state of it yet');
  });

  it('of a later release are waited out', async () => {
    const store = new MemoryStore();
    await generation(store, 1, [[cellKey(5, 'all'), Buffer.of(99)]], 9);
    await expect(new ShardTotals(store, 0, new Totals(), 0, 100).read()).rejects.toThrow(Retryable);
  });

  it('that fail half way are not up to date, and whole at the next reading', async () => {
    const store = new MemoryStore();
    await generation(
      store,
      1,
      [
        [cellKey(5, 'all'), customers(3)],
        [cellKey(6, 'all'), customers(4)],
        [DAYS_KEY, days(5, 6)],
      ],
      9,
    );
    let calls = 0;
    const flaky: Pick<StateStore, 'totals'> = {
      totals: (...args) => (++calls === 2 ? Promise.reject(new Retryable('away')) : store.totals(...args)),
    };
    const totals = new Totals();
    const shard = new ShardTotals(flaky, 0, totals, 0, 1);
    await expect(shard.read()).rejects.toThrow('away');
    expect(shard.header).toBeNull();
    expect(await shard.read()).toBeNull();
    expect(sizes(totals, 5, 6)).toEqual([3, 7]);
    expect(shard.header?.watermark).toBe(77 as Instant);
  });
});
