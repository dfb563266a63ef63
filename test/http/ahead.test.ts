/** What is said of a customer's future is what comes: the engine's own clock goes on, and the change is there at the very instant. */
import { expect, test } from 'vitest';
import { shardOf } from '../../src/codec/murmur2.ts';
import type { SegmentChangeRecord } from '../../src/codec/types.ts';
import type { CustomerId } from '../../src/domain/ids.ts';
import { presets } from '../../src/domain/presets.ts';
import { changesWhen, inSilence, keptUntil } from '../../src/http/ahead.ts';
import { driver, leap, NOW, SLOW, until, watermarkOf } from '../engine/support/drive.ts';
import { DAY, purchase } from '../engine/support/history.ts';
import { MemoryFeed, partitionsOf, SHARDS, sourcesOf } from './support/said.ts';

const anna = 'anna' as CustomerId;

test('the change that silence will bring comes at the instant and to the group that were told', { timeout: SLOW }, async () => {
  const policy = presets.retail;
  const of = driver({ policy, shards: SHARDS });
  for (let i = 0; i < 8; i++) of.pipe(purchase(`e-${i}`, anna, NOW - ((7 - i) * 20 + 1) * DAY, { amountMinor: 30_000 }));
  await of.start();
  await of.settle();
  const told = await sourcesOf(of, new MemoryFeed(partitionsOf(of))).customer(anna);
  if (told === null) throw new Error('anna is not known');
  const before = structuredClone(told.state);
  const change = inSilence(told.state, policy);
  expect(told.state).toEqual(before);
  if (change === null) throw new Error('nothing is told');
  expect(change.at).toBeGreaterThan(NOW);
  expect(changesWhen(told.shown, policy).map(({ to }) => to)).toContain(change.to);

  const changes = (): SegmentChangeRecord[] => of.outputs('segmentChanges') as SegmentChangeRecord[];
  const known = changes().length;
  await leap(of, change.at, 10_000);
  await of.start();
  await of.settle();
  await until(of, 'the clock of silence to come near', () => watermarkOf(of, shardOf(anna, SHARDS)) > change.at - 1_000);
  expect(changes()).toHaveLength(known);
  await until(of, 'the change', () => changes().length > known);
  expect(changes().at(-1)).toMatchObject({ customerId: anna, at: change.at, to: change.to, cause: 'silence' });
});

test('a group that has just been entered is kept for the policy’s days', async () => {
  const policy = { ...presets.retail, loyalty: { ...presets.retail.loyalty, dwellDays: 14 } };
  const shown = { group: 'LOYALIST', groupSince: 1_000 * DAY, asOf: 1_003 * DAY } as Parameters<typeof keptUntil>[0];
  expect(keptUntil(shown, policy)).toBe(1_014 * DAY);
  expect(keptUntil({ ...shown, asOf: 1_014 * DAY }, policy)).toBeNull();
  expect(keptUntil({ ...shown, group: 'NEW' }, policy)).toBeNull();
});
