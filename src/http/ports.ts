/**
 * What the HTTP process asks of the world, given by main.ts and cli/serve.ts: topics to read, one customer from Redis, where the shards stand, commands to pass on. Pure types; no vendor's cross
 * this line. Trouble is told by throwing `Retryable` (away for now) or `Halt`.
 */
import type { OutputReader } from '../codec/output-reader.ts';
import type { CommandRecord } from '../codec/types.ts';
import type { CustomerId } from '../domain/ids.ts';
import type { CustomerState } from '../domain/state.ts';
import type { Ends, LogRecord, TopicPartition } from '../engine/ports.ts';
import type { CustomerAnswer, ShardsAnswer } from './api.ts';

export interface TailEvents {
  /** Where the reading of a partition begins, asked again whenever it has to start over. */
  from(of: TopicPartition): number;
  /**
   * Committed records of one partition in offset order; `next` is the offset behind all that the batch covers, so `records` may be empty. May hold records before what
   * `from` has said. The next batch comes when the promise is resolved. Rejecting ends the reading.
   */
  batch(of: TopicPartition, records: readonly LogRecord[], next: number): Promise<void>;
  /** The reading has ended by itself; called once. */
  ended(error: Error): void;
}

export interface Feed {
  /** `Ends` of every partition, by number. */
  ends(topic: string): Promise<readonly Ends[]>;
  /** Reads topics, read_committed, and goes on with what comes. */
  tail(topics: readonly string[], events: TailEvents): Promise<{ stop(): Promise<void> }>;
  reader(): Promise<OutputReader>;
}

/** A customer of Redis: what `rapport inspect` shows, and the state that it shows. */
export interface Found {
  readonly shown: Omit<CustomerAnswer, 'inSilence' | 'changesWhen' | 'keptUntil'>;
  readonly state: CustomerState;
}

export interface Sources {
  readonly feed: Feed;
  /** Null when no such customer is known. Throws Halt while the shard has no state. */
  customer(id: CustomerId): Promise<Found | null>;
  shards(): Promise<ShardsAnswer['shards']>;
  /**
   * Gives a command, dated now. Resolves once all replicas have it, rejects within some seconds: with Retryable, it may have been taken all the same; with Halt, it has been
   * refused.
   */
  command(command: Omit<CommandRecord, 'occurredAt'>): Promise<void>;
}
