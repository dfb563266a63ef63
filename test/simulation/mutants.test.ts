/** The checker is checked: each mutant of the engine is caught, by the checks that it names. */
import { fork } from 'node:child_process';
import { expect, it } from 'vitest';
import type { MutantDone, MutantTask } from './mutant-process.ts';
import { MUTANTS } from './mutants.ts';

/** runs that a mutant may survive */
const MOST = 1_500;
const seeds = Array.from({ length: MOST }, (_, i) => i + 1);

const tried = (name: string): Promise<MutantDone> =>
  new Promise((resolve, reject) => {
    const task: MutantTask = { name, seeds };
    const child = fork(new URL('./mutant-process.ts', import.meta.url), [JSON.stringify(task)], { execArgv: [] });
    child.on('message', (done: MutantDone) => resolve(done));
    child.on('error', reject);
    child.on('exit', (code, signal) => reject(new Error(`the mutant's process ended with ${signal ?? code}`)));
  });

it.each(MUTANTS.map(({ name, by }) => ({ name, by })))('$name is caught by one of $by', { timeout: 240_000 }, async ({ name, by }) => {
  const { runs, violations, steps, found } = await tried(name);
  expect(runs, `not in ${MOST} runs; other checks: ${JSON.stringify(found)}`).not.toBeNull();
  expect(violations.length).toBeGreaterThan(0);
  for (const { check } of violations) expect(by).toContain(check);
  // An engine that commits nothing is not caught, it is broken.
  expect(steps).toBeGreaterThan(0);
});
