import { expect, test } from 'vitest';
import { history, Zipf } from '../../bench/events.ts';
import { partitionOf, sentinelsOf } from '../../bench/load.ts';
import { partitionList, peersOf, throughputSeconds } from '../../bench/options.ts';
import { changesAt } from '../../bench/silence.ts';
import { eventsFor } from '../../bench/throughput.ts';
import { presetPolicy } from '../../src/config/policy.ts';
import { DAY, type Instant } from '../../src/domain/ids.ts';

const until = Date.UTC(2026, 0, 1) as Instant;
const options = { events: 2_000, customers: 500, seed: 7, until };

test('the history has exactly so many events, up to its end, the same for the same seed, and no free text', () => {
  const events = [...history(options)];
  expect(events).toHaveLength(options.events);
  expect(events).toEqual([...history(options)]);
  expect(events).not.toEqual([...history({ ...options, seed: 8 })]);
  const last = Math.max(...events.map(({ record }) => record.occurredAt));
  expect(last).toBeLessThanOrEqual(until);
  expect(last).toBeGreaterThan(until - DAY);
  expect(events.every(({ record }) => !('comment' in record) || record.comment === null)).toBe(true);
});

test('customers are drawn by a Zipf law: a few have many events', () => {
  const counts = new Map<string, number>();
  for (const { record } of history(options)) counts.set(record.customerId, (counts.get(record.customerId) ?? 0) + 1);
  const sorted = [...counts.values()].sort((a, b) => b - a);
  expect(sorted[0]).toBeGreaterThan(5 * (sorted[sorted.length >> 1] ?? 0));
  const zipf = new Zipf(1_000);
  expect(zipf.rank(1e-9)).toBe(0);
  expect(zipf.rank(1 - 1e-9)).toBe(999);
});

test.each([1, 4, 12])('every one of %i partitions of every input has a sentinel of its own', (partitions) => {
  const sentinels = sentinelsOf(partitions);
  expect(new Set(sentinels.map(({ customer }) => customer)).size).toBe(4 * partitions);
  for (const { customer, partition } of sentinels) expect(partitionOf(Buffer.from(customer), partitions)).toBe(partition);
  const others = new Set(sentinelsOf(partitions, 'again-').map(({ customer }) => customer));
  expect(sentinels.some(({ customer }) => others.has(customer))).toBe(false);
});

test('the silent customers change their group at their instant, to the millisecond', () => {
  const { policy } = presetPolicy('retail');
  for (const due of [until, until + 1, until + DAY / 2 + 12_345]) expect(changesAt(policy, due as Instant)).toBe(true);
});

test('partitions are a list of different whole numbers', () => {
  expect(partitionList('4,12')).toEqual([4, 12]);
  expect(() => partitionList('4,4')).toThrow();
  expect(() => partitionList('0')).toThrow();
});

test('rapport always runs, and the default is estimated to end within 25 minutes', () => {
  expect(peersOf('none')).toEqual(['rapport']);
  expect(peersOf('all')).toEqual(['rapport', 'streams1', 'streams2', 'naive']);
  const seconds = throughputSeconds({ peer: 'all', events: 2_000_000, partitions: [4, 12], rounds: 2 }, eventsFor);
  expect(seconds).toBeGreaterThan(5 * 60);
  expect(seconds).toBeLessThan(25 * 60);
});
