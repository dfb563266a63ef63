/**
 * How options are written. Each takes the text and gives the value, or throws commander's InvalidArgumentError.
 */
import { InvalidArgumentError } from 'commander';
import type { Instant } from '../domain/ids.ts';
import { parseTime } from '../sources/time.ts';

/** A whole number, not negative. */
export function whole(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError('It is a whole number.');
  return number;
}

/** A whole number from 1. */
export function positive(text: string): number {
  const number = whole(text);
  if (number === 0) throw new InvalidArgumentError('It is a whole number from 1.');
  return number;
}

/** From 0 to 1. */
export function share(text: string): number {
  const number = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= 0 && number <= 1)) throw new InvalidArgumentError('It is a number from 0 to 1.');
  return number;
}

/** Epoch milliseconds, or ISO 8601 with a time zone or a date alone. */
export function instant(text: string): Instant {
  const at = parseTime(/^\d+$/.test(text) ? Number(text) : text);
  if (at === null) throw new InvalidArgumentError('It is ISO 8601 with a time zone, a date, or epoch milliseconds.');
  return at as Instant;
}

/** So many a second, as `200` or `200/s`. */
export function rate(text: string): number {
  const number = Number(/^(\d*\.?\d+)(?:\/s)?$/.exec(text)?.[1] ?? Number.NaN);
  if (!(number > 0)) throw new InvalidArgumentError('It is a number of events a second, such as 200/s.');
  return number;
}
