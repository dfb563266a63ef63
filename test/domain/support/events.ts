/** Events by hand and by chance. Times are days after 1 January 2024, amounts are minor units. */
import fc from 'fast-check';
import type { Alert } from '../../../src/domain/decision.ts';
import type { Attributes, Command, CustomerEvent, Engagement, Purchase, Support, Survey } from '../../../src/domain/event.ts';
import { type CustomerId, DAY, type Hash, hash, type Instant, type Minor } from '../../../src/domain/ids.ts';
import type { Policy } from '../../../src/domain/policy.ts';
import { presets } from '../../../src/domain/presets.ts';

const START = Date.UTC(2024, 0, 1);
export const CUSTOMER = 'c-1' as CustomerId;
export const on = (day: number, ms = 0): Instant => Math.round(START + day * DAY + ms) as Instant;

let counter = 0;
const fact = (at: Instant) => ({ id: hash(`event-${counter++}`), customer: CUSTOMER, at });

export function purchase(at: Instant, amount: number, more: Partial<Purchase> = {}): Purchase {
  return {
    ...fact(at),
    type: 'purchase',
    order: hash(`order-${counter++}`),
    kind: 'PURCHASE',
    amount: amount as Minor,
    discount: 0 as Minor,
    cost: 0 as Minor,
    items: 1,
    channel: 'web',
    recurring: false,
    recommended: false,
    campaign: null,
    orderedAt: null,
    ...more,
  };
}

export const takeBack = (
  at: Instant,
  kind: 'REFUND' | 'CANCELLATION',
  of: Pick<Purchase, 'order'>,
  amount: number,
  orderedAt: Instant | null = null,
): Purchase => purchase(at, amount, { kind, order: of.order, orderedAt });

export const survey = (at: Instant, kind: Survey['kind'], score: number): Survey => ({
  ...fact(at),
  type: 'survey',
  survey: hash('survey'),
  kind,
  score,
  channel: 'email',
  sentiment: null,
});

export const support = (at: Instant, satisfaction: number | null, cost = 0, more: Partial<Support> = {}): Support => ({
  ...fact(at),
  type: 'support',
  ticket: hash('ticket'),
  status: 'RESOLVED',
  channel: 'phone',
  priority: 'normal',
  satisfaction,
  sentiment: null,
  cost: cost as Minor,
  ...more,
});

export const attributes = (at: Instant, of: Attributes['attributes']): Attributes => ({ ...fact(at), type: 'attributes', attributes: of });

export const engagement = (at: Instant, kind: Engagement['kind'], campaign: string | null = null, cost = 0): Engagement => ({
  ...fact(at),
  type: 'engagement',
  kind,
  campaign: campaign === null ? null : hash(campaign),
  channel: 'email',
  cost: cost as Minor,
});

/** Takes an alert on, as its latest record was seen. */
export const acknowledge = (at: Instant, alert: Pick<Alert, 'kind' | 'subject' | 'episode' | 'number'>, by = 'Anna'): Command => {
  const { kind, subject, episode, number } = alert;
  const known = fact(at);
  return { ...known, type: 'command', kind: 'ACKNOWLEDGE', command: `command-${known.id}`, alert: kind, subject, episode, number, by };
};

/* ------------------------------------------------------------------------------------------------------------- by chance */

interface Spec {
  readonly gap: number;
  readonly make: (at: Instant, orders: readonly Purchase[]) => CustomerEvent;
}

const HOUR = 3_600_000;

const gapArb = fc.oneof(
  { weight: 1, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.nat(3) },
  { weight: 4, arbitrary: fc.nat(3 * DAY) },
  { weight: 4, arbitrary: fc.nat(45 * DAY) },
  { weight: 1, arbitrary: fc.nat(200 * DAY) },
  // exactly on a midnight's distance, an hour or a day apart
  { weight: 1, arbitrary: fc.constantFrom(HOUR, DAY, 7 * DAY, 90 * DAY) },
);

const amountArb = fc.oneof(fc.nat(20_000), fc.constantFrom(0, 40_000, 50_000), fc.nat(200_000));
const costArb = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(5_000) });
const campaignArb = fc.nat(6).map((n) => `campaign-${n}`);

const buyArb = fc
  .record({
    amount: amountArb,
    cost: costArb,
    campaign: fc.option(campaignArb),
    discount: fc.constantFrom(0, 0, 500),
    recurring: fc.boolean(),
    channel: fc.constantFrom('web', 'store', 'unheard-of'),
  })
  .map(
    ({ amount, cost, campaign, discount, recurring, channel }) =>
      (at: Instant): CustomerEvent =>
        purchase(at, amount, {
          cost: cost as Minor,
          campaign: campaign === null ? null : hash(campaign),
          discount: discount as Minor,
          recurring,
          channel,
        }),
  );

const backArb = fc
  .record({
    kind: fc.constantFrom('REFUND' as const, 'CANCELLATION' as const),
    pick: fc.nat(40),
    amount: amountArb,
    orderedAt: fc.constantFrom('given', 'looked up', 'looked up', 'odd'),
    odd: fc.integer({ min: -500, max: 20 }),
  })
  .map(({ kind, pick, amount, orderedAt, odd }) => (at: Instant, orders: readonly Purchase[]): CustomerEvent => {
    const order = orders.length === 0 ? undefined : orders[pick % orders.length];
    const given = orderedAt === 'given' ? (order?.at ?? null) : orderedAt === 'odd' ? ((at + odd * DAY) as Instant) : null;
    return takeBack(at, kind, order ?? { order: hash(`unknown-${pick}`) as Hash }, amount, given);
  });

const sentimentArb = fc.option(fc.constantFrom(-0.9, -0.3, 0, 0.5, 1), { freq: 3 });
const surveyArb = fc
  .tuple(
    fc.oneof(
      fc.tuple(fc.constant('NPS' as const), fc.nat(10)),
      fc.tuple(fc.constantFrom('CSAT' as const, 'REVIEW' as const), fc.integer({ min: 1, max: 5 })),
      fc.tuple(fc.constant('CES' as const), fc.integer({ min: 1, max: 7 })),
    ),
    sentimentArb,
  )
  .map(
    ([[kind, score], sentiment]) =>
      (at: Instant): CustomerEvent => ({ ...survey(at, kind, score), sentiment }),
  );

// A ticket lives for less than the 30 days for which a closed one is remembered.
const supportArb = fc
  .record({
    satisfaction: fc.option(fc.integer({ min: 1, max: 5 })),
    cost: costArb,
    status: fc.constantFrom<Support['status'][]>('OPENED', 'OPENED', 'REPLIED', 'RESOLVED', 'REOPENED', 'CLOSED'),
    ticket: fc.nat(4),
    sentiment: sentimentArb,
  })
  .map(
    ({ satisfaction, cost, status, ticket, sentiment }) =>
      (at: Instant): CustomerEvent =>
        support(at, satisfaction, cost, { status, ticket: hash(`ticket-${ticket} of ${Math.floor(at / (20 * DAY))}`), sentiment }),
  );

const attributesArb = fc
  .array(fc.tuple(fc.constantFrom('plan', 'region'), fc.option(fc.constantFrom('gold', 'silver', 'west'))), { minLength: 1, maxLength: 2 })
  .map(
    (pairs) =>
      (at: Instant): CustomerEvent =>
        attributes(at, [...new Map(pairs)].sort()),
  );

const engagementArb = fc
  .tuple(
    fc.constantFrom<Engagement['kind'][]>(
      'CAMPAIGN_SENT',
      'CAMPAIGN_SENT',
      'CAMPAIGN_SENT',
      'CAMPAIGN_OPENED',
      'CAMPAIGN_CLICKED',
      'LOYALTY_JOINED',
      'LOYALTY_EARNED',
      'LOYALTY_LEFT',
      'UNSUBSCRIBED',
      'RESUBSCRIBED',
      'REFERRAL',
      'COMMUNITY_POST',
      'VISIT',
      'UNSUBSCRIBED',
    ),
    campaignArb,
    costArb,
  )
  .map(
    ([kind, campaign, cost]) =>
      (at: Instant): CustomerEvent =>
        engagement(at, kind, campaign, cost),
  );

const specArb: fc.Arbitrary<Spec> = fc.record({
  gap: gapArb,
  make: fc.oneof(
    { weight: 5, arbitrary: buyArb },
    { weight: 1, arbitrary: backArb },
    { weight: 2, arbitrary: surveyArb },
    { weight: 2, arbitrary: supportArb },
    { weight: 1, arbitrary: attributesArb },
    { weight: 4, arbitrary: engagementArb },
  ),
});

function happen(specs: readonly Spec[]): CustomerEvent[] {
  let at = START;
  const orders: Purchase[] = [];
  return specs.map(({ gap, make }) => {
    at += gap;
    const event = make(at as Instant, orders);
    if (event.type === 'purchase' && event.kind === 'PURCHASE') orders.push(event);
    return event;
  });
}

/** One customer's events in the order of time. At most 30 orders, so that nothing is dropped from a bounded list. */
export const historyArb = (maxLength = 40): fc.Arbitrary<CustomerEvent[]> =>
  fc
    .array(specArb, { minLength: 1, maxLength, size: 'max' })
    .map(happen)
    .filter((events) => events.filter((event) => event.type === 'purchase').length <= 30);

/** Presets, and what a business may make of them. */
export const policyArb: fc.Arbitrary<Policy> = fc
  .record({
    preset: fc.constantFrom(presets.retail, presets.retail, presets.subscription, presets.b2b),
    measure: fc.constantFrom('revenue' as const, 'averageOrder' as const, 'margin' as const),
    high: fc.constantFrom(5_000, 20_000, 50_000),
    windowDays: fc.constantFrom(365, 365, 180, 30),
    dwellDays: fc.constantFrom(0, 0, 10, 45),
    programme: fc.boolean(),
    advocacy: fc.boolean(),
    leastSends: fc.constantFrom(1, 3),
    profileDays: fc.constantFrom(1, 7, 30),
    feedbackDays: fc.constantFrom(365, 60),
    model: fc.constantFrom('mbg' as const, 'mbg' as const, 'bg' as const),
    fallDays: fc.constantFrom(14, 0, 30),
    lostDays: fc.constantFrom(365, 100),
  })
  .map(({ preset, measure, high, windowDays, dwellDays, programme, advocacy, leastSends, profileDays, feedbackDays, ...risk }) => ({
    ...preset,
    churn: { ...preset.churn, model: risk.model, dwellDays: risk.fallDays, lost: { ...preset.churn.lost, days: risk.lostDays } },
    attributes: { plan: ['gold', 'silver'], region: [] },
    value: { ...preset.value, measure, high, windowDays },
    loyalty: {
      ...preset.loyalty,
      dwellDays,
      frequency: { ...preset.loyalty.frequency, windowDays },
      feedback: { ...preset.loyalty.feedback, windowDays: feedbackDays },
      engagement: { ...preset.loyalty.engagement, leastSends },
      programme: { ...preset.loyalty.programme, enabled: programme },
      advocacy: { ...preset.loyalty.advocacy, enabled: advocacy },
    },
    profileDays,
  }));

/** An order of arrival in which no event is more than 365 days late. */
export function delayedArb(events: readonly CustomerEvent[]): fc.Arbitrary<CustomerEvent[]> {
  const delay = fc.oneof(fc.constant(0), fc.nat(20 * DAY), fc.nat(365 * DAY));
  return fc.array(delay, { minLength: events.length, maxLength: events.length }).map((delays) =>
    events
      .map((event, i) => ({ event, at: event.at + (delays[i] ?? 0) }))
      .sort((a, b) => a.at - b.at)
      .map(({ event }) => event),
  );
}
