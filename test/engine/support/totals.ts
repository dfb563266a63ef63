/**
 * KPI totals as a test compares them: the store's, summed over shards, and the same from all bookings at once, with none of the engine's code but the codec.
 */
import { expect } from 'vitest';
import { decodeCell, isReserved, totalNameOf } from '../../../src/codec/totals.ts';
import { type Booking, PARTS, STOCKS } from '../../../src/domain/kpis.ts';
import type { TestDriver } from '../../../src/testing.ts';

/** `<dimension>@<day>`, or `@base`, → part → amount. Zeros and cells of zeros are left out. */
export type Amounts = Record<string, Record<string, number>>;

const isStock = (part: string): boolean => STOCKS.some((stock) => stock === part);

class Summing {
  readonly #cells = new Map<string, Map<string, bigint>>();
  readonly #first: number;

  constructor(first: number) {
    this.#first = first;
  }

  add(dimension: string, day: number, part: number, amount: number): void {
    const name = PARTS[part];
    if (name === undefined) throw new Error(`there is no part ${part}`);
    const past = day < this.#first;
    if (past && !isStock(name)) return;
    const key = `${dimension}@${past ? 'base' : day}`;
    const cell = this.#cells.get(key) ?? new Map<string, bigint>();
    this.#cells.set(key, cell.set(name, (cell.get(name) ?? 0n) + BigInt(amount)));
  }

  get amounts(): Amounts {
    const amounts: Amounts = {};
    for (const [key, cell] of [...this.#cells].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const left = [...cell].filter(([, amount]) => amount !== 0n).sort(([a], [b]) => (a < b ? -1 : 1));
      if (left.length > 0) amounts[key] = Object.fromEntries(left.map(([part, amount]) => [part, Number(amount)]));
    }
    return amounts;
  }
}

/** @param first the first day of which cells are told apart; all before is the base */
export function amountsOf(bookings: Iterable<Booking>, first: number): Amounts {
  const sums = new Summing(first);
  for (const { day, dimension, amounts } of bookings) for (const [part, amount] of amounts) sums.add(dimension, day, part, amount);
  return sums.amounts;
}

/** The same of stored states, as if all days before `first` had been folded. */
export function amountsIn(states: Iterable<readonly [string, Buffer]>, first: number): Amounts {
  const sums = new Summing(first);
  for (const [key, state] of states) {
    const name = totalNameOf(key);
    if (name === null || name.kind === 'days' || name.kind === 'values') continue;
    const day = name.kind === 'base' ? Number.NEGATIVE_INFINITY : name.day;
    for (const [part, amount] of decodeCell(state).entries()) {
      if (name.kind === 'base' && amount !== 0) expect(isStock(PARTS[part] ?? ''), `${PARTS[part]} is in the base`).toBe(true);
      sums.add(name.dimension, day, part, amount);
    }
  }
  return sums.amounts;
}

/** All totals of a driver's store. */
export function amountsToldBy({ store, settings }: TestDriver, first: number): Amounts {
  const shards = Array.from({ length: settings.shards }, (_, shard) => [...store.states(shard)]);
  return amountsIn(
    shards.flat().map(([key, { state }]) => [key, state]),
    first,
  );
}

/** The states of customers alone. */
export const customersIn = <T>(states: ReadonlyMap<string, T>): Map<string, T> => new Map([...states].filter(([key]) => !isReserved(key)));
