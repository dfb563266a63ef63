/**
 * Takes the records of a step from a shard's inputs, in the order of the tuple (running maximum of event time, topic, partition, offset),
 * and moves the watermark with them. Never reorders within one input. While an input is behind, nothing is taken that might come after a
 * record it has not shown yet, so a history that is in order in each partition is folded in the order of all its events.
 * Pure but for the inputs it moves: the same inboxes, ends and `now` give the same batch (I9).
 */
import type { Instant } from '../domain/ids.ts';
import type { Limits } from './engine.ts';
import type { Input, Item } from './input.ts';
import type { InputPosition } from './journal.ts';

export interface TakenItem {
  readonly item: Item;
  /** the shard's watermark just before this record: its customer's timers up to here fire first (D1) */
  readonly watermark: Instant;
}

export interface Batch {
  readonly items: readonly TakenItem[];
  /** W before its first record: with the ends in `positions` it says W at every one of them (I9) */
  readonly since: Instant;
  /** W after these records; never goes back */
  readonly watermark: Instant;
  /** the watermark over the shard's own sources alone (without reroute); null: it has none */
  readonly own: Instant | null;
  readonly positions: readonly InputPosition[];
  readonly now: Instant;
  /** event times above this are in the future */
  readonly future: Instant;
  /** every input is at its end */
  readonly caughtUp: boolean;
}

const BEGINNING = 0 as Instant;

/**
 * The least bound over inputs: an input at its end promises `end`, one behind has shown `newest`. Reroute that is behind promises nothing: its records come of several shards, each
 * as far as it happens to be, so what was taken of it says nothing about what is still on its way.
 */
function boundOf(inputs: readonly Input[], reroute: Input): Instant | null {
  let least: Instant | null = null;
  for (const input of inputs) {
    const bound = input.end ?? (input === reroute ? null : input.newest) ?? BEGINNING;
    if (least === null || bound < least) least = bound;
  }
  return least;
}

function before(time: number, a: Input, otherTime: number, b: Input): boolean {
  if (time !== otherTime) return time < otherTime;
  if (a.tp.topic !== b.tp.topic) return a.tp.topic < b.tp.topic;
  return a.tp.partition < b.tp.partition;
}

/**
 * @param inputs all of the shard's, reroute included
 * @param watermark W so far
 * @param most records to take at most
 */
export function takeBatch(inputs: readonly Input[], reroute: Input, watermark: Instant, now: Instant, limits: Limits, most: number): Batch {
  const future = (now + limits.future) as Instant;
  const items: TakenItem[] = [];
  const touched = new Map<Input, Item>();
  const advance = (): void => {
    const bound = boundOf(inputs, reroute);
    if (bound !== null && bound > w) w = bound;
  };
  let w = watermark;
  let bytes = 0;
  for (const input of inputs) input.settle();
  advance();
  const since = w;
  const ends = inputs.map((input) => input.end);
  while (items.length < most && bytes < limits.stepBytes) {
    const next = nextInput(inputs, future);
    const item = next?.peek();
    if (next === null || item === undefined) break;
    items.push({ item, watermark: w });
    next.take(item, future);
    touched.set(next, item);
    bytes += item.record.value?.length ?? 0;
    advance();
  }
  for (const [input, item] of touched) input.remember(item.record);
  for (const input of inputs) input.settle();
  advance();
  return {
    items,
    since,
    watermark: w,
    own: boundOf(
      inputs.filter((input) => input !== reroute),
      reroute,
    ),
    positions: inputs.map((input, i) => input.toPosition(ends[i] ?? null)),
    now,
    future,
    caughtUp: inputs.every((input) => input.end !== null),
  };
}

/** The input whose next record comes first, or null when there is none or one that is behind must show its next record first. */
function nextInput(inputs: readonly Input[], future: Instant): Input | null {
  let first: Input | null = null;
  let firstTime = 0;
  for (const input of inputs) {
    const item = input.peek();
    if (item === undefined) continue;
    const time = input.orderOf(item, future);
    if (first === null || before(time, input, firstTime, first)) {
      first = input;
      firstTime = time;
    }
  }
  if (first === null) return null;
  for (const input of inputs) {
    if (input.end === null && input.peek() === undefined && !before(firstTime, first, input.newest ?? Number.NEGATIVE_INFINITY, input))
      return null;
  }
  return first;
}
