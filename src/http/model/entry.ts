/**
 * What a record of an output topic says to the read model: the record itself, or that what stood under its key is gone. Pure types.
 */
import type { AlertRecord, DeadLetterRecord, KpiRecord, ProfileRecord, SegmentChangeRecord } from '../../codec/types.ts';

export type Said =
  | { readonly type: 'profile'; readonly record: ProfileRecord }
  | { readonly type: 'segment-change'; readonly record: SegmentChangeRecord }
  | { readonly type: 'alert'; readonly record: AlertRecord }
  | { readonly type: 'kpi'; readonly record: KpiRecord }
  | { readonly type: 'dead-letter'; readonly record: DeadLetterRecord }
  /** a record without a value in a compacted topic */
  | { readonly type: 'erased'; readonly of: 'profile' | 'kpi'; readonly key: string };

/** One record of a partition. */
export interface Entry {
  readonly offset: number;
  /** tells it from another record at the same place */
  readonly digest: string;
  /** null: nothing for the read model */
  readonly said: Said | null;
}
