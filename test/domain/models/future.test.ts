/** Expected purchases and the lifetime value that follows: against published numbers, the published formula, and an integral by brute force. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aliveProbability, type BuyingModel, expectedPurchases } from '../../../src/domain/buying.ts';
import { renewals, renewalsByQuadrature, renewalsBySeries } from '../../../src/domain/models/renewals.ts';
import { presets } from '../../../src/domain/presets.ts';
import { MONTH_DAYS, predictedLifetimeValue, spendingMean } from '../../../src/domain/spending.ts';

const { churn } = presets.retail;
const weekly = { ...churn, model: 'bg' as const, parameters: { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 } };

/** The series of the papers, for |z| < 1. */
function hypergeometric(a: number, b: number, c: number, z: number): number {
  let sum = 1;
  for (let n = 0, term = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (((a + n) * (b + n)) / ((c + n) * (n + 1))) * z;
    sum += term;
  }
  return sum;
}

/** Fader, Hardie and Lee (2005), eq. 10; for MBG/NBD the customer has survived once more. */
function published(model: BuyingModel, x: number, tx: number, T: number, days: number): number {
  const { r, alpha, a } = weekly.parameters;
  const b = weekly.parameters.b + (model === 'mbg' ? 1 : 0);
  const shrunk = ((alpha + T) / (alpha + T + days)) ** (r + x);
  const inner = hypergeometric(r + x, b + x, a + b + x - 1, days / (alpha + T + days));
  return ((a + b + x - 1) / (a - 1)) * (1 - shrunk * inner) * aliveProbability(model, weekly.parameters, x, tx, T);
}

/** The mean over the posterior of the drop-out, by the midpoint rule; for a and b of at least 1. */
function byMidpoints(shape: number, s: number, a: number, b: number): number {
  const n = 400_000;
  const most = a + b > 2 ? (a - 1) / (a + b - 2) : 0.5;
  const logDensity = (p: number): number => (a - 1) * Math.log(p) + (b - 1) * Math.log1p(-p);
  let weights = 0;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const p = (i + 0.5) / n;
    const weight = Math.exp(logDensity(p) - logDensity(Math.min(Math.max(most, 1e-9), 1 - 1e-9)));
    weights += weight;
    sum += (weight * (1 - (1 + p * s) ** -shape)) / p;
  }
  return sum / weights;
}

describe('expected purchases', () => {
  test('bg: 1.226 for the example of Fader, Hardie and Lee (2005), x = 2, tx = 30.43, T = 38.86, 39 weeks', () => {
    expect(expectedPurchases(weekly, 2, 30.43, 38.86, 39)).toBeCloseTo(1.226, 3);
  });

  test.each(['bg', 'mbg'] as const)('%s: the published formula wherever that can be evaluated', (model) => {
    const own = { ...weekly, model };
    for (const [x, tx, T] of [
      [0, 0, 38.86],
      [1, 1.71, 38.86],
      [2, 30.43, 38.86],
      [26, 30, 31],
    ] as const)
      for (const days of [0.1, 1, 39, 200]) {
        const expected = published(model, x, tx, T, days);
        expect(Math.abs(expectedPurchases(own, x, tx, T, days) / expected - 1)).toBeLessThan(1e-9);
      }
  });

  test.each([
    [2.2, 1.5, 1, 2],
    [0.5, 0.3, 1, 1],
    [30, 8, 3, 12],
    [600, 40, 2, 40],
    [5_000, 0.2, 3, 4_000],
    [12, 900, 1.5, 3],
  ])('R %d, s %d, a %d, B %d: the integral by brute force', (shape, s, a, b) => {
    const expected = byMidpoints(shape, s, a, b);
    expect(Math.abs(renewals(shape, 1, a, b, s) / expected - 1)).toBeLessThan(1e-5);
    expect(Math.abs(renewalsByQuadrature(shape, s, a, b) / expected - 1)).toBeLessThan(1e-5);
  });

  test('series and quadrature are two ways to one number, also at a = 1 where the published formula is 0/0', () => {
    for (const shape of [0.05, 0.5, 2, 30, 300])
      for (const s of [1e-6, 0.01, 0.5, 3, 30])
        for (const a of [0.01, 0.5, 1, 1.000001, 2, 50, 1e4])
          for (const b of [0.01, 0.5, 3, 100, 1e4]) {
            if (shape * Math.log1p(s) > 700) continue;
            expect(Math.abs(renewalsBySeries(shape, s, a, b) / renewalsByQuadrature(shape, s, a, b) - 1)).toBeLessThan(1e-11);
          }
  });

  test('are finite, not negative, and grow with the days, for any policy that is valid and any history', () => {
    const parameter = fc.double({ min: Math.log(1e-6), max: Math.log(1e6), noNaN: true }).map(Math.exp);
    fc.assert(
      fc.property(
        fc.constantFrom<BuyingModel>('mbg', 'bg'),
        fc.record({ r: parameter, alpha: parameter, a: parameter, b: parameter }),
        fc.integer({ min: 0, max: 10_000 }),
        fc.integer({ min: 0, max: 36_500 }),
        fc.integer({ min: 0, max: 36_500 }),
        fc.double({ min: 0, max: 3_650, noNaN: true }),
        (model, parameters, x, tx, silence, days) => {
          const own = { ...churn, model, parameters };
          const last = x === 0 ? 0 : tx;
          const [less, more] = [0.9 * days, days].map((span) => expectedPurchases(own, x, last, last + silence, span));
          expect(less).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(more)).toBe(true);
          expect(more).toBeGreaterThanOrEqual((less ?? 0) * (1 - 1e-9));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  test('at their limits', () => {
    for (const x of [0, 10_000]) for (const T of [0, 36_500]) expect(expectedPurchases(churn, x, 0, T, 365)).toBeGreaterThanOrEqual(0);
    expect(expectedPurchases(churn, 3, 50, 60, 0)).toBe(0);
    // almost nobody drops out: the Poisson process goes on
    const loyal = { ...churn, parameters: { r: 1, alpha: 10, a: 1e-6, b: 1e3 } };
    expect(expectedPurchases(loyal, 9, 100, 110, 120)).toBeCloseTo((10 / 120) * 120, 4);
  });
});

describe('money', () => {
  const { gammaGamma } = presets.retail.lifetime;

  test('the expected amount is the mean of the base for none, and nears the customer’s own with every purchase', () => {
    const { p, q, v } = gammaGamma;
    expect(spendingMean(gammaGamma, 0, null)).toBe((p * v) / (q - 1));
    expect(spendingMean(gammaGamma, 2, 3_000)).toBeCloseTo((p * (v + 2 * 3_000)) / (p * 2 + q - 1), 10);
    expect(Math.abs(spendingMean(gammaGamma, 1_000, 9_999) - 9_999)).toBeLessThan(9);
  });

  test('the predicted value is the discounted sum over twelve months', () => {
    const mean = spendingMean(gammaGamma, 3, 4_000);
    let expected = 0;
    for (let k = 1; k <= 12; k++) {
      const within = (months: number): number => expectedPurchases(churn, 3, 100, 160, months * MONTH_DAYS);
      expected += (mean * (within(k) - within(k - 1))) / 1.01 ** k;
    }
    expect(predictedLifetimeValue(presets.retail, 3, 100, 160, 4_000)).toBeCloseTo(expected, 6);
    expect(predictedLifetimeValue(presets.retail, 3, 100, 160, null, 0)).toBeCloseTo(
      (expected / mean) * spendingMean(gammaGamma, 0, null),
      6,
    );
  });

  test('is finite and not negative for any history', () => {
    for (const x of [0, 1, 100, 10_000])
      for (const T of [0, 1, 1_000, 36_500]) {
        const value = predictedLifetimeValue(presets.retail, x, Math.min(x, T), T, x === 0 ? null : 2_500);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThan(Number.MAX_VALUE);
      }
  });
});
