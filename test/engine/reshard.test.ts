/** From N to M shards in the middle of a history: what is told in the end is what one fold over all events says, as if nothing had been moved. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TypedRecord } from '../../src/sources/index.ts';
import type { TestDriver } from '../../src/testing.ts';
import { agrees, forAll, SLOW } from './support/drive.ts';
import { history } from './support/history.ts';
import { journalOf } from './support/journal.ts';
import { kpisAgree } from './support/kpis.ts';
import { move } from './support/reshard.ts';

type Make = (options?: ConstructorParameters<typeof TestDriver>[0], of?: TestDriver) => TestDriver;

interface Before {
  readonly records: readonly TypedRecord[];
  readonly shards: number;
  readonly partitions?: number;
  readonly paces: number;
  readonly kpis?: boolean;
}

/** An application that was stopped somewhere in a history. */
async function stopped(make: Make, { records, shards, partitions = shards, paces, kpis = false }: Before): Promise<TestDriver> {
  const old = make({ shards, partitions, batchSize: 20, kpis, keyedByCustomer: partitions % shards === 0 });
  for (const record of records) old.pipe(record);
  await old.start();
  // Each shard has claimed once; how far they have come is chance.
  for (let pace = 0; pace < paces || old.workers.size === 0; pace++) await old.pace(1);
  while (journals(old).some((journal) => journal.length === 0)) await old.pace(1);
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
      const cut = fc.record({ paces: fc.nat(120), partitions: fc.constantFrom(shards, target, 5) });
      await forAll([history(12, 500, 160), cut], 5, async (make, records, { paces, partitions }) => {
        const old = await stopped(make, { records, shards, partitions, paces });
        const moved = make({ application: 'moved', shards: target, keyedByCustomer: partitions % shards === 0 }, old);
        const { new: now, old: before, already } = await move(old, moved);
        expect(now).toEqual(before);
        expect(already).toBe(false);
        await moved.start();
        await agrees(moved, records);
      });
    },
  );

  it('KPIs', { timeout: SLOW }, async () => {
    await forAll([history(12, 300, 120), fc.nat(200)], 3, async (make, records, paces) => {
      const old = await stopped(make, { records, shards: 3, paces, kpis: true });
      const moved = make({ application: 'moved', shards: 2, kpis: true }, old);
      await move(old, moved);
      await moved.start();
      await kpisAgree(moved, records);
    });
  });
});
