/**
 * The end marker: a read_committed reader of an application's segment changes, the same for every peer. A run is over when the change of every sentinel
 * is in this reader's hands.
 */
import { followTopics } from '../src/adapters/kafka/index.ts';
import { type Application, quiet } from './application.ts';
import { SENTINEL, sentinelsOf } from './load.ts';

export interface Watch {
  /** when the last sentinel's change arrived (`performance.now`) */
  readonly over: Promise<number>;
  /** changes of group read so far, sentinels left out */
  readonly changes: () => number;
  stop(): Promise<void>;
}

export async function watchSentinels({ config }: Application, tag: string): Promise<Watch> {
  const waiting = new Set(sentinelsOf(config.shards, tag).map(({ customer }) => customer));
  const { promise: over, resolve } = Promise.withResolvers<number>();
  let changes = 0;
  const reader = await followTopics(config, quiet, [config.topics.segmentChanges], (_, { key }) => {
    const customer = key?.toString() ?? '';
    if (!customer.startsWith(SENTINEL)) {
      changes += 1;
      return;
    }
    waiting.delete(customer);
    if (waiting.size === 0) resolve(performance.now());
  });
  return { over, changes: () => changes, stop: () => reader.stop() };
}

/** Rejects with `what` when nothing of it has moved for so long. A run that has stopped must not wait for ever. */
export async function stalled(what: string, progress: () => number | Promise<number>, seconds: number, over: AbortSignal): Promise<never> {
  let last = -1;
  let since = performance.now();
  while (!over.aborted) {
    const now = await progress();
    if (now !== last) {
      last = now;
      since = performance.now();
    } else if (performance.now() - since > seconds * 1_000) throw new Error(`${what}: nothing has moved for ${seconds} s`);
    await pause(1_000, over);
  }
  return new Promise(() => undefined);
}

/** Resolves after so many ms, or at once when the signal aborts: a loop that waits by it must look at the signal too. */
export const pause = (ms: number, over?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (over?.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    over?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
