/**
 * What `rapport doctor` asks of Redis: each node by itself, and what this user may do. Changes nothing: orders that would write are given in a transaction
 * that is never executed; the server says at each of them whether it would be obeyed.
 * Boundary: connections of its own; every failure leaves as a reaction (errors.ts).
 */
import { Cluster, type Redis } from 'ioredis';
import type { RedisFacts, RedisNode, RedisProbe } from '../../cli/doctor-ports.ts';
import type { RedisConfig } from '../../config/config.ts';
import { type Client, Connection, type Timeouts } from './connection.ts';
import { reactionTo } from './errors.ts';
import { refusedOn } from './probe-rights.ts';
import { field, isTooOld, mastersOf, mayEvict, nameOf } from './server.ts';

const TIMEOUTS: Timeouts = { command: 3_000, connect: 3_000 };
const PINGS = 5;

export function createProbe(config: RedisConfig, applicationId: string, timeouts = TIMEOUTS): { value: RedisProbe; stop(): Promise<void> } {
  const looking = new Connection(config, timeouts);
  const trying = new Connection(config, timeouts);
  const ask = async <T>(connection: Connection, question: (client: Client) => Promise<T>): Promise<T> => {
    try {
      return await question(await connection.client());
    } catch (error) {
      throw reactionTo(error, connection.error);
    }
  };
  return {
    value: {
      facts: () =>
        ask(looking, async (client) => {
          if (!(client instanceof Cluster)) return { cluster: null, nodes: [await nodeOf(client)] };
          const all = await namedBy(client);
          return {
            cluster: await clusterOf(client),
            nodes: await Promise.all(all.map((at) => memberOf(new Connection(config, timeouts), at))),
          };
        }),
      refused: () => ask(trying, async (client) => refusedOn(mastersOf(client)[0], applicationId, client instanceof Cluster)),
    },
    async stop() {
      await Promise.all([looking.stop(), trying.stop()]);
    },
  };
}

async function clusterOf(client: Cluster): Promise<RedisFacts['cluster']> {
  const info = await client.cluster('INFO');
  return { state: field(info, 'cluster_state') ?? 'unknown', slots: Number(field(info, 'cluster_slots_ok') ?? 0) };
}

interface Member {
  readonly host: string;
  readonly port: number;
  readonly role: 'master' | 'replica';
}

/** Every node that the cluster knows, those too that have failed: the client itself forgets these. */
async function namedBy(client: Cluster): Promise<Member[]> {
  const lines = String(await client.cluster('NODES')).split('\n');
  return lines.flatMap((line) => {
    // id, `host:port@bus[,name]`, flags, …
    const [, host = '', port, flags = ''] = /^\S+ (.*):(\d+)@\S* (\S+)/.exec(line) ?? [];
    return port === undefined || host === '' ? [] : [{ host, port: Number(port), role: flags.includes('slave') ? 'replica' : 'master' }];
  });
}

async function memberOf(connection: Connection, { role, ...at }: Member): Promise<RedisFacts['nodes'][number]> {
  let node: Redis | null = null;
  try {
    node = await connection.node(at);
    return await nodeOf(node);
  } catch (error) {
    const reaction = reactionTo(error, connection.error);
    return { node: `${at.host}:${at.port}`, role, error: reaction instanceof Error ? reaction.message : String(reaction) };
  } finally {
    node?.disconnect();
  }
}

async function nodeOf(node: Redis): Promise<RedisNode> {
  const info = await node.info();
  const ours = Date.now();
  const text = (name: string): string => field(info, name) ?? '';
  const count = (name: string): number => Number(text(name) || 0);
  const version = text('redis_version') || 'unknown';
  const policy = text('maxmemory_policy') || 'unknown';
  const fine = (name: string): boolean => text(name) === '' || text(name) === 'ok';
  return {
    node: nameOf(node),
    role: text('role') === 'slave' ? 'replica' : 'master',
    version,
    tooOld: isTooOld(version),
    clock: text('server_time_usec') === '' ? null : { its: count('server_time_usec') / 1_000, ours },
    policy,
    mayEvict: mayEvict(policy),
    memory: { used: count('used_memory'), max: count('maxmemory'), system: count('total_system_memory') },
    evicted: count('evicted_keys'),
    appendOnly: text('aof_enabled') === '1',
    snapshots: await snapshotsOf(node),
    persisting: fine('rdb_last_bgsave_status') && fine('aof_last_write_status') && fine('aof_last_bgrewrite_status'),
    replicas: count('connected_slaves'),
    linked: text('role') !== 'slave' || text('master_link_status') === 'up',
    pingMs: await pingOf(node),
  };
}

async function snapshotsOf(node: Redis): Promise<string | null> {
  try {
    const answer: unknown = await node.config('GET', 'save');
    return Array.isArray(answer) && typeof answer[1] === 'string' ? answer[1] : null;
  } catch {
    return null; // the application does not need this right, and managed services give it to nobody
  }
}

async function pingOf(node: Redis): Promise<number> {
  const took: number[] = [];
  for (let i = 0; i < PINGS; i++) {
    const begun = performance.now();
    await node.ping();
    took.push(performance.now() - begun);
  }
  return Math.min(...took);
}
