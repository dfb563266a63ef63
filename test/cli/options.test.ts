import { InvalidArgumentError } from 'commander';
import { expect, test } from 'vitest';
import { instant, positive, rate, share, whole } from '../../src/cli/options.ts';

test.each([
  [whole, '0', 0],
  [whole, '42', 42],
  [positive, '1', 1],
  [share, '0', 0],
  [share, '.25', 0.25],
  [share, '1', 1],
  [instant, '1767225600000', 1_767_225_600_000],
  [instant, '2026-01-01', 1_767_225_600_000],
  [instant, '2026-01-01T01:00:00+01:00', 1_767_225_600_000],
  [rate, '200', 200],
  [rate, '0.5/s', 0.5],
])('%o takes %s', (parse, text, value) => {
  expect(parse(text)).toBe(value);
});

test.each([
  [whole, '-1'],
  [whole, '1e3'],
  [whole, ''],
  [whole, '9007199254740993'],
  [positive, '0'],
  [share, '1.01'],
  [share, '-0.1'],
  [share, ''],
  [instant, 'tomorrow'],
  [instant, '2026-01-01T00:00:00'],
  [instant, '2026-02-30'],
  [rate, '0'],
  [rate, '10/min'],
  [rate, ''],
])('%o refuses %j', (parse, text) => {
  expect(() => parse(text)).toThrow(InvalidArgumentError);
});
