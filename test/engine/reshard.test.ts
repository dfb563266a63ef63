/** From N to M shards in the middle of a history: what is told in the end is what one fold over all events says, as if nothing had been moved. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AlertRecord } from '../../src/codec/types.ts';
import type { TypedRecord } from '../../src/sources/index.ts';
import type { TestDriver } from '../../src/testing.ts';
import { agrees, forAll, NOW, SLOW, SMALL, until } from './support/drive.ts';
import { DAY, history, START } from './support/history.ts';
import { journalOf } from './support/journal.ts';
import { kpisAgree, published } from './support/kpis.ts';
import { move } from './support/reshard.ts';

type Make = (options?: ConstructorParameters<typeof TestDriver>[0], of?: TestDriver) => TestDriver;

interface Before {
  readonly records: readonly TypedRecord[];
  readonly shards: number;
  readonly partitions?: number;
  /** of the records that are taken, at least, 0–1 */
  readonly share: number;
  readonly kpis?: boolean;
  readonly start?: number;
}

/** An application that was stopped somewhere in a history. */
async function stopped(
  make: Make,
  { records, shards, partitions = shards, share, kpis = false, start = NOW }: Before,
): Promise<TestDriver> {
  const old = make({
    shards,
    partitions,
    batchSize: 5,
    kpis,
    start,
    keyedByCustomer: partitions % shards === 0,
    limits: { ...SMALL, stepRecords: 3 },
  });
  for (const record of records) old.pipe(record);
  await old.start();
  const taken = (): number => old.reports.reduce((sum, { records: some, fromReroute }) => sum + some - fromReroute, 0);
  await until(old, 'a part of the history', () => taken() >= share * records.length && journals(old).every(({ length }) => length > 0));
  await old.stop();
  return old;
}

const journals = (of: TestDriver) => Array.from({ length: of.settings.shards }, (_, shard) => journalOf(of, shard));

describe('a history, moved to another number of shards in the middle', () => {
  it.each([
    [4, 6],
    [6, 4],
    [1, 3],
    [3, 1],
    [2, 4],
    [3, 3],
  ])(
    'I3 I4 I10 gives the changes, profiles, states and totals of one fold over all events: from %i to %i',
    { timeout: SLOW },
    async (shards, target) => {
      const cut = fc.record({ share: fc.double({ min: 0, max: 0.95, noNaN: true }), partitions: fc.constantFrom(shards, target, 5) });
      await forAll([history(12, 500, 160), cut], 12, async (make, records, { share, partitions }) => {
        const old = await stopped(make, { records, shards, partitions, share });
        const moved = make({ application: 'moved', shards: target, keyedByCustomer: partitions % shards === 0 }, old);
        const { new: now, old: before, already } = await move(old, moved);
        expect(now).toEqual(before);
        expect(already).toBe(false);
        await moved.start();
        await agrees(moved, records);
        // An alert that was opened before and is closed afterwards keeps its id.
        const alerts = moved.outputs('alerts') as AlertRecord[];
        const ids = new Map(alerts.map((alert) => [[alert.customerId, alert.kind, alert.subject, alert.episode].join(), alert.alertId]));
        expect(new Set(alerts.map(({ alertId }) => alertId)).size).toBe(ids.size);
      });
    },
  );

  it('KPIs are told on as of no earlier instant, and are those of one fold in the end', { timeout: SLOW }, async () => {
    // The clock stands so soon after the history that no day has been folded yet.
    const start = START + 310 * DAY;
    await forAll([history(12, 300, 120), fc.constantFrom(0.3, 0.8)], 3, async (make, records, share) => {
      const old = await stopped(make, { records, shards: 3, share, kpis: true, start });
      const moved = make({ application: 'moved', shards: 2, kpis: true, keyedByCustomer: true }, old);
      await move(old, moved);
      await moved.start();
      await kpisAgree(moved, records);
    });
  });

  it('KPIs of an application that has caught up and has folded days', { timeout: SLOW }, async () => {
    await forAll([history(12, 500, 160)], 2, async (make, records) => {
      const old = make({ shards: 3, kpis: true });
      for (const record of records) old.pipe(record);
      await old.start();
      await published(old);
      await old.stop();
      const moved = make({ application: 'moved', shards: 2, kpis: true }, old);
      expect((await move(old, moved)).behind).toEqual([]);
      await moved.start();
      await kpisAgree(moved, records);
      expect(moved.kafka.records(moved.settings.topics.kpis, 1)).toEqual([]);
    });
  });
});
