/** Lifetime values against numbers that were worked out by hand, each beside its formula. */
import { describe, expect, test } from 'vitest';
import type { LifetimeValues } from '../../src/domain/decision.ts';
import type { CustomerEvent } from '../../src/domain/event.ts';
import { DAY, type Instant, type Minor } from '../../src/domain/ids.ts';
import { lifetimeOf } from '../../src/domain/lifetime.ts';
import { viewOf } from '../../src/domain/outlook.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { predictedLifetimeValue } from '../../src/domain/spending.ts';
import { engagement, on, purchase, support, takeBack } from './support/events.ts';
import { play } from './support/play.ts';
import { TOLD } from './support/stories.ts';

const MONTH = 30.4375;
const worth = (events: readonly CustomerEvent[], at: Instant, policy: Policy = TOLD): LifetimeValues => {
  const { state } = play(events, policy, at);
  return lifetimeOf(viewOf(state, policy, at));
};
const costs = (amount: number) => ({ cost: amount as Minor });

describe('historic: what the customer has been worth, compounded at 1 % a month', () => {
  test('12 months after a purchase of 100.00 it is 100.00 · 1.01^12 = 112.68', () => {
    expect(worth([purchase(on(0), 10_000)], on(12 * MONTH)).historic).toBe(11_268);
  });

  test('6 months earlier on 40.00 come on top, less a cost of 15.00: (40 − 15) · 1.01^6 = 26.54', () => {
    const events = [purchase(on(0), 10_000), { ...purchase(on(6 * MONTH), 4_000), ...costs(1_500) }];
    // the second day begins 15 hours before its purchase: 182 and not 182.625 days
    const second = 2_500 * 1.01 ** ((12 * MONTH - 182) / MONTH);
    expect(worth(events, on(12 * MONTH)).historic).toBe(Math.round(11_268.25 + second));
  });

  test('a refund is booked with its order, and costs may make it negative', () => {
    const bought = purchase(on(0), 10_000);
    expect(worth([bought, takeBack(on(30), 'REFUND', bought, 10_000)], on(365)).historic).toBe(0);
    const call = support(on(0, 1), null, 2_000);
    expect(worth([bought, call, takeBack(on(30), 'CANCELLATION', bought, 10_000)], on(0 + 12 * MONTH)).historic).toBe(-2_254);
  });

  test('without a discount it is the sum', () => {
    const policy: Policy = { ...TOLD, lifetime: { ...TOLD.lifetime, discount: 0 } };
    expect(worth([purchase(on(0), 10_000, costs(300)), engagement(on(9), 'VISIT', null, 50)], on(700), policy).historic).toBe(9_650);
  });
});

describe('simple: revenue over age, times the horizon', () => {
  test.each<[string, number[], number, number]>([
    ['300.00 in the first year count as those of a year', [0, 100, 200], 250, 30_000],
    ['300.00 in two years are 150.00 a year', [0, 100, 200], 730, 15_000],
    ['the age is exact: 300.00 · 365 / 400', [0, 100, 200], 400, 27_375],
  ])('%s', (_, days, at, expected) => {
    expect(
      worth(
        days.map((day) => purchase(on(day), 10_000)),
        on(at),
      ).simple,
    ).toBe(expected);
  });

  test('of another horizon', () => {
    const policy: Policy = { ...TOLD, lifetime: { ...TOLD.lifetime, horizonDays: 730 } };
    expect(worth([purchase(on(0), 10_000)], on(100), policy).simple).toBe(20_000);
  });

  test('0 without an order, and never below', () => {
    const bought = purchase(on(0), 10_000);
    expect(worth([engagement(on(0), 'VISIT')], on(10))).toMatchObject({ simple: 0, predicted: 0 });
    expect(worth([bought, takeBack(on(5), 'CANCELLATION', bought, 10_000)], on(10))).toMatchObject({ simple: 0, predicted: 0 });
    expect(worth([bought, takeBack(on(5), 'REFUND', bought, 12_000)], on(10)).simple).toBe(0);
  });
});

describe('predicted: a year of expected purchases, discounted, less the expected cost', () => {
  /** E[X(t)] of MBG/NBD by quadrature over the drop-out chance p ~ Beta(a, b + x + 1), as docs/models.md has it. */
  function expected(x: number, tx: number, T: number, days: number): number {
    const { r, alpha, a, b } = TOLD.churn.parameters;
    const alive = 1 / (1 + (a / (b + x)) * ((alpha + T) / (alpha + tx)) ** (r + x));
    const s = days / (alpha + T);
    let weights = 0;
    let sum = 0;
    // p = u^5 smooths the end of Beta's density at 0
    for (let i = 0; i < 200_000; i++) {
      const u = (i + 0.5) / 200_000;
      const p = u ** 5;
      const weight = p ** (a - 1) * (1 - p) ** (b + x) * 5 * u ** 4;
      weights += weight;
      sum += (weight * (1 - (1 + p * s) ** -(r + x))) / p;
    }
    return (alive * sum) / weights;
  }

  function predicted(x: number, tx: number, T: number, mean: number): number {
    let sum = 0;
    for (let k = 1; k <= 12; k++) sum += (expected(x, tx, T, k * MONTH) - expected(x, tx, T, (k - 1) * MONTH)) / 1.01 ** k;
    return mean * sum;
  }

  const { p, q, v } = TOLD.lifetime.gammaGamma;

  test('of one purchase day: the mean of all customers, pv / (q − 1) = 6.25 · 15.44 / 2.74 = 35.22', () => {
    expect((p * v) / (q - 1)).toBeCloseTo(3_521.9, 1);
    const { predicted: is } = worth([purchase(on(0), 99_000)], on(60));
    expect(Math.abs(is - predicted(0, 0, 60, 3_521.9))).toBeLessThan(1);
  });

  test('of three, 50.00 and 30.00 on the repeat days: m = 6.25 · (15.44 + 2 · 40.00) / (6.25 · 2 + 2.74) = 39.14', () => {
    const mean = (p * (v + 2 * 4_000)) / (p * 2 + q - 1);
    expect(mean).toBeCloseTo(3_914.04, 1);
    const events = [purchase(on(0), 99_000), purchase(on(40), 5_000), purchase(on(70), 3_000)];
    expect(Math.abs(worth(events, on(90)).predicted - predicted(2, 70, 90, mean))).toBeLessThan(1);
  });

  test('less the cost: 24.00 within the first year are 2.00 a month, 2.00 · (1 − 1.01^−12) / 0.01 = 22.51 a year', () => {
    const bare = worth([purchase(on(0), 99_000)], on(60)).predicted;
    const costly = worth([purchase(on(0), 99_000, costs(2_400))], on(60)).predicted;
    expect(bare - costly).toBe(2_251);
    expect(worth([purchase(on(0), 99_000, costs(24_000))], on(60)).predicted).toBeLessThan(0);
  });

  test('falls in silence, and is what the model alone says', () => {
    const events = [0, 20, 40, 60].map((day) => purchase(on(day), 5_000));
    const values = [61, 90, 150, 300, 600].map((day) => worth(events, on(day)).predicted);
    expect(values).toEqual(values.toSorted((a, b) => b - a));
    expect(values[0]).toBe(Math.round(predictedLifetimeValue(TOLD, 3, 60, (on(61) - on(0)) / DAY, 5_000)));
  });
});
