/** When a fit has converged: not at a bound of the search, and not where the likelihood slopes. */
import { describe, expect, test } from 'vitest';
import { fitBuying } from '../../src/model/buying-fit.ts';
import { MOST_GRADIENT, optimum } from '../../src/model/optimum.ts';
import { fitSpending } from '../../src/model/spending-fit.ts';
import { Random } from '../../src/world/random.ts';
import { meanSpent, repeats } from './support.ts';

describe('convergence', () => {
  test.each([1, 2, 3])(
    'customers who all buy at one rate drive r and alpha into the bound (seed %i): it has not converged, and says where',
    (seed) => {
      const alike = Array.from({ length: 300 }, (_, i) => {
        const random = new Random(seed, String(i));
        const T = random.between(200, 700);
        const times: number[] = [];
        for (let at = 30 * random.between(0.9, 1.1); at <= T; at += 30 * random.between(0.9, 1.1)) {
          times.push(at);
          if (random.chance(0.05)) break;
        }
        return { x: times.length, tx: times.at(-1) ?? 0, T };
      });
      const fit = fitBuying('mbg', alike);
      expect(fit).toMatchObject({ converged: false, standardErrors: null });
      expect(fit.atBound).toContainEqual({ parameter: 'alpha', side: 'most' });
    },
  );

  test('customers whose means differ by nothing but chance drive q into the bound', () => {
    const spenders = [2, 4].map((seed) =>
      Array.from({ length: 300 }, (_, i) => ({ x: 3, mean: meanSpent(new Random(seed, `q${i}`), { p: 2, q: 1e6, v: 1e6 }, 3) })),
    );
    for (const own of spenders) {
      const fit = fitSpending(own);
      expect(fit).toMatchObject({ converged: false, standardErrors: null });
      expect(fit.atBound).toContainEqual({ parameter: 'q', side: 'most' });
    }
  });

  test('a search that settles where the likelihood still slopes has not converged', () => {
    // On both sides of the kink it rises, but not alike.
    const bounds = { x: { least: -9, most: 9 } };
    const bowl = optimum(([x = 0]) => (x - 1) ** 2, [[0]], bounds, 1);
    expect(bowl).toMatchObject({ converged: true, atBound: [] });
    const edge = optimum(([x = 0]) => Math.abs(x - 1) + 0.5 * x, [[0]], bounds, 1);
    expect(edge.at[0]).toBeCloseTo(1, 3);
    expect(edge.gradient).toBeGreaterThan(MOST_GRADIENT);
    expect(edge.converged).toBe(false);
  });

  test.each(['bg', 'mbg'] as const)('%s: simulated histories end with a gradient far below the tolerance', (model) => {
    for (const seed of [1, 2, 3]) {
      const people = Array.from({ length: 300 }, (_, i) => {
        const random = new Random(seed, String(i));
        const T = random.between(100, 700);
        const times = repeats(random, model, { r: 0.8, alpha: 40, a: 0.7, b: 2.2 }, T);
        return { x: times.length, tx: times.at(-1) ?? 0, T };
      });
      const { converged, gradient } = fitBuying(model, people);
      expect(converged).toBe(true);
      expect(gradient).toBeLessThan(MOST_GRADIENT / 10);
    }
  });
});
