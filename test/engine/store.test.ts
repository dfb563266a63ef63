/** I5–I8: what the store may hold, in which order it moves, how it heals, and what the fold reads. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isReserved } from '../../src/codec/totals.ts';
import type { CustomerId, Instant } from '../../src/domain/ids.ts';
import { LIMITS } from '../../src/engine/engine.ts';
import { Retryable } from '../../src/engine/errors.ts';
import type { ApplyEntry, Chunk } from '../../src/engine/ports.ts';
import { Catchup } from '../../src/engine/tail.ts';
import { MemoryStore, type TestDriver } from '../../src/testing.ts';
import { agrees, driver, forAll, gate, KEPT, SLOW, SMALL, told, until, wrapped } from './support/drive.ts';
import { history, purchase, START, visit } from './support/history.ts';
import { journalOf } from './support/journal.ts';

/**
 * The store says no more than the committed journal up to where it stands, and no less; of the step that it stands before, some customers may have been
 * written already (between two chunks of an apply).
 */
function expectPrefix(test: TestDriver): void {
  for (let shard = 0; shard < test.settings.shards; shard++) {
    const meta = test.store.standing(shard);
    if (meta === null) continue;
    const expected = new Map<string, { offset: number; state: Buffer; due: number | null }>();
    const steps = journalOf(test, shard);
    for (const { offset, entries } of steps.filter((step) => step.offset < meta.next)) {
      for (const { customer, state, due } of entries) {
        if (state === null) expected.delete(customer);
        else expected.set(customer, { offset, state, due });
      }
    }
    const coming = steps.find((step) => step.offset >= meta.next && step.header.kind === 'step');
    const applying = new Map(coming?.entries.map((entry) => [entry.customer as string, entry.state]));
    const states = test.store.states(shard);
    for (const [customer, { offset, state }] of states) {
      const before = expected.get(customer);
      if (before !== undefined && offset === before.offset) expect(state).toEqual(before.state);
      else {
        expect(isReserved(customer), 'totals are written with the position').toBe(false);
        expect(offset, `${customer} is ahead of the journal at ${meta.next}`).toBe(coming?.offset);
        expect(state).toEqual(applying.get(customer));
      }
    }
    const erasing = new Set(coming?.entries.flatMap(({ customer, state }) => (state === null ? [customer as string] : [])));
    for (const customer of expected.keys())
      expect(states.has(customer as CustomerId) || erasing.has(customer), `${customer} is missing`).toBe(true);
  }
}

describe('I5 I6 the store', () => {
  it('is at every moment a prefix of the committed journal', { timeout: SLOW }, async () => {
    const faults = fc.array(
      fc.tuple(
        fc.integer({ min: 1, max: 6 }),
        fc.constantFrom(null, 'unknown-committed', 'unknown-aborted', 'unknown-open', 'before', 'after', 'kill'),
      ),
      {
        minLength: 20,
        maxLength: 60,
      },
    );
    await forAll([history(9, 300, 80), fc.constantFrom(1, 2), faults], 12, async (make, records, shards, all) => {
      const test = make({ shards, batchSize: 8, limits: { ...KEPT, chunk: 2 } });
      for (const record of records) test.pipe(record);
      await test.start();
      for (const [paces, fault] of all) {
        for (let i = 0; i < paces; i++) {
          await test.pace(1);
          expectPrefix(test);
        }
        const [worker] = test.workers;
        if (fault === 'before' || fault === 'after') test.store.faults.next = fault;
        else if (fault === 'kill') {
          worker?.kill();
          test.kafka.group('test').expire();
          await test.start();
        } else if (worker !== undefined) worker.sinks.faults.nextCommit = fault;
      }
      await agrees(test, records);
      expectPrefix(test);
    });
  });

  it('applies one step behind the other, however long one takes and however many are committed behind it', { timeout: SLOW }, async () => {
    const test = driver({ batchSize: 4, limits: { ...KEPT, applies: 3 } });
    const records = Array.from({ length: 60 }, (_, i) => purchase(`e${i}`, `c${i % 5}`, START + i * 1_000));
    for (const record of records) test.pipe(record);
    const chunks: Chunk[] = [];
    let outstanding = 0;
    let slow = 0;
    await test.start({
      ports: (ports) => ({
        ...ports,
        store: wrapped(ports.store, {
          apply: async (shard, chunk) => {
            expect(++outstanding, 'one apply at a time').toBe(1);
            chunks.push(chunk);
            for (let turns = slow++ % 7; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
            const answer = await ports.store.apply(shard, chunk);
            outstanding -= 1;
            return answer;
          },
        }),
      }),
    });
    await agrees(test, records);
    let at = chunks[0]?.at;
    for (const chunk of chunks) {
      expect(chunk.at).toBe(at);
      if (chunk.to !== null) at = chunk.to.next;
    }
  });

  it('I6 a predecessor’s late chunk, between two of a catch-up, puts no older state over a newer one', async () => {
    const store = new MemoryStore();
    await store.build(0, 10, 11);
    await store.promote(0, 10, 11);
    const entry = (customer: string, offset: number): ApplyEntry => {
      return { customer: customer as CustomerId, offset, state: Buffer.from(`${customer}@${offset}`), due: offset as Instant };
    };
    const steps = [11, 13, 15].map((offset) => ({
      offset,
      next: offset + 1,
      header: journalHeader,
      entries: ['x', 'y', 'z'].map((customer) => ({ ...entry(customer, offset), cause: 'event' as const })),
    }));
    let late = 0;
    const engine = {
      ports: {
        store: wrapped(store, {
          apply: async (shard, chunk) => {
            const answer = await store.apply(shard, chunk);
            if (late++ === 0)
              await store.apply(0, { generation: 10, at: 11, from: 0, entries: [entry('x', 11), entry('y', 11)], to: null });
            return answer;
          },
        }),
      },
      limits: { ...LIMITS, chunk: 1 },
    };
    const catchup = new Catchup(engine, 0, 10, 11, false);
    for (const step of steps) await catchup.add(step);
    await catchup.flush();
    expect([...store.states(0)].map(([, { state }]) => state.toString())).toEqual(['x@15', 'y@15', 'z@15']);
    expect((await store.meta(0))?.next).toBe(16);
    // and where the store has gone on, a late chunk is rejected
    expect(await store.apply(0, { generation: 10, at: 13, from: 0, entries: [entry('x', 13)], to: null })).toBe('rejected');
    await expect(new Catchup(engine, 0, 10, 13, false).add(steps[1] as never)).rejects.toThrow(Retryable);
  });
});

const journalHeader = {
  kind: 'step',
  sequence: 1,
  previous: null,
  positions: [],
  since: 0,
  watermark: 0,
  now: 0,
  caughtUpAt: null,
  policy: '',
  policyText: null,
  shards: 1,
  refused: [],
  stateBytes: 0,
  writtenBytes: 0,
  notKeyed: [],
  accepted: null,
} as never;

describe('I7 a store that lost something', () => {
  const records = Array.from({ length: 90 }, (_, i) => purchase(`e${i}`, `c${i % 8}`, START + i * 3_600_000));

  it('I8 is noticed by the next load or apply, and healed from the journal: outputs unchanged', { timeout: SLOW }, async () => {
    const lines: string[] = [];
    const note = (fields: object): void => {
      lines.push(JSON.stringify(fields));
    };
    const test = driver({ batchSize: 6, log: { debug: () => {}, info: note, warn: note, error: note } });
    for (const record of records) test.pipe(record);
    const worker = await test.start();
    const snapshot = test.store.snapshot();
    await until(test, 'some steps', () => test.reports.length > 4);
    test.store.restore(snapshot);
    await until(test, 'the healing', () => worker.takeovers.length > 1);
    expect(lines.some((line) => /Redis stands at|no longer at journal offset/.test(line))).toBe(true);
    await agrees(test, records);
  });

  it.each(['flush', 'roll back'] as const)(
    'I8 is noticed before a step is folded on what it says (%s)',
    { timeout: SLOW },
    async (what) => {
      const test = driver({ limits: { ...KEPT, cacheBytes: 1 } });
      const all = records.slice(0, 40);
      for (const record of all) test.pipe(record);
      await test.start();
      await agrees(test, all);
      const snapshot = test.store.snapshot();
      const live = (name: string): void => {
        for (let i = 0; i < 10; i++) {
          const record = purchase(`${name}${i}`, `c${i % 8}`, test.clock.wall(), { amountMinor: 30_000 });
          all.push(record);
          test.pipe(record);
        }
      };
      live('a');
      await agrees(test, all);
      if (what === 'flush') test.store.flush();
      else test.store.restore(snapshot);
      live('b');
      await agrees(test, all);
    },
  );

  it.each(['flush', 'roll back'] as const)(
    'is healed on an idle shard too (%s): readers do not wait for the next event',
    { timeout: SLOW },
    async (what) => {
      const test = driver({ limits: KEPT });
      for (const record of records.slice(0, 40)) test.pipe(record);
      await test.start();
      await agrees(test, records.slice(0, 40));
      const snapshot = test.store.snapshot();
      const last = [purchase('l1', 'c1', test.clock.wall()), purchase('l2', 'c9', test.clock.wall() + 1)];
      for (const record of last) test.pipe(record);
      await agrees(test, [...records.slice(0, 40), ...last]);
      if (what === 'flush') test.store.flush();
      else test.store.restore(snapshot);
      await test.clock.advance(15_000);
      await agrees(test, [...records.slice(0, 40), ...last]);
    },
  );

  it('is rebuilt beside what readers see: the old generation stays until the new one is whole', { timeout: SLOW }, async () => {
    const test = driver({ batchSize: 6, limits: SMALL });
    for (const record of records) test.pipe(record);
    const worker = await test.start();
    await until(test, 'some states', () => test.store.states(0).size > 5);
    const snapshot = test.store.snapshot();
    await agrees(test, records);
    const { start } = test.kafka.log({ topic: 'test.journal', partition: 0 });
    expect(start, 'the journal no longer tells what followed the snapshot').toBeGreaterThan(0);
    worker.kill();
    test.kafka.group('test').expire();
    test.store.restore(snapshot);
    const old = told(test).states;
    const generation = test.store.standing(0)?.generation;
    let promoted = 0;
    await test.start({
      ports: (ports) => ({
        ...ports,
        store: wrapped(ports.store, {
          apply: async (shard, chunk) => {
            if (promoted === 0) expect(told(test).states).toEqual(old);
            return ports.store.apply(shard, chunk);
          },
          promote: async (shard, next, at) => {
            expect(test.store.standing(0)?.generation).toBe(generation);
            expect(next).toBeGreaterThan(generation ?? 0);
            expect(told(test).states).toEqual(old);
            promoted += 1;
            return ports.store.promote(shard, next, at);
          },
        }),
      }),
    });
    await agrees(test, records);
    expect(promoted).toBe(1);
    expect(test.store.standing(0)?.generation).toBeGreaterThan(generation ?? 0);
  });
});

it('I8 the fold reads what the step before left, while none of it is applied and nothing is cached for long', {
  timeout: SLOW,
}, async () => {
  const test = driver({ batchSize: 3, limits: { ...KEPT, stepRecords: 3, cacheBytes: 1, applies: 6 } });
  const [open, release] = gate();
  const worker = await test.start({
    ports: (ports) => ({
      ...ports,
      store: wrapped(ports.store, {
        apply: async (shard, chunk) => {
          if (chunk.entries.length > 0) await open;
          return ports.store.apply(shard, chunk);
        },
      }),
    }),
  });
  await test.settle();
  const records = Array.from({ length: 15 }, (_, i) => visit(`e${i}`, `c${i % 2}`, test.clock.wall() + i));
  for (const record of records) test.pipe(record);
  await until(test, 'steps behind each other', () => test.reports.length >= 5);
  expect(test.store.states(0).size).toBe(0);
  release();
  await agrees(test, records);
  expect(worker.takeovers).toEqual([0]);
});
