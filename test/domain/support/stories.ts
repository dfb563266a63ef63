/** Customers told as events: what happens again and again, a mail and its answer, many stories in one order of time; and the policy that they are told by. */
import type { CustomerEvent } from '../../../src/domain/event.ts';
import type { Policy } from '../../../src/domain/policy.ts';
import { presets } from '../../../src/domain/presets.ts';
import { engagement, on } from './events.ts';

/** `make` on each day from `from` to `until`, `days` apart. */
export const every = (days: number, from: number, until: number, make: (day: number) => CustomerEvent): CustomerEvent[] =>
  Array.from({ length: Math.max(0, Math.floor((until - from) / days) + 1) }, (_, i) => make(from + i * days));

export const inOrder = (...lists: readonly (CustomerEvent | readonly CustomerEvent[])[]): CustomerEvent[] =>
  lists.flat().sort((a, b) => a.at - b.at);

/** A campaign every two weeks, answered a minute later or not at all. */
export const mailed = (from: number, until: number, answered: boolean): CustomerEvent[] => [
  ...every(14, from, until, (day) => engagement(on(day), 'CAMPAIGN_SENT', `mail-${day}`)),
  ...(answered ? every(14, from, until, (day) => engagement(on(day, 60_000), 'CAMPAIGN_CLICKED', `mail-${day}`)) : []),
];

/** Uses the loyalty programme once a month. */
export const member = (from: number, until: number): CustomerEvent[] =>
  every(30, from, until, (day) => engagement(on(day, 1), 'LOYALTY_EARNED'));

/** Retail with thresholds of its own, so that stories stay true when the presets are calibrated anew. */
export const TOLD: Policy = {
  ...presets.retail,
  loyalty: {
    ...presets.retail.loyalty,
    high: 60,
    leave: 45,
    rhythm: { firstGapDays: 60, leastGapDays: 7, mostGapDays: 120, from: 2, to: 5 },
    programme: { enabled: true, activeDays: 90 },
  },
  churn: {
    ...presets.retail.churn,
    model: 'mbg',
    parameters: { r: 0.525, alpha: 43.3, a: 0.891, b: 1.614 },
    horizonDays: 90,
    p1: 0.2,
    p2: 0.1,
    p3: 0.04,
    dwellDays: 14,
    overdue: 3,
    declining: { windowDays: 90, share: 0.5, significance: 0.05 },
    negative: { windowDays: 90, nps: 6, csat: 2, sentiment: -0.3 },
    disengaged: { windowDays: 60, leastSends: 3, leastResponses: 2, share: 0.5 },
    programme: { joinDays: 180 },
    support: { openHours: 72, replyHours: 24, afterDays: 30 },
    priceSensitive: { orders: 3, share: 0.5 },
    lost: { days: 365, gaps: 3 },
  },
  relationship: { communityShare: 0.5, personalizedShare: 0.5, longTerm: { days: 365, orders: 6 } },
  lifetime: { discount: 0.01, horizonDays: 365, gammaGamma: { p: 6.25, q: 3.74, v: 1_544 } },
  alerts: { ...presets.retail.alerts, churnRisk: { orders: 2, quietDays: 14 }, followUp: { days: 90, contactDays: 14 } },
};
