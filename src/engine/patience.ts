/** Waiting for what is away, with growing pauses: one line when it goes, one when it is back, however many shards of a worker wait for it. */
import { Retryable } from './errors.ts';
import type { Clock, Logger } from './ports.ts';

const LEAST = 100;
const MOST = 5_000;

/** The pause after another failure, ms. */
export const longer = (pause: number): number => Math.min(MOST, pause * 2);
export const FIRST_PAUSE = LEAST;

/** How many wait for what, by the log that they would all tell it to. */
const waits = new WeakMap<Logger, Map<string, number>>();

/** One more, or one less, waits for it; returns how many now do. */
function count(log: Logger, what: string, change: 1 | -1): number {
  const counts = waits.get(log) ?? new Map<string, number>();
  waits.set(log, counts);
  const now = (counts.get(what) ?? 0) + change;
  counts.set(what, now);
  return now;
}

/** Tries until it succeeds or fails with something else than Retryable; gives up with that error when `stopped` aborts. */
export async function patiently<T>(
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  what: string,
  fields: object,
  attempt: () => Promise<T>,
  stopped: AbortSignal,
): Promise<T> {
  for (let pause = LEAST, waiting = false; ; pause = longer(pause)) {
    try {
      const value = await attempt();
      if (waiting && count(log, what, -1) === 0) log.info({}, `${what} is back`);
      return value;
    } catch (error) {
      if (!(error instanceof Retryable) || stopped.aborted) {
        if (waiting) count(log, what, -1);
        throw error;
      }
      if (!waiting && count(log, what, 1) === 1) log.warn({ ...fields, error: error.message }, `waiting for ${what}`);
      waiting = true;
      await clock.sleep(pause, stopped);
    }
  }
}
