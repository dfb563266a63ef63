/**
 * Reads topics from their beginning and goes on with what comes, read_committed, for those who look at outputs: the demo, tests.
 * Boundary: a group of its own that commits nothing and is removed at the end.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { LogRecord, TopicPartition } from '../../engine/ports.ts';
import { createClient, type KafkaSettings } from './client.ts';
import { asError, reactionTo } from './errors.ts';
import { FetchedMessage } from './fetched.ts';
import { within } from './sinks.ts';

export type OnRecord = (from: TopicPartition, record: LogRecord) => void;

export async function followTopics(
  config: KafkaSettings,
  log: Logger,
  topics: readonly string[],
  onRecord: OnRecord,
): Promise<{ stop(): Promise<void> }> {
  const groupId = `${config.applicationId}-read-${randomUUID().slice(0, 8)}`;
  const client = createClient(config.kafka, log, {
    clientId: groupId,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 50, retries: 8 },
  });
  const consumer = client.consumer({
    groupId,
    readUncommitted: false,
    maxWaitTimeInMs: 100,
    sessionTimeout: 10_000,
    allowAutoTopicCreation: false,
  });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...topics], fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { topic, partition, messages } }) => {
        for (const message of messages) if (message instanceof FetchedMessage) onRecord({ topic, partition }, message.record);
      },
    });
  } catch (error) {
    await close().catch((failure) => log.debug({ error: asError(failure).message }, 'the reader did not close'));
    throw reactionTo(error, `reading ${topics.join(', ')}`);
  }
  let stopped: Promise<void> | null = null;
  return {
    // Whoever started it may stop it before all is stopped: what it has closed must not be opened again.
    stop: () => {
      stopped ??= within(close(), 5_000, 'closing a reader').catch((error) =>
        log.debug({ error: asError(error).message }, 'the reader did not close in time'),
      );
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
