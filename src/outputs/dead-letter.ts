/**
 * An input record that could not be used: from a `DeadLetter` to schemas/out/dead-letter.avsc. Pure. The original bytes go along up to a
 * bound, so that a dead letter always fits its topic.
 */
import type { DeadLetterRecord, DeadReason as ReasonSymbol } from '../codec/types.ts';
import type { DeadReason } from '../sources/decoded.ts';
import { type Application, cloudEvent, idOf, type Output } from './cloudevents.ts';
import type { DeadLetter, DecisionContext } from './record.ts';
import { coordinates } from './segment-change.ts';

const MOST_VALUE_BYTES = 65_536;
const MOST_KEY_BYTES = 1024;
const MOST_DETAIL = 1024;

/** Each reason's symbol in the schema, and what to do about it. */
const REASONS: Readonly<Record<DeadReason, { readonly symbol: ReasonSymbol; readonly reaction: string }>> = {
  'not-avro': { symbol: 'not_avro', reaction: 'Send it in the Confluent wire format, or declare the source as JSON.' },
  'unknown-schema': {
    symbol: 'unknown_schema',
    reaction: 'Register the writer’s schema, compatible with ours, in the registry that the processor asks; then send the record again.',
  },
  'not-json': { symbol: 'not_json', reaction: 'Send one JSON object a record, or declare the source as Avro.' },
  'invalid-record': { symbol: 'invalid_record', reaction: 'Correct the field at its producer and send the record again.' },
  'invalid-customer-id': {
    symbol: 'invalid_customer_id',
    reaction: 'Give the customer an id of 1–128 bytes of UTF-8 without control characters and send the record again.',
  },
  'invalid-time': { symbol: 'invalid_time', reaction: 'Send it again with the time at which it happened, in ms since the epoch.' },
  'future-event': {
    symbol: 'future_event',
    reaction: 'Set the producer’s clock and send the record again with the time at which it happened.',
  },
  'unknown-currency': { symbol: 'unknown_currency', reaction: 'Send it again with the ISO 4217 code of its currency.' },
  'no-rate': { symbol: 'no_rate', reaction: 'Add a rate of the currency for that day to the policy, then send the record again.' },
  'too-large': { symbol: 'too_large', reaction: 'Send it again without what is not needed; a customer event takes less than 512 KiB.' },
  'unreadable-batch': {
    symbol: 'unreadable_batch',
    reaction: 'Find the producer whose compressed batches are corrupt or unpack to too much, and send the records of these offsets again.',
  },
  'refused-by-broker': {
    symbol: 'refused_by_broker',
    reaction: 'Compare the limits of the topics that the processor writes (max.message.bytes) with those of its inputs.',
  },
};

export function deadLetter(letter: DeadLetter, context: DecisionContext, app: Application): Output<DeadLetterRecord> {
  const { origin, key, value } = letter;
  const { symbol, reaction } = REASONS[letter.reason];
  const keyKept = key?.subarray(0, MOST_KEY_BYTES) ?? null;
  const valueKept = value?.subarray(0, MOST_VALUE_BYTES) ?? null;
  return {
    key: keyKept,
    headers: cloudEvent(app, 'dead-letter', idOf(app.id, 'dead-letter', origin.topic, origin.partition, origin.offset), context.now),
    record: {
      reason: symbol,
      detail: letter.detail.slice(0, MOST_DETAIL),
      reaction,
      origin: coordinates(origin),
      detectedAt: context.now,
      key: keyKept,
      keyBytes: key?.length ?? 0,
      value: valueKept,
      valueBytes: value?.length ?? 0,
      truncated: keyKept?.length !== key?.length || valueKept?.length !== value?.length,
    },
  };
}
