/**
 * Asking a server until it has said yes or no, within a bound. What it answered is a value; only being told to stop is an error.
 */
import { setTimeout as pause } from 'node:timers/promises';

export type Answer =
  | { readonly outcome: 'accepted'; readonly status: number }
  /** it will not help to send the same again */
  | { readonly outcome: 'refused'; readonly why: string }
  /** it may help; `afterMs`: the server has said when */
  | { readonly outcome: 'later'; readonly why: string; readonly afterMs: number | null };

export interface Patience {
  /** ms before the second attempt, doubled before each one after it */
  readonly leastMs: number;
  readonly mostMs: number;
  /** whether so many attempts are enough */
  readonly enough: (attempts: number) => boolean;
  /** tests give another */
  readonly random?: () => number;
}

export interface Settled {
  readonly outcome: 'accepted' | 'refused' | 'given up';
  readonly attempts: number;
  /** of what was not accepted */
  readonly why: string;
}

const REQUEST_MS = 10_000;

/** ms to wait after the attempt of this number: doubling up to a bound, of which one half is drawn, so that many who failed together do not come back together. */
export function delayOf(
  attempt: number,
  { leastMs, mostMs, random = Math.random }: Pick<Patience, 'leastMs' | 'mostMs' | 'random'>,
): number {
  const whole = Math.min(mostMs, leastMs * 2 ** (attempt - 1));
  return whole / 2 + (random() * whole) / 2;
}

/** Rejects with the signal's reason when that aborts; the last attempt may then have been taken all the same. */
export async function ask(attempt: () => Promise<Answer>, patience: Patience, signal: AbortSignal): Promise<Settled> {
  for (let attempts = 1; ; attempts++) {
    const answer = await attempt();
    if (answer.outcome !== 'later') return { outcome: answer.outcome, attempts, why: 'why' in answer ? answer.why : '' };
    signal.throwIfAborted();
    if (patience.enough(attempts)) return { outcome: 'given up', attempts, why: answer.why };
    const wait = Math.max(delayOf(attempts, patience), Math.min(answer.afterMs ?? 0, patience.mostMs));
    await pause(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** One POST. Redirects are not followed: what was signed for one address is not for another. */
export async function post(url: string, headers: Readonly<Record<string, string>>, body: string, signal: AbortSignal): Promise<Answer> {
  try {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]);
    const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal: bounded });
    await response.body?.cancel();
    const { status } = response;
    if (response.ok) return { outcome: 'accepted', status };
    const mayHelp = status >= 500 || [408, 409, 425, 429].includes(status);
    return mayHelp
      ? { outcome: 'later', why: `status ${status}`, afterMs: afterMs(response.headers.get('retry-after')) }
      : { outcome: 'refused', why: `status ${status}` };
  } catch (error) {
    return { outcome: 'later', why: error instanceof Error ? error.name : 'no answer', afterMs: null };
  }
}

/** Retry-After is a number of seconds or a date. */
function afterMs(header: string | null): number | null {
  if (header === null) return null;
  const wait = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - Date.now();
  return Number.isNaN(wait) ? null : Math.max(0, wait);
}
