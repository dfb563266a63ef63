/** What can go wrong between two steps, alone and in any order: topics and store say the same in the end. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agrees, driver, forAll, KEPT, SLOW, SMALL } from './support/drive.ts';
import { acknowledged, DAY, history, purchase, START } from './support/history.ts';
import { expectChain } from './support/journal.ts';
import { make, type Trouble } from './support/trouble.ts';

describe('a history, loaded before the start', () => {
  it.each([1, 2, 4])(
    'I4 gives exactly the changes, profiles and states of one fold over all events in time order, with %i shards and workers',
    { timeout: SLOW },
    async (shards) => {
      await forAll(
        [acknowledged(history(12, 500, 160), 12, 500), fc.integer({ min: 3, max: 60 })],
        12,
        async (make, records, batchSize) => {
          const test = make({ shards, batchSize });
          for (const record of records) test.pipe(record);
          for (let i = 0; i < shards; i++) await test.start();
          await agrees(test, records);
        },
      );
    },
  );
});

/** What can go wrong between two paces of a run. */
const TROUBLES = [
  'nothing',
  'kill',
  'join',
  'unknown-committed',
  'unknown-aborted',
  'unknown-open',
  'refused',
  'store before',
  'store after',
  'flush',
  'roll back',
  'snapshot',
  'evict',
  'rebalance',
] as const satisfies readonly Trouble[];

it('I3 I4 I11 inputs that get more partitions under a running worker: the new ones are read from their start', {
  timeout: SLOW,
}, async () => {
  const test = driver({ shards: 2, limits: KEPT });
  const before = Array.from({ length: 40 }, (_, i) => purchase(`e${i}`, `c${i % 9}`, START + i * DAY));
  for (const record of before) test.pipe(record);
  const worker = await test.start();
  await agrees(test, before);
  for (const { topic } of test.settings.sources) test.kafka.addPartitions(topic, 4);
  // More customers than there are partitions: some of these go to the new ones.
  const after = Array.from({ length: 40 }, (_, i) => purchase(`f${i}`, `c${i % 9}`, test.clock.wall() + i));
  for (const record of after) test.pipe(record);
  worker.source.evict();
  worker.source.rejoin();
  await agrees(test, [...before, ...after]);
  const fresh = test.settings.sources.flatMap(({ topic }) => [2, 3].flatMap((partition) => test.kafka.records(topic, partition)));
  expect(fresh.length).toBeGreaterThan(5);
  expectChain(test);
});

describe('any crash and restore between steps', () => {
  it.each([1, 3])('D1 I2 I3 I4 I6 I7 gives the same changes, profiles and states, with %i shards', { timeout: SLOW }, async (shards) => {
    const troubles = fc.array(fc.tuple(fc.constantFrom(...TROUBLES), fc.integer({ min: 1, max: 25 })), { maxLength: 12 });
    await forAll(
      [acknowledged(history(10, 400, 120), 10, 400), fc.integer({ min: 2, max: 20 }), fc.boolean(), troubles],
      60,
      async (begin, records, batchSize, cleaned, all) => {
        const test = begin({ shards, batchSize, limits: cleaned ? SMALL : KEPT });
        for (const record of records) test.pipe(record);
        await test.start();
        const memory = { snapshot: test.store.snapshot() };
        for (const [trouble, paces] of all) {
          await test.pace(paces);
          await make(trouble, test, memory);
        }
        for (const { source } of test.workers) source.rejoin();
        await agrees(test, records);
        if (!cleaned) expectChain(test);
        expect(test.outputs('deadLetters')).toEqual([]);
      },
    );
  });
});
