/**
 * Reads topics from positions that its user keeps, read_committed, batch by batch: for read models. Positions are asked for at every
 * join, since a rejoin forgets them.
 */
import type { Logger } from 'pino';
import type { LogRecord, TopicPartition } from '../../engine/ports.ts';
import { made } from '../../engine/records.ts';
import type { KafkaSettings } from './client.ts';
import { asError, reactionTo } from './errors.ts';
import { recordsOf } from './fetched.ts';
import { createReading } from './reading.ts';

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
  const { consumer, stop } = createReading(config, log, 'serve');
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
          await events.batch({ topic: batch.topic, partition: batch.partition }, made(recordsOf(batch)), next);
        } catch (error) {
          end(asError(error));
          return;
        }
        resolveOffset(batch.lastOffset());
      },
    });
  } catch (error) {
    over = true;
    await stop();
    throw reactionTo(error, `reading ${topics.join(', ')}`);
  }
  return {
    stop: () => {
      over = true;
      return stop();
    },
  };
}
