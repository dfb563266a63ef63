/** Records and configuration that the codec's tests share. */
import type { EncoderConfig } from '../../src/codec/encoder.ts';
import type { AttributesRecord, EngagementRecord, PurchaseRecord, SupportRecord, SurveyRecord } from '../../src/codec/types.ts';
import { EVENT_TYPES, type EventType, type SourceConfig } from '../../src/config/config.ts';
import { presets } from '../../src/domain/presets.ts';
import type { LogRecord } from '../../src/engine/ports.ts';
import type { TypedRecord } from '../../src/sources/index.ts';

export const AT = Date.UTC(2026, 2, 1, 12);

export const purchaseRecord = (over: Partial<PurchaseRecord> = {}): PurchaseRecord => ({
  eventId: 'e-1',
  customerId: 'anna',
  occurredAt: AT,
  orderId: 'o-1',
  kind: 'PURCHASE',
  amountMinor: 4999,
  currency: 'USD',
  discountMinor: 0,
  costMinor: null,
  items: 1,
  channel: 'WEB',
  recurring: false,
  recommended: false,
  campaignId: null,
  orderedAt: null,
  ...over,
});

export const supportRecord = (over: Partial<SupportRecord> = {}): SupportRecord => ({
  eventId: 'e-2',
  customerId: 'anna',
  occurredAt: AT,
  ticketId: 't-1',
  status: 'OPENED',
  channel: 'PHONE',
  priority: 'NORMAL',
  satisfaction: null,
  comment: null,
  costMinor: null,
  ...over,
});

export const surveyRecord = (over: Partial<SurveyRecord> = {}): SurveyRecord => ({
  eventId: 'e-3',
  customerId: 'anna',
  occurredAt: AT,
  surveyId: 's-1',
  kind: 'NPS',
  score: 9,
  comment: null,
  channel: 'EMAIL',
  ...over,
});

export const engagementRecord = (over: Partial<EngagementRecord> = {}): EngagementRecord => ({
  eventId: 'e-4',
  customerId: 'anna',
  occurredAt: AT,
  kind: 'VISIT',
  campaignId: null,
  channel: 'WEB',
  costMinor: null,
  ...over,
});

export const attributesRecord = (over: Partial<AttributesRecord> = {}): AttributesRecord => ({
  eventId: 'e-5',
  customerId: 'anna',
  occurredAt: AT,
  attributes: { region: 'north', ageBand: null },
  ...over,
});

/** One record of every type. */
export const EXAMPLES: readonly TypedRecord[] = [
  { type: 'purchase', record: purchaseRecord() },
  { type: 'support', record: supportRecord() },
  { type: 'survey', record: surveyRecord() },
  { type: 'engagement', record: engagementRecord() },
  { type: 'attributes', record: attributesRecord() },
];

/** Topic `<type>` takes Avro, `<type>-json` takes JSON. */
const SOURCES: readonly SourceConfig[] = EVENT_TYPES.flatMap((type: EventType) => [
  { type, topic: type, format: 'avro' as const, keyedByCustomer: true },
  { type, topic: `${type}-json`, format: 'json' as const, keyedByCustomer: true },
]);

export const CONFIG: EncoderConfig & { readonly sources: readonly SourceConfig[] } = {
  applicationId: 'shop',
  topics: {
    journal: 'shop.journal',
    reroute: 'shop.reroute',
    segmentChanges: 'shop.segment-changes',
    profiles: 'shop.profiles',
    alerts: 'shop.alerts',
    kpis: 'shop.kpis',
    thresholds: 'shop.thresholds',
    deadLetters: 'shop.dead-letters',
  },
  policy: presets.retail,
  policyHash: '0123456789abcdef',
  sources: SOURCES,
};

export const logRecord = (value: Buffer | null): LogRecord => ({ offset: 0, timestamp: AT, key: null, value, headers: [] });
