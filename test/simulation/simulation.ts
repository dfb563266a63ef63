/**
 * The real engine on simulated servers, under a scheduler that can stop a process at every await. One run: a history, workers, troubles, healing, drain; then
 * what the run left behind, for the checker. Boundary: no real clock, no real chance: the plan says it all, and the same plan gives the same run.
 */
import { MemoryKafka } from '../../src/adapters/memory/kafka.ts';
import type { Link } from '../../src/adapters/memory/link.ts';
import { memoryLogs } from '../../src/adapters/memory/logs.ts';
import { memorySinks } from '../../src/adapters/memory/sinks.ts';
import { MemorySource } from '../../src/adapters/memory/source.ts';
import { MemoryStore, type StoreSnapshot } from '../../src/adapters/memory/store.ts';
import { type Codec, localCodec } from '../../src/codec/local.ts';
import { shardOf } from '../../src/codec/murmur2.ts';
import type { EventType, SourceConfig } from '../../src/config/config.ts';
import type { CustomerId, Instant } from '../../src/domain/ids.ts';
import { presets } from '../../src/domain/presets.ts';
import { type Engine, LIMITS, type Settings } from '../../src/engine/engine.ts';
import { Retryable } from '../../src/engine/errors.ts';
import type { Logger } from '../../src/engine/ports.ts';
import { publishKpis } from '../../src/engine/publisher.ts';
import type { Steps } from '../../src/engine/steps.ts';
import { Worker } from '../../src/engine/worker.ts';
import { Random } from '../../src/world/random.ts';
import type { Evidence, Partitions, Sample } from '../checker/evidence.ts';
import { Recorder } from '../checker/recorder.ts';
import {
  CALM_AFTER_MS,
  CANARY,
  type Delivery,
  FROZEN_MS,
  LAST_EVENT_MS,
  type Plan,
  SESSION_MS,
  START,
  TRANSACTION_MS,
  type Trouble,
} from './plan.ts';
import { CALM, Scheduler, SimProcess } from './scheduler.ts';

const TYPES: readonly EventType[] = ['purchase', 'survey', 'engagement'];
const GUARD_MS = 500;
const TICK_MS = 250;
/** how long a drain may take, simulated ms: the checker allows less */
const DRAIN_MS = 120_000;
/** how long a worker that was told to stop may take when nothing goes wrong, simulated ms */
const STOP_MS = 15_000;
/** writes to Redis that a failover may take back at most */
const SNAPSHOTS = 40;
const WRITES: ReadonlySet<string> = new Set(['apply', 'build', 'promote', 'sweep', 'writeOwn']);

const TOPICS = {
  journal: 'sim.journal',
  reroute: 'sim.reroute',
  segmentChanges: 'sim.segment-changes',
  profiles: 'sim.profiles',
  alerts: 'sim.alerts',
  kpis: 'sim.kpis',
  thresholds: 'sim.thresholds',
  deadLetters: 'sim.dead-letters',
};

/** Bounds that make many steps of little. */
const SMALL = {
  stepRecords: 9,
  inboxRecords: 25,
  decodeRecords: 3,
  journalPart: 900,
  stepTimers: 4,
};

/** Made once: the schemas are the same in all runs. */
const codecs = new Map<number, Codec>();
function codecOf(settings: Settings): Codec {
  const known = codecs.get(settings.shards) ?? localCodec(settings);
  codecs.set(settings.shards, known);
  return known;
}

interface Running {
  readonly process: SimProcess;
  readonly source: MemorySource;
  readonly worker: Worker;
  /** when its group dropped it, unless it has joined again; null: it is a member, or was never one */
  droppedAt: number | null;
  /** since when its group hears nothing of it */
  silentSince: number | null;
  /** told to stop */
  stopping: boolean;
  /** and has */
  stopped: boolean;
  /** how often it has gone on after an await, where the plan stops it at one */
  awaits: number;
}

export interface Run {
  readonly evidence: Evidence;
  /** one line per trouble, with the ms at which it befell */
  readonly story: readonly string[];
  /** messages that were lost or late, by how and what */
  readonly suffered: ReadonlyMap<string, number>;
  readonly fingerprint: number;
  /** how often a process went on after an await */
  readonly awaits: number;
}

/** @param history gets all that happens, a line each; also of a run that throws */
export const simulate = (plan: Plan, history: string[] | null = null): Promise<Run> => new Simulation(plan, history).run();

class Simulation {
  readonly scheduler: Scheduler;
  readonly #plan: Plan;
  readonly #random: Random;
  readonly #settings: Settings;
  readonly #codec: Codec;
  readonly #kafka: MemoryKafka;
  readonly #store = new MemoryStore();
  readonly #recorder: Recorder;
  readonly #limits: typeof LIMITS;
  readonly #story: string[] = [];
  readonly #words: { where: string; text: string }[] = [];
  readonly #ends: Evidence['ends'][number][] = [];
  readonly #samples: Sample[] = [];
  readonly #poison: Evidence['poison'][number][] = [];
  #snapshots: StoreSnapshot[] = [];
  /** the dead too: a join that one of them has sent may still arrive */
  readonly #running: Running[] = [];
  #started = 0;
  #healed = false;
  /** of the scheduler */
  #healedAt = 0;
  #staleTold = false;
  #flushed = false;

  constructor(plan: Plan, history: string[] | null) {
    this.#plan = plan;
    this.#random = new Random(plan.seed, 'troubles');
    this.scheduler = new Scheduler(new Random(plan.seed, 'schedule'), START, history);
    this.scheduler.weather = plan.weather;
    const sources: SourceConfig[] = TYPES.map((type) => ({ type, topic: `sim.${type}`, format: 'avro', keyedByCustomer: plan.keyed }));
    sources.push({ type: 'command', topic: 'sim.command', format: 'avro', keyedByCustomer: plan.keyed });
    this.#settings = {
      applicationId: 'sim',
      shards: plan.shards,
      sources,
      topics: TOPICS,
      policy: presets.retail,
      policyHash: 'sim',
      policyText: 'sim',
      guardMs: GUARD_MS,
      transactionTimeoutMs: TRANSACTION_MS,
    };
    this.#codec = codecOf(this.#settings);
    const later = (what: string, action: () => void): void => this.scheduler.after(this.scheduler.delay(), what, action);
    this.#kafka = new MemoryKafka(() => this.scheduler.wall, {
      brokers: plan.brokers,
      later,
      marker: later,
      stale: () => this.#isStale(),
    });
    for (const [name, topic] of Object.entries(TOPICS)) {
      const maxMessageBytes = name === 'reroute' && plan.rerouteBytes !== null ? plan.rerouteBytes : 4 << 20;
      this.#kafka.createTopic(topic, plan.shards, { appendTime: name === 'journal', maxMessageBytes });
    }
    for (const { topic } of sources) this.#kafka.createTopic(topic, plan.partitions);
    this.#recorder = new Recorder(this.#kafka, this.#topics);
    this.#limits = {
      ...LIMITS,
      ...SMALL,
      chunk: plan.chunk,
      cacheBytes: plan.cacheBytes,
      journalLeast: plan.cleaned ? 2_500 : 1 << 30,
      journalFactor: 1.5,
    };
  }

  get #topics(): string[] {
    return [...this.#settings.sources.map(({ topic }) => topic), ...Object.values(TOPICS)];
  }

  async run(): Promise<Run> {
    const { plan, scheduler } = { plan: this.#plan, scheduler: this.scheduler };
    for (const delivery of plan.history) this.#deliver(delivery);
    for (const delivery of plan.live) scheduler.after(delivery.at - START, 'world: an event', () => this.#deliver(delivery));
    for (let i = 0; i < plan.workers; i++) scheduler.after(i * 30, 'world: a worker starts', () => this.#start());
    for (const { at, trouble } of plan.troubles) scheduler.after(at, `world: ${trouble}`, () => this.#trouble(trouble));
    scheduler.beforeResume = (process) => this.#mayStop(process);
    this.#tick();
    await scheduler.run(plan.lasts, () => this.#ends.length > 0);
    this.#heal();
    const healedAt = scheduler.now;
    const over = (): boolean => this.#ends.length > 0 || this.#drained();
    const drained = await scheduler.run(DRAIN_MS, over);
    const drainedAfterMs = drained && this.#ends.length === 0 ? scheduler.now - healedAt : null;
    const calm = plan.live.some(({ at }) => at >= START + plan.lasts + CALM_AFTER_MS);
    if (drained && calm) {
      await scheduler.run(healedAt + LAST_EVENT_MS + 3_000 - scheduler.now, () => this.#ends.length > 0);
      await scheduler.run(DRAIN_MS, over);
    }
    if (this.#ends.length === 0) await this.#ended();
    // A step that the broker refuses is made in halves, each by a takeover.
    const atPeace = calm && plan.rerouteBytes === null;
    const evidence = this.#evidence(drainedAfterMs, atPeace ? ((START + healedAt + CALM_AFTER_MS) as Instant) : null);
    return {
      evidence,
      story: this.#story,
      suffered: scheduler.suffered,
      fingerprint: scheduler.fingerprint,
      awaits: scheduler.resumed,
    };
  }

  /** Who was told to stop has stopped, unless he was killed. */
  async #ended(): Promise<void> {
    const open = (): Running[] =>
      this.#running.filter(({ process, stopping, stopped }) => process.state === 'alive' && stopping && !stopped);
    await this.scheduler.run(STOP_MS, () => open().length === 0);
    for (const { process } of open())
      this.#ends.push({ worker: process.name, code: 'none', said: `told to stop, it goes on after ${STOP_MS} ms`, expected: null });
  }

  #deliver({ event, partition, broken }: Delivery): void {
    const topic = `sim.${event.type}`;
    const { customerId } = event.record;
    const to = partition ?? shardOf(customerId as CustomerId, this.#plan.partitions);
    const value = broken === null ? this.#codec.encodeEvent(event) : Buffer.from(broken);
    const offset = this.#kafka.append(topic, to, { key: customerId, value });
    // What is in another shard's partition has to be forwarded, and the broker may not take it.
    const foreign = to % this.#plan.shards !== shardOf(customerId as CustomerId, this.#plan.shards);
    const refused = foreign && Buffer.byteLength(customerId) + value.length > (this.#plan.rerouteBytes ?? Number.POSITIVE_INFINITY);
    if (broken === null && refused) this.#tell('a record is forwarded in vain');
    if (broken !== null || refused) this.#poison.push({ topic, partition: to, offset });
  }

  #isStale(): boolean {
    const { stale } = this.#plan;
    if (this.#healed || stale === 0 || !this.#random.chance(stale)) return false;
    if (!this.#staleTold) this.#tell('a broker that was cut off is asked');
    this.#staleTold = true;
    return true;
  }

  #tell(what: string): void {
    this.#story.push(`${this.scheduler.now.toFixed(0).padStart(6)} ms  ${what}`);
    this.scheduler.note(what);
  }

  /* ------------------------------------------------------------- processes */

  #start(): void {
    const process = new SimProcess(`worker ${++this.#started}`, this.scheduler);
    const settings = this.#settings;
    const topics = [...settings.sources.map(({ topic }) => topic), TOPICS.reroute, TOPICS.journal];
    const { shards, batchSize, publishes } = this.#plan;
    const source = new MemorySource(this.#kafka, {
      group: 'sim',
      topics,
      shards,
      clock: process,
      batchSize,
      link: process,
      heartbeatMs: 300,
    });
    const store = new MemoryStore(this.#remembering(process), this.#store);
    if (this.#plan.predecessor !== null && this.#running.length === 0) this.#dieIn(store, this.#plan.predecessor);
    const { decoder, encoder } = this.#codec;
    const engine: Engine = {
      ports: {
        source,
        sinks: memorySinks(this.#kafka, settings.applicationId, TOPICS.journal, process),
        logs: memoryLogs(this.#kafka, 'sim', process),
        store,
        decoder: {
          ...decoder,
          prepare: (topic, records) => process.call('registry', () => {}).then(() => decoder.prepare(topic, records)),
        },
        encoder,
        clock: process,
        log: this.#logger(process.name),
      },
      settings,
      limits: this.#limits,
      onStep: () => {},
      ...(publishes && { publisherOf: publishKpis() }),
    };
    const worker = new Worker(engine);
    const running: Running = { process, source, worker, droppedAt: null, silentSince: null, stopping: false, stopped: false, awaits: 0 };
    this.#running.push(running);
    const broke = (error: unknown): void => {
      const said = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.#ends.push({ worker: process.name, code: 1, said, expected: null });
    };
    worker.ended().catch(broke);
    worker.start().catch((error: unknown) => {
      // Told to stop while it waited for what was away.
      if (!running.stopping || !(error instanceof Retryable)) broke(error);
    });
  }

  /** Kills the first worker halfway through an apply, where the plan says so: what it has written is there, and nothing of it comes after. */
  #dieIn(store: MemoryStore, predecessor: Plan['predecessor']): void {
    const apply = store.apply.bind(store);
    store.apply = async (shard, chunk) => {
      const outcome = await apply(shard, chunk);
      const standing = Array.from({ length: this.#plan.shards }, (_, each) => this.#store.standing(each)?.generation);
      const there = predecessor === 'half a build' ? standing[shard] !== chunk.generation : !standing.includes(undefined);
      const [first] = this.#running;
      if (first === undefined || !this.#flushed || !there || outcome === 'rejected' || chunk.to !== null) return outcome;
      this.#kill(first);
      return new Promise(() => {});
    };
  }

  /** A link to Redis on which each write leaves behind how things were before it. */
  #remembering(link: Link): Link {
    const remember = (): void => {
      this.#snapshots = [this.#store.snapshot(), ...this.#snapshots].slice(0, SNAPSHOTS);
    };
    return {
      call: (what, effect) =>
        link.call(what, () => {
          if (WRITES.has(what) && !this.#healed) remember();
          return effect();
        }),
      soon: (what, action) => link.soon(what, action),
    };
  }

  #logger(where: string): Logger {
    const line = (fields: object, message: string): void => {
      const text = `${message} ${JSON.stringify(fields)}`;
      this.#words.push({ where, text });
      this.scheduler.remark(`${where} says: ${text}`);
    };
    return { debug: line, info: line, warn: line, error: line };
  }

  get #alive(): readonly Running[] {
    return this.#running.filter(({ process, source }) => process.state === 'alive' && source.alive);
  }

  /** Before a process goes on after an await: here it may die, or freeze. */
  #mayStop(process: SimProcess): void {
    const running = this.#running.find((each) => each.process === process);
    if (this.#healed || process.state !== 'alive' || running === undefined) return;
    const { kill, freeze, stopAt } = this.#plan;
    const how =
      stopAt === null
        ? kill > 0 && this.#random.chance(kill)
          ? 'kill'
          : freeze > 0 && this.#random.chance(freeze)
            ? 'freeze'
            : null
        : running === this.#running[stopAt.worker - 1] && running.awaits++ === stopAt.index && this.scheduler.now < stopAt.before
          ? stopAt.how
          : null;
    if (how === null) return;
    if (how === 'kill') this.#kill(running);
    else if (stopAt !== null) {
      this.#freeze(running, FROZEN_MS);
      this.scheduler.after(0, 'world: a worker starts', () => this.#start());
    } else this.#freeze(running, this.#random.chance(0.5) ? this.#random.between(10, 500) : this.#random.between(1_000, 5_000));
  }

  #kill(running: Running): void {
    this.#tell(`${running.process.name} is killed`);
    running.process.kill();
    running.source.kill();
    this.scheduler.after(this.#random.between(10, 2_000), 'world: a worker starts', () => {
      if (!this.#healed) this.#start();
    });
  }

  #freeze({ process }: Running, ms: number): void {
    this.#tell(`${process.name} is frozen for ${ms.toFixed(0)} ms`);
    process.freeze();
    this.scheduler.after(ms, `world: ${process.name} goes on`, () => process.thaw());
  }

  /** What servers and clients do as time goes by: sessions and transactions run out, who was dropped joins again; and what is looked at. */
  #tick(): void {
    const { now, wall } = this.scheduler;
    this.#kafka.timeOut(wall - TRANSACTION_MS);
    if (this.#plan.stale > 0) this.#kafka.remember();
    const group = this.#kafka.group('sim');
    for (const running of this.#running) {
      const { process, source } = running;
      if (process.state === 'alive' && source.alive) {
        running.silentSince = null;
        if (running.droppedAt !== null && (this.#healed || now - running.droppedAt > 400)) {
          running.droppedAt = null;
          source.rejoin();
        }
      } else if (group.has(source)) {
        running.silentSince ??= now;
        if (now - running.silentSince > SESSION_MS) this.#drop(running);
      }
    }
    if (!this.#healed) this.#sample();
    this.scheduler.after(TICK_MS, 'world: a tick', () => this.#tick());
  }

  #drop(running: Running): void {
    running.droppedAt = this.scheduler.now;
    running.source.evict();
  }

  /* -------------------------------------------------------------- troubles */

  #trouble(trouble: Trouble): void {
    const alive = this.#alive;
    const one = alive[this.#random.integer(0, Math.max(0, alive.length - 1))];
    this.#tell(trouble);
    switch (trouble) {
      case 'start another worker':
        if (this.#alive.length < 4) this.#start();
        break;
      case 'stop a worker':
        if (one !== undefined) this.#stop(one);
        break;
      case 'evict a worker':
        if (one !== undefined && this.#kafka.group('sim').has(one.source)) this.#drop(one);
        break;
      case 'rebalance':
        this.#kafka.group('sim').rebalance();
        break;
      case 'flush Redis':
        this.#store.flush();
        this.#flushed = true;
        break;
      case 'roll Redis back':
      case 'roll a shard of Redis back': {
        // Mostly the last few writes, now and then many.
        const snapshot = this.#snapshots[Math.floor(this.#random.exponential(4))];
        if (snapshot === undefined) break;
        if (trouble === 'roll Redis back') this.#store.restore(snapshot);
        else this.#store.restore(snapshot, this.#random.integer(0, this.#plan.shards - 1));
        break;
      }
      case 'storm': {
        this.scheduler.weather = { lost: 0.15, late: 0.1, slow: 0.3, slowMs: 1_500, patienceMs: 600 };
        this.scheduler.after(this.#random.between(100, 1_500), 'world: the storm is over', () => {
          if (!this.#healed) this.scheduler.weather = this.#plan.weather;
        });
        break;
      }
      case 'shift a clock':
        if (one !== undefined) one.process.skew = this.#random.chance(0.5) ? 3_600_000 : -3_600_000;
        break;
      case 'delete the offsets of the group':
        this.#kafka.group('sim').forgetOffsets();
        break;
      default:
        trouble satisfies never;
    }
  }

  #stop(running: Running): void {
    running.stopping = true;
    void running.worker.stop().then(() => {
      running.stopped = true;
      this.scheduler.after(this.#random.between(0, 500), 'world: a worker starts', () => {
        if (!this.#healed) this.#start();
      });
    });
  }

  #heal(): void {
    this.#healed = true;
    this.#healedAt = this.scheduler.now;
    this.#tell('everything is healed');
    this.scheduler.weather = CALM;
    for (const { process } of this.#running) process.thaw();
    if (this.#alive.every(({ stopping }) => stopping)) this.#start();
  }

  /* ------------------------------------------------------------------ ends */

  /** All that is in the inputs is committed and applied, nothing is undecided, no timer is due, and W has come to the healing. */
  #drained(): boolean {
    const steps = this.#alive.flatMap(({ worker }) => [...worker.shards.values()].map((shard) => ({ id: shard.id, steps: shard.steps })));
    const held = new Map(steps.map(({ id, steps: of }) => [id, of]));
    if (held.size < this.#plan.shards) return false;
    const come = (of: Steps | null): boolean => of?.caughtUp === true && of.watermark >= START + this.#healedAt - GUARD_MS;
    if (!steps.every(({ steps: of }) => come(of))) return false;
    for (const [shard, of] of held) {
      const last = this.#kafka.records(TOPICS.journal, shard).at(-1)?.offset ?? 0;
      if ((this.#store.standing(shard)?.next ?? 0) <= last) return false;
      for (const { topic, partition, next } of of?.header.positions ?? []) {
        if (this.#kafka.log({ topic, partition }).read(next).records.length > 0) return false;
      }
    }
    return this.#topics.every((topic) =>
      Array.from({ length: this.#kafka.partitions(topic) }, (_, partition) => this.#kafka.log({ topic, partition })).every(
        ({ stable, end }) => stable === end,
      ),
    );
  }

  #sample(): void {
    const shard = this.#random.integer(0, this.#plan.shards - 1);
    this.#samples.push({ shard, meta: this.#store.standing(shard), states: this.#store.states(shard), at: this.scheduler.wall });
  }

  #evidence(drainedAfterMs: number | null, calmAfter: Instant | null): Evidence {
    const kept = new Map<string, Partitions>();
    for (const topic of this.#topics) {
      const partitions = Array.from({ length: this.#kafka.partitions(topic) }, (_, partition) => this.#kafka.records(topic, partition));
      kept.set(topic, partitions);
    }
    return {
      settings: this.#settings,
      decoder: this.#codec.decoder,
      encoder: this.#codec.encoder,
      limits: this.#limits,
      publishes: this.#plan.publishes,
      seen: this.#recorder.seen,
      kept,
      stores: Array.from({ length: this.#plan.shards }, (_, shard) => {
        const meta = this.#store.standing(shard);
        return meta === null ? null : { meta, states: this.#store.states(shard), due: this.#store.timers(shard) };
      }),
      samples: this.#samples,
      words: this.#words,
      canaries: [CANARY],
      customers: [...new Set([...this.#plan.history, ...this.#plan.live].map(({ event }) => event.record.customerId))],
      poison: this.#poison,
      ends: this.#ends,
      clockSlackMs: 1,
      // A broker that was cut off answers as of the last tick.
      endSlackMs: 1 + (this.#plan.stale > 0 ? TICK_MS : 0),
      drainedAfterMs,
      calmAfter,
      // Where topics were taken for keyed, what comes by reroute may come late before it is known that it comes at all.
      orderedUntil: this.#plan.untidy || (this.#plan.keyed && this.#plan.partitions !== this.#plan.shards) ? null : (START as Instant),
    };
  }
}
