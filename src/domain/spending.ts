/**
 * What a customer is expected to spend: the Gamma-Gamma model (Fader and Hardie 2013, "The Gamma-Gamma model of monetary value") and, with
 * the expected purchases, the predicted lifetime value. Pure. Money in minor units, not rounded.
 */
import { aliveProbability, purchasesIfAlive } from './buying.ts';
import type { Policy } from './policy.ts';

/** p > 0, q > 1 without unit; v > 0 in minor units */
export type SpendingParameters = Policy['lifetime']['gammaGamma'];

export const MONTH_DAYS = 30.4375;
const MONTHS = 12;

/**
 * The expected amount of one purchase day: p(v + x·m̄)/(px + q − 1), with `x` the repeat purchase days of positive net amount and `mean` their
 * mean m̄; for none (x = 0 or null) that of the whole customer base, pv/(q − 1).
 */
export function spendingMean({ p, q, v }: SpendingParameters, x: number, mean: number | null): number {
  return mean === null || x === 0 ? (p * v) / (q - 1) : (p * (v + x * mean)) / (p * x + q - 1);
}

/**
 * Σ over the months k = 1…12 of m·(E[X(k)] − E[X(k−1)]) / (1 + discount)^k, a month being 30.4375 days. Expected cost is the caller's to
 * subtract. `mean` as in `spendingMean`, over `paidDays`, which are the repeat days unless some of them have no positive net amount.
 */
export function predictedLifetimeValue(
  policy: Pick<Policy, 'churn' | 'lifetime'>,
  x: number,
  tx: number,
  T: number,
  mean: number | null,
  paidDays = x,
): number {
  const { churn, lifetime } = policy;
  const worth = 1 / (1 + lifetime.discount);
  let discounted = 0;
  let before = 0;
  for (let k = 1, factor = worth; k <= MONTHS; k++, factor *= worth) {
    const until = purchasesIfAlive(churn, x, Math.max(tx, T), k * MONTH_DAYS);
    discounted += factor * Math.max(0, until - before);
    before = until;
  }
  return aliveProbability(churn.model, churn.parameters, x, tx, T) * discounted * spendingMean(lifetime.gammaGamma, paidDays, mean);
}
