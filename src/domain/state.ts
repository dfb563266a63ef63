/**
 * What is kept about one customer. *Facts* are what happened, a function of the set of events (within the bounds, for events up to
 * `LATEST_DAYS` late), whatever their order of arrival. *Memory* is what was said, and does depend on it.
 *
 * Plain mutable data: `fold` and `fire` own the draft that they are given. Boundary: no rules here, and no bytes (codec/state.ts).
 * Lists are sorted by time, oldest first, and bounded; ties are broken by content, so that the newest k of a set are the same in any order.
 */
import { type Group, type Level, SIGNALS } from './decision.ts';
import type { CustomerId, Hash, Instant } from './ids.ts';
import type { Thresholds } from './thresholds.ts';

/** An event this many days late still finds every fact that it can change. */
export const LATEST_DAYS = 365;
/** No window of a policy is longer, in days. */
export const WINDOW_DAYS = 365;
/** Day buckets of orders are kept for what a late refund (365 d) of an old order (365 d) can reach. */
export const KEPT_DAYS = LATEST_DAYS + WINDOW_DAYS;

/** The day to which worth is discounted: 1 January 2020. */
export const WORTH_DAY = 18_262;

export const MOST_SEEN = 16;
export const MOST_PLACED = 32;
export const MOST_ORPHANS = 32;
export const MOST_FEEDBACK = 32;
export const MOST_SENDS = 64;
export const MOST_PLACES = 31;
/** of open tickets, and of those that are not */
export const MOST_TICKETS = 32;
/** A closed ticket is remembered for as long as it hurts at most, and an event of it may come late. */
export const TICKET_DAYS = 90;
/** Contacts are summed by spans of so many days, because whole years of them are kept. */
export const SPAN_DAYS = 30;

/** Lists that can drop something; the index is the bit in `truncated`. */
export const BOUNDED = ['orders', 'refunds', 'feedback', 'campaigns', 'tickets'] as const;
export type Bounded = (typeof BOUNDED)[number];

/** What is remembered of an event id: 48 bits (D2). */
export const seenAs = (id: Hash): number => id % 2 ** 48;
/** What is remembered of the id of a campaign or a ticket, which is only told apart from at most 64 others of the customer: 32 bits. */
export type Short = number;
export const shorten = (id: Hash): Short => id % 2 ** 32;
/** An order is only told apart from the last 32: 24 bits. */
export const shortenOrder = (id: Hash): Short => id % 2 ** 24;
/** Contributions to loyalty are said and held as multiples of this fraction of a point. */
export const POINT_PARTS = 1_000_000;
/** Scores are held as multiples of this fraction: exact on every scale of up to twelve steps. */
export const SCORE_STEPS = 27_720;

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
  /** memory: where it is booked, in `places` from 1; 0 until the evaluation after it, or when that place is forgotten */
  place: number;
  readonly discounted: boolean;
  /** recommended, or answered to a campaign */
  readonly personal: boolean;
  readonly recurring: boolean;
  readonly campaign: boolean;
}

/** A refund or cancellation whose order has not been seen: booked on its own day, moved when the order arrives late. */
export interface Orphan {
  readonly day: number;
  readonly order: Short;
  /** as of Placed */
  place: number;
  /** −1 for a cancellation, 0 for a refund */
  readonly orders: number;
  readonly revenue: number;
  readonly cost: number;
}

/** COMMENT: words alone; REMARK: words beside a score, which only warn and are not counted twice. */
export const ANSWERS = ['NPS', 'CSAT', 'REVIEW', 'CES', 'COMMENT', 'REMARK'] as const;
export type AnswerKind = (typeof ANSWERS)[number];

/** One answer, scaled to 0–1, a multiple of 1/SCORE_STEPS. */
export interface Answer {
  readonly at: Instant;
  readonly score: number;
  readonly kind: AnswerKind;
}

/** Who has taken an open episode on, and when: by the clock of whoever said so, or the customer's, whichever is later. */
export interface Acknowledgement {
  readonly at: Instant;
  readonly by: string;
}

/** What is known of a ticket; each instant is the same in whatever order its events arrive. */
export interface Ticket {
  readonly ticket: Short;
  /** the first opening and the first reply; the last reopening and the last resolution */
  openedAt: Instant | null;
  repliedAt: Instant | null;
  reopenedAt: Instant | null;
  resolvedAt: Instant | null;
  /** as of Placed */
  place: number;
  /** memory: it has been booked as answered late */
  late: boolean;
  /** memory: the number of its open alert episode; 0 when there is none */
  alert: number;
  /** memory: of that episode */
  acknowledged: Acknowledgement | null;
}

/** Contacts of one span (day = span · SPAN_DAYS), by SERVICE_MODES. */
export interface Contacts {
  readonly span: number;
  readonly counts: number[];
}

export interface Attribute {
  readonly name: string;
  /** null: it has been removed */
  readonly value: string | null;
  readonly at: Instant;
}

/** What an event adds to the KPIs of a day: `place` as of Placed, 0 for the one that the evaluation after it gives. */
export interface Flow {
  readonly day: number;
  /** index in PARTS */
  readonly part: number;
  readonly amount: number;
  readonly place: number;
}
export type Flows = Flow[];

/** What KPIs hold of the customer: taken back before something else is added. */
export interface Contribution {
  active: boolean;
  lost: boolean;
  retained: boolean;
  churned: boolean;
  /** minor units */
  historicValue: number;
  simpleValue: number;
  predictedValue: number;
  /** of the histogram of values, plus one; 0: it does not have the customer */
  bucket: number;
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
  unsubscribedAt: Instant | null;
  resubscribedAt: Instant | null;
  advocacy: DayCount[];
  tickets: Ticket[];
  /** open tickets that no longer fit: how many, and when the first of all was opened */
  openDropped: number;
  oldestOpenAt: Instant | null;
  contacts: Contacts[];
  /** by name */
  attributes: Attribute[];
  /** Σ (net − cost) of all time, each discounted from its day to WORTH_DAY, in hundredths of a minor unit */
  worth: number;
  /** memory: repeat days of positive net amount whose money `days` no longer holds: how many, and their sum */
  spendDays: number;
  spendSum: number;
  /** the newest contact by the business: a campaign sent, a ticket answered */
  contactAt: Instant | null;

  /** bits by BOUNDED */
  truncated: number;
  group: Group | null;
  groupSince: Instant | null;
  valueHigh: boolean;
  loyaltyHigh: boolean;
  /** as taken up at the last evaluation; null: the policy's own */
  thresholds: Thresholds | null;
  /** `valueHigh` is what it is because of a version of them, and no change has said so yet: the group may be kept for the policy's dwell */
  valueByThresholds: boolean;
  /** changes said so far */
  changes: number;
  said: Said | null;
  /** by SIGNALS: since when it is on; null when it is not */
  signals: (Instant | null)[];
  level: Level | null;
  /** since when what is measured is below the level */
  belowSince: Instant | null;
  lost: boolean;
  /** churn-risk episodes so far, records of the open one (0: none is open), and since when its level is at most MEDIUM */
  risks: number;
  riskRecords: number;
  riskPeak: Level | null;
  calmSince: Instant | null;
  /** of the open episode at its peak: an escalation ends it */
  riskAcknowledged: Acknowledgement | null;
  /** the newest follow-up of a purchase; the purchase that waits for one; follow-up episodes so far, and whether one is open */
  followedUpAt: Instant | null;
  followUpFrom: Instant | null;
  followUps: number;
  followUpOpen: boolean;
  followUpAcknowledged: Acknowledgement | null;
  /** support-overdue episodes so far */
  overdues: number;
  contribution: Contribution;
  /** where orders and tickets are booked, at most MOST_PLACES: the group as in GROUPS from 1, then of each kept attribute which value (contribution.ts) */
  places: number[][];
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
    unsubscribedAt: null,
    resubscribedAt: null,
    advocacy: [],
    tickets: [],
    openDropped: 0,
    oldestOpenAt: null,
    contacts: [],
    attributes: [],
    worth: 0,
    spendDays: 0,
    spendSum: 0,
    contactAt: null,
    truncated: 0,
    group: null,
    groupSince: null,
    valueHigh: false,
    loyaltyHigh: false,
    thresholds: null,
    valueByThresholds: false,
    changes: 0,
    said: null,
    signals: SIGNALS.map(() => null),
    level: null,
    belowSince: null,
    lost: false,
    risks: 0,
    riskRecords: 0,
    riskPeak: null,
    calmSince: null,
    riskAcknowledged: null,
    followedUpAt: null,
    followUpFrom: null,
    followUps: 0,
    followUpOpen: false,
    followUpAcknowledged: null,
    overdues: 0,
    contribution: {
      active: false,
      lost: false,
      retained: false,
      churned: false,
      historicValue: 0,
      simpleValue: 0,
      predictedValue: 0,
      bucket: 0,
    },
    places: [],
    profiles: 0,
    profileAt: null,
    dirty: false,
    expired: false,
    due: null,
  };
}
