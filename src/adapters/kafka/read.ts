/**
 * Reads topics from their beginning and goes on with what comes, read_committed, for those who look at outputs: the demo, tests.
 */
import type { Logger } from 'pino';
import type { LogRecord, TopicPartition } from '../../engine/ports.ts';
import { made } from '../../engine/records.ts';
import type { KafkaSettings } from './client.ts';
import { reactionTo } from './errors.ts';
import { recordsOf } from './fetched.ts';
import { createReading } from './reading.ts';

export type OnRecord = (from: TopicPartition, record: LogRecord) => void;

export async function followTopics(
  config: KafkaSettings,
  log: Logger,
  topics: readonly string[],
  onRecord: OnRecord,
): Promise<{ stop(): Promise<void> }> {
  const { consumer, stop } = createReading(config, log, 'read');
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const record of made(recordsOf(batch))) onRecord({ topic: batch.topic, partition: batch.partition }, record);
      },
    });
  } catch (error) {
    await stop();
    throw reactionTo(error, `reading ${topics.join(', ')}`);
  }
  return { stop };
}
