/** D2: a fold that takes each redelivery for a new event is shared by engine and replay, so V2 cannot see it. V8, which finds redeliveries by itself, does. */
import { expect, it, vi } from 'vitest';
import type { Hash } from '../../src/domain/ids.ts';
import type { TakenItem } from '../../src/engine/merge.ts';
import { check } from './check.ts';
import { exampleRun } from './example.ts';

vi.mock('../../src/engine/fold.ts', async (original) => {
  const fold = await original<typeof import('../../src/engine/fold.ts')>();
  /** The event's id is that of its place. */
  const renamed = (taken: TakenItem): TakenItem => {
    const { item } = taken;
    if (item.decoded.outcome !== 'event') return taken;
    const id = (item.origin.offset * 1_000 + item.origin.partition * 10 + item.decoded.event.type.length) as Hash;
    return { ...taken, item: { ...item, decoded: { ...item.decoded, event: { ...item.decoded.event, id } } } };
  };
  const foldStep: typeof fold.foldStep = (batch, ...rest) => fold.foldStep({ ...batch, items: batch.items.map(renamed) }, ...rest);
  return { ...fold, foldStep };
});

it('D2 V8 sees that redeliveries are folded, where the replay has the same fault', { timeout: 60_000 }, async () => {
  const { violations } = await check(await exampleRun());
  expect(violations.length).toBeGreaterThan(0);
  expect([...new Set(violations.map((violation) => violation.check))]).toEqual(['V8']);
});
