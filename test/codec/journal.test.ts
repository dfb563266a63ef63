import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeHeader, decodePart, encodeHeader, encodeStep } from '../../src/codec/journal.ts';
import { avroType } from '../../src/codec/schemas.ts';
import { type CustomerId, type Instant, LAST_INSTANT } from '../../src/domain/ids.ts';
import type { InputPosition, JournalEntry, JournalHeader } from '../../src/engine/journal.ts';

const count = fc.nat({ max: 2 ** 52 });
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const instant = fc.integer({ min: 0, max: LAST_INSTANT }) as fc.Arbitrary<Instant>;
const orNull = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(one, { nil: null });

const position: fc.Arbitrary<InputPosition> = fc.record({
  topic: text,
  partition: fc.nat(),
  next: count,
  last: orNull(fc.record({ offset: count, digest: count })),
  newest: orNull(instant),
  end: orNull(instant),
});

const header: fc.Arbitrary<JournalHeader> = fc.record({
  kind: fc.constantFrom('step' as const, 'claim' as const),
  sequence: count,
  previous: orNull(count),
  positions: fc.array(position, { maxLength: 5 }),
  since: instant,
  watermark: instant,
  now: instant,
  caughtUpAt: orNull(instant),
  policy: text,
  policyText: orNull(text),
  shards: fc.nat(),
  refused: fc.array(fc.record({ topic: text, partition: fc.nat(), offset: count }), { maxLength: 3 }),
  stateBytes: count,
  writtenBytes: count,
  notKeyed: fc.array(text, { maxLength: 3 }),
  accepted: orNull(fc.record({ reason: text, what: text })),
  read: fc.array(fc.record({ shard: fc.nat(), offset: count }), { maxLength: 3 }),
  thresholds: fc.option(fc.record({ version: count, high: count })),
});

const entry: fc.Arbitrary<JournalEntry> = fc.record({
  customer: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }) as fc.Arbitrary<string> as fc.Arbitrary<CustomerId>,
  cause: fc.constantFrom('event' as const, 'timer' as const, 'policy' as const, 'carried' as const, 'total' as const),
  state: orNull(fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))),
  due: orNull(instant),
});

const entries = fc.array(entry, { maxLength: 30 });
const aHeader = fc.sample(header, { numRuns: 1, seed: 7 })[0] as JournalHeader;
const anEntry: JournalEntry = { customer: 'anna' as CustomerId, cause: 'event', state: Buffer.from('state'), due: 5 as Instant };

test('I2 a step comes back whole, whatever the size of its parts', () => {
  fc.assert(
    fc.property(header, entries, fc.integer({ min: 1, max: 3_000 }), (head, list, mostBytes) => {
      const parts = encodeStep(head, list, mostBytes).map(decodePart);
      expect(parts.map(({ part }) => part)).toEqual(parts.map((_, i) => i));
      expect(parts.every(({ of }) => of === parts.length)).toBe(true);
      expect(parts.map((part) => part.header)).toEqual([head, ...parts.slice(1).map(() => null)]);
      expect(parts.flatMap((part) => part.entries)).toEqual(list);
    }),
  );
});

test('a part is larger than the bound only when its header or its single entry is', () => {
  fc.assert(
    fc.property(header, entries, fc.integer({ min: 1, max: 3_000 }), (head, list, mostBytes) => {
      for (const bytes of encodeStep(head, list, mostBytes)) {
        const { part, entries: held } = decodePart(bytes);
        if (bytes.length > mostBytes) expect(held.length).toBe(part === 0 ? 0 : 1);
      }
    }),
  );
});

test('the bytes after the version are those of schemas/internal/journal.avsc', () => {
  fc.assert(
    fc.property(header, entries, (head, list) => {
      const [bytes] = encodeStep(head, list, 1_000_000);
      const part = avroType('internal/journal').fromBuffer((bytes as Buffer).subarray(1));
      expect(part).toEqual({ part: 0, of: 1, header: head, entries: list });
    }),
    { numRuns: 50 },
  );
});

test('a header alone comes back', () => {
  fc.assert(
    fc.property(header, (head) => {
      expect(decodeHeader(encodeHeader(head))).toEqual(head);
    }),
  );
});

test.each([
  ['nothing', Buffer.alloc(0), /ends at byte 0/],
  ['another version', Buffer.from([9, 0, 0]), /version 9, this release reads 3/],
  ['a part beyond the last', Buffer.from([3, 4, 4, 0, 0]), /part 2 of 2/],
  ['a first part without header', Buffer.from([3, 0, 2, 0, 0]), /header in the wrong part/],
  ['a later part with header', Buffer.from([3, 2, 4, 2, 0]), /header in the wrong part/],
  ['a thousand million entries', Buffer.from([3, 2, 4, 0, 0x80, 0xa8, 0xd6, 0xb9, 0x07, 0]), /ends at byte|beyond its end/],
  ['a negative count', Buffer.from([3, 2, 4, 0, 1]), /negative length/],
  ['an id beyond the end', Buffer.from([3, 2, 4, 0, 2, 0x80, 0x10, 65]), /claims 1024 bytes/],
  ['no such cause', Buffer.from([3, 2, 4, 0, 2, 2, 65, 40, 0, 0, 0]), /no such cause/],
  ['no such branch', Buffer.from([3, 2, 4, 0, 2, 2, 65, 0, 6, 0, 0]), /no such branch/],
  ['an integer beyond 2^53', Buffer.from([3, 2, 4, 0, 2, 2, 65, 0, 0, 2, 255, 255, 255, 255, 255, 255, 255, 255, 127, 0]), /beyond 2\^53/],
  ['bytes after the end', Buffer.from([3, 2, 4, 0, 0, 7]), /1 bytes too many/],
])('corrupt bytes are refused by name: %s', (_, bytes, message) => {
  expect(() => decodePart(bytes)).toThrow(message);
  expect(() => decodePart(bytes)).toThrow('a journal record is corrupt');
});

test('bytes cut short anywhere, or changed anywhere, are refused or decode to something: never a hang, never another error', () => {
  const [whole] = encodeStep(aHeader, [anEntry, anEntry], 1_000_000) as [Buffer];
  for (let length = 0; length < whole.length; length++) expect(() => decodePart(whole.subarray(0, length))).toThrow('is corrupt');
  fc.assert(
    fc.property(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
      const changed = Buffer.from(whole);
      changed[at] = byte;
      try {
        decodePart(changed);
      } catch (error) {
        expect(String(error)).toContain('a journal record is corrupt');
      }
    }),
    { numRuns: 500 },
  );
});
