/**
 * How a process of the program is told to weave: variables of its environment, which preload.ts reads in it.
 */
import { fileURLToPath } from 'node:url';
import type { Limits } from '../../src/engine/engine.ts';
import type { Armed } from './crash.ts';
import type { Patch } from './weave.ts';

export interface Settings {
  readonly crash: Armed;
  readonly patches: readonly Patch[];
  /** in the place of these bounds of the engine */
  readonly limits: Partial<Limits>;
  /** what the process takes for the wall clock is this far ahead, ms */
  readonly clockShiftMs: number;
}

/** The variables, each with JSON. */
export const VARIABLES = {
  crash: 'WEAVE_CRASH',
  patches: 'WEAVE_PATCHES',
  limits: 'WEAVE_LIMITS',
  clockShiftMs: 'WEAVE_CLOCK_SHIFT_MS',
} as const satisfies Record<keyof Settings, string>;

const PRELOAD = fileURLToPath(new URL('./preload.ts', import.meta.url));

/** What the environment of a process needs, beside its own, to be woven so. */
export function woveBy(settings: Partial<Settings>): Record<string, string> {
  const variables = Object.entries(settings).map(([name, value]) => [VARIABLES[name as keyof Settings], JSON.stringify(value)]);
  return { NODE_OPTIONS: `--import "${PRELOAD}"`, ...Object.fromEntries(variables) };
}
