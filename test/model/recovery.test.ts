/** Customers made from known parameters: the fit finds these again, and what it predicts comes true. */
import { describe, expect, test } from 'vitest';
import { buyProbability, expectedPurchases } from '../../src/domain/buying.ts';
import { presets } from '../../src/domain/presets.ts';
import { fitBuying } from '../../src/model/buying-fit.ts';
import { lnGamma } from '../../src/model/gamma.ts';
import { minimise } from '../../src/model/minimise.ts';
import { fitSpending } from '../../src/model/spending-fit.ts';
import { Unfit } from '../../src/model/unfit.ts';
import { Random } from '../../src/world/random.ts';
import { meanSpent, repeats } from './support.ts';

const TRUE = { r: 0.8, alpha: 40, a: 0.7, b: 2.2 };
const HORIZON = 90;

interface Simulated {
  readonly x: number;
  readonly tx: number;
  readonly T: number;
  readonly later: number;
  readonly soon: boolean;
}

function simulate(model: 'bg' | 'mbg', customers: number, seed: number, whole = false): Simulated[] {
  return Array.from({ length: customers }, (_, i) => {
    const random = new Random(seed, String(i));
    const T = whole ? random.integer(1, 700) : random.between(100, 700);
    const times = repeats(random, model, TRUE, T + 365);
    const before = times.filter((at) => at <= T);
    const after = times.slice(before.length);
    const last = before.at(-1) ?? 0;
    return { x: before.length, tx: whole ? Math.floor(last) : last, T, later: after.length, soon: (after[0] ?? Infinity) <= T + HORIZON };
  });
}

describe.each(['bg', 'mbg'] as const)('%s', (model) => {
  const people = simulate(model, 8_000, 11);

  test('the parameters are found again, within four standard errors', () => {
    const fit = fitBuying(model, people);
    expect(fit.converged).toBe(true);
    for (const name of ['r', 'alpha', 'a', 'b'] as const)
      expect(Math.abs(fit[name] - TRUE[name]), name).toBeLessThan(4 * (fit.standardErrors?.[name] ?? 0));
  });

  test('expected purchases and P(buy) come true, for customers with few and with many purchases', () => {
    const churn = { ...presets.retail.churn, model, parameters: TRUE, horizonDays: HORIZON };
    for (const [least, most] of [
      [0, 0],
      [1, 1],
      [2, 4],
      [5, Infinity],
    ] as const) {
      const group = people.filter(({ x }) => x >= least && x <= most);
      expect(group.length).toBeGreaterThan(200);
      const off = (predicted: (one: Simulated) => number, actual: (one: Simulated) => number): number => {
        const errors = group.map((one) => actual(one) - predicted(one));
        const bias = errors.reduce((sum, error) => sum + error, 0) / group.length;
        return bias / Math.sqrt(errors.reduce((sum, error) => sum + (error - bias) ** 2, 0) / group.length ** 2);
      };
      expect(
        Math.abs(
          off(
            ({ x, tx, T }) => expectedPurchases(churn, x, tx, T, 365),
            ({ later }) => later,
          ),
        ),
      ).toBeLessThan(4);
      expect(
        Math.abs(
          off(
            ({ x, tx, T }) => buyProbability(churn, x, tx, T),
            ({ soon }) => Number(soon),
          ),
        ),
      ).toBeLessThan(4);
    }
  });
});

describe('Gamma-Gamma', () => {
  test('the parameters are found again, within four standard errors, in any unit of money', () => {
    const truth = { p: 4, q: 3, v: 5_000 };
    const spenders = Array.from({ length: 6_000 }, (_, i) => {
      const random = new Random(5, String(i));
      const x = random.integer(1, 12);
      return { x, mean: meanSpent(random, truth, x) };
    });
    const fit = fitSpending(spenders);
    expect(fit.converged).toBe(true);
    for (const name of ['p', 'q', 'v'] as const)
      expect(Math.abs(fit[name] - truth[name]), name).toBeLessThan(4 * (fit.standardErrors?.[name] ?? 0));
    expect(Math.abs(fit.correlation)).toBeLessThan(0.06);
    const yen = fitSpending(spenders.map(({ x, mean }) => ({ x, mean: mean * 100 })));
    expect(yen.v / fit.v).toBeCloseTo(100, 3);
  });
});

describe('what cannot be fitted', () => {
  const reasonOf = (action: () => unknown): string => {
    try {
      action();
    } catch (error) {
      if (error instanceof Unfit) return error.reason;
      throw error;
    }
    return 'fitted';
  };

  test('is refused with a reason', () => {
    expect(reasonOf(() => fitBuying('mbg', []))).toBe('empty');
    expect(reasonOf(() => fitBuying('mbg', [{ x: 0, tx: 0, T: 30 }]))).toBe('no-repeat');
    expect(reasonOf(() => fitSpending([]))).toBe('no-amounts');
    expect(reasonOf(() => fitSpending([{ x: 3, mean: 9.99 }]))).toBe('one-spender');
    expect(reasonOf(() => fitSpending([1, 2, 3].map((x) => ({ x, mean: 9.99 }))))).toBe('constant-amounts');
  });

  test('customers who never drop out do not determine the drop-out: it says so, and nothing is out of bounds', () => {
    const steady = Array.from({ length: 200 }, (_, i) => ({ x: 30 + (i % 7), tx: 355 + (i % 10), T: 365 }));
    const fit = fitBuying('mbg', steady);
    expect(fit).toMatchObject({ converged: false, standardErrors: null });
    expect(fit.atBound).not.toEqual([]);
    for (const name of ['r', 'alpha', 'a', 'b'] as const) {
      expect(fit[name]).toBeGreaterThan(0);
      expect(fit[name]).toBeLessThanOrEqual(1.000001e6);
    }
  });
});

test('25,000 customers, hardly two alike, are fitted in less than 10 seconds', { timeout: 60_000 }, () => {
  const people = simulate('mbg', 25_000, 3, true);
  const spenders = people.flatMap(({ x }, i) => (x === 0 ? [] : { x, mean: 10 + ((i * 7_919) % 1_000) / 10 }));
  const before = process.cpuUsage();
  expect(fitBuying('mbg', people).converged).toBe(true);
  fitSpending(spenders);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(10);
});

describe('numerics', () => {
  test('the logarithm of gamma: factorials, halves, the recurrence', () => {
    let factorial = 1;
    for (let n = 1; n < 20; factorial *= n++) expect(lnGamma(n)).toBeCloseTo(Math.log(factorial), 12);
    expect(lnGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 13);
    expect(lnGamma(1e-5)).toBeCloseTo(11.5129196928958, 12);
    expect(lnGamma(1_000) / 5905.220423209181).toBeCloseTo(1, 14);
    for (const z of [0.3, 1.7, 11.9, 12.1, 300.5]) expect(lnGamma(z + 1) - lnGamma(z)).toBeCloseTo(Math.log(z), 11);
  });

  test('the search finds the bottom of a bent valley from both sides, and says when there is none', () => {
    const valley = ([x = 0, y = 0]: readonly number[]): number => (1 - x) ** 2 + 100 * (y - x ** 2) ** 2;
    for (const start of [
      [-1.2, 1],
      [5, -5],
    ]) {
      const { at, converged } = minimise(valley, [start]);
      expect(converged).toBe(true);
      expect(Math.hypot((at[0] ?? 0) - 1, (at[1] ?? 0) - 1)).toBeLessThan(1e-3);
    }
    expect(minimise(([x = 0]) => -x, [[0]]).converged).toBe(false);
    // the edge of what is allowed is no slope
    expect(minimise(([x = 0]) => (x > 1 ? Infinity : -x), [[0]]).converged).toBe(false);
    expect(() => minimise(valley, [])).toThrow(RangeError);
  });
});
