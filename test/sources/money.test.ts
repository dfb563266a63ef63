import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Instant, Minor } from '../../src/domain/ids.ts';
import type { Rate } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import type { Dead } from '../../src/sources/decoded.ts';
import { money } from '../../src/sources/money.ts';

const at = (date: string): Instant => Date.parse(date) as Instant;
const NOON = at('2026-03-01T12:00:00Z');

function convert(amount: number, currency: string, rates: readonly Rate[], base = 'USD', when = NOON): Minor | Dead {
  const found = money({ ...presets.retail, currency: base, rates }).at(currency, when);
  return typeof found === 'function' ? found(amount) : found;
}
const one = (currency: string, rate: number): Rate[] => [{ currency, from: '2020-01-01', rate }];

test.each([
  ['the base currency stays as it is', 4999, 'USD', [], 'USD', 4999],
  ['cents to cents', 10_000, 'EUR', one('EUR', 1.1), 'USD', 11_000],
  ['yen, which have no minor unit, to cents', 1_000, 'JPY', one('JPY', 0.0067), 'USD', 670],
  ['cents to yen', 670, 'USD', one('USD', 149.25), 'JPY', 1_000],
  ['dinars of a thousand fils to cents', 1_000, 'KWD', one('KWD', 3.25), 'USD', 325],
  ['a half goes away from zero', 100, 'EUR', one('EUR', 1.005), 'USD', 101],
  ['a half below an even number too', 1, 'EUR', one('EUR', 0.5), 'USD', 1],
  ['just below a half does not', 100, 'EUR', one('EUR', 1.00499), 'USD', 100],
  ['a rate in the notation of small numbers', 1_000_000_000, 'IDR', one('IDR', 6.5e-7), 'USD', 650],
  ['a large amount, exactly', 999_999_999_999, 'EUR', one('EUR', 1.000000000001), 'USD', 1_000_000_000_000],
])('%s', (_, amount, currency, rates, base, expected) => {
  expect(convert(amount, currency, rates, base)).toBe(expected);
});

test('the rate of the day counts, from its midnight UTC', () => {
  const rates = [
    { currency: 'EUR', from: '2026-03-01', rate: 3 },
    { currency: 'EUR', from: '2026-01-01', rate: 1 },
    { currency: 'EUR', from: '2026-02-01', rate: 2 },
  ];
  expect(convert(100, 'EUR', rates, 'USD', at('2026-01-01T00:00:00Z'))).toBe(100);
  expect(convert(100, 'EUR', rates, 'USD', at('2026-02-28T23:59:59.999Z'))).toBe(200);
  expect(convert(100, 'EUR', rates, 'USD', at('2026-03-01T00:00:00Z'))).toBe(300);
  expect(convert(100, 'EUR', rates, 'USD', at('2025-12-31T23:59:59.999Z'))).toMatchObject({ reason: 'no-rate' });
});

test('a code that is not in ISO 4217 has no rate, even if the policy names it', () => {
  expect(convert(100, 'XYZ', one('XYZ', 1))).toMatchObject({ reason: 'unknown-currency' });
});

test('never off by more than half a minor unit', () => {
  fc.assert(
    fc.property(fc.nat({ max: 1e9 }), fc.integer({ min: 1, max: 1_000_000 }), (amount, millionths) => {
      const exact = (amount * millionths) / 1e6;
      const converted = convert(amount, 'EUR', one('EUR', millionths / 1e6));
      expect(Math.abs(Number(converted) - exact)).toBeLessThanOrEqual(0.5 + 1e-6);
    }),
  );
});
