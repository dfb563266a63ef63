/** What a run of chaos shows: a line for each, and when something is wrong its whole history. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunResult } from './run.ts';
import { TROUBLE_NAMES } from './troubles.ts';

const LAST_LINES = 25;
const MOST_SHOWN = 600;

export const failed = ({ violations, inconclusive }: RunResult): boolean => violations.length > 0 || inconclusive !== null;

export function lineOf(result: RunResult): string {
  const { seed, cleaner, troubles, steps, deleted, records, samples, drainedAfterMs, peaceMs, compared, violations, inconclusive } = result;
  const hurt = Object.entries(troubles).map(([name, times]) => (times === 1 ? name : `${times} × ${name}`));
  const judged = inconclusive !== null ? 'INCONCLUSIVE' : violations.length === 0 ? 'right' : `${violations.length} VIOLATIONS`;
  const drained = drainedAfterMs === null ? 'not drained' : `drained after ${drainedAfterMs} ms`;
  const peace = peaceMs === null ? '' : `, then ${peaceMs} ms of peace`;
  return `seed ${seed}: ${judged}; cleaner ${cleaner ? 'on' : 'off'}; ${steps} steps (${deleted} deleted), ${records} records, ${samples} samples, ${drained}${peace}; ${comparedOf(compared)}; ${hurt.join(', ') || 'no trouble'}`;
}

/** What the checker had to compare. */
export function comparedOf(compared: RunResult['compared']): string {
  if (compared === null) return 'nothing compared';
  const { steps, records, outputs, samples, customers, skipped } = compared;
  return `compared ${steps} steps, ${records} records, ${outputs} outputs, ${samples} sampled states, ${customers} customers (${skipped} left out)`;
}

/** The line at the end of several runs. */
export function missingLine(results: readonly RunResult[]): string {
  const missing = missingOf(results);
  return `${results.length} runs: ${missing.length === 0 ? 'every trouble befell' : `never befell: ${missing.join(', ')}`}`;
}

/** The troubles that never befell, or always in vain. */
export function missingOf(results: readonly Pick<RunResult, 'troubles'>[]): string[] {
  return TROUBLE_NAMES.filter((name) => results.every(({ troubles }) => troubles[name] === undefined));
}

/** The violations, what happened when, and how each worker's log ends. */
export function summaryOf(result: RunResult): string {
  const violations = result.violations.map(({ check, where, what }) => `  ${check} ${where}: ${what}`);
  const history = result.history.map(({ at, time, what }) => `  ${(at / 1_000).toFixed(2).padStart(8)} s ${time} ${what}`);
  const logs = result.logs.flatMap(({ worker, lines }) => [`${worker}:`, ...shown(lines).map((line) => `  ${line}`)]);
  return [lineOf(result), ...violations, 'what happened:', ...history, 'the ends of the logs:', ...logs].join('\n');
}

/** The last of what is not for debugging alone (pino's level 20), and not at length. */
const shown = (lines: readonly string[]): string[] =>
  lines
    .filter((line) => line !== '' && !line.startsWith('{"level":20,'))
    .slice(-LAST_LINES)
    .map((line) => line.slice(0, MOST_SHOWN));

/** `<folder>/seed-<seed>/`: the summary, the result as JSON, the log of each worker. */
export async function keep(result: RunResult, folder: string): Promise<void> {
  const own = join(folder, `seed-${result.seed}`);
  await mkdir(own, { recursive: true });
  const { logs, ...rest } = result;
  await writeFile(join(own, 'summary.txt'), `${summaryOf(result)}\n`);
  await writeFile(join(own, 'result.json'), `${JSON.stringify(rest, null, 2)}\n`);
  for (const { worker, lines } of logs) await writeFile(join(own, `${worker.replaceAll(' ', '-')}.log`), `${lines.join('\n')}\n`);
}
