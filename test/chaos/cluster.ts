/**
 * Three brokers, a Redis Cluster of three masters and three replicas, a schema registry: child processes of this one, on loopback, every link of their clients through a
 * TCP proxy of its own; of Redis also the links between its nodes, replication among them. Boundary: what is hurt and when is troubles.ts's.
 */
import type { Admin } from 'kafkajs';
import { pino } from 'pino';
import { createClient } from '../../src/adapters/kafka/client.ts';
import type { KafkaConfig } from '../../src/config/config.ts';
import { redisCommand } from '../../src/stack/ask.ts';
import { startFolder } from '../../src/stack/folder.ts';
import { startKafka } from '../../src/stack/kafka.ts';
import { freePorts } from '../../src/stack/ports.ts';
import type { Log, Server } from '../../src/stack/process.ts';
import { startRedis } from '../../src/stack/redis.ts';
import { startRegistry } from '../../src/stack/registry.ts';
import type { Resource } from '../../src/stack/resource.ts';
import { until } from '../../src/stack/until.ts';
import type { Servers } from '../support/application.ts';
import { type FaultyLink, startProxy } from '../support/proxy.ts';

const BROKERS = 3;
const REDIS_NODES = 6;
/** for a broker that comes back to be in step with all partitions, for a replica to have copied all */
const WHOLE_SECONDS = 90;

/** A server and the links to it. */
export interface Node {
  readonly name: string;
  readonly server: Server;
  readonly link: FaultyLink;
  /** of a Redis node: the link of the other nodes */
  readonly bus: FaultyLink | null;
}

export interface Cluster {
  /** node ids 1, 2, 3 in this order */
  readonly brokers: readonly Node[];
  readonly redis: readonly Node[];
  readonly registry: Node;
  /** past the proxies; of Redis, whose nodes send clients to the proxies, the same as for workers */
  readonly direct: Servers;
  /** through the proxies */
  readonly proxied: Servers;
  /** `host:port` of a Redis proxy → where the node itself listens */
  readonly natMap: Readonly<Record<string, { readonly host: string; readonly port: number }>>;
  /** Asks Kafka, past the proxies. */
  readonly admin: Admin;
  /** that lives as long as the cluster: for what workers keep from one start to the next */
  readonly folder: string;
  /** Cuts the links and kills it. */
  down(node: Node): Promise<void>;
  /** Starts it on its data if it does not run, thaws it, heals its links. */
  up(node: Node): Promise<void>;
  /** Waits until every partition has all its replicas in step. */
  kafkaWhole(): Promise<void>;
  /** Waits until every Redis node knows all, every slot is served and every replica is in step. */
  redisWhole(): Promise<void>;
  /** Everything up, every link plain, everything whole. */
  heal(): Promise<void>;
}

const log = pino({ level: process.env.RAPPORT_TEST_LOG ?? 'silent' });
const LOOPBACK = '127.0.0.1';
const at = (port: number): string => `${LOOPBACK}:${port}`;

const kafkaConfig = (servers: string): KafkaConfig => ({ brokers: servers.split(','), tls: null, sasl: null });

export async function startCluster(say: Log): Promise<Resource<Cluster>> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).toReversed()) await each();
  };
  const begun = async <T>(start: Promise<Resource<T>>): Promise<T> => {
    const started = await start;
    stops.push(started.stop);
    return started.value;
  };
  const linksTo = (ports: readonly number[], protocol?: 'kafka' | 'redis'): Promise<FaultyLink[]> =>
    Promise.all(ports.map((port) => begun(startProxy({ to: { host: LOOPBACK, port }, ...(protocol && { protocol }) }))));

  try {
    const folder = await begun(startFolder('chaos'));
    const ports = await freePorts(BROKERS + REDIS_NODES * 2);
    const brokerPorts = ports.slice(0, BROKERS);
    const redisPorts = ports.slice(BROKERS, BROKERS + REDIS_NODES);
    const busPorts = ports.slice(BROKERS + REDIS_NODES);
    const brokerLinks = await linksTo(brokerPorts, 'kafka');
    const redisLinks = await linksTo(redisPorts, 'redis');
    const busLinks = await linksTo(busPorts);
    const portOf = (links: readonly FaultyLink[], index: number): number => links[index]?.port ?? 0;

    const starts = [
      begun(
        startKafka({
          brokers: 3,
          listeners: brokerPorts.map((port, index) => ({ port, advertised: portOf(brokerLinks, index) })),
          log: say,
        }),
      ),
      begun(
        startRedis({
          mode: 'cluster',
          listeners: redisPorts.map((port, index) => ({
            port,
            bus: busPorts[index] ?? 0,
            announced: portOf(redisLinks, index),
            announcedBus: portOf(busLinks, index),
          })),
          log: say,
        }),
      ),
      begun(startRegistry({ log: say })),
    ] as const;
    // All, also when one fails: what has started must be known to be stopped.
    await Promise.allSettled(starts);
    const [kafka, redis, registry] = await Promise.all(starts);
    const [registryLink] = await linksTo([registry.server.port]);
    if (registryLink === undefined) throw new Error('no link to the registry');
    const throughLink = new URL(registry.url);
    throughLink.port = String(registryLink.port);

    const nodesOf = (servers: readonly Server[], links: readonly FaultyLink[], buses: readonly FaultyLink[], name: string): Node[] =>
      servers.flatMap((server, index) => {
        const link = links[index];
        return link === undefined ? [] : [{ name: `${name} ${index + 1}`, server, link, bus: buses[index] ?? null }];
      });
    const client = createClient(kafkaConfig(kafka.internal), log, {
      clientId: 'chaos',
      requestTimeout: 3_000,
      retry: { initialRetryTime: 100, retries: 3 },
    });
    const admin = client.admin();
    await admin.connect();
    stops.push(() => admin.disconnect());
    const value = clusterOf({
      brokers: nodesOf(kafka.brokers, brokerLinks, [], 'broker'),
      redis: nodesOf(redis.nodes, redisLinks, busLinks, 'redis'),
      registry: { name: 'registry', server: registry.server, link: registryLink, bus: null },
      direct: { kafka: kafka.internal, redis: redis.url, registry: registry.url },
      proxied: { kafka: kafka.bootstrap, redis: redis.url, registry: String(throughLink).replace(/\/$/, '') },
      natMap: Object.fromEntries(redisPorts.map((port, index) => [at(portOf(redisLinks, index)), { host: LOOPBACK, port }])),
      admin,
      folder,
    });
    return { value, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Parts = Pick<Cluster, 'brokers' | 'redis' | 'registry' | 'direct' | 'proxied' | 'natMap' | 'admin' | 'folder'>;

function clusterOf(parts: Parts): Cluster {
  const { brokers, redis, registry, admin } = parts;
  const up = async ({ server, link, bus }: Node): Promise<void> => {
    link.setDelay(0);
    link.delayRequests([], 0);
    if (server.pid === null) await server.restart();
    server.thaw();
    await link.resume();
    await bus?.resume();
  };
  const kafkaWhole = async (): Promise<void> => {
    await until('Kafka to be whole', WHOLE_SECONDS, async () => {
      const { topics } = await admin.fetchTopicMetadata();
      return topics.every(({ partitions }) => partitions.every(({ isr, replicas }) => isr.length === replicas.length)) ? true : undefined;
    });
  };
  const redisWhole = async (): Promise<void> => {
    await until('Redis to be whole', WHOLE_SECONDS, async () => ((await redisAgrees(redis)) ? true : undefined));
  };
  return {
    ...parts,
    up,
    down: async ({ server, link, bus }) => {
      link.cut();
      bus?.cut();
      await server.kill();
    },
    kafkaWhole,
    redisWhole,
    heal: async () => {
      await Promise.all([...brokers, ...redis, registry].map(up));
      await kafkaWhole();
      await redisWhole();
    },
  };
}

async function redisAgrees(nodes: readonly Node[]): Promise<boolean> {
  const told = await Promise.all(
    nodes.map(async ({ server: { port } }) => ({
      cluster: await redisCommand(port, 'CLUSTER INFO'),
      replication: await redisCommand(port, 'INFO replication'),
      known: await redisCommand(port, 'CLUSTER NODES'),
    })),
  );
  const replicas = told.filter(({ replication }) => replication.includes('role:slave'));
  return (
    replicas.length === nodes.length / 2 &&
    told.every(({ cluster }) => cluster.includes('cluster_state:ok')) &&
    told.every(({ known }) => !/\bfail\b|fail\?/.test(known)) &&
    replicas.every(({ replication }) => replication.includes('master_link_status:up')) &&
    told.every(({ replication }) => replication.includes('role:slave') || replication.includes('connected_slaves:1'))
  );
}
