/** The numbers that a policy is made of, against a naive computation. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gapsOf, latenessOf, quantile, rankCorrelation, rising, splitOf } from '../../src/model/calibrate-measure.ts';

const values = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 60 });

test('a quantile is the least value that at least such a share does not exceed', () => {
  fc.assert(
    fc.property(values, fc.constantFrom(0.05, 0.5, 0.6, 0.75, 0.9, 0.98, 0.99, 1), (some, q) => {
      const shareUpTo = (limit: number): number => some.filter((value) => value <= limit).length / some.length;
      const naive = Math.min(...some.filter((value) => shareUpTo(value) >= q - 1e-12));
      expect(quantile(rising(some), q)).toBe(naive);
    }),
  );
  expect(quantile([], 0.5)).toBeNaN();
});

describe('the split of scores', () => {
  test('no score lies on it or between it and its atoms, and no other split between atoms is nearer to half', () => {
    fc.assert(
      fc.property(values, (some) => {
        const sorted = rising(some);
        const split = splitOf(sorted);
        const lowShare = (limit: number): number => sorted.filter((value) => value < limit).length / sorted.length;
        const distances = [...new Set(sorted)].slice(1).map((atom) => Math.abs(lowShare(atom) - 0.5));
        if (split === null) {
          expect(distances).toEqual([]);
          return;
        }
        expect(sorted).not.toContain(split);
        expect(Math.abs(lowShare(split) - 0.5)).toBeCloseTo(Math.min(...distances), 9);
        expect(lowShare(split)).toBeGreaterThan(0);
      }),
    );
  });

  test('it is written with as few digits as lie between the two scores', () => {
    expect(splitOf([10, 20])).toBe(15);
    expect(splitOf([10, 10.3])).toBe(10.2);
    expect(splitOf([50.001, 50.002])).toBe(50.0015);
    expect(splitOf([7, 7, 7])).toBeNull();
  });
});

describe('gaps', () => {
  const days = (...list: number[]): { day: number; amount: number }[] => list.map((day) => ({ day, amount: 100 }));

  test('of customers with a purchase day in the last 365 days: means, first gaps', () => {
    const gaps = gapsOf([days(100, 110, 150), days(500), days(480, 483), days(90, 95)], 500);
    expect(gaps.means).toEqual([3, 25]);
    expect(gaps.firsts).toEqual([3, 10]);
    expect(gaps.active).toEqual([[100, 110, 150], [500], [480, 483]]);
  });

  test('each over g as it was known when the gap began, which no later gap changes', () => {
    const rhythm = { firstGapDays: 30, leastGapDays: 10, mostGapDays: 40 };
    // g: 30 at the first; (30 + 60)/2 = 45, held at 40; (30 + 62)/3 = 30.67
    expect(latenessOf([[0, 60, 62, 100]], rhythm)).toEqual(rising([60 / 30, 2 / 40, 38 / (92 / 3)]));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 2, maxLength: 10 }), (steps) => {
        let day = 0;
        const bought = [day, ...steps.map((step) => (day += step))];
        const shorter = latenessOf([bought.slice(0, -1)], rhythm);
        const longer = latenessOf([bought], rhythm);
        expect(longer.length).toBe(shorter.length + 1);
        for (const ratio of shorter) expect(longer).toContain(ratio);
      }),
    );
  });
});

test('rank correlation: 1 and −1 for orders alike and reversed, 0 for a side that tells nothing apart, ties at their mean rank', () => {
  expect(rankCorrelation([[1, 10], [2, 20], [3, 90]])).toBeCloseTo(1, 12); // biome-ignore format: pairs
  expect(rankCorrelation([[1, 9], [2, 5], [3, 1]])).toBeCloseTo(-1, 12); // biome-ignore format: pairs
  expect(rankCorrelation([[1, 5], [2, 5]])).toBeNull(); // biome-ignore format: pairs
  // ranks 1.5 1.5 3 against 1 2 3
  expect(rankCorrelation([[1, 1], [1, 2], [2, 3]])).toBeCloseTo(Math.sqrt(3) / 2, 12); // biome-ignore format: pairs
});
