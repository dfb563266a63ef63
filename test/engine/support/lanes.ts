/** Inputs without a source: records put straight into their inboxes, decoded, for tests of the merge and of the fold. */
import type { CustomerId, Instant } from '../../../src/domain/ids.ts';
import { LIMITS, type Limits } from '../../../src/engine/engine.ts';
import { Input, type Item } from '../../../src/engine/input.ts';
import type { Decoded, LogRecord } from '../../../src/engine/ports.ts';
import { dead } from '../../../src/sources/decoded.ts';

export const at = (ms: number): Instant => ms as Instant;
export const limits = (some: Partial<Limits> = {}): Limits => ({ ...LIMITS, ...some });

export const fresh = (topic: string, partition = 0, of: Limits = LIMITS): Input =>
  new Input({ topic, partition, next: 0, last: null, newest: null, end: null }, of);

export const rawRecord = (offset: number, value = 'v'): LogRecord => ({
  offset,
  timestamp: 0,
  key: null,
  value: Buffer.from(value),
  headers: [],
});

/** What stands at an offset: an event's time, or null for a record that has none. */
export const decodedAt = (time: number | null): Decoded =>
  time === null
    ? dead('not-avro', 'for a test')
    : {
        outcome: 'event',
        event: {
          type: 'engagement',
          id: 0 as never,
          customer: 'c' as CustomerId,
          at: at(time),
          kind: 'VISIT',
          campaign: null,
          channel: 'WEB',
          cost: 0 as never,
        },
      };

/** Offers records and decodes all that was accepted, as a shard does. */
export function fill(input: Input, records: readonly LogRecord[], next: number, decode: (record: LogRecord) => Decoded): number {
  const accepted = input.offer(records, next);
  for (let raw = input.nextRaw(); raw !== undefined; raw = input.nextRaw()) {
    const items = raw.records.map((record): Item => {
      return { input, record, origin: { ...input.tp, offset: record.offset, timestamp: 0 }, decoded: decode(record) };
    });
    input.decodedBatch(items, raw.next);
  }
  return accepted;
}

/** Fills an input from its first offset with events at these times. */
export function fillTimes(input: Input, times: readonly (number | null)[]): void {
  const from = input.fetchNext;
  const records = times.map((_, i) => rawRecord(from + i));
  fill(input, records, from + times.length, ({ offset }) => decodedAt(times[offset - from] ?? null));
}
