/**
 * A plain producer for generated load and demonstrations: idempotent, partition named by the caller, no transactions. Not for the engine's outputs.
 */
import type { Logger } from 'pino';
import { createClient, type KafkaSettings } from './client.ts';
import { reactionTo } from './errors.ts';
import { Sent } from './sent.ts';
import { within } from './sinks.ts';

export interface PlainRecord {
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: Readonly<Record<string, Buffer>>;
  /** ms; absent: the time of sending */
  readonly timestamp?: number;
}

export interface PlainProducer {
  /** Sends in order and waits until all replicas have it. kafkajs is slow above some 500 records per partition and call. */
  produce(topic: string, records: readonly PlainRecord[]): Promise<void>;
}

/** kafkajs needs time in the square of the records of one partition in a call. */
const CALL_RECORDS = 500;

/** As long as it takes, unless told. */
const PATIENTLY = { requestTimeout: 30_000, retries: Number.MAX_SAFE_INTEGER };

export async function createPlainProducer(
  config: KafkaSettings,
  log: Logger,
  { requestTimeout, retries } = PATIENTLY,
): Promise<{ value: PlainProducer; stop(): Promise<void> }> {
  const client = createClient(config.kafka, log, {
    clientId: `${config.applicationId}-producer`,
    requestTimeout,
    retry: { initialRetryTime: 50, retries: Math.min(retries, 8) },
  });
  const producer = client.producer({
    idempotent: true,
    retry: { retries },
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? Number.NaN,
  });
  try {
    await producer.connect();
  } catch (error) {
    throw reactionTo(error, 'connecting a producer');
  }
  return {
    value: {
      async produce(topic, records) {
        try {
          for (const messages of callsOf(records)) {
            await producer.send({
              topic,
              acks: -1,
              messages: messages.map((record) => sentOf(record)),
            });
          }
        } catch (error) {
          throw reactionTo(error, `producing to ${topic}`);
        }
      },
    },
    stop: () => within(producer.disconnect(), 5_000, 'closing a producer').catch(() => undefined),
  };
}

function sentOf({ partition, key, value, headers = {}, timestamp = Date.now() }: PlainRecord): Sent {
  return new Sent(
    { partition, key, value, headers: Object.entries(headers).map(([name, bytes]) => ({ key: name, value: bytes })) },
    timestamp,
  );
}

/** Cuts the records so that no partition has more than its share in a call; a partition's order stays. */
function callsOf(records: readonly PlainRecord[]): PlainRecord[][] {
  const calls: PlainRecord[][] = [];
  const taken = new Map<number, number>();
  for (const record of records) {
    const before = taken.get(record.partition) ?? 0;
    taken.set(record.partition, before + 1);
    const call = Math.floor(before / CALL_RECORDS);
    const list = calls[call] ?? [];
    calls[call] = list;
    list.push(record);
  }
  return calls;
}
