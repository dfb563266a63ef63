/** P(alive), P(buy) and its instants. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aliveProbability, type BuyingModel, buyFallsBelow, buyProbability } from '../../../src/domain/buying.ts';
import { DAY, type Instant, LAST_INSTANT, startOfDay } from '../../../src/domain/ids.ts';
import type { Policy } from '../../../src/domain/policy.ts';
import { presets } from '../../../src/domain/presets.ts';

const { churn } = presets.retail;
const FIRST = startOfDay(20_000);

/** Powers of ten with any digits: parameters have no typical size. */
const scaleArb = (least: number, most: number) =>
  fc.double({ min: Math.log(least), max: Math.log(most), noNaN: true }).map((log) => Math.exp(log));
const churnArb = (least: number, most: number): fc.Arbitrary<Policy['churn']> =>
  fc.record({
    ...Object.fromEntries(Object.entries(churn).map(([key, value]) => [key, fc.constant(value)])),
    model: fc.constantFrom<BuyingModel>('mbg', 'bg'),
    parameters: fc.record({
      r: scaleArb(least, most),
      alpha: scaleArb(least, most),
      a: scaleArb(least, most),
      b: scaleArb(least, most),
    }),
    horizonDays: fc.integer({ min: 1, max: 365 }),
  }) as fc.Arbitrary<Policy['churn']>;
const historyArb = (mostX: number, mostDays: number) =>
  fc
    .record({
      x: fc.integer({ min: 0, max: mostX }),
      tx: fc.integer({ min: 1, max: mostDays }),
      silence: fc.double({ min: 0, max: 1_000, noNaN: true }),
    })
    .map(({ x, tx, silence }) => ({ x, tx: x === 0 ? 0 : tx, T: (x === 0 ? 0 : tx) + silence }));

describe('P(alive)', () => {
  const parameters = { r: 0.243, alpha: 4.414, a: 0.793, b: 2.426 };

  test('bg: the example of Fader, Hardie and Lee (2005)', () => {
    const odds = (0.793 / (2.426 + 2 - 1)) * ((4.414 + 38.86) / (4.414 + 30.43)) ** (0.243 + 2);
    expect(aliveProbability('bg', parameters, 2, 30.43, 38.86)).toBeCloseTo(1 / (1 + odds), 14);
    expect(aliveProbability('bg', parameters, 2, 30.43, 38.86)).toBeCloseTo(0.7266, 4);
    expect(aliveProbability('bg', parameters, 0, 0, 38.86)).toBe(1);
  });

  test('mbg: the formula of Batislam et al. (2007), and a customer may have dropped out at the first purchase', () => {
    const alive = (x: number, tx: number, T: number): number =>
      1 / (1 + (0.793 / (2.426 + x)) * ((4.414 + T) / (4.414 + tx)) ** (0.243 + x));
    for (const [x, tx, T] of [
      [0, 0, 0],
      [0, 0, 38.86],
      [2, 30.43, 38.86],
      [40, 20, 21],
    ] as const)
      expect(aliveProbability('mbg', parameters, x, tx, T)).toBeCloseTo(alive(x, tx, T), 13);
    expect(aliveProbability('mbg', parameters, 0, 0, 0)).toBeCloseTo(2.426 / (2.426 + 0.793), 14);
  });

  test('probabilities are between 0 and 1 for any policy that is valid, and for any history', () => {
    fc.assert(
      fc.property(churnArb(1e-300, 1e6), historyArb(10_000, 36_500), (any, { x, tx, T }) => {
        for (const value of [
          aliveProbability(any.model, any.parameters, x, tx, T),
          buyProbability(any, x, tx, T),
          buyProbability(any, x, tx, 3_000_000),
        ]) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('P(buy)', () => {
  test('is P(alive) times the chance of a purchase within the horizon', () => {
    const { r, alpha } = churn.parameters;
    const alive = aliveProbability('mbg', churn.parameters, 3, 100, 160);
    expect(buyProbability(churn, 3, 100, 160)).toBeCloseTo(alive * (1 - ((alpha + 160) / (alpha + 250)) ** (r + 3)), 14);
  });

  test('falls strictly in silence', () => {
    fc.assert(
      fc.property(
        churnArb(0.05, 200),
        historyArb(50, 1_000),
        fc.double({ min: 0.001, max: 30, noNaN: true }),
        (any, { x, tx, T }, days) => {
          const [now, later] = [buyProbability(any, x, tx, T), buyProbability(any, x, tx, T + days)];
          // Next to 1 and to 0 there are no numbers left to fall by.
          if (now < 1 - 1e-9 && now > 1e-300) expect(later).toBeLessThan(now);
          else expect(later).toBeLessThanOrEqual(now);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});

describe('the instant at which P(buy) falls below a threshold', () => {
  test('D3 is exact to the millisecond, and the same from wherever one looks', () => {
    let found = 0;
    fc.assert(
      fc.property(
        churnArb(0.05, 500),
        historyArb(200, 3_000),
        fc.double({ min: 1e-4, max: 0.9, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (any, { x, tx, T }, threshold, part) => {
          const at = (instant: number): number => buyProbability(any, x, tx, (instant - FIRST) / DAY);
          const from = Math.round(FIRST + T * DAY) as Instant;
          const instant = buyFallsBelow(any, x, tx, threshold, FIRST, from);
          if (instant === null) {
            expect(at(from) < threshold || at(LAST_INSTANT) >= threshold).toBe(true);
            return;
          }
          found += 1;
          expect(instant).toBeGreaterThan(from);
          expect(Number.isSafeInteger(instant)).toBe(true);
          expect(at(instant)).toBeLessThan(threshold);
          expect(at(instant - 1)).toBeGreaterThanOrEqual(threshold);
          const between = Math.floor(from + part * (instant - 1 - from)) as Instant;
          expect(buyFallsBelow(any, x, tx, threshold, FIRST, between)).toBe(instant);
        },
      ),
      { numRuns: 3_000 },
    );
    expect(found).toBeGreaterThan(500);
  });

  test('is none when P(buy) is below already, or does not fall below before the end of time', () => {
    const instant = buyFallsBelow(churn, 3, 100, 0.15, FIRST, (FIRST + 100 * DAY) as Instant);
    if (instant === null) throw new Error('there is such an instant');
    expect(buyFallsBelow(churn, 3, 100, 0.15, FIRST, instant)).toBeNull();
    expect(buyFallsBelow(churn, 3, 100, 0.15, FIRST, (instant - 1) as Instant)).toBe(instant);
    expect(buyFallsBelow(churn, 3, 100, 1, FIRST, (FIRST + 100 * DAY) as Instant)).toBeNull();
    expect(buyFallsBelow(churn, 3, 100, 0, FIRST, (FIRST + 100 * DAY) as Instant)).toBeNull();
    const patient = { ...churn, model: 'bg' as const, parameters: { r: 1e5, alpha: 1, a: 1, b: 1 } };
    expect(buyFallsBelow(patient, 0, 0, 0.5, FIRST, FIRST)).toBeNull();
    expect(buyFallsBelow(churn, 3, 100, 0.01, FIRST, LAST_INSTANT)).toBeNull();
  });
});
