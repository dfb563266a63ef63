/**
 * A thread that weaves, then loads sources: for the weaver's tests. Posts what `applyStep` did on a store that counts.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { type Weaving, weave } from './weave.ts';

export interface Task {
  readonly weaving: Weaving;
  /** files to be loaded, from the root of the repository */
  readonly load: readonly string[];
}

export interface Done {
  /** the points passed while loading, and while a step of five customers was applied in chunks of two */
  readonly loading: readonly string[];
  readonly applying: readonly string[];
  /** customers of each chunk that the store was given */
  readonly chunks: readonly number[];
  /** chunks the store had when the first point was passed, and a turn of the event loop later, before the point came back */
  readonly before: readonly number[];
}

const { weaving, load }: Task = workerData;
weave(weaving);
const passed: string[] = [];
const chunks: number[] = [];
const before: number[] = [];
globalThis.crashPoint = async (name) => {
  passed.push(name);
  if (passed.length > 1) return;
  before.push(chunks.length);
  await new Promise((resolve) => setImmediate(resolve));
  before.push(chunks.length);
};
for (const file of load) await import(new URL(`../../${file}`, import.meta.url).href);
const loading = passed.splice(0);
const { applyFive } = await import('./five.ts');
await applyFive((size) => chunks.push(size));
parentPort?.postMessage({ loading, applying: passed, chunks, before } satisfies Done);
