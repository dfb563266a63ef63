/** What is judged beside the checker: a reader of an input that passes records over is found out (V1), and so is a fleet that finds no peace (V7); and what an input has had is counted. */
import { beforeAll, expect, test } from 'vitest';
import { decodePart } from '../../src/codec/journal.ts';
import type { Instant } from '../../src/domain/ids.ts';
import type { LogRecord } from '../../src/engine/ports.ts';
import type { Evidence } from '../checker/evidence.ts';
import { exampleRun } from '../checker/example.ts';
import { checkPeace, checkWhole, type Peace } from './judge.ts';
import { tallyOf } from './tally.ts';

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

let evidence: Evidence;
beforeAll(async () => {
  evidence = await exampleRun();
});

/** What is said of the example when shard 1 was also claimed at these instants after its last record, ms. */
function saidOfPeace(claimed: readonly number[], peace: (from: number) => Peace): string[] {
  const { journal } = evidence.settings.topics;
  const [first = [], second = []] = evidence.seen.get(journal) ?? [];
  const last = second.at(-1);
  const claim = second.find(({ value }) => decodePart(value ?? Buffer.alloc(0)).header?.kind === 'claim');
  if (last === undefined || claim === undefined) throw new Error('the example has no claim');
  const claims = claimed.map((after, i) => ({ ...claim, offset: last.offset + 1 + i, timestamp: last.timestamp + after }));
  const said: string[] = [];
  const seen = new Map([...evidence.seen, [journal, [first, [...second, ...claims]]]]);
  checkPeace({ ...evidence, seen }, peace(last.timestamp), (where, what) => said.push(`${where} ${what}`));
  return said;
}

const settled = (from: number): Peace => ({ settled: true, from: (from + 1_000) as Instant, to: (from + 6_000) as Instant });

test('V7 a shard that is taken over again and again when all is healed and settled is told; once, before it or as workers end is right', () => {
  expect(saidOfPeace([2_000, 3_000], settled)).toEqual(['shard 1 was taken over 2 times after everything had been healed and settled']);
  expect(saidOfPeace([2_000], settled)).toEqual([]);
  expect(saidOfPeace([400, 800, 2_000, 6_000, 7_000], settled)).toEqual([]);
});

test('V7 a fleet that does not settle is told', () => {
  expect(saidOfPeace([], () => ({ settled: false, held: 'after 60 s worker 1 holds 0' }))).toEqual([
    'the run did not settle after everything had been healed: after 60 s worker 1 holds 0',
  ]);
});

test('what an input has had is counted: of 123 events every thirteenth came twice, every seventh to a foreign partition, 60 as history', async () => {
  const whole = await tallyOf(evidence, 0 as Instant);
  expect(whole).toEqual({ poison: 2, duplicates: 10, late: 65, foreign: 19, hot: 0 });
  const later = Number.POSITIVE_INFINITY as Instant;
  expect(await tallyOf(evidence, later)).toEqual({ ...whole, late: 0 });
});
