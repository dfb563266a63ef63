/**
 * The bytes of the last version of the thresholds, in shard 0's journal and store under a reserved key: schemas/internal/thresholds.avsc, behind a version byte.
 */
import type { CustomerId, Instant } from '../domain/ids.ts';
import type { ThresholdsVersion } from '../domain/thresholds.ts';
import { avroType } from './schemas.ts';
import type { ThresholdsStateRecord } from './types.ts';

const VERSION = 1;

/** Where it lies; no customer's id, and no total's key. */
export const THRESHOLDS_KEY = '\u0000thresholds' as CustomerId;

export function encodeThresholds({ version, high, percentile, customers, day, at }: ThresholdsVersion): Buffer {
  const record: ThresholdsStateRecord = { version, high, percentile, customers, day, at };
  return Buffer.concat([Buffer.of(VERSION), avroType('internal/thresholds').toBuffer(record)]);
}

/** Throws an Error for bytes of another version. */
export function decodeThresholds(bytes: Buffer): ThresholdsVersion {
  if (bytes[0] !== VERSION) throw new Error(`the thresholds have version ${bytes[0]}, this release reads ${VERSION}`);
  const record: ThresholdsStateRecord = avroType('internal/thresholds').fromBuffer(bytes.subarray(1));
  return { type: 'thresholds', ...record, at: record.at as Instant };
}
