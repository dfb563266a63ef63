/** The published fits of the CDNOW sample. Sources: docs/models.md. */
import { describe, expect, test } from 'vitest';
import { buyingLikelihood, fitBuying } from '../../src/model/buying-fit.ts';
import { lastDayOf, summarise } from '../../src/model/history.ts';
import { moved } from '../../src/model/minimise.ts';
import { MOST_GRADIENT, steepest } from '../../src/model/optimum.ts';
import { fitSpending, spendingLikelihood } from '../../src/model/spending-fit.ts';
import { cdnow, dayNumber } from './support.ts';

const days = cdnow();
const until = dayNumber('1997-09-30');
const customers = summarise(days, until);
const weekly = customers.map(({ x, tx, T }) => ({ x, tx: tx / 7, T: T / 7 }));
const spenders = customers.flatMap(({ paidDays, mean }) => (mean === null ? [] : { x: paidDays, mean: mean / 100 }));

describe('CDNOW', () => {
  test('the summary is that of the paper: 2,357 customers, 946 with a repeat purchase, 39 weeks held out', () => {
    expect(customers.length).toBe(2_357);
    expect(weekly.filter(({ x }) => x > 0).length).toBe(946);
    expect(((lastDayOf(days) ?? 0) - until) / 7).toBe(39);
    // the first three customers in the file that the paper’s spreadsheet works on
    expect(customers.slice(0, 3).map(({ x, tx, T, mean }) => [x, (tx / 7).toFixed(2), (T / 7).toFixed(2), mean])).toEqual([
      [2, '30.43', '38.86', 2_234.5],
      [1, '1.71', '38.86', 1_177],
      [0, '0.00', '38.86', null],
    ]);
  });

  test('BG/NBD: Fader, Hardie and Lee (2005), table 2', () => {
    const fit = fitBuying('bg', weekly);
    const { r, alpha, a, b } = fit;
    expect([r, alpha, a, b].map((value) => value.toFixed(3))).toEqual(['0.243', '4.414', '0.793', '2.426']);
    expect(fit.logLikelihood).toBeCloseTo(-9_582.4, 1);
    expect(fit.converged).toBe(true);
  });

  test('MBG/NBD: Platzer, BTYDplus', () => {
    const { r, alpha, a, b, converged } = fitBuying('mbg', weekly);
    expect([r, alpha, a, b].map((value) => value.toFixed(3))).toEqual(['0.525', '6.183', '0.891', '1.614']);
    expect(converged).toBe(true);
  });

  test('Gamma-Gamma: Fader and Hardie (2013)', () => {
    const { p, q, v, customers: counted, correlation, converged } = fitSpending(spenders);
    expect([p, q, v].map((value) => value.toFixed(2))).toEqual(['6.25', '3.74', '15.44']);
    expect({ counted, converged }).toEqual({ counted: 946, converged: true });
    expect(correlation).toBeCloseTo(0.11, 2);
  });

  test.each(['bg', 'mbg'] as const)(
    '%s: moving any parameter either way lowers the likelihood, and errors are those of its curvature',
    (model) => {
      const fit = fitBuying(model, weekly);
      const likelihood = buyingLikelihood(model, weekly);
      const { r, alpha, a, b } = fit;
      const best = likelihood({ r, alpha, a, b });
      expect(best).toBeCloseTo(fit.logLikelihood, 6);
      for (const name of ['r', 'alpha', 'a', 'b'] as const) {
        for (const factor of [0.999, 1.001]) expect(likelihood({ r, alpha, a, b, [name]: fit[name] * factor })).toBeLessThan(best);
        // With the others free the likelihood falls by ½ at one standard error: with the others held, by no less.
        const error = fit.standardErrors?.[name] ?? Number.NaN;
        expect(best - likelihood({ r, alpha, a, b, [name]: fit[name] + error })).toBeGreaterThan(0.4);
      }
    },
  );

  test.each(['bg', 'mbg'] as const)('%s: the gradient is small at the optimum, and large 1 %% beside it in any direction', (model) => {
    const fit = fitBuying(model, weekly);
    const likelihood = buyingLikelihood(model, weekly);
    const names = ['r', 'alpha', 'a', 'b'] as const;
    const perCustomer = (at: readonly number[]): number =>
      steepest(
        ([r = 0, alpha = 0, a = 0, b = 0]) => likelihood({ r: Math.exp(r), alpha: Math.exp(alpha), a: Math.exp(a), b: Math.exp(b) }),
        at,
      ) / weekly.length;
    const best = names.map((name) => Math.log(fit[name]));
    expect(perCustomer(best)).toBeCloseTo(fit.gradient, 7);
    expect(fit.gradient).toBeLessThan(MOST_GRADIENT / 100);
    for (const i of names.keys()) expect(perCustomer(moved(best, i, 0.01)), names[i]).toBeGreaterThan(4 * MOST_GRADIENT);
  });

  test('Gamma-Gamma: the gradient is small at the optimum, and large 1 % beside it in any direction', () => {
    const fit = fitSpending(spenders);
    const likelihood = spendingLikelihood(spenders);
    const perCustomer = (at: readonly number[]): number =>
      steepest(([p = 0, more = 0, v = 0]) => likelihood({ p: Math.exp(p), q: 1 + Math.exp(more), v: Math.exp(v) }), at) / spenders.length;
    const best = [fit.p, fit.q - 1, fit.v].map(Math.log);
    expect(perCustomer(best)).toBeCloseTo(fit.gradient, 6);
    expect(fit.gradient).toBeLessThan(MOST_GRADIENT / 100);
    for (const i of best.keys()) expect(perCustomer(moved(best, i, 0.01))).toBeGreaterThan(4 * MOST_GRADIENT);
  });

  test('one standard error of r costs half a unit of likelihood when the others follow', () => {
    const fit = fitBuying('bg', weekly);
    const likelihood = buyingLikelihood('bg', weekly);
    const r = fit.r + (fit.standardErrors?.r ?? 0);
    let best = -Infinity;
    for (let alpha = fit.alpha * 0.9; alpha < fit.alpha * 1.2; alpha *= 1.002)
      for (const a of [0.96, 0.98, 1, 1.02, 1.04]) {
        for (const b of [0.94, 0.97, 1, 1.03, 1.06]) best = Math.max(best, likelihood({ r, alpha, a: a * fit.a, b: b * fit.b }));
      }
    expect(fit.logLikelihood - best).toBeGreaterThan(0.4);
    expect(fit.logLikelihood - best).toBeLessThan(0.6);
  });

  test('Gamma-Gamma: moving any parameter either way lowers the likelihood', () => {
    const fit = fitSpending(spenders);
    const { p, q, v } = fit;
    const likelihood = spendingLikelihood(spenders);
    expect(likelihood({ p, q, v })).toBeCloseTo(fit.logLikelihood, 5);
    for (const name of ['p', 'q', 'v'] as const)
      for (const factor of [0.99, 1.01]) expect(likelihood({ p, q, v, [name]: fit[name] * factor })).toBeLessThan(fit.logLikelihood);
  });
});
