/**
 * `rapport/testing`: the whole engine in memory, for tests of policies and of what is built on the topics. Pipe records, let time pass, read the
 * outputs; kill a worker, lose Redis, restore it. No broker, no clock but yours, and the code that runs in production.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { ManualClock } from './adapters/memory/clock.ts';
import { MemoryKafka } from './adapters/memory/kafka.ts';
import { memoryLogs } from './adapters/memory/logs.ts';
import { type MemorySinks, memorySinks } from './adapters/memory/sinks.ts';
import { MemorySource } from './adapters/memory/source.ts';
import { MemoryStore } from './adapters/memory/store.ts';
import { localCodec, readOutput } from './codec/local.ts';
import { shardOf } from './codec/murmur2.ts';
import type { EventType, SourceConfig } from './config/config.ts';
import { commandSource, topicsOf } from './config/topics.ts';
import type { CustomerId } from './domain/ids.ts';
import type { Policy } from './domain/policy.ts';
import { presets } from './domain/presets.ts';
import { type Engine, LIMITS, type Limits, type Ports, type Settings, type StepReport, type Watch } from './engine/engine.ts';
import type { Logger } from './engine/ports.ts';
import type { PublisherOf } from './engine/publication.ts';
import { publishKpis } from './engine/publisher.ts';
import { Worker, type WorkerOptions } from './engine/worker.ts';
import type { InputRecord } from './sources/index.ts';

export { ManualClock, MemoryKafka, MemoryStore };

export interface DriverOptions {
  /** the application's id; `test` unless given */
  readonly application?: string;
  /** N; 1 unless given */
  readonly shards?: number;
  readonly policy?: Policy;
  /** partitions of each source topic; N unless given */
  readonly partitions?: number;
  readonly keyedByCustomer?: boolean;
  /** the clock's first instant, ms since the epoch */
  readonly start?: number;
  readonly guardMs?: number;
  /** records in one fetch at most */
  readonly batchSize?: number;
  readonly log?: Logger;
  /** publish KPIs and the alerts about the business, too, in steps of their own; not unless said */
  readonly kpis?: boolean;
  /** smaller bounds show more steps */
  readonly limits?: Partial<Limits>;
}

/** What one worker has otherwise than the driver's others. */
export interface WorkerOverrides {
  /** Puts something between the engine and its ports: recorders, delays, faults. */
  readonly ports?: (ports: Ports) => Ports;
  readonly settings?: Partial<Settings>;
  readonly accept?: NonNullable<WorkerOptions['accept']>;
  readonly publisherOf?: PublisherOf;
  readonly watch?: Watch;
}

export interface DriverWorker {
  readonly worker: Worker;
  /** shards in the order in which this worker took them over; one that is taken over again stands here again */
  readonly takeovers: readonly number[];
  readonly sinks: MemorySinks;
  readonly source: MemorySource;
  /** Vanishes between two awaits, as a killed process does. */
  kill(): void;
  /** rejects with what broke the worker */
  readonly ended: Promise<void>;
}

const TYPES: readonly EventType[] = ['purchase', 'support', 'survey', 'engagement'];
const silent: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

export class TestDriver {
  readonly clock: ManualClock;
  readonly kafka: MemoryKafka;
  readonly store: MemoryStore;
  readonly settings: Settings;
  readonly reports: StepReport[] = [];
  readonly #options: DriverOptions;
  readonly #workers = new Set<DriverWorker>();
  readonly #codec;

  /**
   * @param of another driver, whose clock, topics and store it goes on with, its workers stopped: a new release, with other bounds; or, under another id, another application
   * over the same inputs
   */
  constructor(options: DriverOptions = {}, of?: TestDriver) {
    this.#options = options;
    const shards = options.shards ?? 1;
    const applicationId = options.application ?? 'test';
    const same = of !== undefined && of.settings.applicationId === applicationId;
    this.clock = of?.clock ?? new ManualClock(options.start ?? Date.UTC(2026, 0, 1));
    this.kafka = of?.kafka ?? new MemoryKafka(() => this.clock.wall());
    this.store = same ? of.store : new MemoryStore();
    const { keyedByCustomer = true } = options;
    const sources: SourceConfig[] = TYPES.map((type) => ({ type, topic: `test.${type}`, format: 'avro', keyedByCustomer }));
    sources.push({ ...commandSource(applicationId), keyedByCustomer });
    const topics = topicsOf(applicationId);
    this.settings = {
      applicationId,
      shards,
      sources,
      topics,
      policy: options.policy ?? presets.retail,
      policyHash: 'test',
      policyText: 'test',
      guardMs: options.guardMs ?? 2_000,
      transactionTimeoutMs: 10_000,
    };
    this.#codec = localCodec({ ...this.settings, ...(of !== undefined && { identity: of.settings.applicationId }) });
    if (same) return;
    for (const [name, topic] of Object.entries(topics))
      this.kafka.createTopic(topic, shards, { appendTime: name === 'journal', maxMessageBytes: 4 << 20 });
    for (const { topic, type } of sources)
      if (of === undefined || type === 'command') this.kafka.createTopic(topic, options.partitions ?? shards);
  }

  get workers(): ReadonlySet<DriverWorker> {
    return this.#workers;
  }

  /** Starts a worker; several share the shards. */
  async start(overrides: WorkerOverrides = {}): Promise<DriverWorker> {
    const { kafka, clock, store } = this;
    const settings = { ...this.settings, ...overrides.settings };
    const topics = [...settings.sources.map(({ topic }) => topic), settings.topics.reroute, settings.topics.journal];
    const source = new MemorySource(kafka, {
      group: settings.applicationId,
      topics,
      shards: settings.shards,
      clock,
      batchSize: this.#options.batchSize ?? 500,
    });
    const sinks = memorySinks(kafka, settings.applicationId, settings.topics.journal);
    const { decoder, encoder } = this.#codec;
    const log = this.#options.log ?? silent;
    const ports: Ports = { source, sinks, logs: memoryLogs(kafka, settings.applicationId), store, decoder, encoder, clock, log };
    const takeovers: number[] = [];
    const { accept, watch, publisherOf = this.#options.kpis === true ? publishKpis() : undefined } = overrides;
    const engine: Engine = {
      ports: overrides.ports?.(ports) ?? ports,
      settings,
      limits: { ...LIMITS, ...this.#options.limits },
      onStep: (report) => this.reports.push(report),
      ...(publisherOf && { publisherOf }),
      ...(watch && { watch }),
    };
    const worker = new Worker(engine, { ...(accept && { accept }), takenOver: (shard) => takeovers.push(shard) });
    const ended = worker.ended();
    ended.catch(() => {});
    const handle: DriverWorker = {
      worker,
      takeovers,
      sinks,
      source,
      ended,
      kill: () => {
        source.kill();
        for (const shard of worker.shards.values()) shard.drop();
        this.#workers.delete(handle);
      },
    };
    this.#workers.add(handle);
    await this.#whileTimePasses(worker.start());
    return handle;
  }

  /** Writes an input record, to the partition of its customer unless told otherwise. */
  pipe(event: InputRecord, partition?: number): void {
    const source = this.settings.sources.find(({ type }) => type === event.type);
    if (source === undefined) throw new Error(`no source of ${event.type}`);
    const { customerId } = event.record;
    const to = partition ?? shardOf(customerId as CustomerId, this.kafka.partitions(source.topic));
    this.kafka.append(source.topic, to, { key: customerId, value: this.#codec.encodeEvent(event) });
  }

  /** Lets so many turns of the event loop pass, and some time. */
  async pace(turns: number): Promise<void> {
    for (let i = 0; i < turns; i++) await turn();
    await this.clock.advance(turns);
  }

  /** Lets time pass in small paces until every input has been processed and applied; throws when that does not come. */
  async settle(paces = 20_000): Promise<void> {
    for (let pace = 0; pace < paces; pace++) {
      if (this.settled()) return;
      for (const { ended } of this.#workers) await Promise.race([ended, turn()]);
      await turn();
      if (pace % 10 === 9) await this.clock.advance(100);
    }
    throw new Error('the driver did not settle');
  }

  /** Whether all that is in the inputs has been committed, and all that was committed applied. */
  settled(): boolean {
    const held = new Map([...this.#workers].flatMap(({ worker }) => [...worker.shards]));
    for (let shard = 0; shard < this.settings.shards; shard++) {
      const steps = held.get(shard)?.steps ?? null;
      if (steps === null || !steps.idle) return false;
      for (const { topic, partition, next } of steps.header.positions) {
        const log = this.kafka.log({ topic, partition });
        if (log.read(next).records.length > 0 || log.stable < log.end) return false;
      }
    }
    return true;
  }

  /** Lets time pass, in paces short enough for all that is asked in between. */
  async advance(ms: number): Promise<void> {
    const end = this.clock.monotonic() + ms;
    while (this.clock.monotonic() < end) {
      await this.clock.advance(Math.min(ms / 20, end - this.clock.monotonic()));
      await this.settle();
    }
  }

  /** The records of an output topic, decoded, shard by shard in log order. */
  outputs(topic: keyof Settings['topics'] & ('segmentChanges' | 'profiles' | 'alerts' | 'kpis' | 'thresholds' | 'deadLetters')): unknown[] {
    const name = this.settings.topics[topic];
    return Array.from({ length: this.settings.shards }, (_, shard) => this.kafka.records(name, shard))
      .flat()
      .map(({ value }) => (value === null ? null : readOutput(value).record));
  }

  async stop(): Promise<void> {
    await this.#whileTimePasses(Promise.all([...this.#workers].map(({ worker }) => worker.stop())));
    this.#workers.clear();
  }

  async #whileTimePasses<T>(promise: Promise<T>): Promise<T> {
    let over = false;
    const ended = promise.finally(() => {
      over = true;
    });
    ended.catch(() => {});
    while (!over) await this.clock.advance(10);
    return ended;
  }
}
