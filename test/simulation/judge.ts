/** Runs plans and judges what they left behind; what went wrong is told with all that is needed to see it again. */
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Checked, check } from '../checker/check.ts';
import { nothingCompared } from '../checker/run.ts';
import type { Plan } from './plan.ts';
import { type Run, simulate } from './simulation.ts';

/** last lines of a history that are told; a file has all */
const TOLD = 300;

export interface Tally {
  runs: number;
  /** by name: kills, freezes, troubles, and messages that were lost or late */
  readonly befell: Map<string, number>;
  /** what the checker has compared, summed */
  readonly compared: Record<keyof Checked['compared'], number>;
  awaits: number;
}

export const newTally = (): Tally => ({
  runs: 0,
  befell: new Map(),
  compared: nothingCompared(),
  awaits: 0,
});

/** A run, and all that is wrong with it. */
export interface Attempt {
  /** null: it broke */
  readonly run: Run | null;
  readonly compared: Checked['compared'];
  /** what the checker objects to, and what the run has thrown or left unhandled */
  readonly faults: readonly string[];
}

/** @param history gets all that happens, a line each */
export async function attempt(plan: Plan, history: string[] | null = null): Promise<Attempt> {
  const faults: string[] = [];
  const fault = (what: string, error: unknown): unknown => faults.push(`${what}: ${error instanceof Error ? error.stack : String(error)}`);
  const stray = (error: unknown): unknown => fault('nobody handles', error);
  process.on('unhandledRejection', stray);
  try {
    const run = await simulate(plan, history);
    const { violations, compared } = await check(run.evidence);
    faults.push(...violations.map(({ check: name, where, what }) => `${name}  ${where}: ${what}`));
    return { run, compared, faults };
  } catch (error) {
    fault('the run broke', error);
    return { run: null, compared: nothingCompared(), faults };
  } finally {
    process.off('unhandledRejection', stray);
  }
}

/** Throws an error that tells what is wrong with the run, what befell it, how it went on and how to see it again. */
export async function judge(plan: Plan, tally: Tally): Promise<Run> {
  const { run, compared, faults } = await attempt(plan);
  if (run === null || faults.length > 0) throw new Error(await told(plan, { run, compared, faults }));
  tally.runs += 1;
  tally.awaits += run.awaits;
  for (const name of Object.keys(tally.compared) as (keyof Tally['compared'])[]) tally.compared[name] += compared[name];
  const befell = (what: string, times: number): unknown => tally.befell.set(what, (tally.befell.get(what) ?? 0) + times);
  for (const line of run.story) befell(line.replace(/^.* ms {2}/, '').replace(/worker \d+ is (\w+).*/, 'a worker is $1'), 1);
  for (const [how, times] of run.suffered) befell(how, times);
  return run;
}

/** Runs it once more, for its history. */
async function told(plan: Plan, { run, faults }: Attempt): Promise<string> {
  const history: string[] = [];
  const again = await attempt(plan, history);
  const file = join(tmpdir(), `rapport-simulation-${process.pid}-${plan.seed}.txt`);
  writeFileSync(file, `${history.join('\n')}\n`);
  const same = again.run?.fingerprint === run?.fingerprint;
  return [
    '',
    ...faults,
    ...(same ? [] : ['A second run of it is another: something in it is not drawn from its seed.']),
    '',
    ...(run?.story ?? []),
    '',
    ...history.slice(-TOLD),
    '',
    `The whole history: ${file}`,
    `The same run again: npm run simulation -- ${plan.again}`,
    '',
  ].join('\n');
}
