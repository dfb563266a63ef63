/** The checker is checked: each mutant of the engine is caught, by the checks that it names, in a run through which the engine as it is comes unharmed. */
import { fork } from 'node:child_process';
import { expect, it } from 'vitest';
import { judge, newTally } from './judge.ts';
import type { MutantDone, MutantTask } from './mutant-process.ts';
import { MUTANTS, planFor } from './mutants.ts';

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

it.each(MUTANTS.map((mutant) => ({ mutant, ...mutant })))(
  '$name is caught by one of $by',
  { timeout: 240_000 },
  async ({ mutant, name }) => {
    const { seed, steps, found } = await tried(name);
    if (seed === null) throw new Error(`not in ${MOST} runs; other checks: ${JSON.stringify(found)}`);
    // An engine that commits nothing is not caught, it is broken.
    expect(steps).toBeGreaterThan(0);
    const tally = newTally();
    await judge(planFor(mutant, seed), tally);
    expect(tally.compared.steps).toBeGreaterThan(0);
  },
);
