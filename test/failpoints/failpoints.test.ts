/**
 * A worker dies, throws or is frozen at each of the crash points of takeover, step, transaction and cleaner (I1–I8, I11, I12), on the real stack: another one takes over and the checker finds
 * nothing. Here each point once, fault and kind of Redis by turns; all combinations by `npm run chaos -- --failpoints all`.
 */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startFolder } from '../../src/stack/folder.ts';
import { startRedis } from '../../src/stack/redis.ts';
import { crashPointsIn } from '../weave/weave.ts';
import { allCases, type Case, eachOnce, FAULTS, KINDS, POINTS } from './cases.ts';
import { faultOf } from './run.ts';
import { type Ground, runFailpoint } from './scenario.ts';
import { keepSchemas } from './schemas.ts';

const SEED = 1;
const started: { stop(): Promise<void> }[] = [];
let ground: Ground;

beforeAll(async () => {
  const cluster = await startRedis({ mode: 'cluster', log: () => undefined });
  const folder = await startFolder('failpoints');
  started.push(cluster, folder, await keepSchemas(inject('registry')));
  const single = { kafka: inject('kafka'), redis: inject('redis'), registry: inject('registry') };
  ground = { servers: { single, cluster: { ...single, redis: cluster.value.url } }, folder: folder.value };
});
afterAll(() => Promise.all(started.map((resource) => resource.stop())));

const pair = ({ fault, kind }: Case): string => `${fault}, ${kind}`;

test('the cases are of all crash points there are; each fault meets each kind of Redis about equally often', () => {
  expect([...POINTS].sort()).toEqual(
    crashPointsIn('src')
      .map(({ name }) => name)
      .sort(),
  );
  expect(allCases(SEED)).toHaveLength(POINTS.length * FAULTS.length * KINDS.length);
  const cases = eachOnce(SEED);
  expect(cases.map(({ point }) => point)).toEqual(POINTS);
  const counts = [...Map.groupBy(cases, pair).values()].map(({ length }) => length);
  expect(counts).toHaveLength(FAULTS.length * KINDS.length);
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
});

describe.concurrent('at the crash point', () => {
  test.each(eachOnce(SEED))('$name', { timeout: 150_000 }, async (one) => {
    // Which says too when there was nothing to compare.
    expect(faultOf(await runFailpoint(one, ground, SEED))).toBeNull();
  });
});
