/**
 * The sources by event type. A further input is a schema, a file here, and a line in each table.
 */
import type { AttributesRecord, EngagementRecord, PurchaseRecord, SchemaName, SupportRecord, SurveyRecord } from '../codec/types.ts';
import type { EventType } from '../config/config.ts';
import { attributes } from './attributes.ts';
import type { Terms } from './checks.ts';
import type { Decoded } from './decoded.ts';
import { engagement } from './engagement.ts';
import { purchase } from './purchase.ts';
import { support } from './support.ts';
import { survey } from './survey.ts';

export { type Terms, termsOf } from './checks.ts';

export interface InputRecords {
  readonly purchase: PurchaseRecord;
  readonly support: SupportRecord;
  readonly survey: SurveyRecord;
  readonly engagement: EngagementRecord;
  readonly attributes: AttributesRecord;
}

/** An input record as it crosses a topic, with its type beside it. */
export type TypedRecord = { readonly [T in EventType]: { readonly type: T; readonly record: InputRecords[T] } }[EventType];

export const INPUT_SCHEMAS = {
  purchase: 'in/purchase',
  support: 'in/support',
  survey: 'in/survey',
  engagement: 'in/engagement',
  attributes: 'in/attributes',
} as const satisfies Record<EventType, SchemaName>;

/** An input record's meaning, or why it has none (I11). The record has the shape of its schema; everything else is checked here. */
export function toEvent({ type, record }: TypedRecord, terms: Terms): Decoded {
  switch (type) {
    case 'purchase':
      return purchase(record, terms);
    case 'support':
      return support(record);
    case 'survey':
      return survey(record, terms);
    case 'engagement':
      return engagement(record);
    case 'attributes':
      return attributes(record, terms);
  }
}
