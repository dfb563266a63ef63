/**
 * The optimum of a likelihood within bounds, and whether it is one: the search settled, the gradient vanishes, and no variable lies at a bound.
 * Boundary: variables are logarithms of parameters; what they mean is known to the two models (buying-fit.ts, spending-fit.ts).
 */
import { standardErrors } from './curvature.ts';
import { minimise, moved, type Objective } from './minimise.ts';

/** What the search may try of one variable. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

export type Side = keyof Bounds;

/** A parameter that the search would have moved further, if it had been let. */
export interface AtBound<Name extends string = string> {
  readonly parameter: Name;
  readonly side: Side;
}

/** How far a result of a search can be relied on. */
export interface Convergence<Name extends string = string> {
  /** the search settled, `gradient` is at most MOST_GRADIENT, and `atBound` is empty */
  readonly converged: boolean;
  /** the largest absolute derivative of the log-likelihood by the logarithm of a parameter (for q: of q − 1), per customer; central differences */
  readonly gradient: number;
  readonly atBound: readonly AtBound<Name>[];
}

export interface Optimum<Name extends string> extends Convergence<Name> {
  readonly at: readonly number[];
  readonly value: number;
  /** of the variables; null when the likelihood is flat in some direction, or a variable lies at a bound */
  readonly errors: readonly number[] | null;
}

/** See docs/models.md for where it comes from. */
export const MOST_GRADIENT = 3e-5;
/** A variable within a factor of 2 of its bound lies at it: on a ridge that rises to the bound, the search stops shortly before. */
const NEAR = Math.LN2;
/** Of the central differences: the error of the formula is of its square, rounding is by its inverse. */
const STEP = 1e-4;

/** The lowest point of a negative log-likelihood of so many customers. Names and bounds are in the order of the variables. Throws RangeError without starts. */
export function optimum<Name extends string>(
  negative: Objective,
  starts: readonly (readonly number[])[],
  bounds: Readonly<Record<Name, Bounds>>,
  customers: number,
): Optimum<Name> {
  const limits = Object.entries<Bounds>(bounds) as [Name, Bounds][];
  const inside = (at: readonly number[]): boolean =>
    limits.every(([, { least, most }], i) => {
      const variable = at[i] ?? Number.NaN;
      return least <= variable && variable <= most;
    });
  const objective: Objective = (at) => (inside(at) ? negative(at) : Infinity);
  const { at, value, converged } = minimise(objective, starts);
  const atBound = limits.flatMap(([parameter, { least, most }], i): AtBound<Name>[] => {
    const variable = at[i] ?? Number.NaN;
    if (variable - least < NEAR) return [{ parameter, side: 'least' }];
    return most - variable < NEAR ? [{ parameter, side: 'most' }] : [];
  });
  const gradient = steepest(negative, at) / customers;
  return {
    at,
    value,
    gradient,
    atBound,
    converged: converged && gradient <= MOST_GRADIENT && atBound.length === 0,
    errors: atBound.length > 0 ? null : standardErrors(objective, at),
  };
}

/** The largest absolute partial derivative, by central differences. */
export function steepest(objective: Objective, at: readonly number[]): number {
  return Math.max(...at.map((_, i) => Math.abs(objective(moved(at, i, STEP)) - objective(moved(at, i, -STEP))) / (2 * STEP)));
}
