/**
 * Events of a history, gathered by customer in memory, in whatever order they come. Bounded: above so many events customers are sampled, by a
 * hash of their ids, and each of them whole: half of those that are left, as often as is needed. Boundary: where events come from is the reader's.
 */
import type { CustomerEvent } from '../domain/event.ts';
import { type CustomerId, hash } from '../domain/ids.ts';
import type { Timelines } from './play.ts';

/** Some 300 bytes each. */
export const MOST_EVENTS = 1_000_000;

export class Gathering {
  readonly #most: number;
  readonly #customers = new Map<CustomerId, CustomerEvent[]>();
  /** one customer in so many is kept: a power of two */
  #every = 1;
  /** of the customers that are kept */
  events = 0;
  newest: number | null = null;

  constructor(most = MOST_EVENTS) {
    this.#most = most;
  }

  /** Share of the customers that is kept. */
  get share(): number {
    return 1 / this.#every;
  }

  add(event: CustomerEvent): void {
    if (event.at > (this.newest ?? Number.NEGATIVE_INFINITY)) this.newest = event.at;
    if (!this.#keeps(event.customer)) return;
    const known = this.#customers.get(event.customer);
    if (known === undefined) this.#customers.set(event.customer, [event]);
    else known.push(event);
    this.events += 1;
    while (this.events > this.#most && this.#customers.size > 1) this.#halve();
  }

  /** Each customer's events in the order of event time, ties by their ids; customers in the order of theirs: the same for the same events. */
  timelines(): Timelines {
    for (const events of this.#customers.values()) events.sort((a, b) => a.at - b.at || a.id - b.id);
    return new Map([...this.#customers].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #keeps(customer: CustomerId): boolean {
    return hash(customer) % this.#every === 0;
  }

  #halve(): void {
    this.#every *= 2;
    for (const [customer, events] of this.#customers) {
      if (this.#keeps(customer)) continue;
      this.#customers.delete(customer);
      this.events -= events.length;
    }
  }
}
