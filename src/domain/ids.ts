/**
 * The few scalar types that must not be mixed up. Boundary: no logic beyond checking and hashing; pure.
 */
declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** 1–128 bytes of UTF-8 without control characters. */
export type CustomerId = Brand<string, 'CustomerId'>;
/** Milliseconds since the Unix epoch, UTC. */
export type Instant = Brand<number, 'Instant'>;
/** An integer number of minor units (cents) of the policy's base currency. */
export type Minor = Brand<number, 'Minor'>;
/** A 52-bit hash of a foreign id (order, ticket, campaign, event): fits a double and an Avro long. */
export type Hash = Brand<number, 'Hash'>;

export const DAY = 86_400_000;
/** The last instant that is accepted or scheduled: the end of the year 9999. */
export const LAST_INSTANT = 253_402_300_799_999 as Instant;

/** The UTC day number (days since the epoch) that contains an instant. */
export const dayOf = (at: Instant): number => Math.floor(at / DAY);
/** The later and the earlier of two instants, of which one may not be known yet. */
export const later = (a: Instant | null, b: Instant): Instant => (a === null || b > a ? b : a);
export const earlier = (a: Instant | null, b: Instant): Instant => (a === null || b < a ? b : a);
/** Midnight UTC at which a day begins. */
export const startOfDay = (day: number): Instant => (day * DAY) as Instant;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

/** Why a string is not a customer id, or null when it is one. */
export const customerIdFault = (id: string): string | null => textFault(id, 128);

/** The same of the name of somebody who works with rapport: 1–64 bytes. */
export const nameFault = (name: string): string | null => (name.trim() === '' ? 'is empty' : textFault(name, 64));

function textFault(text: string, mostBytes: number): string | null {
  if (text.length === 0) return 'is empty';
  if (text.length > mostBytes || utf8Length(text) > mostBytes) return `is longer than ${mostBytes} bytes`;
  if (CONTROL.test(text)) return 'has control characters';
  if (!text.isWellFormed()) return 'is not well-formed Unicode';
  return null;
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/**
 * A 52-bit hash of a string: cyrb53 (bryc, public domain), two 32-bit multiplicative lanes, 20 + 32 bits kept.
 * Not cryptographic: it tells apart the handful of ids that one customer's state remembers.
 */
export function hash(text: string): Hash {
  let h1 = 0xdeadbeef;
  let h2 = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    h1 = Math.imul(h1 ^ code, 2654435761);
    h2 = Math.imul(h2 ^ code, 1597334677);
  }
  h1 = Math.imul(h1 ^ (h1 >>> 16), 2246822507) ^ Math.imul(h2 ^ (h2 >>> 13), 3266489909);
  h2 = Math.imul(h2 ^ (h2 >>> 16), 2246822507) ^ Math.imul(h1 ^ (h1 >>> 13), 3266489909);
  return ((h2 & 0xfffff) * 4294967296 + (h1 >>> 0)) as Hash;
}
