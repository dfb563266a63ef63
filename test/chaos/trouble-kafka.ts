/**
 * Troubles of brokers. Only one broker at a time is away, and the next trouble waits until every partition has all its replicas in step again: with two of three in step needed for a write,
 * nothing that was acknowledged is lost.
 */
import type { Random } from '../../src/world/random.ts';
import type { Node } from './cluster.ts';
import { controller, groupCoordinator, transactionCoordinator } from './roles.ts';
import type { Hit, Scene, Trouble } from './scene.ts';
import { replacing } from './trouble-workers.ts';

const PRODUCE = 0;
const INIT_PRODUCER_ID = 22;
const END_TXN = 26;

type Role = Extract<Hit, 'journal leader' | 'group coordinator' | 'transaction coordinator' | 'controller'> | 'any';

const ROLES: readonly (readonly [Role, number])[] = [
  ['journal leader', 3],
  ['group coordinator', 2],
  ['transaction coordinator', 3],
  ['controller', 2],
  ['any', 1],
];

/** A broker by a role that is drawn, which counts as hit; any, when nobody can say. */
async function brokerOf({ cluster, app, say, hit }: Scene, random: Random): Promise<Node> {
  const role = random.pick(ROLES);
  const shard = random.integer(0, app.config.shards - 1);
  const any = random.integer(1, cluster.brokers.length);
  const port = cluster.brokers[0]?.server.port ?? 0;
  const ask = async (): Promise<number | undefined> => {
    switch (role) {
      case 'journal leader': {
        const topic = app.config.topics.journal;
        const { topics } = await cluster.admin.fetchTopicMetadata({ topics: [topic] });
        return topics[0]?.partitions.find(({ partitionId }) => partitionId === shard)?.leader;
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
    return undefined;
  });
  const known = id === undefined ? undefined : cluster.brokers[id - 1];
  const found = known ?? cluster.brokers[any - 1];
  if (found === undefined) throw new Error('no broker');
  if (known !== undefined && role !== 'any') hit(role);
  const of = role === 'journal leader' || role === 'transaction coordinator' ? ` of shard ${shard}` : '';
  say(known === undefined ? `${found.name}, since no broker is known as ${role}${of}` : `${found.name} is ${role}${of}`);
  return found;
}

/** Hurts a broker, and heals it when the time is over or the run is. */
const broker = (name: string, weight: number, hurt: (node: Node, scene: Scene, random: Random) => Promise<void>): Trouble => ({
  name,
  areas: ['kafka'],
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

interface Late {
  readonly name: string;
  readonly weight: number;
  readonly apiKey: number;
  /** what it hits when requests come later than their transaction may last */
  readonly past?: Hit;
  /** prepares what makes sure that there are such requests; else they come by themselves */
  readonly provoke?: (scene: Scene, random: Random) => Promise<() => Promise<unknown>>;
}

/** Requests of one kind to all brokers come late: later than their senders wait, and mostly later than a transaction may last. */
const late = ({ name, weight, apiKey, past, provoke }: Late): Trouble => ({
  name,
  areas: provoke === undefined ? ['kafka'] : ['kafka', 'workers'],
  weight,
  run: async (scene, random) => {
    const { cluster, transactionMs, say, hit, inVain, wait } = scene;
    const ms = random.between(transactionMs * 0.5, transactionMs * 2);
    const lasts = random.between(3_000, 8_000);
    const delayed = (): number => cluster.brokers.reduce((sum, { link }) => sum + link.delayed, 0);
    const provoked = await provoke?.(scene, random);
    const before = delayed();
    for (const { link } of cluster.brokers) link.delayRequests([apiKey], ms);
    try {
      await provoked?.();
      await wait(lasts);
    } finally {
      for (const { link } of cluster.brokers) link.delayRequests([], 0);
    }
    const count = delayed() - before;
    say(`${count} requests came ${Math.round(ms)} ms late`);
    if (count === 0) inVain('there was no such request');
    else if (past !== undefined && ms > transactionMs) hit(past);
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
  late({ name: 'EndTxn delayed', weight: 3, apiKey: END_TXN, past: 'EndTxn after its transaction' }),
  late({ name: 'Produce delayed', weight: 3, apiKey: PRODUCE, past: 'Produce after its transaction' }),
  // Sent when a shard is taken over: a worker that goes and another that comes make others take over.
  late({ name: 'InitProducerId delayed', weight: 2, apiKey: INIT_PRODUCER_ID, provoke: replacing }),
];
