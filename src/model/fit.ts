/**
 * From a history of purchases to the models, their check on the hold-out, and what is to be said about them. Boundary: no files, no text for
 * people; `rapport fit --json` prints this object as it is.
 */
import type { BuyingModel, BuyingParameters } from '../domain/buying.ts';
import { DAY } from '../domain/ids.ts';
import type { Policy } from '../domain/policy.ts';
import type { SpendingParameters } from '../domain/spending.ts';
import { type Amounts, amountsOrNull } from './amounts.ts';
import { atBoundText } from './at-bound.ts';
import { type BuyingFit, fitBuying } from './buying-fit.ts';
import { lastDayOf, type PurchaseDays, summarise } from './history.ts';
import { type Holdout, judge } from './holdout.ts';
import { Unfit } from './unfit.ts';

export const UNIT_DAYS = { day: 1, week: 7 } as const;
export type Unit = keyof typeof UNIT_DAYS;

export interface FitOptions {
  readonly model: BuyingModel;
  /** last day of the calibration; null: the last purchase day, and nothing is held out */
  readonly until: number | null;
  readonly unit: Unit;
  /** of which the horizon is taken */
  readonly churn: Policy['churn'];
  /** ISO 4217 code of the amounts, and the digits of its minor unit */
  readonly currency: string;
  readonly digits: number;
  /** amounts that cannot be modelled (all the same, or of one customer) are left out with a warning, not refused */
  readonly withoutAmounts?: boolean;
}

/** The parameters, their errors, and the log-likelihood are in `unit`. */
export interface Fit extends BuyingFit, Holdout {
  readonly model: BuyingModel;
  readonly unit: Unit;
  /** v and its error in major units of `currency`; null when amounts cannot be modelled, see `warnings` */
  readonly gammaGamma: Amounts | null;
  readonly currency: string;
  readonly customers: number;
  readonly repeaters: number;
  /** last day of the calibration, YYYY-MM-DD */
  readonly until: string;
  readonly holdoutDays: number;
  /** within which P(buy) was held against purchases */
  readonly horizonDays: number;
  readonly warnings: readonly string[];
}

/** Days without any purchase before the end of the calibration from which the history has probably ended earlier. */
const LONG_SILENCE = 31;
/** parameters of a policy are at most this, alpha in days */
const MOST_PARAMETER = 1e6;

/** Throws Unfit: `empty`, `no-repeat`; unless `withoutAmounts` also `one-spender`, `constant-amounts`. */
export function fitHistory(days: PurchaseDays, options: FitOptions): Fit {
  const { model, until, unit, churn, currency, digits, withoutAmounts = false } = options;
  const last = lastDayOf(days);
  if (last === null) throw new Unfit('empty', 'the history has no purchase');
  const end = until ?? last;
  const customers = summarise(days, end);
  if (customers.length === 0) throw new Unfit('empty', `nobody has bought by ${dateOf(end)}: give a later --until`);
  const warnings: string[] = [];
  if (end - last > LONG_SILENCE)
    warnings.push(`the last purchase is ${end - last} days before ${dateOf(end)}: all customers count as silent since`);
  const scale = UNIT_DAYS[unit];
  const inUnit = customers.map(({ x, tx, T }) => ({ x, tx: tx / scale, T: T / scale }));
  const buying = fitBuying(model, inUnit, MOST_PARAMETER / scale);
  const gammaGamma = amountsOrNull(customers, 10 ** digits, withoutAmounts, warnings);
  const holdoutDays = Math.max(0, last - end);
  const horizonDays = holdoutDays === 0 ? churn.horizonDays : Math.min(churn.horizonDays, holdoutDays);
  const fitted = { ...churn, model, parameters: daysOf(buying, scale), horizonDays };
  const holdout = holdoutDays === 0 ? NOTHING_HELD_OUT : judge(fitted, customers, holdoutDays);
  warnings.push(...buying.atBound.map((at) => atBoundText(at)));
  if (!buying.converged && buying.atBound.length === 0)
    warnings.push('the search for the best parameters did not settle: a longer history or more customers are needed');
  if (buying.converged && buying.standardErrors === null)
    warnings.push('the history does not determine all parameters: standard errors are not known');
  if (holdoutDays > 0) {
    if (horizonDays < churn.horizonDays)
      warnings.push(`the hold-out is shorter than ${churn.horizonDays} days: P(buy) and thresholds are for ${horizonDays} days`);
    if (holdout.auc === null) warnings.push('of all customers, all or none bought in the hold-out: nothing can be ranked');
    else if (holdout.auc.model <= holdout.auc.recency)
      warnings.push('the model ranks customers no better than the days since the last purchase: do not rely on its differences');
    if (holdout.thresholds === null) warnings.push('thresholds cannot be told from this hold-out');
  }
  return {
    model,
    unit,
    ...buying,
    gammaGamma,
    currency,
    customers: customers.length,
    repeaters: customers.filter(({ x }) => x > 0).length,
    until: dateOf(end),
    holdoutDays,
    horizonDays,
    ...holdout,
    warnings,
  };
}

const NOTHING_HELD_OUT: Holdout = { auc: null, calibration: [], reliability: [], thresholds: null };

/** The parameters with alpha in days. */
export function daysOf({ r, alpha, a, b }: BuyingParameters, scale: number): BuyingParameters {
  return { r, alpha: alpha * scale, a, b };
}

/** v in minor units, within the bounds of a policy. */
export const inMinorUnits = ({ p, q, v }: SpendingParameters, digits: number): SpendingParameters => ({
  p,
  q,
  v: Math.min(1e13, Math.max(1, Math.round(v * 10 ** digits))),
});

const dateOf = (day: number): string => new Date(day * DAY).toISOString().slice(0, 10);
