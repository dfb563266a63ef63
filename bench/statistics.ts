/**
 * The few statistics that the results are told in. Pure.
 */

/** The middle one, or the mean of the two in the middle. Throws without values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const high = sorted[sorted.length >> 1];
  const low = sorted[(sorted.length - 1) >> 1];
  if (high === undefined || low === undefined) throw new RangeError('there is no median of nothing');
  return (low + high) / 2;
}

/** The least value that at least this share of all is not above (nearest rank). Throws without values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError('there is no percentile of nothing');
  return value;
}

export interface Ratio {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  readonly pairs: number;
}

/** Of pairs measured side by side; null without any that can be compared. */
export function ratioOf(pairs: readonly (readonly [above: number, below: number])[]): Ratio | null {
  const ratios = pairs.map(([above, below]) => above / below).filter((ratio) => Number.isFinite(ratio));
  if (ratios.length === 0) return null;
  return { median: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios), pairs: ratios.length };
}

/** Median, 99th and 99.9th percentile, and the greatest. */
export interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly most: number;
}

export const latencyOf = (values: readonly number[]): Latency => ({
  count: values.length,
  p50: percentile(values, 0.5),
  p99: percentile(values, 0.99),
  p999: percentile(values, 0.999),
  most: percentile(values, 1),
});
