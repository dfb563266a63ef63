/**
 * Maximum likelihood of the Gamma-Gamma model (Fader and Hardie 2013, "The Gamma-Gamma model of monetary value", eq. 1a), over customers with a
 * repeat purchase day of positive net amount. The mean of the base, pv/(q − 1), has to exist: q stays above 1.
 */
import type { SpendingParameters } from '../domain/spending.ts';
import { lnGamma } from './gamma.ts';
import { type Convergence, optimum } from './optimum.ts';
import { Unfit } from './unfit.ts';

/** x repeat purchase days of positive net amount, and their mean amount, in any unit of money. */
export interface Spender {
  readonly x: number;
  readonly mean: number;
}

export interface SpendingFit extends SpendingParameters, Convergence<keyof SpendingParameters> {
  readonly logLikelihood: number;
  readonly standardErrors: SpendingParameters | null;
  readonly customers: number;
  /** of the customers' mean amounts, in the unit of `v` */
  readonly mean: number;
  /** Pearson's, of x and the mean: the model takes them as independent */
  readonly correlation: number;
}

/** a little within the bounds of a policy, as q is one more */
const MOST_LOG = Math.log(9e5);

/** Throws Unfit: `no-amounts`, `one-spender`, `constant-amounts`. */
export function fitSpending(spenders: readonly Spender[]): SpendingFit {
  if (spenders.length === 0) throw new Unfit('no-amounts', 'nobody has a repeat purchase of a positive amount: amounts cannot be modelled');
  if (spenders.length === 1)
    throw new Unfit(
      'one-spender',
      'only one customer has a repeat purchase of a positive amount, and how amounts differ between customers takes more: give a longer history',
    );
  const typical = spenders.reduce((sum, { mean }) => sum + mean, 0) / spenders.length;
  if (spenders.every(({ mean }) => Math.abs(mean - typical) <= 1e-9 * typical))
    throw new Unfit(
      'constant-amounts',
      'every customer spends the same: the Gamma-Gamma model needs amounts that differ, so look at the column or field of the amount',
    );
  // In multiples of the mean amount, so that v is near 1 whatever the currency.
  const relative = spenders.map(({ x, mean }) => ({ x, mean: mean / typical }));
  const likelihood = spendingLikelihood(relative);
  const bounds = { least: -MOST_LOG, most: MOST_LOG };
  const starts = [
    [1, 1, 1],
    [5, 3, 0.5],
    [2, 10, 5],
    [20, 1.5, 0.1],
  ].map((start) => start.map(Math.log));
  const { at, value, errors, converged, gradient, atBound } = optimum(
    (at) => -likelihood(naturalOf(at)),
    starts,
    { p: bounds, q: bounds, v: bounds },
    spenders.length,
  );
  const { p, q, v } = naturalOf(at);
  const [ep = 0, eq = 0, ev = 0] = errors ?? [];
  return {
    p,
    q,
    v: v * typical,
    // The density of amounts is that of multiples over the mean amount.
    logLikelihood: -value - spenders.length * Math.log(typical),
    standardErrors: errors && { p: p * ep, q: (q - 1) * eq, v: v * typical * ev },
    converged,
    gradient,
    atBound,
    customers: spenders.length,
    mean: typical,
    correlation: correlation(spenders),
  };
}

/** The variables are ln p, ln (q − 1) and ln v. */
function naturalOf(at: readonly number[]): SpendingParameters {
  const [p = 1, more = 1, v = 1] = at.map(Math.exp);
  return { p, q: 1 + more, v };
}

/** The log-likelihood of the mean amounts as a function of the parameters, v in the unit of the means. */
export function spendingLikelihood(spenders: readonly Spender[]): (parameters: SpendingParameters) => number {
  const counts = [...Map.groupBy(spenders, ({ x }) => x)].map(([x, { length }]) => ({ x, customers: length }));
  const weighted = spenders.reduce((sum, { x, mean }) => sum + x * Math.log(mean), 0);
  const plain = spenders.reduce((sum, { mean }) => sum + Math.log(mean), 0);
  const logX = spenders.reduce((sum, { x }) => sum + x * Math.log(x), 0);
  return ({ p, q, v }) => {
    let total = spenders.length * (q * Math.log(v) - lnGamma(q)) + p * weighted - plain + p * logX;
    for (const { x, customers } of counts) total += customers * (lnGamma(p * x + q) - lnGamma(p * x));
    for (const { x, mean } of spenders) total -= (p * x + q) * Math.log(v + x * mean);
    return total;
  };
}

/** 0 where one of the two does not vary. */
function correlation(spenders: readonly Spender[]): number {
  const n = spenders.length;
  const meanX = spenders.reduce((sum, { x }) => sum + x, 0) / n;
  const meanAmount = spenders.reduce((sum, { mean }) => sum + mean, 0) / n;
  let both = 0;
  let squaredX = 0;
  let squaredAmount = 0;
  for (const { x, mean } of spenders) {
    both += (x - meanX) * (mean - meanAmount);
    squaredX += (x - meanX) ** 2;
    squaredAmount += (mean - meanAmount) ** 2;
  }
  return squaredX === 0 || squaredAmount === 0 ? 0 : both / Math.sqrt(squaredX * squaredAmount);
}
