/**
 * A second engine, small and slow: it makes every step again from what its journal header says and the input topics hold, and nothing else (I9).
 * Shares the pure fold, the totals' sums and the codecs with the engine; how records are merged, what W is at each of them and which timers fire, it finds by
 * itself. Boundary: it makes; what was written is compared by steps.ts. It goes on from the states that the journal holds, so that one wrong step is told once.
 */
import { shardOf } from '../../src/codec/murmur2.ts';
import { DAYS_KEY } from '../../src/codec/totals.ts';
import type { CustomerId, Instant } from '../../src/domain/ids.ts';
import { foldStep } from '../../src/engine/fold.ts';
import type { Item } from '../../src/engine/input.ts';
import type { InputPosition, JournalEntry, JournalHeader } from '../../src/engine/journal.ts';
import type { TakenItem } from '../../src/engine/merge.ts';
import type { OutRecord, TopicPartition } from '../../src/engine/ports.ts';
import { planTotals } from '../../src/engine/totals.ts';
import { indexAt, named } from './bytes.ts';
import type { Evidence } from './evidence.ts';
import type { Inputs, Partition } from './inputs.ts';
import type { Step } from './journal.ts';

/** `newest`: the running maximum of event time in its input before it; −∞ where there was none */
export type Replayed = TakenItem & { readonly newest: number };

export interface ReplayedStep {
  readonly step: Step;
  /** in the chain */
  readonly index: number;
  readonly before: JournalHeader;
  readonly taken: readonly Replayed[];
  /** W behind the last record: an end that was reached with it may have lifted W further */
  readonly watermark: Instant;
  /** all but what is carried or published */
  readonly entries: readonly JournalEntry[];
  readonly records: readonly OutRecord[];
  /** source topics in which a foreign record was met */
  readonly notKeyed: readonly string[];
  /** of each input, the running maximum of event time; null where nothing with a time was ever taken */
  readonly newest: ReadonlyMap<string, number | null>;
  /** as the step before has left them; the next step's are these with the entries of the journal */
  readonly states: ReadonlyMap<CustomerId, Buffer>;
}

type Of = Pick<Evidence, 'settings' | 'encoder' | 'limits'>;

/** An input as the journal's positions tell it: what a step took of it, and how far it had come. */
interface Lane {
  readonly partition: Partition;
  readonly end: Instant | null;
  newest: number;
  next: number;
  readonly until: number;
}

const NOTHING = Number.NEGATIVE_INFINITY;

export function* replay({ settings, encoder, limits }: Of, inputs: Inputs, shard: number, steps: readonly Step[]): Generator<ReplayedStep> {
  const states = new Map<CustomerId, Buffer>();
  const stateOf = (key: CustomerId): Buffer | null => states.get(key) ?? null;
  for (const [index, step] of steps.entries()) {
    const before = steps[index - 1]?.header;
    if (before === undefined || step.header.kind === 'claim') continue;
    const { header, entries } = step;
    const future = (header.now + limits.future) as Instant;
    const lanes = lanesOf(inputs, before, header);
    const { taken, watermark } = merge(lanes, header.since, future);
    const refused = new Set(header.refused.map((each) => `${named(each)}@${each.offset}`));
    const timers = entries.filter(({ cause }) => cause === 'timer').map(({ customer }) => customer);
    const folded = foldStep({ items: taken, watermark: header.watermark, now: header.now, future }, timers, stateOf, {
      shard,
      caughtUpAt: header.caughtUpAt,
      reroute: settings.topics.reroute,
      encoder,
      policy: settings.policy,
      thresholds: header.thresholds,
      shardOf: (customer) => shardOf(customer, settings.shards),
      refused: ({ input, record }) => refused.size > 0 && refused.has(`${named(input.tp)}@${record.offset}`),
    });
    const { sums } = folded;
    const totals = sums.size === 0 ? [] : planTotals(sums, stateOf(DAYS_KEY), header.watermark, limits.foldedCells).entries(stateOf);
    const newest = new Map(lanes.map((lane) => [named(lane.partition), lane.newest === NOTHING ? null : lane.newest]));
    const { records, notKeyed } = folded;
    yield { step, index, before, taken, watermark, entries: [...folded.entries, ...totals], records, notKeyed, newest, states };
    for (const { customer, state } of entries) {
      if (state === null) states.delete(customer);
      else states.set(customer, state);
    }
  }
}

/** What a step took of each input: from the position before up to its own. In the order in which ties are decided. */
function lanesOf(inputs: Inputs, before: JournalHeader, header: JournalHeader): Lane[] {
  const from = new Map<string, InputPosition>(before.positions.map((position) => [named(position), position]));
  const lanes: Lane[] = [];
  for (const position of header.positions) {
    const partition = inputs.of(position);
    // a source that is read no longer
    if (partition === null) continue;
    const known = from.get(named(position));
    const next = indexAt(partition.records, known?.next ?? 0);
    const until = indexAt(partition.records, position.next);
    lanes.push({ partition, end: position.end, newest: known?.newest ?? NOTHING, next, until });
  }
  return lanes.sort((a, b) => compare(a.partition, b.partition));
}

const compare = (a: TopicPartition, b: TopicPartition): number =>
  a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1;

/** The merge order and W, as design.md says them. */
function merge(lanes: readonly Lane[], since: Instant, future: Instant): { taken: Replayed[]; watermark: Instant } {
  const taken: Replayed[] = [];
  let watermark: Instant = since;
  for (;;) {
    let first: Lane | null = null;
    let least = 0;
    for (const lane of lanes) {
      if (lane.next >= lane.until) continue;
      const time = Math.max(lane.newest, timeOf(lane, future));
      if (first !== null && time >= least) continue;
      first = lane;
      least = time;
    }
    if (first === null) return { taken, watermark };
    taken.push({ item: itemOf(first), watermark, newest: first.newest });
    first.newest = least;
    first.next += 1;
    let bound = Number.POSITIVE_INFINITY;
    for (const { end, newest, partition } of lanes) bound = Math.min(bound, end ?? (partition.rerouted ? 0 : Math.max(0, newest)));
    if (bound > watermark) watermark = bound as Instant;
  }
}

function timeOf({ partition, next }: Lane, future: Instant): number {
  const decoded = partition.decoded[next];
  return decoded?.outcome === 'event' && decoded.event.at <= future ? decoded.event.at : NOTHING;
}

function itemOf({ partition, next }: Lane): Item {
  const [record, origin, decoded] = [partition.records[next], partition.origins[next], partition.decoded[next]];
  if (record === undefined || origin === undefined || decoded === undefined) throw new Error(`${named(partition)} has no record ${next}`);
  // The fold asks an item's input for nothing but its place.
  return { input: { tp: { topic: partition.topic, partition: partition.partition } } as Item['input'], record, origin, decoded };
}
