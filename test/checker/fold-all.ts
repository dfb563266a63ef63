/** One fold over a customer's events in the order given, with timers fired in order: what the engine must agree with, however its records came. */

import { type CustomerState, fire, fold, isDuplicate, newCustomer } from '../../src/domain/customer.ts';
import type { Decision } from '../../src/domain/decision.ts';
import type { InputEvent } from '../../src/domain/event.ts';
import type { CustomerId, Instant } from '../../src/domain/ids.ts';
import type { Booking } from '../../src/domain/kpis.ts';
import type { Policy } from '../../src/domain/policy.ts';
import type { InputRecord } from '../../src/sources/index.ts';
import { termsOf, toEvent } from '../../src/sources/index.ts';

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

/** One customer; what is booked is pushed to `bookings`. */
export class CustomerFold implements Folded {
  readonly changes: string[] = [];
  readonly profiles: string[] = [];
  readonly alerts: string[] = [];
  readonly state: CustomerState;
  readonly #policy: Policy;
  readonly #bookings: Booking[];
  readonly #out: Decision[] = [];

  constructor(customer: CustomerId, policy: Policy, bookings: Booking[] = []) {
    this.state = newCustomer(customer);
    this.#policy = policy;
    this.#bookings = bookings;
  }

  fireUpTo(until: number): void {
    fire(this.state, until as Instant, this.#policy, this.#out, this.#bookings);
    this.#note();
  }

  /** The timers that are due at the event have been fired. */
  take(event: InputEvent): void {
    fold(this.state, event, this.#policy, this.#out, this.#bookings);
    this.#note();
  }

  #note(): void {
    for (const decision of this.#out) {
      if (decision.type === 'segment-change') this.changes.push(lineOf(decision));
      else if (decision.type === 'profile') this.profiles.push(profileLineOf(decision));
      else this.alerts.push(alertLineOf(decision));
    }
    this.#out.length = 0;
  }
}

/** One fold over all events in the order given, with timers fired in order, up to `until` at the end. What is booked is pushed to `bookings`. */
export function foldAll(records: readonly InputRecord[], policy: Policy, until: number, bookings: Booking[] = []): Map<string, Folded> {
  const terms = termsOf(policy);
  const customers = new Map<string, CustomerFold>();
  for (const typed of records) {
    const decoded = toEvent(typed, terms);
    if (decoded.outcome !== 'event') throw new Error(decoded.detail);
    const { event } = decoded;
    const known = customers.get(event.customer) ?? new CustomerFold(event.customer, policy, bookings);
    customers.set(event.customer, known);
    if (isDuplicate(known.state, event)) continue;
    known.fireUpTo(event.at);
    known.take(event);
  }
  for (const known of customers.values()) known.fireUpTo(until);
  return customers;
}
