/**
 * The bytes and the keys of KPI totals. A total stands where customers stand, in the journal and in the store, under a key that no customer's id can be,
 * since ids have no control characters. Boundary: bytes and names; what is added to what is engine/totals.ts.
 *
 * Keys: `\0total:<UTC day>:<dimension>` a day's cell · `\0total:base:<dimension>` the stocks of all days that are past · `\0total:days` which days have
 * cells, and all dimensions that were ever booked · `\0values:<block>` how many active customers have which value, as of now. Every value begins with a version byte.
 */

import type { CustomerId } from '../domain/ids.ts';
import { blockOf, type Dimension, isValues, PARTS } from '../domain/kpis.ts';
import { Packer, Unpacker } from './state-bytes.ts';

const VERSION = 1;
const PREFIX = '\u0000total:';

/** Whether a key is the engine's own, not a customer's id. */
export const isReserved = (key: string): boolean => key.charCodeAt(0) === 0;

export const DAYS_KEY = `${PREFIX}days` as CustomerId;
export const cellKey = (day: number, dimension: string): CustomerId => `${PREFIX}${day}:${dimension}` as CustomerId;
export const baseKey = (dimension: string): CustomerId => `${PREFIX}base:${dimension}` as CustomerId;

/** Of a dimension of values: a total of no day. */
export const valuesKey = (dimension: Dimension): CustomerId => `\u0000${dimension}` as CustomerId;

export type TotalName =
  | { readonly kind: 'cell'; readonly day: number; readonly dimension: string }
  | { readonly kind: 'base'; readonly dimension: string }
  | { readonly kind: 'days' }
  | { readonly kind: 'values'; readonly block: number };

/** What a key names; null for a key that is not a total's. */
export function totalNameOf(key: string): TotalName | null {
  if (key === DAYS_KEY) return { kind: 'days' };
  if (isReserved(key) && isValues(key.slice(1))) return { kind: 'values', block: blockOf(key.slice(1)) };
  if (!key.startsWith(PREFIX)) return null;
  const colon = key.indexOf(':', PREFIX.length);
  if (colon < 0) return null;
  const first = key.slice(PREFIX.length, colon);
  const dimension = key.slice(colon + 1);
  if (first === 'base') return { kind: 'base', dimension };
  return /^-?\d+$/.test(first) ? { kind: 'cell', day: Number(first), dimension } : null;
}

/** A sum for each part, by the index of the part (domain/kpis.ts): whole numbers, exact up to 2^53. At least as long as PARTS. */
export type Cell = number[];

export const emptyCell = (): Cell => PARTS.map(() => 0);

const packer = new Packer();

/** The parts that are not zero, as pairs of index and amount; so an empty cell is its version byte. */
export function encodeCell(cell: Readonly<Cell>): Buffer {
  packer.clear();
  packer.byte(VERSION);
  for (let part = 0; part < cell.length; part++) {
    const amount = cell[part] ?? 0;
    if (amount === 0) continue;
    packer.uint(part);
    packer.int(amount);
  }
  return packer.take();
}

/** Throws an Error for bytes that are not a cell's. Parts of a later release, beyond PARTS, are kept. */
export function decodeCell(bytes: Buffer): Cell {
  const from = versioned(bytes);
  const cell = emptyCell();
  while (from.left > 0) {
    const part = from.uint();
    if (part > 1000) throw new Error(`a total names part ${part}`);
    while (cell.length <= part) cell.push(0);
    cell[part] = from.int();
  }
  return cell;
}

/** Which cells a shard has: those of `days` and any of `dimensions`. A reader forgets cells of other days: they are in the base. */
export interface Days {
  /** UTC days, rising */
  readonly days: readonly number[];
  /** all that were ever booked, sorted */
  readonly dimensions: readonly string[];
}

export const NO_DAYS: Days = { days: [], dimensions: [] };

export function encodeDays({ days, dimensions }: Days): Buffer {
  packer.clear();
  packer.byte(VERSION);
  packer.uint(days.length);
  for (const [i, day] of days.entries()) {
    if (i === 0) packer.int(day);
    else packer.uint(day - (days[i - 1] ?? 0));
  }
  for (const dimension of dimensions) {
    const text = Buffer.from(dimension);
    packer.uint(text.length);
    for (const byte of text) packer.byte(byte);
  }
  return packer.take();
}

/** Throws an Error for bytes that are not of `encodeDays`. */
export function decodeDays(bytes: Buffer): Days {
  const from = versioned(bytes);
  const days: number[] = [];
  const count = from.uint();
  for (let i = 0; i < count; i++) days.push(i === 0 ? from.int() : (days[i - 1] ?? 0) + from.uint());
  const dimensions: string[] = [];
  while (from.left > 0) {
    const text: number[] = [];
    for (let length = from.uint(); length > 0; length--) text.push(from.byte());
    dimensions.push(Buffer.from(text).toString());
  }
  return { days, dimensions };
}

function versioned(bytes: Buffer): Unpacker {
  const from = new Unpacker(bytes);
  const version = from.byte();
  if (version !== VERSION) throw new Error(`a total has version ${version}, this release reads ${VERSION}`);
  return from;
}
