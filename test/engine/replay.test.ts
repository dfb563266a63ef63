/**
 * I9: a step is a function of its records, the states before it and its journal header. What was written is made again from these alone, byte for byte; and whatever
 * else the checker looks at is as it should be, whatever broke on the way, with the cleaner on and off.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TestDriver } from '../../src/testing.ts';
import { check } from '../checker/check.ts';
import type { Sample } from '../checker/evidence.ts';
import { evidenceOf, imageOf, recorderOf } from '../checker/from-driver.ts';
import { DEAD_LETTER_CASES } from './support/broken.ts';
import { forAll, idle, KEPT, refusingPoison, SLOW, SMALL } from './support/drive.ts';
import { acknowledged, arrivals, purchase } from './support/history.ts';

const TROUBLES = ['kill', 'stall', 'unknown-committed', 'unknown-aborted', 'flush', 'nothing', 'wait'] as const;

describe('I9 the journal’s headers and the inputs', () => {
  it.each([1, 3])('give every output, reroute and state again, byte for byte, with %i shards', { timeout: SLOW }, async (shards) => {
    const troubles = fc.array(fc.tuple(fc.constantFrom(...TROUBLES), fc.integer({ min: 1, max: 30 })), { maxLength: 10 });
    await forAll(
      [
        acknowledged(arrivals(10, 300, 120), 10, 300),
        fc.integer({ min: 2, max: 20 }),
        fc.integer({ min: 0, max: 119 }),
        fc.boolean(),
        troubles,
      ],
      15,
      async (make, records, batchSize, upfront, cleaned, all) => {
        const test = make({ shards, batchSize, kpis: cleaned, limits: cleaned ? SMALL : KEPT });
        const recorder = recorderOf(test);
        const samples: Sample[] = [];
        const look = (): void => {
          for (let shard = 0; shard < shards; shard++) samples.push(sampleOf(test, shard));
        };
        const left = [...records];
        const feed = (count: number): void => {
          // every seventh to a partition that is not its customer's
          for (const [i, record] of left.splice(0, count).entries()) test.pipe(record, i % 7 === 3 ? i % shards : undefined);
        };
        feed(upfront);
        const poison = DEAD_LETTER_CASES.slice(0, 4).map(({ write }) => ({ topic: 'test.purchase', partition: 0, offset: write(test) }));
        test.pipe(purchase('bad', 'poison', records[0]?.record.occurredAt ?? 0), 0);
        poison.push({ topic: 'test.purchase', partition: 0, offset: test.kafka.log({ topic: 'test.purchase', partition: 0 }).end - 1 });
        const begin = (): Promise<unknown> => test.start({ ports: (ports) => refusingPoison(ports) });
        await begin();
        for (const [trouble, paces] of all) {
          await test.pace(paces);
          look();
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
          await test.pace(1);
          look();
        }
        feed(left.length);
        await idle(test);
        expect((test.outputs('deadLetters') as { reason: string }[]).filter(({ reason }) => reason === 'refused_by_broker')).toHaveLength(
          1,
        );
        recorder.stop();
        const { violations, compared } = await check(evidenceOf(test, recorder, { samples, poison, publishes: cleaned }));
        expect(violations).toEqual([]);
        expect(compared.records).toBeGreaterThan(records.length);
        expect(compared.outputs).toBeGreaterThan(0);
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

/** One atomic look at all that a shard holds. */
function sampleOf(test: TestDriver, shard: number): Sample {
  const image = imageOf(test.store, shard);
  return { shard, meta: image?.meta ?? null, states: image?.states ?? new Map(), at: test.clock.wall() };
}
