/**
 * Whether and how often a customer buys again: the customer-base models of the BG/NBD family. Pure; the fold calls it on every event.
 *
 * A customer buys at a rate λ ~ Gamma(r, α) and, at each purchase, drops out for good with a chance p ~ Beta(a, b). `bg` (Fader, Hardie and Lee
 * 2005) lets nobody drop out before the first repeat purchase; in `mbg` (Batislam, Denizel and Filiztekin 2007) the first purchase is a chance too.
 * Everywhere: x repeat purchase days, tx and T days from the first purchase day to the last one and to now, 0 ≤ tx ≤ T; a T before tx counts as tx.
 * All goes through log1p, exp and expm1: never NaN, no probability outside [0, 1]. D3: the instants are exact, see `buyFallsBelow`.
 */
import { DAY, type Instant, LAST_INSTANT } from './ids.ts';
import { renewals } from './models/renewals.ts';
import type { Policy } from './policy.ts';

export type BuyingModel = Policy['churn']['model'];
/** r, a, b > 0 without unit; alpha > 0 in days */
export type BuyingParameters = Policy['churn']['parameters'];

/**
 * P(alive): the probability that a customer has not dropped out.
 * mbg: 1 / (1 + a/(b+x)·((α+T)/(α+tx))^(r+x)). bg: with a/(b+x−1), and 1 for x = 0.
 */
export function aliveProbability(model: BuyingModel, parameters: BuyingParameters, x: number, tx: number, T: number): number {
  const { r, alpha, a, b } = parameters;
  if (model === 'bg' && x === 0) return 1;
  const survived = model === 'bg' ? b + x - 1 : b + x;
  const logOdds = Math.log(a) - Math.log(survived) + (r + x) * Math.log1p(Math.max(0, T - tx) / (alpha + tx));
  return 1 / (1 + Math.exp(logOdds));
}

/** P(buy): of at least one purchase in the `horizonDays` after T: P(alive)·(1 − ((α+T)/(α+T+h))^(r+x)). Falls strictly in T, up to rounding. */
export function buyProbability(churn: Policy['churn'], x: number, tx: number, T: number): number {
  const { r, alpha } = churn.parameters;
  const alive = aliveProbability(churn.model, churn.parameters, x, tx, T);
  return alive * -Math.expm1(-(r + x) * Math.log1p(churn.horizonDays / (alpha + Math.max(tx, T))));
}

/** Steps of false position after which plain bisection bounds the work. */
const MOST_GUESSES = 24;

/**
 * The instant at which P(buy) falls below the threshold when the customer stays silent; `first` is midnight of the first purchase day, and
 * T = (instant − first) / DAY. It is the whole millisecond m > from with P(m) < threshold ≤ P(m − 1), both exactly as `buyProbability` has them:
 * the search keeps this true of its ends whatever rounding does. There is one such m where a millisecond changes P by more than rounding
 * does, which holds while α + T is below about a million days.
 * Null when P is below already at `from`, and when it does not fall below up to `until`: that is one look, where the search takes a dozen.
 */
export function buyFallsBelow(
  churn: Policy['churn'],
  x: number,
  tx: number,
  threshold: number,
  first: Instant,
  from: Instant,
  until: number = LAST_INSTANT,
): Instant | null {
  const excess = (at: number): number => buyProbability(churn, x, tx, (at - first) / DAY) - threshold;
  let low: number = from;
  let above = excess(low);
  const last = Math.min(until, LAST_INSTANT);
  if (!(above >= 0) || from >= last || excess(last) >= 0) return null;
  // 1. doubling steps find an interval with the root in it
  let high = low;
  let below = above;
  for (let step = 16 * DAY; below >= 0; step *= 2) {
    [low, above] = [high, below];
    high = Math.min(low + step, last);
    below = excess(high);
  }
  // 2. false position (Illinois) narrows it; bisection takes over should it dawdle
  let side = 0;
  for (let i = 0; high - low > 1; i++) {
    const share = i < MOST_GUESSES ? above / (above - below) : 0.5;
    const at = Math.min(Math.max(low + Math.round((high - low) * share), low + 1), high - 1);
    const found = excess(at);
    if (found >= 0) {
      [low, above] = [at, found];
      if (side > 0) below /= 2;
      side = 1;
    } else {
      [high, below] = [at, found];
      if (side < 0) above /= 2;
      side = -1;
    }
  }
  return high as Instant;
}

/** E[X(days) | x, tx, T]: expected purchase days in the `days` after T. At least 0, finite. Fader, Hardie and Lee 2005, eq. 10; Batislam et al. 2007. */
export function expectedPurchases(churn: Policy['churn'], x: number, tx: number, T: number, days: number): number {
  return aliveProbability(churn.model, churn.parameters, x, tx, T) * purchasesIfAlive(churn, x, Math.max(tx, T), days);
}

/** Expected purchase days in the `days` after T of a customer who is alive at T. */
export function purchasesIfAlive({ model, parameters: { r, alpha, a, b } }: Policy['churn'], x: number, T: number, days: number): number {
  return renewals(r + x, alpha + T, a, model === 'bg' ? b + x : b + x + 1, days);
}
