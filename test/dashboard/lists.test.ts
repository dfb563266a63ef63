/** How the dashboard asks for its lists. */
import { expect, test } from 'vitest';
import { searchOf, searchWith, topOf } from '../../src/dashboard/lists.ts';
import type { Customer, Page } from '../../src/http/api.ts';

const query = (address: string): URLSearchParams => new URLSearchParams(address.split('?')[1]);

test('with the beginning of an id customers are asked for by id, which has an index, unless a sort was chosen', () => {
  expect(searchOf(query('#/customers'))).toEqual({ prefix: '', group: '', level: '', sort: 'value' });
  expect(searchOf(query('#/customers?prefix=c-1')).sort).toBe('id');
  expect(searchOf(query('#/customers?prefix=c-1&sort=value')).sort).toBe('value');
});

test('a sort that was not chosen does not stay in the address', () => {
  const typed = searchWith(query('#/customers?group=NEW'), 'prefix', 'c&1');
  expect(typed).toBe('#/customers?group=NEW&prefix=c%261');
  expect(searchOf(query(typed))).toEqual({ prefix: 'c&1', group: 'NEW', level: '', sort: 'id' });
  const cleared = searchWith(query(typed), 'prefix', '');
  expect(searchOf(query(cleared)).sort).toBe('value');
  expect(searchOf(query(searchWith(query(cleared), 'sort', 'predictedValue'))).sort).toBe('predictedValue');
});

const page = (next: string | null, ...values: number[]): Page<Customer> => ({
  items: values.map((predictedValue) => ({ id: `c-${predictedValue}`, predictedValue }) as Customer),
  next,
});

test('of several lists those with the most at stake are shown, and that there are more is said whenever there may be', () => {
  const both = topOf([page(null, 9, 4), page(null, 7, 1)], 3);
  expect(both.items.map(({ predictedValue }) => predictedValue)).toEqual([9, 7, 4]);
  expect(both.more).toBe(true);
  expect(topOf([page(null, 9), page(null, 7)], 3).more).toBe(false);
  // Short, since it looked at no more rows: not the whole list.
  expect(topOf([page(null, 9), page('cursor', 7)], 3).more).toBe(true);
  expect(topOf([page('cursor'), page(null)], 3)).toEqual({ items: [], more: true });
});
