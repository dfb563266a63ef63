/**
 * A consumer group that handles one record after the other. An offset is committed when its record has been handled, never before: after a crash or a rebalance
 * the records since then come again, so a handler has to know what it has done.
 * While a handler works its membership is kept alive; when the group takes its partition away, or the program is to end, the handler's signal aborts.
 */
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import type { Rapport } from './rapport.ts';

export interface Delivery<R> {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  /** null: the key's tombstone */
  readonly record: R | null;
}

export interface Subscription<R> {
  readonly group: string;
  readonly topic: string;
  /** name of a file in schemas/out */
  readonly schema: string;
  /** ms without a sign of life after which the group gives this member's partitions to others */
  readonly sessionMs: number;
  handle(delivery: Delivery<R>, signal: AbortSignal): Promise<void>;
}

const PARTITIONS_AT_ONCE = 4;
const LEAVE_MS = 5_000;

/** Resolves when SIGTERM or SIGINT has come and the group has been left. Rejects when a handler has failed: nothing behind that record was committed. */
export async function follow<R>({ kafka, decoder }: Rapport, subscription: Subscription<R>): Promise<void> {
  const { group, topic, schema, sessionMs, handle } = subscription;
  const decode = decoder<R>(schema);
  const stopping = new AbortController();
  const stop = (): void => stopping.abort(new kafkajs.KafkaJSError('told to stop', { retriable: true }));
  const { promise: over, resolve, reject } = Promise.withResolvers<void>();
  over.catch(() => undefined); // it may reject before anybody waits for it
  stopping.signal.addEventListener('abort', () => resolve(), { once: true });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);

  const consumer = kafka.consumer({
    groupId: group,
    // The default of kafkajs and librdkafka, but not of Java: said here, because everything depends on it.
    readUncommitted: false,
    sessionTimeout: sessionMs,
    heartbeatInterval: Math.round(sessionMs / 4),
    maxWaitTimeInMs: 250,
    allowAutoTopicCreation: false,
  });
  // By default kafkajs ends a consumer in silence when it meets an error that it takes for final.
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) reject(payload.error);
  });
  try {
    await consumer.connect();
    // Of a group without offsets: from the beginning, else what comes before its first assignment is missed.
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      partitionsConsumedConcurrently: PARTITIONS_AT_ONCE,
      eachMessage: async ({ partition, message: { offset, key, value }, heartbeat }) => {
        try {
          await alive(heartbeat, sessionMs, stopping.signal, async (signal) => {
            const record = value === null ? null : await decode(value);
            await handle({ topic, partition, offset, key: String(key), record }, signal);
          });
        } catch (error) {
          if (!(error instanceof kafkajs.KafkaJSError)) reject(error);
          throw error;
        }
      },
    });
    await over;
  } finally {
    stop();
    // Leaving hands the partitions over at once. Where that takes too long the session runs out instead.
    await Promise.race([consumer.disconnect(), pause(LEAVE_MS, undefined, { ref: false })]);
  }
}

/** Heartbeats while the work goes on. A heartbeat that fails, as it does when the group is rebalanced, aborts the work with that error. */
async function alive(
  heartbeat: () => Promise<void>,
  sessionMs: number,
  stopping: AbortSignal,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const lost = new AbortController();
  const beat = setInterval(() => heartbeat().catch((error: unknown) => lost.abort(error)), sessionMs / 8);
  try {
    await work(AbortSignal.any([stopping, lost.signal]));
  } finally {
    clearInterval(beat);
  }
}
