/**
 * The sequence of troubles of a run: drawn from one seed, so that the same seed hurts the same things in the same order. Now and then two at once, of different areas. A quarter of
 * the time is quiet.
 */
import { Random } from '../../src/world/random.ts';
import type { Scene, Trouble } from './scene.ts';
import { KAFKA_TROUBLES } from './trouble-kafka.ts';
import { REDIS_TROUBLES } from './trouble-redis.ts';
import { REGISTRY_TROUBLES, WORKER_TROUBLES } from './trouble-workers.ts';

const TROUBLES: readonly Trouble[] = [...KAFKA_TROUBLES, ...REDIS_TROUBLES, ...WORKER_TROUBLES, ...REGISTRY_TROUBLES];

const TWO_AT_ONCE = 0.35;
/** of the time: three parts trouble, one part quiet */
const QUIET = 1 / 3;

/** One round after another, each of one trouble or two, until `over` aborts. Their names are added to `names` as they begin. */
export async function makeTrouble(scene: Scene, seed: number, only: RegExp | null, over: AbortSignal, names: string[]): Promise<void> {
  const random = new Random(seed, 'troubles');
  const from = only === null ? TROUBLES : TROUBLES.filter(({ name }) => only.test(name));
  if (from.length === 0) throw new Error(`no trouble has a name like ${only}`);
  for (let round = 0; !over.aborted; round++) {
    const first = draw(random, from);
    const others = from.filter(({ area }) => area !== first.area);
    const second = random.chance(TWO_AT_ONCE) && others.length > 0 ? draw(random, others) : null;
    const began = performance.now();
    const ended = await Promise.allSettled(
      (second === null ? [first] : [first, second]).map(async (trouble, i) => {
        names.push(trouble.name);
        scene.say(`> ${trouble.name}`);
        await trouble.run(scene, new Random(seed, `trouble ${round} ${i}`));
        scene.say(`< ${trouble.name}`);
      }),
    );
    // Both have healed what they hurt, also when one could not go on.
    for (const each of ended) if (each.status === 'rejected') throw each.reason;
    await scene.wait((performance.now() - began) * QUIET);
  }
}

const draw = (random: Random, from: readonly Trouble[]): Trouble => random.pick(from.map((trouble) => [trouble, trouble.weight] as const));
