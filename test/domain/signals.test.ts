/** The test behind DECLINING_FREQUENCY: the lower tail of fair coins, against Pascal’s triangle, and without harm for very many orders. And corners of NEGATIVE_FEEDBACK and SUPPORT_PAIN. */
import { describe, expect, test } from 'vitest';
import { presets } from '../../src/domain/presets.ts';
import { atMost } from '../../src/domain/signals/declining.ts';
import { on, support, survey } from './support/events.ts';
import { play } from './support/play.ts';

/** P(X ≤ k) of n fair coins, by Pascal's triangle in whole numbers. */
function coins(k: number, n: number): number {
  let row = [1n];
  for (let i = 0; i < n; i++) row = [...row.map((count, j) => count + (row[j - 1] ?? 0n)), 1n];
  const below = row.slice(0, k + 1).reduce((sum, count) => sum + count, 0n);
  return Number((below * 10n ** 18n) / 2n ** BigInt(n)) / 1e18;
}

describe('P(Binomial(n, ½) ≤ k)', () => {
  test.each([1, 2, 3, 10, 13, 40, 120])('of %d coins', (n) => {
    for (let k = 0; k <= n; k++) expect(atMost(k, n)).toBeCloseTo(coins(k, n), 12);
  });

  test('five orders less than five before are no chance, four are', () => {
    expect(atMost(0, 5)).toBeLessThanOrEqual(0.05);
    expect(atMost(0, 4)).toBeGreaterThan(0.05);
  });

  test('of very many is between 0 and 1, and small where the share is', () => {
    for (const n of [2_000, 2_001, 100_000]) {
      expect(atMost(n / 4, n)).toBeLessThan(1e-12);
      expect(atMost(n / 2, n)).toBeGreaterThanOrEqual(0.5);
      expect(atMost(n, n)).toBe(1);
    }
  });
});

test('NEGATIVE_FEEDBACK: of words at one instant the better count, whether a score stands beside them or not', () => {
  const beside = { ...survey(on(0), 'NPS', 9), sentiment: -0.9 };
  const alone = support(on(0), null, 0, { sentiment: 0.5 });
  for (const events of [
    [beside, alone],
    [alone, beside],
  ]) {
    const { profiles } = play(events, presets.retail, on(60));
    expect(profiles.at(-1)?.churn.signals).toEqual([]);
  }
  const { profiles } = play([beside, { ...alone, sentiment: -0.8 }], presets.retail, on(60));
  expect(profiles.at(-1)?.churn.signals.map(({ signal }) => signal)).toEqual(['NEGATIVE_FEEDBACK']);
});

test('SUPPORT_PAIN: a ticket whose opening is not known was open at least since it was answered', () => {
  const signalsOf = (resolved: number): string[] => {
    const events = [support(on(0), null, 0, { status: 'REPLIED' }), support(on(resolved), null)];
    return (play(events, presets.retail, on(20)).profiles.at(-1)?.churn.signals ?? []).map(({ signal }) => signal);
  };
  expect(signalsOf(2)).toEqual([]);
  expect(signalsOf(4)).toEqual(['SUPPORT_PAIN']);
});
