/** The light faults of a soak: each is healed within seconds, and one worker is spared. Boundary: which comes next; how servers are hurt is chaos's. */
import { Random } from '../../src/world/random.ts';
import type { Node } from '../chaos/cluster.ts';
import type { Member } from '../chaos/fleet.ts';
import type { Scene, Trouble } from '../chaos/scene.ts';
import { KAFKA_TROUBLES } from '../chaos/trouble-kafka.ts';
import { REDIS_TROUBLES } from '../chaos/trouble-redis.ts';

const FLUSH_EVERY = 10;
/** of a link; of a worker, longer than its session, so that its shards are taken over meanwhile */
const LINK_MS = 2_000;
const AWAY_MS = 8_000;

/** The fault of each round: all kinds in turn, in an order that is drawn. @param spared the worker that none of them touches */
export function faultsOf(spared: Member, seed: number): (round: number) => Trouble {
  const other = ({ fleet }: Scene): Member => fleet.living.find((member) => member !== spared) ?? fleet.start();
  const worker = (name: string, end: 'kill' | 'end'): Trouble => ({
    name,
    areas: ['workers'],
    weight: 1,
    run: async (scene) => {
      await scene.fleet[end](other(scene));
      await scene.wait(AWAY_MS);
      scene.fleet.start();
    },
  });
  const link = (name: string, area: 'kafka' | 'redis', hurt: (node: Node, random: Random) => void): Trouble => ({
    name: `${area === 'kafka' ? 'broker' : 'Redis node'} ${name}`,
    areas: [area],
    weight: 1,
    run: async ({ cluster, wait }, random) => {
      const nodes = area === 'kafka' ? cluster.brokers : cluster.redis;
      const node = random.pick(nodes.map((each) => [each, 1]));
      hurt(node, random);
      try {
        await wait(LINK_MS);
      } finally {
        await cluster.up(node);
      }
    },
  });
  const areas = ['kafka', 'redis'] as const;
  const kinds = [
    worker('worker killed', 'kill'),
    worker('worker stopped and started', 'end'),
    named(KAFKA_TROUBLES, 'broker bounced'),
    ...areas.map((area) => link('delayed', area, (node, random) => node.link.setDelay(random.between(50, 300)))),
    ...areas.map((area) => link('cut off', area, (node) => node.link.cut())),
  ];
  const flush = named(REDIS_TROUBLES, 'FLUSHALL');
  const random = new Random(seed, 'faults');
  let rest: Trouble[] = [];
  return (round) => {
    if (round % FLUSH_EVERY === 0) return flush;
    if (rest.length === 0) rest = [...kinds];
    const next = random.pick(rest.map((each) => [each, 1]));
    rest = rest.filter((each) => each !== next);
    return next;
  };
}

function named(troubles: readonly Trouble[], name: string): Trouble {
  const found = troubles.find((trouble) => trouble.name === name);
  if (found === undefined) throw new Error(`there is no trouble ${name}`);
  return found;
}
