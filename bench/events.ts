/**
 * What the benchmarks feed: the generator's realistic world, lived by customers who are drawn by a Zipf law. Seeded and streaming: the same options give the same events.
 *
 * The world plays lives (one made-up person each, within a year); each life belongs to a customer whose rank is drawn with a probability in proportion to
 * rank^-0.9: so a few customers live many lives at once and are hot, most have one, and what belongs together (an order and its refund, a ticket's steps) stays
 * with one customer in its order. No free text: sentiment would be one peer's own work. Boundary: makes records; encodes and sends nothing.
 */

import type { Instant } from '../src/domain/ids.ts';
import type { TypedRecord } from '../src/sources/index.ts';
import type { WorldItem } from '../src/world/item.ts';
import { Random } from '../src/world/random.ts';
import { World } from '../src/world/world.ts';

/** The inputs that are loaded; attributes are none of the behaviour. */
export const TYPES = ['purchase', 'support', 'survey', 'engagement'] as const;
export type BenchType = (typeof TYPES)[number];

/** An event, or bytes to be sent in its place (a broken one). */
export type BenchEvent = TypedRecord & { readonly type: BenchType; readonly raw?: Uint8Array };

export interface HistoryOptions {
  readonly events: number;
  /** ranks of the Zipf law; only those that are drawn have events */
  readonly customers: number;
  readonly seed: number;
  /** the history's last instant */
  readonly until: Instant;
}

const DAYS = 365;
/** Events of one life, without attributes; measured 37. A little less, so that there are enough. */
const PER_LIFE = 33;
/** With these, about one event in 30 changes a group. */
const EXPONENT = 0.9;

/** Draws ranks from 0 with probabilities in proportion to (rank + 1)^-0.9. */
export class Zipf {
  readonly #cumulative: Float64Array;

  constructor(count: number) {
    this.#cumulative = new Float64Array(count);
    let sum = 0;
    for (let rank = 0; rank < count; rank++) {
      sum += (rank + 1) ** -EXPONENT;
      this.#cumulative[rank] = sum;
    }
  }

  /** @param uniform greater than 0, less than 1 */
  rank(uniform: number): number {
    const cumulative = this.#cumulative;
    const wanted = uniform * (cumulative.at(-1) ?? 0);
    let low = 0;
    let high = cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((cumulative[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Exactly `events` events in order of delivery, the last ones of the history. */
export function* history(options: HistoryOptions): Generator<BenchEvent, void, undefined> {
  const { events, seed } = options;
  // Played once unseen, to know how many the first ones are that are left out: so the history ends where it should.
  let skip = lived(options) - events;
  if (skip < 0) throw new RangeError(`the world gave ${-skip} events too few`);
  const zipf = new Zipf(options.customers);
  const random = new Random(seed, 'customers');
  const customers = new Map<string, string>();
  for (const item of worldOf(options).history()) {
    if (item.type === 'attributes') continue;
    let customer = customers.get(item.customerId);
    if (customer === undefined) {
      customer = customerName(zipf.rank(random.uniform()));
      customers.set(item.customerId, customer);
    }
    if (skip-- > 0) continue;
    yield lent(item, customer);
  }
}

export const customerName = (rank: number): string => `customer-${String(rank + 1).padStart(7, '0')}`;

function lived(options: HistoryOptions): number {
  let count = 0;
  for (const { type } of worldOf(options).history()) if (type !== 'attributes') count += 1;
  return count;
}

const worldOf = ({ events, seed, until }: HistoryOptions): World =>
  new World({ customers: Math.ceil(events / PER_LIFE) + 40, days: DAYS, seed, until });

/** The event as that customer's, without free text. */
function lent(item: WorldItem & { readonly type: BenchType }, customerId: string): BenchEvent {
  const raw = item.raw === undefined ? {} : { raw: item.raw };
  const event = changed(item, { customerId });
  switch (event.type) {
    case 'support':
      return { type: 'support', record: { ...event.record, comment: null }, ...raw };
    case 'survey':
      return { type: 'survey', record: { ...event.record, comment: null }, ...raw };
    case 'purchase':
      return { type: 'purchase', record: event.record, ...raw };
    case 'engagement':
      return { type: 'engagement', record: event.record, ...raw };
  }
}

/** What every event has. */
interface Common {
  readonly eventId: string;
  readonly customerId: string;
  readonly occurredAt: Instant;
}

/** The event with other values of what every event has. A refund that happens at another time names no order's day. */
export function changed(event: BenchEvent, common: Partial<Common>): BenchEvent {
  switch (event.type) {
    case 'purchase': {
      const orderedAt = common.occurredAt === undefined ? event.record.orderedAt : null;
      return { ...event, record: { ...event.record, ...common, orderedAt } };
    }
    case 'support':
      return { ...event, record: { ...event.record, ...common } };
    case 'survey':
      return { ...event, record: { ...event.record, ...common } };
    case 'engagement':
      return { ...event, record: { ...event.record, ...common } };
  }
}
