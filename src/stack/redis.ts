/**
 * Redis on loopback: one server, or a cluster of three masters with a replica each. Never evicts, writes no snapshots.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { redisCommand } from './ask.ts';
import { startFolder } from './folder.ts';
import { freePorts } from './ports.ts';
import { type Log, type Server, startServer } from './process.ts';
import { redisProgram } from './redis-program.ts';
import { meetRequirements } from './requirements.ts';
import { type Resource, startTogether } from './resource.ts';
import { until } from './until.ts';

const MASTERS = 3;
const SLOTS = 16384;
const CLUSTER_SECONDS = 60;

export interface RedisOptions {
  readonly mode: 'single' | 'cluster';
  /** an append-only file, so that `restart` finds the data again; default: none, `restart` comes back empty */
  readonly appendOnly?: boolean;
  /** further options, e.g. `['--requirepass', 'secret']` */
  readonly arguments?: readonly string[];
  /**
   * Of a cluster, one for each node in the order of `Redis.nodes`: where it listens for clients and for the other nodes, and the ports that it announces to both, replicas
   * too (proxies'); default: free ports, announced as they are.
   */
  readonly listeners?: readonly RedisListener[];
  readonly log: Log;
}

export interface RedisListener {
  readonly port: number;
  readonly bus: number;
  readonly announced: number;
  readonly announcedBus: number;
}

export interface Redis {
  /** `redis://host:port[,redis://host:port…]`, as the nodes announce themselves */
  readonly url: string;
  /** of a cluster: three masters first, then their replicas in the same order */
  readonly nodes: readonly Server[];
}

/** Resolves when every node serves; of a cluster, when all slots are covered and all replicas are in step. */
export async function startRedis(options: RedisOptions): Promise<Resource<Redis>> {
  await meetRequirements({ redis: true }, options.log);
  const program = await redisProgram(options.log);
  const count = options.mode === 'cluster' ? MASTERS * 2 : 1;
  const listeners = options.listeners ?? (await freeListeners(count));
  const data = await startFolder('redis');
  const startNode = async (index: number): Promise<Resource<Server>> => {
    const listener = listeners[index];
    if (listener === undefined) throw new Error(`Redis node ${index + 1} has no listener`);
    const { port } = listener;
    const folder = join(data.value, `node-${index + 1}`);
    await mkdir(folder);
    return startServer({
      name: count === 1 ? 'Redis' : `Redis node ${index + 1}`,
      port,
      command: [program, ...flags(listener, options)],
      folder,
      logFile: 'redis.log',
      ready: async () => (await redisCommand(port, 'PING')) === 'PONG',
      log: options.log,
    });
  };
  try {
    const nodes = await startTogether(Array.from({ length: count }, (_, index) => () => startNode(index)));
    const stop = async (): Promise<void> => {
      await nodes.stop();
      await data.stop();
    };
    if (options.mode === 'cluster') {
      await formCluster(nodes.value, listeners).catch(async (error: unknown) => {
        await stop();
        throw error;
      });
    }
    const url = listeners.map(({ announced }) => `redis://127.0.0.1:${announced}`).join(',');
    return { value: { url, nodes: nodes.value }, stop };
  } catch (error) {
    await data.stop();
    throw error;
  }
}

async function freeListeners(count: number): Promise<RedisListener[]> {
  const ports = await freePorts(count * 2);
  return ports.slice(0, count).map((port, index) => {
    const bus = ports[count + index] ?? 0;
    return { port, bus, announced: port, announcedBus: bus };
  });
}

function flags({ port, bus, announced, announcedBus }: RedisListener, options: RedisOptions): string[] {
  const one = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--maxmemory-policy', 'noeviction'];
  const kept = ['--appendonly', options.appendOnly ? 'yes' : 'no'];
  const clustered = [
    '--cluster-enabled',
    'yes',
    '--cluster-port',
    `${bus}`,
    '--cluster-announce-port',
    `${announced}`,
    '--cluster-announce-bus-port',
    `${announcedBus}`,
    '--cluster-node-timeout',
    '2000',
    '--repl-ping-replica-period',
    '1',
    '--repl-diskless-sync-delay',
    '0',
  ];
  return [...one, ...kept, ...(options.mode === 'cluster' ? clustered : []), ...(options.arguments ?? [])];
}

/** By the commands that `redis-cli --cluster create` sends, which is not everywhere where a server is. */
async function formCluster(nodes: readonly Server[], listeners: readonly RedisListener[]): Promise<void> {
  const masters = nodes.slice(0, MASTERS);
  const replicas = nodes.slice(MASTERS);
  const [first] = masters;
  if (first === undefined) return;
  for (const [index, master] of masters.entries()) {
    const from = Math.ceil((SLOTS / MASTERS) * index);
    const to = Math.ceil((SLOTS / MASTERS) * (index + 1)) - 1;
    await redisCommand(master.port, `CLUSTER ADDSLOTSRANGE ${from} ${to}`);
    await redisCommand(master.port, `CLUSTER SET-CONFIG-EPOCH ${index + 1}`);
  }
  for (const { port, announced, announcedBus } of listeners) {
    if (port !== first.port) await redisCommand(first.port, `CLUSTER MEET 127.0.0.1 ${announced} ${announcedBus}`);
  }
  for (const [index, replica] of replicas.entries()) {
    const master = masters[index];
    if (master === undefined) continue;
    const id = await redisCommand(master.port, 'CLUSTER MYID');
    // Refused until the replica has heard of its master.
    await until('Redis Cluster: a replica to join', CLUSTER_SECONDS, () => redisCommand(replica.port, `CLUSTER REPLICATE ${id}`));
  }
  await until('Redis Cluster: all nodes to agree', CLUSTER_SECONDS, async () => ((await agree(nodes, replicas)) ? true : undefined));
}

async function agree(nodes: readonly Server[], replicas: readonly Server[]): Promise<boolean> {
  for (const node of nodes) {
    const info = await redisCommand(node.port, 'CLUSTER INFO');
    if (!info.includes('cluster_state:ok') || !info.includes(`cluster_known_nodes:${nodes.length}`)) return false;
  }
  for (const replica of replicas) {
    if (!(await redisCommand(replica.port, 'INFO replication')).includes('master_link_status:up')) return false;
  }
  // Clients ask any node for the map: every one must know who replicates whom.
  for (const node of nodes) {
    const known = await redisCommand(node.port, 'CLUSTER NODES');
    if (known.split('\n').filter((line) => / (myself,)?slave /.test(line)).length !== replicas.length) return false;
  }
  return true;
}
