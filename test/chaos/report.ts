/** What a run of chaos shows: a line for each, and when something is wrong its whole history. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Compared } from '../checker/run.ts';
import type { RunResult } from './run.ts';
import { HITS } from './scene.ts';
import { TROUBLE_NAMES } from './troubles.ts';

const LAST_LINES = 25;
const MOST_SHOWN = 600;

type Judged = Pick<RunResult, 'violations' | 'inconclusive' | 'compared'>;

/** It was not right, it could not be judged, or some check had nothing to compare and could not have failed. */
export const failed = ({ violations, inconclusive, compared }: Judged): boolean =>
  violations.length > 0 || inconclusive !== null || emptyOf(compared).length > 0;

/** Of what the checker had nothing at all. @param unless what there need not be */
export function emptyOf(compared: RunResult['compared'], unless: readonly (keyof Compared)[] = []): string[] {
  if (compared === null) return ['everything'];
  const needless: ReadonlySet<string> = new Set([...unless, 'skipped']);
  return Object.entries(compared).flatMap(([name, count]) => (count > 0 || needless.has(name) ? [] : [name]));
}

export function lineOf(result: RunResult): string {
  const { seed, cleaner, steps, deleted, records, samples, drainedAfterMs, peaceMs, compared } = result;
  const drained = drainedAfterMs === null ? 'not drained' : `drained after ${drainedAfterMs} ms`;
  const peace = peaceMs === null ? '' : `, then ${peaceMs} ms of peace`;
  const hurt = `${timesOf(result.troubles) || 'no trouble'}; hit ${timesOf(result.hits) || 'nothing by its role'}; ${percent(result.quiet)} quiet`;
  return `seed ${seed}: ${judgedOf(result)}; cleaner ${cleaner ? 'on' : 'off'}; ${steps} steps (${deleted} deleted), ${records} records, ${samples} samples, ${drained}${peace}; ${comparedOf(compared)}; ${inputOf(result.input)}; ${hurt}`;
}

function judgedOf({ violations, inconclusive, compared }: RunResult): string {
  if (inconclusive !== null) return 'INCONCLUSIVE';
  if (violations.length > 0) return `${violations.length} VIOLATIONS`;
  const empty = emptyOf(compared);
  return empty.length === 0 ? 'right' : `NOTHING COMPARED OF ${empty.join(', ')}`;
}

const timesOf = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, times]) => (times === 1 ? name : `${times} × ${name}`))
    .join(', ');

const percent = (part: number): string => `${Math.round(part * 100)} %`;

function inputOf(input: RunResult['input']): string {
  if (input === null) return 'no input';
  const { poison, duplicates, late, foreign, hot } = input;
  return `${poison} poison, ${duplicates} duplicates, ${late} late, ${foreign} foreign, ${percent(hot)} of one customer`;
}

/** What the checker had to compare. */
export function comparedOf(compared: RunResult['compared']): string {
  if (compared === null) return 'nothing compared';
  const { steps, records, outputs, readTwice, samples, alerts, letters, searched, customers, skipped } = compared;
  return `compared ${steps} steps, ${records} records, ${outputs} outputs, ${readTwice} read twice, ${samples} sampled states, ${alerts} alerts, ${letters} dead letters, ${searched >> 10} KiB of logs, ${customers} customers (${skipped} left out)`;
}

/** The line at the end of several runs. */
export function missingLine(results: readonly RunResult[]): string {
  const missing = missingOf(results);
  return `${results.length} runs: ${missing.length === 0 ? 'every trouble befell, every role was hit' : `never befell: ${missing.join(', ')}`}`;
}

/** The troubles that never befell, or always in vain, and what was never hit. */
export function missingOf(results: readonly Pick<RunResult, 'troubles' | 'hits'>[]): string[] {
  return [
    ...TROUBLE_NAMES.filter((name) => results.every(({ troubles }) => troubles[name] === undefined)),
    ...HITS.filter((name) => results.every(({ hits }) => hits[name] === undefined)),
  ];
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
