/**
 * Maximum likelihood of BG/NBD (Fader, Hardie and Lee 2005, "Implementing the BG/NBD model", eq. 1) and MBG/NBD (Batislam et al. 2007).
 * Any unit of time: alpha comes out in that of tx and T.
 */
import type { BuyingModel, BuyingParameters } from '../domain/buying.ts';
import { type Convergence, optimum } from './optimum.ts';
import { Unfit } from './unfit.ts';

/** One customer's history in numbers: x repeat purchase days, tx and T from the first to the last of them and to the end of calibration. */
export interface Buyer {
  readonly x: number;
  readonly tx: number;
  readonly T: number;
}

export interface BuyingFit extends BuyingParameters, Convergence<keyof BuyingParameters> {
  readonly logLikelihood: number;
  /** null when the likelihood is flat in some direction, or a parameter lies at a bound */
  readonly standardErrors: BuyingParameters | null;
}

/** ln of what a parameter may be at most and, inverted, at least: the bounds of a policy. */
const MOST_LOG = Math.log(1e6);

/** Throws Unfit: `empty`, `no-repeat`. `mostAlpha` in the unit of time. */
export function fitBuying(model: BuyingModel, buyers: readonly Buyer[], mostAlpha = 1e6): BuyingFit {
  if (buyers.length === 0) throw new Unfit('empty', 'there is no purchase to fit a model to: give a history of purchases');
  if (!buyers.some(({ x }) => x > 0))
    throw new Unfit('no-repeat', 'nobody has bought on a second day within the calibration: give a longer history or a later --until');
  const likelihood = buyingLikelihood(model, buyers);
  const bounds = { least: -MOST_LOG, most: MOST_LOG };
  const time = buyers.reduce((sum, { T }) => sum + T, 0) / buyers.length || 1;
  const starts = [
    [0.5, 0.3 * time, 0.5, 1.5],
    [1, time, 1, 1],
    [0.2, 0.1 * time, 0.8, 2.5],
    [3, time, 0.2, 3],
  ].map((start) => start.map(Math.log));
  const { at, value, errors, converged, gradient, atBound } = optimum(
    (at) => -likelihood(naturalOf(at)),
    starts,
    { r: bounds, alpha: { ...bounds, most: Math.log(mostAlpha) }, a: bounds, b: bounds },
    buyers.length,
  );
  const parameters = naturalOf(at);
  return {
    ...parameters,
    logLikelihood: -value,
    // The delta method: the error of a parameter is the error of its logarithm times the parameter.
    standardErrors: errors && scaled(parameters, errors),
    converged,
    gradient,
    atBound,
  };
}

function naturalOf(at: readonly number[]): BuyingParameters {
  const [r = 1, alpha = 1, a = 1, b = 1] = at.map(Math.exp);
  return { r, alpha, a, b };
}

function scaled({ r, alpha, a, b }: BuyingParameters, [er = 0, ealpha = 0, ea = 0, eb = 0]: readonly number[]): BuyingParameters {
  return { r: r * er, alpha: alpha * ealpha, a: a * ea, b: b * eb };
}

/** The log-likelihood of a customer base as a function of the parameters. Equal customers are counted, logarithms of equal times taken once. */
export function buyingLikelihood(model: BuyingModel, buyers: readonly Buyer[]): (parameters: BuyingParameters) => number {
  const groups = new Map<string, { x: number; tx: number; T: number; customers: number }>();
  const times = new Map<number, number>();
  const timeIndex = (time: number): number => {
    const index = times.get(time) ?? times.size;
    times.set(time, index);
    return index;
  };
  let mostX = 0;
  for (const { x, tx, T } of buyers) {
    const key = `${x} ${tx} ${T}`;
    const known = groups.get(key);
    if (known) known.customers += 1;
    else groups.set(key, { x, tx: timeIndex(tx), T: timeIndex(T), customers: 1 });
    mostX = Math.max(mostX, x);
  }
  const list = [...groups.values()];
  const instants = [...times.keys()];
  const logTimes = new Float64Array(instants.length);
  const common = new Float64Array(mostX + 1);
  const logOdds = new Float64Array(mostX + 1);

  return ({ r, alpha, a, b }) => {
    for (const [i, time] of instants.entries()) logTimes[i] = Math.log(alpha + time);
    // ln Γ(r+x)/Γ(r) + r ln α + ln of the chance to survive; as sums over the purchases there is no cancellation
    let sum = r * Math.log(alpha);
    for (let x = 0; x <= mostX; x++) {
      if (model === 'mbg') sum += Math.log((b + x) / (a + b + x));
      common[x] = sum;
      sum += Math.log(r + x);
      if (model === 'bg') sum += Math.log((b + x) / (a + b + x));
      logOdds[x] = model === 'bg' && x === 0 ? -Infinity : Math.log(a / (model === 'bg' ? b + x - 1 : b + x));
    }
    let total = 0;
    for (const { x, tx, T, customers } of list) {
      const now = logTimes[T] ?? 0;
      const odds = (logOdds[x] ?? 0) + (r + x) * (now - (logTimes[tx] ?? 0));
      const dropped = odds > 0 ? odds + Math.log1p(Math.exp(-odds)) : Math.log1p(Math.exp(odds));
      total += customers * ((common[x] ?? 0) - (r + x) * now + dropped);
    }
    return total;
  };
}
