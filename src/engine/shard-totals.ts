/**
 * Follows one shard's totals in the store into the publisher's sums, and its counts of values into the histogram. Boundary: what was read is the shard's as of the journal offset `next`, whole; what it adds
 * up to is domain/kpi-totals.ts. Keeps I7: a state that was read is a prefix of the shard's journal and stays true when the store falls behind it; then
 * the shard is not up to date until the store has come back.
 */
import { decodeHeader } from '../codec/journal.ts';
import { type Days, decodeCell, decodeDays, totalNameOf } from '../codec/totals.ts';
import { BASE, type Totals } from '../domain/kpi-totals.ts';
import { Retryable } from './errors.ts';
import type { JournalHeader } from './journal.ts';
import type { StateStore } from './ports.ts';

const NOTHING = -1;

export class ShardTotals {
  readonly shard: number;
  readonly #store: Pick<StateStore, 'totals'>;
  readonly #sums: Totals;
  readonly #limit: number;
  #generation: number | null = null;
  #after = NOTHING;
  /** days of each dimension that are in the sums */
  readonly #cells = new Map<string, Set<number>>();
  #next: number;
  #header: JournalHeader | null = null;

  /** @param floor the journal offset up to which it was read before: nothing older counts */
  constructor(store: Pick<StateStore, 'totals'>, shard: number, sums: Totals, floor: number, limit: number) {
    this.#store = store;
    this.shard = shard;
    this.#sums = sums;
    this.#next = floor;
    this.#limit = limit;
  }

  /** the journal offset up to which the sums hold the shard's totals */
  get next(): number {
    return this.#next;
  }
  /** of the last step in the sums; null before the first whole reading */
  get header(): JournalHeader | null {
    return this.#header;
  }

  /** Reads what is new. Returns why the shard is not up to date, null when it is. Throws Retryable when the store is away. */
  async read(): Promise<string | null> {
    for (;;) {
      const { meta, cells, more } = await this.#store.totals(this.shard, this.#after, this.#limit);
      if (meta === null) return 'Redis has no state of it yet';
      if (meta.generation !== this.#generation) {
        const first = this.#generation === null;
        this.#forget(meta.generation);
        // What this answer lists was asked for by an offset of the generation before.
        if (!first) continue;
      }
      let days: Days | null = null;
      for (const { key, offset, state } of cells) {
        this.#after = Math.max(this.#after, offset);
        const name = totalNameOf(key);
        if (name === null) continue;
        if (name.kind === 'days') days = this.#decode(decodeDays, state);
        else if (name.kind === 'values') this.#sums.values.put(this.shard, name.block, this.#decode(decodeCell, state));
        else this.#put(name.dimension, name.kind === 'base' ? BASE : name.day, state);
      }
      if (days !== null) this.#keep(new Set(days.days));
      if (more) continue;
      if (meta.next < this.#next) return `Redis stands at journal offset ${meta.next}, published was up to ${this.#next}`;
      if (meta.header.length < 8) return 'Redis has no step of it yet';
      this.#next = meta.next;
      this.#header = decodeHeader(meta.header.subarray(8));
      return null;
    }
  }

  #put(dimension: string, day: number, state: Buffer): void {
    const amounts = this.#decode(decodeCell, state);
    this.#sums.put(this.shard, { dimension, day, amounts });
    const days = this.#cells.get(dimension);
    if (days === undefined) this.#cells.set(dimension, new Set([day]));
    else days.add(day);
  }

  /** Bytes of a later release, while releases change over, are waited out. */
  #decode<T>(decode: (bytes: Buffer) => T, bytes: Buffer): T {
    try {
      return decode(bytes);
    } catch (cause) {
      throw new Retryable(`shard ${this.shard}: a total in Redis cannot be read`, { cause });
    }
  }

  /** Cells of other days are in the base now. */
  #keep(days: ReadonlySet<number>): void {
    for (const [dimension, present] of this.#cells) {
      for (const day of present) {
        if (day === BASE || days.has(day)) continue;
        this.#sums.put(this.shard, { dimension, day, amounts: null });
        present.delete(day);
      }
    }
  }

  #forget(generation: number): void {
    this.#generation = generation;
    this.#after = NOTHING;
    this.#sums.forget(this.shard);
    this.#cells.clear();
    this.#header = null;
  }
}
