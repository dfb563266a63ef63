/**
 * A process in which a mutated engine runs in the simulation, beside the checker of the sources as they are: what is mutated is loaded under an address of its own, and so is all
 * that loads it. Sends the first run to which a check of the mutant's own objects, or that none did. A process, since V8 now and then loses count of its code pages where threads compile side by side
 * ("Check failed: jit_page.has_value()").
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { check } from '../checker/check.ts';
import { woven } from '../weave/weave.ts';
import { MUTANTS, planFor } from './mutants.ts';

export interface MutantTask {
  readonly name: string;
  readonly seeds: readonly number[];
}
export interface MutantDone {
  /** of the first run to which one of its checks objected; null: none did */
  readonly seed: number | null;
  /** steps that were compared in all runs */
  readonly steps: number;
  /** how many runs each check has objected to, whether it was to find the mutant or not */
  readonly found: Readonly<Record<string, number>>;
}

const MARK = '?mutant';
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const { name, seeds }: MutantTask = JSON.parse(process.argv[2] ?? '{}');
// It does not outlive who waits for it.
process.once('disconnect', () => process.exit());
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
const found: Record<string, number> = {};
let caught: number | null = null;
let steps = 0;
for (const seed of seeds) {
  const { violations, compared } = await check((await simulate(planFor(mutant, seed))).evidence);
  steps += compared.steps;
  const objected = new Set(violations.map((violation) => violation.check));
  for (const each of objected) found[each] = (found[each] ?? 0) + 1;
  if (!mutant.by.some((each) => objected.has(each))) continue;
  caught = seed;
  break;
}
const done: MutantDone = { seed: caught, steps, found };
process.send?.(done, () => process.exit());
