/**
 * A worker: a member of the group, the shards that the group gives it, and the few things that are asked for all of them at once
 * (ends of logs, watermarks of other shards, group offsets). Group membership is advisory (I1): a worker that is wrong about what it owns
 * loses time, never records.
 */
import type { Instant } from '../domain/ids.ts';
import type { Engine } from './engine.ts';
import { Halt, Retryable } from './errors.ts';
import { patiently } from './patience.ts';
import type { Records, SourceEvents, TopicPartition } from './ports.ts';
import { Shard } from './shard.ts';
import { ThresholdsInForce } from './thresholds.ts';

/** ms between questions about ends: while a timer is near or a shard has just come, and otherwise */
const ASK_SOON = 200;
const ASK = 1_000;
const NEAR = 3_000;
/** ms between commits of group offsets, deletions of what was rerouted, and log lines about a shard without a watermark */
const HOUSEKEEPING = 5_000;
/** ms that a stop waits for the step under way */
const STOP = 4_000;

export interface WorkerOptions {
  /** an operator takes over one shard, accepting its gaps, and nothing else */
  readonly accept?: { readonly shard: number; readonly reason: string };
  readonly takenOver?: (shard: number) => void;
}

export class Worker {
  readonly #engine: Engine;
  readonly #options: WorkerOptions;
  readonly #shards = new Map<number, Shard>();
  readonly #running = new Set<Promise<void>>();
  readonly #end = Promise.withResolvers<void>();
  readonly #stopped = new AbortController();
  #partitions = new Map<string, number>();
  #heartbeats: (() => void)[] = [];
  #committed = '';
  #joined = false;
  /** null: the policy's thresholds are fixed */
  readonly #thresholds: ThresholdsInForce | null;

  constructor(engine: Engine, options: WorkerOptions = {}) {
    this.#engine = engine;
    this.#options = options;
    const { settings, ports } = engine;
    this.#thresholds = settings.policy.value.percentile === null ? null : new ThresholdsInForce(ports.store, ports.clock);
    // Who asks with `ended` is told; that nobody has asked yet is no reason to end the process.
    this.#end.promise.catch(() => {});
  }

  /** The shards it holds now. */
  get shards(): ReadonlyMap<number, Shard> {
    return this.#shards;
  }

  /** It is a member of the group, which is not rebalancing. */
  get joined(): boolean {
    return this.#joined;
  }

  /** Every shard it holds has once reached the end of its inputs, and nothing waits: no apply, no timer. */
  get caughtUp(): boolean {
    return this.#shards.size > 0 && [...this.#shards.values()].every(({ steps }) => steps?.caughtUp === true);
  }

  /** Joins the group; returns when it has been asked to. Waits, with one line each, for what is not there yet; throws Halt. */
  async start(): Promise<void> {
    const { store, source } = this.#engine.ports;
    const { ports } = this.#engine;
    const wait = (what: string, attempt: () => Promise<void>): Promise<void> => patiently(ports, what, {}, attempt, this.#stopped.signal);
    await wait('Redis', () => store.check());
    await wait('Kafka', () => this.#checkTopics());
    const events: SourceEvents = {
      assigned: (shards) => this.#assigned(shards),
      rebalancing: () => {
        this.#joined = false;
      },
      heartbeat: () => {
        const waiting = this.#heartbeats;
        this.#heartbeats = [];
        for (const resolve of waiting) resolve();
      },
      batch: (from, records, next) => this.#batch(from, records, next),
      crashed: (error) => this.#end.reject(error),
    };
    // Told to stop meanwhile: a member that joined now would keep its shards until its session has run out.
    if (this.#stopped.signal.aborted) return;
    await wait('Kafka', () => source.start(events));
    void this.#every(
      () => this.#askDelay(),
      () => this.#ask(),
    );
    void this.#every(
      () => HOUSEKEEPING,
      () => this.#keepHouse(),
    );
  }

  /** Resolves when the worker has been stopped; rejects with what broke it. */
  async ended(): Promise<void> {
    await this.#end.promise;
  }

  /** Finishes the steps under way, applies them, leaves the group: within seconds. */
  async stop(): Promise<void> {
    if (this.#stopped.signal.aborted) return;
    this.#stopped.abort();
    for (const shard of this.#shards.values()) shard.stop();
    const patience = new AbortController();
    await Promise.race([Promise.allSettled(this.#running), this.#engine.ports.clock.sleep(STOP, patience.signal)]);
    patience.abort();
    for (const shard of this.#shards.values()) shard.drop();
    await this.#commitOffsets();
    await this.#engine.ports.source.stop();
    this.#end.resolve();
  }

  async #checkTopics(): Promise<void> {
    const { settings, ports } = this.#engine;
    const own = Object.values(settings.topics);
    const inputs = settings.sources.map((source) => source.topic);
    const counts = await Promise.all([...own, ...inputs].map(async (topic) => [topic, (await ports.logs.ends(topic)).length] as const));
    this.#partitions = new Map(counts);
    const wrong = own.filter((topic) => this.#partitions.get(topic) !== settings.shards);
    if (wrong.length > 0) {
      const found = wrong.map((topic) => `${topic} has ${this.#partitions.get(topic)}`).join(', ');
      throw new Halt(
        `RAPPORT_SHARDS is ${settings.shards}, but ${found} partitions. Set it to what the topics have; the number of shards is fixed for the life of an application id.`,
      );
    }
  }

  #partitionsOf(shard: number): TopicPartition[] {
    const { settings } = this.#engine;
    const partitions: TopicPartition[] = [];
    for (const { topic } of settings.sources) {
      const count = this.#partitions.get(topic) ?? 0;
      for (let partition = shard; partition < count; partition += settings.shards) partitions.push({ topic, partition });
    }
    partitions.push({ topic: settings.topics.reroute, partition: shard });
    return partitions;
  }

  #assigned(shards: readonly number[]): void {
    this.#joined = true;
    const { accept } = this.#options;
    const mine = new Set(accept === undefined ? shards : shards.filter((shard) => shard === accept.shard));
    for (const [id, shard] of this.#shards) {
      if (mine.has(id)) continue;
      this.#shards.delete(id);
      shard.drop();
      this.#engine.ports.log.info({ shard: id }, 'shard given away');
    }
    for (const id of mine) {
      const known = this.#shards.get(id);
      if (known === undefined) this.#open(id);
      else known.rejoined();
    }
  }

  #open(id: number): void {
    if (this.#stopped.signal.aborted) return;
    const shard = new Shard(this.#engine, id, this.#partitionsOf(id), {
      heartbeat: () => new Promise((resolve) => this.#heartbeats.push(resolve)),
      accept: this.#options.accept === undefined ? null : { reason: this.#options.accept.reason },
      takenOver: (taken) => this.#options.takenOver?.(taken),
    });
    this.#shards.set(id, shard);
    this.#engine.ports.source.pause(shard.partitions);
    const run = shard.run().catch((error: unknown) => this.#end.reject(error));
    this.#running.add(run);
    void run.finally(() => this.#running.delete(run));
  }

  #batch(from: TopicPartition, records: Records, next: number): number {
    return this.#shards.get(from.partition % this.#engine.settings.shards)?.offer(from, records, next) ?? 0;
  }

  #askDelay(): number {
    const waits = [...this.#shards.values()].some(({ steps }) => steps === null || steps.untilDue < NEAR);
    return waits || this.#shards.size === 0 ? ASK_SOON : ASK;
  }

  /** Asks where the logs end, and tells the shards: this is what moves their watermarks while nothing comes. */
  async #ask(): Promise<void> {
    const { settings, ports } = this.#engine;
    if (this.#shards.size === 0) return;
    const foreign = [...this.#shards.values()].some(({ steps }) => steps?.keyed === false);
    // What other shards may still send here is bounded by what they had read before reroute's end is listed.
    const own = foreign ? await this.#leastOwn() : null;
    const topics = [...settings.sources.map((source) => source.topic), settings.topics.reroute];
    await Promise.all(
      topics.map(async (topic) => {
        const sent = ports.clock.monotonic();
        const ends = await ports.logs.ends(topic);
        if (ends.length > (this.#partitions.get(topic) ?? 0)) this.#grown(topic, ends.length);
        for (const shard of this.#shards.values()) {
          const bounded = topic === settings.topics.reroute && shard.steps?.keyed === false;
          // Taken over, or found not to be keyed, since the question: nothing bounds what is on its way to it, so this answer is not for it.
          if (bounded && own === null) continue;
          shard.ended(topic, ends, sent, bounded ? own : null);
        }
      }),
    );
    await Promise.all([...this.#shards].map(([id, { steps }]) => (steps === null ? null : ports.store.writeOwn(id, steps.own))));
    const thresholds = (await this.#thresholds?.look()) ?? null;
    if (thresholds !== null) for (const { steps } of this.#shards.values()) steps?.adopt(thresholds);
  }

  /** An input has got more partitions: its shards are taken over anew, which begins the new ones at their start. */
  #grown(topic: string, count: number): void {
    this.#engine.ports.log.info({ topic, partitions: count }, 'an input has more partitions than before');
    this.#partitions.set(topic, count);
    for (const [id, shard] of this.#shards) {
      shard.drop();
      this.#open(id);
    }
  }

  async #leastOwn(): Promise<Instant> {
    const { settings, ports } = this.#engine;
    const owns = await ports.store.readOwns(settings.shards);
    let least = Number.MAX_SAFE_INTEGER;
    for (const own of owns) if (own !== null) least = Math.min(least, own ?? 0);
    const silent = owns.flatMap((own, shard) => (own === undefined ? [shard] : []));
    if (silent.length > 0) ports.log.debug({ shards: silent }, 'shards without an owner hold the watermark up');
    return least as Instant;
  }

  async #keepHouse(): Promise<void> {
    await this.#commitOffsets();
    const { settings, ports } = this.#engine;
    const held = [...this.#shards].map(([id, { steps }]) => ({ id, steps, expected: steps?.journalEnd ?? null }));
    const ends = held.length === 0 ? [] : await ports.logs.ends(settings.topics.journal);
    for (const { id, steps, expected } of held) steps?.ended(expected, ends[id]?.end ?? 0);
    for (const [id, { steps }] of this.#shards) {
      await steps?.look();
      const position = steps?.header.positions.find(({ topic, partition }) => topic === settings.topics.reroute && partition === id);
      if (position !== undefined && position.last !== null && position.next > (this.#deleted.get(id) ?? 0)) {
        // crash point: reroute-deleting
        await ports.logs.deleteBefore(position, position.next);
        this.#deleted.set(id, position.next);
      }
    }
  }
  readonly #deleted = new Map<number, number>();

  /** For lag tools only; only what has changed since the last time. */
  async #commitOffsets(): Promise<void> {
    const offsets = [...this.#shards.values()]
      .flatMap(({ positions }) => positions)
      .map(({ topic, partition, next }) => ({ topic, partition, offset: next }));
    const text = JSON.stringify(offsets);
    if (offsets.length === 0 || text === this.#committed) return;
    await this.#engine.ports.source.commitOffsets(offsets);
    this.#committed = text;
  }

  /** Does something again and again until the worker stops; what is away for now is logged once and asked again. */
  async #every(delay: () => number, action: () => Promise<void>): Promise<void> {
    const { clock, log } = this.#engine.ports;
    let failing = false;
    while (!this.#stopped.signal.aborted) {
      try {
        await action();
        failing = false;
      } catch (error) {
        if (!(error instanceof Retryable)) {
          this.#end.reject(error);
          return;
        }
        if (!failing) log.warn({ error: error.message }, 'the ends of the logs cannot be asked for now; timers wait');
        failing = true;
      }
      await clock.sleep(delay(), this.#stopped.signal);
    }
  }
}
