/**
 * The sequence of troubles of a run: drawn from one seed, so that the same seed hurts the same things in the same order. Now and then two at once, of different areas. A quarter of
 * the time is quiet. Each run begins with two troubles whose turn it is by its seed, so that of some runs in a row none is without any trouble.
 */
import { Random } from '../../src/world/random.ts';
import type { Scene, Trouble } from './scene.ts';
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

/** One round after another, each of one trouble or two, until `over` aborts. The names of those that were not in vain are added to `befell` as they end. */
export async function makeTrouble(
  scene: Omit<Scene, 'inVain'>,
  seed: number,
  only: RegExp | null,
  over: AbortSignal,
  befell: string[],
): Promise<void> {
  const random = new Random(seed, 'troubles');
  const from = only === null ? TROUBLES : TROUBLES.filter(({ name }) => only.test(name));
  if (from.length === 0) throw new Error(`no trouble has a name like ${only}`);
  for (let round = 0; !over.aborted; round++) {
    const drawn = draw(random, from);
    const first = round < TURNS ? (inTurn(from, seed, round) ?? drawn) : drawn;
    const others = from.filter(({ area }) => area !== first.area);
    // Alone, so that the next one's turn comes in a short run too.
    const second = round >= TURNS && random.chance(TWO_AT_ONCE) && others.length > 0 ? draw(random, others) : null;
    const began = performance.now();
    const ended = await Promise.allSettled(
      (second === null ? [first] : [first, second]).map(async (trouble, i) => {
        let vain = false;
        const inVain = (why: string): void => {
          vain = true;
          scene.say(`${trouble.name} was in vain: ${why}`);
        };
        scene.say(`> ${trouble.name}`);
        await trouble.run({ ...scene, inVain }, new Random(seed, `trouble ${round} ${i}`));
        if (!vain) befell.push(trouble.name);
        scene.say(`< ${trouble.name}`);
      }),
    );
    // Both have healed what they hurt, also when one could not go on.
    for (const each of ended) if (each.status === 'rejected') throw each.reason;
    await scene.wait((performance.now() - began) * QUIET);
  }
}

const inTurn = <T>(from: readonly T[], seed: number, round: number): T | undefined => from[((seed * TURNS + round) * STRIDE) % from.length];

/** What befalls in the runs of these seeds whatever is drawn, unless it is in vain. */
export const turnsOf = (seeds: readonly number[]): Set<string> =>
  new Set(seeds.flatMap((seed) => Array.from({ length: TURNS }, (_, round) => inTurn(TROUBLE_NAMES, seed, round) ?? '')));

const draw = (random: Random, from: readonly Trouble[]): Trouble => random.pick(from.map((trouble) => [trouble, trouble.weight] as const));
