import { expect, test } from 'vitest';
import { compare, type Said } from '../../bench/compare.ts';
import type { Placed } from '../../bench/report.ts';
import { latencyRatios, medians, ratiosOf, ratiosTable, runsTable } from '../../bench/report.ts';
import { latencyOf, median, percentile, ratioOf } from '../../bench/statistics.ts';

const run = (peer: string, round: number, seconds: number, more: Partial<Placed> = {}): Placed => ({
  peer,
  round,
  partitions: 4,
  events: 1_000,
  seconds,
  cpu: { worker: seconds, broker: 1, redis: 1 },
  memory: 100,
  bytes: { kafka: 5_000, redis: 0 },
  changes: 10,
  ...more,
});

test('the median of an even number is the mean of the two in the middle, and nothing has none', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(() => median([])).toThrow(RangeError);
});

test('a percentile is a value that was measured, by nearest rank', () => {
  const values = Array.from({ length: 1_000 }, (_, i) => 1_000 - i);
  expect(percentile(values, 0.99)).toBe(990);
  expect(latencyOf(values)).toEqual({ count: 1_000, p50: 500, p99: 990, p999: 999, most: 1_000 });
  expect(percentile([7], 0.999)).toBe(7);
});

test('pairs that cannot be compared are left out; none at all is no ratio', () => {
  expect(
    ratioOf([
      [2, 1],
      [1, 0],
      [6, 2],
    ]),
  ).toEqual({ median: 2.5, least: 2, most: 3, pairs: 2 });
  expect(ratioOf([[1, 0]])).toBeNull();
});

test('a ratio above 1 is better for rapport, whatever it is of, and pairs are of one round', () => {
  const runs = [run('rapport', 1, 1), run('streams1', 1, 2), run('rapport', 2, 1), run('streams1', 2, 4), run('streams1', 3, 9)];
  const ratios = ratiosOf(runs);
  expect(ratios['streams1.throughput']).toEqual({ median: 3, least: 2, most: 4, pairs: 2 });
  expect(ratios['streams1.cpu']).toEqual({ median: 3, least: 2, most: 4, pairs: 2 });
  expect(medians(ratios)['streams1.memory']).toBe(1);
  expect(Object.keys(ratios).some((name) => name.startsWith('rapport.'))).toBe(false);
});

test('a peer that was given fewer events is compared by event', () => {
  const ratios = ratiosOf([run('rapport', 1, 1), run('naive', 1, 1, { events: 100 })]);
  expect(ratios['naive.throughput']?.median).toBe(10);
  expect(ratios['naive.cpu']?.median).toBe(10);
});

test('latencies are compared at the same rate', () => {
  const at = (peer: string, rate: number, ms: number) => ({ peer, rate, latency: latencyOf([ms]), sentLateP99: 0 });
  const ratios = latencyRatios([at('rapport', 1_000, 10), at('rapport', 5_000, 20), at('streams1', 1_000, 30), at('streams1', 5_000, 80)]);
  expect(ratios).toMatchObject({ 'streams1.p99At1000': 3, 'streams1.p99At5000': 4 });
});

test('the tables have a line for each run and each ratio', () => {
  const runs = [run('rapport', 1, 1), run('streams1', 1, 2)];
  expect(runsTable(runs).trim().split('\n')).toHaveLength(3);
  expect(ratiosTable(ratiosOf(runs))).toContain('streams1.throughput');
});

const said = (changes: Record<string, readonly object[]>, deadLetters = 0): Said => ({
  changes: new Map(Object.entries(changes).map(([customer, fields]) => [customer, fields.map((each) => ({ ...each }))])),
  alerts: new Map(),
  profiles: new Map(),
  kpis: new Map(),
  deadLetters,
});

test('outputs that differ in the last digits of a number are the same; in anything else they are not', () => {
  const ours = said({ anna: [{ to: 'NEW', after: { loyalty: 57.142857 } }] });
  expect(compare(ours, said({ anna: [{ to: 'NEW', after: { loyalty: 57.1428571 } }] }))).toMatchObject({ differences: 0 });
  expect(compare(ours, said({ anna: [{ to: 'NEW', after: { loyalty: 57.2 } }] })).where).toEqual({ 'changes.after.loyalty': 1 });
  expect(compare(ours, said({ anna: [{ to: 'AT_RISK', after: { loyalty: 57.142857 } }] })).where).toEqual({ 'changes.to': 1 });
});

test('an output, a customer or a dead letter that only one peer has is a difference, with an example', () => {
  const one = { to: 'NEW' };
  const { differences, example } = compare(said({ anna: [one, { to: 'CHAMPION' }] }), said({ anna: [one], berta: [one] }, 1));
  expect(differences).toBe(3);
  expect(example).toContain('anna');
});

test('a value of a KPI that differs is a difference, named with its day', () => {
  const kpis = (revenue: number): Said => ({ ...said({}), kpis: new Map([['2026-01-01|all', [{ revenue }]]]) });
  const { where, example } = compare(kpis(1), kpis(2));
  expect(where).toEqual({ 'kpis.revenue': 1 });
  expect(example).toContain('2026-01-01|all');
});
