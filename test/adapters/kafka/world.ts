/** Fresh topics on a real Kafka for the contract suites and the tests of this adapter; and strangers that write and read beside it. */
import { randomUUID } from 'node:crypto';
import kafkajs, { type Kafka as Client, type Transaction } from 'kafkajs';
import { type Logger, pino } from 'pino';
import { recordsOf } from '../../../src/adapters/kafka/fetched.ts';
import { createAdmin, createKafka, type KafkaAdmin, type KafkaSettings } from '../../../src/adapters/kafka/index.ts';
import { Sent } from '../../../src/adapters/kafka/sent.ts';
import { within } from '../../../src/adapters/kafka/sinks.ts';
import { topicsOf } from '../../../src/config/topics.ts';
import type { LogRecord, Logs, OutRecord, Sinks, Source, TopicPartition } from '../../../src/engine/ports.ts';
import { made } from '../../../src/engine/records.ts';
import type { ClientWorld } from '../../contract/client-harness.ts';
import type { OpenTransaction, WorldOptions } from '../../contract/harness.ts';
import { until } from '../../contract/recorder.ts';

export const MAX_RECORD_BYTES = 100_000;
const MARKER_MS = 20_000;
const STRANGER_MS = 5_000;
export const log = pino({ level: process.env.RAPPORT_TEST_LOG ?? 'silent' });

/** Makes the client under test: `createKafka` of src/adapters/kafka, or what stands in its place. */
export type CreateClient = (
  settings: KafkaSettings,
  log: Logger,
) => { readonly value: { readonly source: Source; readonly sinks: Sinks; readonly logs: Logs }; stop(): Promise<void> };

export interface KafkaWorld extends ClientWorld {
  readonly settings: KafkaSettings;
  readonly admin: KafkaAdmin;
  readonly client: Client;
  /** The client under test once more, of the same application; whoever asks for it stops it. */
  another(): ReturnType<CreateClient>;
}

export interface KafkaWorldOptions extends WorldOptions {
  /** the client under test; this repository's adapter unless given. All else here is done by the strangers, whatever it is. */
  readonly create?: CreateClient;
  readonly settings?: Partial<KafkaSettings>;
  /** where the client under test begins, if that is elsewhere than for the strangers: `host:port[,host:port]` */
  readonly behind?: string;
  /** copies of each topic; the brokers' default unless given */
  readonly copies?: number;
}

export function settingsOf(bootstrap: string, shards: number): KafkaSettings {
  const applicationId = `t${randomUUID().slice(0, 8)}`;
  return {
    applicationId,
    shards,
    kafka: { brokers: bootstrap.split(','), tls: null, sasl: null },
    topics: topicsOf(applicationId),
    sources: [
      { type: 'purchase', topic: `${applicationId}.in-a`, format: 'json', keyedByCustomer: true },
      { type: 'survey', topic: `${applicationId}.in-b`, format: 'json', keyedByCustomer: true },
    ],
    sessionTimeoutMs: 6_000,
    transactionTimeoutMs: 10_000,
  };
}

export async function kafkaWorld(bootstrap: string, options: KafkaWorldOptions = {}): Promise<KafkaWorld> {
  const shards = options.shards ?? 2;
  const settings = { ...settingsOf(bootstrap, shards), ...options.settings };
  const [a, b] = settings.sources.map(({ topic }) => topic);
  if (a === undefined || b === undefined) throw new Error('two inputs are needed');
  const { journal, reroute, segmentChanges: output } = settings.topics;
  const admin = createAdmin(settings, log);
  const { copies, journalAppendTime = true } = options;
  const fewer = copies === undefined ? {} : { 'min.insync.replicas': String(copies) };
  const topic = (name: string, configs: Readonly<Record<string, string>>) => ({
    topic: name,
    partitions: shards,
    replicationFactor: copies ?? -1,
    configs: { ...configs, ...fewer },
  });
  await admin.value.ensureTopics([
    topic(a, options.inputs ?? {}),
    topic(b, options.inputs ?? {}),
    topic(reroute, {}),
    topic(journal, { 'message.timestamp.type': journalAppendTime ? 'LogAppendTime' : 'CreateTime' }),
    topic(output, { 'max.message.bytes': String(MAX_RECORD_BYTES) }),
  ]);
  const client = new kafkajs.Kafka({
    clientId: 'stranger',
    brokers: [...settings.kafka.brokers],
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: 3_000,
    // Of a broker that is frozen nothing comes: kafkajs waits for half a minute unless told otherwise, and asks it again for a group that it led.
    requestTimeout: STRANGER_MS,
  });
  const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  const create = options.create ?? createKafka;
  const begun = (options.behind ?? bootstrap).split(',');
  const another = () => create({ ...settings, kafka: { ...settings.kafka, brokers: begun } }, log);
  const kafka = another();
  const stops: (() => Promise<void>)[] = [() => kafka.stop(), () => producer.disconnect()];
  /** The log's end, what is undecided included: a marker moves it, whatever else is open. */
  const endOf = (at: TopicPartition): Promise<number> => admin.value.logEnd(at);

  return {
    settings,
    admin: admin.value,
    client,
    another,
    shards,
    inputs: [a, b],
    reroute,
    journal,
    output,
    sinks: kafka.value.sinks,
    logs: kafka.value.logs,
    source(): Source {
      const { source } = another().value;
      stops.push(() => source.stop());
      return source;
    },
    async produce(records) {
      const metadata = await producer.sendBatch({ topicMessages: grouped(records) });
      return Number(metadata[0]?.baseOffset ?? -1);
    },
    async gzip({ topic, partition }, value) {
      await producer.send({ topic, compression: kafkajs.CompressionTypes.GZIP, messages: [{ partition, value }] });
    },
    async begin(records) {
      const { transaction, stop } = await beginTransaction(client);
      await transaction.sendBatch({ topicMessages: grouped(records) });
      const end = async (how: () => Promise<void>): Promise<void> => {
        const before = await Promise.all(records.map(endOf));
        await how();
        await stop();
        // The markers are written after the answer: wait until they are there.
        for (const [i, at] of records.entries()) {
          await until('the marker', MARKER_MS, async () => (await endOf(at)) > (before[i] ?? 0));
        }
      };
      return { commit: () => end(() => transaction.commit()), abort: () => end(() => transaction.abort()) };
    },
    async beginOffsets(offsets): Promise<OpenTransaction> {
      const { transaction, stop } = await beginTransaction(client);
      const topics = [...new Set(offsets.map(({ topic }) => topic))].map((topic) => ({
        topic,
        partitions: offsets.filter((of) => of.topic === topic).map(({ partition, offset }) => ({ partition, offset: String(offset) })),
      }));
      await transaction.sendOffsets({ consumerGroupId: settings.applicationId, topics });
      return { commit: () => transaction.commit().then(stop), abort: () => transaction.abort().then(stop) };
    },
    read: (from) => readAll(client, admin.value, from),
    async stop() {
      await Promise.all(stops.map((stop) => stop()));
      await admin.value.deleteTopics([a, b, reroute, journal, output]);
      await admin.stop();
    },
  };
}

async function beginTransaction(client: Client): Promise<{ transaction: Transaction; stop(): Promise<void> }> {
  const stranger = client.producer({
    transactionalId: randomUUID(),
    transactionTimeout: 30_000,
    maxInFlightRequests: 1,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  await stranger.connect();
  return { transaction: await stranger.transaction(), stop: () => stranger.disconnect() };
}

function grouped(records: readonly OutRecord[]) {
  const topics = [...new Set(records.map(({ topic }) => topic))];
  return topics.map((topic) => ({
    topic,
    messages: records.filter((one) => one.topic === topic).map((one) => new Sent(one, Date.now())),
  }));
}

/** of reading what is there, ms */
const READ_MS = 20_000;

/** Reads with a consumer of a group of its own. */
async function readAll(client: Client, logs: KafkaAdmin, { topic, partition }: TopicPartition): Promise<LogRecord[]> {
  const { start, end } = (await logs.ends(topic))[partition] ?? { start: 0, end: 0 };
  if (start === end) return [];
  const consumer = client.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100, sessionTimeout: 6_000 });
  const found: LogRecord[] = [];
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    const read = new Promise<void>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => payload.restart || reject(payload.error));
      consumer
        .run({
          autoCommit: false,
          eachBatch: async ({ batch }) => {
            if (batch.partition !== partition) return;
            found.push(...made(recordsOf(batch)).filter(({ offset }) => offset < end));
            if (Number(batch.lastOffset()) >= end - 1) resolve();
          },
        })
        .catch(reject);
    });
    // A group whose coordinator hangs may never begin: whoever looks again, looks with another one.
    await within(read, READ_MS, `reading ${topic}`);
  } finally {
    await consumer.disconnect();
  }
  return found;
}
