/**
 * What every StateStore must do, run on the in-memory one, on Redis and on a Redis Cluster: `storeContract('memory', harness)`. Keeps I6 and I7 honest.
 * Boundary: says what is needed, not how; holds no vendor's type.
 */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { baseKey, cellKey, DAYS_KEY } from '../../src/codec/totals.ts';
import type { CustomerId, Instant } from '../../src/domain/ids.ts';
import type { ApplyEntry, Chunk, StateStore } from '../../src/engine/ports.ts';

export interface StoreHarness {
  /** A fresh application's store, nobody else's, and a second client of the same data. What they hold is removed by `stop`. */
  open(): Promise<{ readonly store: StateStore; readonly other: StateStore; stop(): Promise<void> }>;
  /** How often a property is tried. */
  readonly runs: number;
}

const SHARD = 3;
const NEVER = 253_402_300_799_999 as Instant;
const id = (text: string): CustomerId => text as CustomerId;
const at = (ms: number): Instant => ms as Instant;
const bytes = (text: string): Buffer => Buffer.from(text);

function entry(customer: string, offset: number, state: string | Buffer | null, due: number | null = null): ApplyEntry {
  return { customer: id(customer), offset, state: typeof state === 'string' ? bytes(state) : state, due: due === null ? null : at(due) };
}

function step(generation: number, from: number, to: number, entries: readonly ApplyEntry[]): Chunk {
  return { generation, at: from, from: 0, entries, to: { next: to, header: bytes(`header of ${from}`) } };
}

export function storeContract(name: string, harness: StoreHarness): void {
  describe(`the state store: ${name}`, () => {
    let opened: Awaited<ReturnType<StoreHarness['open']>> | null = null;
    const open = async (): Promise<StateStore> => {
      opened = await harness.open();
      return opened.store;
    };
    /** A store whose generation 10 is current and stands at journal offset 11. */
    const begun = async (): Promise<StateStore> => {
      const store = await open();
      await store.build(SHARD, 10, 11);
      await store.promote(SHARD, 10, 11);
      return store;
    };
    const statesOf = async (store: StateStore, generation: number, ...customers: string[]): Promise<(string | null)[]> => {
      const { states } = await store.load(SHARD, generation, customers.map(id), NEVER, 0);
      return states.map((stored) => stored && `${stored.state.toString()}@${stored.offset}`);
    };
    afterEach(async () => {
      await opened?.stop();
      opened = null;
    });

    it('is fit for state', async () => {
      await (await open()).check();
    });

    it('has no meta, states or timers of a shard that was never built', async () => {
      const store = await open();
      expect(await store.meta(SHARD)).toBeNull();
      expect(await store.load(SHARD, 10, [id('a'), id('b')], NEVER, 10)).toEqual({
        meta: null,
        states: [null, null],
        due: [],
        nextDue: null,
      });
      expect(await store.apply(SHARD, step(10, 11, 12, [entry('a', 11, 'one')]))).toBe('rejected');
      expect(await store.promote(SHARD, 10, 11)).toBe('rejected');
      await store.sweep(SHARD);
    });

    it('I7 builds a generation unseen and shows it whole when it is promoted', async () => {
      const store = await open();
      expect(await store.build(SHARD, 10, 0)).toBe('started');
      expect(await store.apply(SHARD, step(10, 0, 5, [entry('a', 0, 'one', 100)]))).toBe('applied');
      expect(await store.meta(SHARD)).toBeNull();
      expect(await statesOf(store, 10, 'a')).toEqual([null]);
      expect(await store.promote(SHARD, 10, 5)).toBe('promoted');
      expect(await store.meta(SHARD)).toEqual({ generation: 10, next: 5, header: bytes('header of 0') });
      expect(await statesOf(store, 10, 'a')).toEqual(['one@0']);
    });

    it('promotes and moves a generation that was never applied to, with an empty header', async () => {
      const store = await begun();
      expect(await store.meta(SHARD)).toEqual({ generation: 10, next: 11, header: Buffer.alloc(0) });
      expect(await store.apply(SHARD, { generation: 10, at: 11, from: 0, entries: [], to: { next: 13, header: Buffer.alloc(0) } })).toBe(
        'applied',
      );
      expect(await store.meta(SHARD)).toEqual({ generation: 10, next: 13, header: Buffer.alloc(0) });
    });

    it('I6 applies a chunk only where the generation stands, and moves it with the last one only', async () => {
      const store = await begun();
      const first: Chunk = { generation: 10, at: 11, from: 0, entries: [entry('a', 11, 'one')], to: null };
      expect(await store.apply(SHARD, first)).toBe('applied');
      expect((await store.meta(SHARD))?.next).toBe(11);
      expect(await store.apply(SHARD, step(10, 11, 14, [entry('b', 11, 'two')]))).toBe('applied');
      expect(await store.meta(SHARD)).toEqual({ generation: 10, next: 14, header: bytes('header of 11') });
      for (const late of [first, step(10, 11, 14, [entry('b', 11, 'late')]), step(10, 15, 16, [entry('b', 15, 'early')])]) {
        expect(await store.apply(SHARD, late)).toBe('rejected');
      }
      expect(await statesOf(store, 10, 'a', 'b')).toEqual(['one@11', 'two@11']);
      expect((await store.meta(SHARD))?.next).toBe(14);
    });

    it('I6 changes nothing when a chunk is applied twice', async () => {
      const store = await begun();
      const chunk: Chunk = { generation: 10, at: 11, from: 0, entries: [entry('a', 11, 'one', 50), entry('b', 11, null)], to: null };
      expect(await store.apply(SHARD, chunk)).toBe('applied');
      const once = await store.load(SHARD, 10, [id('a'), id('b')], NEVER, 10);
      expect(await store.apply(SHARD, chunk)).toBe('applied');
      expect(await store.load(SHARD, 10, [id('a'), id('b')], NEVER, 10)).toEqual(once);
    });

    it('I7 rejects a chunk while one before it is not there: a failover may have taken it back', async () => {
      const store = await begun();
      const chunk = (from: number, customers: readonly string[], next: number | null): Chunk => ({
        generation: 10,
        at: 11,
        from,
        entries: customers.map((customer) => entry(customer, 11, 'one')),
        to: next === null ? null : { next, header: Buffer.alloc(0) },
      });
      expect(await store.apply(SHARD, chunk(2, ['c'], 12))).toBe('rejected');
      expect(await store.apply(SHARD, chunk(0, ['a', 'b'], null))).toBe('applied');
      expect(await store.apply(SHARD, chunk(3, ['d'], 12))).toBe('rejected');
      // of a release with smaller chunks, and late: it takes nothing back
      expect(await store.apply(SHARD, chunk(0, ['a'], null))).toBe('applied');
      expect(await store.apply(SHARD, chunk(2, ['c'], 12))).toBe('applied');
      expect(await statesOf(store, 10, 'a', 'b', 'c', 'd')).toEqual(['one@11', 'one@11', 'one@11', null]);
      // The next step begins anew.
      expect(await store.apply(SHARD, { ...chunk(1, ['b'], 13), at: 12 })).toBe('rejected');
      expect(await store.apply(SHARD, { ...chunk(0, ['a'], 13), at: 12 })).toBe('applied');
    });

    it('I6 rejects chunks of generations that are neither current nor being built', async () => {
      const store = await begun();
      expect(await store.apply(SHARD, step(9, 11, 12, [entry('a', 11, 'old')]))).toBe('rejected');
      expect(await store.apply(SHARD, step(11, 11, 12, [entry('a', 11, 'new')]))).toBe('rejected');
      await store.build(SHARD, 20, 0);
      await store.build(SHARD, 30, 0);
      expect(await store.apply(SHARD, step(20, 0, 1, [entry('a', 0, 'replaced')]))).toBe('rejected');
      await store.promote(SHARD, 30, 0);
      expect(await store.apply(SHARD, step(10, 11, 12, [entry('a', 11, 'past')]))).toBe('rejected');
      expect(await statesOf(store, 30, 'a')).toEqual([null]);
    });

    it('I7 builds and promotes only greater generations', async () => {
      const store = await begun();
      expect(await store.build(SHARD, 10, 0)).toBe('rejected');
      expect(await store.build(SHARD, 9, 0)).toBe('rejected');
      expect(await store.build(SHARD, 20, 0)).toBe('started');
      expect(await store.build(SHARD, 15, 0)).toBe('rejected');
      expect(await store.promote(SHARD, 15, 0)).toBe('rejected');
      expect(await store.promote(SHARD, 20, 0)).toBe('promoted');
      expect(await store.promote(SHARD, 20, 0)).toBe('promoted');
      expect(await store.build(SHARD, 20, 0)).toBe('rejected');
      expect((await store.meta(SHARD))?.generation).toBe(20);
    });

    it('I7 promotes no generation that stands elsewhere: a failover may have taken back what was built', async () => {
      const store = await begun();
      await store.build(SHARD, 20, 0);
      await store.apply(SHARD, step(20, 0, 3, [entry('a', 0, 'built')]));
      for (const elsewhere of [0, 2, 4]) expect(await store.promote(SHARD, 20, elsewhere)).toBe('rejected');
      expect((await store.meta(SHARD))?.generation).toBe(10);
      expect(await store.promote(SHARD, 20, 3)).toBe('promoted');
    });

    it('I7 keeps the old generation readable and writable until the new one is promoted', async () => {
      const store = await begun();
      await store.apply(SHARD, step(10, 11, 12, [entry('a', 11, 'old', 70)]));
      await store.build(SHARD, 20, 0);
      await store.apply(SHARD, step(20, 0, 3, [entry('a', 0, 'new', 80)]));
      expect(await statesOf(store, 10, 'a')).toEqual(['old@11']);
      expect(await store.apply(SHARD, step(10, 12, 13, [entry('a', 12, 'older', 75)]))).toBe('applied');
      expect(await store.meta(SHARD)).toMatchObject({ generation: 10, next: 13 });
      await store.promote(SHARD, 20, 3);
      expect(await store.load(SHARD, 20, [id('a')], at(100), 5)).toEqual({
        meta: { generation: 20, next: 3, header: bytes('header of 0') },
        states: [{ offset: 0, state: bytes('new') }],
        due: [{ customer: 'a', due: 80 }],
        nextDue: null,
      });
    });

    it('gives meta as it is, but no states and timers, to a reader that asks for another generation', async () => {
      const store = await begun();
      await store.apply(SHARD, step(10, 11, 12, [entry('a', 11, 'one', 70)]));
      await store.build(SHARD, 20, 12);
      await store.promote(SHARD, 20, 12);
      const meta = { generation: 20, next: 12, header: Buffer.alloc(0) };
      expect(await store.load(SHARD, 10, [id('a')], NEVER, 5)).toEqual({ meta, states: [null], due: [], nextDue: null });
    });

    it('I7 sweeps what is past and nothing else', async () => {
      const store = await begun();
      const many = Array.from({ length: 2500 }, (_, i) => entry(`many ${i}`, 11, 'old', i));
      await store.apply(SHARD, step(10, 11, 12, many));
      await store.build(SHARD, 20, 0);
      await store.apply(SHARD, step(20, 0, 1, [entry('abandoned', 0, 'half', 1)]));
      await store.build(SHARD, 30, 0);
      await store.apply(SHARD, step(30, 0, 1, [entry('b', 0, 'building', 2)]));
      await store.build(SHARD + 1, 10, 0);
      await store.promote(SHARD + 1, 10, 0);
      await store.apply(SHARD + 1, step(10, 0, 1, [entry('neighbour', 0, 'there', 3)]));
      await store.writeOwn(SHARD, at(5));
      await store.sweep(SHARD);
      expect(await statesOf(store, 10, 'many 7', 'many 2499')).toEqual(['old@11', 'old@11']);
      expect((await store.load(SHARD, 10, [], at(10), 3)).due).toHaveLength(3);
      await store.promote(SHARD, 30, 1);
      await store.sweep(SHARD);
      expect(await store.load(SHARD, 30, [id('b')], NEVER, 3)).toMatchObject({
        states: [{ state: bytes('building') }],
        due: [{ customer: 'b' }],
      });
      expect((await store.load(SHARD + 1, 10, [id('neighbour')], NEVER, 3)).states).toEqual([{ offset: 0, state: bytes('there') }]);
      expect((await store.readOwns(SHARD + 1))[SHARD]).toBe(5);
    });

    it('I10 gives timers by due, then by the bytes of the customer, and the least after them', async () => {
      const store = await begun();
      // U+FF5E sorts after U+1F600 in UTF-16 and before it in UTF-8.
      const timers = [
        entry('c', 11, 's', 30),
        entry('b', 11, 's', 20),
        entry('😀', 11, 's', 10),
        entry('～', 11, 's', 10),
        entry('a', 11, 's', 10),
      ];
      await store.apply(SHARD, step(10, 11, 12, timers));
      const load = async (until: number, limit: number): Promise<[string, number | null]> => {
        const { due, nextDue } = await store.load(SHARD, 10, [], at(until), limit);
        return [due.map((each) => `${each.customer}${each.due}`).join(' '), nextDue];
      };
      expect(await load(9, 10)).toEqual(['', 10]);
      expect(await load(10, 10)).toEqual(['a10 ～10 😀10', 20]);
      expect(await load(10, 2)).toEqual(['a10 ～10', 10]);
      expect(await load(30, 4)).toEqual(['a10 ～10 😀10 b20', 30]);
      expect(await load(30, 5)).toEqual(['a10 ～10 😀10 b20 c30', null]);
      expect(await load(30, 0)).toEqual(['', 10]);
    });

    it('moves, keeps and removes timers, and erases customers', async () => {
      const store = await begun();
      await store.apply(
        SHARD,
        step(10, 11, 12, [entry('a', 11, 's', 10), entry('b', 11, 's', 20), entry('c', 11, 's', 253_402_300_799_999)]),
      );
      await store.apply(SHARD, step(10, 12, 13, [entry('a', 12, 't', 40), entry('b', 12, null)]));
      const { states, due } = await store.load(SHARD, 10, [id('a'), id('b'), id('c')], NEVER, 10);
      expect(states).toEqual([{ offset: 12, state: bytes('t') }, null, { offset: 11, state: bytes('s') }]);
      expect(due).toEqual([
        { customer: 'a', due: 40 },
        { customer: 'c', due: 253_402_300_799_999 },
      ]);
    });

    it('keeps any customer id, any bytes and any offset as they are', async () => {
      const store = await begun();
      const names = ['{', '}', '{}', '{other:1}', 'a b', 'a:b', '10:c:a', '*?[x]\\', '😀', 'é'.repeat(64), 'x'.repeat(128), "'; DROP", '0'];
      const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
      const states = [every, Buffer.from([0xff, 0xfe, 0xc3, 0x28, 0]), Buffer.alloc(0), Buffer.alloc(70_000, 0x0d)];
      const entries = names.map((name, i) => entry(name, 2 ** 40 + 0xfffffffa + i, states[i % states.length] ?? every, i));
      await store.apply(SHARD, { generation: 10, at: 11, from: 0, entries, to: { next: 2 ** 52 + 1, header: every } });
      const loaded = await store.load(SHARD, 10, names.map(id), NEVER, 100);
      expect(loaded.meta).toEqual({ generation: 10, next: 2 ** 52 + 1, header: every });
      expect(loaded.states).toEqual(entries.map(({ offset, state }) => ({ offset, state })));
      expect(loaded.due.map(({ customer }) => customer)).toEqual(names);
    });

    it('does not share memory with what it was given', async () => {
      const store = await begun();
      const [state, header] = [bytes('before'), bytes('before')];
      await store.apply(SHARD, { generation: 10, at: 11, from: 0, entries: [entry('a', 11, state)], to: { next: 12, header } });
      state.fill('x');
      header.fill('x');
      expect(await statesOf(store, 10, 'a')).toEqual(['before@11']);
      expect((await store.meta(SHARD))?.header.toString()).toBe('before');
    });

    it('keeps shards apart', async () => {
      const store = await begun();
      await store.apply(SHARD, step(10, 11, 12, [entry('a', 11, 'here', 1)]));
      expect(await store.load(SHARD + 1, 10, [id('a')], NEVER, 1)).toEqual({ meta: null, states: [null], due: [], nextDue: null });
    });

    it('remembers the watermarks of owners: an instant, infinite, or none known', async () => {
      const store = await open();
      expect(await store.readOwns(3)).toEqual([undefined, undefined, undefined]);
      await store.writeOwn(0, at(1_700_000_000_000));
      await store.writeOwn(2, null);
      expect(await store.readOwns(3)).toEqual([1_700_000_000_000, undefined, null]);
      await store.writeOwn(2, at(0));
      expect(await store.readOwns(3)).toEqual([1_700_000_000_000, undefined, 0]);
    });

    it('I7 reads meta, states and timers of one instant while another client applies', async () => {
      const store = await begun();
      const { other } = opened ?? { other: store };
      // So many and so long that a request does not fit into one read of the server.
      const customers = Array.from({ length: 500 }, (_, i) => `customer ${i} `.padEnd(100, 'x'));
      const last = 120;
      const writing = (async () => {
        for (let next = 11; next < 11 + last; next++) {
          const entries = customers.map((customer) => entry(customer, next, `s${next}`, next));
          expect(await other.apply(SHARD, step(10, next, next + 1, entries))).toBe('applied');
        }
      })();
      let seen = 11;
      const distinct = new Set<number>();
      while (seen < 11 + last) {
        const { meta, states, due } = await store.load(SHARD, 10, customers.map(id), NEVER, 1000);
        seen = meta?.next ?? -1;
        distinct.add(seen);
        const expected = seen === 11 ? null : { offset: seen - 1, state: bytes(`s${seen - 1}`) };
        expect(states).toEqual(customers.map(() => expected));
        expect(new Set(due.map((each) => each.due))).toEqual(new Set(seen === 11 ? [] : [seen - 1]));
      }
      await writing;
      expect(distinct.size).toBeGreaterThan(1);
    });

    it('I6 lets one of several confused owners move a generation from a to b', async () => {
      const store = await begun();
      const { other } = opened ?? { other: store };
      const entries = [entry('a', 11, 'one')];
      const answers = await Promise.all([store, other, store, other].map((each) => each.apply(SHARD, step(10, 11, 12, entries))));
      expect(answers.filter((answer) => answer === 'applied')).toHaveLength(1);
    });

    it('loads totals as it loads customers', async () => {
      const store = await begun();
      await store.apply(SHARD, step(10, 11, 12, [entry('a', 11, 'one', 5), entry(cellKey(7, 'all'), 11, 'cell')]));
      expect(await statesOf(store, 10, 'a', cellKey(7, 'all'), cellKey(8, 'all'))).toEqual(['one@11', 'cell@11', null]);
      expect((await store.load(SHARD, 10, [], NEVER, 9)).due).toEqual([{ customer: 'a', due: 5 }]);
    });

    describe('totals', () => {
      const [x, y, z] = [cellKey(19_000, 'all'), cellKey(19_000, 'group:NEW'), baseKey('attribute:plan=gold, 😀')];
      const listed = async (store: StateStore, after: number, limit = 100) => {
        const { meta, cells, more } = await store.totals(SHARD, after, limit);
        return [meta?.next ?? null, cells.map(({ key, offset, state }) => [key, offset, state.toString()]), more];
      };

      it('lists none of a shard that was never built', async () => {
        const store = await open();
        expect(await store.totals(SHARD, -1, 10)).toEqual({ meta: null, cells: [], more: false });
        await store.build(SHARD, 10, 0);
        await store.apply(SHARD, step(10, 0, 1, [entry(x, 0, 'unseen')]));
        expect(await store.totals(SHARD, -1, 10)).toEqual({ meta: null, cells: [], more: false });
        await store.promote(SHARD, 10, 1);
        expect(await store.totals(SHARD, -1, 10)).toEqual({
          meta: { generation: 10, next: 1, header: bytes('header of 0') },
          cells: [{ key: x, offset: 0, state: bytes('unseen') }],
          more: false,
        });
      });

      it('lists what was written after an offset, never a customer', async () => {
        const store = await begun();
        await store.apply(
          SHARD,
          step(10, 11, 12, [entry('total:1:all', 11, 's', 5), entry(y, 11, 'y'), entry(x, 11, 'x'), entry(z, 11, 'z')]),
        );
        await store.apply(SHARD, step(10, 12, 13, [entry('a', 12, 's')]));
        await store.apply(SHARD, step(10, 13, 14, [entry(y, 13, 'y again')]));
        expect(await listed(store, -1)).toEqual([
          14,
          [
            [x, 11, 'x'],
            [z, 11, 'z'],
            [y, 13, 'y again'],
          ],
          false,
        ]);
        expect(await listed(store, 11)).toEqual([14, [[y, 13, 'y again']], false]);
        expect(await listed(store, 13)).toEqual([14, [], false]);
        expect(await store.totals(SHARD + 1, -1, 9)).toEqual({ meta: null, cells: [], more: false });
      });

      it('lists no erased total, and lists it again when it is written again', async () => {
        const store = await begun();
        await store.apply(SHARD, step(10, 11, 12, [entry(x, 11, 'x'), entry(y, 11, 'y')]));
        await store.apply(SHARD, step(10, 12, 13, [entry(x, 12, null), entry(z, 12, null), entry(DAYS_KEY, 12, 'days')]));
        expect(await listed(store, -1)).toEqual([
          13,
          [
            [y, 11, 'y'],
            [DAYS_KEY, 12, 'days'],
          ],
          false,
        ]);
        await store.apply(SHARD, step(10, 13, 14, [entry(x, 13, 'new')]));
        expect(await listed(store, 12)).toEqual([14, [[x, 13, 'new']], false]);
      });

      it('gives at most as many as asked for, but all of the last offset', async () => {
        const store = await begun();
        await store.apply(SHARD, step(10, 11, 12, [entry(x, 11, 'x')]));
        await store.apply(SHARD, step(10, 12, 13, [entry(y, 12, 'y'), entry(z, 12, 'z')]));
        await store.apply(SHARD, step(10, 13, 14, [entry(DAYS_KEY, 13, 'days')]));
        expect(await listed(store, -1, 1)).toEqual([14, [[x, 11, 'x']], true]);
        expect(await listed(store, -1, 2)).toEqual([
          14,
          [
            [x, 11, 'x'],
            [y, 12, 'y'],
            [z, 12, 'z'],
          ],
          true,
        ]);
        expect(await listed(store, 11, 1)).toEqual([
          14,
          [
            [y, 12, 'y'],
            [z, 12, 'z'],
          ],
          true,
        ]);
        expect(await listed(store, 12, 1)).toEqual([14, [[DAYS_KEY, 13, 'days']], false]);
      });

      it('I7 lists those of the current generation alone, and sweeps the others', async () => {
        const store = await begun();
        await store.apply(SHARD, step(10, 11, 12, [entry(x, 11, 'old'), entry(y, 11, 'only old')]));
        await store.build(SHARD, 20, 0);
        await store.apply(SHARD, step(20, 0, 1, [entry(x, 0, 'new')]));
        expect(await listed(store, -1)).toEqual([
          12,
          [
            [x, 11, 'old'],
            [y, 11, 'only old'],
          ],
          false,
        ]);
        await store.promote(SHARD, 20, 1);
        await store.sweep(SHARD);
        expect(await listed(store, -1)).toEqual([1, [[x, 0, 'new']], false]);
      });

      it('writes and lists thousands in one chunk, with any bytes and offsets', async () => {
        const store = await begun();
        const state = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
        const offset = 2 ** 52 + 12_345;
        const many = Array.from({ length: 5_000 }, (_, i) => entry(cellKey(20_000 + i, 'all'), offset, state));
        await store.apply(SHARD, step(10, 11, 12, many));
        const { cells, more } = await store.totals(SHARD, offset - 1, 10);
        expect(cells).toEqual(many.map(({ customer }) => ({ key: customer, offset, state })));
        expect(more).toBe(false);
        await store.apply(
          SHARD,
          step(
            10,
            12,
            13,
            many.map(({ customer }) => entry(customer, 12, null)),
          ),
        );
        expect((await store.totals(SHARD, -1, 10)).cells).toEqual([]);
      });

      it('I7 lists the totals of one position while another client applies', async () => {
        const store = await begun();
        const { other } = opened ?? { other: store };
        const keys = Array.from({ length: 300 }, (_, i) => cellKey(i, 'all'));
        const last = 100;
        const writing = (async () => {
          for (let next = 11; next < 11 + last; next++)
            await other.apply(
              SHARD,
              step(
                10,
                next,
                next + 1,
                keys.map((key) => entry(key, next, `s${next}`)),
              ),
            );
        })();
        let seen = 11;
        while (seen < 11 + last) {
          const { meta, cells } = await store.totals(SHARD, seen - 1, 1_000);
          const next = meta?.next ?? -1;
          expect(new Set(cells.map(({ state }) => state.toString()))).toEqual(
            new Set(next === seen && cells.length === 0 ? [] : [`s${next - 1}`]),
          );
          seen = next;
        }
        await writing;
      });
    });

    it('I6 I7 agrees with a model on any sequence of calls', async () => {
      const store = await open();
      let shard = 100;
      const call = fc.record({
        what: fc.constantFrom('apply', 'apply', 'apply', 'build', 'promote', 'sweep'),
        generation: fc.nat({ max: 3 }),
        at: fc.nat({ max: 3 }),
        before: fc.constantFrom(0, 0, 1, 2),
        moves: fc.boolean(),
        customer: fc.constantFrom('a', 'b', 'c'),
        state: fc.option(fc.uint8Array({ maxLength: 4 }), { nil: null }),
        due: fc.option(fc.nat({ max: 5 }), { nil: null }),
      });
      const property = fc.asyncProperty(fc.array(call, { maxLength: 25 }), async (calls) => {
        shard++;
        const model = new Model();
        for (const { what, generation, at: from, before, moves, customer, state, due } of calls) {
          if (what === 'sweep') await store.sweep(shard);
          else if (what === 'build') expect(await store.build(shard, generation, from)).toBe(model.build(generation, from));
          else if (what === 'promote') expect(await store.promote(shard, generation, from)).toBe(model.promote(generation, from));
          else {
            const header = bytes(`${from}`);
            const entries = [entry(customer, from, state && Buffer.from(state), due)];
            const chunk: Chunk = { generation, at: from, from: before, entries, to: moves ? { next: from + 1, header } : null };
            expect(await store.apply(shard, chunk)).toBe(model.apply(chunk));
          }
        }
        const { current } = model;
        const loaded = await store.load(shard, current?.number ?? 0, ['a', 'b', 'c'].map(id), NEVER, 10);
        expect(loaded.meta).toEqual(current && { generation: current.number, next: current.next, header: current.header });
        expect(loaded.states).toEqual(['a', 'b', 'c'].map((name) => current?.states.get(name) ?? null));
        expect(Object.fromEntries(loaded.due.map((each) => [each.customer, each.due]))).toEqual(Object.fromEntries(current?.due ?? []));
      });
      await fc.assert(property, { numRuns: harness.runs });
    });
  });
}

interface Modelled {
  readonly number: number;
  next: number;
  /** entries of the step at `next` */
  applied: number;
  header: Buffer;
  readonly states: Map<string, { offset: number; state: Buffer }>;
  readonly due: Map<string, number>;
}

/** The rules of the port, as short as they can be said. */
class Model {
  current: Modelled | null = null;
  building: Modelled | null = null;

  build(number: number, next: number): 'started' | 'rejected' {
    if (number <= Math.max(this.current?.number ?? -1, this.building?.number ?? -1)) return 'rejected';
    this.building = { number, next, applied: 0, header: Buffer.alloc(0), states: new Map(), due: new Map() };
    return 'started';
  }

  promote(number: number, from: number): 'promoted' | 'rejected' {
    if (this.current?.number === number) return 'promoted';
    if (this.building?.number !== number || this.building.next !== from) return 'rejected';
    this.current = this.building;
    this.building = null;
    return 'promoted';
  }

  apply({ generation, at, from, entries, to }: Chunk): 'applied' | 'rejected' {
    const target = [this.current, this.building].find((each) => each?.number === generation);
    if (target?.next !== at || from > target.applied) return 'rejected';
    target.applied = Math.max(target.applied, from + entries.length);
    for (const { customer, offset, state, due } of entries) {
      if (state === null) target.states.delete(customer);
      else target.states.set(customer, { offset, state });
      if (due === null) target.due.delete(customer);
      else target.due.set(customer, due);
    }
    if (to !== null) Object.assign(target, { next: to.next, header: to.header, applied: 0 });
    return 'applied';
  }
}
