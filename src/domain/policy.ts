/**
 * The rules a business sets: thresholds, weights, windows. Plain data, already validated (config/policy.ts parses YAML into it and fills a preset's
 * defaults). Durations are days, money is in minor units of `currency`, shares are 0–1.
 */
import type { Component } from './decision.ts';

export const PRESETS = ['retail', 'subscription', 'b2b'] as const;
export type PresetName = (typeof PRESETS)[number];

/** One unit of `currency` is worth `rate` units of the base currency from this UTC date on. */
export interface Rate {
  readonly currency: string;
  /** YYYY-MM-DD */
  readonly from: string;
  readonly rate: number;
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
  /** days of event time between two profiles of a customer about whom nothing else changed */
  readonly profileDays: number;
}
