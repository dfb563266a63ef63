/** What a committed step did, in figures: one report a step. Boundary: counts what is there and allocates nothing for a record. */
import type { Instant } from '../domain/ids.ts';
import type { StepMeasures, StepReport } from './engine.ts';
import type { Folded } from './fold.ts';
import type { JournalEntry } from './journal.ts';
import type { Batch } from './merge.ts';
import type { OutRecord } from './ports.ts';

interface Done extends Pick<StepMeasures, 'due' | 'cacheHits' | 'cacheMisses'> {
  readonly batch: Batch;
  readonly folded: Folded;
  readonly entries: readonly JournalEntry[];
  /** monotonic ms at which its states were asked for */
  readonly begun: number;
}

interface Took extends Pick<StepMeasures, 'journalBytes'> {
  /** monotonic ms at which the commit was asked for and answered */
  readonly sent: number;
  readonly answered: number;
  /** the broker's clock at the commit */
  readonly at: Instant;
  readonly caughtUpAt: Instant | null;
}

export function reportOf(shard: number, offset: number, done: Done, records: readonly OutRecord[], took: Took): StepReport {
  const { batch, folded, entries, due, cacheHits, cacheMisses } = done;
  let carried = 0;
  for (const { cause } of entries) if (cause === 'carried') carried += 1;
  let fromReroute = 0;
  for (const { item } of batch.items) if (item.origin.topic !== item.input.tp.topic) fromReroute += 1;
  const topics = new Map<string, number>();
  for (const { topic } of records) topics.set(topic, (topics.get(topic) ?? 0) + 1);
  const { sent, answered, at, journalBytes, caughtUpAt } = took;
  const measured: StepMeasures = {
    ms: answered - done.begun,
    commitMs: answered - sent,
    journalBytes,
    due,
    sources: folded.sources,
    topics,
    cacheHits,
    cacheMisses,
    ...latenciesOf(batch, at, caughtUpAt),
  };
  const counts = { records: batch.items.length, fromReroute, outputs: records.length, carried, ...folded.counts };
  return { shard, offset, ...counts, ...became(folded.sources), measured };
}

/** What became of the records, of all topics together. */
function became(sources: Folded['sources']): Pick<StepReport, 'folded' | 'duplicates' | 'rerouted' | 'passedOver' | 'deadLetters'> {
  const all = { folded: 0, duplicates: 0, rerouted: 0, passedOver: 0, deadLetters: 0 };
  for (const { folded, duplicates, rerouted, passedOver, dead } of sources.values()) {
    all.folded += folded;
    all.duplicates += duplicates;
    all.rerouted += rerouted;
    all.passedOver += passedOver;
    for (const count of dead.values()) all.deadLetters += count;
  }
  return all;
}

/** Live is what belongs to the time since the shard first caught up; of history it would only say how old it is. */
function latenciesOf(
  { items, future }: Batch,
  at: Instant,
  since: Instant | null,
): Pick<StepMeasures, 'sinceOccurredMs' | 'sinceAppendedMs'> {
  let occurred = Number.POSITIVE_INFINITY;
  let appended = Number.POSITIVE_INFINITY;
  if (since !== null) {
    for (const { item } of items) {
      const { decoded, origin } = item;
      if (origin.timestamp >= since && origin.timestamp < appended) appended = origin.timestamp;
      if (decoded.outcome !== 'event') continue;
      const { at: when } = decoded.event;
      if (when >= since && when <= future && when < occurred) occurred = when;
    }
  }
  const until = (from: number): number | null => (from === Number.POSITIVE_INFINITY ? null : Math.max(0, at - from));
  return { sinceOccurredMs: until(occurred), sinceAppendedMs: until(appended) };
}
