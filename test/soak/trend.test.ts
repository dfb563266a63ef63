/** What a long run takes for growth: leaks are found, what merely moves is not. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../src/world/random.ts';
import { judge, lineOf, type Point, type Rule, rise } from './trend.ts';

const SECONDS = 1_800;
const EVERY = 5;
const MEMORY: Rule = { by: 'slope', spreads: 1, least: 24, floor: true };
const RATIO: Rule = { by: 'slope', spreads: 0, least: 1, most: 6 };
const LAG: Rule = { by: 'thirds', least: 300 };

const points = (valueAt: (at: number) => number): Point[] =>
  Array.from({ length: SECONDS / EVERY }, (_, i) => ({ at: i * EVERY, value: valueAt(i * EVERY) }));
const grew = (rule: Rule, valueAt: (at: number) => number): string | null =>
  judge({ name: 'it', unit: '', points: points(valueAt), rule }, SECONDS).grew;

/** of a seed, about 0 */
function noise(seed: number, deviation: number): () => number {
  const random = new Random(seed, 'noise');
  return () => random.normal(0, deviation);
}

test('noise without a trend is not growth, whatever the seed', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1 << 30 }), fc.double({ min: 0, max: 15, noNaN: true }), (seed, deviation) => {
      const some = noise(seed, deviation);
      return grew(MEMORY, () => 150 + some()) === null;
    }),
    { numRuns: 20 },
  );
});

test('a leak of 3 MiB a minute is growth, in noise and in teeth too', () => {
  const leak = (at: number): number => (at / 60) * 3;
  const some = noise(1, 15);
  expect(grew(MEMORY, (at) => 150 + leak(at))).toMatch(/^rose by 59\.\d+ in 1200 s/);
  expect(grew(MEMORY, (at) => 150 + leak(at) + some())).not.toBeNull();
  expect(grew(MEMORY, (at) => 150 + leak(at) + tooth(at))).not.toBeNull();
});

test('a leak of 30 MiB in what is measured is growth where little else moves, however much memory there is', () => {
  const some = noise(3, 2);
  expect(grew(MEMORY, (at) => 400 + at / 40 + some())).not.toBeNull();
  expect(grew(MEMORY, (at) => 400 + at / 80 + some())).toBeNull();
});

/** What a heap does between one collection and the next. */
const tooth = (at: number): number => ((at % 73) / 73) * 60;

test('the teeth of a collector are not growth, however long', () => {
  expect(grew(MEMORY, (at) => 150 + tooth(at))).toBeNull();
  for (const period of [150, 300, 500])
    for (let phase = 0; phase < period; phase += 25)
      expect(grew(MEMORY, (at) => 200 + (((at + phase) % period) / period) * 130)).toBeNull();
});

test('a leak below long teeth is growth', () => {
  expect(grew(MEMORY, (at) => 200 + ((at % 300) / 300) * 130 + (at / 60) * 6)).not.toBeNull();
});

test.each([650, 900, 1_200, 1_333, 1_500, 1_750])('a step at %i s that does not repeat is not growth', (step) => {
  const some = noise(step, 5);
  expect(grew(MEMORY, (at) => (at < step ? 150 : 230) + some())).toBeNull();
});

test('a step at every fault is growth', () => {
  const some = noise(2, 5);
  expect(grew(MEMORY, (at) => 150 + Math.floor(at / 60) * 3 + some())).not.toBeNull();
  expect(grew(MEMORY, (at) => 150 + Math.floor(at / 240) * 20 + some())).not.toBeNull();
});

test('what a run does while it warms up is not growth', () => {
  expect(grew(MEMORY, (at) => Math.min(at, SECONDS / 3) / 2)).toBeNull();
});

test('outliers and gaps leave a series as it is', () => {
  const peaks = points((at) => (at % 100 === 0 ? 900 : 150)).filter(({ at }) => at % 35 !== 0);
  expect(judge({ name: 'it', unit: '', points: peaks, rule: MEMORY }, SECONDS).grew).toBeNull();
});

test('a rise is that of a line, of many points too', () => {
  const many = Array.from({ length: 5_000 }, (_, i) => ({ at: i, value: i / 100 }));
  expect(rise(many)).toBeGreaterThan(49);
  expect(rise(many)).toBeLessThan(50.1);
  expect(rise([])).toBe(0);
});

test('a ratio above its bound is not right even when it does not rise', () => {
  expect(grew(RATIO, () => 4.8)).toBeNull();
  expect(grew(RATIO, () => 6.5)).toBe('6.5 at the end; up to 6 is right');
  expect(grew(RATIO, (at) => 3 + at / 1_000)).toMatch(/^rose by 1\.2/);
});

test('a lag may double or stay within its least, no more', () => {
  expect(grew(LAG, (at) => (at < 1_200 ? 10 : 290))).toBeNull();
  expect(grew(LAG, (at) => (at < 1_200 ? 10 : 310))).not.toBeNull();
  expect(grew(LAG, (at) => (at < 1_200 ? 400 : 790))).toBeNull();
  expect(grew(LAG, (at) => (at < 1_200 ? 400 : 810))).toBe('810 at the end, 400 before; up to 800 is right');
});

test('what was hardly measured is not right', () => {
  const few = points(() => 1).slice(-8);
  const trend = judge({ name: 'it', unit: '', points: few, rule: MEMORY }, SECONDS);
  expect(trend.grew).toMatch(/too little to tell/);
  expect(lineOf(trend)).toMatch(/^GREW {2}it: measured 0 and 8 times/);
});
