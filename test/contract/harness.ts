/**
 * What the contract suites (source, sink, logs) ask of an adapter under test. The real and the in-memory adapter each give one harness, and each
 * suite runs on both: `sinkContract('kafka', harness)`, `sinkContract('memory', harness)`.
 * Boundary: says what is needed, not how; holds no vendor's type.
 */
import type { Clock, LogRecord, Logs, OutRecord, Sinks, Source, TopicPartition } from '../../src/engine/ports.ts';
import type { Resource } from '../../src/stack/resource.ts';
import type { FaultyLink } from '../support/proxy.ts';

/** One fresh application: its own empty topics, group and transactional ids. */
export interface World {
  /** N, at least 2: every topic here has N partitions */
  readonly shards: number;
  /** topics that the source reads, beside `reroute` and `journal` */
  readonly inputs: readonly [string, string];
  readonly reroute: string;
  readonly journal: string;
  /** an output topic: nobody but `read` consumes it */
  readonly output: string;
  readonly sinks: Sinks;
  readonly logs: Logs;
  /** A new member of the application's group, not started. What is not stopped by the test is stopped with the world. */
  source(): Source;
  /** Appends records outside any transaction, in order; the offset of the first. */
  produce(records: readonly OutRecord[]): Promise<number>;
  /** Writes records in a transaction of a stranger, and leaves it open. */
  begin(records: readonly OutRecord[]): Promise<OpenTransaction>;
  /** All committed records of a partition, from its start to its last stable offset, read by other means than `source`. */
  read(from: TopicPartition): Promise<LogRecord[]>;
  stop(): Promise<void>;
}

/** What a suite may ask of the topics that are made for it. */
export interface WorldOptions {
  /** N; the harness's own number unless given */
  readonly shards?: number;
  /** settings of the input topics, by Kafka's names */
  readonly inputs?: Readonly<Record<string, string>>;
  /** the brokers stamp the journal's records, as the engine needs it; true unless given */
  readonly journalAppendTime?: boolean;
}

/** A transaction of a stranger, which has written and is open. */
export interface OpenTransaction {
  commit(): Promise<void>;
  abort(): Promise<void>;
}

export interface Harness {
  /** The largest value that a topic takes, in bytes: the suite writes one that is larger, and expects it refused. */
  readonly maxRecordBytes: number;
  /** Bound on any single wait, in ms. */
  readonly patience: number;
  world(options?: WorldOptions): Promise<World>;
}

export interface HurtWorld extends World {
  /** The client under test once more, of the same application, as another worker has it: all that it asks and is told goes over the rig's link. */
  readonly hurt: { readonly sinks: Sinks; readonly logs: Logs; source(): Source };
}

/** Servers of the suite's own. `World` and the strangers do not use the link, so what it holds back can be looked at from outside. */
export interface LinkRig {
  readonly link: Pick<FaultyLink, 'setDelay' | 'cut' | 'hold' | 'resume'>;
  /** the time in which the link delays and the client waits: what is timed is timed by it */
  readonly clock: Clock;
  world(options?: WorldOptions): Promise<HurtWorld>;
}

export interface LinkHarness<R extends LinkRig = LinkRig> extends Harness {
  /** ms: the client's transactions; the outcome of a commit is there within it */
  readonly transactionTimeoutMs: number;
  rig(): Promise<Resource<R>>;
}
