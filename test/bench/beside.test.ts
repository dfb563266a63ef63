/**
 * The bench does what its name says, small: every peer runs over one history, and Kafka Streams says the same as rapport, so that the figures are of one job. What a figure is
 * on so short a history is not looked at. Takes servers of its own, as `npm run bench` does.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { streams } from '../../bench/peers/streams.ts';
import { PRESETS } from '../../src/domain/policy.ts';
import { runTool } from '../../src/stack/tool.ts';
import { missingMaven } from '../support/missing.ts';

const ROOT = join(import.meta.dirname, '../..');
const PEER = join(ROOT, 'bench/peers/kafka-streams');
const folder = mkdtempSync(join(tmpdir(), 'rapport-bench-'));
const node = (...args: string[]): Promise<string> => runTool([process.execPath, ...args], { cwd: ROOT });

let without: string | null = null;
beforeAll(async () => {
  without = await missingMaven('Kafka Streams beside rapport');
  if (without === null) await streams({ name: 'streams1', threads: 1, commitIntervalMs: 100 }).prepare?.();
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const javaIsHere = (skip: (why: string) => void): void => void (without !== null && skip(without));

test.for(PRESETS)('the fold in Java says byte for byte what ours says: %s', { timeout: 120_000 }, async (preset, { skip }) => {
  javaIsHere(skip);
  const file = join(folder, preset);
  await node(join(PEER, 'golden.ts'), file, preset, '300', '15000');
  const said = await runTool(['java', '-cp', `${PEER}/target/kafka-streams-peer.jar:${PEER}/target/libs/*`, 'rapport.bench.Golden', file]);
  expect(said).toMatch(/^15\d{3} records agree/m);
  expect(Number(/^(\d+) outputs/m.exec(said)?.[1])).toBeGreaterThan(1_000);
});

test('all peers run over the same history, and the outputs of Kafka Streams are rapport’s', { timeout: 240_000 }, async ({ skip }) => {
  javaIsHere(skip);
  const sizes = ['--events', '10000', '--customers', '500', '--partitions', '2', '--rounds', '1'];
  const said = await node('bench/main.ts', '--peer', 'all', '--json', ...sizes);
  const { ratios, runs, comparisons, faults } = JSON.parse(said.slice(said.indexOf('\n{') + 1));
  expect(faults).toEqual([]);
  expect(runs.map(({ peer, events }: { peer: string; events: number }) => [peer, events])).toEqual(
    ['rapport', 'streams1', 'streams2', 'naive'].map((peer) => [peer, 10_000]),
  );
  expect(comparisons.map(({ peer, differences }: { peer: string; differences: number }) => [peer, differences])).toEqual([
    ['streams1', 0],
    ['streams2', 0],
  ]);
  for (const { outputs } of comparisons)
    for (const kind of ['changes', 'alerts', 'profiles', 'kpis']) expect(outputs[kind], kind).toBeGreaterThan(20);
  for (const name of ['streams1.throughput', 'streams1.cpu', 'streams2.throughput', 'naive.throughput', 'naive.cpu'])
    expect(ratios[name], name).toBeGreaterThan(0);
});
