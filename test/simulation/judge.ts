/** Runs plans and judges what they left behind; what went wrong is told with all that is needed to see it again. */
import { type Checked, check } from '../checker/check.ts';
import type { Violation } from '../checker/evidence.ts';
import type { Plan } from './plan.ts';
import { type Run, simulate } from './simulation.ts';

export interface Tally {
  runs: number;
  /** by name: kills, freezes and troubles */
  readonly befell: Map<string, number>;
  /** what the checker has compared, summed */
  readonly compared: Record<keyof Checked['compared'], number>;
  awaits: number;
}

export const newTally = (): Tally => ({
  runs: 0,
  befell: new Map(),
  compared: { customers: 0, skipped: 0, steps: 0, records: 0, outputs: 0, samples: 0 },
  awaits: 0,
});

/** Throws an error that tells the story when the checker objects. */
export async function judge(plan: Plan, tally: Tally): Promise<Run> {
  const run = await simulate(plan);
  const { violations, compared } = await check(run.evidence);
  tally.runs += 1;
  tally.awaits += run.awaits;
  for (const name of Object.keys(tally.compared) as (keyof Tally['compared'])[]) tally.compared[name] += compared[name];
  for (const line of run.story) {
    const what = line.replace(/^.* ms {2}/, '').replace(/worker \d+ is (\w+).*/, 'a worker is $1');
    tally.befell.set(what, (tally.befell.get(what) ?? 0) + 1);
  }
  if (violations.length > 0) throw new Error(told(plan, run, violations));
  return run;
}

export function told(plan: Plan, { story }: Run, violations: readonly Violation[]): string {
  const { seed, stopAt, cleaned } = plan;
  const again =
    stopAt === null ? `--seed ${seed}` : `--seed ${seed} --stop ${stopAt.index} --how ${stopAt.how}${cleaned ? ' --cleaned' : ''}`;
  const found = violations.map(({ check: name, where, what }) => `${name}  ${where}: ${what}`);
  return `\n${found.join('\n')}\n\n${story.join('\n')}\n\nThe whole history: npm run simulation -- ${again}\n`;
}
