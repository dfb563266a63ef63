/**
 * For `node --import`: changes a process of the program before it starts, by what its environment says (settings.ts).
 */
import { armed } from './crash.ts';
import { type Settings, VARIABLES } from './settings.ts';
import { weave } from './weave.ts';

function read<K extends keyof Settings>(name: K): Settings[K] | undefined {
  const text = process.env[VARIABLES[name]];
  return text === undefined ? undefined : (JSON.parse(text) as Settings[K]);
}

const crash = read('crash');
const patches = read('patches');
// Without either the process loads its sources as always: one that is measured, too.
if (crash !== undefined || patches !== undefined) weave({ crashPoints: crash !== undefined, patches: patches ?? [] });
if (crash !== undefined) globalThis.crashPoint = armed(crash);

const shift = read('clockShiftMs') ?? 0;
if (shift !== 0) {
  const now = Date.now;
  Date.now = () => now() + shift;
}

const limits = read('limits');
if (limits !== undefined) {
  // After weaving: nothing of the sources may be loaded before it.
  const { LIMITS } = await import('../../src/engine/engine.ts');
  const unknown = Object.keys(limits).filter((name) => !(name in LIMITS));
  if (unknown.length > 0) throw new Error(`there are no limits ${unknown.join(', ')}`);
  Object.assign(LIMITS, limits);
}
