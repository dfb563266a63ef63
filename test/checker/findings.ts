/** What the checks have found: bounded for each check, so that a run in which everything is wrong still says what, in a page. Boundary: no check. */
import type { CheckName, Violation } from './evidence.ts';

const MOST = 20;

/** Told of each thing that must not be: where it is, and what. */
export type Report = (where: string, what: string) => void;

export class Findings {
  readonly #found = new Map<CheckName, { readonly kept: Violation[]; more: number }>();

  add(check: CheckName, where: string, what: string): void {
    let found = this.#found.get(check);
    if (found === undefined) {
      found = { kept: [], more: 0 };
      this.#found.set(check, found);
    }
    if (found.kept.length < MOST) found.kept.push({ check, where, what });
    else found.more += 1;
  }

  of(check: CheckName): Report {
    return (where, what) => this.add(check, where, what);
  }

  /** Runs a check: one that breaks has found something too, and the others go on. */
  guard(check: CheckName, where: string, run: () => void): void {
    try {
      run();
    } catch (error) {
      this.add(check, where, `could not be checked: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  get violations(): Violation[] {
    return [...this.#found].flatMap(([check, { kept, more }]) =>
      more === 0 ? kept : [...kept, { check, where: 'elsewhere', what: `${more} more` }],
    );
  }
}
