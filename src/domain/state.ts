/**
 * What is kept about one customer. *Facts* are what happened, a function of the set of events (within the bounds, for events up to
 * `LATEST_DAYS` late), whatever their order of arrival. *Memory* is what was said, and does depend on it.
 *
 * Plain mutable data: `fold` and `fire` own the draft that they are given. Boundary: no rules here, and no bytes (codec/state.ts).
 * Lists are sorted by time, oldest first, and bounded; ties are broken by content, so that the newest k of a set are the same in any order.
 */
import type { Group } from './decision.ts';
import type { CustomerId, Hash, Instant } from './ids.ts';

/** An event this many days late still finds every fact that it can change. */
export const LATEST_DAYS = 365;
/** No window of a policy is longer, in days. */
export const WINDOW_DAYS = 365;
/** Day buckets of orders are kept for what a late refund (365 d) of an old order (365 d) can reach. */
export const KEPT_DAYS = LATEST_DAYS + WINDOW_DAYS;

export const MOST_SEEN = 16;
export const MOST_PLACED = 32;
export const MOST_ORPHANS = 32;
export const MOST_FEEDBACK = 32;
export const MOST_SENDS = 64;

/** Lists that can drop something; the index is the bit in `truncated`. */
export const BOUNDED = ['orders', 'refunds', 'feedback', 'campaigns'] as const;
export type Bounded = (typeof BOUNDED)[number];

/** What is remembered of an event id: 48 bits (D2). */
export const seenAs = (id: Hash): number => id % 2 ** 48;
/** What is remembered of an order or campaign id, which is only told apart from at most 64 others of the customer: 40 bits. */
export type Short = number;
export const shorten = (id: Hash): Short => id % 2 ** 40;

/** Net sums of one UTC day (minor units). Money of a day outside every window is not kept: only its orders are. */
export interface Day {
  readonly day: number;
  orders: number;
  revenue: number;
  cost: number;
}

/** An order that a refund may name, and its day. */
export interface Placed {
  readonly day: number;
  readonly order: Short;
}

/** A refund or cancellation whose order has not been seen: booked on its own day, moved when the order arrives late. */
export interface Orphan extends Placed {
  /** −1 for a cancellation, 0 for a refund */
  readonly orders: number;
  readonly revenue: number;
  readonly cost: number;
}

/** One answer, scaled to 0–1. */
export interface Answer {
  readonly at: Instant;
  readonly score: number;
}

/** A campaign's message to the customer, or the customer's response. */
export interface Touch {
  readonly at: Instant;
  readonly campaign: Short;
}

export interface DayCount {
  readonly day: number;
  count: number;
}

/** What the last change said: the base of the next one's drivers. */
export interface Said {
  readonly value: number;
  /** in the order of COMPONENTS */
  readonly contributions: readonly (number | null)[];
}

export interface CustomerState {
  readonly id: CustomerId;
  /** the newest event or fired timer; null before the first event; never goes back */
  asOf: Instant | null;
  /** the last event ids, oldest first (D2) */
  seen: number[];

  firstEventAt: Instant | null;
  /** all time, net */
  orders: number;
  revenue: number;
  cost: number;
  days: Day[];
  /** purchase days older than `days` reaches; the first and last of them mean something when there are any */
  droppedDays: number;
  firstDroppedDay: number;
  lastDroppedDay: number;
  placed: Placed[];
  orphans: Orphan[];
  feedback: Answer[];
  sends: Touch[];
  /** the newest per campaign */
  responses: Touch[];
  /** the newest joining, earning or redeeming, and the newest leaving */
  memberAt: Instant | null;
  leftAt: Instant | null;
  advocacy: DayCount[];

  /** bits by BOUNDED */
  truncated: number;
  group: Group | null;
  groupSince: Instant | null;
  valueHigh: boolean;
  loyaltyHigh: boolean;
  /** changes said so far */
  changes: number;
  said: Said | null;
  /** profiles sent so far */
  profiles: number;
  profileAt: Instant | null;
  /** something has happened since the last profile */
  dirty: boolean;
  /** feedback has expired in this silence */
  expired: boolean;
  /** when silence alone could next change something */
  due: Instant | null;
}

export function newCustomer(id: CustomerId): CustomerState {
  return {
    id,
    asOf: null,
    seen: [],
    firstEventAt: null,
    orders: 0,
    revenue: 0,
    cost: 0,
    days: [],
    droppedDays: 0,
    firstDroppedDay: 0,
    lastDroppedDay: 0,
    placed: [],
    orphans: [],
    feedback: [],
    sends: [],
    responses: [],
    memberAt: null,
    leftAt: null,
    advocacy: [],
    truncated: 0,
    group: null,
    groupSince: null,
    valueHigh: false,
    loyaltyHigh: false,
    changes: 0,
    said: null,
    profiles: 0,
    profileAt: null,
    dirty: false,
    expired: false,
    due: null,
  };
}
