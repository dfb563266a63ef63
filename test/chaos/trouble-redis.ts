/**
 * Troubles of Redis, which may forget: what it says is rebuilt from the journal, so here data may be lost. The next trouble waits until every slot is served and every
 * replica in step.
 */
import { keysOf } from '../../src/adapters/redis/keys.ts';
import { redisCommand } from '../../src/stack/ask.ts';
import type { Server } from '../../src/stack/process.ts';
import { until } from '../../src/stack/until.ts';
import type { Random } from '../../src/world/random.ts';
import type { Application } from '../support/application.ts';
import type { Cluster, Node } from './cluster.ts';
import type { Scene, Trouble } from './scene.ts';

const MASTERS = 3;
const FAILOVER_SECONDS = 20;

const replication = (node: Node): Promise<string> => redisCommand(node.server.port, 'INFO replication');
const isMaster = async (node: Node): Promise<boolean> => (await replication(node)).includes('role:master');

interface Pair {
  readonly master: Node;
  readonly replica: Node;
}

async function mastersOf({ redis: nodes }: Cluster): Promise<Node[]> {
  const masters: Node[] = [];
  for (const node of nodes) if (await isMaster(node)) masters.push(node);
  return masters;
}

const sizeOf = async ({ port }: Server): Promise<number> => Number(await redisCommand(port, 'DBSIZE'));

/** The journal offset at which each shard stands that this node has; of others it has nothing to say. */
async function positionsOn({ port }: Server, { id, config }: Application): Promise<Map<number, number>> {
  const positions = new Map<number, number>();
  for (let shard = 0; shard < config.shards; shard++) {
    const { meta } = keysOf(id, shard);
    const next = await redisCommand(port, `EVAL "return redis.call('hget', KEYS[1], 'next') or ''" 1 ${meta}`).catch((error: unknown) => {
      if (String(error).includes('MOVED')) return '';
      throw error;
    });
    if (next !== '') positions.set(shard, Number(next));
  }
  return positions;
}

/** One of the masters, and its replica. */
async function pairOf(cluster: Cluster, random: Random): Promise<Pair> {
  const which = random.integer(0, MASTERS - 1);
  const master = (await mastersOf(cluster))[which];
  if (master === undefined) throw new Error('no such Redis master');
  for (const replica of cluster.redis) {
    // A replica knows its master by the port that this announces.
    if ((await replication(replica)).includes(`master_port:${master.link.port}\r`)) return { master, replica };
  }
  throw new Error(`${master.name} has no replica`);
}

const promoted = (replica: Node): Promise<true> =>
  until(`${replica.name} to take over`, FAILOVER_SECONDS, async () => ((await isMaster(replica)) ? true : undefined));

const redis = (name: string, weight: number, hurt: (pair: Pair, scene: Scene, random: Random) => Promise<void>): Trouble => ({
  name,
  areas: ['redis'],
  weight,
  run: async (scene, random) => {
    const { cluster, say } = scene;
    await cluster.redisWhole();
    const pair = await pairOf(cluster, random);
    say(`${pair.master.name} is the master, ${pair.replica.name} its replica`);
    try {
      await hurt(pair, scene, random);
    } finally {
      await Promise.all(cluster.redis.map((node) => cluster.up(node)));
      await cluster.redisWhole();
    }
  },
});

const megabytes = async (node: Node): Promise<number> =>
  Number(/used_memory:(\d+)/.exec(await redisCommand(node.server.port, 'INFO memory'))?.[1]);

/** Commands that the nodes have refused for want of memory since they were started. */
async function refusals({ redis: nodes }: Cluster): Promise<number> {
  const stats = await Promise.all(nodes.map(({ server }) => redisCommand(server.port, 'INFO errorstats')));
  return stats.reduce((sum, text) => sum + Number(/errorstat_OOM:count=(\d+)/.exec(text)?.[1] ?? 0), 0);
}

export const REDIS_TROUBLES: readonly Trouble[] = [
  redis('Redis master killed', 3, async ({ master, replica }, { cluster, wait }, random) => {
    const lasts = random.between(0, 4_000);
    await cluster.down(master);
    await promoted(replica);
    await wait(lasts);
  }),
  redis('Redis master bounced', 3, ({ master }, { cluster }) => cluster.down(master)), // back before it is missed, and empty
  redis('Redis master frozen', 3, async ({ master }, { wait }, random) => {
    const lasts = random.between(500, 9_000);
    master.server.freeze();
    await wait(lasts);
  }),
  redis('Redis replica killed', 1, async ({ replica }, { cluster, wait }, random) => {
    const lasts = random.between(500, 5_000);
    await cluster.down(replica);
    await wait(lasts);
  }),
  redis('Redis node cut off', 2, async ({ master }, { wait }, random) => {
    const lasts = random.between(500, 9_000);
    master.link.cut();
    if (random.chance(0.5)) master.bus?.cut();
    await wait(lasts);
  }),
  redis('Redis node half-open', 2, async ({ master }, { wait }, random) => {
    const lasts = random.between(1_000, 9_000);
    master.link.hold();
    await wait(lasts);
  }),
  redis('Redis node slow', 2, async ({ master }, { wait }, random) => {
    master.link.setDelay(random.between(5, 150));
    await wait(random.between(3_000, 10_000));
  }),
  redis('failover to a lagging replica', 4, async ({ master, replica }, { cluster, say, inVain, wait }, random) => {
    const lasts = random.between(1_000, 4_000);
    master.link.holdReplicas();
    await wait(lasts);
    const [there, here] = await Promise.all([offsetOf(master), offsetOf(replica)]);
    say(`${replica.name} is ${there - here} bytes behind`);
    if (there <= here) inVain('the replica was not behind');
    await cluster.down(master);
    await promoted(replica);
  }),
  redis('FLUSHALL', 2, async (_, { cluster, say, inVain }) => {
    let keys = 0;
    for (const { server } of await mastersOf(cluster)) {
      keys += await sizeOf(server);
      await redisCommand(server.port, 'FLUSHALL');
    }
    say(`${keys} keys were flushed`);
    if (keys === 0) inVain('there was no key');
  }),
  redis('old snapshot restored', 3, async ({ master, replica }, { cluster, app, say, inVain, wait }, random) => {
    const { server } = master;
    await redisCommand(server.port, 'SAVE');
    const saved = await positionsOn(server, app);
    await wait(random.between(2_000, 6_000));
    const lost = await positionsOn(server, app);
    await cluster.down(replica);
    await cluster.down(master);
    await server.restart();
    const keys = await sizeOf(server);
    await cluster.up(master);
    await cluster.up(replica);
    const older = [...lost].filter(([shard, next]) => next > (saved.get(shard) ?? next)).length;
    say(`${keys} keys came back, ${older} shards older than they were`);
    if (keys === 0 || older === 0) inVain('what came back was empty or the same');
  }),
  redis('maxmemory reached', 2, async (_, scene, random) => {
    const lasts = random.between(2_000, 6_000);
    const { cluster, say, inVain, wait } = scene;
    const before = await refusals(cluster);
    for (const node of cluster.redis) {
      await redisCommand(node.server.port, `CONFIG SET maxmemory ${Math.round((await megabytes(node)) * 0.9)}`);
    }
    try {
      await wait(lasts);
    } finally {
      for (const node of cluster.redis) await redisCommand(node.server.port, 'CONFIG SET maxmemory 0');
    }
    const refused = (await refusals(cluster)) - before;
    say(`${refused} commands were refused for want of memory`);
    if (refused <= 0) inVain('no command was refused');
  }),
];

async function offsetOf(node: Node): Promise<number> {
  const info = await replication(node);
  return Number(/(?:slave|master)_repl_offset:(\d+)/.exec(info)?.[1]);
}
