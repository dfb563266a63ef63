/**
 * The bytes of what the publisher of KPIs remembers, in the journal and the store under a reserved key: schemas/internal/publisher.avsc, behind a version byte.
 */
import type { CustomerId, Instant } from '../domain/ids.ts';
import type { ReportState } from '../domain/kpi-report.ts';
import { avroType } from './schemas.ts';
import type { PublisherStateRecord } from './types.ts';

const VERSION = 2;

/** Where it lies; no customer's id, and no total's key. */
export const PUBLISHER_KEY = '\u0000publisher' as CustomerId;

export interface PublisherState extends ReportState {
  /** event time up to which KPIs were told; never goes back, whoever tells them */
  readonly until: Instant;
}

export const NO_STATE: PublisherState = { until: 0 as Instant, day: null, episodes: {}, baselines: {}, firstDay: 0, active: [] };

export function encodePublisherState(state: PublisherState): Buffer {
  const record: PublisherStateRecord = state;
  return Buffer.concat([Buffer.of(VERSION), avroType('internal/publisher').toBuffer(record)]);
}

/** Throws an Error for bytes of another version. */
export function decodePublisherState(bytes: Buffer): PublisherState {
  if (bytes[0] !== VERSION) throw new Error(`the publisher's state has version ${bytes[0]}, this release reads ${VERSION}`);
  const record: PublisherStateRecord = avroType('internal/publisher').fromBuffer(bytes.subarray(1));
  return { ...record, until: record.until as Instant };
}
