/**
 * The sources by event type. A further input is a schema, a file here, and a line in each table.
 */
import type {
  AttributesRecord,
  CommandRecord,
  EngagementRecord,
  PurchaseRecord,
  SchemaName,
  SupportRecord,
  SurveyRecord,
} from '../codec/types.ts';
import type { EventType, InputType } from '../config/config.ts';
import type { CustomerEvent } from '../domain/event.ts';
import { attributes } from './attributes.ts';
import type { Terms } from './checks.ts';
import { command } from './command.ts';
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
  readonly command: CommandRecord;
}

type RecordOf<Types extends InputType> = { readonly [T in Types]: { readonly type: T; readonly record: InputRecords[T] } }[Types];
/** An event as it crosses a topic, with its type beside it. */
export type TypedRecord = RecordOf<EventType>;
/** The same of every input. */
export type InputRecord = RecordOf<InputType>;

export const INPUT_SCHEMAS = {
  purchase: 'in/purchase',
  support: 'in/support',
  survey: 'in/survey',
  engagement: 'in/engagement',
  attributes: 'in/attributes',
  command: 'in/command',
} as const satisfies Record<InputType, SchemaName>;

/** An input record's meaning, or why it has none (I11). The record has the shape of its schema; everything else is checked here. */
export function toEvent(input: TypedRecord, terms: Terms): Decoded<CustomerEvent>;
export function toEvent(input: InputRecord, terms: Terms): Decoded;
export function toEvent({ type, record }: InputRecord, terms: Terms): Decoded {
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
    case 'command':
      return command(record);
  }
}
