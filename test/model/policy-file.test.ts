/** What a policy file says of a fit that is doubtful, or of no use. */
import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../src/config/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import { spendingMean } from '../../src/domain/spending.ts';
import { type FitOptions, fitHistory } from '../../src/model/fit.ts';
import { formatFit } from '../../src/model/policy-file.ts';
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

describe('a policy file of a fit that is of no use', () => {
  test('amounts too uneven: it says so, and the preset’s shape stands at the scale of these amounts', () => {
    const uneven = days.map((own, i) =>
      own.map(({ day }, j) => ({ day, amount: Math.round(1_000 * 40 ** (((i * 7_919) % 997) / 250) * (1 + 0.01 * j)) })),
    );
    const found = fitHistory(uneven, OPTIONS);
    const amounts = found.gammaGamma;
    expect(amounts?.usable).toBe(false);
    const text = formatFit(found, 'retail', 2);
    for (const warning of amounts?.warnings ?? []) expect(text).toContain(`# ${warning}.`);
    const { policy, warnings } = parsePolicy(text, 'policy.yaml');
    expect(warnings).toEqual([]);
    const { p, q } = presets.retail.lifetime.gammaGamma;
    expect(policy.lifetime.gammaGamma).toMatchObject({ p, q });
    expect(spendingMean(policy.lifetime.gammaGamma, 0, null) / (100 * (amounts?.mean ?? 0))).toBeCloseTo(1, 3);
  });

  test('purchases and amounts correlate: the numbers stay, and the warning stands above them', () => {
    const rising = days.map((own) => own.map(({ day, amount }) => ({ day, amount: Math.round((amount ?? 0) * (1 + 0.3 * own.length)) })));
    const found = fitHistory(rising, OPTIONS);
    expect(found.gammaGamma).toMatchObject({ usable: true, warnings: [expect.stringContaining('correlate')] });
    const text = formatFit(found, 'retail', 2);
    expect(text).toContain(`  # ${found.gammaGamma?.warnings[0]}.\n  gammaGamma: # maximum likelihood`);
    expect(parsePolicy(text, 'policy.yaml').policy.lifetime.gammaGamma.p / (found.gammaGamma?.p ?? 0)).toBeCloseTo(1, 3);
  });

  test('a parameter at a bound is named above the numbers, and among the warnings', () => {
    const text = formatFit({ ...fit, converged: false, atBound: [{ parameter: 'alpha', side: 'most' }] }, 'retail', 2);
    expect(text).toMatch(/^# The search did not settle.*\n# alpha ran into the upper bound of the search: customers buy at rates/m);
  });
});
