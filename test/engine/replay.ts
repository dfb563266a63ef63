/**
 * A second engine, small and slow: it makes every step again from what its journal header says and the input topics hold, and nothing else (I9).
 * Shares the pure fold and the codecs with the engine; how records are merged, what W is at each of them and which timers fire, it finds by itself.
 */
import { localCodec } from '../../src/codec/local.ts';
import { shardOf } from '../../src/codec/murmur2.ts';
import { DAYS_KEY } from '../../src/codec/totals.ts';
import type { CustomerId, Instant } from '../../src/domain/ids.ts';
import { LIMITS } from '../../src/engine/engine.ts';
import { foldStep } from '../../src/engine/fold.ts';
import type { Item } from '../../src/engine/input.ts';
import type { InputPosition, JournalEntry } from '../../src/engine/journal.ts';
import type { TakenItem } from '../../src/engine/merge.ts';
import type { Decoder, OutRecord, TopicPartition } from '../../src/engine/ports.ts';
import { originOf } from '../../src/engine/reroute.ts';
import { planTotals } from '../../src/engine/totals.ts';
import type { TestDriver } from '../../src/testing.ts';
import { journalOf, type Step } from './support/journal.ts';

export interface Replayed {
  /** by output topic, in order */
  readonly records: ReadonlyMap<string, readonly OutRecord[]>;
  readonly states: ReadonlyMap<CustomerId, Buffer>;
  /** entries of each step, carried ones left out: replayed, and as they stand in the journal */
  readonly entries: readonly {
    readonly offset: number;
    readonly replayed: readonly JournalEntry[];
    readonly journal: readonly JournalEntry[];
  }[];
  /** W at the last record of each step, and W after the step as its header says it: an end that was reached with the last record may lift it further */
  readonly watermarks: readonly { readonly offset: number; readonly last: Instant; readonly after: Instant }[];
}

/** An input as the journal's positions tell it. */
interface Lane {
  readonly tp: TopicPartition;
  newest: number;
  readonly end: Instant | null;
  readonly waiting: Item[];
}

const named = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

/** A journal that was never cleaned, over inputs of which nothing is deleted. */
export async function replay(of: TestDriver, shard: number): Promise<Replayed> {
  const { settings } = of;
  const { decoder, encoder } = localCodec(settings);
  const records = new Map<string, OutRecord[]>();
  const states = new Map<CustomerId, Buffer>();
  const entries: Replayed['entries'][number][] = [];
  const watermarks: Replayed['watermarks'][number][] = [];
  let before: Step | null = null;
  for (const step of journalOf(of, shard)) {
    const previous = before;
    before = step;
    if (previous === null || step.header.kind === 'claim') continue;
    const { header, offset } = step;
    const future = (header.now + LIMITS.future) as Instant;
    const lanes = await Promise.all(header.positions.map((position) => laneOf(of, decoder, previous, position)));
    const taken = merge(lanes, header.since, future);
    const own = header.refused.map((refused) => `${named(refused)}@${refused.offset}`);
    const timers = step.entries.filter(({ cause }) => cause === 'timer').map(({ customer }) => customer);
    const folded = foldStep(
      { items: taken.items, watermark: header.watermark, now: header.now, future },
      timers,
      (customer) => states.get(customer) ?? null,
      {
        shard,
        caughtUpAt: header.caughtUpAt,
        reroute: settings.topics.reroute,
        encoder,
        policy: settings.policy,
        thresholds: header.thresholds,
        shardOf: (customer) => shardOf(customer, settings.shards),
        refused: (item) => own.includes(`${named(item.input.tp)}@${item.record.offset}`),
      },
    );
    const stateOf = (key: CustomerId): Buffer | null => states.get(key) ?? null;
    const plan = planTotals(folded.sums, stateOf(DAYS_KEY), header.watermark, LIMITS.foldedCells);
    const totals = folded.sums.size === 0 ? [] : plan.entries(stateOf);
    const made = [...folded.entries, ...totals];
    for (const record of folded.records) records.set(record.topic, [...(records.get(record.topic) ?? []), record]);
    for (const { customer, state } of made) {
      if (state === null) states.delete(customer);
      else states.set(customer, state);
    }
    entries.push({ offset, replayed: made, journal: step.entries.filter(({ cause }) => cause !== 'carried') });
    watermarks.push({ offset, last: taken.watermark, after: header.watermark });
  }
  return { records, states, entries, watermarks };
}

/** What a step took of one input: from the position before up to its own. */
async function laneOf(of: TestDriver, decoder: Decoder, previous: Step, position: InputPosition): Promise<Lane> {
  const before = previous.header.positions.find((other) => named(other) === named(position));
  const tp = { topic: position.topic, partition: position.partition };
  const rerouted = tp.topic === of.settings.topics.reroute;
  const waiting: Item[] = [];
  for (const record of of.kafka.log(tp).read(before?.next ?? 0).records) {
    if (record.offset >= position.next) break;
    const origin = originOf(record, tp, rerouted);
    await decoder.prepare(origin.topic, [record]);
    // The fold asks an item's input for nothing but its place.
    waiting.push({ input: { tp } as Item['input'], record, origin, decoded: decoder.decode(origin.topic, record) });
  }
  return { tp, newest: before?.newest ?? Number.NEGATIVE_INFINITY, end: position.end, waiting };
}

/** The merge order and W, as design.md says them. */
function merge(lanes: readonly Lane[], since: Instant, future: Instant): { items: TakenItem[]; watermark: Instant } {
  const items: TakenItem[] = [];
  let watermark = since;
  const timeOf = (item: Item): number =>
    item.decoded.outcome === 'event' && item.decoded.event.at <= future ? item.decoded.event.at : Number.NEGATIVE_INFINITY;
  for (;;) {
    const heads = lanes.flatMap((lane) => {
      const [item] = lane.waiting;
      return item === undefined ? [] : [{ lane, item, time: Math.max(lane.newest, timeOf(item)) }];
    });
    heads.sort(
      (a, b) =>
        a.time - b.time ||
        (a.lane.tp.topic < b.lane.tp.topic ? -1 : 1) * Number(a.lane.tp.topic !== b.lane.tp.topic) ||
        a.lane.tp.partition - b.lane.tp.partition,
    );
    const [first] = heads;
    if (first === undefined) break;
    items.push({ item: first.item, watermark });
    first.lane.waiting.shift();
    first.lane.newest = first.time;
    const bound = Math.min(...lanes.map(({ end, newest }) => end ?? Math.max(0, newest)));
    watermark = Math.max(watermark, bound) as Instant;
  }
  return { items, watermark };
}
