/** The histogram of values: quantiles within 1 %, and counts that add, take back and merge exactly. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BLOCK, bucketOf, Histogram, middleOf } from '../../src/domain/histogram.ts';

/** Amounts as people spend them: over many orders of magnitude, some nothing at all. */
const amount = fc.oneof(
  fc.constant(0),
  fc.tuple(fc.nat(11), fc.double({ min: 1, max: 10, noNaN: true })).map(([power, digits]) => Math.round(digits * 10 ** power)),
);
const amounts = (minLength: number) => fc.array(amount, { minLength, maxLength: 200, size: 'max' });

/** The blocks of some values, as a shard's totals hold them. */
function blocksOf(values: readonly number[]): Map<number, number[]> {
  const blocks = new Map<number, number[]>();
  for (const value of values) {
    const block = Math.floor(bucketOf(value) / BLOCK);
    const counts = blocks.get(block) ?? Array<number>(BLOCK).fill(0);
    counts[bucketOf(value) % BLOCK] = (counts[bucketOf(value) % BLOCK] ?? 0) + 1;
    blocks.set(block, counts);
  }
  return blocks;
}

function put(histogram: Histogram, shard: number, values: readonly number[], before: readonly number[] = []): void {
  const blocks = blocksOf(values);
  // a block that has gone empty is said to be so
  for (const block of blocksOf(before).keys()) if (!blocks.has(block)) blocks.set(block, Array<number>(BLOCK).fill(0));
  for (const [block, counts] of blocks) histogram.put(shard, block, counts);
}

function histogramOf(shards: readonly (readonly number[])[]): Histogram {
  const histogram = new Histogram();
  for (const [shard, values] of shards.entries()) put(histogram, shard, values);
  return histogram;
}

const SHARES = [0.01, 0.1, 0.25, 0.5, 0.6, 0.75, 0.9, 0.99, 1];
const quantiles = (histogram: Histogram): (number | null)[] => SHARES.map((share) => histogram.quantile(share));

describe('a histogram', () => {
  test('tells every quantile within 1 %', () => {
    fc.assert(
      fc.property(amounts(1), fc.double({ min: 0.001, max: 1, noNaN: true }), (values, share) => {
        const sorted = [...values].sort((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0;
        const told = histogramOf([values]).quantile(share) ?? Number.NaN;
        expect(Math.abs(told - exact)).toBeLessThanOrEqual(exact * (0.01 + 1e-9));
      }),
      { numRuns: 500 },
    );
  });

  test('has buckets that rise with the value, up to the largest amount', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
        expect(Math.sign(bucketOf(a) - bucketOf(b)) * Math.sign(a - b)).toBeGreaterThanOrEqual(0);
        expect(Math.abs(middleOf(bucketOf(a)) - a)).toBeLessThanOrEqual(a * (0.01 + 1e-9));
      }),
    );
    expect([0, 1, 2].map(bucketOf)).toEqual([0, 1, 37]);
    expect(bucketOf(Number.MAX_SAFE_INTEGER)).toBeLessThan(60 * BLOCK);
  });

  test('of all shards together is that of all values, however they lie in shards', () => {
    fc.assert(
      fc.property(fc.array(amounts(0), { minLength: 1, maxLength: 5 }), (shards) => {
        const [together, alone] = [histogramOf(shards), histogramOf([shards.flat()])];
        expect(quantiles(together)).toEqual(quantiles(alone));
        expect(together.total).toBe(shards.flat().length);
      }),
    );
  });

  test('holds nothing of what was taken back, replaced or forgotten', () => {
    fc.assert(
      fc.property(amounts(0), amounts(0), amounts(0), (stays, before, after) => {
        const histogram = histogramOf([stays, before]);
        put(histogram, 1, after, before);
        expect(quantiles(histogram)).toEqual(quantiles(histogramOf([[...stays, ...after]])));
        histogram.forget(1);
        expect([histogram.total, ...quantiles(histogram)]).toEqual([stays.length, ...quantiles(histogramOf([stays]))]);
        histogram.forget(0);
        expect([histogram.total, histogram.quantile(0.5)]).toEqual([0, null]);
      }),
    );
  });
});
