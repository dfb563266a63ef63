/**
 * A fit as a policy file: a preset, and only what the fit changes, each line saying where it comes from. What it writes parses.
 */
import { toMajor } from '../config/currency.ts';
import type { PresetName } from '../domain/policy.ts';
import { presets } from '../domain/presets.ts';
import { type Amounts, scaleFor } from './amounts.ts';
import { atBoundText } from './at-bound.ts';
import { daysOf, type Fit, inMinorUnits, UNIT_DAYS } from './fit.ts';

const NAMES = { mbg: 'MBG/NBD', bg: 'BG/NBD' } as const;

export function formatFit(fit: Fit, preset: PresetName, digits: number): string {
  const parameters = daysOf(fit, UNIT_DAYS[fit.unit]);
  const error = fit.standardErrors && daysOf(fit.standardErrors, UNIT_DAYS[fit.unit]);
  const give = (name: keyof typeof parameters, unit: string): string => {
    const text = error === null ? `standard error not known${unit}` : `± ${short(error[name], 2)}${unit}`;
    return `    ${name}: ${short(parameters[name])} # ${text}`;
  };
  const lines = [
    `# ${NAMES[fit.model]} by rapport fit: ${fit.customers} customers, ${fit.repeaters} with a repeat purchase, until ${fit.until}.`,
    ...(fit.converged
      ? []
      : [
          '# The search did not settle: look for more data before you use these numbers.',
          ...fit.atBound.map((at) => `# ${atBoundText(at)}.`),
        ]),
    `preset: ${preset}`,
    ...(fit.currency === presets[preset].currency ? [] : [`currency: ${fit.currency} # of the purchases; give value.high in it too`]),
    'churn:',
    `  model: ${fit.model}`,
    '  parameters: # maximum likelihood, time in days',
    give('r', ''),
    give('alpha', ' days'),
    give('a', ''),
    give('b', ''),
  ];
  if (fit.thresholds !== null) {
    const { p1, p2, p3 } = fit.thresholds;
    if (fit.horizonDays !== presets[preset].churn.horizonDays)
      lines.push(`  horizonDays: ${fit.horizonDays} # the hold-out is no longer; the thresholds are for it`);
    lines.push(
      `  p1: ${p1} # from the hold-out of ${fit.holdoutDays} days: half as many buy within ${fit.horizonDays} days as of all customers`,
      `  p2: ${p2} # a quarter as many`,
      `  p3: ${p3} # a tenth as many`,
    );
  }
  if (fit.gammaGamma !== null) lines.push(...amountLines(fit.gammaGamma, preset, fit.currency, digits));
  return `${lines.join('\n')}\n`;
}

/** What was fitted, with its warnings; where that is of no use, the preset's shape at the scale of these amounts. */
function amountLines(amounts: Amounts, preset: PresetName, currency: string, digits: number): string[] {
  const base = presets[preset].lifetime.gammaGamma;
  const used = amounts.usable ? amounts : { ...base, v: scaleFor(amounts.mean, base) };
  const { p, q, v } = inMinorUnits(used, digits);
  const origin = `maximum likelihood, ${amounts.customers} customers, correlation of purchases and amounts ${short(amounts.correlation, 2)}`;
  const instead = `not fitted: p and q are the preset's, and by v the mean amount of ${amounts.customers} customers is expected`;
  return [
    'lifetime:',
    ...amounts.warnings.map((warning) => `  # ${warning}.`),
    `  gammaGamma: # ${amounts.usable ? origin : instead}`,
    `    p: ${short(p)}`,
    `    q: ${exceedsOne(q)}`,
    `    v: ${toMajor(v, digits)} # in ${currency}`,
  ];
}

/** No fit is known to more digits than these. */
const short = (value: number, digits = 5): string => String(Number(value.toPrecision(digits)));
/** q stays above 1 when it is rounded. */
const exceedsOne = (q: number): string => (Number(short(q)) > 1 ? short(q) : String(q));
