/**
 * The cases: each crash point, with what must be under way for it to be passed, × what happens there × the kind of Redis. Pure.
 */
import { Random } from '../../src/world/random.ts';
import type { Armed } from '../weave/crash.ts';

/**
 * What the armed worker is about. `steps`: it works through a history. `takeover`: it takes over from one that was killed with steps committed and not
 * applied. `rebuild`: the same, and Redis has forgotten everything. `cleaning`: as `steps`, with a journal that is cleaned early. `rerouting`: as `steps`, of
 * topics keyed by anything but the customer.
 */
export type During = 'steps' | 'takeover' | 'rebuild' | 'cleaning' | 'rerouting';

interface Recipe {
  /** several: each is used, by turns */
  readonly during: readonly During[];
  /** the passage at which it fires is drawn between these */
  readonly passage: readonly [number, number];
  /** whether an error thrown there is to be taken for a commit of unknown outcome, so that the worker takes over anew; else it ends the worker */
  readonly survives?: true;
}

const ONCE: readonly [number, number] = [1, 1];
/** the armed worker takes over two shards */
const EITHER: readonly [number, number] = [1, 2];
const MIDWAY: readonly [number, number] = [2, 6];

const RECIPES: Readonly<Record<string, Recipe>> = {
  'takeover-begun': { during: ['takeover'], passage: EITHER },
  'takeover-fenced': { during: ['takeover'], passage: EITHER },
  'takeover-looked': { during: ['takeover'], passage: EITHER },
  'takeover-claimed': { during: ['takeover'], passage: EITHER },
  'takeover-building': { during: ['rebuild'], passage: EITHER },
  'takeover-applied-tail': { during: ['takeover', 'rebuild'], passage: EITHER },
  'takeover-caught-up': { during: ['takeover', 'rebuild'], passage: EITHER },
  'takeover-moved': { during: ['rebuild'], passage: EITHER },
  'takeover-promoted': { during: ['rebuild'], passage: EITHER },
  'step-taken': { during: ['steps'], passage: MIDWAY },
  'step-loaded': { during: ['steps'], passage: MIDWAY },
  'step-folded': { during: ['steps'], passage: MIDWAY },
  'step-committed': { during: ['steps'], passage: MIDWAY },
  'step-applying': { during: ['steps'], passage: MIDWAY },
  'step-applied-chunk': { during: ['steps', 'takeover'], passage: MIDWAY },
  'step-applied': { during: ['steps'], passage: MIDWAY },
  'transaction-begun': { during: ['steps', 'takeover'], passage: EITHER, survives: true },
  'transaction-journal-sent': { during: ['steps', 'takeover'], passage: EITHER, survives: true },
  'transaction-outputs-sent': { during: ['steps', 'takeover'], passage: EITHER, survives: true },
  'transaction-ended': { during: ['steps', 'takeover'], passage: EITHER, survives: true },
  'cleaner-carried': { during: ['cleaning'], passage: ONCE },
  'cleaner-deleted': { during: ['cleaning'], passage: ONCE },
  'reroute-deleting': { during: ['rerouting'], passage: ONCE },
};

export const FAULTS = ['kill', 'throw', 'stop'] as const;
export const KINDS = ['single', 'cluster'] as const;
/** of Redis */
export type Kind = (typeof KINDS)[number];

export interface Case extends Armed {
  readonly name: string;
  readonly fault: (typeof FAULTS)[number];
  readonly kind: Kind;
  readonly during: During;
  readonly survives: boolean;
}

export const POINTS = Object.keys(RECIPES);

/** Every point × fault × kind of Redis. @param seed draws the passages, and what is under way where a point has several */
export function allCases(seed: number): Case[] {
  return POINTS.flatMap((point, p) => FAULTS.flatMap((fault, f) => KINDS.map((kind, k) => caseOf(point, fault, kind, p + f + k, seed))));
}

/** Every point once; each pair of fault and kind of Redis about as often as any other, also within what is alike. */
export function eachOnce(seed: number): Case[] {
  return POINTS.map((point, p) => {
    const pair = p % (FAULTS.length * KINDS.length);
    return caseOf(point, FAULTS[pair % FAULTS.length] ?? 'kill', KINDS[pair % KINDS.length] ?? 'single', p, seed);
  });
}

function caseOf(point: string, fault: Case['fault'], kind: Kind, turn: number, seed: number): Case {
  const recipe = RECIPES[point];
  if (recipe === undefined) throw new Error(`no such crash point: ${point}; there are ${POINTS.join(', ')}`);
  const during = recipe.during[(turn + seed) % recipe.during.length] ?? 'steps';
  const [least, most] = recipe.passage;
  // Two claims come before the steps' transactions.
  const claims = recipe.survives === true && during === 'steps' ? 3 : 0;
  const passage = claims + new Random(seed, `${point} ${fault} ${kind}`).integer(least, most);
  const name = `${point}, passage ${passage} of ${during}: ${fault}, Redis ${kind}`;
  return { name, point, passage, fault, kind, during, survives: recipe.survives === true };
}
