/**
 * What the world gives: records as the input topics take them, in the order in which they arrive. Pure types.
 */
import type { AttributesRecord, EngagementRecord, PurchaseRecord, SupportRecord, SurveyRecord } from '../codec/types.ts';
import type { Instant } from '../domain/ids.ts';
import type { PresetName } from '../domain/policy.ts';

export interface WorldOptions {
  /** how many arrive over the whole history */
  readonly customers: number;
  readonly days: number;
  readonly seed: number;
  /** the history's last instant */
  readonly until: Instant;
  /** share of events that arrive minutes to weeks after they occurred; default 0.01 */
  readonly late?: number;
  /** share of events that arrive a second time within the hour; default 0.01 */
  readonly duplicates?: number;
  /** broken events for each sound one; default 0.001 */
  readonly broken?: number;
  /** what kind of business it is, by the name of the policy that suits it; default retail */
  readonly business?: PresetName;
  /** share of customers who pay in another currency than USD; the policy needs its rates; default none */
  readonly currencies?: Readonly<Partial<Record<'EUR' | 'GBP', number>>>;
}

export type Happening =
  | { readonly type: 'purchase'; readonly record: PurchaseRecord }
  | { readonly type: 'support'; readonly record: SupportRecord }
  | { readonly type: 'survey'; readonly record: SurveyRecord }
  | { readonly type: 'engagement'; readonly record: EngagementRecord }
  | { readonly type: 'attributes'; readonly record: AttributesRecord };

/** `bytes`: not a record at all. `missing-field`: JSON without `occurredAt`. The others are encodable and impossible. */
export type Broken = 'bytes' | 'missing-field' | 'negative-amount' | 'unknown-currency' | 'impossible-score';

export type WorldItem = Happening & {
  /** when it reaches the input topic: later than `occurredAt` for late events and duplicates, else the same */
  readonly deliveredAt: Instant;
  /** the record's key */
  readonly customerId: string;
  readonly broken?: Broken;
  /** what to send as it is, instead of the encoded record */
  readonly raw?: Uint8Array;
};
