/**
 * How many purchases a customer makes who is alive now: the integral over the posterior of the BG/NBD family, pure numerics.
 *
 * Given alive, the rate of purchases is Gamma(R, A) and the chance p of dropping out at each purchase Beta(a, B), so that
 * G(s) = E over p of (1 − (1 + p·s)^−R) / p, s = days / A. The papers write it as (a+B−1)/(a−1)·(1 − 2F1(R, a−1; a+B−1; −s)) (Fader, Hardie
 * and Lee 2005, eq. 10, by Pfaff's transformation), which is 0/0 at a = 1 and cancels near it. Here are two forms that do neither.
 */

/** Beyond: numbers that no data gives. It keeps every power finite. */
const MOST_S = 1e9;
const SERIES_S = 49;
const SERIES_MEAN = 2_000;
const SERIES_LOG = 700;

/**
 * Expected purchases in `days` of a customer who is alive. `shape` R > 0, `rate` A > 0 (days), `a`, `b` > 0 of the chance to drop out.
 * At least 0, finite, within 1e-11 of the integral.
 */
export function renewals(shape: number, rate: number, a: number, b: number, days: number): number {
  if (!(days > 0)) return 0;
  const s = Math.min(days / rate, MOST_S);
  const isShort = s <= SERIES_S && shape * s <= SERIES_MEAN && shape * Math.log1p(s) < SERIES_LOG;
  return isShort ? renewalsBySeries(shape, s, a, b) : renewalsByQuadrature(shape, s, a, b);
}

/**
 * G = Σ over j ≥ 0 of P(N > j)·E[(1 − p)^j], N negative binomial: purchase j + 1 happens when the process without drop-out would make so
 * many and the customer survives the j before. All terms are positive. Needs about R·s + 36/log(1 + 1/s) of them.
 */
export function renewalsBySeries(shape: number, s: number, a: number, b: number): number {
  const z = s / (1 + s);
  const logNone = -shape * Math.log1p(s);
  // P(N = j), P(N > j) and E[(1 − p)^j]
  let mass = Math.exp(logNone);
  let tail = -Math.expm1(logNone);
  let survival = 1;
  let sum = tail;
  const least = tail * 1e-15;
  for (let j = 0; ; j++) {
    const growth = (z * (shape + j)) / (j + 1);
    mass *= growth;
    tail -= mass;
    survival *= (b + j) / (a + b + j);
    if (!(tail > least)) return sum;
    const term = tail * survival;
    sum += term;
    // From here on the tail shrinks by at least this in each step.
    const shrink = Math.max(growth, z);
    if (shrink < 1 && term * shrink < 1e-14 * sum * (1 - shrink)) return sum;
  }
}

/**
 * The same by the trapezoid rule over u = log(p / (1 − p)). The integrand is analytic for |Im u| < π/2 and bounded there, so that the error
 * falls as exp(−π²/step); the tails on both sides are geometric sums from where the integrand is an exponential to the last bit.
 */
export function renewalsByQuadrature(shape: number, s: number, a: number, b: number): number {
  const step = Math.min(0.25, Math.sqrt(1 / a + 1 / b) / 2);
  const mode = Math.log(a / b);
  const logWeight = (u: number): number => -a * softplus(-u) - b * softplus(u);
  const most = logWeight(mode);
  let weights = 0;
  let sum = 0;
  const add = (u: number): number => {
    const weight = Math.exp(logWeight(u) - most);
    const p = 1 / (1 + Math.exp(-u));
    weights += weight;
    sum += (weight * -Math.expm1(-shape * Math.log1p(p * s))) / p;
    return weight;
  };
  const low = Math.min(mode, -Math.log(Math.max(shape, 1) * Math.max(s, 1) + b)) - 40;
  const high = Math.max(mode, Math.log(a + shape + 1)) + 40;
  add(mode);
  for (let i = 1; ; i++) {
    const u = mode - i * step;
    const weight = add(u);
    if (u < low) {
      const rest = weight / Math.expm1(a * step);
      weights += rest;
      sum += rest * shape * s;
      break;
    }
    if (weight * shape * s < 1e-18 * sum && weight < 1e-18 * weights) break;
  }
  for (let i = 1; ; i++) {
    const u = mode + i * step;
    const weight = add(u);
    if (u > high) {
      const rest = weight / Math.expm1(b * step);
      weights += rest;
      sum += rest * -Math.expm1(-shape * Math.log1p(s));
      break;
    }
    if (weight < 1e-18 * weights) break;
  }
  return sum / weights;
}

/** log(1 + e^u) without overflow. */
const softplus = (u: number): number => Math.max(u, 0) + Math.log1p(Math.exp(-Math.abs(u)));
