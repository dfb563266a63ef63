import fc from 'fast-check';
import { expect, test } from 'vitest';
import { avroType } from '../../src/codec/schemas.ts';
import { INPUT_SCHEMAS } from '../../src/sources/index.ts';
import { parseText } from '../../src/sources/json.ts';
import { formatLine, parseLine } from '../../src/sources/ndjson.ts';
import { parseTime } from '../../src/sources/time.ts';
import { AT, EXAMPLES, purchaseRecord } from '../codec/support.ts';

test.each(EXAMPLES)('a $type as a line comes back, and Avro takes it', (example) => {
  const parsed = parseLine(formatLine(example));
  expect(parsed).toEqual({ outcome: 'record', value: example });
  expect(avroType(INPUT_SCHEMAS[example.type]).isValid(example.record)).toBe(true);
});

test('defaults may be left out, optional fields be null or missing, unknown fields be there', () => {
  const line = { type: 'purchase', eventId: 'e-1', customerId: 'anna', occurredAt: '2026-03-01T12:00:00Z', orderId: 'o-1' };
  const parsed = parseLine(JSON.stringify({ ...line, amountMinor: 4999, currency: 'USD', costMinor: null, channel: 'WEB', colour: 'red' }));
  expect(parsed).toEqual({ outcome: 'record', value: { type: 'purchase', record: purchaseRecord() } });
});

test('a line says its type, and of duplicate keys the last counts', () => {
  const line = formatLine({ type: 'purchase', record: purchaseRecord() });
  expect(parseLine(line.replace('"type":"purchase",', ''))).toMatchObject({ detail: expect.stringContaining('type is none of') });
  expect(parseLine(line.replace('"eventId":"e-1"', '"eventId":"e-1","eventId":"e-9"'))).toMatchObject({
    value: { record: { eventId: 'e-9' } },
  });
});

test('__proto__ in a line changes no prototype and gives no fields', () => {
  const parsed = parseLine('{"type":"purchase","__proto__":{"eventId":"e-1"},"constructor":1}');
  expect(parsed).toMatchObject({ outcome: 'dead', detail: 'eventId is missing' });
  expect(({} as { eventId?: string }).eventId).toBeUndefined();
});

test('minus zero is zero', () => {
  const parsed = parseLine(JSON.stringify({ type: 'purchase', ...purchaseRecord() }).replace('4999', '-0'));
  expect(parsed).toMatchObject({ value: { record: { amountMinor: 0 } } });
});

test('brackets in strings do not count as depth, escaped quotes do not end a string', () => {
  const text = JSON.stringify({ note: `\\"${'[{'.repeat(100)}`, more: '"'.repeat(5) });
  expect(parseText(text)).toEqual({ outcome: 'object', value: JSON.parse(text) });
  const deep = (levels: number): string => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
  expect(parseText(deep(32)).outcome).toBe('object');
  expect(parseText(deep(33))).toMatchObject({ reason: 'not-json' });
});

test('whatever a line is, it is a record or a fault', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (line) => {
      expect(parseLine(line).outcome).toMatch(/^(record|dead)$/);
    }),
  );
});

test.each([
  ['2026-03-01T12:00:00Z', AT],
  ['2026-03-01T12:00Z', AT],
  ['2026-03-01T12:00:00.123456789Z', AT + 123],
  ['2026-03-01T12:00:00.5Z', AT + 500],
  ['2026-03-01T13:30:00+01:30', AT],
  ['2026-03-01T07:00:00-0500', AT],
  ['2026-03-01', Date.UTC(2026, 2, 1)],
  ['2024-02-29', Date.UTC(2024, 1, 29)],
  ['0099-01-01', new Date('0099-01-01T00:00:00Z').getTime()],
  [AT, AT],
  ['2026-03-01T12:00:00', null],
  ['2026-02-30T12:00:00Z', null],
  ['2026-02-29', null],
  ['2026-13-01', null],
  ['2026-03-01T24:00:00Z', null],
  ['2026-03-01T12:60:00Z', null],
  ['+012026-03-01', null],
  ['1 March 2026', null],
  ['', null],
  [1.5, null],
  [null, null],
  [{}, null],
])('the time %j is %j', (text, expected) => {
  expect(parseTime(text)).toBe(expected);
});

test('any instant as ISO 8601 is that instant', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date(253_402_300_799_999), noInvalidDate: true }), (date) => {
      expect(parseTime(date.toISOString())).toBe(date.getTime());
    }),
  );
});
