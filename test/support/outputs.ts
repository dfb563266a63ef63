/**
 * What the topics of an application say: all that is committed, read to the end by a group of its own, decoded.
 */
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { createClient } from '../../src/adapters/kafka/client.ts';
import { recordsOf } from '../../src/adapters/kafka/fetched.ts';
import type { KafkaAdmin } from '../../src/adapters/kafka/index.ts';
import { avroType } from '../../src/codec/schemas.ts';
import type { AlertRecord, DeadLetterRecord, ProfileRecord, SchemaName, SegmentChangeRecord } from '../../src/codec/types.ts';
import type { Config } from '../../src/config/config.ts';
import type { LogRecord } from '../../src/engine/ports.ts';
import { made } from '../../src/engine/records.ts';

interface Read {
  readonly config: Config;
  readonly admin: KafkaAdmin;
}

/** A record of a topic, with where it stands. */
export interface Taken {
  readonly partition: number;
  readonly record: LogRecord;
}

/** With its record's key and partition, and the id that its reader goes by. */
type Keyed<R> = R & { readonly partition: number; readonly key: string; readonly id: string };

export interface Outputs {
  readonly changes: readonly Keyed<SegmentChangeRecord>[];
  readonly profiles: readonly ProfileRecord[];
  readonly alerts: readonly Keyed<AlertRecord>[];
  readonly deadLetters: readonly DeadLetterRecord[];
}

const log = pino({ level: process.env.RAPPORT_TEST_LOG ?? 'silent' });

/** A reader that joins a group on a broker that has just come back may be given nothing: a second one reads the same. */
const READ_SECONDS = 40;

/** All committed records of a topic, partition by partition in log order. */
export async function readTopic(of: Read, topic: string): Promise<Taken[]> {
  try {
    return await readOnce(of, topic);
  } catch (error) {
    if (!(error instanceof Unread)) throw error;
    console.warn(`${error.message}; reading it anew`);
    return readOnce(of, topic);
  }
}

class Unread extends Error {}

async function readOnce({ config, admin }: Read, topic: string): Promise<Taken[]> {
  const ends = await admin.ends(topic);
  const open = new Set(ends.flatMap(({ start, end }, partition) => (end > start ? [partition] : [])));
  if (open.size === 0) return [];
  const group = `${config.applicationId}-read-${randomUUID().slice(0, 8)}`;
  const consumer = createClient(config.kafka, log, {
    clientId: group,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 50, retries: 8 },
  }).consumer({ groupId: group, readUncommitted: false, maxWaitTimeInMs: 50, sessionTimeout: 10_000, allowAutoTopicCreation: false });
  const found: Taken[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  promise.catch(() => undefined);
  const late = setTimeout(
    () => reject(new Unread(`${topic}: partitions ${[...open]} were not read to their end in ${READ_SECONDS} s`)),
    READ_SECONDS * 1_000,
  );
  await consumer.connect();
  try {
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch }) => {
        for (const record of made(recordsOf(batch))) found.push({ partition: batch.partition, record });
        if (Number(batch.lastOffset()) >= (ends[batch.partition]?.end ?? 0) - 1) open.delete(batch.partition);
        if (open.size === 0) resolve();
      },
    });
    await promise;
  } finally {
    clearTimeout(late);
    await consumer.disconnect();
    await admin.deleteGroup(group);
  }
  return found.sort((a, b) => a.partition - b.partition || a.record.offset - b.record.offset);
}

/** Everything in the output topics but the KPIs, which go on. */
export async function readOutputs(app: Read): Promise<Outputs> {
  const { segmentChanges, profiles, alerts, deadLetters } = app.config.topics;
  const topics = [segmentChanges, profiles, alerts, deadLetters];
  const [changes = [], pictures = [], said = [], letters = []] = await Promise.all(topics.map((topic) => readTopic(app, topic)));
  return {
    changes: changes.map(keyed<SegmentChangeRecord>('out/segment-change')),
    profiles: pictures.map(({ record }) => decoded<ProfileRecord>('out/profile', record)),
    alerts: said.map(keyed<AlertRecord>('out/alert')),
    deadLetters: letters.map(({ record }) => decoded<DeadLetterRecord>('out/dead-letter', record)),
  };
}

const keyed =
  <R>(schema: SchemaName) =>
  ({ partition, record }: Taken): Keyed<R> => ({
    ...decoded<R>(schema, record),
    partition,
    key: String(record.key),
    id: String(record.headers.find(({ key }) => key === 'ce_id')?.value),
  });

/** Behind the magic byte and the schema's id stands a record of the schema that this release has registered. */
export function decoded<R>(schema: SchemaName, { value }: LogRecord): R {
  if (value === null) throw new Error('an output without a value');
  return avroType(schema).fromBuffer(value.subarray(5));
}
