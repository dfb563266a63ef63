/** The checker is checked: each mutant of the engine is caught, by name. */
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import type { MutantDone, MutantTask } from './mutant-thread.ts';
import { MUTANTS } from './mutants.ts';

/** runs that a mutant may survive */
const MOST = 1_500;
const seeds = Array.from({ length: MOST }, (_, i) => i + 1);

const tried = (name: string): Promise<MutantDone> =>
  new Promise((resolve, reject) => {
    const task: MutantTask = { name, seeds };
    const thread = new Worker(new URL('./mutant-thread.ts', import.meta.url), { workerData: task });
    thread.on('message', resolve);
    thread.on('error', reject);
  });

it.each(MUTANTS.map(({ name }) => name))('%s is caught', { timeout: 240_000 }, async (name) => {
  const { runs, violations } = await tried(name);
  expect(runs, `not in ${MOST} runs`).not.toBeNull();
  expect(violations.length).toBeGreaterThan(0);
});
