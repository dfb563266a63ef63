/**
 * CPU time and allocation of a function, per event. CPU is the main thread's own (`process.threadCpuUsage`), so what else runs on the machine, the
 * compiler's and the collector's helpers do not count; the collector's pauses do. Boundary: what is run is the stages'.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Something to measure: each call of `ready` makes the input anew, unmeasured, and returns what is measured. */
export type Ready = () => () => unknown;

export interface Cost {
  /** µs an event: the median of the rounds, the least and the most */
  readonly micros: number;
  readonly least: number;
  readonly most: number;
  /** bytes an event, on the heap and beside it */
  readonly bytes: number;
}

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

function allocated(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** ms that a round takes at least: the system counts a thread's time in ticks of some milliseconds */
const ROUND_MS = 60;
const MOST_RUNS = 100;

/** CPU of so many runs, one behind the other, in µs. */
async function timed(ready: Ready, runs: number): Promise<number> {
  const prepared = Array.from({ length: runs }, () => ready());
  collect();
  const began = process.threadCpuUsage();
  for (const run of prepared) await run();
  const { user, system } = process.threadCpuUsage(began);
  return user + system;
}

/** A run in which the collector took part shows fewer bytes than were made. */
async function bytesOf(ready: Ready): Promise<number> {
  const run = ready();
  collect();
  // what stood beside the heap is given back a little later
  await turn();
  collect();
  const before = allocated();
  const kept = await run();
  return kept === null ? 0 : allocated() - before;
}

/** The first rounds warm up, and say how many runs a round has. */
export async function measure(ready: Ready, events: number, rounds: number): Promise<Cost> {
  let runs = 1;
  for (let i = 0; i < 4; i++) {
    const micros = Math.max(1, (await timed(ready, runs)) / runs);
    runs = Math.min(MOST_RUNS, Math.max(1, Math.ceil((ROUND_MS * 1_000) / micros)));
  }
  const micros: number[] = [];
  const bytes: number[] = [0];
  for (let i = 0; i < rounds; i++) {
    micros.push((await timed(ready, runs)) / runs / events);
    bytes.push((await bytesOf(ready)) / events);
  }
  return { micros: middle(micros), least: Math.min(...micros), most: Math.max(...micros), bytes: Math.max(...bytes) };
}
