/**
 * Apache Kafka on loopback, as one or three combined nodes (broker and controller in one process).
 * Clients use the listener CLIENT, brokers among themselves INTERNAL: so a TCP proxy can stand before the clients alone.
 */
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brokersKnownBy } from './ask.ts';
import { cached } from './cache.ts';
import { startFolder } from './folder.ts';
import { freePorts } from './ports.ts';
import { type Log, type Server, startServer } from './process.ts';
import { KAFKA_JARS, meetRequirements } from './requirements.ts';
import { type Resource, startTogether } from './resource.ts';
import { runTool } from './tool.ts';

const CLUSTER_ID = 'cmFwcG9ydC1zdGFjay0wMQ';
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
// Short start over peak speed: a small heap, the simplest collector, only the first compiler.
const JVM = ['-Xmx256m', '-Xms64m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];

export interface KafkaOptions {
  readonly brokers: 1 | 3;
  /** one for each broker: where it listens, and the port that it tells its clients (a proxy's); default: free ports, told as they are */
  readonly listeners?: readonly { readonly port: number; readonly advertised: number }[];
  /** further broker properties, e.g. `{ 'message.max.bytes': '2000000' }` */
  readonly properties?: Readonly<Record<string, string>>;
  readonly log: Log;
}

export interface Kafka {
  /** `host:port[,host:port]`, as the brokers advertise themselves */
  readonly bootstrap: string;
  /** The same brokers on the listener that they use among themselves: clients that begin there go past what stands before the others. */
  readonly internal: string;
  /** node ids 1, 2, 3 in this order */
  readonly brokers: readonly Server[];
}

/** Resolves when every broker knows all brokers. */
export async function startKafka(options: KafkaOptions): Promise<Resource<Kafka>> {
  await meetRequirements({ kafka: true }, options.log);
  const jars = await kafkaJars(options.log);
  const nodes = await nodesOf(options);
  const data = await startFolder('kafka');
  try {
    const brokers = await startTogether(nodes.map((node) => () => startBroker(node, nodes, jars, data.value, options)));
    return {
      value: {
        bootstrap: nodes.map((node) => `127.0.0.1:${node.advertised}`).join(','),
        internal: nodes.map((node) => `127.0.0.1:${node.internal}`).join(','),
        brokers: brokers.value,
      },
      stop: async () => {
        await brokers.stop();
        await data.stop();
      },
    };
  } catch (error) {
    await data.stop();
    throw error;
  }
}

interface Node {
  readonly id: number;
  readonly port: number;
  readonly advertised: number;
  readonly internal: number;
  readonly controller: number;
}

async function nodesOf(options: KafkaOptions): Promise<Node[]> {
  const ports = await freePorts(options.brokers * 3);
  const take = (): number => ports.pop() ?? 0;
  return Array.from({ length: options.brokers }, (_, index) => {
    const port = take();
    const listener = options.listeners?.[index] ?? { port, advertised: port };
    return { id: index + 1, ...listener, internal: take(), controller: take() };
  });
}

async function startBroker(
  node: Node,
  nodes: readonly Node[],
  jars: string,
  data: string,
  options: KafkaOptions,
): Promise<Resource<Server>> {
  const folder = join(data, `broker-${node.id}`);
  const properties = propertiesOf(node, nodes, join(folder, 'log'), options.properties ?? {});
  await mkdir(folder);
  await writeFile(join(folder, 'server.properties'), properties);
  await cp(await formatted(node.id, jars), join(folder, 'log'), { recursive: true });
  return startServer({
    name: `Kafka broker ${node.id}`,
    port: node.port,
    command: ['java', ...JVM, '-cp', `${jars}/*`, 'kafka.Kafka', 'server.properties'],
    folder,
    logFile: 'broker.log',
    ready: async () => (await brokersKnownBy(node.port)) === nodes.length,
    log: options.log,
  });
}

function propertiesOf(node: Node, nodes: readonly Node[], logFolder: string, more: Readonly<Record<string, string>>): string {
  const replicas = String(nodes.length);
  // With three, one may fail: two must have a record before it counts.
  const inSync = nodes.length === 3 ? '2' : '1';
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': String(node.id),
    'controller.quorum.voters': nodes.map((each) => `${each.id}@127.0.0.1:${each.controller}`).join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'INTERNAL',
    'listener.security.protocol.map': 'CLIENT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
    listeners: `CLIENT://127.0.0.1:${node.port},INTERNAL://127.0.0.1:${node.internal},CONTROLLER://127.0.0.1:${node.controller}`,
    'advertised.listeners': `CLIENT://127.0.0.1:${node.advertised},INTERNAL://127.0.0.1:${node.internal}`,
    'log.dirs': logFolder,
    'auto.create.topics.enable': 'false',
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': replicas,
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': '4',
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
    'log.cleaner.dedupe.buffer.size': '16777216',
    'log.retention.hours': '-1',
    // A killed broker is noticed within 3 s instead of 9.
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
    ...more,
  })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

/** The folder with the jars. */
function kafkaJars(log: Log): Promise<string> {
  return cached(KAFKA_JARS, async (folder) => {
    log(`downloading ${KAFKA_JARS} with Maven (43 MB, once)`);
    const pom = fileURLToPath(new URL('./kafka.pom.xml', import.meta.url));
    await runTool(['mvn', '-q', '-B', '-f', pom, COPY_DEPENDENCIES, '-DincludeScope=runtime', `-DoutputDirectory=${folder}`]);
  });
}

/** An empty log folder as Kafka's own tool formats it for this node: always the same, so it is made once and then copied (2 s saved). */
function formatted(id: number, jars: string): Promise<string> {
  return cached(`${KAFKA_JARS}-formatted-${id}`, async (folder) => {
    const node: Node = { id, port: 1, advertised: 1, internal: 2, controller: 3 };
    const config = join(folder, 'format.properties');
    await writeFile(config, propertiesOf(node, [node], folder, {}));
    await runTool(['java', ...JVM, '-cp', `${jars}/*`, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', config]);
    await rm(config);
  });
}
