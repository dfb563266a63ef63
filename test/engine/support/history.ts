/**
 * Small seeded histories for the engine's tests, and the one fold over all events in time order that the engine must agree with.
 */
import fc from 'fast-check';
import { decodeState } from '../../../src/codec/state.ts';
import type { PurchaseRecord } from '../../../src/codec/types.ts';
import { type CustomerState, fire, fold, isDuplicate, newCustomer } from '../../../src/domain/customer.ts';
import type { Decision } from '../../../src/domain/decision.ts';
import type { CustomerId, Instant } from '../../../src/domain/ids.ts';
import type { Booking } from '../../../src/domain/kpis.ts';
import type { Policy } from '../../../src/domain/policy.ts';
import { type TypedRecord, termsOf, toEvent } from '../../../src/sources/index.ts';

export const START = Date.UTC(2024, 0, 1);
export const DAY = 86_400_000;

interface Line {
  readonly customer: number;
  readonly day: number;
  readonly what: number;
  readonly size: number;
}

/** `at` are distinct, in order, ms since the epoch. */
export const history = (customers: number, days: number, most: number): fc.Arbitrary<TypedRecord[]> =>
  fc
    .array(
      fc.record({ customer: fc.nat(customers - 1), day: fc.nat(days * 1_000), what: fc.nat(9), size: fc.integer({ min: 1, max: 40_000 }) }),
      { minLength: most >> 1, maxLength: most, size: 'max' },
    )
    .map((lines) => short(lines.sort((a, b) => a.day - b.day).map(toRecord)));

/** Printed as a line each when a property fails. */
const short = (records: TypedRecord[]): TypedRecord[] =>
  Object.defineProperty(records, fc.toStringMethod, {
    value: () =>
      records.map(({ type, record }) => `${record.eventId} ${record.customerId} ${type} ${(record.occurredAt - START) / DAY}`).join('; '),
  });

/** The same as it arrives where the world is less tidy: some late, some twice, some both. */
export const arrivals = (customers: number, days: number, most: number): fc.Arbitrary<TypedRecord[]> =>
  fc
    .tuple(
      history(customers, days, most),
      fc.array(fc.record({ which: fc.nat(most - 1), by: fc.integer({ min: 1, max: 30 }), again: fc.boolean() }), { maxLength: most >> 2 }),
    )
    .map(([records, moves]) => {
      const arrived = [...records];
      for (const { which, by, again } of moves) {
        const at = which % arrived.length;
        const record = arrived[at] as TypedRecord;
        arrived.splice(Math.min(arrived.length, at + by), 0, record);
        if (!again) arrived.splice(at, 1);
      }
      return short(arrived);
    });

function toRecord({ customer, day, what, size }: Line, i: number): TypedRecord {
  const base = { eventId: `e${i}`, customerId: `c${customer}`, occurredAt: START + day * 86_400 + i };
  if (what < 5) return purchase(`e${i}`, base.customerId, base.occurredAt, { orderId: `o${i}`, amountMinor: size });
  if (what < 7)
    return { type: 'survey', record: { ...base, surveyId: `s${i}`, kind: 'NPS', score: size % 11, comment: null, channel: 'WEB' } };
  const kind = (['CAMPAIGN_SENT', 'CAMPAIGN_OPENED', 'VISIT'] as const)[what - 7] ?? 'VISIT';
  return {
    type: 'engagement',
    record: { ...base, kind, campaignId: kind === 'VISIT' ? null : `m${size % 7}`, channel: 'EMAIL', costMinor: null },
  };
}

/** One change as a line: what the topic must say, without when it was noticed. */
export const lineOf = (change: { number: number; from: string | null; to: string; at: number; cause: string }): string =>
  `${change.number} ${change.from}>${change.to} @${change.at} ${change.cause.replace('_', '-')}`;

/** The same of a profile. */
export const profileLineOf = (profile: { number: number; at: number; group: string; nextChangeAt: number | null }): string =>
  `profile ${profile.number} ${profile.group} @${profile.at} next ${profile.nextChangeAt}`;

/** The same of a customer's alert. */
export const alertLineOf = (alert: AlertLine): string =>
  `${alert.kind} ${alert.subject} ${alert.episode}.${alert.number} ${alert.event} ${alert.end} @${alert.at}`;
type AlertLine = { kind: string; subject: string; episode: number; number: number; event: string; end: string | null; at: number };

export interface Folded {
  readonly changes: string[];
  readonly profiles: string[];
  readonly alerts: string[];
  readonly state: CustomerState;
}

/** One fold over all events in the order given, with timers fired in order, up to `until` at the end. What is booked is pushed to `bookings`. */
export function foldAll(records: readonly TypedRecord[], policy: Policy, until: number, bookings: Booking[] = []): Map<string, Folded> {
  const terms = termsOf(policy);
  const customers = new Map<string, Folded>();
  const out: Decision[] = [];
  const note = (into: Folded): void => {
    for (const decision of out) {
      if (decision.type === 'segment-change') into.changes.push(lineOf(decision));
      else if (decision.type === 'profile') into.profiles.push(profileLineOf(decision));
      else into.alerts.push(alertLineOf(decision));
    }
    out.length = 0;
  };
  for (const typed of records) {
    const decoded = toEvent(typed, terms);
    if (decoded.outcome !== 'event') throw new Error(decoded.detail);
    const { event } = decoded;
    const known = customers.get(event.customer) ?? { changes: [], profiles: [], alerts: [], state: newCustomer(event.customer) };
    customers.set(event.customer, known);
    if (isDuplicate(known.state, event)) continue;
    fire(known.state, event.at, policy, out, bookings);
    fold(known.state, event, policy, out, bookings);
    note(known);
  }
  for (const known of customers.values()) {
    fire(known.state, until as Instant, policy, out, bookings);
    note(known);
  }
  return customers;
}

export const stateOf = (id: string, bytes: Buffer): CustomerState => decodeState(id as CustomerId, bytes);

/** A purchase in full, with what a test says otherwise. */
export const purchase = (id: string, customerId: string, occurredAt: number, more: Partial<PurchaseRecord> = {}): TypedRecord => ({
  type: 'purchase',
  record: {
    eventId: id,
    customerId,
    occurredAt,
    orderId: `o-${id}`,
    kind: 'PURCHASE',
    amountMinor: 1_000,
    currency: 'USD',
    discountMinor: 0,
    costMinor: null,
    items: 1,
    channel: 'WEB',
    recurring: false,
    recommended: false,
    campaignId: null,
    orderedAt: null,
    ...more,
  },
});

/** A visit: of no weight in any score. */
export const visit = (id: string, customerId: string, occurredAt: number): TypedRecord => ({
  type: 'engagement',
  record: { eventId: id, customerId, occurredAt, kind: 'VISIT', campaignId: null, channel: 'WEB', costMinor: null },
});
