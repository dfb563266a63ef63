/**
 * What a run has left behind, for the checker: what stood in every topic, in Redis, in the logs. Boundary: no server and no engine; the simulation and the
 * chaos runs each gather it in their own way, and one checker judges both.
 */
import type { CustomerId, Instant } from '../../src/domain/ids.ts';
import type { Settings } from '../../src/engine/engine.ts';
import type { Decoder, DueCustomer, Encoder, LogRecord, Meta, Stored, TopicPartition } from '../../src/engine/ports.ts';

/** The committed records of a topic by partition, each in offset order. */
export type Partitions = readonly (readonly LogRecord[])[];

export interface Evidence {
  readonly settings: Settings;
  /** the codec with the schemas' ids that the workers used, so that replayed outputs are compared byte for byte */
  readonly decoder: Decoder;
  readonly encoder: Encoder;
  /** bounds of the workers that decide what a step's totals fold (`foldedCells`) and what is in the future */
  readonly limits: { readonly foldedCells: number; readonly future: number };
  /** whether KPIs, alerts about the business and thresholds were published */
  readonly publishes: boolean;
  /**
   * Every topic (inputs, reroute, journal, outputs) as a read_committed reader saw it from before the first worker until after the drain, as it grew: so what the cleaner
   * has deleted since is in it.
   */
  readonly seen: ReadonlyMap<string, Partitions>;
  /** The same topics read anew after the drain: of the journal and reroute what is left. */
  readonly kept: ReadonlyMap<string, Partitions>;
  /** Redis after the drain, by shard; null: no current generation */
  readonly stores: readonly (StoreImage | null)[];
  /** what readers of Redis saw during the run */
  readonly samples: readonly Sample[];
  /** all that was written beside the topics: log lines, what commands printed, metrics */
  readonly words: readonly { readonly where: string; readonly text: string }[];
  /** texts that stand in customers' comments alone, lower case (V9) */
  readonly canaries: readonly string[];
  /** customers' ids, which may stand in outputs but in no log (V9) */
  readonly customers?: readonly string[];
  /** input records that no decoder, fold or broker may take, all of them (V6) */
  readonly poison: readonly (TopicPartition & { readonly offset: number })[];
  /** how workers ended by themselves, and how that was to be expected (V10): `expected` null: it was not to end */
  readonly ends: readonly {
    readonly worker: string;
    readonly code: number | string;
    readonly said: string;
    readonly expected: RegExp | null;
  }[];
  /** how far a worker's notion of the brokers' clock may be off, ms: no step is later by its own account than it was appended (V1), nothing is said too early (V5). Null or none: 1,000 */
  readonly clockSlackMs?: number | null;
  /**
   * How much older than the instant at which it was asked for an input's end may be, ms, where the inputs' timestamps are append times of the brokers' clock: W must keep
   * behind them (V1). Null or none: they are what producers say
   */
  readonly endSlackMs?: number | null;
  /** from the healing of the last fault until all was drained, ms (V7); null: never */
  readonly drainedAfterMs: number | null;
  /** the servers' instant from which on nobody had a reason to take a shard over (V7); null: there is none */
  readonly calmAfter?: Instant | null;
  /**
   * what is older was in the inputs before the first worker, keyed by customer and in order within each partition: then every customer's are taken in order (V8). Null or
   * none: nothing is promised
   */
  readonly orderedUntil?: Instant | null;
}

/** The whole current generation of a shard. */
export interface StoreImage {
  readonly meta: Meta;
  /** reserved keys too */
  readonly states: ReadonlyMap<CustomerId, Stored>;
  readonly due: readonly DueCustomer[];
}

/** One atomic read during the run: where a shard stood, and some of its states (null: not there). */
export interface Sample {
  readonly shard: number;
  readonly meta: Meta | null;
  readonly states: ReadonlyMap<CustomerId, Stored | null>;
  /** any origin, ms; for the message */
  readonly at: Instant;
}

export type CheckName = 'V1' | 'V2' | 'V3' | 'V4' | 'V5' | 'V6' | 'V7' | 'V8' | 'V9' | 'V10';

/** Something that must not be. */
export interface Violation {
  readonly check: CheckName;
  /** topic, partition, offset, shard, customer: what there is */
  readonly where: string;
  readonly what: string;
}
