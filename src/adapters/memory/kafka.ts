/**
 * A Kafka in memory: topics, transactions, fencing, groups. For tests and the test driver; one instance is one cluster, shared by the ports of several
 * workers. Boundary: what a broker does; the ports on it are source.ts, sinks.ts and logs.ts. Keeps I1 (one epoch per transactional id) and I2 (a
 * transaction's records become visible together) as a broker does.
 */
import type { Ends, LogRecord, TopicPartition } from '../../engine/ports.ts';
import { type Later, MemoryGroup } from './group.ts';
import { MemoryLog, type Transaction } from './log.ts';

export interface TopicOptions {
  /** `message.timestamp.type=LogAppendTime` */
  readonly appendTime?: boolean;
  /** `max.message.bytes`; a larger record is refused */
  readonly maxMessageBytes?: number;
}

/** What a plain producer writes. Strings are UTF-8; the timestamp is the cluster's clock unless given. */
export interface PlainRecord {
  readonly key?: Buffer | string | null;
  readonly value: Buffer | string | null;
  readonly headers?: LogRecord['headers'];
  readonly timestamp?: number;
}

/** What a cluster does by itself, and when; a real one's brokers take their time. */
export interface MemoryKafkaOptions {
  /** How many brokers share the partitions; 1 unless given. */
  readonly brokers?: number;
  /** runs what a broker does later: the assignment of a group; a turn of the event loop unless given */
  readonly later?: Later;
  /** writes the outcome of a transaction into one of the partitions that it touched; at once unless given */
  readonly marker?: Later;
  /**
   * asked at each question about offsets, by topic or group: whether it comes to a broker that was cut off and does not know yet that another leads, and so
   * answers as of the last `remember`; never unless given
   */
  readonly stale?: (of: string) => boolean;
}

/** Where a log begins, is decided, and ends. */
interface Bounds {
  readonly start: number;
  readonly stable: number;
  readonly end: number;
}

/** A newer holder has initialised the transactional id. */
export class ProducerFenced extends Error {}
/** The outcome of the transaction before is not written everywhere yet: ask again. */
export class TransactionEnding extends Error {}
/** The broker refuses the record and always will. */
export class RecordRefused extends Error {}

interface Topic {
  readonly logs: readonly MemoryLog[];
  readonly appendTime: boolean;
  readonly maxMessageBytes: number;
}

const bytes = (text: Buffer | string | null | undefined): Buffer | null => (typeof text === 'string' ? Buffer.from(text) : (text ?? null));

export class MemoryKafka {
  readonly #now: () => number;
  readonly #topics = new Map<string, Topic>();
  readonly #producers = new Map<string, MemoryProducer>();
  readonly #groups = new Map<string, MemoryGroup>();
  readonly #listeners = new Set<() => void>();
  readonly #later: Later;
  readonly marker: Later;
  readonly #brokers: number;
  readonly #stale: (of: string) => boolean;
  #remembered = new Map<string, readonly Bounds[]>();

  /** @param now the brokers' clock, ms since the epoch */
  constructor(now: () => number, options: MemoryKafkaOptions = {}) {
    this.#now = now;
    this.#brokers = options.brokers ?? 1;
    this.#stale = options.stale ?? (() => false);
    this.#later = options.later ?? ((_, action) => void setImmediate(action));
    this.marker = options.marker ?? ((_, action) => action());
  }

  now(): number {
    return this.#now();
  }

  createTopic(name: string, partitions: number, options: TopicOptions = {}): void {
    if (this.#topics.has(name)) throw new Error(`topic ${name} exists`);
    const logs = Array.from({ length: partitions }, () => new MemoryLog());
    this.#topics.set(name, { logs, appendTime: options.appendTime ?? false, maxMessageBytes: options.maxMessageBytes ?? 1_048_588 });
  }

  /** A topic gets more partitions, up to `count`. Members of a group find them when they join again. */
  addPartitions(name: string, count: number): void {
    const topic = this.#topic(name);
    const logs = [...topic.logs];
    while (logs.length < count) logs.push(new MemoryLog());
    this.#topics.set(name, { ...topic, logs });
  }

  deleteTopic(name: string): void {
    this.#topics.delete(name);
  }

  partitions(topic: string): number {
    return this.#topic(topic).logs.length;
  }

  /** Writes without a transaction, as applications that feed the inputs do. Returns the offset. */
  append(topic: string, partition: number, record: PlainRecord): number {
    const { key, value, headers = [], timestamp = this.now() } = record;
    const offset = this.write({ topic, partition }, { key: bytes(key), value: bytes(value), headers, timestamp }, null);
    this.changed();
    return offset;
  }

  /** All committed records that are still there. */
  records(topic: string, partition: number): readonly LogRecord[] {
    const log = this.log({ topic, partition });
    return log.read(log.start).records;
  }

  /** What a broker that is cut off from now on goes on to answer. */
  remember(): void {
    const boundsOf = ({ start, stable, end }: MemoryLog): Bounds => ({ start, stable, end });
    this.#remembered = new Map([...this.#topics].map(([name, { logs }]) => [name, logs.map(boundsOf)]));
    for (const group of this.#groups.values()) group.remember();
  }

  /** Start and last stable offset of each partition. */
  ends(topic: string): Ends[] {
    return this.#bounds(topic).map(({ start, stable }) => ({ start, end: stable }));
  }

  /** The end of a partition, with what is undecided. */
  logEnd({ topic, partition }: TopicPartition): number {
    const bounds = this.#bounds(topic)[partition];
    if (bounds === undefined) throw new Error(`topic ${topic} has no partition ${partition}`);
    return bounds.end;
  }

  #bounds(topic: string): readonly Bounds[] {
    const { logs } = this.#topic(topic);
    return (this.#stale(topic) ? this.#remembered.get(topic) : undefined) ?? logs;
  }

  /** What a group has committed for a partition; null: nothing. */
  groupOffset(group: string, of: TopicPartition): number | null {
    return this.group(group).offset(of, this.#stale(group));
  }

  deleteBefore(of: TopicPartition, offset: number): void {
    this.log(of).deleteBefore(offset);
  }

  /** The broker that leads a partition. */
  leader(of: TopicPartition): number {
    return of.partition % this.#brokers;
  }

  /**
   * Initialises a transactional id: its previous holder is fenced, and what that left open is aborted. Throws TransactionEnding while the outcome of
   * its last transaction is being written.
   */
  producer(transactionalId: string): MemoryProducer {
    const before = this.#producers.get(transactionalId);
    before?.fence();
    if (before?.ending === true) throw new TransactionEnding(transactionalId);
    const producer = new MemoryProducer(this);
    this.#producers.set(transactionalId, producer);
    return producer;
  }

  /** Aborts what was begun before an instant of the brokers' clock and is still open, and fences its producer: the time-out of transactions. */
  timeOut(before: number): void {
    for (const producer of this.#producers.values()) if (producer.begun < before) producer.fence();
  }

  group(id: string): MemoryGroup {
    let group = this.#groups.get(id);
    if (group === undefined) {
      group = new MemoryGroup(this.#later);
      this.#groups.set(id, group);
    }
    return group;
  }

  log(of: TopicPartition): MemoryLog {
    const log = this.#topic(of.topic).logs[of.partition];
    if (log === undefined) throw new Error(`topic ${of.topic} has no partition ${of.partition}`);
    return log;
  }

  write(to: TopicPartition, record: Omit<LogRecord, 'offset'>, transaction: Transaction | null): number {
    const { appendTime, maxMessageBytes } = this.#topic(to.topic);
    const size = (record.key?.length ?? 0) + (record.value?.length ?? 0);
    if (size > maxMessageBytes) throw new RecordRefused(`a record of ${size} bytes is too large for ${to.topic}`);
    const { key, value, headers } = record;
    return this.log(to).append({ key, value, headers, timestamp: appendTime ? this.now() : record.timestamp }, transaction);
  }

  /** Calls back after anything that consumers could now read. Returns how to stop that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  changed(): void {
    for (const listener of this.#listeners) listener();
  }

  #topic(name: string): Topic {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw new Error(`there is no topic ${name}`);
    return topic;
  }
}

/** One epoch of one transactional id. Every call throws ProducerFenced once a newer one has been initialised. */
export class MemoryProducer {
  readonly #kafka: MemoryKafka;
  #transaction: Transaction | null = null;
  #fenced = false;
  /** the instant at which the open transaction was begun */
  begun = Number.POSITIVE_INFINITY;
  /** partitions that still wait for the outcome of the last transaction */
  #owed = 0;

  constructor(kafka: MemoryKafka) {
    this.#kafka = kafka;
  }

  /** Writes within the open transaction, beginning one if there is none. Contiguous: no other producer comes between. */
  send(to: TopicPartition, records: readonly Omit<LogRecord, 'offset'>[]): number[] {
    this.#check();
    if (this.ending) throw new TransactionEnding('the outcome of the transaction before is being written');
    if (this.#transaction === null) this.begun = this.#kafka.now();
    this.#transaction ??= { state: 'open', touched: new Set() };
    const transaction = this.#transaction;
    return records.map((record) => this.#kafka.write(to, record, transaction));
  }

  /** The outcome of its last transaction is not written everywhere yet. */
  get ending(): boolean {
    return this.#owed > 0;
  }

  end(state: 'committed' | 'aborted'): void {
    this.#check();
    this.#end(state);
  }

  fence(): void {
    this.#end('aborted');
    this.#fenced = true;
  }

  #end(state: 'committed' | 'aborted'): void {
    const transaction = this.#transaction;
    if (transaction === null) return;
    transaction.state = state;
    this.#transaction = null;
    this.begun = Number.POSITIVE_INFINITY;
    this.#owed = transaction.touched.size;
    for (const log of transaction.touched) {
      this.#kafka.marker('marker', () => {
        log.mark(transaction);
        this.#owed -= 1;
        this.#kafka.changed();
      });
    }
  }

  #check(): void {
    if (this.#fenced) throw new ProducerFenced('a newer producer holds the transactional id');
  }
}
