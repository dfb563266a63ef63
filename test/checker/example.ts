/** A run in which much happens, as evidence, for the tests of the checker: a world of two shards with crashes, rollbacks, the cleaner, reroutes, poison and KPIs. */
import { shardOf } from '../../src/codec/murmur2.ts';
import { isReserved } from '../../src/codec/totals.ts';
import type { CustomerId } from '../../src/domain/ids.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import { LIMITS } from '../../src/engine/engine.ts';
import type { Stored } from '../../src/engine/ports.ts';
import type { TypedRecord } from '../../src/sources/index.ts';
import { TestDriver } from '../../src/testing.ts';
import type { Evidence, Sample } from './evidence.ts';
import { evidenceOf, imageOf, recorderOf } from './from-driver.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 1);
export const CANARY = 'the teapot was Purple-Grey';
const SHARDS = 2;

const policy: Policy = { ...presets.retail, alerts: { ...presets.retail.alerts, portfolio: { share: 0.05, customers: 1 } } };

/** Small bounds: many steps, and a journal that is cleaned. */
const limits = {
  stepRecords: 9,
  inboxRecords: 25,
  cacheBytes: 2_000,
  chunk: 3,
  journalPart: 4_000,
  journalLeast: 3_000,
  journalFactor: 1,
  stepTimers: 4,
};

/** The i-th event: purchases of some customers, and support that comes with words. */
function eventOf(i: number, customers: number, occurredAt: number): TypedRecord {
  const base = { eventId: `e${i}`, customerId: `c${i % customers}`, occurredAt };
  if (i % 11 === 5) {
    const comment = `Terrible, ${CANARY}!`;
    const more = { ticketId: `t${i}`, channel: 'EMAIL', priority: 'HIGH', satisfaction: null, comment, costMinor: null };
    return { type: 'support', record: { ...base, status: 'OPENED', ...more } };
  }
  const money = { amountMinor: 1_000 + i, currency: 'USD', discountMinor: 0, costMinor: null };
  const how = { items: 1, channel: 'WEB', recurring: false, recommended: false, campaignId: null, orderedAt: null };
  return { type: 'purchase', record: { ...base, orderId: `o${i}`, kind: 'PURCHASE', ...money, ...how } };
}

/** A history in order of time in which one customer after the other buys no more. */
const history = (count: number): TypedRecord[] =>
  Array.from({ length: count }, (_, i) =>
    eventOf(i, 12 - Math.floor((8 * i) / count), NOW - 400 * DAY + Math.floor((i * 390 * DAY) / count)),
  );

const TROUBLES = ['flush', 'unknown-committed', 'unknown-aborted', 'roll back', 'kill', 'unknown-open'] as const;

/** All customers, and of the totals the first three. */
const someOf = (states: ReadonlyMap<CustomerId, Stored> = new Map()): Map<CustomerId, Stored> =>
  new Map([...[...states].filter(([key]) => isReserved(key)).slice(0, 3), ...[...states].filter(([key]) => !isReserved(key))]);

/** @param count events of the history before what is live */
export async function exampleRun(count = 60): Promise<Evidence> {
  const test = new TestDriver({ start: NOW, shards: SHARDS, limits, kpis: true, policy, batchSize: 12 });
  const recorder = recorderOf(test);
  const samples: Sample[] = [];
  const look = (): void => {
    for (let shard = 0; shard < SHARDS; shard++) {
      const image = imageOf(test.store, shard);
      samples.push({ shard, meta: image?.meta ?? null, states: someOf(image?.states), at: test.clock.wall() });
    }
  };
  const poison = [0, 1].map((partition) => ({
    topic: 'test.purchase',
    partition,
    offset: test.kafka.append('test.purchase', partition, { key: null, value: `${CANARY} is not Avro` }),
  }));
  let piped = 0;
  /** Some twice, some to a partition that is not their customer's. */
  const pipe = (record: TypedRecord): void => {
    const foreign = 1 - shardOf(record.record.customerId as CustomerId, SHARDS);
    for (let times = piped % 13 === 0 ? 2 : 1; times > 0; times--) test.pipe(record, piped % 7 === 3 ? foreign : undefined);
    piped += 1;
  };
  const live = (): void => {
    for (let i = 0; i < 9; i++) pipe(eventOf(piped, 12, test.clock.wall()));
  };
  /** Lets turns and time pass, with a look at each, until a condition holds. */
  const until = async (holds: () => boolean): Promise<void> => {
    for (let pace = 0; !holds(); pace++) {
      if (pace === 2_000) throw new Error('the example did not come to its end');
      for (const { ended } of test.workers) await Promise.race([ended, Promise.resolve()]);
      await test.pace(3);
      if (pace % 4 === 0) look();
    }
  };
  for (const record of history(count)) pipe(record);
  try {
    await test.start();
    const snapshot = test.store.snapshot();
    for (const trouble of TROUBLES) {
      const before = test.reports.length;
      live();
      await until(() => test.reports.length > before + 1);
      const [worker] = test.workers;
      if (trouble === 'kill') {
        worker?.kill();
        test.kafka.group('test').expire();
        await test.start();
      } else if (trouble === 'flush') test.store.flush();
      else if (trouble === 'roll back') test.store.restore(snapshot);
      else if (worker !== undefined) worker.sinks.faults.nextCommit = trouble;
      await until(() => test.settled());
    }
    live();
    await until(() => test.settled());
    await test.advance(10_000);
    await until(
      () => test.settled() && [...test.workers].every(({ worker }) => [...worker.shards.values()].every(({ steps }) => steps?.caughtUp)),
    );
  } finally {
    recorder.stop();
    await test.stop();
  }
  return evidenceOf(test, recorder, {
    limits: { foldedCells: LIMITS.foldedCells, future: LIMITS.future },
    publishes: true,
    samples,
    poison,
    canaries: [CANARY.toLowerCase()],
    words: [{ where: 'a worker’s log', text: 'shard 0: taken over' }],
    ends: [{ worker: 'w1', code: 1, said: 'the number of shards is fixed', expected: /number of shards/ }],
    clockSlackMs: 1,
    endSlackMs: 1,
    drainedAfterMs: 1_200,
  });
}
