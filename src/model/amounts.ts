/**
 * The amounts of a history: the Gamma-Gamma fit, and whether it is of use. Boundary: what becomes of a model that is not is for policy-file.ts and
 * calibrate-derive.ts to say.
 */
import { type SpendingParameters, spendingMean } from '../domain/spending.ts';
import { atBoundText } from './at-bound.ts';
import type { Summary } from './history.ts';
import { fitSpending, type SpendingFit } from './spending-fit.ts';
import { Unfit } from './unfit.ts';

export interface Amounts extends SpendingFit {
  /** the search converged, and the tail is not too heavy: the numbers may stand in a policy */
  readonly usable: boolean;
  readonly warnings: readonly string[];
}

/** Correlation of purchases and amounts from which the independence of the Gamma-Gamma model is in doubt. */
const CORRELATED = 0.3;
/** The expected amount over the mean amount from which the tail of the model is too heavy to be used. */
const FAR = 1.5;

/** v in major units. Throws Unfit: `no-amounts`, `one-spender`, `constant-amounts`. */
function amountsOf(customers: readonly Summary[], minorUnits: number): Amounts {
  const fit = fitSpending(customers.flatMap(({ paidDays, mean }) => (mean === null ? [] : { x: paidDays, mean: mean / minorUnits })));
  const unusable: string[] = fit.atBound.map((at) => atBoundText(at));
  if (!fit.converged && unusable.length === 0)
    unusable.push('the search for the amounts’ parameters did not settle: customers spend too much alike, or are too few');
  const expected = spendingMean(fit, 0, null);
  if (expected > FAR * fit.mean)
    unusable.push(
      `the amounts are too uneven for the Gamma-Gamma model: it expects ${expected.toFixed(2)} of a customer of whom nothing is known, and the mean is ${fit.mean.toFixed(2)}`,
    );
  const warnings = [...unusable];
  if (Math.abs(fit.correlation) > CORRELATED)
    warnings.push(`purchases and amounts correlate (${fit.correlation.toFixed(2)}): the Gamma-Gamma model takes them as independent`);
  return { ...fit, usable: unusable.length === 0, warnings };
}

/** The same, or null with a warning where the amounts cannot be modelled: of nobody always, else only where that is asked for. */
export function amountsOrNull(customers: readonly Summary[], minorUnits: number, lenient: boolean, warnings: string[]): Amounts | null {
  try {
    const amounts = amountsOf(customers, minorUnits);
    warnings.push(...amounts.warnings);
    return amounts;
  } catch (error) {
    if (!(error instanceof Unfit) || !(lenient || error.reason === 'no-amounts')) throw error;
    warnings.push(`${error.message}; ${lenient ? 'p and q' : 'the amounts'} of the preset stay`);
    return null;
  }
}

/** The v by which the model with the other parameters expects this amount of a customer of whom nothing is known, in the unit of the amount. */
export const scaleFor = (expected: number, { p, q }: SpendingParameters): number => (expected * (q - 1)) / p;
