/**
 * The cells of all shards, and their sums: a cell is what one shard's customers add up to on one day in one dimension. Integers, so the sums do not
 * depend on the order in which cells come. Remembers from which day on each dimension has changed. Bounded by days × dimensions × shards. Pure but for its own maps.
 */

import { Histogram } from './histogram.ts';
import type { Amounts, Series } from './kpi-values.ts';
import type { Dimension } from './kpis.ts';

/** The day under which a base stands: before every other. */
export const BASE = -1;

export interface Cell {
  readonly dimension: Dimension;
  /** UTC day, or BASE */
  readonly day: number;
  /** null: the cell is gone */
  readonly amounts: Amounts | null;
}

type Days = Map<number, Amounts>;

export class Totals {
  readonly #shards = new Map<number, Map<Dimension, Days>>();
  readonly #sums = new Map<Dimension, Map<number, number[]>>();
  /** of active customers */
  readonly values = new Histogram();
  /** the first day from which on a dimension has changed since it was last cleared */
  readonly changed = new Map<Dimension, number>();

  get dimensions(): Iterable<Dimension> {
    return this.#sums.keys();
  }

  /** One shard's cell as it is now: absolute, takes the place of the one before. */
  put(shard: number, { dimension, day, amounts }: Cell): void {
    const dimensions = this.#shards.get(shard) ?? new Map<Dimension, Days>();
    this.#shards.set(shard, dimensions);
    const days = dimensions.get(dimension) ?? new Map<number, Amounts>();
    dimensions.set(dimension, days);
    const before = days.get(day);
    if (amounts === null) days.delete(day);
    else days.set(day, trimmed(amounts));
    if (days.size === 0) dimensions.delete(dimension);
    this.#add(dimension, day, before, amounts);
  }

  /** Takes back all that a shard has put. */
  forget(shard: number): void {
    for (const [dimension, days] of this.#shards.get(shard) ?? []) {
      for (const [day, amounts] of days) this.#add(dimension, day, amounts, null);
    }
    this.#shards.delete(shard);
    this.values.forget(shard);
  }

  /** null for a dimension that no shard has ever put */
  series(dimension: Dimension): Series | null {
    const days = this.#sums.get(dimension);
    if (days === undefined) return null;
    const base = days.get(BASE) ?? null;
    if (base === null) return { base, days };
    const others = new Map(days);
    others.delete(BASE);
    return { base, days: others };
  }

  /** The oldest day that has a cell; null when there is none. */
  get first(): number | null {
    let first: number | null = null;
    for (const day of this.#sums.get('all')?.keys() ?? []) if (first === null || day < first) first = day;
    return first;
  }

  #add(dimension: Dimension, day: number, before: Amounts | undefined, after: Amounts | null): void {
    const days = this.#sums.get(dimension) ?? new Map<number, number[]>();
    this.#sums.set(dimension, days);
    const sum = days.get(day) ?? [];
    let different = !days.has(day);
    let empty = true;
    for (let part = 0; part < Math.max(sum.length, before?.length ?? 0, after?.length ?? 0); part++) {
      const difference = (after?.[part] ?? 0) - (before?.[part] ?? 0);
      if (difference !== 0) different = true;
      const next = (sum[part] ?? 0) + difference;
      sum[part] = next;
      if (next !== 0) empty = false;
    }
    // A cell of nothing but zeros is still told of: it may have been another.
    if (empty && after === null) days.delete(day);
    else days.set(day, sum);
    if (different) this.changed.set(dimension, Math.min(this.changed.get(dimension) ?? day, day));
  }
}

/** Without the zeros at the end, which are most of what a cell of a group and an attribute has. */
function trimmed(amounts: Amounts): number[] {
  let length = amounts.length;
  while (length > 0 && (amounts[length - 1] ?? 0) === 0) length -= 1;
  return Array.from({ length }, (_, part) => amounts[part] ?? 0);
}
