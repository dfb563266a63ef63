/**
 * A consumer of committed records that keeps no place in Kafka: of a group of its own, which has one member, so every partition is its own, and which is
 * removed at the end.
 */
import { randomUUID } from 'node:crypto';
import type { Consumer } from 'kafkajs';
import type { Logger } from 'pino';
import { createClient, createSockets, type KafkaSettings } from './client.ts';
import { asError } from './errors.ts';
import { within } from './sinks.ts';

const STOP_MS = 5_000;

export interface Reading {
  readonly consumer: Consumer;
  /** Leaves and removes the group, within a bound; never throws. Whoever calls it again gets the same answer: what is closed must not be opened again. */
  stop(): Promise<void>;
}

/** `what` it is for stands in the group's name. */
export function createReading(config: KafkaSettings, log: Logger, what: string): Reading {
  const groupId = `${config.applicationId}-${what}-${randomUUID().slice(0, 8)}`;
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
    maxWaitTimeInMs: 100,
    sessionTimeout: 10_000,
    allowAutoTopicCreation: false,
  });
  let stopped: Promise<void> | null = null;
  return {
    consumer,
    stop: () => {
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
