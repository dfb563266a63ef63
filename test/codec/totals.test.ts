import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  baseKey,
  cellKey,
  DAYS_KEY,
  decodeCell,
  decodeDays,
  encodeCell,
  encodeDays,
  isReserved,
  totalNameOf,
} from '../../src/codec/totals.ts';
import { customerIdFault } from '../../src/domain/ids.ts';
import { attributeDimension, crossDimension, PARTS } from '../../src/domain/kpis.ts';

const dimension = fc.oneof(
  fc.constantFrom('all', 'group:NEW', attributeDimension('plan', 'gold: a,b=c'), crossDimension('AT_RISK', 'plan', 'ü😀')),
  fc.string({ unit: 'grapheme', maxLength: 30 }),
);
const day = fc.integer({ min: -5_000, max: 3_000_000 });

test('a key says what it is of', () => {
  fc.assert(
    fc.property(day, dimension, (of, name) => {
      expect(totalNameOf(cellKey(of, name))).toEqual({ kind: 'cell', day: of, dimension: name });
      expect(totalNameOf(baseKey(name))).toEqual({ kind: 'base', dimension: name });
    }),
  );
  expect(totalNameOf(DAYS_KEY)).toEqual({ kind: 'days' });
  for (const key of ['', 'ann', 'total:1:all', '\u0000', '\u0000total:1', '\u0000total:x:all', '\u0000other:1:all'])
    expect(totalNameOf(key)).toBeNull();
});

test('no key is a customer’s, and no customer’s id is one', () => {
  fc.assert(
    fc.property(day, dimension, (of, name) => {
      for (const key of [cellKey(of, name), baseKey(name), DAYS_KEY]) {
        expect(customerIdFault(key)).not.toBeNull();
        expect(isReserved(key)).toBe(true);
      }
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 10 }), (id) => {
      if (customerIdFault(id) === null) expect(isReserved(id)).toBe(false);
    }),
  );
});

test('a cell comes back, exactly, as large as numbers get', () => {
  const amount = fc.oneof(fc.constant(0), fc.integer({ min: -100, max: 100 }), fc.maxSafeInteger());
  fc.assert(
    fc.property(fc.array(amount, { minLength: PARTS.length, maxLength: PARTS.length + 3 }), (cell) => {
      const positive = cell.map((each) => (Object.is(each, -0) ? 0 : each));
      while (positive.length > PARTS.length && positive.at(-1) === 0) positive.pop();
      expect(decodeCell(encodeCell(cell))).toEqual(positive);
    }),
  );
});

test('zeros take no room, and the order in which parts were booked leaves no trace', () => {
  expect(encodeCell(PARTS.map(() => 0))).toEqual(Buffer.from([1]));
  const cell = PARTS.map((_, part) => (part === 3 ? -7 : 0));
  expect(encodeCell(cell)).toHaveLength(3);
  expect(encodeCell(decodeCell(encodeCell(cell)))).toEqual(encodeCell(cell));
});

test('the days and dimensions come back', () => {
  fc.assert(
    fc.property(fc.uniqueArray(day, { maxLength: 50 }), fc.uniqueArray(dimension, { maxLength: 20 }), (days, dimensions) => {
      const all = { days: days.sort((a, b) => a - b), dimensions: dimensions.sort() };
      expect(decodeDays(encodeDays(all))).toEqual(all);
    }),
  );
});

test.each([
  ['nothing', Buffer.alloc(0), /bytes end at 0/],
  ['another version', Buffer.of(2), /version 2, this release reads 1/],
  ['a part without its amount', Buffer.of(1, 3), /bytes end at 2/],
  ['a part that no release has', Buffer.of(1, 255, 255, 255, 1, 0), /names part/],
])('corrupt cells are refused by name: %s', (_, bytes, message) => {
  expect(() => decodeCell(bytes)).toThrow(message);
});

test.each([
  ['nothing', Buffer.alloc(0), /bytes end at 0/],
  ['more days than bytes', Buffer.of(1, 255, 255, 255, 127), /bytes end at 5/],
  ['a name beyond the end', Buffer.of(1, 0, 255, 255, 255, 255, 127, 65), /bytes end at 8/],
])('corrupt days are refused by name: %s', (_, bytes, message) => {
  expect(() => decodeDays(bytes)).toThrow(message);
});
