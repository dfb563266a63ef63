/**
 * The pure middle of a step: records and due timers in, states, decisions, bookings and letters out (I9: nothing else goes in).
 * Keeps I10 (timers fire for due ≤ W, or before a later event of the same customer) and I11 (every record is folded, recognised as a
 * duplicate, rerouted or dead-lettered; or passed over, by its source's mapping or as a command about nobody who is known). How records are cut into steps does not matter (D1): a customer's timers fire up to the
 * watermark that stood before each of its records, so no step boundary shows.
 */
import { decodeState, encodeState } from '../codec/state.ts';
import { type CustomerState, dueOf, fire, fold, isDuplicate, newCustomer } from '../domain/customer.ts';
import type { Decision } from '../domain/decision.ts';
import type { CustomerId, Instant } from '../domain/ids.ts';
import type { Booking } from '../domain/kpis.ts';
import type { Thresholds } from '../domain/thresholds.ts';
import { traced, traceOf } from '../outputs/trace-context.ts';
import type { DeadReason } from '../sources/decoded.ts';
import type { SourceCounts } from './engine.ts';
import { Halt } from './errors.ts';
import type { Item } from './input.ts';
import type { EntryCause, JournalEntry } from './journal.ts';
import type { Batch } from './merge.ts';
import type { DecisionContext, Encoder, Header, Origin, OutRecord } from './ports.ts';
import { toReroute } from './reroute.ts';
import { Sums } from './totals.ts';

export interface FoldContext {
  readonly shard: number;
  readonly caughtUpAt: Instant | null;
  readonly reroute: string;
  readonly encoder: Encoder;
  readonly policy: Parameters<typeof fold>[2];
  /** in force throughout the step */
  readonly thresholds: Thresholds | null;
  readonly shardOf: (customer: CustomerId) => number;
  /** a record that the broker refuses even alone: it becomes a dead letter without its bytes */
  readonly refused: (item: Item) => boolean;
}

export interface Folded {
  readonly entries: readonly JournalEntry[];
  readonly records: readonly OutRecord[];
  /** what the customers booked for the KPI totals */
  readonly sums: Sums;
  /** what became of the records, by the topic in which they first entered */
  readonly sources: ReadonlyMap<string, SourceCounts>;
  /** source topics in which a foreign record was met */
  readonly notKeyed: readonly string[];
  readonly counts: {
    timers: number;
    changes: number;
    alerts: number;
  };
}

const NO_HEADERS: readonly Header[] = [];

interface Touched {
  readonly state: CustomerState;
  cause: EntryCause | null;
}

/**
 * @param stateOf the states left by the step before (I8): bytes, or null for a customer not seen yet; every customer of the batch and of `timers` is answered
 * @param timers customers due at or before the batch's watermark, by due, then customer
 */
export function foldStep(
  batch: Pick<Batch, 'items' | 'watermark' | 'now' | 'future'>,
  timers: readonly CustomerId[],
  stateOf: (customer: CustomerId) => Buffer | null,
  context: FoldContext,
): Folded {
  const { shard, encoder, policy, thresholds } = context;
  const touched = new Map<CustomerId, Touched>();
  const records: OutRecord[] = [];
  const notKeyed = new Set<string>();
  const counts = { timers: 0, changes: 0, alerts: 0 };
  const sources = new Map<string, SourceCounts>();
  const decided: Decision[] = [];
  const sums = new Sums();
  const booked: Booking[] = [];
  const because = (trigger: Origin | null): DecisionContext => ({ shard, now: batch.now, caughtUpAt: context.caughtUpAt, trigger });

  const customer = (id: CustomerId): Touched => {
    let known = touched.get(id);
    if (known === undefined) {
      const bytes = stateOf(id);
      known = { state: bytes === null ? newCustomer(id) : decodeState(id, bytes), cause: null };
      touched.set(id, known);
    }
    return known;
  };
  const tallyOf = (topic: string): SourceCounts => {
    let tally = sources.get(topic);
    if (tally === undefined) {
      tally = { folded: 0, duplicates: 0, rerouted: 0, passedOver: 0, dead: new Map() };
      sources.set(topic, tally);
    }
    return tally;
  };
  const emit = (trigger: Origin | null, headers: readonly Header[]): void => {
    for (const booking of booked) sums.add(booking);
    booked.length = 0;
    if (decided.length === 0) return;
    const decisionContext = because(trigger);
    const trace = traceOf(headers);
    for (const decision of decided) {
      if (decision.type === 'segment-change') counts.changes += 1;
      else if (decision.type === 'alert') counts.alerts += 1;
      records.push(traced(encoder.decision(decision, decisionContext), trace));
    }
    decided.length = 0;
  };
  const fireUpTo = (who: Touched, until: Instant): void => {
    if (!fire(who.state, until, policy, decided, booked, thresholds)) return;
    who.cause ??= 'timer';
    counts.timers += 1;
    emit(null, NO_HEADERS);
  };
  const bury = ({ origin, record }: Item, reason: DeadReason, detail: string): void => {
    const { dead } = tallyOf(origin.topic);
    dead.set(reason, (dead.get(reason) ?? 0) + 1);
    const value = reason === 'refused-by-broker' ? null : record.value;
    const letter = encoder.deadLetter({ reason, detail, origin, key: record.key, value }, because(origin));
    records.push(traced(letter, traceOf(record.headers)));
  };

  for (const { item, watermark } of batch.items) {
    const trigger = item.origin;
    const { decoded, record } = item;
    if (context.refused(item)) {
      bury(item, 'refused-by-broker', 'the broker refused the records that this one led to');
      continue;
    }
    if (decoded.outcome === 'dead') {
      bury(item, decoded.reason, decoded.detail);
      continue;
    }
    if (decoded.outcome === 'passed') {
      tallyOf(trigger.topic).passedOver += 1;
      continue;
    }
    const { event } = decoded;
    if (event.at > batch.future) {
      bury(item, 'future-event', 'occurredAt is more than 5 minutes ahead of the broker');
      continue;
    }
    const home = context.shardOf(event.customer);
    if (home !== shard) {
      if (item.input.tp.topic === context.reroute) {
        throw new Halt(
          `${item.input.tp.topic}-${item.input.tp.partition}@${record.offset}: a rerouted record belongs to shard ${home}, not ${shard}. ` +
            'The number of shards differs between workers: give all the same RAPPORT_SHARDS. ' +
            'Or the mapping of its topic finds another customer than when it was forwarded: go on with the mapping as it was until reroute is drained.',
        );
      }
      tallyOf(trigger.topic).rerouted += 1;
      notKeyed.add(trigger.topic);
      records.push(toReroute(context.reroute, home, item));
      continue;
    }
    if (trigger.topic !== item.input.tp.topic) notKeyed.add(trigger.topic);
    const who = customer(event.customer);
    if (isDuplicate(who.state, event)) {
      tallyOf(trigger.topic).duplicates += 1;
      continue;
    }
    fireUpTo(who, Math.max(watermark, event.at) as Instant);
    if (fold(who.state, event, policy, decided, booked, thresholds) === 'ignored') {
      tallyOf(trigger.topic).passedOver += 1;
      continue;
    }
    tallyOf(trigger.topic).folded += 1;
    who.cause = 'event';
    emit(trigger, record.headers);
  }

  const entries: JournalEntry[] = [];
  for (const id of timers) {
    // The index said due. Where the state says later, or is gone, the entry sets the index right (I9: nothing else changes).
    if (stateOf(id) === null && !touched.has(id)) entries.push({ customer: id, cause: 'timer', state: null, due: null });
    else customer(id).cause ??= 'timer';
  }
  for (const who of touched.values()) fireUpTo(who, batch.watermark);

  for (const [id, { state, cause }] of touched) {
    if (cause !== null) entries.push({ customer: id, cause, state: encodeState(state), due: dueOf(state) });
  }
  return { entries, records, sums, sources, notKeyed: [...notKeyed], counts };
}
