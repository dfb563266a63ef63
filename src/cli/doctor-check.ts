/**
 * What a check of `rapport doctor` says, and how checks are run: each within its time, so that what is away keeps nothing else from being looked at.
 * Boundary: knows no server.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Halt, Retryable } from '../engine/errors.ts';

/** `skipped`: it could not be looked at, which is nobody's fault, or the fault of another check. */
export type Verdict = 'ok' | 'warning' | 'fault' | 'skipped';
export const AREAS = ['host', 'kafka', 'topics', 'redis', 'registry', 'application'] as const;
export type Area = (typeof AREAS)[number];

export interface Check {
  readonly area: Area;
  /** what was looked at */
  readonly check: string;
  readonly found: string;
  readonly verdict: Verdict;
  /** of a warning or a fault: what follows from it, and what to do, one command or sentence each */
  readonly means: string | null;
  readonly todo: readonly string[];
}

/** ms for one check */
const PATIENCE_MS = 5_000;

export class Checks {
  readonly #area: Area;
  readonly #patienceMs: number;

  constructor(area: Area, patienceMs = PATIENCE_MS) {
    this.#area = area;
    this.#patienceMs = patienceMs;
  }

  ok(check: string, found: string): Check {
    return { area: this.#area, check, found, verdict: 'ok', means: null, todo: [] };
  }

  skipped(check: string, found: string): Check {
    return { area: this.#area, check, found, verdict: 'skipped', means: null, todo: [] };
  }

  warning(check: string, found: string, means: string, ...todo: string[]): Check {
    return { area: this.#area, check, found, verdict: 'warning', means, todo };
  }

  fault(check: string, found: string, means: string, ...todo: string[]): Check {
    return { area: this.#area, check, found, verdict: 'fault', means, todo };
  }

  /** What the work finds. When it throws: a fault with the error's own words; what is to be done stands in those of a Halt, else in `todo`. */
  async attempt(check: string, todo: readonly string[], work: () => Promise<Check | Check[]>): Promise<Check[]> {
    try {
      return [await within(work(), this.#patienceMs)].flat();
    } catch (error) {
      if (error instanceof Halt) return [this.fault(check, 'refused', error.message, 'Correct what it names, and look again.')];
      const cure = todo.length > 0 ? todo : ['Mend what else is wrong here, and look again.'];
      return [this.fault(check, error instanceof Retryable ? 'no answer' : 'not known', saidBy(error), ...cure)];
    }
  }
}

/** The promise's outcome, or a Retryable when it takes too long. */
export async function within<T>(promise: Promise<T>, ms = PATIENCE_MS): Promise<T> {
  const answered = new AbortController();
  const late = sleep(ms, undefined, { signal: answered.signal }).then(() => {
    throw new Retryable(`no answer within ${ms / 1_000} s`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    answered.abort();
  }
}

/** A defect of ours is told from what a server said. */
export function saidBy(error: unknown): string {
  if (error instanceof Halt || error instanceof Retryable) return error.message;
  return `this check itself has failed: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** `1.5 GiB` */
export function bytesText(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${value >= 10 || power === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[power]}`;
}

/** `a, b, c and 4 more` */
export function listText(all: readonly string[], most = 3): string {
  return all.length <= most ? all.join(', ') : `${all.slice(0, most).join(', ')} and ${all.length - most} more`;
}

export const plural = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
