/**
 * A thread in which a mutated engine runs in the simulation, beside the checker of the sources as they are: what is mutated is loaded under an address of its own, and so is all
 * that loads it. Posts the first run that the checker objects to, or that it never did.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { check } from '../checker/check.ts';
import type { Violation } from '../checker/evidence.ts';
import { woven } from '../weave/weave.ts';
import { MUTANTS } from './mutants.ts';
import { planOf } from './plan.ts';

export interface MutantTask {
  readonly name: string;
  readonly seeds: readonly number[];
}
export interface MutantDone {
  /** how many runs it took; null: it was not caught */
  readonly runs: number | null;
  readonly violations: readonly Violation[];
  readonly error: string | null;
}

const MARK = '?mutant';
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { name, seeds }: MutantTask = workerData;
const mutant = MUTANTS.find((each) => each.name === name);
if (mutant === undefined) throw new Error(`there is no mutant "${name}"`);
const patches = mutant.patches.map((patch) => ({ name, ...patch }));
for (const { file } of patches) woven(file, readFileSync(`${ROOT}${file}`, 'utf8'), { patches });

registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const own = found.url.startsWith('file:') && !found.url.includes('/node_modules/') && !found.url.endsWith(MARK);
    return own && context.parentURL?.endsWith(MARK) === true ? { ...found, url: found.url + MARK } : found;
  },
  load(url, context, next) {
    const loaded = next(url, context);
    if (!url.endsWith(MARK) || loaded.source === undefined || loaded.source === null) return loaded;
    const source = typeof loaded.source === 'string' ? loaded.source : Buffer.from(loaded.source as Uint8Array).toString('utf8');
    return { ...loaded, source: woven(relative(ROOT, fileURLToPath(url.slice(0, -MARK.length))), source, { patches }) };
  },
});

const { simulate }: typeof import('./simulation.ts') = await import(new URL(`./simulation.ts${MARK}`, import.meta.url).href);
let done: MutantDone = { runs: null, violations: [], error: null };
for (const [i, seed] of seeds.entries()) {
  const plan = planOf(seed);
  const { violations } = await check((await simulate(mutant.plan?.(plan) ?? plan)).evidence);
  if (violations.length === 0) continue;
  done = { runs: i + 1, violations, error: null };
  break;
}
parentPort?.postMessage(done);
