/**
 * The sequence of troubles of a run: drawn from one seed, so that the same seed hurts the same things in the same order. Now and then two at once, of different areas. A quarter of
 * the time is quiet. Each run begins with two troubles whose turn it is by its seed, so that of some runs in a row none is without any trouble.
 */
import { Random } from '../../src/world/random.ts';
import type { Hit, Scene, Trouble } from './scene.ts';
import { KAFKA_TROUBLES } from './trouble-kafka.ts';
import { REDIS_TROUBLES } from './trouble-redis.ts';
import { REGISTRY_TROUBLES, WORKER_TROUBLES } from './trouble-workers.ts';

const TROUBLES: readonly Trouble[] = [...KAFKA_TROUBLES, ...REDIS_TROUBLES, ...WORKER_TROUBLES, ...REGISTRY_TROUBLES];

export const TROUBLE_NAMES: readonly string[] = TROUBLES.map(({ name }) => name);

/** rounds of a run in which the first trouble is not drawn */
const TURNS = 2;
/** Has no factor in common with the number of troubles; so those of one area are not all of one run. */
const STRIDE = 11;
const TWO_AT_ONCE = 0.35;
/** of the time: three parts trouble, one part quiet */
const QUIET = 1 / 3;

/** A trouble that had no more time before the run was over, and wanted at least twice as much, was cut to nothing. */
const LEAST_MS = 500;

/** Filled as troubles end. */
export interface Befell {
  /** names of those that were not in vain */
  readonly troubles: string[];
  /** what these have hit */
  readonly hits: Hit[];
  /** from the first trouble to the end of the last one's healing, and how much of it was quiet */
  ms: number;
  quietMs: number;
}

/** What the run gives each trouble; the rest is the trouble's own. */
export type Stage = Omit<Scene, 'inVain' | 'hit'>;

/** One round after another, each of one trouble or two, until `over` aborts. */
export async function makeTrouble(stage: Stage, seed: number, only: RegExp | null, over: AbortSignal, befell: Befell): Promise<void> {
  const random = new Random(seed, 'troubles');
  const from = only === null ? TROUBLES : TROUBLES.filter(({ name }) => only.test(name));
  if (from.length === 0) throw new Error(`no trouble has a name like ${only}`);
  const start = performance.now();
  for (let round = 0; !over.aborted; round++) {
    const drawn = draw(random, from);
    const first = round < TURNS ? (inTurn(from, seed, round) ?? drawn) : drawn;
    const others = from.filter(({ areas }) => areas.every((area) => !first.areas.includes(area)));
    // Alone, so that the next one's turn comes in a short run too.
    const second = round >= TURNS && random.chance(TWO_AT_ONCE) && others.length > 0 ? draw(random, others) : null;
    const began = performance.now();
    const ended = await Promise.allSettled(
      (second === null ? [first] : [first, second]).map((trouble, i) =>
        befall(trouble, stage, new Random(seed, `trouble ${round} ${i}`), over, befell),
      ),
    );
    befell.ms = performance.now() - start;
    // Both have healed what they hurt, also when one could not go on.
    for (const each of ended) if (each.status === 'rejected') throw each.reason;
    const quiet = performance.now();
    await stage.wait((quiet - began) * QUIET);
    befell.quietMs += performance.now() - quiet;
    befell.ms = performance.now() - start;
  }
}

/** Lets it befall, and counts it unless it was in vain. */
async function befall(trouble: Trouble, stage: Stage, random: Random, over: AbortSignal, befell: Befell): Promise<void> {
  const { name } = trouble;
  const { say } = stage;
  const hits: Hit[] = [];
  let vain = false;
  let wanted = 0;
  let waited = 0;
  const inVain = (why: string): void => {
    vain = true;
    say(`${name} was in vain: ${why}`);
  };
  const wait = async (ms: number): Promise<void> => {
    const from = performance.now();
    await stage.wait(ms);
    wanted += ms;
    waited += performance.now() - from;
  };
  say(`> ${name}`);
  await trouble.run({ ...stage, wait, inVain, hit: (what) => hits.push(what) }, random);
  if (over.aborted && waited < Math.min(LEAST_MS, wanted / 2)) inVain('the run was over');
  if (!vain) {
    befell.troubles.push(name);
    befell.hits.push(...hits);
  }
  say(`< ${name}`);
}

const inTurn = <T>(from: readonly T[], seed: number, round: number): T | undefined => from[((seed * TURNS + round) * STRIDE) % from.length];

/** What befalls in the runs of these seeds whatever is drawn, unless it is in vain. */
export const turnsOf = (seeds: readonly number[]): Set<string> =>
  new Set(seeds.flatMap((seed) => Array.from({ length: TURNS }, (_, round) => inTurn(TROUBLE_NAMES, seed, round) ?? '')));

const draw = (random: Random, from: readonly Trouble[]): Trouble => random.pick(from.map((trouble) => [trouble, trouble.weight] as const));
