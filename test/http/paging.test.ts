/** Pages along an index: bounded in what they look at, complete all together. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Row } from '../../src/http/model/database.ts';
import { cursorKey, cursorText, walk } from '../../src/http/model/paging.ts';

/** Goes through all pages of so many rows, of which those that `matches` are wanted. */
function pages(
  rows: number,
  limit: number,
  matches: (i: number) => boolean,
): { readonly found: number[]; readonly sizes: number[]; readonly lookedAt: number[] } {
  const found: number[] = [];
  const sizes: number[] = [];
  const lookedAt: number[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const from = cursor === '' ? 0 : Number(cursorKey('rows', cursor, [0])[0]) + 1;
    let looked = 0;
    function* behind(): Generator<Row> {
      for (let i = from; i < rows; i++) {
        looked += 1;
        yield { i };
      }
    }
    const page = walk({
      of: 'rows',
      rows: behind(),
      keyOf: (row) => [Number(row.i)],
      matches: (row) => matches(Number(row.i)),
      item: (row) => Number(row.i),
      limit,
    });
    found.push(...page.items);
    sizes.push(page.items.length);
    lookedAt.push(looked);
    cursor = page.next;
  }
  return { found, sizes, lookedAt };
}

test('all pages together have every row that matches, once, in order', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 9 }), (rows, limit, every) => {
      const wanted = Array.from({ length: rows }, (_, i) => i).filter((i) => i % every === 0);
      const { found, sizes } = pages(rows, limit, (i) => i % every === 0);
      expect(found).toEqual(wanted);
      expect(sizes.every((size) => size <= limit)).toBe(true);
    }),
  );
});

test('where few rows match a page is short, and looks at no more than its bound', () => {
  const { found, sizes, lookedAt } = pages(35_000, 50, (i) => i === 5 || i === 34_999);
  expect(found).toEqual([5, 34_999]);
  expect(sizes).toEqual([1, 0, 0, 1]);
  for (const looked of lookedAt) expect(looked).toBeLessThanOrEqual(10_001);
});

test.each([
  ['of another order', cursorText('other', [1])],
  ['with a part too many', cursorText('rows', [1, 2])],
  ['with a text for a number', cursorText('rows', ['1'])],
  ['with a number that is none', Buffer.from('["rows",1e400]').toString('base64url')],
  ['that is no JSON', 'bm9uc2Vuc2U'],
  ['that is no list', Buffer.from('{"0":"rows","length":2}').toString('base64url')],
])('a cursor %s is refused', (_, cursor) => {
  expect(() => cursorKey('rows', cursor, [0])).toThrow(/cursor is not one of this question/);
});
