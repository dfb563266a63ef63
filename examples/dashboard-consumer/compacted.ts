/**
 * A compacted topic as a map that follows it: the newest record of each key, without those whose newest is a tombstone.
 * Every reader needs all partitions from their beginning each time it starts, so its group is its own and commits nothing.
 */
import { randomUUID } from 'node:crypto';
import type { Rapport } from '../lib/rapport.ts';

export interface Compacted<R> {
  readonly view: ReadonlyMap<string, R>;
  /** Resolves when everything has been read once that was there at the start: before, old values show, and keys that have been removed since. */
  readonly caughtUp: Promise<void>;
  /** Rejects when reading has failed for good. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

export async function readCompacted<R>(
  { kafka, applicationId, decoder }: Rapport,
  { topic, schema }: { readonly topic: string; readonly schema: string },
  onChange: () => void,
): Promise<Compacted<R>> {
  const decode = decoder<R>(schema);
  const view = new Map<string, R>();
  const groupId = `${applicationId}-dashboard-${randomUUID()}`;
  const caughtUp = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => undefined); // its reader gets it, if there is one

  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic);
  /** by partition: the offset up to which has to be read, of those where anything is */
  const missing = new Map(
    ends.filter(({ low, high }) => BigInt(high) > BigInt(low)).map(({ partition, high }) => [partition, BigInt(high)]),
  );

  const consumer = kafka.consumer({ groupId, readUncommitted: false, maxWaitTimeInMs: 250, allowAutoTopicCreation: false });
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) failed.reject(payload.error);
  });
  // Not the offset of the last record that was seen: the end of a log is a transaction's marker, which is never shown, and may be aborted records.
  consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { partition, lastOffset } }) => {
    if (BigInt(lastOffset) + 1n >= (missing.get(partition) ?? 0n)) missing.delete(partition);
    if (missing.size === 0) caughtUp.resolve();
  });
  if (missing.size === 0) caughtUp.resolve();
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ message: { key, value } }) => {
      try {
        if (value === null) view.delete(String(key));
        else view.set(String(key), await decode(value));
      } catch (error) {
        failed.reject(error);
        throw error;
      }
      onChange();
    },
  });
  return {
    view,
    caughtUp: caughtUp.promise,
    failed: failed.promise,
    async stop() {
      await consumer.disconnect();
      // It holds no offsets, and nobody will come back to it.
      await admin.deleteGroups([groupId]);
      await admin.disconnect();
    },
  };
}
