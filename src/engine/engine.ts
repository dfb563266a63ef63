/**
 * What every part of the engine shares: the ports it works through, the settings it works by, the limits it works within.
 */
import type { Config } from '../config/config.ts';
import type { DeadReason } from '../sources/decoded.ts';
import type { Clock, Decoder, Encoder, Logger, Logs, Sinks, Source, StateStore } from './ports.ts';
import type { PublisherOf } from './publication.ts';

export interface Ports {
  readonly source: Source;
  readonly sinks: Sinks;
  readonly logs: Logs;
  readonly store: StateStore;
  readonly decoder: Decoder;
  readonly encoder: Encoder;
  readonly clock: Clock;
  readonly log: Logger;
}

export type Settings = Pick<
  Config,
  'applicationId' | 'shards' | 'sources' | 'topics' | 'policy' | 'policyHash' | 'policyText' | 'guardMs' | 'transactionTimeoutMs'
>;

/** What a committed step did; the engine counts, others show. */
export interface StepReport {
  readonly shard: number;
  readonly offset: number;
  /** input records taken, and output records written */
  readonly records: number;
  /** of these, how many had been rerouted here */
  readonly fromReroute: number;
  readonly outputs: number;
  readonly folded: number;
  readonly duplicates: number;
  readonly rerouted: number;
  readonly deadLetters: number;
  /** records that the mapping of their source does not ask for */
  readonly passedOver: number;
  readonly timers: number;
  readonly changes: number;
  /** records of customers' alerts */
  readonly alerts: number;
  readonly carried: number;
  readonly measured: StepMeasures;
}

/** What became of the input records of one topic: the one in which they first entered. */
export interface SourceCounts {
  folded: number;
  duplicates: number;
  rerouted: number;
  passedOver: number;
  readonly dead: Map<DeadReason, number>;
}

/** What a committed step took, for whoever watches. Each is one figure a step, whatever the number of records. */
export interface StepMeasures {
  /** ms from where its states were asked for to where its commit was answered, and of the commit alone */
  readonly ms: number;
  readonly commitMs: number;
  /** of its journal record */
  readonly journalBytes: number;
  /** customers that were due when it looked; at most `stepTimers` of those that only the store knows */
  readonly due: number;
  readonly sources: ReadonlyMap<string, SourceCounts>;
  /** output records by topic */
  readonly topics: ReadonlyMap<string, number>;
  /** states that were at hand, and that the store was asked for */
  readonly cacheHits: number;
  readonly cacheMisses: number;
  /** ms until the commit, of the live record that waited longest: since its event occurred, and since its log got it; null: none was live */
  readonly sinceOccurredMs: number | null;
  readonly sinceAppendedMs: number | null;
}

/** What else is told to whoever watches. Synchronous; must not throw. */
export interface Watch {
  /** A transaction's outcome is not that it is committed. */
  commitFailed(shard: number, outcome: 'unknown' | 'refused'): void;
  /** `ms` from its first question to where its store stood at the claim; `rebuilt`: from the whole journal, since the store had lost the shard */
  takenOver(shard: number, ms: number, rebuilt: boolean): void;
  /** A holding of a shard has ended with an error, or a takeover has failed. */
  broke(shard: number, reaction: 'retryable' | 'fenced' | 'halt'): void;
}

export interface Engine {
  readonly ports: Ports;
  readonly settings: Settings;
  readonly limits: Limits;
  readonly onStep: (report: StepReport) => void;
  readonly watch?: Watch;
  /** makes what publishes the totals of all shards, for each holding of shard 0; without it none are published */
  readonly publisherOf?: PublisherOf;
}

/** Bounds. None is a setting: a step takes what has piled up, within these. */
export const LIMITS = {
  /** records and bytes of one step */
  stepRecords: 2_000,
  stepBytes: 4 << 20,
  /** records of one input that are decoded at a time */
  decodeRecords: 250,
  /** customers fired by time in one step */
  stepTimers: 1_000,
  /** records and bytes waiting in one inbox before its partition is paused; resumed below half */
  inboxRecords: 16_000,
  inboxBytes: 4 << 20,
  /** cells of KPI totals, of days that are past, that a step folds into the base; a whole day at least */
  foldedCells: 2_000,
  /** steps committed and not yet applied to Redis */
  applies: 4,
  /** customers of one apply chunk */
  chunk: 500,
  /** bytes of one journal record */
  journalPart: 512 << 10,
  /** bytes of states an owner keeps at hand, per shard */
  cacheBytes: 8 << 20,
  /** a journal smaller than this is left alone */
  journalLeast: 8 << 20,
  /** the cleaner starts when the journal is this many times its states */
  journalFactor: 3,
  /** an event this far ahead of `now` is a dead letter, ms */
  future: 5 * 60_000,
  /** a host clock this far off the broker's is logged, ms */
  clockSkew: 60_000,
};

/** Bounds of the engine; tests use small ones to see many steps. */
export type Limits = Readonly<typeof LIMITS>;
