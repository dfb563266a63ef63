/**
 * What commands work through. Made by main.ts, the only file that knows the adapters; the engine's ports and a little more.
 */
import type { Logger } from 'pino';
import type { OutputReader } from '../codec/output-reader.ts';
import type { CommandRecord } from '../codec/types.ts';
import type { Config, SourceConfig } from '../config/config.ts';
import type { CustomerId } from '../domain/ids.ts';
import type { Decoder, Encoder, LogRecord, Logs, Meta, Sinks, Source, StateStore, Stored, TopicPartition } from '../engine/ports.ts';
import type { TailEvents } from '../http/ports.ts';
import type { InputRecord } from '../sources/index.ts';

export interface Resource<T> {
  readonly value: T;
  stop(): Promise<void>;
}

export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

/** The engine's `Logs`, and what is needed to create, check and remove topics. */
export interface TopicAdmin extends Logs {
  ensureTopics(specs: readonly TopicSpec[]): Promise<string[]>;
  deleteTopics(topics: readonly string[]): Promise<void>;
  deleteGroup(group: string): Promise<void>;
  /** each as `client id at host` */
  groupMembers(group: string): Promise<string[]>;
  partitions(topic: string): Promise<number | null>;
  topicConfig(topic: string): Promise<Record<string, string>>;
}

export interface CustomerStore extends StateStore {
  readCustomer(shard: number, customer: CustomerId): Promise<{ readonly meta: Meta; readonly stored: Stored | null } | null>;
  removeAll(): Promise<number>;
}

export interface Schemas {
  readonly decoder: Decoder;
  readonly encoder: Encoder;
  inputs(): Promise<(source: SourceConfig, event: InputRecord) => Buffer>;
  removeSubjects(): Promise<void>;
}

export interface ProducedRecord {
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export interface Producer {
  /** Sends in order and waits until all replicas have it. */
  produce(topic: string, records: readonly ProducedRecord[]): Promise<void>;
}

/** Nothing is connected before it is used. Each part that is started is stopped with the rest. */
export interface Connections {
  readonly source: Source;
  readonly sinks: Sinks;
  readonly logs: TopicAdmin;
  readonly store: CustomerStore;
  /** Registers the outputs' schemas; Retryable when the registry is away. */
  schemas(): Promise<Schemas>;
  producer(): Promise<Producer>;
  /** For single records: answers within some seconds, Retryable where that is not known. */
  commandProducer(): Promise<Producer>;
  /** Makes a command's value; Retryable when the registry is away. */
  commandEncoder(): Promise<(record: CommandRecord) => Buffer>;
  /** Reads topics from their beginning and goes on, read_committed, until all is stopped. */
  follow(topics: readonly string[], onRecord: (from: TopicPartition, record: LogRecord) => void): Promise<Resource<null>>;
  /** Reads topics from positions that the caller keeps, read_committed, until it is stopped; its user stops it. */
  tail(topics: readonly string[], events: TailEvents): Promise<{ stop(): Promise<void> }>;
  /** Reads output records; registers nothing. */
  reader(): Promise<OutputReader>;
}

export type Connect = (config: Config, log: Logger) => Promise<Resource<Connections>>;
