/**
 * Pages by keyset: a cursor names the last row that was looked at, so a page costs the same wherever it lies, and whoever goes through all pages meets every row that
 * was there throughout exactly once. Boundary: cursors and the walk along an index; which index is the query's.
 *
 * A page looks at a bounded number of rows, because SQLite answers in the one thread that also reads the topics: where few rows match, a page may be short and still
 * have a next one.
 */
import type { Page } from '../api.ts';
import { badParameter } from '../problems.ts';
import type { Row } from './database.ts';

/** Rows that one page looks at. */
const MOST_LOOKED_AT = 10_000;

export type Key = readonly (string | number)[];

/** `of`: names the order, so that a cursor of another question is refused. */
export function cursorText(of: string, key: Key): string {
  return Buffer.from(JSON.stringify([of, ...key])).toString('base64url');
}

/** Throws Refused unless it is a cursor of that order, whose parts have the types of `like`. */
export function cursorKey(of: string, cursor: string, like: Key): Key {
  const found = parsed(cursor);
  const isOne = Array.isArray(found) && found[0] === of && found.length === like.length + 1;
  const key = isOne ? found.slice(1) : [];
  if (!isOne || !like.every((part, i) => typeof key[i] === typeof part && (typeof part === 'string' || Number.isSafeInteger(key[i]))))
    throw badParameter('cursor', 'is not one of this question: give `next` of the page before, and the other parameters as they were');
  return key;
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return null;
  }
}

export interface Walk<T> {
  readonly of: string;
  /** in the order of the page, from behind the cursor on */
  readonly rows: Iterable<Row>;
  readonly keyOf: (row: Row) => Key;
  readonly matches: (row: Row) => boolean;
  readonly item: (row: Row) => T;
  readonly limit: number;
}

export function walk<T>({ of, rows, keyOf, matches, item, limit }: Walk<T>): Page<T> {
  const items: T[] = [];
  let lookedAt = 0;
  let key: Key | null = null;
  for (const row of rows) {
    // Only now it is known that there is a row behind the page.
    if (key !== null && (items.length === limit || lookedAt === MOST_LOOKED_AT)) return { items, next: cursorText(of, key) };
    lookedAt += 1;
    key = keyOf(row);
    if (matches(row)) items.push(item(row));
  }
  return { items, next: null };
}
