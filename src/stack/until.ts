/**
 * Bounded waiting on a real condition. The only place of the stack that waits by time.
 */
import { setTimeout as pause } from 'node:timers/promises';

const EVERY_MS = 50;

/**
 * Asks again until the probe answers something else than `undefined`, and returns that. A probe that throws has not answered yet;
 * its last error is the cause of the error thrown when `seconds` have passed. `given.signal` ends the waiting at once.
 */
export async function until<T>(
  what: string,
  seconds: number,
  probe: () => Promise<T | undefined>,
  given: { readonly signal?: AbortSignal } = {},
): Promise<T> {
  const deadline = performance.now() + seconds * 1000;
  let cause: unknown;
  while (performance.now() < deadline) {
    given.signal?.throwIfAborted();
    try {
      const answer = await probe();
      if (answer !== undefined) return answer;
    } catch (error) {
      cause = error;
    }
    await pause(EVERY_MS);
  }
  throw new Error(`${what} within ${seconds} s: it did not happen`, { cause });
}
