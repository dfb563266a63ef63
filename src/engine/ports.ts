/**
 * What the engine asks of the world: a source of records, a transactional sink, a state store, a clock, a codec.
 * Each port has a real adapter and an in-memory one, and one contract suite that runs on both. No vendor's type crosses this line.
 *
 * Offsets are numbers: 2^53 records a partition is 285,000 years at a thousand a second.
 * A port reports trouble by throwing `Retryable` (away for now), `Fenced` or `Halt` (engine/errors.ts); anything else is a defect.
 */
import type { Decision } from '../domain/decision.ts';
import type { CustomerId, Instant } from '../domain/ids.ts';
import type { Kpi } from '../domain/kpi-values.ts';
import type { ThresholdsVersion } from '../domain/thresholds.ts';
import type { DeadLetter, DecisionContext, Header, OutRecord, TopicPartition } from '../outputs/record.ts';
import type { Decoded, Passed } from '../sources/decoded.ts';

export type { DeadLetter, DecisionContext, Header, Origin, OutRecord, TopicPartition } from '../outputs/record.ts';
export type { Decoded, Passed } from '../sources/decoded.ts';

/**
 * The header of a record that stands for a whole batch which could not be unpacked (a codec's bomb, corrupt bytes): no value, at the batch's last
 * offset. Its value says which offsets and why.
 */
export const UNREADABLE_HEADER = 'rapport-unreadable-batch';

/** A committed record as it stands in a log. */
export interface LogRecord {
  readonly offset: number;
  /** the record's own timestamp (create or append time), ms; may be nonsense */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly Header[];
}

/** Records in the order of their offsets, as an array has them: but an adapter may make each when it is asked for, so that thousands can wait as bytes. */
export interface Records {
  readonly length: number;
  /** about what they hold in memory; not given: what their keys and values do */
  readonly bytes?: number;
  at(index: number): LogRecord | undefined;
  slice(from: number, to: number): Records;
}

/* ------------------------------------------------------------------ source */

export interface SourceEvents {
  /**
   * The group has (re)joined and these shards are ours. Called synchronously before any batch of the new generation, so what is
   * paused and sought inside takes effect before the first fetch. The adapter has forgotten positions (a rejoin does): every assigned
   * partition arrives paused, and must be sought before it is resumed.
   */
  assigned(shards: readonly number[]): void;
  /** The group is rebalancing: no promise about who owns what until `assigned`. */
  rebalancing(): void;
  /** A heartbeat of the current generation has succeeded. */
  heartbeat(): void;
  /**
   * Committed records of one partition in offset order, each ≥ the position sought or last reached; `next` is the offset after all that
   * the answer covered, markers and aborted records included (so `records` may be empty). Returns how many records were accepted: the
   * adapter goes on after the last accepted one, and fetches the others again. Must not wait.
   */
  batch(from: TopicPartition, records: Records, next: number): number;
  /** The client gave up; the process should end. */
  crashed(error: Error): void;
}

/** The consumer group's member. Topics: all inputs, `reroute` and `journal`; shard p owns their partitions q with q mod N = p. */
export interface Source {
  start(events: SourceEvents): Promise<void>;
  /** Takes effect at the next fetch; a fetch under way is dropped. */
  seek(to: TopicPartition, offset: number): void;
  /** Each partition by name; idempotent. */
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** Plain group offsets for lag tools. Never read back (design: group offsets). Best effort: rejects never. */
  commitOffsets(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void>;
  /** Leaves the group, so that another member takes over at once. */
  stop(): Promise<void>;
}

/* -------------------------------------------------------------------- logs */

export interface Ends {
  /** first offset still there */
  readonly start: number;
  /** the last stable offset: all before it is decided */
  readonly end: number;
}

/** Questions about logs, and the deletion of what the cleaner has carried. */
export interface Logs {
  /** `Ends` of every partition of a topic, by partition number. */
  ends(topic: string): Promise<Ends[]>;
  /** Where one partition's log ends, undecided records included: above `Ends.end` while a transaction there is neither committed nor aborted. */
  logEnd(of: TopicPartition): Promise<number>;
  /** Deletes records before an offset. */
  deleteBefore(of: TopicPartition, offset: number): Promise<void>;
  /** Whether the application's group has a committed offset for any of these partitions. */
  hasGroupOffsets(partitions: readonly TopicPartition[]): Promise<boolean>;
}

/* -------------------------------------------------------------------- sink */

export type CommitOutcome =
  /** `offset` is that of the transaction's first journal record, `at` the broker's append time of it */
  | { readonly outcome: 'committed'; readonly offset: number; readonly at: Instant }
  /** it may or may not have happened: throw the sink away and take over again; a cause that is Fenced says that another holds the transactional id */
  | { readonly outcome: 'unknown'; readonly cause: Error }
  /** it did not happen and would not if repeated as it is (a record too large, a corrupt record): aborted, the sink is used up */
  | { readonly outcome: 'refused'; readonly cause: Error };

/**
 * One producer under one transactional id, good until its first outcome that is not `committed` (I12).
 * Keeps: the journal's records are sent first and alone, contiguous; no request is in flight when `commit` returns `committed`.
 */
export interface TransactionalSink {
  /**
   * `journal`: the parts of one step, in order, for partition `shard` of the journal topic; `records`: all else, in order per partition; `at`: the offset that
   * the first part must get, or nothing is committed, and the outcome is `unknown`.
   */
  commit(journal: readonly Buffer[], records: readonly OutRecord[], timestamp: Instant, at?: number): Promise<CommitOutcome>;
  close(): Promise<void>;
}

export interface Sinks {
  /** Initialises the shard's transactional id: fences its previous holder and resolves what that left open. Throws Retryable or Fenced. */
  open(shard: number): Promise<TransactionalSink>;
}

/* ------------------------------------------------------------------- store */

export interface Meta {
  /** the offset of the claim under which these states were built */
  readonly generation: number;
  /** the next journal offset to apply */
  readonly next: number;
  /** the header (engine/journal.ts, encoded) of the last applied journal record; empty before the first */
  readonly header: Buffer;
}

export interface Stored {
  /** the journal offset that wrote it */
  readonly offset: number;
  readonly state: Buffer;
}

export interface DueCustomer {
  /** never a reserved key */
  readonly customer: CustomerId;
  readonly due: Instant;
}

export interface ApplyEntry {
  /** or a reserved key */
  readonly customer: CustomerId;
  /** the journal offset (of the step's first part) that wrote it */
  readonly offset: number;
  /** null when erased */
  readonly state: Buffer | null;
  /** null: nothing is due; remove it */
  readonly due: Instant | null;
}

export interface Chunk {
  readonly generation: number;
  /** the chunk is applied only while `next` of that generation is this */
  readonly at: number;
  /** how many entries of the step are in the chunks before this one; it is applied only while all of these are (I7: a failover may have taken some back) */
  readonly from: number;
  /** all totals of a step are in its last chunk, so that readers never see them apart from the position */
  readonly entries: readonly ApplyEntry[];
  /** on the last chunk of a step: move `next` here and keep the header */
  readonly to: { readonly next: number; readonly header: Buffer } | null;
}

/** A KPI total as it stands in the store, under its reserved key (codec/totals.ts). */
export interface StoredTotal extends Stored {
  readonly key: string;
}

/** The states of every customer of a shard as of the last committed steps (I5–I7), and its KPI totals, which are stored as customers are. */
export interface StateStore {
  /** Throws Halt when the server must not be trusted with state (maxmemory-policy is not noeviction, too old), Retryable when away. */
  check(): Promise<void>;
  /** The current generation's meta, or null when there is none. */
  meta(shard: number): Promise<Meta | null>;
  /**
   * Meta and states in one atomic read; `states[i]` belongs to `customers[i]`. Also the customers due at or before `until` (at most
   * `limit`, by due, then customer) and the least due after those. A generation that is not current gives no states and meta as it is.
   */
  load(
    shard: number,
    generation: number,
    customers: readonly CustomerId[],
    until: Instant,
    limit: number,
  ): Promise<{
    readonly meta: Meta | null;
    readonly states: readonly (Stored | null)[];
    readonly due: readonly DueCustomer[];
    readonly nextDue: Instant | null;
  }>;
  /**
   * What stands under reserved keys in the current generation and was written at a journal offset > `after`, by offset, then key; in one atomic read with
   * meta. At most `limit`, but all of the last one's offset, so that `after` may be the greatest offset of an answer; `more` says that later ones
   * are left. What is erased is not listed: which cells there are, the total under DAYS_KEY says, which is written whenever a day goes. So a
   * reader that asks until `more` is false, and each time only for what is later, has all totals as of that meta (I7). When the generation is another
   * than in its last answer it begins again from −1 with nothing, since a new one may have lost what was erased.
   */
  totals(
    shard: number,
    after: number,
    limit: number,
  ): Promise<{ readonly meta: Meta | null; readonly cells: readonly StoredTotal[]; readonly more: boolean }>;
  /** Atomic per chunk. `rejected`: the generation is neither current nor being built, its `next` is not `at`, or entries before `from` are not there. Applying a chunk twice is harmless. */
  apply(shard: number, chunk: Chunk): Promise<'applied' | 'rejected'>;
  /** Begins to build `generation`, empty, with `next` = `from`. Accepts only a generation greater than the current and the one being built. */
  build(shard: number, generation: number, from: number): Promise<'started' | 'rejected'>;
  /**
   * Makes the generation being built current, if its `next` is `at` (a failover may have taken back what was applied to it); readers see the old one
   * until here. Again changes nothing.
   */
  promote(shard: number, generation: number, at: number): Promise<'promoted' | 'rejected'>;
  /** Removes what is left of generations that are neither current nor being built. Long; safe to repeat and to interrupt. */
  sweep(shard: number): Promise<void>;
  /** The owner's watermark over its own sources; null: the shard has no partition of a source that is not keyed, counts as infinite. */
  writeOwn(shard: number, watermark: Instant | null): Promise<void>;
  /** `…:own` of all shards: an instant, `null` for infinite, `undefined` where none is known. */
  readOwns(shards: number): Promise<readonly (Instant | null | undefined)[]>;
  stop(): Promise<void>;
}

/* ------------------------------------------------------------------- clock */

export interface Clock {
  /** monotonic milliseconds, any origin */
  monotonic(): number;
  /** the host's wall clock; only ever compared with the broker's, and used before the first commit */
  wall(): Instant;
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/* ------------------------------------------------------------------- codec */

export interface Decoder {
  /** Fetches what the records' decoding needs (writer schemas by id) into a bounded cache. Throws Retryable when the registry is away. */
  prepare(topic: string, records: readonly LogRecord[]): Promise<void>;
  /** Pure given what was prepared; never throws for bad input. `topic` is the source topic (of a rerouted record: its origin's). */
  decode(topic: string, record: LogRecord): Decoded | Passed;
}

/** Decisions to records, with registered schemas. Synchronous: schemas are registered at start. */
export interface Encoder {
  decision(decision: Decision | Kpi | ThresholdsVersion, context: DecisionContext): OutRecord;
  deadLetter(letter: DeadLetter, context: DecisionContext): OutRecord;
}

/* --------------------------------------------------------------------- log */

/** Structured log lines: they name shard and offset, and hold no personal data. pino satisfies it. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
