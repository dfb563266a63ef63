/**
 * D1: how the same merged order is cut into steps does not matter, as long as W is the same at the same records. Through the merge and the fold alone:
 * each phase of a history is drained by steps of any size, with timers fired now or a few steps later, and then told its end, as an owner is.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Decision } from '../../src/domain/decision.ts';
import { type CustomerId, LAST_INSTANT } from '../../src/domain/ids.ts';
import { presets } from '../../src/domain/presets.ts';
import { foldStep } from '../../src/engine/fold.ts';
import type { Input } from '../../src/engine/input.ts';
import { takeBatch } from '../../src/engine/merge.ts';
import type { Encoder, OutRecord } from '../../src/engine/ports.ts';
import { type InputRecord, type TypedRecord, termsOf, toEvent } from '../../src/sources/index.ts';
import { agrees, forAll, SLOW, SMALL } from './support/drive.ts';
import { acknowledged, arrivals, DAY, history, START } from './support/history.ts';
import { at, fill, fresh, limits, rawRecord } from './support/lanes.ts';

const TOPICS = ['engagement', 'purchase', 'survey'] as const;
const terms = termsOf(presets.retail);
const REROUTE = 'reroute';

/** How one run is cut: sizes of steps, how many customers' timers one may fire, and every how many steps timers may fire at all. */
interface Cut {
  readonly sizes: readonly number[];
  readonly timers: number;
  readonly every: number;
}
const cut: fc.Arbitrary<Cut> = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }),
  timers: fc.integer({ min: 1, max: 6 }),
  every: fc.integer({ min: 1, max: 3 }),
});
const WHOLE: Cut = { sizes: [1_000_000], timers: 1_000_000, every: 1 };

/** Everything that was said, by customer, and the states: by one way to cut. */
function run(phases: readonly (readonly TypedRecord[])[], { sizes, timers, every }: Cut) {
  const said = new Map<string, unknown[]>();
  const states = new Map<CustomerId, Buffer>();
  const dues = new Map<CustomerId, number>();
  const inputs: Input[] = [...TOPICS, REROUTE].map((topic) => fresh(topic));
  const noted: OutRecord = { topic: '', partition: 0, key: null, value: null, headers: [] };
  const encoder: Encoder = {
    decision: (decision: Decision, { trigger }) => {
      const who = decision.customer ?? '';
      said.set(who, [...(said.get(who) ?? []), { ...decision, trigger: trigger?.offset ?? null }]);
      return noted;
    },
    deadLetter: () => noted,
  };
  let watermark = at(0);
  let steps = 0;
  const drain = (): void => {
    for (;;) {
      const size = sizes[steps++ % sizes.length] ?? 1;
      const batch = takeBatch(inputs, inputs.at(-1) as Input, watermark, at(LAST_INSTANT), limits(), size);
      watermark = batch.watermark;
      const due = [...dues].filter(([, instant]) => instant <= watermark).sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
      if (batch.items.length === 0 && due.length === 0) return;
      const firing = steps % every === 0 || batch.items.length === 0 ? due.slice(0, timers).map(([customer]) => customer) : [];
      const { entries } = foldStep(batch, firing, (customer) => states.get(customer) ?? null, {
        shard: 0,
        caughtUpAt: null,
        reroute: REROUTE,
        encoder,
        policy: presets.retail,
        thresholds: null,
        shardOf: () => 0,
        refused: () => false,
      });
      for (const { customer, state, due: next } of entries) {
        if (state !== null) states.set(customer, state);
        if (next === null) dues.delete(customer);
        else dues.set(customer, next);
      }
    }
  };
  let bound = START;
  for (const phase of phases) {
    for (const input of inputs) {
      const records = phase.filter(({ type }) => type === input.tp.topic);
      const from = input.fetchNext;
      fill(
        input,
        records.map((_, i) => rawRecord(from + i)),
        from + records.length,
        ({ offset }) => toEvent(records[offset - from] as TypedRecord, terms),
      );
    }
    drain();
    // The end of the phase, the same in every run: W goes on without events.
    bound = Math.max(bound, ...phase.map(({ record }) => record.occurredAt)) + 40 * DAY;
    for (const input of inputs) input.ended(at(bound), input.position, at(bound));
    drain();
  }
  return { said, states: [...states].sort(([a], [b]) => (a < b ? -1 : 1)), watermark };
}

it('D1 any cut into steps says the same and leaves the same states, duplicates and late events included', { timeout: SLOW }, () => {
  fc.assert(
    fc.property(arrivals(8, 400, 150), fc.integer({ min: 1, max: 3 }), cut, cut, (records, count, first, second) => {
      const phases = Array.from({ length: count }, (_, i) =>
        records.slice((i * records.length) / count, ((i + 1) * records.length) / count),
      );
      const whole = run(phases, WHOLE);
      expect(whole.said.size).toBeGreaterThan(0);
      expect(run(phases, first)).toEqual(whole);
      expect(run(phases, second)).toEqual(whole);
    }),
    { numRuns: 60 },
  );
});

it('D1 D2 through the engine: neither batches and sizes of steps nor redeliveries within the ring matter', { timeout: SLOW }, async () => {
  const sizes = fc.record({
    stepRecords: fc.integer({ min: 1, max: 50 }),
    stepTimers: fc.integer({ min: 1, max: 9 }),
    applies: fc.integer({ min: 1, max: 4 }),
  });
  const again = fc.array(fc.record({ which: fc.nat(99), by: fc.integer({ min: 1, max: 15 }) }), { maxLength: 20 });
  await forAll(
    [acknowledged(history(8, 300, 100), 8, 300), again, fc.integer({ min: 1, max: 70 }), sizes],
    20,
    async (make, all, copies, batchSize, cuts) => {
      // Nothing is kept of a command about nobody, and so not that it has come.
      const known = new Set<string>();
      const records = all.filter(({ type, record: { customerId } }) => {
        if (type !== 'command') known.add(customerId);
        return known.has(customerId);
      });
      const test = make({ batchSize, limits: { ...SMALL, ...cuts } });
      const arrived = [...records];
      for (const { which, by } of copies) {
        const record = records[which % records.length] as InputRecord;
        arrived.splice(Math.min(arrived.length, arrived.indexOf(record) + by), 0, record);
      }
      for (const record of arrived) test.pipe(record);
      await test.start();
      await agrees(test, records);
      expect(test.reports.reduce((sum, { duplicates }) => sum + duplicates, 0)).toBe(copies.length);
    },
  );
});
