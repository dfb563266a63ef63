/** What is judged beside the checker: a reader of an input that passes records over is found out (V1). */
import { expect, test } from 'vitest';
import type { LogRecord } from '../../src/engine/ports.ts';
import { checkWhole } from './judge.ts';

const records = (...offsets: number[]): LogRecord[] =>
  offsets.map((offset) => ({ offset, timestamp: 0, key: null, value: null, headers: [] }));

function found(read: readonly LogRecord[], start: number, end: number): string[] {
  const said: string[] = [];
  checkWhole('in', [read], [{ start, end }], (where) => said.push(where));
  return said;
}

test('V1 an input of which each offset was read, or which is empty, is whole', () => {
  expect(found(records(0, 1, 2), 0, 3)).toEqual([]);
  expect(found(records(4, 5), 4, 6)).toEqual([]);
  expect(found([], 7, 7)).toEqual([]);
});

test.each([
  ['first', records(1, 2), 'in-0@0'],
  ['last', records(0, 1), 'in-0@2'],
  ['middle', records(0, 2), 'in-0@1'],
  ['only', [], 'in-0@0'],
])('V1 an input whose %s record was not read is told', (_, read, where) => {
  expect(found(read, 0, 3)).toEqual([where]);
});

test('V1 a partition of which nobody has read is told', () => {
  const said: string[] = [];
  checkWhole(
    'in',
    [[]],
    [
      { start: 0, end: 0 },
      { start: 0, end: 0 },
    ],
    (where) => said.push(where),
  );
  expect(said).toEqual(['in']);
});
