/**
 * Thresholds relative to the population: from when on a value is high when the policy gives a percentile of the active customers instead of an amount. Pure.
 *
 * They come in versions. A new one is made when a day is over and the percentile has moved by more than a twentieth from the last one, so a population that
 * only wavers makes none. A customer takes up the version in force at the next evaluation, never in between (D3), and keeps it in the state.
 */
import type { Histogram } from './histogram.ts';
import { dayOf, type Instant, startOfDay } from './ids.ts';
import type { Policy } from './policy.ts';

/** Less than this share of the last version's threshold is no move. */
const MOVES = 0.05;

/** What holds: of a step as its journal header names it, of a customer as of the last evaluation. */
export interface Thresholds {
  /** from 1 */
  readonly version: number;
  /** minor units: the value is high from here */
  readonly high: number;
}

/** A version as it is published, and as shard 0 remembers it. */
export interface ThresholdsVersion extends Thresholds {
  readonly type: 'thresholds';
  readonly percentile: number;
  /** active customers it was made of */
  readonly customers: number;
  /** the UTC day after which it was made, and the end of that day */
  readonly day: number;
  readonly at: Instant;
}

/** The later of two: no step and no customer goes back to an older version. */
export const later = (a: Thresholds | null, b: Thresholds | null): Thresholds | null =>
  a === null || (b !== null && b.version > a.version) ? b : a;

/**
 * The next version; null while the last one still holds. At most one a day, and none of fewer customers than KPIs tell of.
 * @param last the last one, its day `null` where it is not known
 * @param until event time that has passed: the day before it is the one that is over
 */
export function nextVersion(
  policy: Policy,
  values: Histogram,
  last: (Thresholds & { readonly day: number | null }) | null,
  until: Instant,
): ThresholdsVersion | null {
  const { percentile } = policy.value;
  const day = dayOf(until) - 1;
  if (percentile === null || values.total < policy.kpis.leastCustomers) return null;
  if (last !== null && last.day !== null && last.day >= day) return null;
  const quantile = values.quantile(percentile / 100);
  if (quantile === null) return null;
  // of a population that mostly has no value, everything is high
  const high = Math.max(1, Math.round(quantile));
  if (last !== null && Math.abs(high - last.high) <= MOVES * last.high) return null;
  return {
    type: 'thresholds',
    version: (last?.version ?? 0) + 1,
    high,
    percentile,
    customers: values.total,
    day,
    at: startOfDay(day + 1),
  };
}
