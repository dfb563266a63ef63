/** Thresholds relative to the population: made by shard 0, taken up by all shards at each customer's next evaluation, never an older one, whatever breaks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PUBLISHER_KEY } from '../../src/codec/publisher-state.ts';
import { THRESHOLDS_KEY } from '../../src/codec/thresholds.ts';
import type { SegmentChangeRecord, ThresholdsRecord } from '../../src/codec/types.ts';
import type { CustomerState } from '../../src/domain/customer.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import { publishKpis } from '../../src/engine/publisher.ts';
import type { TypedRecord } from '../../src/sources/index.ts';
import type { TestDriver } from '../../src/testing.ts';
import { replay } from './replay.ts';
import { driver, forAll, idle, KEPT, leap, SLOW, until } from './support/drive.ts';
import { DAY, purchase, START, stateOf, visit } from './support/history.ts';
import { expectChain, journalOf } from './support/journal.ts';
import { customersIn } from './support/totals.ts';
import { make, type Trouble } from './support/trouble.ts';

const HOUR = 3_600_000;
const NOW = START + 100 * DAY + 12 * HOUR;
const CUSTOMERS = 40;
const publisherOf = publishKpis({ patience: 5_000 });
const policy: Policy = {
  ...presets.retail,
  value: { ...presets.retail.value, high: 1_000_000, percentile: 60 },
};
const options = { start: NOW, shards: 2, limits: KEPT, policy, kpis: true };

/** An order each, of i+1 tens, long enough ago that nobody is new. */
const population = (factor = 1, prefix = 'e', day = 0): TypedRecord[] =>
  Array.from({ length: CUSTOMERS }, (_, i) =>
    purchase(`${prefix}${i}`, `c${i}`, START + day * DAY + i * 1_000, { amountMinor: (i + 1) * 1_000 * factor }),
  );

const versionsOf = (test: TestDriver): ThresholdsRecord[] => test.outputs('thresholds') as ThresholdsRecord[];
const changesOf = (test: TestDriver, since = 0): SegmentChangeRecord[] =>
  (test.outputs('segmentChanges') as SegmentChangeRecord[]).filter(({ at }) => at >= since);
const statesOf = (test: TestDriver): CustomerState[] =>
  Array.from({ length: test.settings.shards }, (_, shard) =>
    [...customersIn(test.store.states(shard))].map(([customer, { state }]) => stateOf(customer, state)),
  ).flat();
const headerOf = (test: TestDriver, shard: number) => journalOf(test, shard).at(-1)?.header;

/** Lets time pass until so many versions are published. */
const versions = (test: TestDriver, count: number): Promise<void> =>
  until(test, `version ${count}`, () => test.settled() && versionsOf(test).length >= count);

/** An event of each customer, a moment from now. */
async function touchAll(test: TestDriver, prefix: string): Promise<void> {
  await test.advance(3_000);
  for (let i = 0; i < CUSTOMERS; i++) test.pipe(visit(`${prefix}${i}`, `c${i}`, test.clock.wall()));
  await idle(test);
}

async function begun(more: object = {}): Promise<TestDriver> {
  const test = driver({ ...options, ...more });
  for (const record of population()) test.pipe(record);
  await test.start({ publisherOf });
  await versions(test, 1);
  return test;
}

describe('thresholds relative to the population', () => {
  it('are published once, within 1 % of the percentile, with CloudEvents headers and their own key', { timeout: SLOW }, async () => {
    const test = await begun();
    await test.advance(60_000);
    expect(versionsOf(test)).toHaveLength(1);
    const [version] = versionsOf(test);
    // the 24th of 40
    expect(Math.abs((version?.valueHigh ?? 0) - 24_000)).toBeLessThanOrEqual(240);
    expect(version).toMatchObject({ version: 1, percentile: 60, customers: CUSTOMERS, day: '2024-04-09', at: START + 100 * DAY });
    const [record] = test.kafka.records(test.settings.topics.thresholds, 0);
    expect(record?.key?.toString()).toBe('value');
    expect(Object.fromEntries((record?.headers ?? []).map(({ key, value }) => [key, value.toString()]))).toMatchObject({
      ce_type: 'rapport.thresholds',
      ce_specversion: '1.0',
    });
    expect(test.store.states(0).has(THRESHOLDS_KEY)).toBe(true);
    expect(test.store.states(1).has(THRESHOLDS_KEY)).toBe(false);
  });

  it('are taken up by customers of all shards at the next evaluation, not before, with their cause', { timeout: SLOW }, async () => {
    const test = await begun();
    await test.advance(60_000);
    expect(statesOf(test).map(({ thresholds }) => thresholds)).toEqual(Array(CUSTOMERS).fill(null));
    const since = test.clock.wall();
    await touchAll(test, 'v');
    const high = versionsOf(test)[0]?.valueHigh ?? 0;
    expect(statesOf(test).map(({ thresholds }) => thresholds)).toEqual(Array(CUSTOMERS).fill({ version: 1, high }));
    expect([0, 1].map((shard) => headerOf(test, shard)?.thresholds)).toEqual([
      { version: 1, high },
      { version: 1, high },
    ]);
    const up = changesOf(test, since);
    expect(up.map(({ cause }) => cause)).toEqual(up.map(() => 'thresholds'));
    const rich = statesOf(test).filter(({ valueHigh }) => valueHigh);
    expect(rich.map(({ id }) => id).sort()).toEqual(
      population()
        .filter(({ record }) => 'amountMinor' in record && record.amountMinor >= high)
        .map(({ record }) => record.customerId)
        .sort(),
    );
    expect(up.map(({ customerId }) => customerId).sort()).toEqual(rich.map(({ id }) => id).sort());
    expectChain(test);
  });

  it('D3 are taken up in silence at the customer’s own timer, at most 30 days on, and the change is of that instant', {
    timeout: SLOW,
  }, async () => {
    const test = await begun();
    await idle(test);
    const rich = statesOf(test).find(({ id }) => id === 'c39');
    const due = rich?.due ?? 0;
    expect(due - NOW).toBeLessThanOrEqual(policy.kpis.evaluateDays * DAY);
    await leap(test, due, 5_000);
    await test.start({ publisherOf });
    await test.settle();
    expect(statesOf(test).find(({ id }) => id === 'c39')?.thresholds).toBeNull();
    await until(test, 'the timer', () => statesOf(test).some(({ id, thresholds }) => id === 'c39' && thresholds !== null));
    const found = changesOf(test, NOW).filter(({ customerId }) => customerId === 'c39');
    expect(found.map(({ at, cause, trigger }) => [at, cause, trigger])).toEqual([[due, 'thresholds', null]]);
  });

  it('make no version while the population moves by no more than 5 %, and at most one a day', { timeout: SLOW }, async () => {
    const test = await begun();
    await noonOf(test, 101);
    for (const record of population(0.04, 'f', 101)) test.pipe(record);
    await noonOf(test, 102);
    await test.advance(10_000);
    expect(versionsOf(test)).toHaveLength(1);
    for (const record of population(1, 'g', 102)) test.pipe(record);
    await test.advance(60_000);
    expect(versionsOf(test)).toHaveLength(1);
    await noonOf(test, 103);
    await versions(test, 2);
    for (const record of population(1, 'h', 103)) test.pipe(record);
    await test.advance(60_000);
    expect(versionsOf(test).map(({ version, day }) => [version, day])).toEqual([
      [1, '2024-04-09'],
      [2, '2024-04-12'],
    ]);
    const [, second] = versionsOf(test);
    expect(Math.abs((second?.valueHigh ?? 0) / (24_000 * 2.04) - 1)).toBeLessThanOrEqual(0.01);
  });

  it('are made of a history when it has been worked off, and not of fewer customers than are enough', { timeout: SLOW }, async () => {
    const test = driver({ ...options, batchSize: 3 });
    const all = [...population(), ...population(1, 'f', 40), ...population(1, 'g', 80)];
    for (const record of all) test.pipe(record);
    await test.start({ publisherOf });
    await idle(test);
    await versions(test, 1);
    expect(versionsOf(test).map(({ version, day }) => [version, day])).toEqual([[1, '2024-04-09']]);
    expect(changesOf(test).filter(({ cause }) => cause === 'thresholds')).toEqual([]);

    const few = driver(options);
    for (const record of population().slice(0, policy.kpis.leastCustomers - 1)) few.pipe(record);
    await few.start({ publisherOf });
    await idle(few);
    await few.advance(10_000);
    expect(versionsOf(few)).toEqual([]);
  });
});

const TROUBLES = [
  'kill',
  'join',
  'rebalance',
  'flush',
  'snapshot',
  'roll back',
  'store before',
  'store after',
  'refused',
  'unknown-committed',
  'unknown-aborted',
  'unknown-open',
] as const satisfies readonly Trouble[];

describe('a version of the thresholds', () => {
  it.each(TROUBLES)('I2 I9 survives: %s', { timeout: SLOW }, async (trouble) => {
    const test = await begun();
    const snapshot = test.store.snapshot();
    await touchAll(test, 'v');
    await noonOf(test, 101);
    for (const record of population(1, 'f', 101)) test.pipe(record);
    await noonOf(test, 102, false);
    await test.start({ publisherOf });
    await test.pace(10);
    await make(trouble, test, { snapshot }, { publisherOf });
    await test.pace(30);
    for (const { source } of test.workers) source.rejoin();
    await versions(test, 2);
    await touchAll(test, 'w');
    expect(versionsOf(test).map(({ version }) => version)).toEqual([1, 2]);
    const [, second] = versionsOf(test);
    const inForce = { version: 2, high: second?.valueHigh };
    expect(statesOf(test).map(({ thresholds }) => thresholds)).toEqual(Array(CUSTOMERS).fill(inForce));
    for (const shard of [0, 1]) expectNeverBack(test, shard);
    await expectReplayable(test);
    expectChain(test);
  });

  it.each([1, 3])(
    'I2 I7 I9 is made once and goes only forward over days of troubles, with %i shards',
    { timeout: SLOW },
    async (shards) => {
      const day = fc.record({
        factor: fc.constantFrom(0.02, 0.5, 1, 2),
        troubles: fc.array(fc.tuple(fc.constantFrom(...TROUBLES), fc.integer({ min: 1, max: 40 })), { maxLength: 4 }),
      });
      let made = 0;
      await forAll([fc.array(day, { minLength: 2, maxLength: 4 })], 6, async (begin, days) => {
        const test = begin({ ...options, shards });
        for (const record of population()) test.pipe(record);
        await test.start({ publisherOf });
        await versions(test, 1);
        const memory = { snapshot: test.store.snapshot() };
        for (const [i, { factor, troubles }] of days.entries()) {
          await noonOf(test, 101 + i);
          for (const record of population(factor, `d${i}-`, 101 + i)) test.pipe(record);
          for (const [trouble, paces] of troubles) {
            await test.pace(paces);
            await make(trouble, test, memory, { publisherOf });
          }
          for (const { source } of test.workers) source.rejoin();
          await idle(test);
        }
        // What was ordered and has not befallen anything yet would befall the last version.
        for (const { sinks } of test.workers) sinks.faults.nextCommit = null;
        test.store.faults.next = null;
        await test.advance(10_000);
        await touchAll(test, 'end');
        const all = versionsOf(test);
        made += all.length;
        expect(all.map(({ version }) => version)).toEqual(all.map((_, i) => i + 1));
        expect(new Set(all.map((version) => version.day)).size).toBe(all.length);
        expect(new Set(statesOf(test).map(({ thresholds }) => thresholds?.version))).toEqual(new Set([all.length]));
        for (let shard = 0; shard < shards; shard++) expectNeverBack(test, shard);
        await expectReplayable(test);
        expectChain(test);
      });
      expect(made).toBeGreaterThan(6);
    },
  );

  it('is never replaced by an older one, nor by none, whatever the store says', { timeout: SLOW }, async () => {
    const test = await begun();
    await touchAll(test, 'v');
    const { load } = test.store;
    const old = test.store.states(0).get(THRESHOLDS_KEY) ?? null;
    await noonOf(test, 101);
    for (const record of population(1, 'f', 101)) test.pipe(record);
    await noonOf(test, 102);
    await versions(test, 2);
    await touchAll(test, 'w');
    for (const said of [old, null]) {
      test.store.load = async (...asked) => {
        const found = await load.apply(test.store, asked);
        const [, , keys] = asked;
        // the publisher asks for more beside it
        return keys.length === 1 && keys[0] === THRESHOLDS_KEY ? { ...found, states: [said] } : found;
      };
      for (const worker of [...test.workers]) worker.kill();
      test.kafka.group('test').expire();
      await test.start({ publisherOf });
      await touchAll(test, said === null ? 'y' : 'x');
      expect(new Set(statesOf(test).map(({ thresholds }) => thresholds?.version))).toEqual(new Set([2]));
    }
    for (const shard of [0, 1]) expectNeverBack(test, shard);
  });

  it('goes on from what other shards know when shard 0 has lost its own', { timeout: SLOW }, async () => {
    const test = await begun();
    await touchAll(test, 'v');
    await noonOf(test, 101);
    for (const record of population(1, 'f', 101)) test.pipe(record);
    const { load } = test.store;
    test.store.load = async (...asked) => {
      const found = await load.apply(test.store, asked);
      return { ...found, states: found.states.map((state, i) => (asked[2][i] === THRESHOLDS_KEY ? null : state)) };
    };
    await noonOf(test, 102);
    await versions(test, 2);
    expect(versionsOf(test).map(({ version }) => version)).toEqual([1, 2]);
  });
});

/** Noon of a day, a worker running, everything worked off. */
async function noonOf(test: TestDriver, day: number, starts = true): Promise<void> {
  await idle(test);
  await leap(test, START + day * DAY + 12 * HOUR, 0);
  if (!starts) return;
  await test.start({ publisherOf });
  await idle(test);
}

/** Headers and states of a shard name a version that only grows. */
function expectNeverBack(test: TestDriver, shard: number): void {
  let newest = 0;
  const taken = new Map<string, number>();
  for (const { header, entries } of journalOf(test, shard)) {
    const version = header.thresholds?.version ?? 0;
    expect(version).toBeGreaterThanOrEqual(newest);
    newest = version;
    for (const { customer, state } of entries) {
      if (state === null || customersIn(new Map([[customer, state]])).size === 0) continue;
      const own = stateOf(customer, state).thresholds?.version ?? 0;
      expect(own).toBeGreaterThanOrEqual(taken.get(customer) ?? 0);
      expect(own).toBeLessThanOrEqual(version);
      taken.set(customer, own);
    }
  }
}

/** All but what is published beside the steps is made again from headers and inputs alone. */
async function expectReplayable(test: TestDriver): Promise<void> {
  const published = [PUBLISHER_KEY, THRESHOLDS_KEY];
  for (let shard = 0; shard < test.settings.shards; shard++) {
    const again = await replay(test, shard);
    for (const { offset, replayed, journal } of again.entries)
      expect(replayed, `step ${offset}`).toEqual(journal.filter(({ customer }) => !published.includes(customer)));
    for (const topic of [test.settings.topics.segmentChanges, test.settings.topics.profiles]) {
      const written = test.kafka.records(topic, shard).map(({ value }) => value?.toString('hex'));
      expect((again.records.get(topic) ?? []).map(({ value }) => value?.toString('hex'))).toEqual(written);
    }
  }
}
