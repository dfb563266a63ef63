/**
 * What is moved, unit by unit, in an order that depends on nothing but the two numbers of shards: the journals of the shards that meet in a target, and then their totals; the outputs;
 * what waits in reroute. Each unit gives its items with rising numbers, the same ones whenever it is read again, so that whoever has written some of them knows where
 * to go on. Boundary: reading and sorting out; writing is targets.ts.
 *
 * Memory: an index of one journal's customers (newest.ts), one target's totals, what waits in reroute, which is bounded.
 */
import { shardOf } from '../../codec/murmur2.ts';
import { decodePublisherState, encodePublisherState, PUBLISHER_KEY } from '../../codec/publisher-state.ts';
import { decodeCell, decodeDays, emptyCell, encodeCell, encodeDays, isReserved, totalNameOf } from '../../codec/totals.ts';
import type { CustomerId, Instant } from '../../domain/ids.ts';
import type { Settings } from '../engine.ts';
import { Halt } from '../errors.ts';
import type { JournalEntry, JournalHeader } from '../journal.ts';
import type { Decoded, Decoder, Ends, LogRecord, OutRecord, Passed, TopicPartition } from '../ports.ts';
import { originOf } from '../reroute.ts';
import { type JournalStep, stepsIn } from '../tail.ts';
import { Newest } from './newest.ts';
import type { Tally } from './tally.ts';

export interface Item {
  /** the target shard */
  readonly to: number;
  /** rising within its unit */
  readonly at: number;
  /** one of the two */
  readonly entry?: JournalEntry;
  readonly record?: OutRecord;
}

interface UnitsContext {
  readonly from: Pick<Settings, 'shards' | 'topics'>;
  readonly to: Pick<Settings, 'shards' | 'topics'>;
  /** of the old application's own topics */
  readonly ends: ReadonlyMap<string, readonly Ends[]>;
  /** the last of each old shard */
  readonly headers: readonly JournalHeader[];
  readonly read: (of: TopicPartition, from: number, to: number) => AsyncIterable<readonly LogRecord[]>;
  readonly decoder: Pick<Decoder, 'prepare' | 'decode'>;
  /** of what is moved, counted as it is read */
  readonly tally: Tally;
}

/**
 * The outputs that are copied: what customers and thresholds are, and what was told of how they came there. KPIs are told anew, as far as their days are kept, up to offsets of the
 * new journals; dead letters are nobody's state.
 */
export const COPIED = ['segmentChanges', 'profiles', 'alerts', 'thresholds'] as const;

/** Alerts about the business, which shard 0 writes beside its own customers'. */
const OF_BUSINESS = /^(SUPPORT_QUALITY|PORTFOLIO|GOAL)\|/;

export function unitsOf(context: UnitsContext): (() => AsyncIterable<Item>)[] {
  const { from, to } = context;
  const units: (() => AsyncIterable<Item>)[] = [];
  for (let target = 0; target < Math.min(from.shards, to.shards); target++) {
    const totals = new Map<string, Buffer>();
    for (let shard = target; shard < from.shards; shard += to.shards) units.push(() => journalOf(context, shard, totals));
    units.push(() => totalsOf(target, totals));
  }
  for (const output of COPIED) {
    for (let shard = 0; shard < from.shards; shard++) units.push(() => outputOf(context, output, shard));
  }
  units.push(() => rerouteOf(context));
  return units;
}

/** The newest entry of each customer, by two readings: one to learn which they are, one to hand them out. Totals are gathered. */
async function* journalOf(context: UnitsContext, shard: number, totals: Map<string, Buffer>): AsyncGenerator<Item> {
  const newest = new Newest();
  let number = 0;
  for await (const { entries } of stepsOf(context, shard)) for (const { customer } of entries) newest.put(customer, number++);
  number = 0;
  for await (const { entries } of stepsOf(context, shard)) {
    for (const { customer, state, due } of entries) {
      const at = number++;
      // What was erased has nothing to be erased in a new journal.
      if (state === null || !newest.is(customer, at)) continue;
      // A copy: the bytes are a view into the whole record's.
      const kept = customer === PUBLISHER_KEY ? toldUpTo(context.headers, state) : Buffer.from(state);
      const entry: JournalEntry = { customer, cause: 'carried', state: kept, due };
      context.tally.add(entry);
      if (isReserved(customer) && totalNameOf(customer) !== null) totals.set(customer, added(customer, totals.get(customer), state));
      // What the publisher remembers is shard 0's, of the old and of the new.
      else yield { to: isReserved(customer) ? 0 : shardOf(customer, context.to.shards), at, entry };
    }
  }
}

/**
 * What the publisher remembers, with all having been told up to the latest watermark of the old shards: days that the furthest of them has folded are not told again without what
 * it knew of them. Where a shard has never reached the end of its inputs it stays as it is: its customers are still to come.
 */
function toldUpTo(headers: readonly JournalHeader[], state: Buffer): Buffer {
  if (headers.some(({ caughtUpAt }) => caughtUpAt === null)) return Buffer.from(state);
  const before = decodePublisherState(state);
  return encodePublisherState({ ...before, until: Math.max(before.until, ...headers.map(({ watermark }) => watermark)) as Instant });
}

function stepsOf({ from, ends, read }: UnitsContext, shard: number): AsyncIterable<JournalStep> {
  const of = { topic: from.topics.journal, partition: shard };
  const { start, end } = ends.get(of.topic)?.[shard] ?? { start: 0, end: 0 };
  return stepsIn(`${of.topic}-${shard}`, read(of, start, end));
}

/** A total of two shards: totals are only ever booked to by difference and summed over all shards, so it does not matter in which of them what was booked lies. */
function added(key: CustomerId, before: Buffer | undefined, state: Buffer): Buffer {
  if (before === undefined) return Buffer.from(state);
  if (totalNameOf(key)?.kind === 'days') {
    const [a, b] = [decodeDays(before), decodeDays(state)];
    const days = [...new Set([...a.days, ...b.days])].sort((x, y) => x - y);
    return encodeDays({ days, dimensions: [...new Set([...a.dimensions, ...b.dimensions])].sort() });
  }
  const [a, b] = [decodeCell(before), decodeCell(state)];
  return encodeCell(Array.from({ length: Math.max(emptyCell().length, a.length, b.length) }, (_, part) => (a[part] ?? 0) + (b[part] ?? 0)));
}

async function* totalsOf(to: number, totals: Map<string, Buffer>): AsyncGenerator<Item> {
  let at = 0;
  for (const key of [...totals.keys()].sort()) {
    const entry: JournalEntry = { customer: key as CustomerId, cause: 'carried', state: totals.get(key) ?? null, due: null };
    yield { to, at: at++, entry };
  }
  totals.clear();
}

/** Records as they are, each to the partition in which the new application goes on with its key. */
async function* outputOf({ from, to, ends, read }: UnitsContext, output: (typeof COPIED)[number], shard: number): AsyncGenerator<Item> {
  const of = { topic: from.topics[output], partition: shard };
  const { start, end } = ends.get(of.topic)?.[shard] ?? { start: 0, end: 0 };
  const business = (key: string): boolean => output === 'thresholds' || (output === 'alerts' && shard === 0 && OF_BUSINESS.test(key));
  for await (const records of read(of, start, end)) {
    for (const { offset, key, value, headers } of records) {
      const name = key?.toString() ?? '';
      const target = business(name) ? 0 : shardOf(name as CustomerId, to.shards);
      yield { to: target, at: offset, record: { topic: to.topics[output], partition: target, key, value, headers } };
    }
  }
}

interface Waiting {
  readonly record: LogRecord;
  readonly to: number;
  /** the running maximum of its customer's event times */
  readonly order: number;
}

/** of records and bytes that wait in reroute; more has to be worked off before */
const MOST_WAITING = 1_000_000;
const MOST_BYTES = 512 << 20;

/**
 * What has been rerouted and not taken, in the order of event time, and of each customer as it came. A new shard may read directly what came to the old one through reroute, so a
 * record that waits must not stand behind later ones of other customers: the merge would take its customer's next one from the input first.
 */
async function* rerouteOf(context: UnitsContext): AsyncGenerator<Item> {
  const { from, to, headers } = context;
  const waiting: Waiting[] = [];
  let bytes = 0;
  for (const [shard, header] of headers.entries()) {
    for await (const one of waitingIn(context, header, shard)) {
      waiting.push(one);
      bytes += (one.record.value?.length ?? 0) + (one.record.key?.length ?? 0);
      if (waiting.length <= MOST_WAITING && bytes <= MOST_BYTES) continue;
      throw new Halt(
        `more than ${waiting.length - 1} records wait in ${from.topics.reroute}: run the old application until they are taken (\`rapport shards\` shows the lag of reroute), then do it again`,
      );
    }
  }
  // Stable: those of a customer are of one old shard, and stay in their order.
  waiting.sort((a, b) => a.order - b.order);
  const topic = to.topics.reroute;
  for (const [at, { to: partition, record }] of waiting.entries()) {
    const { key, value, headers: kept } = record;
    yield { to: partition, at, record: { topic, partition, key, value, headers: kept } };
  }
}

async function* waitingIn(context: UnitsContext, header: JournalHeader, shard: number): AsyncGenerator<Waiting> {
  const { from, to, ends, read, decoder } = context;
  const of = { topic: from.topics.reroute, partition: shard };
  const position = header.positions.find(({ topic, partition }) => topic === of.topic && partition === shard);
  const { start, end } = ends.get(of.topic)?.[shard] ?? { start: 0, end: 0 };
  const newest = new Map<string, number>();
  for await (const records of read(of, Math.max(position?.next ?? start, start), end)) {
    for (const [topic, some] of Map.groupBy(records, (record) => originOf(record, of, true).topic)) await decoder.prepare(topic, some);
    for (const record of records) {
      const decoded: Decoded | Passed = decoder.decode(originOf(record, of, true).topic, record);
      // What cannot be read becomes a dead letter wherever it comes to.
      if (decoded.outcome !== 'event') {
        yield { record, to: shard % to.shards, order: Number.NEGATIVE_INFINITY };
        continue;
      }
      const { customer, at } = decoded.event;
      const order = Math.max(at, newest.get(customer) ?? at);
      newest.set(customer, order);
      yield { record, to: shardOf(customer, to.shards), order };
    }
  }
}
