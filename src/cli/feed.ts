/**
 * Sends events to the input topics that have our fields, in order, in batches; the customer's partition by Kafka's default partitioner. Waits for the brokers before it
 * takes more (back-pressure). Bounded in memory.
 */
import { murmur2 } from '../codec/murmur2.ts';
import type { Config, SourceConfig } from '../config/config.ts';
import type { TypedRecord } from '../sources/index.ts';
import type { ProducedRecord, Producer, Schemas } from './connections.ts';

type Encode = Awaited<ReturnType<Schemas['inputs']>>;
/** An event, or bytes to be sent as they are. */
type Sendable = TypedRecord & { readonly raw?: Uint8Array };

const MOST = 2_000;

export class Feed {
  readonly #sources: ReadonlyMap<string, SourceConfig>;
  readonly #producer: Producer;
  readonly #encode: Encode;
  readonly #partitions: (topic: string) => number;
  #waiting = new Map<string, ProducedRecord[]>();
  #count = 0;
  sent = 0;

  /** @param partitions of a topic; as many as there are shards unless told */
  constructor(config: Config, producer: Producer, encode: Encode, partitions: (topic: string) => number = () => config.shards) {
    this.#sources = new Map(config.sources.flatMap((source) => (source.map === undefined ? [[source.type, source]] : [])));
    this.#producer = producer;
    this.#encode = encode;
    this.#partitions = partitions;
  }

  async send(event: Sendable): Promise<void> {
    const source = this.#sources.get(event.type);
    if (source === undefined) throw new Error(`the configuration has no source of ${event.type}`);
    const key = Buffer.from(event.record.customerId);
    const value = event.raw === undefined ? this.#encode(source, event) : Buffer.from(event.raw);
    const partition = (murmur2(key) & 0x7fffffff) % this.#partitions(source.topic);
    const waiting = this.#waiting.get(source.topic) ?? [];
    this.#waiting.set(source.topic, waiting);
    waiting.push({ partition, key, value });
    this.#count += 1;
    if (this.#count >= MOST) await this.flush();
  }

  async flush(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = new Map();
    this.#count = 0;
    await Promise.all([...waiting].map(([topic, records]) => this.#producer.produce(topic, records)));
    for (const records of waiting.values()) this.sent += records.length;
  }
}
