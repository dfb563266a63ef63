/** The merge and the watermark: pure but for the inputs they move (src/engine/merge.ts). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Input } from '../../src/engine/input.ts';
import { type Batch, takeBatch } from '../../src/engine/merge.ts';
import { at, decodedAt, fillTimes, fresh, limits, rawRecord } from './support/lanes.ts';

const NOW = at(1_000_000);
const NONE = fresh('no reroute');
const take = (inputs: readonly Input[], watermark = 0, most = 1_000, reroute = NONE): Batch =>
  takeBatch(inputs, reroute, at(watermark), NOW, limits({ stepRecords: most }), most);
const namesOf = (batch: Batch): string[] => batch.items.map(({ item }) => `${item.input.tp.topic}${item.record.offset}`);
const ended = (input: Input, bound: number): void => input.ended(at(bound), input.position, at(bound + 2_000));

describe('the merge', () => {
  it('orders by running maximum, topic, partition; a record without a time, and a late one, take their predecessor’s place', () => {
    const [a, b, q0, q1] = [fresh('a'), fresh('b'), fresh('q', 0), fresh('q', 1)];
    fillTimes(a, [10, 5, null, 30]);
    fillTimes(b, [10, 20, 40]);
    fillTimes(q1, [10, 50]);
    fillTimes(q0, [10, 60]);
    expect(namesOf(take([b, a, q1, q0]))).toEqual(['a0', 'a1', 'a2', 'b0', 'q0', 'q0', 'b1', 'a3']);
  });

  it('waits for an input that is behind and has nothing to show, as far as its next record could come first', () => {
    const [a, b] = [fresh('a'), fresh('b')];
    fillTimes(a, [10, 20]);
    expect(namesOf(take([a, b]))).toEqual([]);
    fillTimes(b, [15]);
    // b's next may again be at 15: only what comes before that may be taken
    expect(namesOf(take([a, b]))).toEqual(['a0', 'b0']);
    expect(namesOf(take([a, b]))).toEqual([]);
    ended(b, 1_000);
    expect(namesOf(take([a, b]))).toEqual(['a1']);
  });

  it('does not wait for an input at its end: live records are taken as they come', () => {
    const [a, b] = [fresh('a'), fresh('b')];
    ended(a, 100);
    ended(b, 100);
    fillTimes(a, [500]);
    expect(namesOf(take([a, b]))).toEqual(['a0']);
  });

  it('lets no input wait for itself: an end that its position has reached counts at once', () => {
    const [a, b] = [fresh('a'), fresh('b')];
    // b's log holds nothing but markers: its answer came before they were passed
    b.ended(at(900), 3, at(2_900));
    fillTimes(a, [10]);
    expect(namesOf(take([a, b]))).toEqual([]);
    b.offer([], 3);
    for (let raw = b.nextRaw(); raw !== undefined; raw = b.nextRaw()) b.decodedBatch([], raw.next);
    expect(namesOf(take([a, b]))).toEqual(['a0']);
  });

  it('ends where what waits has to be decoded first; the next time twice as much as was taken is decoded ahead, and no more than a step may take', () => {
    const of = limits({ decodeRecords: 10, stepRecords: 50 });
    const [a, b] = [fresh('a', 0, of), fresh('b', 0, of)];
    const records = Array.from({ length: 200 }, (_, i) => rawRecord(i));
    a.offer(records, 200);
    fillTimes(b, [1_000]);
    const decode = (): void => {
      for (let raw = a.nextRaw(); raw !== undefined; raw = a.nextRaw())
        a.decodedBatch(
          raw.records.map((record) => ({
            input: a,
            record,
            origin: { ...a.tp, offset: record.offset, timestamp: 0 },
            decoded: decodedAt(record.offset),
          })),
          raw.next,
        );
    };
    const taken = Array.from({ length: 6 }, () => {
      decode();
      return take([a, b], 0, 50).items.length;
    });
    expect(taken).toEqual([10, 20, 40, 50, 50, 30]);
    ended(a, 2_000);
    expect(namesOf(take([a, b]))).toEqual(['b0']);
  });

  it('takes at most so many records and bytes, and the rest with the next step', () => {
    const [a, b] = [fresh('a'), fresh('b')];
    fillTimes(a, [1, 3, 5]);
    fillTimes(b, [2, 4, 6]);
    expect(namesOf(take([a, b], 0, 2))).toEqual(['a0', 'b0']);
    expect(namesOf(takeBatch([a, b], b, at(0), NOW, limits({ stepBytes: 1 }), 9))).toEqual(['a1']);
    expect(namesOf(take([a, b]))).toEqual(['b1', 'a2']);
  });

  it('never reorders within an input, and any cut gives the order of the whole', () => {
    const times = fc.array(fc.option(fc.nat(40), { freq: 6 }), { maxLength: 30 });
    fc.assert(
      fc.property(
        fc.array(times, { minLength: 1, maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
        (lanes, cuts) => {
          const filled = (): Input[] => {
            const inputs = lanes.map((_, i) => fresh(`t${i % 2}-`, i >> 1));
            for (const [i, lane] of lanes.entries()) fillTimes(inputs[i] as Input, lane);
            return inputs;
          };
          const drained = (inputs: readonly Input[], most: (step: number) => number): [string, number][] => {
            const all: [string, number][] = [];
            let w = 0;
            for (let step = 0; ; step++) {
              const batch = take(inputs, w, most(step));
              expect(batch.watermark).toBeGreaterThanOrEqual(w);
              for (const { item, watermark } of batch.items)
                all.push([`${item.input.tp.topic}${item.input.tp.partition}@${item.record.offset}`, watermark]);
              w = batch.watermark;
              if (batch.items.length > 0) continue;
              if (inputs.every((input) => input.end !== null)) return all;
              for (const input of inputs) if (input.peek() === undefined) ended(input, 1_000);
            }
          };
          // Whole: with all ends known from the start nothing waits, and nothing but the order decides.
          const whole = filled();
          const order: string[] = [];
          for (const input of whole) input.ended(at(0), 0, at(0));
          for (const { item } of take(whole).items) order.push(`${item.input.tp.topic}${item.input.tp.partition}@${item.record.offset}`);
          const cut = drained(filled(), (step) => cuts[step % cuts.length] ?? 1);
          expect(cut.map(([name]) => name)).toEqual(order);
          for (const [i, lane] of lanes.entries()) {
            const own = order.filter((name) => name.startsWith(`t${i % 2}-${i >> 1}@`));
            expect(own).toEqual(lane.map((_, offset) => `t${i % 2}-${i >> 1}@${offset}`));
          }
        },
      ),
    );
  });
});

describe('the watermark', () => {
  it('is the least of what inputs behind have shown and of what ends have promised; a record meets W as it stood before it', () => {
    const [a, b] = [fresh('a'), fresh('b')];
    fillTimes(a, [10, 20, 30]);
    fillTimes(b, [15, 25]);
    const batch = take([a, b]);
    expect(batch.items.map(({ item, watermark }) => [item.input.tp.topic, item.record.offset, watermark])).toEqual([
      ['a', 0, 0],
      ['b', 0, 0],
      ['a', 1, 10],
      ['b', 1, 15],
    ]);
    expect(batch.since).toBe(0);
    expect(batch.watermark).toBe(20);
    ended(b, 900);
    expect(take([a, b], 20)).toMatchObject({ watermark: 30, since: 20, caughtUp: false });
  });

  it('counts what a step has taken, not what is buffered', () => {
    const [a, b] = [fresh('a'), fresh('b')];
    fillTimes(a, [10, 500]);
    fillTimes(b, [20, 600]);
    expect(take([a, b], 0, 2).watermark).toBe(10);
  });

  it('is not moved by a record from the future or without a time', () => {
    const a = fresh('a');
    fillTimes(a, [null, NOW + 300_001, 7]);
    expect(take([a]).watermark).toBe(7);
    expect(a.newest).toBe(7);
  });

  it('never goes back: not when an input falls behind, nor when a lower end is told', () => {
    const [a, b] = [fresh('a'), fresh('b')];
    ended(a, 700);
    ended(b, 800);
    const high = take([a, b]).watermark;
    expect(high).toBe(700);
    a.fallBehind();
    expect(take([a, b], high).watermark).toBe(700);
    ended(a, 300);
    expect(take([a, b], high).watermark).toBe(700);
  });

  it('holds still while reroute is behind: what was taken of it says nothing about what other shards have still to send', () => {
    const [a, reroute] = [fresh('a'), fresh('z')];
    fillTimes(a, [50, 60]);
    fillTimes(reroute, [40, 55]);
    expect(take([a, reroute], 7, 9, reroute)).toMatchObject({ watermark: 7, own: 50 });
    ended(reroute, 100);
    ended(a, 100);
    expect(take([a, reroute], 7, 9, reroute)).toMatchObject({ watermark: 100 });
  });

  it('own leaves reroute out, and is nothing where a shard has no other input', () => {
    const [a, reroute] = [fresh('a'), fresh('z')];
    ended(a, 700);
    ended(reroute, 100);
    expect(take([a, reroute], 0, 9, reroute)).toMatchObject({ watermark: 100, own: 700 });
    expect(take([reroute], 100, 9, reroute).own).toBeNull();
  });

  it('an end counts when the position has reached it, not before', () => {
    const a = fresh('a');
    a.ended(at(900), 2, at(2_900));
    fillTimes(a, [5, 6]);
    const first = take([a], 0, 1);
    expect(first).toMatchObject({ watermark: 5, caughtUp: false });
    expect(take([a], 5)).toMatchObject({ watermark: 900, caughtUp: true });
  });
});
