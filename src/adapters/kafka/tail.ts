/**
 * Reads topics from positions that its user keeps, read_committed, batch by batch: for read models. Boundary: a group of its own that commits nothing and is removed at
 * the end; it has one member, so every partition is its own. Positions are asked for at every join, since a rejoin forgets them.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { LogRecord, TopicPartition } from '../../engine/ports.ts';
import { createClient, createSockets, type KafkaSettings } from './client.ts';
import { asError, reactionTo } from './errors.ts';
import { recordsOf } from './fetched.ts';
import { within } from './sinks.ts';

const MAX_WAIT_MS = 100;
const STOP_MS = 5_000;

export interface TailEvents {
  /** Where the reading of a partition begins, asked again whenever it has to start over. */
  from(of: TopicPartition): number;
  /** Records in offset order, and the offset behind all that the batch covers. The next batch comes when it is resolved; rejecting ends the reading. */
  batch(of: TopicPartition, records: readonly LogRecord[], next: number): Promise<void>;
  /** The reading has ended by itself; called once. */
  ended(error: Error): void;
}

/** Throws Retryable when the brokers are away, Halt when they refuse. */
export async function tailTopics(
  config: KafkaSettings,
  log: Logger,
  topics: readonly string[],
  events: TailEvents,
): Promise<{ stop(): Promise<void> }> {
  const groupId = `${config.applicationId}-serve-${randomUUID().slice(0, 8)}`;
  const sockets = createSockets();
  const client = createClient(config.kafka, log, {
    clientId: groupId,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 50, retries: 8 },
    socketFactory: sockets.factory,
  });
  const consumer = client.consumer({
    groupId,
    readUncommitted: false,
    maxWaitTimeInMs: MAX_WAIT_MS,
    sessionTimeout: 10_000,
    allowAutoTopicCreation: false,
  });
  let over = false;
  const end = (error: Error): void => {
    if (over) return;
    over = true;
    events.ended(error);
  };
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    if (over) return;
    // Before the first fetch of the new generation.
    for (const [topic, partitions] of Object.entries(payload.memberAssignment)) {
      for (const partition of partitions) consumer.seek({ topic, partition, offset: String(events.from({ topic, partition })) });
    }
  });
  consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) => {
    if (over) return;
    if (restart) log.warn({ error: error.message }, 'the consumer lost its brokers and joins again');
    else end(reactionTo(error, `reading ${topics.join(', ')}`));
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: async ({ batch, isStale, resolveOffset }) => {
        if (over || isStale()) return;
        const next = Number(batch.lastOffset()) + 1;
        try {
          await events.batch({ topic: batch.topic, partition: batch.partition }, recordsOf(batch, 0), next);
        } catch (error) {
          end(asError(error));
          return;
        }
        resolveOffset(batch.lastOffset());
      },
    });
  } catch (error) {
    over = true;
    await close().catch((failure) => log.debug({ error: asError(failure).message }, 'the reader did not close'));
    sockets.cut();
    throw reactionTo(error, `reading ${topics.join(', ')}`);
  }
  let stopped: Promise<void> | null = null;
  return {
    stop: () => {
      over = true;
      stopped ??= within(close(), STOP_MS, 'closing a reader')
        .catch((error) => log.debug({ error: asError(error).message }, 'the reader did not close in time'))
        .then(() => sockets.cut());
      return stopped;
    },
  };

  async function close(): Promise<void> {
    await consumer.disconnect();
    const admin = client.admin();
    await admin.connect();
    try {
      await admin.deleteGroups([groupId]);
    } finally {
      await admin.disconnect();
    }
  }
}
