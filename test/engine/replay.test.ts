/** I9: a step is a function of its records, the states before it and its journal header. What was written is made again from these alone, byte for byte. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Ports } from '../../src/engine/engine.ts';
import type { TestDriver } from '../../src/testing.ts';
import { replay } from './replay.ts';
import { DEAD_LETTER_CASES } from './support/broken.ts';
import { forAll, idle, KEPT, SLOW, wrapped } from './support/drive.ts';
import { arrivals, purchase } from './support/history.ts';
import { expectChain } from './support/journal.ts';

const bytes = (of: { key: Buffer | null; value: Buffer | null; headers: readonly { key: string; value: Buffer }[] }) =>
  [of.key, of.value, ...of.headers.map(({ key, value }) => `${key}=${value.toString('latin1')}`)].map(String);

/** Everything each shard has written, made again. */
async function expectReplayable(test: TestDriver): Promise<void> {
  const { journal: _, reroute, ...outputs } = test.settings.topics;
  const rerouted: unknown[] = [];
  for (let shard = 0; shard < test.settings.shards; shard++) {
    const again = await replay(test, shard);
    for (const { offset, last, after } of again.watermarks)
      expect(last, `W of step ${offset} of shard ${shard}`).toBeLessThanOrEqual(after);
    for (const { offset, replayed, journal } of again.entries)
      expect(replayed, `entries of step ${offset} of shard ${shard}`).toEqual(journal);
    for (const topic of Object.values(outputs)) {
      const written = test.kafka.records(topic, shard);
      expect((again.records.get(topic) ?? []).map(bytes)).toEqual(written.map(bytes));
    }
    rerouted.push(...(again.records.get(reroute) ?? []).map((record) => [record.partition, ...bytes(record)].join('\n')));
    const stored = [...test.store.states(shard)].map(([customer, { state }]) => [customer, state]);
    expect([...again.states].sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(stored);
  }
  const there = Array.from({ length: test.settings.shards }, (_each, shard) =>
    test.kafka.records(reroute, shard).map((record) => [shard, ...bytes(record)].join('\n')),
  ).flat();
  expect(rerouted.sort()).toEqual(there.sort());
}

const TROUBLES = ['kill', 'stall', 'unknown-committed', 'unknown-aborted', 'flush', 'nothing', 'wait'] as const;

describe('I9 the journal’s headers and the inputs', () => {
  it.each([1, 3])('give every output, reroute and state again, byte for byte, with %i shards', { timeout: SLOW }, async (shards) => {
    const troubles = fc.array(fc.tuple(fc.constantFrom(...TROUBLES), fc.integer({ min: 1, max: 30 })), { maxLength: 10 });
    await forAll(
      [arrivals(10, 300, 120), fc.integer({ min: 2, max: 20 }), fc.integer({ min: 0, max: 119 }), troubles],
      15,
      async (make, records, batchSize, upfront, all) => {
        const test = make({ shards, batchSize, limits: KEPT });
        const left = [...records];
        const feed = (count: number): void => {
          // every seventh to a partition that is not its customer's
          for (const [i, record] of left.splice(0, count).entries()) test.pipe(record, i % 7 === 3 ? i % shards : undefined);
        };
        feed(upfront);
        for (const { write } of DEAD_LETTER_CASES.slice(0, 4)) write(test);
        const poison = purchase('bad', 'poison', records[0]?.record.occurredAt ?? 0);
        test.pipe(poison);
        const begin = (): Promise<unknown> => test.start({ ports: (ports) => refusingPoison(keepingReroute(ports)) });
        await begin();
        for (const [trouble, paces] of all) {
          await test.pace(paces);
          const [worker] = test.workers;
          if (worker === undefined) throw new Error('no worker is left');
          if (trouble === 'kill') {
            worker.kill();
            test.kafka.group('test').expire();
            await begin();
          } else if (trouble === 'flush') test.store.flush();
          else if (trouble === 'wait') await test.advance(4_000);
          else if (trouble === 'stall') await stall(test, () => feed(5));
          else if (trouble !== 'nothing') worker.sinks.faults.nextCommit = trouble;
          feed(15);
        }
        feed(left.length);
        await idle(test);
        expect((test.outputs('deadLetters') as { reason: string }[]).filter(({ reason }) => reason === 'refused_by_broker')).toHaveLength(
          1,
        );
        expectChain(test);
        await expectReplayable(test);
      },
    );
  });
});

/** The source gives nothing for longer than the guard, while records wait: their input is behind again. */
async function stall(test: TestDriver, during: () => void): Promise<void> {
  const worker = [...test.workers][0];
  const held = Promise.withResolvers<void>();
  if (worker === undefined) return;
  worker.sinks.faults.beforeCommit = () => held.promise;
  during();
  await test.pace(20);
  during();
  await test.clock.advance(5_000);
  worker.sinks.faults.beforeCommit = null;
  held.resolve();
}

/** Replaying needs what was rerouted; the engine deletes what it has taken. */
const keepingReroute = (ports: Ports): Ports => ({ ...ports, logs: { ...ports.logs, deleteBefore: async () => {} } });

/** A broker that refuses whatever names this customer. */
const refusingPoison = (ports: Ports): Ports => ({
  ...ports,
  sinks: {
    open: async (shard) => {
      const sink = await ports.sinks.open(shard);
      return wrapped(sink, {
        commit: async (journal, records, timestamp) =>
          journal.some((part) => part.includes('poison'))
            ? { outcome: 'refused', cause: new Error('it names poison') }
            : sink.commit(journal, records, timestamp),
      });
    },
  },
});
