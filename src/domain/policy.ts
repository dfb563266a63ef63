/**
 * The rules a business sets: thresholds, weights, windows. Plain data, already validated (config/policy.ts parses YAML into it and fills a preset's
 * defaults). Durations are days, money is in minor units of `currency`, shares are 0–1.
 */
import type { Component, Group } from './decision.ts';

export const PRESETS = ['retail', 'subscription', 'b2b'] as const;
export type PresetName = (typeof PRESETS)[number];

/** How a channel serves; ties between them are decided in this order. */
export const SERVICE_MODES = ['PERSONAL_ASSISTANCE', 'SELF_SERVICE', 'AUTOMATED', 'COMMUNITY'] as const;
export type ServiceMode = (typeof SERVICE_MODES)[number];

/** One unit of `currency` is worth `rate` units of the base currency from this UTC date on. */
export interface Rate {
  readonly currency: string;
  /** YYYY-MM-DD */
  readonly from: string;
  readonly rate: number;
}

/** A measurable, dated aim: `metric` of `dimension` (`all`, or a group) on a straight line from the baseline to its target. */
export interface Goal {
  readonly name: string;
  readonly metric: string;
  readonly dimension: string;
  /** UTC dates, YYYY-MM-DD */
  readonly from: string;
  readonly by: string;
  /** null: the metric's value on `from` */
  readonly baseline: number | null;
  /** added to the baseline: a share of it (`relative`), or so much (`points`) */
  readonly change: number;
  readonly kind: 'relative' | 'points';
  /** off its line: short of it by more than this share of the change */
  readonly tolerance: number;
}

export interface Policy {
  readonly preset: PresetName;
  /** ISO 4217 code of the base currency */
  readonly currency: string;
  readonly rates: readonly Rate[];
  /** who counts as new: no order, or known for less than `days` and (fewer than `orders` orders or known for less than `leastDays`) */
  readonly newCustomer: { readonly days: number; readonly orders: number; readonly leastDays: number };
  readonly value: {
    readonly measure: 'revenue' | 'averageOrder' | 'margin';
    readonly windowDays: number;
    /** minor units: high from here */
    readonly high: number;
    /** high from this percentile of active customers, in versions; `high` then holds until there is one. null: always `high` */
    readonly percentile: number | null;
    /** share of `high` below which it is no longer high */
    readonly leave: number;
  };
  readonly loyalty: {
    /** points: high from here */
    readonly high: number;
    /** points: no longer high below */
    readonly leave: number;
    /** days a group is kept at least */
    readonly dwellDays: number;
    readonly weights: Readonly<Record<Component, number>>;
    readonly frequency: { readonly windowDays: number; readonly orders: number };
    readonly rhythm: {
      readonly firstGapDays: number;
      readonly leastGapDays: number;
      readonly mostGapDays: number;
      /** multiples of the customer's gap: full until `from`, nothing at `to` */
      readonly from: number;
      readonly to: number;
    };
    readonly feedback: { readonly windowDays: number; readonly halfLifeDays: number };
    readonly engagement: { readonly windowDays: number; readonly matureDays: number; readonly leastSends: number };
    readonly programme: { readonly enabled: boolean; readonly activeDays: number };
    readonly advocacy: { readonly enabled: boolean; readonly windowDays: number; readonly events: number };
  };
  readonly feedback: { readonly csatMost: number };
  /** a refund or cancellation finds its order among the customer's last so many */
  readonly refunds: { readonly orders: number };
  readonly churn: {
    /** of the probability of a purchase; time in days */
    readonly model: 'mbg' | 'bg';
    readonly parameters: { readonly r: number; readonly alpha: number; readonly a: number; readonly b: number };
    readonly horizonDays: number;
    /** the probability below which the level is at least MEDIUM, HIGH, CRITICAL */
    readonly p1: number;
    readonly p2: number;
    readonly p3: number;
    /** days below a level before it falls one step */
    readonly dwellDays: number;
    /** multiples of the customer's gap since the last purchase */
    readonly overdue: number;
    readonly declining: { readonly windowDays: number; readonly share: number; readonly significance: number };
    readonly negative: { readonly windowDays: number; readonly nps: number; readonly csat: number; readonly sentiment: number };
    readonly disengaged: {
      readonly windowDays: number;
      readonly leastSends: number;
      readonly leastResponses: number;
      readonly share: number;
    };
    readonly programme: { readonly joinDays: number };
    readonly support: { readonly openHours: number; readonly replyHours: number; readonly afterDays: number };
    readonly priceSensitive: { readonly orders: number; readonly share: number };
    /** LOST: no purchase for the longer of `days` and `gaps` times the gap as it is */
    readonly lost: { readonly days: number; readonly gaps: number };
  };
  readonly lifetime: {
    /** per month, as a share */
    readonly discount: number;
    /** of the simple lifetime value */
    readonly horizonDays: number;
    /** `v` in minor units */
    readonly gammaGamma: { readonly p: number; readonly q: number; readonly v: number };
  };
  readonly relationship: {
    readonly communityShare: number;
    readonly personalizedShare: number;
    readonly longTerm: { readonly days: number; readonly orders: number };
  };
  /** how each channel of an event serves; one that is not named counts as none */
  readonly channels: Readonly<Record<string, ServiceMode>>;
  /** attributes that are kept, each with the values that KPIs tell apart; any other value counts as `other` */
  readonly attributes: Readonly<Record<string, readonly string[]>>;
  /** said after the strategies that each group has already */
  readonly strategies: Readonly<Record<Group, readonly string[]>>;
  readonly alerts: {
    /** a level of churn risk is alerted for customers with so many orders */
    readonly churnRisk: { readonly orders: number; readonly quietDays: number };
    readonly followUp: { readonly days: number; readonly contactDays: number };
    readonly supportQuality: { readonly share: number; readonly windowDays: number; readonly tickets: number };
    readonly portfolio: { readonly share: number; readonly customers: number };
  };
  readonly goals: readonly Goal[];
  readonly kpis: {
    /** CSAT as the share of the satisfied (the best two of five) or as the mean score */
    readonly csat: 'share' | 'mean';
    readonly windowDays: number;
    readonly leastResponses: number;
    readonly leastCustomers: number;
    /** days within which every active customer is evaluated at least once */
    readonly evaluateDays: number;
  };
  /** days of event time between two profiles of a customer about whom nothing else changed */
  readonly profileDays: number;
}
