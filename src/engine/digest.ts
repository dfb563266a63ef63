/**
 * A 48-bit digest of a record, by which a shard recognises the record before its position after a takeover: a topic that was
 * deleted and made again has another record there.
 */
import { createHash } from 'node:crypto';
import type { LogRecord } from './ports.ts';

export function digest(record: LogRecord): number {
  const sum = createHash('sha256');
  for (const bytes of [record.key, record.value]) {
    sum.update(bytes === null ? '-' : `${bytes.length}:`);
    if (bytes !== null) sum.update(bytes);
  }
  return sum.update(String(record.timestamp)).digest().readUIntBE(0, 6);
}
