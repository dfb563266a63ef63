/**
 * The journal record: what one step did, whole (I2, I3, I4). One record a step, in parts when it is large.
 * The bytes are made by codec/journal.ts from schemas/internal/journal-*.avsc; this file only says what they mean.
 */
import type { CustomerId, Instant } from '../domain/ids.ts';
import type { Thresholds } from '../domain/thresholds.ts';
import type { TopicPartition } from './ports.ts';

/** Where a shard stands in one input partition, after the step. */
export interface InputPosition extends TopicPartition {
  /** the next offset to take (I4) */
  readonly next: number;
  /** offset and digest of the last record taken: a recreated topic is recognised by it; null before the first */
  readonly last: { readonly offset: number; readonly digest: number } | null;
  /** running maximum of event time taken: the merge's order and the bound while the input is behind; null before the first */
  readonly newest: Instant | null;
  /** the bound that its end gave (request instant − guard), as in force while the step took its records; null while behind */
  readonly end: Instant | null;
}

export interface JournalHeader {
  readonly kind: 'step' | 'claim';
  /** 0 for the first record of the shard, +1 for each */
  readonly sequence: number;
  /** offset of the (first part of the) record before; null for the first of all */
  readonly previous: number | null;
  readonly positions: readonly InputPosition[];
  /** the shard's watermark before the step's first record, which may be later than after the step before; of a claim, both are the same */
  readonly since: Instant;
  /** the shard's watermark after the step */
  readonly watermark: Instant;
  /** the broker's clock as the step used it */
  readonly now: Instant;
  /** when the shard first caught up with all its inputs; null until then */
  readonly caughtUpAt: Instant | null;
  /** hash of the policy in force */
  readonly policy: string;
  /** the policy's text, in the claim that first uses it */
  readonly policyText: string | null;
  /** N */
  readonly shards: number;
  /** records of this step that the broker had refused alone: dead letters, whatever they hold (I9) */
  readonly refused: readonly (TopicPartition & { readonly offset: number })[];
  /** bytes that an entry for each of the shard's current states takes after the step, and of all the journal records before this one: what the cleaner goes by */
  readonly stateBytes: number;
  readonly writtenBytes: number;
  /** input topics in which a record of another shard's customer was seen */
  readonly notKeyed: readonly string[];
  /** of a claim that accepted a gap: who, why, which */
  readonly accepted: { readonly reason: string; readonly what: string } | null;
  /**
   * Of shard 0: the other shards' journal positions up to which their totals are in what was last published; carried from header to header until a
   * publication replaces it. Empty elsewhere.
   */
  readonly read: readonly { readonly shard: number; readonly offset: number }[];
  /** the version of the thresholds that the step's customers took up (I9); never older than in the header before; null: none was known, or the policy has none */
  readonly thresholds: Thresholds | null;
}

/** `total`: under a reserved key (codec/totals.ts), not a customer's */
export type EntryCause = 'event' | 'timer' | 'policy' | 'carried' | 'total';

export interface JournalEntry {
  /** or a reserved key */
  readonly customer: CustomerId;
  readonly cause: EntryCause;
  /** the state's bytes; null when erased */
  readonly state: Buffer | null;
  readonly due: Instant | null;
}
