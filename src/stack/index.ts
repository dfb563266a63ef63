/**
 * The local stack for the demo, the tests and `rapport stack up`: real Kafka, real Redis, a real schema registry.
 * Each is taken from the first of these that there is: an address in the environment, a running Docker engine, a child process.
 * Fault tests that need single nodes in their hands use startKafka, startRedis and startRegistry directly.
 */
import { type Addresses, dockerRuns, startContainers } from './docker.ts';
import { startKafka } from './kafka.ts';
import type { Log } from './process.ts';
import { startRedis } from './redis.ts';
import { startRegistry } from './registry.ts';
import { meetRequirements, type Needs } from './requirements.ts';
import { type Resource, startTogether } from './resource.ts';

export interface StackOptions {
  readonly brokers: 1 | 3;
  readonly redis: 'single' | 'cluster';
  /** progress, one line at a time; silent as far as possible when nothing has to be downloaded */
  readonly log: Log;
}

export interface Stack extends Addresses {
  /** which of them came from the environment: someone else's servers, on which others may live too */
  readonly given: Needs;
}

/**
 * The addresses, each as its environment variable takes it: `kafka` = `host:port[,host:port]`, `redis` = `redis://host:port[,redis://host:port…]`,
 * `registry` = base URL with its path. Rejects with one error that names what is missing and the cure.
 */
export async function stackUp(options: StackOptions): Promise<Resource<Stack>> {
  const fromEnvironment = {
    kafka: process.env.RAPPORT_KAFKA_BROKERS || undefined,
    redis: process.env.RAPPORT_REDIS_URL || undefined,
    registry: process.env.RAPPORT_REGISTRY_URL || undefined,
  };
  const given = {
    kafka: fromEnvironment.kafka !== undefined,
    redis: fromEnvironment.redis !== undefined,
    registry: fromEnvironment.registry !== undefined,
  };
  const needs = { kafka: !given.kafka, redis: !given.redis, registry: !given.registry };
  const started = await startWhat(needs, options);
  const value = {
    kafka: fromEnvironment.kafka ?? started.value.kafka ?? '',
    redis: fromEnvironment.redis ?? started.value.redis ?? '',
    registry: fromEnvironment.registry ?? started.value.registry ?? '',
    given,
  };
  return { value, stop: started.stop };
}

async function startWhat(needs: Needs, options: StackOptions): Promise<Resource<Partial<Addresses>>> {
  if (!needs.kafka && !needs.redis && !needs.registry) return { value: {}, stop: async () => undefined };
  // The compose file knows the plain stack; several nodes are for faults, which want processes that can be frozen and killed.
  const plain = options.brokers === 1 && options.redis === 'single';
  if (plain && (await dockerRuns())) {
    try {
      return await startContainers(needs, options.log);
    } catch (error) {
      options.log(
        `docker compose did not succeed, going on with child processes: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }
  return startProcesses(needs, options);
}

async function startProcesses(needs: Needs, options: StackOptions): Promise<Resource<Partial<Addresses>>> {
  const { log } = options;
  await meetRequirements(needs, log);
  const starts: (() => Promise<Resource<Partial<Addresses>>>)[] = [];
  if (needs.kafka) {
    starts.push(async () => renamed(await startKafka({ brokers: options.brokers, log }), (kafka) => ({ kafka: kafka.bootstrap })));
  }
  if (needs.redis) starts.push(async () => renamed(await startRedis({ mode: options.redis, log }), (redis) => ({ redis: redis.url })));
  if (needs.registry) starts.push(async () => renamed(await startRegistry({ log }), (registry) => ({ registry: registry.url })));
  return renamed(await startTogether(starts), (parts) => Object.assign({}, ...parts));
}

const renamed = <A, B>(resource: Resource<A>, toValue: (value: A) => B): Resource<B> => ({
  value: toValue(resource.value),
  stop: resource.stop,
});
