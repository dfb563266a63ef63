/**
 * The shapes on both sides of an output: what is known beside a decision, and the record that goes out. Pure types.
 */
import type { Instant } from '../domain/ids.ts';
import type { DeadReason } from '../sources/decoded.ts';

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

export interface Header {
  readonly key: string;
  readonly value: Buffer;
}

/** A record to be written. `timestamp` is the same for all of a transaction: the shard's `now`. */
export interface OutRecord extends TopicPartition {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly Header[];
}

/** Where a record first entered: a rerouted record keeps the coordinates of its source topic. */
export interface Origin extends TopicPartition {
  readonly offset: number;
  readonly timestamp: number;
}

/** What a decision's record needs beside the decision. */
export interface DecisionContext {
  readonly shard: number;
  /** the step's `now`; becomes `detectedAt` */
  readonly now: Instant;
  /** `backfill` for instants before it, or while it is null */
  readonly caughtUpAt: Instant | null;
  /** the record that led to it; null for a timer */
  readonly trigger: Origin | null;
}

export interface DeadLetter {
  readonly reason: DeadReason;
  readonly detail: string;
  readonly origin: Origin;
  readonly key: Buffer | null;
  /** null when the bytes themselves were what could not be written */
  readonly value: Buffer | null;
}
