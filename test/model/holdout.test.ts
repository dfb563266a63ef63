/** The check on the hold-out, the thresholds, and the policy file. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../src/config/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import { type FitOptions, fitHistory } from '../../src/model/fit.ts';
import { areaUnderCurve, thresholdsOf } from '../../src/model/holdout.ts';
import { formatFit } from '../../src/model/policy-file.ts';
import { blocksOf } from '../support/markdown.ts';
import { cdnow, dayNumber } from './support.ts';

const days = cdnow();
const OPTIONS: FitOptions = {
  model: 'mbg',
  until: dayNumber('1997-09-30'),
  unit: 'week',
  churn: presets.retail.churn,
  currency: 'USD',
  digits: 2,
};
const fit = fitHistory(days, OPTIONS);

test('the area under the curve is the share of pairs in the right order, ties counting half', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.boolean()), { maxLength: 40 }), (scored) => {
      const pairs = scored.flatMap(([a, bought]) =>
        bought ? scored.filter(([, other]) => !other).map(([b]) => Math.sign(a - b) / 2 + 0.5) : [],
      );
      const found = areaUnderCurve(scored);
      if (pairs.length === 0) expect(found).toBeNull();
      else expect(found).toBeCloseTo(pairs.reduce((sum, pair) => sum + pair, 0) / pairs.length, 12);
    }),
  );
});

describe('on CDNOW', () => {
  test('predicted purchases come near the actual ones; the tables count every customer once', () => {
    expect(fit.calibration.map(({ x, orMore }) => `${x}${orMore ? '+' : ''}`)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7+']);
    for (const table of [fit.calibration, fit.reliability]) expect(table.reduce((sum, { customers }) => sum + customers, 0)).toBe(2_357);
    for (const { predicted, actual } of fit.calibration) expect(predicted / actual).toBeGreaterThan(0.7);
    for (const { predicted, actual } of fit.calibration) expect(predicted / actual).toBeLessThan(1.1);
    const total = (key: 'predicted' | 'actual'): number => fit.calibration.reduce((sum, row) => sum + row[key] * row.customers, 0);
    const bought = days.filter(([first]) => first !== undefined && first.day <= (OPTIONS.until ?? 0));
    expect(total('actual')).toBeCloseTo(bought.flat().filter(({ day }) => day > (OPTIONS.until ?? 0)).length, 6);
    expect({ days: fit.holdoutDays, horizon: fit.horizonDays, until: fit.until }).toEqual({ days: 273, horizon: 90, until: '1997-09-30' });
  });

  test('the unit is that of alpha, and changes nothing else', () => {
    const daily = fitHistory(days, { ...OPTIONS, unit: 'day' });
    expect(daily.alpha / fit.alpha).toBeCloseTo(7, 3);
    expect(daily.r).toBeCloseTo(fit.r, 4);
    expect(daily.thresholds).toEqual(fit.thresholds);
    expect(daily.auc?.model).toBeCloseTo(fit.auc?.model ?? 0, 6);
  });

  test('P(buy) ranks better than recency; thresholds fall', () => {
    expect(fit.auc?.model).toBeGreaterThan(fit.auc?.recency ?? 1);
    const { p1, p2, p3 } = fit.thresholds ?? { p1: 0, p2: 0, p3: 0 };
    expect(p1).toBeGreaterThan(p2);
    expect(p2).toBeGreaterThan(p3);
    expect(p3).toBeGreaterThan(0);
    expect(fit.warnings).toEqual([]);
  });

  test('bg: a customer without a repeat purchase is ranked, but makes no threshold', () => {
    const bg = fitHistory(days, { ...OPTIONS, model: 'bg' });
    expect(bg.reliability.reduce((sum, { customers }) => sum + customers, 0)).toBe(946);
    expect(bg.auc?.model).toBeGreaterThan(0.7);
  });

  test('without anything held out there is no check', () => {
    const whole = fitHistory(days, { ...OPTIONS, until: null });
    expect(whole).toMatchObject({ until: '1998-06-30', holdoutDays: 0, auc: null, thresholds: null, calibration: [], reliability: [] });
  });

  test('a short hold-out is its own horizon, and it says so', () => {
    const short = fitHistory(days, { ...OPTIONS, until: dayNumber('1998-05-31') });
    expect(short.horizonDays).toBe(30);
    expect(short.warnings.join()).toContain('shorter than 90 days');
    const policy = parsePolicy(formatFit(short, 'retail', 2), 'policy.yaml').policy;
    expect(policy.churn.horizonDays).toBe(30);
  });

  test('a model that ranks no better than recency is warned about', () => {
    // Whoever was seen last comes back, whatever he did before.
    const perverse = days.map((own) => {
      const before = own.filter(({ day }) => day <= (OPTIONS.until ?? 0));
      const last = before.at(-1)?.day ?? 0;
      return last > dayNumber('1997-07-15') ? [...before, { day: (OPTIONS.until ?? 0) + 60, amount: 1 }] : before;
    });
    const judged = fitHistory(perverse, OPTIONS);
    expect(judged.auc?.recency).toBe(1);
    expect(judged.warnings.join()).toContain('no better than the days since the last purchase');
  });

  test('a calibration that ends long after the last purchase is warned about', () => {
    const late = fitHistory(days, { ...OPTIONS, until: dayNumber('1998-12-31') });
    expect(late.warnings.join()).toContain('the last purchase is 184 days before 1998-12-31');
    expect(late.auc).toBeNull();
  });

  test('equal amounts are refused; where that is asked for, they leave the preset’s, with a warning', () => {
    const flat = days.map((own) => own.map(({ day }) => ({ day, amount: 999 })));
    expect(() => fitHistory(flat, OPTIONS)).toThrow(expect.objectContaining({ reason: 'constant-amounts' }));
    const found = fitHistory(flat, { ...OPTIONS, withoutAmounts: true });
    expect(found.gammaGamma).toBeNull();
    expect(found.warnings.join()).toContain('spends the same');
    expect(parsePolicy(formatFit(found, 'b2b', 2), 'policy.yaml').policy.lifetime).toEqual(presets.b2b.lifetime);
  });

  test('amounts of one customer alone are refused for that reason; amounts of nobody leave the preset’s', () => {
    const paid = (payer: number) => days.map((own, i) => own.map(({ day }) => ({ day, amount: i === payer ? 999 : 0 })));
    const repeater = days.findIndex((own) => own.length > 3 && (own[2]?.day ?? Infinity) < (OPTIONS.until ?? 0));
    expect(() => fitHistory(paid(repeater), OPTIONS)).toThrow(expect.objectContaining({ reason: 'one-spender' }));
    expect(fitHistory(paid(-1), OPTIONS).gammaGamma).toBeNull();
  });
});

describe('the policy file', () => {
  test.each(['retail', 'subscription', 'b2b'] as const)(
    '%s: parses to the preset with what was fitted, in days and minor units',
    (preset) => {
      const text = formatFit(fit, preset, 2);
      const { policy, warnings } = parsePolicy(text, 'policy.yaml');
      expect(warnings).toEqual([]);
      const base = presets[preset];
      expect(policy).toEqual({
        ...base,
        churn: {
          ...base.churn,
          model: 'mbg',
          parameters: {
            r: expect.closeTo(fit.r, 4),
            alpha: expect.closeTo(fit.alpha * 7, 2),
            a: expect.closeTo(fit.a, 4),
            b: expect.closeTo(fit.b, 3),
          },
          ...fit.thresholds,
        },
        lifetime: { ...base.lifetime, gammaGamma: { p: expect.closeTo(6.25, 2), q: expect.closeTo(3.74, 2), v: 1_544 } },
      });
      // every number says where it comes from
      const numbers = text.split('\n').filter((line) => /^ +(r|alpha|a|b|p[123]|v):/.test(line));
      expect(numbers.length).toBe(8);
      for (const line of numbers) expect(line).toContain(' # ');
    },
  );
});

describe('thresholds', () => {
  const row = (predicted: number, actual: number, customers = 100) => ({ from: predicted, to: predicted, customers, predicted, actual });

  test('are where the share of buyers is a half, a quarter and a tenth of that of all', () => {
    // On the diagonal, and half of all buy: what is predicted is what happens.
    const rows = [0.1, 0.3, 0.5, 0.7, 0.9].map((p) => row(p, p));
    expect(thresholdsOf(rows)).toEqual({ p1: 0.25, p2: 0.125, p3: 0.05 });
  });

  test('correct a model that promises too much', () => {
    const rows = [0.1, 0.3, 0.5, 0.7, 0.9].map((p) => row(p, p / 2));
    expect(thresholdsOf(rows)).toEqual({ p1: 0.25, p2: 0.125, p3: 0.05 });
  });

  test('are none when nobody bought, and do not break on any table', () => {
    expect(thresholdsOf([row(0.1, 0), row(0.2, 0)])).toBeNull();
    expect(thresholdsOf([])).toBeNull();
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 0, max: 20 })), { minLength: 1, maxLength: 10 }),
        (pairs) => {
          const rows = pairs.toSorted(([a], [b]) => a - b).map(([p, actual]) => row(p / 1_000, actual / 20, 20));
          const found = thresholdsOf(rows);
          if (found === null) return;
          expect(1 >= found.p1 && found.p1 > found.p2 && found.p2 > found.p3 && found.p3 > 0).toBe(true);
        },
      ),
    );
  });
});

test('the example in the documentation is what comes out', () => {
  const example = blocksOf('yaml', '# MBG/NBD')[0]?.text;
  expect(formatFit(fit, 'retail', 2)).toBe(example);
});
