/**
 * How lists are asked for, so that a page of the API, which looks at a bounded number of rows, finds what there is along an index. Pure.
 */
import type { Customer, Page } from '../http/api.ts';

export interface Search {
  readonly prefix: string;
  readonly group: string;
  readonly level: string;
  readonly sort: string;
}

/** What an address asks for. A sort that nobody has chosen is the one by which ids that begin alike stand together, once there is such a beginning. */
export function searchOf(query: URLSearchParams): Search {
  const given = (name: string): string => query.get(name) ?? '';
  const prefix = given('prefix');
  return { prefix, group: given('group'), level: given('level'), sort: given('sort') || (prefix === '' ? 'value' : 'id') };
}

/** The address after one thing of the search was changed: a sort stands in it only if it was chosen. */
export function searchWith(query: URLSearchParams, name: keyof Search, value: string): string {
  const next = new URLSearchParams(query);
  next.set(name, value);
  for (const [each, text] of [...next]) if (text === '') next.delete(each);
  return `#/customers?${next}`;
}

export interface Top<T> {
  readonly items: readonly T[];
  /** there are others, or may be: a page does not look at all rows */
  readonly more: boolean;
}

/** The most at stake of several lists, each of which has its own most first. */
export function topOf(pages: readonly Page<Customer>[], most: number): Top<Customer> {
  const all = pages.flatMap(({ items }) => items).sort((a, b) => b.predictedValue - a.predictedValue);
  return { items: all.slice(0, most), more: all.length > most || pages.some(({ next }) => next !== null) };
}
