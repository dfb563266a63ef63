import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePath } from '../../../src/config/mapping/paths.ts';
import { readerOf } from '../../../src/sources/mapping/paths.ts';

test.each([
  ['id', false, ['id']],
  ['customer.id', false, ['customer', 'id']],
  ['lines[0].sku', false, ['lines', 0, 'sku']],
  ['[2]', false, [2]],
  ['"order.no".lines[10]', false, ['order.no', 'lines', 10]],
  ["a['b.c']['d']", false, ['a', 'b.c', 'd']],
  ['"a \\"b\\""', false, ['a "b"']],
  ['größe.x-y', false, ['größe', 'x-y']],
  ['$', true, []],
  ['$.source.ts_ms', true, ['source', 'ts_ms']],
  ['$[0]', true, [0]],
  ['$op', false, ['$op']],
])('%s is a path', (text, whole, steps) => {
  expect(parsePath(text)).toEqual({ whole, steps });
});

test.each([
  '',
  '.',
  'a.',
  '.a',
  'a..b',
  'a b',
  'a[b]',
  'a[-1]',
  'a[0',
  'a]',
  'a.[0]',
  'a"b"',
  '""',
  'a[0]b',
  '$a.',
  'a['.repeat(40),
  `${'x.'.repeat(33)}y`,
])('%j is none, and why is said', (text) => {
  expect(parsePath(text)).toEqual(expect.any(String));
});

test('whatever names a record has, quoted they are a path to it', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 5 }), (names) => {
      const text = names.map((name) => `"${name.replace(/["\\]/g, '\\$&')}"`).join('.');
      const row = names.reduceRight<unknown>((inner, name) => Object.fromEntries([[name, inner]]), 'found');
      expect(readerOf(text)({ row, whole: null })).toBe('found');
    }),
  );
});

test('only own properties and entries are looked at', () => {
  const row = { list: [1, 2], text: 'abc', bytes: Buffer.from('abc'), 0: 'zero' };
  const read = (text: string): unknown => readerOf(text)({ row, whole: row });
  for (const path of [
    'constructor',
    'list.length',
    'text.length',
    'text[0]',
    'bytes[0]',
    'bytes.length',
    '[0]',
    'toString.name',
    '__proto__',
  ])
    expect(read(path), path).toBeUndefined();
  expect(read('list[1]')).toBe(2);
  expect(read('0')).toBe('zero');
});
