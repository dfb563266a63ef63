/**
 * Troubles of brokers. Only one broker at a time is away, and the next trouble waits until every partition has all its replicas in step again: with two of three in step needed for a write,
 * nothing that was acknowledged is lost.
 */
import type { Random } from '../../src/world/random.ts';
import type { Node } from './cluster.ts';
import { controller, groupCoordinator, transactionCoordinator } from './roles.ts';
import type { Scene, Trouble } from './scene.ts';

const PRODUCE = 0;
const INIT_PRODUCER_ID = 22;
const END_TXN = 26;

type Role = 'journal leader' | 'group coordinator' | 'transaction coordinator' | 'controller' | 'any';

const ROLES: readonly (readonly [Role, number])[] = [
  ['journal leader', 3],
  ['group coordinator', 2],
  ['transaction coordinator', 3],
  ['controller', 2],
  ['any', 1],
];

/** A broker by a role that is drawn; any, when nobody can say. */
async function brokerOf({ cluster, app, say }: Scene, random: Random): Promise<Node> {
  const role = random.pick(ROLES);
  const shard = random.integer(0, app.config.shards - 1);
  const any = random.integer(1, cluster.brokers.length);
  const port = cluster.brokers[0]?.server.port ?? 0;
  const ask = async (): Promise<number> => {
    switch (role) {
      case 'journal leader': {
        const topic = app.config.topics.journal;
        const { topics } = await cluster.admin.fetchTopicMetadata({ topics: [topic] });
        return topics[0]?.partitions.find(({ partitionId }) => partitionId === shard)?.leader ?? any;
      }
      case 'group coordinator':
        return groupCoordinator(port, app.id);
      case 'transaction coordinator':
        return transactionCoordinator(port, `${app.id}-${shard}`);
      case 'controller':
        return controller(port);
      case 'any':
        return any;
    }
  };
  const id = await ask().catch((error: unknown) => {
    say(`nobody says who is ${role}: ${String(error)}`);
    return any;
  });
  const found = cluster.brokers[id - 1] ?? cluster.brokers[any - 1];
  if (found === undefined) throw new Error('no broker');
  say(`${found.name} is ${role}${role.startsWith('journal') || role.startsWith('trans') ? ` of shard ${shard}` : ''}`);
  return found;
}

/** Hurts a broker, and heals it when the time is over or the run is. */
const broker = (name: string, weight: number, hurt: (node: Node, scene: Scene, random: Random) => Promise<void>): Trouble => ({
  name,
  area: 'kafka',
  weight,
  run: async (scene, random) => {
    const { cluster } = scene;
    await cluster.kafkaWhole();
    const node = await brokerOf(scene, random);
    try {
      await hurt(node, scene, random);
    } finally {
      await cluster.up(node);
      await cluster.kafkaWhole();
    }
  },
});

/** Requests of these kinds to all brokers come late, longer than their senders wait. */
const late = (name: string, weight: number, apiKeys: readonly number[]): Trouble => ({
  name,
  area: 'kafka',
  weight,
  run: async ({ cluster, transactionMs, wait }, random) => {
    const ms = random.between(transactionMs * 0.4, transactionMs * 1.6);
    const lasts = random.between(3_000, 8_000);
    for (const { link } of cluster.brokers) link.delayRequests(apiKeys, ms);
    try {
      await wait(lasts);
    } finally {
      for (const { link } of cluster.brokers) link.delayRequests([], 0);
    }
  },
});

export const KAFKA_TROUBLES: readonly Trouble[] = [
  broker('broker killed', 4, async (node, { cluster, wait }, random) => {
    const lasts = random.between(500, 8_000);
    await cluster.down(node);
    await wait(lasts);
  }),
  broker('broker bounced', 3, ({ server, link }, { cluster }) => cluster.down({ name: '', server, link, bus: null })),
  broker('broker frozen', 3, async ({ server }, { wait }, random) => {
    const lasts = random.between(1_000, 9_000);
    server.freeze();
    await wait(lasts);
  }),
  broker('broker cut off', 2, async ({ link }, { wait }, random) => {
    const lasts = random.between(500, 8_000);
    link.cut();
    await wait(lasts);
  }),
  broker('broker half-open', 2, async ({ link }, { wait }, random) => {
    const lasts = random.between(1_000, 9_000);
    link.hold();
    await wait(lasts);
  }),
  broker('broker slow', 2, async ({ link }, { wait }, random) => {
    link.setDelay(random.between(20, 400));
    await wait(random.between(3_000, 10_000));
  }),
  late('EndTxn delayed', 3, [END_TXN]),
  late('Produce delayed', 3, [PRODUCE]),
  late('InitProducerId delayed', 2, [INIT_PRODUCER_ID]),
];
