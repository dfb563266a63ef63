/**
 * One broker, one Redis, one registry, started for this run alone: their CPU and bytes are part of the result, so servers given in the environment are
 * not used. Kafka's JVM gets 1 GiB, the full compiler and its usual collector; src/stack starts it small for tests, so the JVM is told by its environment.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { startKafka } from '../src/stack/kafka.ts';
import type { Log } from '../src/stack/process.ts';
import { startRedis } from '../src/stack/redis.ts';
import { startRegistry } from '../src/stack/registry.ts';
import type { Resource } from '../src/stack/resource.ts';
import { redisInfo } from './redis.ts';

/** Read by the JVM after its command line, which it so overrides. */
const JVM_VARIABLE = '_JAVA_OPTIONS';
const BROKER_JVM = '-Xmx1g -Xms512m -XX:-UseSerialGC -XX:+UseG1GC -XX:TieredStopAtLevel=4';

export interface Servers {
  readonly kafka: string;
  readonly redis: string;
  readonly registry: string;
  readonly brokerPid: number;
  readonly redisPid: number;
  readonly redisPort: number;
  /** Bytes of the logs that topics of these prefixes, and the broker's own for offsets and transactions, hold on disk: by file. */
  logs(prefix: string): Promise<Map<string, number>>;
}

export async function startServers(log: Log): Promise<Resource<Servers>> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).toReversed()) await each();
  };
  try {
    const before = process.env[JVM_VARIABLE];
    process.env[JVM_VARIABLE] = BROKER_JVM;
    const kafka = await startKafka({ brokers: 1, log }).finally(() => {
      if (before === undefined) delete process.env[JVM_VARIABLE];
      else process.env[JVM_VARIABLE] = before;
    });
    stops.push(kafka.stop);
    const redis = await startRedis({ mode: 'single', log });
    stops.push(redis.stop);
    const registry = await startRegistry({ log });
    stops.push(registry.stop);
    const [broker] = kafka.value.brokers;
    const [node] = redis.value.nodes;
    if (broker?.pid == null || node?.pid == null) throw new Error('a server has ended');
    const brokerPid = broker.pid;
    const value: Servers = {
      kafka: kafka.value.bootstrap,
      redis: redis.value.url,
      registry: registry.value.url,
      brokerPid,
      redisPid: node.pid,
      redisPort: node.port,
      logs: (prefix) => logsOf(`/proc/${brokerPid}/cwd/log`, prefix),
    };
    await redisInfo(node.port, 'total_net_input_bytes');
    return { value, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function logsOf(folder: string, prefix: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for (const name of await readdir(folder)) {
    const counts = name.startsWith(`${prefix}.`) || name.startsWith(`${prefix}-`) || name.startsWith('__');
    if (!counts) continue;
    // A topic may be removed, and a segment deleted, between one question and the next.
    for (const file of await readdir(join(folder, name)).catch(() => [])) {
      if (!file.endsWith('.log')) continue;
      const size = await stat(join(folder, name, file)).then(
        (found) => found.size,
        () => null,
      );
      if (size !== null) sizes.set(`${name}/${file}`, size);
    }
  }
  return sizes;
}
