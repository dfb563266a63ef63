/**
 * The checks that sources share. Each returns what is wrong, naming the field and never its value, or null. Pure.
 */
import { customerIdFault, type Instant, LAST_INSTANT } from '../domain/ids.ts';
import type { Policy } from '../domain/policy.ts';
import { type Dead, dead } from './decoded.ts';
import { MOST_MINOR, type Money, money } from './money.ts';

const MOST_ID_BYTES = 128;
const MOST_WORD_BYTES = 64;
const MOST_ITEMS = 1_000_000;

/** What a policy means to a source, made once. */
export interface Terms {
  readonly policy: Policy;
  readonly money: Money;
  /** names of the attributes that are kept, in order */
  readonly attributes: readonly string[];
}

export const termsOf = (policy: Policy): Terms => ({
  policy,
  money: money(policy),
  attributes: Object.keys(policy.attributes).sort(),
});

interface FactRecord {
  readonly eventId: string;
  readonly customerId: string;
  readonly occurredAt: number;
}

/** What every event carries. */
export function factFault(record: FactRecord, id = 'eventId'): Dead | null {
  return customerFault(record.customerId) ?? idFault(id, record.eventId) ?? timeFault('occurredAt', record.occurredAt);
}

function customerFault(id: string): Dead | null {
  // Decoding puts U+FFFD where bytes are not UTF-8: two broken ids must not become one customer.
  const fault = id.includes('\uFFFD') ? 'is not well-formed UTF-8' : customerIdFault(id);
  return fault === null ? null : dead('invalid-customer-id', `customerId ${fault}`);
}

/** An id of something else than a customer: any text, as only its hash is kept. */
export function idFault(field: string, id: string | null): Dead | null {
  if (id === null) return null;
  if (id.length === 0) return dead('invalid-record', `${field} is empty`);
  return tooLong(id, MOST_ID_BYTES) ? dead('invalid-record', `${field} is longer than ${MOST_ID_BYTES} bytes`) : null;
}

/** A word such as a channel; it may be empty. */
export function wordFault(field: string, word: string): Dead | null {
  return tooLong(word, MOST_WORD_BYTES) ? dead('invalid-record', `${field} is longer than ${MOST_WORD_BYTES} bytes`) : null;
}

const tooLong = (text: string, most: number): boolean => text.length > most || (text.length * 3 > most && Buffer.byteLength(text) > most);

/** 1970 to 9999. Whether it lies in the future, only the engine knows. */
export function timeFault(field: string, at: number | null): Dead | null {
  if (at === null || (Number.isInteger(at) && at >= 0 && at <= LAST_INSTANT)) return null;
  return dead('invalid-time', `${field} is not between the years 1970 and 9999`);
}

export function amountFault(field: string, amount: number | null): Dead | null {
  if (amount === null) return null;
  if (amount < 0) return dead('invalid-record', `${field} is negative`);
  if (!Number.isInteger(amount)) return dead('invalid-record', `${field} is not an integer`);
  return amount > MOST_MINOR ? dead('invalid-record', `${field} is larger than 10^12`) : null;
}

export function itemsFault(field: string, items: number): Dead | null {
  if (Number.isInteger(items) && items >= 0 && items <= MOST_ITEMS) return null;
  return dead('invalid-record', `${field} is not between 0 and ${MOST_ITEMS}`);
}

/** An enum's value: a writer's schema may have symbols that ours has not. */
export function symbolFault(field: string, value: string, symbols: ReadonlySet<string>): Dead | null {
  return symbols.has(value) ? null : dead('invalid-record', `${field} is none of ${[...symbols].join(', ')}`);
}

export function scoreFault(field: string, score: number | null, least: number, most: number, whole: boolean): Dead | null {
  if (score === null) return null;
  if (!(score >= least && score <= most)) return dead('invalid-record', `${field} is not between ${least} and ${most}`);
  return whole && !Number.isInteger(score) ? dead('invalid-record', `${field} is not an integer`) : null;
}

/** A checked time as an instant. */
export const instant = (at: number): Instant => at as Instant;
