/**
 * The policies that a business starts from. `retail` holds the defaults; the others differ where the business does, and say why.
 * Money in minor units of US dollars, durations in days.
 */
import type { Policy, PresetName } from './policy.ts';

const retail: Policy = {
  preset: 'retail',
  currency: 'USD',
  rates: [],
  newCustomer: { days: 90, orders: 3, leastDays: 30 },
  value: { measure: 'revenue', windowDays: 365, high: 50_000, percentile: null, leave: 0.8 },
  loyalty: {
    high: 60,
    leave: 45,
    dwellDays: 0,
    weights: { frequency: 0.3, rhythm: 0.25, feedback: 0.2, engagement: 0.1, programme: 0.1, advocacy: 0.05 },
    frequency: { windowDays: 365, orders: 6 },
    rhythm: { firstGapDays: 60, leastGapDays: 7, mostGapDays: 120, from: 2, to: 5 },
    feedback: { windowDays: 365, halfLifeDays: 90 },
    engagement: { windowDays: 90, matureDays: 7, leastSends: 3 },
    programme: { enabled: true, activeDays: 90 },
    advocacy: { enabled: true, windowDays: 365, events: 2 },
  },
  feedback: { csatMost: 5 },
  refunds: { orders: 32 },
  churn: {
    // MBG/NBD of a music shop's customers (the CDNOW sample), time in days
    model: 'mbg',
    parameters: { r: 0.525, alpha: 43.3, a: 0.891, b: 1.614 },
    horizonDays: 90,
    // where in these customers' hold-out of 39 weeks a half, a quarter and a tenth as many bought as of all (docs/models.md)
    p1: 0.06,
    p2: 0.035,
    p3: 0.015,
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
  lifetime: { discount: 0.01, horizonDays: 365, gammaGamma: { p: 6.25, q: 3.74, v: 1_544 } },
  relationship: { communityShare: 0.5, personalizedShare: 0.5, longTerm: { days: 365, orders: 6 } },
  channels: {
    store: 'PERSONAL_ASSISTANCE',
    phone: 'PERSONAL_ASSISTANCE',
    video: 'PERSONAL_ASSISTANCE',
    sales: 'PERSONAL_ASSISTANCE',
    web: 'SELF_SERVICE',
    app: 'SELF_SERVICE',
    portal: 'SELF_SERVICE',
    chatbot: 'SELF_SERVICE',
    email: 'AUTOMATED',
    sms: 'AUTOMATED',
    push: 'AUTOMATED',
    forum: 'COMMUNITY',
    community: 'COMMUNITY',
    social: 'COMMUNITY',
  },
  attributes: {},
  strategies: { NEW: [], CHAMPION: [], POTENTIAL_CHAMPION: [], LOYALIST: [], AT_RISK: [] },
  alerts: {
    churnRisk: { orders: 2, quietDays: 14 },
    followUp: { days: 90, contactDays: 14 },
    supportQuality: { share: 0.2, windowDays: 7, tickets: 10 },
    portfolio: { share: 0.4, customers: 30 },
  },
  goals: [],
  kpis: { csat: 'share', windowDays: 90, leastResponses: 5, leastCustomers: 30, evaluateDays: 30 },
  profileDays: 30,
};

/**
 * A subscription renews by itself, mostly monthly: orders are many, and say little while they come. A renewal that fails to come is the
 * news, so rhythm weighs more, expects a month, and falls sooner; opinion and use of what is sent weigh more than the count of orders.
 * The subscription is itself the programme. Advocacy in months of half the retail horizon would be rare: it stays as it is.
 * Rhythm is gone after 4 gaps: with 3, renewals a few weeks late took up to 6 % of the moves back within 30 days, with 4 less than 4 %.
 */
const subscription: Policy = {
  ...retail,
  preset: 'subscription',
  value: { ...retail.value, high: 30_000 },
  loyalty: {
    ...retail.loyalty,
    weights: { frequency: 0.15, rhythm: 0.35, feedback: 0.25, engagement: 0.15, programme: 0.05, advocacy: 0.05 },
    frequency: { windowDays: 365, orders: 10 },
    rhythm: { firstGapDays: 30, leastGapDays: 7, mostGapDays: 60, from: 1.5, to: 4 },
    programme: { ...retail.loyalty.programme, enabled: false },
  },
  // when rhythm is gone: until then a renewal is often only late, and CHURN_RISK opened a sixth more often
  // Of the few messages of two months, half as many answers are often chance; a quarter seldom.
  churn: { ...retail.churn, overdue: 4, disengaged: { ...retail.churn.disengaged, share: 0.25 } },
  // Half a year of renewals: those who leave before have tried it, and are many.
  alerts: { ...retail.alerts, churnRisk: { orders: 6, quietDays: 14 } },
};

/**
 * A business buys seldom, in large orders and over long talks: new for half a year, a gap of a quarter to begin with, campaigns judged
 * over half a year after two weeks to answer, opinions that age more slowly. Few have a points programme. Gaps of half a year are usual, so that
 * three of them are late and only four are lost.
 */
const b2b: Policy = {
  ...retail,
  preset: 'b2b',
  newCustomer: { days: 180, orders: 2, leastDays: 60 },
  value: { ...retail.value, high: 2_500_000 },
  loyalty: {
    ...retail.loyalty,
    weights: { frequency: 0.25, rhythm: 0.25, feedback: 0.3, engagement: 0.1, programme: 0.05, advocacy: 0.05 },
    frequency: { windowDays: 365, orders: 4 },
    rhythm: { firstGapDays: 90, leastGapDays: 14, mostGapDays: 180, from: 2, to: 4 },
    feedback: { windowDays: 365, halfLifeDays: 180 },
    engagement: { windowDays: 180, matureDays: 14, leastSends: 3 },
    programme: { ...retail.loyalty.programme, enabled: false },
    advocacy: { enabled: true, windowDays: 365, events: 1 },
  },
  churn: {
    ...retail.churn,
    lost: { days: 365, gaps: 4 },
  },
  // a third order is a customer worth a call
  alerts: { ...retail.alerts, churnRisk: { orders: 3, quietDays: 14 } },
};

export const presets: Readonly<Record<PresetName, Policy>> = { retail, subscription, b2b };
