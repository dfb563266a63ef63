/**
 * What the domain says about a customer: values, in the order in which they were decided. `outputs/` turns each into a record. Pure types.
 */
import type { CustomerId, Instant, Minor } from './ids.ts';

export const GROUPS = ['NEW', 'CHAMPION', 'POTENTIAL_CHAMPION', 'LOYALIST', 'AT_RISK'] as const;
export type Group = (typeof GROUPS)[number];

export const COMPONENTS = ['frequency', 'rhythm', 'feedback', 'engagement', 'programme', 'advocacy'] as const;
export type Component = (typeof COMPONENTS)[number];

export type Cause = 'event' | 'silence' | 'late-event';

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
  readonly firstEventAt: Instant;
  readonly firstOrderAt: Instant | null;
  readonly lastOrderAt: Instant | null;
  /** net of cancellations, all time */
  readonly orders: number;
  /** net of refunds and cancellations, all time */
  readonly revenue: Minor;
  readonly orders365: number;
  readonly revenue365: Minor;
  /** when silence alone could next change something; null for never */
  readonly nextChangeAt: Instant | null;
  /** names of the bounded lists that have dropped something */
  readonly truncated: readonly string[];
}

export type Decision = SegmentChange | Profile;
