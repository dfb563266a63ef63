/**
 * What the domain says about a customer: values, in the order in which they were decided. `outputs/` turns each into a record. Pure types.
 */
import type { CustomerId, Instant, Minor } from './ids.ts';
import type { ServiceMode } from './policy.ts';

export const GROUPS = ['NEW', 'CHAMPION', 'POTENTIAL_CHAMPION', 'LOYALIST', 'AT_RISK'] as const;
export type Group = (typeof GROUPS)[number];

export const COMPONENTS = ['frequency', 'rhythm', 'feedback', 'engagement', 'programme', 'advocacy'] as const;
export type Component = (typeof COMPONENTS)[number];

/** The early warnings. All but PRICE_SENSITIVE raise the level. */
export const SIGNALS = [
  'OVERDUE',
  'DECLINING_FREQUENCY',
  'NEGATIVE_FEEDBACK',
  'DISENGAGED',
  'LOYALTY_INACTIVE',
  'SUPPORT_PAIN',
  'PRICE_SENSITIVE',
] as const;
export type Signal = (typeof SIGNALS)[number];

/** Churn risk, rising. */
export const LEVELS = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;
export type Level = (typeof LEVELS)[number];

export const RELATIONSHIPS = ['COMMUNITY', 'PERSONALIZED', 'LONG_TERM', 'TRANSACTIONAL'] as const;
/** By nature, the first that holds in this order. */
export type Relationship = (typeof RELATIONSHIPS)[number];

/** Minor units; see lifetime.ts. */
export interface LifetimeValues {
  readonly historic: Minor;
  /** 0 for prospects */
  readonly simple: Minor;
  readonly predicted: Minor;
}

/** `thresholds`: without a newer version of the thresholds the group would be as it was */
export type Cause = 'event' | 'silence' | 'late-event' | 'thresholds';

/** What moved the customer since the change before: loyalty drivers are in points and add up to the change of the score; `value` is in minor units. */
export interface Driver {
  readonly name: Component | 'value' | 'feedback expired';
  readonly before: number | null;
  readonly after: number | null;
  readonly difference: number;
}

export interface Scores {
  /** by the policy's measure, minor units of the base currency */
  readonly value: Minor;
  /** 0–100; null without evidence */
  readonly loyalty: number | null;
  /** each component's contribution in points, 100·w·c/Σw over those with evidence; null without */
  readonly components: Readonly<Record<Component, number | null>>;
}

export interface SegmentChange {
  readonly type: 'segment-change';
  readonly customer: CustomerId;
  /** 1 for the customer's first change, then 2, …: with application and customer it makes the change's id */
  readonly number: number;
  readonly from: Group | null;
  readonly to: Group;
  /** the customer's `asOf`; never goes back */
  readonly at: Instant;
  readonly cause: Cause;
  readonly before: Scores | null;
  readonly after: Scores;
  readonly drivers: readonly Driver[];
  readonly about: AlertContext;
}

export interface Churn {
  /** null for prospects */
  readonly level: Level | null;
  readonly buyProbability: number | null;
  /** no purchase for so long that none is expected */
  readonly lost: boolean;
  readonly signals: readonly { readonly signal: Signal; readonly since: Instant }[];
}

export interface Profile {
  readonly type: 'profile';
  readonly customer: CustomerId;
  /** counts the customer's profiles from 1 */
  readonly number: number;
  readonly at: Instant;
  readonly group: Group;
  readonly groupSince: Instant;
  readonly scores: Scores;
  readonly churn: Churn;
  readonly lifetimeValues: LifetimeValues;
  readonly relationship: Relationship;
  /** null without a contact in the last 365 days */
  readonly serviceMode: ServiceMode | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly firstEventAt: Instant;
  readonly firstOrderAt: Instant | null;
  readonly lastOrderAt: Instant | null;
  /** net of cancellations, all time */
  readonly orders: number;
  /** net of refunds and cancellations, all time */
  readonly revenue: Minor;
  readonly orders365: number;
  readonly revenue365: Minor;
  /** the customer's own gap between purchase days; null for prospects */
  readonly gapDays: number | null;
  readonly openTickets: number;
  /** means of the last 365 days' answers, scaled to 0–1; null without any */
  readonly csat: number | null;
  readonly nps: number | null;
  /** when silence alone could next change something; null for never */
  readonly nextChangeAt: Instant | null;
  /** names of the bounded lists that have dropped something */
  readonly truncated: readonly string[];
}

export const ALERTS = ['CHURN_RISK', 'FOLLOW_UP_DUE', 'SUPPORT_OVERDUE', 'SUPPORT_QUALITY', 'PORTFOLIO', 'GOAL'] as const;
export type AlertKind = (typeof ALERTS)[number];

/** Why an episode ended; null while it has not. */
export type AlertEnd = 'recovered' | 'purchase' | 'lost' | 'contacted' | 'resolved' | 'expired';

/** One record of an episode: it is opened once, may escalate and be acknowledged, and is closed once. */
export interface Alert {
  readonly type: 'alert';
  readonly kind: AlertKind;
  /** null: it is about the business, not about one customer */
  readonly customer: CustomerId | null;
  /** the kind's subject apart from the customer: a ticket's hash, a goal's name, a dimension; '' when there is none */
  readonly subject: string;
  /** counts the episodes of customer (or business) and kind from 1: with these and the application it makes the episode's id */
  readonly episode: number;
  /** counts the records of the episode from 1 */
  readonly number: number;
  readonly event: 'opened' | 'escalated' | 'acknowledged' | 'closed';
  /** exact, event time */
  readonly at: Instant;
  readonly end: AlertEnd | null;
  /** what was measured, and the limit that it passed; null where neither is a number */
  readonly value: number | null;
  readonly limit: number | null;
  /** who has acknowledged it, and the id of that command; null of every other event */
  readonly by: string | null;
  readonly command: string | null;
  /** of the customer, at `at`; null for the business */
  readonly about: AlertContext | null;
}

export interface AlertContext {
  readonly group: Group;
  readonly level: Level | null;
  readonly signals: readonly Signal[];
  /** probability of a purchase within the policy's horizon; null where the model gives none */
  readonly buyProbability: number | null;
  /** predicted lifetime value: what is at stake; null for prospects */
  readonly predictedValue: Minor | null;
  readonly strategies: readonly Strategy[];
}

/** What helps, in the words of docs/groups.md, and on which channel. */
export interface Strategy {
  readonly action: string;
  readonly channel: string;
}

export type Decision = SegmentChange | Profile | Alert;
