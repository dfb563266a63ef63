/**
 * An application of its own on real servers, as its users meet it: topics and schemas, events fed in, workers as processes, outputs read
 * read_committed to the end, states from Redis. All that it made is removed at the end.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { pino } from 'pino';
import { createAdmin, createPlainProducer, type KafkaAdmin, type PlainProducer, type PlainRecord } from '../../src/adapters/kafka/index.ts';
import { unpackStored } from '../../src/adapters/redis/bytes.ts';
import { Connection } from '../../src/adapters/redis/connection.ts';
import { customerPrefix, dueKey, keysOf } from '../../src/adapters/redis/keys.ts';
import { mastersOf } from '../../src/adapters/redis/server.ts';
import { startRedis } from '../../src/adapters/redis/start.ts';
import type { RedisStore } from '../../src/adapters/redis/store.ts';
import { type EncodeInput, type Registry, startRegistry } from '../../src/adapters/registry/index.ts';
import { createTopics } from '../../src/cli/topics.ts';
import { decodeHeader } from '../../src/codec/journal.ts';
import { murmur2 } from '../../src/codec/murmur2.ts';
import { decodeState } from '../../src/codec/state.ts';
import { isReserved } from '../../src/codec/totals.ts';
import type { Config, SourceConfig } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { CustomerState } from '../../src/domain/customer.ts';
import type { CustomerId, Instant } from '../../src/domain/ids.ts';
import type { JournalHeader } from '../../src/engine/journal.ts';
import type { Decoder, DueCustomer, Encoder, Meta, Stored } from '../../src/engine/ports.ts';
import type { TypedRecord } from '../../src/sources/index.ts';
import type { Resource } from '../../src/stack/resource.ts';
import { until } from '../../src/stack/until.ts';
import type { StoreImage } from '../checker/evidence.ts';
import { type Outputs, readOutputs, readTopic, type Taken } from './outputs.ts';
import { WorkerProcess } from './worker-process.ts';

export interface Servers {
  readonly kafka: string;
  readonly redis: string;
  readonly registry: string;
}

export interface ApplicationOptions {
  /** 4 unless given */
  readonly shards?: number;
  /** partitions of each input topic; as many as there are shards unless given */
  readonly inputPartitions?: number;
  /** whether the inputs' timestamps are the brokers' append times, not what producers say, and every record is kept; false unless given */
  readonly appendTime?: boolean;
  readonly servers: Servers;
  /** other addresses of them for the workers: those of a proxy */
  readonly reachedAt?: Partial<Servers>;
  /** further text of the configuration file; `APP` in it becomes the application id */
  readonly file?: string;
  /** text of a policy file; the preset retail unless given */
  readonly policy?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Where a shard stands in Redis. */
interface Applied {
  readonly meta: Meta;
  readonly header: JournalHeader;
}

/** An event, or bytes that stand for one. `broken`: one that nobody may take. */
export type Sendable = TypedRecord & { readonly raw?: Uint8Array; readonly broken?: string };

/** The header of a record that no decoder or fold may take. */
export const POISON = 'test-poison';

const FEED_RECORDS = 2_000;
const log = pino({ level: process.env.RAPPORT_TEST_LOG ?? 'silent' });

/** Kafka's default partitioner. */
export const partitionOf = (key: string | Buffer, partitions: number): number => (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;

export class Application {
  readonly config: Config;
  /** what its processes see */
  readonly environment: Readonly<Record<string, string>>;
  readonly admin: KafkaAdmin;
  readonly store: RedisStore;
  readonly producer: PlainProducer;
  readonly encode: EncodeInput;
  /** as its workers have them */
  readonly decoder: Decoder;
  readonly encoder: Encoder;
  readonly #redis: Redis;
  readonly #workers: WorkerProcess[] = [];
  readonly #resources: readonly { stop(): Promise<void> }[];
  readonly #removeSubjects: () => Promise<void>;

  private constructor(
    config: Config,
    environment: Readonly<Record<string, string>>,
    parts: {
      readonly admin: Resource<KafkaAdmin>;
      readonly redis: Resource<RedisStore>;
      readonly producer: Resource<PlainProducer>;
      readonly registry: Resource<Registry>;
      readonly folder: string;
      readonly encode: EncodeInput;
    },
  ) {
    this.config = config;
    this.environment = environment;
    this.admin = parts.admin.value;
    this.store = parts.redis.value;
    this.producer = parts.producer.value;
    this.encode = parts.encode;
    this.decoder = parts.registry.value.decoder;
    this.encoder = parts.registry.value.encoder;
    this.#removeSubjects = () => parts.registry.value.removeSubjects();
    const [node] = config.redis.nodes;
    this.#redis = new Redis({ ...node, lazyConnect: true, retryStrategy: () => 50 });
    this.#redis.on('error', () => undefined); // each call says so itself
    const folder = { stop: () => rm(parts.folder, { recursive: true }) };
    this.#resources = [parts.admin, parts.redis, parts.producer, parts.registry, folder];
  }

  /** Creates topics and schemas, as `rapport topics create` does. */
  static async create(options: ApplicationOptions): Promise<Application> {
    const { servers } = options;
    const applicationId = `e2e-${randomUUID().slice(0, 8)}`;
    const folder = await mkdtemp(join(tmpdir(), 'rapport-e2e-'));
    const file = join(folder, 'rapport.yaml');
    const policy = options.policy === undefined ? '' : 'policy: policy.yaml\n';
    await writeFile(join(folder, 'policy.yaml'), options.policy ?? '');
    await writeFile(file, `applicationId: ${applicationId}\n${policy}${(options.file ?? '').replaceAll('APP', applicationId)}`);
    const own = {
      RAPPORT_CONFIG: file,
      RAPPORT_SHARDS: String(options.shards ?? 4),
      RAPPORT_SESSION_TIMEOUT_MS: '2000',
      RAPPORT_TRANSACTION_TIMEOUT_MS: '5000',
      ...options.environment,
    };
    const config = await loadConfig({ ...own, ...variablesOf(servers) });
    const admin = createAdmin(config, log);
    const redis = await startRedis(config.redis, applicationId, log);
    // The registry trips over others who register and remove the same schemas meanwhile; a worker tries again, too.
    const registry = await until('the schemas of the outputs', 30, () => startRegistry(config));
    const { inputPartitions, appendTime } = options;
    const configs: Record<string, string> = appendTime ? { 'message.timestamp.type': 'LogAppendTime', 'retention.ms': '-1' } : {};
    if (inputPartitions !== undefined || appendTime) {
      const partitions = inputPartitions ?? config.shards;
      await admin.value.ensureTopics(config.sources.map(({ topic }) => ({ topic, partitions, configs })));
    }
    await createTopics(admin.value, config, '-1');
    const encode = await until('the schemas of the inputs', 30, () => registry.value.inputs());
    const producer = await createPlainProducer(config, log);
    const environment = { ...own, ...variablesOf({ ...servers, ...options.reachedAt }) };
    return new Application(config, environment, { admin, redis, producer, registry, folder, encode });
  }

  get id(): string {
    return this.config.applicationId;
  }

  /** A worker, or another command, as a process. */
  start(args: readonly string[] = ['run'], environment: Readonly<Record<string, string>> = {}): WorkerProcess {
    const worker = new WorkerProcess({ ...this.environment, ...environment }, args);
    this.#workers.push(worker);
    return worker;
  }

  sourceOf(type: TypedRecord['type']): SourceConfig {
    const source = this.config.sources.find((each) => each.type === type);
    if (source === undefined) throw new Error(`no source of ${type}`);
    return source;
  }

  /** Sends events in their order, to the partition of their key by Kafka's default partitioner. Returns how many. */
  async feed(events: Iterable<Sendable>, keyOf: (event: TypedRecord) => string = ({ record }) => record.customerId): Promise<number> {
    const counts = new Map<string, number>();
    for (const { topic } of this.config.sources) counts.set(topic, (await this.admin.ends(topic)).length);
    let waiting = new Map<string, PlainRecord[]>();
    let count = 0;
    let sent = 0;
    const flush = async (): Promise<void> => {
      await Promise.all([...waiting].map(([topic, records]) => this.producer.produce(topic, records)));
      waiting = new Map();
      sent += count;
      count = 0;
    };
    for (const event of events) {
      const source = this.sourceOf(event.type);
      const key = Buffer.from(keyOf(event));
      const value = event.raw === undefined ? this.encode(source, event) : Buffer.from(event.raw);
      const records = waiting.get(source.topic) ?? [];
      waiting.set(source.topic, records);
      const headers = event.broken === undefined ? {} : { [POISON]: Buffer.from(event.broken) };
      records.push({ partition: partitionOf(key, counts.get(source.topic) ?? 1), key, value, headers });
      count += 1;
      if (count >= FEED_RECORDS) await flush();
    }
    await flush();
    return sent;
  }

  /** Input records that have been applied to Redis; what has not been claimed yet counts as 0. */
  async progress(): Promise<number> {
    return (await this.progressOf()).reduce((sum, each) => sum + each, 0);
  }

  /** The same for each shard. */
  async progressOf(): Promise<number[]> {
    const inputs = new Set(this.config.sources.map(({ topic }) => topic));
    return (await this.applied()).map((shard) =>
      (shard?.header.positions ?? []).reduce((sum, { topic, next }) => sum + (inputs.has(topic) ? next : 0), 0),
    );
  }

  /** Waits until this share of the input records has been applied, the worker living; fails when all have. */
  async reaches(share: number, worker: WorkerProcess, seconds = 60): Promise<void> {
    const total = (await this.lengths()).reduce((sum, each) => sum + each, 0);
    const over = new AbortController();
    void worker.ended.then(({ code, stderr }) => over.abort(new Error(`the worker ended with ${code}: ${stderr} ${last(worker)}`)));
    let progress = 0;
    await until(
      `${share * 100} % of the events`,
      seconds,
      async () => {
        progress = await this.progress();
        return progress >= share * total ? true : undefined;
      },
      over,
    );
    if (progress >= total) throw new Error('the history is too short: it has already come to its end');
  }

  /** Input records of each shard. */
  async lengths(): Promise<number[]> {
    const lengths = Array.from({ length: this.config.shards }, () => 0);
    for (const { topic } of this.config.sources) {
      for (const [partition, { end }] of (await this.admin.ends(topic)).entries()) {
        const shard = partition % lengths.length;
        lengths[shard] = (lengths[shard] ?? 0) + end;
      }
    }
    return lengths;
  }

  /** Where each shard stands in Redis; null where there is nothing. */
  applied(): Promise<(Applied | null)[]> {
    return Promise.all(
      Array.from({ length: this.config.shards }, async (_, shard) => {
        const meta = await this.store.meta(shard);
        return meta === null || meta.header.length === 0 ? null : { meta, header: decodeHeader(meta.header.subarray(8)) };
      }),
    );
  }

  /**
   * Waits until all that is in the inputs and in reroute is committed and applied, and every timer due up to `instant` has fired. The workers named
   * must live meanwhile.
   */
  async drained(instant: number, seconds: number, workers: readonly WorkerProcess[] = []): Promise<void> {
    const gone = new AbortController();
    for (const worker of workers) {
      void worker.ended.then(({ code, stderr }) => gone.abort(new Error(`a worker ended with ${code}: ${stderr} ${last(worker)}`)));
    }
    let waitsFor = 'nothing';
    await until(
      `${this.id} to be drained`,
      seconds,
      async () => {
        waitsFor = (await this.#waitsFor(instant as Instant)) ?? '';
        return waitsFor === '' ? true : undefined;
      },
      { signal: gone.signal },
    ).catch((cause: unknown) => {
      throw gone.signal.aborted ? cause : new Error(`not drained: ${waitsFor}; ${workers.map(last).join('\n')}`, { cause });
    });
  }

  /** What is not drained yet; null when everything is. */
  async #waitsFor(instant: Instant): Promise<string | null> {
    const { topics, sources, shards: count } = this.config;
    const names = sources.map(({ topic }) => topic);
    const ends = new Map(
      await Promise.all([topics.journal, ...names].map(async (topic) => [topic, await this.admin.ends(topic)] as const)),
    );
    const applied = await this.applied();
    for (const [shard, at] of applied.entries()) {
      if (at === null) return `shard ${shard} has not been claimed`;
      const next = new Map(at.header.positions.map((position) => [`${position.topic}-${position.partition}`, position.next]));
      for (const topic of names) {
        for (const [partition, { end }] of (ends.get(topic) ?? []).entries()) {
          const position = next.get(`${topic}-${partition}`) ?? 0;
          if (partition % count === shard && position < end) return `${topic}-${partition} at ${position} of ${end}`;
        }
      }
      // Behind the last step stands its transaction's marker.
      const journal = ends.get(topics.journal)?.[shard]?.end ?? 0;
      if (at.meta.next < journal - 1) return `journal of ${shard} applied to ${at.meta.next} of ${journal}`;
      const { due } = await this.store.load(shard, at.meta.generation, [], instant, 1);
      if (due.length > 0) return `a timer of shard ${shard}`;
    }
    return this.#rerouteWaits(applied);
  }

  /** Reroute's end counts markers, which no position need have passed: so its records are what is looked at. */
  async #rerouteWaits(applied: readonly (Applied | null)[]): Promise<string | null> {
    const { reroute } = this.config.topics;
    const position = (shard: number): number => applied[shard]?.header.positions.find(({ topic }) => topic === reroute)?.next ?? 0;
    const ends = await this.admin.ends(reroute);
    if (ends.every(({ end }, shard) => end <= position(shard))) return null;
    const waiting = (await this.read(reroute)).filter(({ partition, record }) => record.offset >= position(partition));
    return waiting.length > 0 ? `${waiting.length} rerouted records` : null;
  }

  /** All committed records of a topic, partition by partition in log order. */
  read(topic: string): Promise<Taken[]> {
    return readTopic(this, topic);
  }

  outputs(): Promise<Outputs> {
    return readOutputs(this);
  }

  /** The state of every customer in Redis; not the totals. */
  async states(): Promise<Map<string, CustomerState>> {
    const states = new Map<string, CustomerState>();
    for (const [shard, at] of (await this.applied()).entries()) {
      if (at === null) continue;
      const prefix = `{${this.id}:${shard}}:${at.meta.generation}:c:`;
      const keys = await this.#redis.keys(`${prefix.replaceAll(/[{}[\]*?\\^-]/g, '\\$&')}*`);
      const values = keys.length === 0 ? [] : await this.#redis.mgetBuffer(keys);
      for (const [i, key] of keys.entries()) {
        const value = values[i];
        const id = key.slice(prefix.length);
        if (value && !isReserved(id)) states.set(id, decodeState(id as CustomerId, value.subarray(8)));
      }
    }
    return states;
  }

  /** The whole current generation of every shard, totals too, of one server or a cluster; null where there is none. Nothing must be written meanwhile. */
  async stores(): Promise<(StoreImage | null)[]> {
    const connection = new Connection(this.config.redis, { command: 5_000, connect: 5_000 });
    try {
      const client = await connection.client();
      const images: (StoreImage | null)[] = [];
      for (let shard = 0; shard < this.config.shards; shard++) {
        const meta = await this.store.meta(shard);
        if (meta === null) {
          images.push(null);
          continue;
        }
        const keys = keysOf(this.id, shard);
        const prefix = customerPrefix(keys, meta.generation);
        const found: string[] = [];
        for (const master of mastersOf(client)) {
          const escaped = prefix.replaceAll(/[[\]*?\\^-]/g, '\\$&');
          for await (const some of master.scanStream({ match: `${escaped}*`, count: 1_000 })) found.push(...(some as string[]));
        }
        const states = new Map<CustomerId, Stored>();
        for (let i = 0; i < found.length; i += 500) {
          const names = found.slice(i, i + 500);
          const values = await client.mgetBuffer(names);
          for (const [j, name] of names.entries()) {
            const value = values[j];
            if (value) states.set(name.slice(prefix.length) as CustomerId, unpackStored(value));
          }
        }
        const timers = await client.zrangebyscore(dueKey(keys, meta.generation), '-inf', '+inf', 'WITHSCORES');
        const due: DueCustomer[] = [];
        for (let i = 0; i + 1 < timers.length; i += 2) {
          due.push({ customer: timers[i] as CustomerId, due: Number(timers[i + 1]) as Instant });
        }
        images.push({ meta, states, due });
      }
      return images;
    } finally {
      await connection.stop();
    }
  }

  /** Ends its processes and removes its topics, group, keys and subjects. */
  async stop(): Promise<void> {
    for (const worker of this.#workers) worker.signal('SIGCONT');
    await Promise.all(this.#workers.map((worker) => worker.kill()));
    await this.admin.deleteTopics([...Object.values(this.config.topics), ...this.config.sources.map(({ topic }) => topic)]);
    // A member that was killed holds the group until its session has run out.
    await until('the group to be removed', 20, async () => {
      await this.admin.deleteGroup(this.id);
      return true;
    });
    await this.store.removeAll();
    await until('the subjects to be removed', 20, async () => {
      await this.#removeSubjects();
      return true;
    });
    this.#redis.disconnect();
    for (const resource of this.#resources) await resource.stop();
  }
}

const variablesOf = ({ kafka, redis, registry }: Servers) => ({
  RAPPORT_KAFKA_BROKERS: kafka,
  RAPPORT_REDIS_URL: redis,
  RAPPORT_REGISTRY_URL: registry,
});

const last = (worker: WorkerProcess): string => JSON.stringify(worker.lines().slice(-8));
