/**
 * V8: what stands in Redis and in the topics about a customer is what one fold over the events in the inputs says, redeliveries left out, timers fired in between.
 * It knows nothing of steps, states or journals, and finds redeliveries by itself. Boundary: customers whose events were taken in the order of their time, as the
 * chain tells, which must be all whose were there in order before, and most where there were such; what becomes of late ones depends on when they came, and V2 alone judges it. With thresholds relative to the population nobody is compared.
 */

import { shardOf } from '../../src/codec/murmur2.ts';
import { decodeState, encodeState } from '../../src/codec/state.ts';
import { isReserved } from '../../src/codec/totals.ts';
import { isDuplicate } from '../../src/domain/customer.ts';
import type { InputEvent } from '../../src/domain/event.ts';
import type { CustomerId } from '../../src/domain/ids.ts';
import { MOST_SEEN } from '../../src/domain/state.ts';
import { named } from './bytes.ts';
import type { Report } from './findings.ts';
import { alertLineOf, CustomerFold, lineOf, profileLineOf } from './fold-all.ts';
import { gapsOf, lettersBy } from './letters.ts';
import { sound } from './outputs.ts';
import type { Run } from './run.ts';
import type { Taken } from './taken.ts';

/** Where a part of the input is in order, no more than this part of the customers may be left out; of fewer customers it says nothing. */
const MOST_SKIPPED = 0.8;
const MANY = 20;

interface Arrival {
  readonly event: InputEvent;
  /** in the chain; null: it was not taken */
  readonly rank: number | null;
  /** W just before it was taken */
  readonly watermark: number;
}

export function checkAgreement(run: Run, taken: Taken): void {
  const { settings, stores, orderedUntil = null } = run.evidence;
  if (settings.policy.value.percentile !== null) return;
  const report = run.findings.of('V8');
  const arrivals = arrivalsOf(run, taken);
  const said = saidOf(run);
  for (const [customer, list] of arrivals) {
    const home = shardOf(customer, settings.shards);
    const watermark = run.shards[home]?.steps.at(-1)?.header.watermark ?? 0;
    const folded = foldInOrder(customer, list, run);
    if (folded === null) {
      run.compared.skipped += 1;
      if (isDisordered(list, orderedUntil))
        report(customer, 'was not folded in the order of his events, though they stood in order in every input');
      continue;
    }
    folded.fireUpTo(watermark);
    run.compared.customers += 1;
    const image = stores[home] ?? null;
    if (image !== null) compareState(customer, image.states.get(customer)?.state ?? null, folded, report);
    const lines = said.get(customer);
    for (const kind of ['changes', 'profiles', 'alerts'] as const) compareLines(customer, kind, lines?.[kind] ?? [], folded[kind], report);
  }
  if (orderedUntil !== null && arrivals.size >= MANY && run.compared.skipped > MOST_SKIPPED * arrivals.size)
    report('the run', `${run.compared.skipped} of ${arrivals.size} customers could not be compared: too little was taken in order`);
  for (const customer of said.keys())
    if (!arrivals.has(customer as CustomerId)) report(customer, 'is in the topics, and no event that was accepted names him');
  for (const image of stores)
    for (const customer of image?.states.keys() ?? [])
      if (!isReserved(customer) && !arrivals.has(customer)) report(customer, 'is in Redis, and no event that was accepted names him');
}

/** The accepted events of each customer, as the inputs hold them. */
function arrivalsOf(run: Run, taken: Taken): Map<CustomerId, Arrival[]> {
  const letters = lettersBy(run);
  const gaps = gapsOf(run);
  const arrivals = new Map<CustomerId, Arrival[]>();
  for (const partition of run.inputs.all) {
    if (partition.rerouted) continue;
    const name = named(partition);
    for (const [index, decoded] of partition.decoded.entries()) {
      if (decoded.outcome !== 'event') continue;
      const offset = partition.records[index]?.offset ?? -1;
      if (letters.size > 0 && letters.has(`${name}@${offset}`)) continue;
      const place = taken.of(partition, index);
      if (place === null && (gaps.get(name) ?? []).some(([from, to]) => offset >= from && offset < to)) continue;
      const { event } = decoded;
      const arrival = { event, rank: place?.rank ?? null, watermark: place?.watermark ?? event.at };
      const list = arrivals.get(event.customer);
      if (list === undefined) arrivals.set(event.customer, [arrival]);
      else list.push(arrival);
    }
  }
  return arrivals;
}

/** Whether an event that was there in order was taken after a later one, or when time had passed it. Its other copies stand where they stand, and are not folded. */
function isDisordered(arrivals: readonly Arrival[], orderedUntil: number | null): boolean {
  let newest = 0;
  const seen = new Set<number>();
  for (const { event, rank, watermark } of arrivals.toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0))) {
    if (seen.has(event.id)) continue;
    seen.add(event.id);
    if (rank !== null && event.at < Math.max(newest, watermark) && event.at < (orderedUntil ?? 0)) return true;
    newest = Math.max(newest, event.at);
  }
  return false;
}

/** Null when an event was taken after the customer had come to a later instant. */
function foldInOrder(customer: CustomerId, arrivals: Arrival[], { evidence }: Run): CustomerFold | null {
  arrivals.sort((a, b) => (a.rank ?? Number.POSITIVE_INFINITY) - (b.rank ?? Number.POSITIVE_INFINITY) || a.event.at - b.event.at);
  const seen = new Map<number, number>();
  const events: Arrival[] = [];
  for (const arrival of arrivals) {
    const { id, at } = arrival.event;
    const known = seen.get(id);
    if (known !== undefined && events.length - known < MOST_SEEN) continue;
    // Before anything else is known of the customer nothing is kept of it, not even its id.
    if (arrival.event.type === 'command' && events.length === 0) continue;
    // What comes again after so many others is folded again, and late unless it has the very same instant.
    if (known !== undefined && at < (events.at(-1)?.event.at ?? 0)) return null;
    seen.set(id, events.length);
    events.push(arrival);
  }
  const taken = events.filter(({ rank }) => rank !== null);
  if (taken.some(({ event }, i) => event.at < (taken[i - 1]?.event.at ?? 0))) return null;
  // What was not taken goes where it belongs; the others stand so already.
  events.sort((a, b) => a.event.at - b.event.at);
  const folded = new CustomerFold(customer, evidence.settings.policy);
  for (const { event, watermark } of events) {
    if (isDuplicate(folded.state, event)) continue;
    folded.fireUpTo(event.at);
    // Its timers had been fired up to W, which had passed the event.
    if (folded.state.due !== null && folded.state.due <= watermark) return null;
    folded.take(event);
  }
  return folded;
}

function compareState(customer: CustomerId, stored: Buffer | null, folded: CustomerFold, report: Report): void {
  if (stored === null) {
    if (folded.state.asOf !== null) report(customer, 'is not in Redis');
    return;
  }
  if (encodeState(folded.state).equals(stored)) return;
  const is: Record<string, unknown> = { ...decodeState(customer, stored) };
  const should: Record<string, unknown> = { ...folded.state };
  const apart = Object.keys(should).filter((field) => JSON.stringify(is[field]) !== JSON.stringify(should[field]));
  const [first = ''] = apart;
  report(
    customer,
    `has another ${apart.join(', ')} in Redis than one fold gives: ${JSON.stringify(is[first])}, not ${JSON.stringify(should[first])}`,
  );
}

function compareLines(customer: CustomerId, kind: string, is: readonly string[], should: readonly string[], report: Report): void {
  const length = Math.max(is.length, should.length);
  for (let i = 0; i < length; i++) {
    if (is[i] === should[i]) continue;
    report(
      customer,
      `${kind}: the topic says ${is[i] ?? 'nothing'} where one fold says ${should[i] ?? 'nothing'}, ${is.length} of ${should.length}`,
    );
    return;
  }
}

type Lines = { readonly changes: string[]; readonly profiles: string[]; readonly alerts: string[] };

function saidOf({ outputs }: Run): Map<string, Lines> {
  const said = new Map<string, Lines>();
  const linesOf = (customer: string): Lines => {
    let lines = said.get(customer);
    if (lines === undefined) {
      lines = { changes: [], profiles: [], alerts: [] };
      said.set(customer, lines);
    }
    return lines;
  };
  for (const change of sound(outputs.changes)) linesOf(change.customerId).changes.push(lineOf(change));
  for (const profile of sound(outputs.profiles)) linesOf(profile.customerId).profiles.push(profileLineOf(profile));
  for (const alert of sound(outputs.alerts)) if (alert.customerId !== null) linesOf(alert.customerId).alerts.push(alertLineOf(alert));
  return said;
}
