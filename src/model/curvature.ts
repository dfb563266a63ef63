/**
 * How sharply an optimum is determined: standard errors from the matrix of second derivatives of the negative log-likelihood, taken numerically.
 */
import { moved } from './minimise.ts';

const STEP = 1e-3;

/**
 * The standard error of each variable at a minimum of the negative log-likelihood (the square roots of the diagonal of the inverse Hessian);
 * null when the matrix is not positive definite: the data do not determine the variables.
 */
export function standardErrors(objective: (at: readonly number[]) => number, at: readonly number[]): number[] | null {
  const n = at.length;
  const middle = objective(at);
  const second = (i: number, j: number): number => {
    if (i === j) return (objective(moved(at, i, STEP)) - 2 * middle + objective(moved(at, i, -STEP))) / STEP ** 2;
    const corner = (a: number, b: number): number => objective(moved(moved(at, i, a * STEP), j, b * STEP));
    return (corner(1, 1) - corner(1, -1) - corner(-1, 1) + corner(-1, -1)) / (4 * STEP ** 2);
  };
  const hessian = Array.from({ length: n }, (_, i) => Array.from({ length: i + 1 }, (_, j) => second(i, j)));
  const root = cholesky(hessian);
  if (root === null) return null;
  // H = L·Lᵀ, so that the variance of i is the squared length of L⁻¹eᵢ.
  return at.map((_, i) => Math.hypot(...solveLower(root, i)));
}

/** The lower triangle L with L·Lᵀ = the symmetric matrix of which the lower triangle is given; null when it is not positive definite. */
function cholesky(lower: readonly (readonly number[])[]): number[][] | null {
  const root: number[][] = [];
  for (const [i, values] of lower.entries()) {
    const row: number[] = [];
    for (const [j, value] of values.entries()) {
      const other = i === j ? row : (root[j] ?? []);
      const rest = row.reduce((left, known, k) => left - known * (other[k] ?? 0), value);
      if (i === j && !(rest > 0)) return null;
      row.push(i === j ? Math.sqrt(rest) : rest / (other[j] ?? 1));
    }
    root.push(row);
  }
  return root;
}

/** L⁻¹ times the unit vector `unit`. */
function solveLower(root: readonly (readonly number[])[], unit: number): number[] {
  const solved: number[] = [];
  for (const [i, row] of root.entries()) {
    const rest = solved.reduce((left, known, k) => left - known * (row[k] ?? 0), i === unit ? 1 : 0);
    solved.push(rest / (row[i] ?? 1));
  }
  return solved;
}
