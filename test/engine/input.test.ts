/** One input partition: its inbox, its position, its end (src/engine/input.ts). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digest } from '../../src/engine/digest.ts';
import { Halt } from '../../src/engine/errors.ts';
import { Input } from '../../src/engine/input.ts';
import { takeBatch } from '../../src/engine/merge.ts';
import { at, decodedAt, fill, fillTimes, fresh, limits, rawRecord } from './support/lanes.ts';

const NOW = at(1_000_000);
const takeAll = (input: Input, most = 1_000): number[] =>
  takeBatch([input], input, at(0), NOW, limits({ stepRecords: most }), most).items.map(({ item }) => item.record.offset);
const behind = (last: { offset: number; digest: number } | null, next: number): Input =>
  new Input({ topic: 't', partition: 0, next, last, newest: null, end: null }, limits());

describe('an inbox', () => {
  it('is bounded in records and bytes: it accepts a part, and nothing more until there is room', () => {
    const input = fresh('t', 0, limits({ inboxRecords: 3 }));
    const records = [0, 1, 2, 3, 4].map((offset) => rawRecord(offset));
    expect(fill(input, records, 5, () => decodedAt(1))).toBe(3);
    expect(input.fetchNext).toBe(3);
    expect(input.full).toBe(true);
    expect(input.offer(records.slice(3), 5)).toBe(0);
    expect(takeAll(input, 2)).toEqual([0, 1]);
    expect(input.belowHalf).toBe(true);
    expect(fill(input, records.slice(3), 5, () => decodedAt(1))).toBe(2);
    expect(takeAll(input)).toEqual([2, 3, 4]);

    const narrow = fresh('t', 0, limits({ inboxBytes: 200 }));
    expect(
      narrow.offer(
        Array.from({ length: 300 }, (_, offset) => rawRecord(offset)),
        300,
      ),
    ).toBe(250);
    expect(narrow.full).toBe(true);
  });

  it('I4 takes what joins on and passes over what it has', () => {
    const input = fresh('t');
    fillTimes(input, [1, 2, 3]);
    expect(fill(input, [rawRecord(1), rawRecord(2), rawRecord(3)], 4, () => decodedAt(4))).toBe(3);
    expect(fill(input, [rawRecord(0)], 1, () => decodedAt(9))).toBe(1);
    expect(takeAll(input)).toEqual([0, 1, 2, 3]);
  });

  it('I4 has the position behind markers once all before them is taken', () => {
    const input = fresh('t');
    fill(input, [rawRecord(0), rawRecord(1)], 5, () => decodedAt(1));
    fill(input, [], 7, () => decodedAt(1));
    fill(input, [rawRecord(8)], 10, () => decodedAt(1));
    expect(takeAll(input, 1)).toEqual([0]);
    expect(input.position).toBe(1);
    expect(takeAll(input, 1)).toEqual([1]);
    expect(input.position).toBe(7);
    expect(takeAll(input)).toEqual([8]);
    expect(input.toPosition(null)).toMatchObject({ next: 10, last: { offset: 8 } });
  });

  it('I4 I11 gives each record once and in order, however batches are cut, repeated and refused', () => {
    const batch = fc.record({ size: fc.nat(12), gap: fc.nat(2), back: fc.nat(4), take: fc.nat(9) });
    fc.assert(
      fc.property(
        fc.array(batch, { maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 5 }),
        (batches, inboxRecords, stepRecords) => {
          const input = fresh('t', 0, limits({ inboxRecords, stepRecords }));
          const taken: number[] = [];
          const log: number[] = [];
          let end = 0;
          for (const { size, gap, back, take } of batches) {
            // the log grows by some records and markers; the source answers from a little before what it has given
            for (let i = 0; i < size; i++) log.push(end++);
            end += gap;
            const from = Math.max(0, input.fetchNext - back);
            fill(
              input,
              log.filter((offset) => offset >= from).map((offset) => rawRecord(offset)),
              end,
              () => decodedAt(1),
            );
            if (take > 0) taken.push(...takeAll(input, take));
            expect(input.position).toBeLessThanOrEqual(input.fetchNext);
          }
          for (let rounds = 0; rounds < 1_000 && (input.waiting || input.fetchNext < end); rounds++) {
            fill(
              input,
              log.filter((offset) => offset >= input.fetchNext).map((offset) => rawRecord(offset)),
              end,
              () => decodedAt(1),
            );
            taken.push(...takeAll(input));
          }
          expect(taken).toEqual(log);
          expect(input.position).toBe(end);
        },
      ),
    );
  });
});

describe('after a takeover', () => {
  const last = { offset: 4, digest: digest(rawRecord(4, 'known')) };

  it('I4 begins at the record before the position, compares it, and does not take it again', () => {
    const input = behind(last, 5);
    expect(input.fetchNext).toBe(4);
    expect(fill(input, [rawRecord(4, 'known'), rawRecord(5)], 6, () => decodedAt(1))).toBe(2);
    expect(takeAll(input)).toEqual([5]);
  });

  it('halts at another record in its place', () => {
    const input = behind(last, 5);
    expect(() => input.offer([rawRecord(4, 'another')], 5)).toThrow(Halt);
  });

  it('I11 takes nothing from before the position where the record before it is no longer there', () => {
    // compacted, or a recreated topic whose markers lie otherwise: offsets 4 and 5 stood before the position
    const input = behind({ ...last, offset: 3 }, 6);
    expect(() => fill(input, [rawRecord(5), rawRecord(6)], 7, () => decodedAt(1))).toThrow(Halt);
    const fine = behind({ ...last, offset: 3 }, 6);
    fill(fine, [rawRecord(6), rawRecord(7)], 8, () => decodedAt(1));
    expect(takeAll(fine)).toEqual([6, 7]);
  });
});

describe('the log’s bounds', () => {
  it('fit while they grow and hold what is to be read next', () => {
    const input = fresh('t');
    expect(input.misfit({ start: 0, end: 0 })).toBeNull();
    fillTimes(input, [1, 2]);
    expect(input.misfit({ start: 1, end: 2 })).toBeNull();
    expect(input.misfit({ start: 2, end: 5 })).toBeNull();
  });
  it('do not fit when the end goes back, or the start passes what is to be read next and nothing waits', () => {
    const input = fresh('t');
    fillTimes(input, [1, 2]);
    expect(input.misfit({ start: 3, end: 5 })).toBeNull();
    takeAll(input);
    expect(input.misfit({ start: 3, end: 5 })).toMatch(/begins at 3, after 2/);
    expect(input.misfit({ start: 0, end: 4 })).toMatch(/ends at 4, and has ended at 5/);
  });
});

describe('a stall', () => {
  it('makes an input behind that has not confirmed its end for long while something is before it; an idle one never is', () => {
    const input = fresh('t');
    input.ended(at(900), 0, at(1_000));
    expect(input.stalled(at(9_000), 3_000)).toBe(false);
    fillTimes(input, [5]);
    expect(input.stalled(at(4_000), 3_000)).toBe(false);
    expect(input.stalled(at(4_001), 3_000)).toBe(true);
    input.fallBehind();
    expect(input.end).toBeNull();
    expect(input.stalled(at(9_000), 3_000)).toBe(false);
    takeAll(input);
    input.ended(at(8_000), 1, at(9_000));
    expect(input.end).toBe(8_000);
  });
});
