/**
 * `rapport fit`: the customer-base models (src/model) from a file of purchases, held against the part of it after `--until`, and on wish as a
 * policy file. Needs no server and no configuration.
 */
import { writeFile } from 'node:fs/promises';
import { Command, Option } from 'commander';
import { digitsOf } from '../config/currency.ts';
import type { BuyingModel } from '../domain/buying.ts';
import { dayOf, type Instant } from '../domain/ids.ts';
import { PRESETS, type PresetName } from '../domain/policy.ts';
import { presets } from '../domain/presets.ts';
import { Halt } from '../engine/errors.ts';
import type { Amounts } from '../model/amounts.ts';
import { type Fit, fitHistory, UNIT_DAYS, type Unit } from '../model/fit.ts';
import { formatFit } from '../model/policy-file.ts';
import { type Common, guarded, print } from './command.ts';
import { FORMATS, type Format, readHistory } from './history.ts';
import { instant } from './options.ts';
import { say, table } from './output.ts';

interface FitOptions extends Common {
  readonly model: BuyingModel;
  readonly until?: Instant;
  readonly unit: Unit;
  readonly out?: string;
  readonly preset: PresetName;
  readonly format: Format;
}

const EXAMPLE = `
FILE is NDJSON as rapport load takes it, or CSV with a header customer_id,date,amount. Purchases of one UTC day count as one. Give --until a
date with some months of history after it: what came after is predicted and compared, and thresholds are told from it.

Example:
  $ rapport fit history.ndjson --until 2025-09-30 --out policy.yaml
  $ rapport fit orders.csv --model bg --unit week --json
`;

export function fitCommand(): Command {
  return new Command('fit')
    .description('fit the models of buying and spending to a history of purchases')
    .argument('<file>', 'NDJSON or CSV, - for stdin')
    .addOption(new Option('--model <name>', 'MBG/NBD or BG/NBD').choices(['mbg', 'bg']).default('mbg'))
    .option('--until <date>', 'last day of the calibration; later events are the hold-out (default: no hold-out)', instant)
    .addOption(new Option('--unit <name>', 'of time in what is printed').choices(Object.keys(UNIT_DAYS)).default('day'))
    .option('--out <file>', 'write a policy file with what was found; time in it is in days')
    .addOption(new Option('--preset <name>', 'of the policy file').choices(PRESETS).default('retail'))
    .addOption(new Option('--format <name>', 'of the file; auto looks at the first line').choices(FORMATS).default('auto'))
    .option('--json', 'print the whole result as one JSON object')
    .addHelpText('after', EXAMPLE)
    .action((file: string, options: FitOptions) => guarded(() => fitFile(file, options)));
}

async function fitFile(file: string, options: FitOptions): Promise<void> {
  const policy = presets[options.preset];
  const { history, currency, warnings } = await readHistory(file, options.format, policy, dayOf(Date.now() as Instant));
  const digits = digitsOf(currency) ?? 2;
  const until = options.until === undefined ? null : dayOf(options.until);
  const { model, unit } = options;
  const found = fitHistory(history.purchaseDays(), { model, until, unit, churn: policy.churn, currency, digits });
  const result: Fit = { ...found, warnings: [...warnings, ...found.warnings] };
  for (const warning of result.warnings) say(`fit: ${warning}`);
  if (result.holdoutDays === 0) say('fit: no purchase lies after the calibration: give an earlier --until for auc and thresholds');
  if (options.out !== undefined) await write(options.out, formatFit(result, options.preset, digits));
  print(options, result, textOf(result));
}

async function write(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new Halt(`${file} cannot be written (${String(error.code)}): check the path and its permissions`, { cause: error });
  }
  say(`fit: the policy is in ${file}`);
}

function textOf(fit: Fit): string {
  const errors = fit.standardErrors;
  const amounts = fit.gammaGamma;
  const parts = [
    `${fit.model === 'mbg' ? 'MBG/NBD' : 'BG/NBD'} of ${fit.customers} customers, ${fit.repeaters} with a repeat purchase, until ${fit.until}`,
    table(
      ['parameter', '#value', '#± standard error', 'meaning'],
      [
        ['r', fixed(fit.r), fixed(errors?.r), 'shape of the rates of purchase'],
        ['alpha', fixed(fit.alpha), fixed(errors?.alpha), `their scale, in ${fit.unit}s: the mean rate is r/alpha`],
        ['a', fixed(fit.a), fixed(errors?.a), 'drop-out: the mean chance at a purchase is a/(a+b)'],
        ['b', fixed(fit.b), fixed(errors?.b), ''],
      ],
    ),
    settledText(fit),
  ];
  if (amounts !== null) {
    const { p, q, v, standardErrors: error } = amounts;
    parts.push(
      `Gamma-Gamma of ${amounts.customers} customers' amounts in ${fit.currency}; correlation with purchases ${fixed(amounts.correlation)}`,
      table(
        ['parameter', '#value', '#± standard error'],
        [
          ['p', fixed(p), fixed(error?.p)],
          ['q', fixed(q), fixed(error?.q)],
          ['v', fixed(v), fixed(error?.v)],
        ],
      ),
      settledText(amounts),
    );
  }
  if (fit.holdoutDays > 0) parts.push(...holdoutText(fit));
  return parts.join('\n\n');
}

function settledText({
  logLikelihood,
  converged,
  gradient,
  atBound,
}: Pick<Fit, 'logLikelihood' | 'converged' | 'gradient' | 'atBound'> | Amounts): string {
  const at = atBound.length === 0 ? '' : ` at the bound of ${atBound.map(({ parameter }) => parameter).join(' and ')}`;
  const outcome = converged ? 'converged' : `did NOT converge${at}: do not use these numbers`;
  return `log-likelihood ${logLikelihood.toFixed(2)}; the search ${outcome} (gradient ${gradient.toExponential(1)} per customer)`;
}

function holdoutText({ calibration, reliability, auc, thresholds, holdoutDays, horizonDays }: Fit): string[] {
  return [
    `Purchase days in the hold-out of ${holdoutDays} days, for each customer with x repeat purchase days before`,
    table(
      ['x', '#customers', '#predicted', '#actual'],
      calibration.map((row) => [`${row.x}${row.orMore ? '+' : ''}`, row.customers, fixed(row.predicted), fixed(row.actual)]),
    ),
    `P(buy within ${horizonDays} days), and the share who did`,
    table(
      ['P(buy)', '#customers', '#predicted', '#actual'],
      reliability.map((row) => [`${fixed(row.from)} – ${fixed(row.to)}`, row.customers, fixed(row.predicted), fixed(row.actual)]),
    ),
    auc === null ? 'AUC: not known' : `AUC of P(buy) ${fixed(auc.model)}, of the days since the last purchase alone ${fixed(auc.recency)}`,
    thresholds === null ? 'thresholds: not known' : `thresholds: p1 ${thresholds.p1}, p2 ${thresholds.p2}, p3 ${thresholds.p3}`,
  ];
}

const fixed = (value: number | undefined): string | null => (value === undefined ? null : value.toFixed(3));
