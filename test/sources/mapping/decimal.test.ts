import currencyCodes from 'currency-codes';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toMajor } from '../../../src/config/currency.ts';
import { decimalOf, type Rest, scaled } from '../../../src/sources/mapping/decimal.ts';

const shift = (value: unknown, by: number, rest: Rest) => {
  const decimal = decimalOf(value);
  return decimal === null ? null : scaled(decimal, by, rest);
};

describe('amounts in major units', () => {
  test('are exact in every currency, as a text and, up to 15 digits, as a number', () => {
    for (const { code, digits } of currencyCodes.data) {
      fc.assert(
        fc.property(fc.integer({ min: 0, max: 1e12 }), (minor) => {
          const written = toMajor(minor, digits);
          expect(shift(written, digits, 'none'), code).toBe(minor);
          expect(shift(Number(written), digits, 'none'), code).toBe(minor);
        }),
        { numRuns: 40 },
      );
    }
  });

  test.each([
    ['0.29', 2, 'none', 29],
    [1.005, 2, 'none', 'fraction'],
    [1.005, 2, 'round', 101],
    [-1.005, 2, 'round', -101],
    [0.1 + 0.2, 2, 'none', 'fraction'],
    [0.1 + 0.2, 2, 'round', 30],
    ['1e-7', 2, 'round', 0],
    [1e-7, 2, 'round', 0],
    ['0.005', 2, 'round', 1],
    ['0.0049', 2, 'round', 0],
    ['0.05', 0, 'round', 0],
    ['1.50', 1, 'none', 15],
    ['+7', 2, 'none', 700],
    ['-0', 2, 'none', 0],
    ['.5', 1, 'none', 5],
    ['5.', 1, 'none', 50],
    [1e21, 0, 'none', 'large'],
    ['9007199254740992', 0, 'none', 'large'],
    [9_007_199_254_740_991n, 0, 'none', 9_007_199_254_740_991],
    ['0e999', 9, 'none', 0],
    ['1e999', 0, 'none', 'large'],
    ['1700000000123456789', -6, 'cut', 1_700_000_000_123],
    [1_700_000_000.1239, 3, 'cut', 1_700_000_000_123],
    ['', 0, 'none', null],
    ['.', 0, 'none', null],
    ['1,5', 0, 'none', null],
    ['0x10', 0, 'none', null],
    ['9'.repeat(65), 0, 'none', null],
    [Number.NaN, 0, 'none', null],
    [Number.POSITIVE_INFINITY, 0, 'none', null],
    [true, 0, 'none', null],
    [null, 0, 'none', null],
  ] as const)('%s · 10^%d (%s) is %s', (value, by, rest, expected) => {
    expect(shift(value, by, rest)).toBe(expected);
  });

  test('agree with whole numbers of any size, whatever is cut off', () => {
    const written = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 20n }), fc.nat({ max: 12 }), fc.integer({ min: -8, max: 8 }));
    fc.assert(
      fc.property(written, ([digits, places, by]) => {
        const text = digits.toString().padStart(places + 1, '0');
        const decimal = places === 0 ? text : `${text.slice(0, -places)}.${text.slice(-places)}`;
        const exponent = by - places;
        const divisor = 10n ** BigInt(Math.max(0, -exponent));
        const factor = 10n ** BigInt(Math.max(0, exponent));
        const fits = (value: bigint) => (value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : 'large');
        expect(shift(decimal, by, 'cut')).toBe(fits((digits * factor) / divisor));
        expect(shift(decimal, by, 'round')).toBe(fits((2n * digits * factor + divisor) / (2n * divisor)));
        if ((digits * factor) % divisor !== 0n) expect(shift(decimal, by, 'none')).toBe('fraction');
      }),
    );
  });
});
