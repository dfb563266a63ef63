/**
 * One log line when Redis goes away and one when it is back, however many calls fail in between.
 */
import { performance } from 'node:perf_hooks';
import type { Logger } from '../../engine/ports.ts';

/** ms without a failure until Redis counts as back: with one node of several away, calls fail and succeed by turns */
const CALM = 1000;

export class Availability {
  readonly #log: Logger;
  /** when it went away and when a call failed last, monotonic ms; null while it is there */
  #away: { readonly since: number; failed: number } | null = null;

  constructor(log: Logger) {
    this.#log = log;
  }

  failed(error: Error): void {
    const now = performance.now();
    if (this.#away !== null) {
      this.#away.failed = now;
      return;
    }
    this.#away = { since: now, failed: now };
    this.#log.warn({ reason: error.message }, 'Redis is away: what needs it waits');
  }

  succeeded(): void {
    if (this.#away === null) return;
    const now = performance.now();
    if (now - this.#away.failed < CALM) return;
    this.#log.info({ awayMs: Math.round(now - this.#away.since) }, 'Redis is back');
    this.#away = null;
  }
}
