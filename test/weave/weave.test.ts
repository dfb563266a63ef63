/**
 * The weaver: crash points and patches reach the sources as they are loaded, in threads and processes that ask for it and nowhere else.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { FIRED } from './crash.ts';
import { applyFive } from './five.ts';
import { type Settings, woveBy } from './settings.ts';
import type { Done, Task } from './thread.ts';
import { crashPointsIn, type Patch, weave, woven } from './weave.ts';

const TAIL = 'src/engine/tail.ts';
const ONE_BY_ONE: Patch = {
  name: 'chunks of one',
  file: TAIL,
  find: 'for (let from = 0; ; from += limits.chunk) {',
  replace: 'for (let from = 0; ; from += limits.chunk) {\n    limits = { chunk: 1 };',
};
const POINTS = crashPointsIn('src');

function inThread(task: Task): Promise<Done> {
  const worker = new Worker(new URL('./thread.ts', import.meta.url), { workerData: task, execArgv: [] });
  return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
}

/** Runs applyFive in a process of its own; resolves with its exit code or signal, and what it said. */
function inProcess(
  settings: Partial<Settings>,
  env = woveBy(settings),
): Promise<{ readonly code: number | string; readonly said: string }> {
  const five = new URL('./five.ts', import.meta.url).href;
  const script = `const { applyFive } = await import('${five}'); await applyFive((size) => console.log('chunk', size)); console.log('now', Date.now());`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env: { ...process.env, ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (said += bytes.toString()));
  return new Promise((resolve) => child.on('close', (code, signal) => resolve({ code: code ?? signal ?? 'unknown', said })));
}

test('every crash point has a name of its own, and no line that means to be one is spelled otherwise', () => {
  expect(POINTS.length).toBeGreaterThan(20);
  expect(new Set(POINTS.map(({ name }) => name)).size).toBe(POINTS.length);
  for (const file of new Set(POINTS.map((point) => point.file))) {
    const lines = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').split('\n');
    const meant = lines.flatMap((line, i) => (/crash.?point/i.test(line) ? [i + 1] : []));
    expect(POINTS.filter((point) => point.file === file).map(({ line }) => line)).toEqual(meant);
  }
});

test('every crash point stands in an async function: all marked files load woven, and none is passed by loading', async () => {
  const load = [...new Set(POINTS.map(({ file }) => file))];
  expect((await inThread({ weaving: { crashPoints: true }, load })).loading).toEqual([]);
  // It would be seen: outside an async function the woven line is no JavaScript.
  const sync = { name: 'not async', file: TAIL, find: 'export async function applyStep(', replace: 'export function applyStep(' };
  await expect(inThread({ weaving: { crashPoints: true, patches: [sync] }, load })).rejects.toThrow(/await|reserved/);
});

test('a woven source awaits its crash points: what follows one happens when it has come back', async () => {
  const { applying, chunks, before } = await inThread({ weaving: { crashPoints: true }, load: [] });
  expect(applying).toEqual(['step-applied-chunk', 'step-applied-chunk']);
  expect(chunks).toEqual([2, 2, 1]);
  expect(before).toEqual([1, 1]);
});

test('a thread that is patched has another engine than the thread that started it', async () => {
  const { chunks, applying } = await inThread({ weaving: { patches: [ONE_BY_ONE] }, load: [] });
  expect(chunks).toEqual([1, 1, 1, 1, 1]);
  expect(applying).toEqual([]);
  const here: number[] = [];
  await applyFive((size) => here.push(size));
  expect(here).toEqual([2, 2, 1]);
});

test('without weaving no crash point is called', async () => {
  const passed: string[] = [];
  globalThis.crashPoint = async (name) => void passed.push(name);
  await applyFive(() => undefined);
  expect(passed).toEqual([]);
  expect((await inThread({ weaving: {}, load: [] })).applying).toEqual([]);
});

test.each([
  ['nowhere', 'there is no such text'],
  ['more than once', 'store'],
])('a patch whose text stands %s is refused before anything is loaded, by its name and file', (_, find) => {
  const patch = { name: 'the wrong one', file: TAIL, find, replace: '' };
  expect(() => weave({ patches: [patch] })).toThrow(/"the wrong one".* times in src\/engine\/tail\.ts/);
  expect(() => woven('src/other.ts', 'text', { patches: [patch] })).not.toThrow();
});

test('a process that is told so dies at the passage of the point that it was told', async () => {
  const { code, said } = await inProcess({ crash: { point: 'step-applied-chunk', passage: 2, fault: 'kill' } });
  expect(code).toBe('SIGKILL');
  expect(said.match(/chunk 2/g)).toHaveLength(2);
  const line: unknown = JSON.parse(said.split('\n').find((each) => each.startsWith('{')) ?? '');
  expect(line).toMatchObject({ msg: FIRED, point: 'step-applied-chunk', passage: 2, fault: 'kill' });
});

test('a process that is told so throws at the point, and at no later one', async () => {
  const { code, said } = await inProcess({ crash: { point: 'step-applied-chunk', passage: 1, fault: 'throw' } });
  expect(code).toBe(1);
  expect(said).toContain('Error: crash point step-applied-chunk');
});

test('limits, patches and a shifted clock reach a process; a limit that is none is refused', async () => {
  const { code, said } = await inProcess({ patches: [ONE_BY_ONE], clockShiftMs: 3_600_000, limits: { chunk: 7 } });
  expect(code).toBe(0);
  expect(said.match(/chunk 1/g)).toHaveLength(5);
  expect(Number(/now (\d+)/.exec(said)?.[1]) - Date.now()).toBeGreaterThan(3_500_000);
  const wrong = await inProcess({}, { ...woveBy({}), WEAVE_LIMITS: '{"chunks":7}' });
  expect(wrong.code).toBe(1);
  expect(wrong.said).toContain('there are no limits chunks');
});
