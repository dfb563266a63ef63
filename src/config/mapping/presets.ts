/**
 * Mappings that come with rapport, written as a configuration would write them and read by the same code. A test per preset maps samples of what
 * the two really send. Data only.
 */
import type { MapPreset } from './shapes.ts';

export interface Preset {
  /** paths begin at the row of a Debezium change event */
  readonly debezium: boolean;
  readonly when?: unknown;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly events?: readonly { readonly type: string; readonly when: unknown; readonly fields: Readonly<Record<string, unknown>> }[];
}

const track = (...names: string[]): unknown => [
  { path: 'type', in: ['track'] },
  { path: 'event', in: names },
];

/** Before tax and shipping where the sender says so, which `revenue` and `subtotal` are; `total` is with both. */
const AMOUNT = { path: ['properties.revenue', 'properties.subtotal', 'properties.total'], unit: 'major', round: true, absolute: true };
const CHANNEL = { path: 'context.device.type', table: { ios: 'APP', android: 'APP' }, otherwise: 'WEB' };

const order = (kind: string): Readonly<Record<string, unknown>> => ({
  orderId: 'properties.order_id',
  kind: { value: kind },
  amountMinor: AMOUNT,
  currency: 'properties.currency',
  channel: CHANNEL,
});

const email = (event: string, kind: string) => ({
  type: 'engagement',
  when: track(event),
  fields: { kind: { value: kind }, campaignId: 'properties.campaign_id', channel: { value: 'EMAIL' } },
});

export const MAP_PRESETS: Readonly<Record<MapPreset, Preset>> = {
  /** https://debezium.io/documentation: the envelope `before`, `after`, `source`, `op`, `ts_ms`, with or without `schema` and `payload` around it */
  debezium: {
    debezium: true,
    fields: { occurredAt: { path: ['$.source.ts_ms', '$.ts_ms'], unit: 'milliseconds' } },
  },
  /** Segment's specs of e-commerce (v2) and email events, and identify. Who is not known by a user id is passed over. */
  segment: {
    debezium: false,
    when: { path: 'userId', present: true },
    fields: { eventId: 'messageId', customerId: 'userId', occurredAt: { path: ['timestamp', 'originalTimestamp'], unit: 'iso' } },
    events: [
      {
        type: 'purchase',
        when: track('Order Completed'),
        fields: {
          ...order('PURCHASE'),
          discountMinor: { path: 'properties.discount', unit: 'major', round: true, absolute: true },
          items: { path: 'properties.products', count: 'quantity' },
          campaignId: 'context.campaign.name',
        },
      },
      { type: 'purchase', when: track('Order Refunded'), fields: order('REFUND') },
      { type: 'purchase', when: track('Order Cancelled'), fields: order('CANCELLATION') },
      {
        type: 'survey',
        when: track('Product Reviewed'),
        fields: {
          surveyId: ['properties.review_id', 'properties.product_id'],
          kind: { value: 'REVIEW' },
          score: 'properties.rating',
          comment: 'properties.review_body',
          channel: CHANNEL,
        },
      },
      email('Email Delivered', 'CAMPAIGN_SENT'),
      email('Email Opened', 'CAMPAIGN_OPENED'),
      email('Email Link Clicked', 'CAMPAIGN_CLICKED'),
      { type: 'engagement', when: track('Unsubscribed'), fields: { kind: { value: 'UNSUBSCRIBED' }, channel: { value: 'EMAIL' } } },
      { type: 'engagement', when: track('Signed Up'), fields: { kind: { value: 'SIGNED_UP' }, channel: CHANNEL } },
      {
        type: 'engagement',
        when: track('Product Viewed', 'Product List Viewed', 'Products Searched', 'Product Added', 'Cart Viewed', 'Checkout Started'),
        fields: { kind: { value: 'VISIT' }, channel: CHANNEL },
      },
      {
        type: 'attributes',
        when: [
          { path: 'type', in: ['identify'] },
          { path: 'traits', present: true },
        ],
        fields: { attributes: 'traits' },
      },
    ],
  },
};
