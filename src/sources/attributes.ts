/**
 * Attributes: schemas/in/attributes.avsc to the domain's `Attributes`. Pure. What the policy does not name goes no further than here, and
 * what it names is bounded: the rest of the record may be as large as a record may be.
 */
import type { AttributesRecord } from '../codec/types.ts';
import { type CustomerId, hash } from '../domain/ids.ts';
import { factFault, instant, type Terms } from './checks.ts';
import type { Decoded } from './decoded.ts';

/** bytes of UTF-8 that are kept of a value */
const MOST_VALUE_BYTES = 64;

export function attributes(record: AttributesRecord, terms: Terms): Decoded {
  const fault = factFault(record);
  if (fault !== null) return fault;
  const kept = terms.attributes.flatMap((name): [string, string | null][] => {
    // An inherited name such as `constructor` may be one of the policy's.
    const value = Object.hasOwn(record.attributes, name) ? record.attributes[name] : undefined;
    return value === undefined ? [] : [[name, value === null ? null : bounded(value)]];
  });
  return {
    outcome: 'event',
    event: {
      type: 'attributes',
      id: hash(record.eventId),
      customer: record.customerId as CustomerId,
      at: instant(record.occurredAt),
      attributes: kept,
    },
  };
}

const utf8 = new TextEncoder();
const scratch = new Uint8Array(MOST_VALUE_BYTES);

/** As many whole characters as 64 bytes hold; null when that is nothing. Half a surrogate pair becomes U+FFFD, as UTF-8 would make it. */
function bounded(value: string): string | null {
  const { read } = utf8.encodeInto(value, scratch);
  return value.slice(0, read).toWellFormed() || null;
}
