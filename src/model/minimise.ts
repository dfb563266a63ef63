/**
 * The lowest point of a smooth function of a few variables by Nelder and Mead's simplex (1965), from several starts; deterministic. Functions
 * of logarithms of parameters suit it: every step is a ratio. A value that is not finite counts as infinitely high.
 */
export interface Minimum {
  readonly at: readonly number[];
  readonly value: number;
  /** a last search from the point itself found nothing lower, and each direction leads upwards, to a finite value: the edge of what is allowed is no slope */
  readonly converged: boolean;
}

export type Objective = (at: readonly number[]) => number;
interface Vertex {
  readonly at: readonly number[];
  readonly value: number;
}

const MOST_STEPS = 2_000;
const COARSE = 1e-3;
const FINE = 1e-10;
const MOST_POLISHES = 8;
/** A lower value than this much means that the point was not the lowest. */
const SAME = 1e-7;

/** Throws RangeError without starts. */
export function minimise(objective: Objective, starts: readonly (readonly number[])[]): Minimum {
  const [first, ...rest] = starts.map((start) => descend(objective, start, 0.5, COARSE));
  if (first === undefined) throw new RangeError('a search needs a start');
  let best = rest.reduce((least, found) => (found.value < least.value ? found : least), first);
  let gained = Infinity;
  // A simplex may shrink to a point that is none of the lowest: it is spread again until that gains nothing.
  for (let i = 0; i < MOST_POLISHES && gained > SAME; i++) {
    const next = descend(objective, best.at, i === 0 ? 0.1 : 0.02, FINE);
    gained = best.value - next.value;
    if (next.value < best.value) best = next;
  }
  const scale = Math.max(1, Math.abs(best.value)) * 1e-9;
  const higher = (value: number): boolean => Number.isFinite(value) && value > best.value - scale;
  const uphill = best.at.every((_, i) => [-1e-2, 1e-2].every((step) => higher(objective(moved(best.at, i, step)))));
  return { at: best.at, value: best.value, converged: Number.isFinite(best.value) && gained <= SAME && uphill };
}

export const moved = (at: readonly number[], i: number, by: number): number[] => at.map((value, j) => (i === j ? value + by : value));

function descend(objective: Objective, start: readonly number[], size: number, tolerance: number): Vertex {
  const vertex = (at: readonly number[]): Vertex => {
    const value = objective(at);
    return { at, value: Number.isNaN(value) ? Infinity : value };
  };
  let simplex = [vertex(start), ...start.map((_, i) => vertex(moved(start, i, size)))];
  for (let step = 0; ; step++) {
    simplex.sort((a, b) => a.value - b.value);
    const [best] = simplex;
    const worst = simplex.at(-1);
    const second = simplex.at(-2);
    if (best === undefined || worst === undefined || second === undefined) throw new RangeError('a search needs a variable');
    if (step >= MOST_STEPS || (worst.value - best.value <= tolerance && widthOf(simplex) <= Math.sqrt(tolerance))) return best;
    const others = simplex.slice(0, -1);
    const centre = start.map((_, i) => others.reduce((sum, { at }) => sum + (at[i] ?? 0), 0) / others.length);
    const along = (factor: number): Vertex => vertex(centre.map((value, i) => value + factor * ((worst.at[i] ?? 0) - value)));
    const reflected = along(-1);
    if (reflected.value < best.value) {
      const expanded = along(-2);
      simplex = [...others, expanded.value < reflected.value ? expanded : reflected];
    } else if (reflected.value < second.value) {
      simplex = [...others, reflected];
    } else {
      const contracted = along(reflected.value < worst.value ? -0.5 : 0.5);
      if (contracted.value < Math.min(reflected.value, worst.value)) simplex = [...others, contracted];
      else simplex = simplex.map((old) => (old === best ? old : vertex(old.at.map((value, i) => (value + (best.at[i] ?? 0)) / 2))));
    }
  }
}

const widthOf = ([first, ...rest]: readonly Vertex[]): number =>
  Math.max(...rest.flatMap(({ at }) => at.map((value, i) => Math.abs(value - (first?.at[i] ?? 0)))));
