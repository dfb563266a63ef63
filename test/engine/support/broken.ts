/** Every kind of record that can be read and not used, as a test writes it to the first partition of the purchases. */
import { localCodec } from '../../../src/codec/local.ts';
import { UNREADABLE_HEADER } from '../../../src/engine/ports.ts';
import type { TestDriver } from '../../../src/testing.ts';
import { NOW } from './drive.ts';
import { purchase, START } from './history.ts';

export interface Broken {
  readonly title: string;
  /** the symbol in the dead letter */
  readonly reason: string;
  /** Returns the offset. */
  write(to: TestDriver): number;
}

const raw = (title: string, reason: string, value: Buffer | null, headers: { key: string; value: Buffer }[] = []): Broken => ({
  title,
  reason,
  write: (to) => to.kafka.append('test.purchase', 0, { key: 'k', value, headers }),
});
const event = (title: string, reason: string, record: Parameters<typeof purchase>): Broken => ({
  title,
  reason,
  write: (to) => to.kafka.append('test.purchase', 0, { key: 'k', value: localCodec(to.settings).encodeEvent(purchase(...record)) }),
});

export const DEAD_LETTER_CASES: readonly Broken[] = [
  raw('no value', 'invalid_record', null),
  raw('not in the wire format', 'not_avro', Buffer.from('{"eventId":"e"}')),
  raw('an unknown schema', 'unknown_schema', Buffer.from([0, 0, 0, 9, 9, 1, 2, 3])),
  raw('cut short', 'not_avro', Buffer.from([0, 0, 0, 0, 1, 6])),
  raw('too large', 'too_large', Buffer.alloc(600_000)),
  raw('a batch that could not be unpacked', 'unreadable_batch', null, [
    { key: UNREADABLE_HEADER, value: Buffer.from('offsets 1–9: too large') },
  ]),
  event('a negative amount', 'invalid_record', ['b1', 'ann', START, { amountMinor: -1 }]),
  event('an unknown currency', 'unknown_currency', ['b2', 'ann', START, { currency: 'ABC' }]),
  event('a currency without a rate', 'no_rate', ['b3', 'ann', START, { currency: 'EUR' }]),
  event('a time after the year 9999', 'invalid_time', ['b4', 'ann', 253_402_300_800_000]),
  event('a time before 1970', 'invalid_time', ['b5', 'ann', -1]),
  event('a time in the future', 'future_event', ['b6', 'ann', NOW + 400_000]),
  event('an empty customer id', 'invalid_customer_id', ['b7', '', START]),
  event('a newline in a customer id', 'invalid_customer_id', ['b8', 'a\nb', START]),
  event('an over-long customer id', 'invalid_customer_id', ['b9', 'x'.repeat(129), START]),
];
