/**
 * One run of one peer over loaded inputs, measured. The clock is the same for all: it starts when the process says that it processes (rapport: it
 * holds its first shard; Kafka Streams: state RUNNING; naive: it has joined its group), so that starting node or a JVM is left out alike, and stops when the changes of all
 * sentinels are in the hands of a read_committed reader. CPU is of the same span.
 */

import { type Resource, startTogether } from '../src/stack/resource.ts';
import type { Application } from './application.ts';
import type { Peer } from './peers/peer.ts';
import { cpuSeconds, peakMemory } from './proc.ts';
import type { PeerProcess } from './process.ts';
import { redisInfo } from './redis.ts';
import type { Servers } from './servers.ts';
import { pause, stalled, watchSentinels } from './watch.ts';

export interface Run {
  readonly peer: string;
  readonly events: number;
  readonly seconds: number;
  /** CPU seconds, user and system */
  readonly cpu: { readonly worker: number; readonly broker: number; readonly redis: number };
  /** bytes: the most that the worker held at once; of several, that of the largest */
  readonly memory: number;
  /** bytes written by the run: to the logs of its own topics and the broker's, and sent to Redis */
  readonly bytes: { readonly kafka: number; readonly redis: number };
  /** changes of group */
  readonly changes: number;
}

/** nothing committed for so long is a failure */
const STALL_SECONDS = 90;
/** of quiet, after which a run has written what it will */
const QUIET_MS = 2_000;
const QUIET_MOST_MS = 60_000;

export interface Measured {
  readonly peer: Peer;
  readonly app: Application;
  readonly servers: Servers;
  readonly events: number;
  /** processes side by side; 1 unless given. The clock starts with the first that processes */
  readonly workers?: number;
  /** of the sentinels that stand at the end */
  readonly tag?: string;
}

/** Runs it from an empty application to the end of the inputs. Rejects when the peer dies or stops moving. */
export async function measure({ peer, app, servers, events, workers: count = 1, tag = '' }: Measured): Promise<Run> {
  const over = new AbortController();
  const watch = await watchSentinels(app, tag);
  const written = new Written(servers, app.config.applicationId);
  await written.begin();
  const redisBefore = await redisInfo(servers.redisPort, 'total_net_input_bytes');
  try {
    const { value: workers, stop } = await startTogether(Array.from({ length: count }, () => () => startOne(peer, app, servers)));
    try {
      const pids = workers.map(({ process: { pid } }) => pid);
      const died = Promise.race(workers.map(({ process }) => process.died));
      const [first] = workers.toSorted((a, b) => a.process.readyAt - b.process.readyAt);
      if (first === undefined) throw new Error('nobody works');
      const startedAt = first.process.readyAt;
      const before = { ...first.usage, worker: workers.reduce((sum, { usage }) => sum + usage.worker, 0) };
      const sampling = written.sample(over.signal);
      const committed = stalled(`${peer.name} over ${events} events`, () => written.bytes, STALL_SECONDS, over.signal);
      const endedAt = await Promise.race([watch.over, died, committed, sampling]);
      const after = await usageOf(pids, servers);
      const memory = Math.max(...(await Promise.all(pids.map(peakMemory))));
      await Promise.race([quietOutputs(app), died]);
      await written.look();
      const redis = (await redisInfo(servers.redisPort, 'total_net_input_bytes')) - redisBefore;
      return {
        peer: peer.name,
        events,
        seconds: (endedAt - startedAt) / 1_000,
        cpu: { worker: after.worker - before.worker, broker: after.broker - before.broker, redis: after.redis - before.redis },
        memory,
        bytes: { kafka: written.bytes, redis },
        changes: watch.changes(),
      };
    } finally {
      over.abort();
      await stop();
    }
  } finally {
    await watch.stop();
  }
}

/** A worker, and what it and the servers had used when it was ready. */
interface Started {
  readonly process: PeerProcess;
  readonly usage: Awaited<ReturnType<typeof usageOf>>;
}

async function startOne(peer: Peer, app: Application, servers: Servers): Promise<Resource<Started>> {
  const started = await peer.start(app);
  const value = { process: started, usage: await usageOf([started.pid], servers) };
  return { value, stop: () => started.stop() };
}

async function usageOf(pids: readonly number[], { brokerPid, redisPid }: Servers) {
  const [broker = 0, redis = 0, ...workers] = await Promise.all([brokerPid, redisPid, ...pids].map(cpuSeconds));
  return { worker: workers.reduce((sum, each) => sum + each, 0), broker, redis };
}

/** Waits until the outputs have not grown for two seconds: timers of the last events may still be firing. A minute at most, since life goes on. */
async function quietOutputs({ admin, config }: Application): Promise<void> {
  const { segmentChanges, alerts, profiles } = config.topics;
  const deadline = performance.now() + QUIET_MOST_MS;
  let last = -1;
  while (performance.now() < deadline) {
    const ends = await Promise.all([segmentChanges, alerts, profiles].map((topic) => admin.ends(topic)));
    const sum = ends.flat().reduce((total, { end }) => total + end, 0);
    if (sum === last) return;
    last = sum;
    await pause(QUIET_MS);
  }
}

/** Bytes in the logs of a run: of each file the most that it ever held, so that what is deleted meanwhile counts too. */
class Written {
  readonly #servers: Servers;
  readonly #prefix: string;
  readonly #before = new Map<string, number>();
  readonly #most = new Map<string, number>();

  constructor(servers: Servers, prefix: string) {
    this.#servers = servers;
    this.#prefix = prefix;
  }

  async begin(): Promise<void> {
    for (const [file, size] of await this.#servers.logs(this.#prefix)) this.#before.set(file, size);
  }

  async look(): Promise<void> {
    for (const [file, size] of await this.#servers.logs(this.#prefix)) this.#most.set(file, Math.max(size, this.#most.get(file) ?? 0));
  }

  /** Looks once a second until it is over; never resolves. */
  async sample(over: AbortSignal): Promise<never> {
    while (!over.aborted) {
      await this.look();
      await pause(1_000, over);
    }
    return new Promise(() => undefined);
  }

  get bytes(): number {
    let sum = 0;
    for (const [file, size] of this.#most) sum += size - (this.#before.get(file) ?? 0);
    return sum;
  }
}
