/** Fresh topics on a real Kafka for the contract suites and the tests of this adapter; and strangers that write and read beside it. */
import { randomUUID } from 'node:crypto';
import kafkajs, { type Kafka as Client } from 'kafkajs';
import { pino } from 'pino';
import { FetchedMessage } from '../../../src/adapters/kafka/fetched.ts';
import { createAdmin, createKafka, type KafkaAdmin, type KafkaSettings } from '../../../src/adapters/kafka/index.ts';
import { headersOf } from '../../../src/adapters/kafka/sinks.ts';
import type { LogRecord, OutRecord, Source, TopicPartition } from '../../../src/engine/ports.ts';
import type { World } from '../../contract/harness.ts';

export const MAX_RECORD_BYTES = 100_000;
export const log = pino({ level: process.env.RAPPORT_TEST_LOG ?? 'silent' });

export interface KafkaWorld extends World {
  readonly settings: KafkaSettings;
  readonly admin: KafkaAdmin;
  readonly client: Client;
}

export interface WorldOptions {
  readonly shards?: number;
  readonly configs?: Readonly<Record<string, string>>;
  readonly settings?: Partial<KafkaSettings>;
  /** copies of the journal; the brokers' default unless given */
  readonly journalCopies?: number;
}

export function settingsOf(bootstrap: string, shards: number): KafkaSettings {
  const applicationId = `t${randomUUID().slice(0, 8)}`;
  return {
    applicationId,
    shards,
    kafka: { brokers: bootstrap.split(','), tls: null, sasl: null },
    topics: {
      journal: `${applicationId}.journal`,
      reroute: `${applicationId}.reroute`,
      segmentChanges: `${applicationId}.segment-changes`,
      profiles: `${applicationId}.profiles`,
      alerts: `${applicationId}.alerts`,
      kpis: `${applicationId}.kpis`,
      thresholds: `${applicationId}.thresholds`,
      deadLetters: `${applicationId}.dead-letters`,
    },
    sources: [
      { type: 'purchase', topic: `${applicationId}.in-a`, format: 'json', keyedByCustomer: true },
      { type: 'survey', topic: `${applicationId}.in-b`, format: 'json', keyedByCustomer: true },
    ],
    sessionTimeoutMs: 6_000,
    transactionTimeoutMs: 10_000,
  };
}

export async function kafkaWorld(bootstrap: string, options: WorldOptions = {}): Promise<KafkaWorld> {
  const shards = options.shards ?? 2;
  const settings = { ...settingsOf(bootstrap, shards), ...options.settings };
  const [a, b] = settings.sources.map(({ topic }) => topic);
  if (a === undefined || b === undefined) throw new Error('two inputs are needed');
  const { journal, reroute, segmentChanges: output } = settings.topics;
  const admin = createAdmin(settings, log);
  await admin.value.ensureTopics([
    { topic: a, partitions: shards, configs: options.configs ?? {} },
    { topic: b, partitions: shards, configs: options.configs ?? {} },
    { topic: reroute, partitions: shards, configs: {} },
    {
      topic: journal,
      partitions: shards,
      replicationFactor: options.journalCopies ?? -1,
      configs: {
        'message.timestamp.type': 'LogAppendTime',
        ...(options.journalCopies === undefined ? {} : { 'min.insync.replicas': String(options.journalCopies) }),
      },
    },
    { topic: output, partitions: shards, configs: { 'max.message.bytes': String(MAX_RECORD_BYTES) } },
  ]);
  const client = new kafkajs.Kafka({ clientId: 'stranger', brokers: [...settings.kafka.brokers], logLevel: kafkajs.logLevel.NOTHING });
  const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  const kafka = createKafka(settings, log);
  const stops: (() => Promise<void>)[] = [() => kafka.stop(), () => producer.disconnect()];

  return {
    settings,
    admin: admin.value,
    client,
    shards,
    inputs: [a, b],
    reroute,
    journal,
    output,
    sinks: kafka.value.sinks,
    logs: kafka.value.logs,
    source(): Source {
      const { source } = createKafka(settings, log).value;
      stops.push(() => source.stop());
      return source;
    },
    async produce(records) {
      const metadata = await producer.sendBatch({ topicMessages: grouped(records) });
      return Number(metadata[0]?.baseOffset ?? -1);
    },
    async begin(records) {
      const stranger = client.producer({
        transactionalId: randomUUID(),
        transactionTimeout: 30_000,
        maxInFlightRequests: 1,
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      });
      await stranger.connect();
      const transaction = await stranger.transaction();
      await transaction.sendBatch({ topicMessages: grouped(records) });
      const end = async (how: () => Promise<void>): Promise<void> => {
        const before = await Promise.all(records.map(({ topic }) => kafka.value.logs.ends(topic)));
        await how();
        await stranger.disconnect();
        // The markers are written after the answer: wait until they are there.
        for (const [i, { topic, partition }] of records.entries()) {
          while (((await kafka.value.logs.ends(topic))[partition]?.end ?? 0) <= (before[i]?.[partition]?.end ?? 0)) {
            await new Promise((resolve) => setTimeout(resolve, 5));
          }
        }
      };
      return { commit: () => end(() => transaction.commit()), abort: () => end(() => transaction.abort()) };
    },
    read: (from) => readAll(client, kafka.value.logs, from),
    async stop() {
      await Promise.all(stops.map((stop) => stop()));
      await admin.value.deleteTopics([a, b, reroute, journal, output]);
      await admin.stop();
    },
  };
}

function grouped(records: readonly OutRecord[]) {
  const topics = [...new Set(records.map(({ topic }) => topic))];
  return topics.map((topic) => ({
    topic,
    messages: records
      .filter((one) => one.topic === topic)
      .map(({ key, value, headers, partition }) => ({ key, value, partition, headers: headersOf(headers) })),
  }));
}

/** Reads with a consumer of a group of its own. */
async function readAll(client: Client, logs: KafkaAdmin, { topic, partition }: TopicPartition): Promise<LogRecord[]> {
  const { start, end } = (await logs.ends(topic))[partition] ?? { start: 0, end: 0 };
  if (start === end) return [];
  const consumer = client.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100, sessionTimeout: 6_000 });
  const found: LogRecord[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || reject(payload.error));
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            if (batch.partition !== partition) return;
            for (const message of batch.messages) {
              if (message instanceof FetchedMessage && message.record.offset < end) found.push(message.record);
            }
            if (Number(batch.lastOffset()) >= end - 1) resolve();
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
  return found;
}
