/**
 * The customer as the engine drives it: fire the timers that are due, fold an event, ask for the next instant. Pure: no clock, no random;
 * a draft that is passed in belongs to the function, and so does everything in it.
 *
 * Keeps: D2 (a redelivery within the ring changes nothing), D3 and D4 (the next instant is exact), I9 (a timer that comes early changes
 * nothing), and that `asOf` never goes back.
 */

import { acknowledge } from './acknowledge.ts';
import { placeOf } from './contribution.ts';
import type { Decision } from './decision.ts';
import { evaluate } from './evaluate.ts';
import type { InputEvent } from './event.ts';
import type { Instant } from './ids.ts';
import type { Booking } from './kpis.ts';
import type { Policy } from './policy.ts';
import { expiredBetween, type Notes, record, settle } from './record.ts';
import { type CustomerState, MOST_SEEN, seenAs } from './state.ts';
import type { Thresholds } from './thresholds.ts';

export { type CustomerState, newCustomer } from './state.ts';

/** Whether the event is among the customer's last 16 (D2). */
export function isDuplicate(state: CustomerState, event: Pick<InputEvent, 'id'>): boolean {
  return state.seen.includes(seenAs(event.id));
}

/**
 * Fires the customer's own timers due at or before `until`, in order; returns whether anything fired (the state changed).
 * `thresholds` are those in force, taken up where it fires. While the state's own next instant is later, it changes nothing, not even `asOf` (I9).
 */
export function fire(
  state: CustomerState,
  until: Instant,
  policy: Policy,
  out: Decision[],
  bookings: Booking[] | null = null,
  thresholds: Thresholds | null = null,
): boolean {
  let fired = false;
  while (state.due !== null && state.due <= until) {
    const at = state.due;
    const notes: Notes = { flows: [], lapsed: [] };
    const before = placeOf(state, policy);
    if (expiredBetween(state, policy, state.asOf ?? at, at)) state.expired = true;
    state.asOf = at;
    settle(state, policy, at, notes);
    // what silence has changed is to be seen in a profile too
    state.dirty = true;
    evaluate(state, policy, { at, cause: 'silence', boughtAt: null, thresholds, before, notes }, out, bookings);
    fired = true;
  }
  return fired;
}

/**
 * Folds an event: facts, then an evaluation at `asOf`, which the event moves unless it is late. The caller has fired the timers due at or
 * before the event. `thresholds` are those in force. Decisions are pushed in the order in which they were made. A command is none of the facts: it moves no time and is
 * not evaluated; `ignored`: nothing is known of whom it is about, and nothing is kept of it.
 */
export function fold(
  state: CustomerState,
  event: InputEvent,
  policy: Policy,
  out: Decision[],
  bookings: Booking[] | null = null,
  thresholds: Thresholds | null = null,
): 'folded' | 'duplicate' | 'ignored' {
  if (isDuplicate(state, event)) return 'duplicate';
  if (event.type === 'command' && state.asOf === null) return 'ignored';
  state.seen.push(seenAs(event.id));
  if (state.seen.length > MOST_SEEN) state.seen.shift();
  if (event.type === 'command') {
    acknowledge(state, event, policy, out);
    return 'folded';
  }

  const late = state.asOf !== null && event.at < state.asOf;
  const asOf = state.asOf !== null && late ? state.asOf : event.at;
  state.asOf = asOf;
  if (state.firstEventAt === null || event.at < state.firstEventAt) state.firstEventAt = event.at;
  const notes: Notes = { flows: [], lapsed: [] };
  const before = placeOf(state, policy);
  record(state, event, policy, asOf, notes);
  settle(state, policy, asOf, notes);
  state.dirty = true;
  state.expired = false;
  const boughtAt = event.type === 'purchase' && event.kind === 'PURCHASE' ? event.at : null;
  evaluate(state, policy, { at: asOf, cause: late ? 'late-event' : 'event', boughtAt, thresholds, before, notes }, out, bookings);
  return 'folded';
}

/** When silence alone could next change something about the customer, exactly; null for never. Later than `asOf`. */
export function dueOf(state: CustomerState): Instant | null {
  return state.due;
}
