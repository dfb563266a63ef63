/** The harness of `kafkaClusterContract`: three brokers, each advertised as a proxy's port, so that the client under test stays behind the proxies. */
import { startKafka } from '../../../src/stack/kafka.ts';
import { freePorts } from '../../../src/stack/ports.ts';
import type { Resource } from '../../../src/stack/resource.ts';
import type { Cluster, ClusterHarness, ClusterWorld, ClusterWorldOptions } from '../../contract/cluster-harness.ts';
import { until } from '../../contract/recorder.ts';
import { startProxy } from '../../support/proxy.ts';
import { type CreateClient, kafkaWorld, log, MAX_RECORD_BYTES } from './world.ts';

const BROKERS = 3;
const PATIENCE = 60_000;

export function clusterHarness(create: CreateClient): ClusterHarness {
  return { maxRecordBytes: MAX_RECORD_BYTES, patience: PATIENCE, cluster: () => startCluster(create) };
}

async function startCluster(create: CreateClient): Promise<Resource<Cluster>> {
  const proxies = await Promise.all((await freePorts(BROKERS)).map((port) => proxyTo(port)));
  const stopProxies = () => Promise.all(proxies.map(({ proxy }) => proxy.stop()));
  const listeners = proxies.map(({ port, proxy }) => ({ port, advertised: proxy.value.port }));
  const kafka = await startKafka({ brokers: BROKERS, listeners, log: (line) => log.info(line) }).catch(async (error: unknown) => {
    await stopProxies();
    throw error;
  });
  const { bootstrap, internal, brokers } = kafka.value;
  return {
    value: {
      broker(number) {
        const [server, proxied] = [brokers[number - 1], proxies[number - 1]];
        if (server === undefined || proxied === undefined) throw new Error(`there is no broker ${number}`);
        return { server, link: proxied.proxy.value };
      },
      world: (options) => worldOf(create, internal, bootstrap, options),
    },
    async stop() {
      await kafka.stop();
      await stopProxies();
    },
  };
}

const proxyTo = async (port: number) => ({ port, proxy: await startProxy({ to: { host: '127.0.0.1', port } }) });

async function worldOf(
  create: CreateClient,
  internal: string,
  behind: string,
  { transactionTimeoutMs, ...options }: ClusterWorldOptions = {},
): Promise<ClusterWorld> {
  const settings = transactionTimeoutMs === undefined ? {} : { transactionTimeoutMs };
  const world = await kafkaWorld(internal, { ...options, create, behind, settings });
  const admin = world.client.admin();
  await admin.connect();
  return {
    ...world,
    client: () => world.another(),
    async leader({ topic, partition }) {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return topics[0]?.partitions.find(({ partitionId }) => partitionId === partition)?.leader ?? -1;
    },
    async move(topic, to) {
      const partitionAssignment = to.map((broker, partition) => ({ partition, replicas: [broker] }));
      await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] });
      await until('the move', PATIENCE, async () => (await admin.listPartitionReassignments({})).topics.length === 0);
    },
    async inSync() {
      const { topics } = await admin.fetchTopicMetadata();
      return topics.every(({ partitions }) => partitions.every(({ isr, replicas }) => isr.length === replicas.length));
    },
    async stop() {
      await admin.disconnect();
      await world.stop();
    },
  };
}
