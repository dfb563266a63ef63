/**
 * KPI totals of a step: what its customers booked, summed by day and dimension, added to the cells as the step before left them (I8), written as absolute
 * values in the step's own journal record (I2). Pure (I9): bookings, W and the cells before go in, entries come out, sorted by key. Boundary: sums; who
 * books what is the domain's, what a total means is the publisher's.
 *
 * Cells are kept for the days from 400 before the day of W. What is older is in the base: stocks only, flows of such days are dropped. So how records are cut
 * into steps does not matter (D1): a booking that comes while its day is kept is folded into the base with it, one that comes later goes there at once. A step
 * that books folds what has fallen out meanwhile, within a bound, the rest in following steps; until then base and cells add up to the same.
 * Counts of values are of no day: they are kept as they are now.
 * A cell that was booked exists, also with all its parts at zero, until its day is folded: nothing but that erases a total.
 */
import {
  baseKey,
  type Cell,
  cellKey,
  DAYS_KEY,
  type Days,
  decodeCell,
  decodeDays,
  emptyCell,
  encodeCell,
  encodeDays,
  NO_DAYS,
  valuesKey,
} from '../codec/totals.ts';
import { type CustomerId, dayOf, type Instant } from '../domain/ids.ts';
import { type Booking, isValues, PART_INDEX, STOCKS } from '../domain/kpis.ts';
import type { JournalEntry } from './journal.ts';

/** Thirteen months, before the day of W. */
export const KEPT_DAYS = 400;

/** The first UTC day of which cells are kept. */
export const firstKept = (watermark: Instant): number => dayOf(watermark) - KEPT_DAYS;

const STOCK_PARTS = STOCKS.map((part) => PART_INDEX[part]);

export interface Sum {
  readonly day: number;
  readonly dimension: string;
  readonly amounts: Cell;
}

/** The bookings of a step, summed. */
export class Sums {
  readonly #days = new Map<number, Map<string, Sum>>();
  readonly #sums: Sum[] = [];

  get size(): number {
    return this.#sums.length;
  }

  add({ day, dimension, amounts }: Booking): void {
    let cells = this.#days.get(day);
    if (cells === undefined) {
      cells = new Map();
      this.#days.set(day, cells);
    }
    let sum = cells.get(dimension);
    if (sum === undefined) {
      sum = { day, dimension, amounts: emptyCell() };
      cells.set(dimension, sum);
      this.#sums.push(sum);
    }
    for (const [part, amount] of amounts) sum.amounts[part] = (sum.amounts[part] ?? 0) + amount;
  }

  values(): Iterable<Sum> {
    return this.#sums;
  }
}

export interface TotalsPlan {
  /** whose states `entries` asks for */
  readonly keys: readonly CustomerId[];
  /** @param before the states left by the step before; null for a total that is not there */
  entries(before: (key: CustomerId) => Buffer | null): JournalEntry[];
}

/**
 * @param days the state under DAYS_KEY
 * @param watermark W after the step
 * @param mostCells how many cells of days that have fallen out are looked at; one day at least
 */
export function planTotals(sums: Sums, days: Buffer | null, watermark: Instant, mostCells: number): TotalsPlan {
  const known = days === null ? NO_DAYS : decodeDays(days);
  const first = firstKept(watermark);
  const folded = known.days.filter((day) => day < first).slice(0, Math.max(1, Math.floor(mostCells / known.dimensions.length)));
  const keys = new Set<CustomerId>();
  const keyOf = ({ day, dimension }: Sum): CustomerId =>
    isValues(dimension) ? valuesKey(dimension) : day < first ? baseKey(dimension) : cellKey(day, dimension);
  for (const sum of sums.values()) keys.add(keyOf(sum));
  for (const dimension of folded.length === 0 ? [] : known.dimensions) {
    keys.add(baseKey(dimension));
    for (const day of folded) keys.add(cellKey(day, dimension));
  }
  return {
    keys: [...keys],
    entries: (before) => {
      const after = new Map<CustomerId, Buffer | null>();
      const cells = new Map<CustomerId, Cell>();
      const cellOf = (key: CustomerId): Cell => {
        let cell = cells.get(key);
        if (cell === undefined) {
          const bytes = before(key);
          cell = bytes === null ? emptyCell() : decodeCell(bytes);
          cells.set(key, cell);
        }
        return cell;
      };
      for (const day of folded) {
        for (const dimension of known.dimensions) {
          const key = cellKey(day, dimension);
          const bytes = before(key);
          if (bytes === null) continue;
          addStocks(cellOf(baseKey(dimension)), decodeCell(bytes));
          after.set(key, null);
        }
      }
      for (const sum of sums.values()) {
        const add = sum.day < first && !isValues(sum.dimension) ? addStocks : addAll;
        add(cellOf(keyOf(sum)), sum.amounts);
      }
      for (const [key, cell] of cells) after.set(key, encodeCell(cell));
      after.set(DAYS_KEY, encodeDays(daysAfter(known, folded, sums, first)));
      return [...after]
        .filter(([key, state]) => !same(key === DAYS_KEY ? days : before(key), state))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([customer, state]): JournalEntry => ({ customer, cause: 'total', state, due: null }));
    },
  };
}

function addAll(cell: Cell, amounts: Readonly<Cell>): void {
  for (let part = 0; part < amounts.length; part++) cell[part] = (cell[part] ?? 0) + (amounts[part] ?? 0);
}

function addStocks(cell: Cell, amounts: Readonly<Cell>): void {
  for (const part of STOCK_PARTS) cell[part] = (cell[part] ?? 0) + (amounts[part] ?? 0);
}

function daysAfter(known: Days, folded: readonly number[], sums: Sums, first: number): Days {
  const days = new Set(known.days);
  for (const day of folded) days.delete(day);
  const dimensions = new Set(known.dimensions);
  for (const { day, dimension } of sums.values()) {
    if (isValues(dimension)) continue;
    if (day >= first) days.add(day);
    dimensions.add(dimension);
  }
  return { days: [...days].sort((a, b) => a - b), dimensions: [...dimensions].sort() };
}

const same = (a: Buffer | null, b: Buffer | null): boolean => (a === null || b === null ? a === b : a.equals(b));
