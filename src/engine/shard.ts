/**
 * One shard in the hands of this worker: takeover, steps, and again when something breaks, until it is dropped or the worker stops.
 * Its boundary: the worker tells it what the group says; it never asks the group. A dropped shard touches the source no more, so that a
 * successor in the same process is undisturbed; its late writes are fenced (I1) or rejected (I6).
 */
import type { Instant } from '../domain/ids.ts';
import type { Engine } from './engine.ts';
import { Fenced, Halt, Retryable } from './errors.ts';
import { Input } from './input.ts';
import type { InputPosition } from './journal.ts';
import { Lessons } from './lessons.ts';
import { FIRST_PAUSE, longer, patiently } from './patience.ts';
import type { Ends, Records, Source, TopicPartition } from './ports.ts';
import { PartitionReader } from './reader.ts';
import { Signal } from './signal.ts';
import { Steps, type StepsContext } from './steps.ts';
import { type Standing, takeOver } from './takeover.ts';

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

export interface ShardHooks {
  /** resolves after the next heartbeat of the current generation */
  readonly heartbeat: () => Promise<void>;
  readonly accept: { readonly reason: string } | null;
  /** told after each takeover */
  readonly takenOver: (shard: number) => void;
}

export class Shard {
  readonly id: number;
  readonly #engine: Engine;
  readonly #hooks: ShardHooks;
  /** input partitions, reroute's last */
  readonly #partitions: readonly TopicPartition[];
  readonly #signal = new Signal();
  readonly #lessons: Lessons;
  readonly #source: Pick<Source, 'seek' | 'pause' | 'resume'>;
  readonly #readers = new Map<string, PartitionReader>();
  readonly #journal: PartitionReader;
  readonly #gone = new AbortController();
  #inputs = new Map<string, Input>();
  #steps: Steps | null = null;
  #positions: readonly InputPosition[] = [];
  #stopping = false;
  /** aborts when it is stopped or dropped: waiting ends, work under way does not */
  readonly #over = new AbortController();

  constructor(engine: Engine, id: number, partitions: readonly TopicPartition[], hooks: ShardHooks) {
    this.id = id;
    this.#engine = engine;
    this.#hooks = hooks;
    this.#partitions = partitions;
    this.#lessons = new Lessons(engine.limits.stepRecords);
    const { source, clock } = engine.ports;
    const unlessGone =
      <A extends unknown[]>(call: (...args: A) => void) =>
      (...args: A): void => {
        if (!this.#gone.signal.aborted) call(...args);
      };
    this.#source = {
      seek: unlessGone((to, offset) => source.seek(to, offset)),
      pause: unlessGone((tps) => source.pause(tps)),
      resume: unlessGone((tps) => source.resume(tps)),
    };
    this.#journal = new PartitionReader({ topic: engine.settings.topics.journal, partition: id }, this.#source, clock);
    this.#readers.set(nameOf(this.#journal.tp), this.#journal);
  }

  /** All partitions it reads, for the worker to pause when the shard arrives. */
  get partitions(): readonly TopicPartition[] {
    return [...this.#partitions, this.#journal.tp];
  }
  /** The steps under way; null between a failure and the next takeover. */
  get steps(): Steps | null {
    return this.#steps;
  }

  /** Its inputs while it is held. */
  get inputs(): ReadonlyMap<string, Input> {
    return this.#inputs;
  }

  /** Where the last committed step or claim of this worker has left its inputs; also after it was stopped. */
  get positions(): readonly InputPosition[] {
    return this.#steps?.header.positions ?? this.#positions;
  }

  /** Holds the shard until it is dropped or stopped; throws Halt, or a defect. */
  async run(): Promise<void> {
    let halt: Halt | null = null;
    let progressed = false;
    let pause = FIRST_PAUSE;
    while (!this.#gone.signal.aborted && !this.#stopping) {
      try {
        await this.#hold(() => {
          progressed = true;
          pause = FIRST_PAUSE;
        });
      } catch (error) {
        if (this.#gone.signal.aborted || (this.#stopping && error instanceof Retryable)) return;
        const reaction = error instanceof Halt ? 'halt' : error instanceof Fenced ? 'fenced' : 'retryable';
        if (error instanceof Halt || error instanceof Fenced || error instanceof Retryable) this.#engine.watch?.broke(this.id, reaction);
        if (error instanceof Halt) {
          // Before any Halt, claim a second time and look again: a zombie's view is not worth one. A step in between shows that the first was wrong,
          // unless the second says the same.
          if (halt !== null && (!progressed || halt.message === error.message)) throw error;
          halt = error;
          progressed = false;
        } else if (!(error instanceof Fenced || error instanceof Retryable)) throw error;
        await this.#recover(error, pause);
        pause = longer(pause);
      } finally {
        this.#positions = this.positions;
        this.#steps = null;
        for (const input of this.#inputs.values()) input.paused = true;
        this.#source.pause(this.partitions);
        this.#inputs = new Map();
      }
    }
  }

  async #recover(error: unknown, pause: number): Promise<void> {
    const { log, clock } = this.#engine.ports;
    const fields = { shard: this.id, error: error instanceof Error ? error.message : String(error) };
    if (error instanceof Fenced) {
      log.info(fields, 'the shard was fenced; claiming again after a heartbeat, if it is still ours');
      await Promise.race([this.#hooks.heartbeat(), this.#ended()]);
    } else log.warn(fields, 'the shard is taken over again');
    await clock.sleep(pause, this.#over.signal);
  }

  #ended(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#over.signal.aborted) resolve();
      else this.#over.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  async #hold(progressed: () => void): Promise<void> {
    const engine = this.#engine;
    const held = async <T>(promise: Promise<T>): Promise<T> => {
      const value = await promise;
      if (this.#gone.signal.aborted) throw new Fenced(`shard ${this.id} was dropped`);
      return value;
    };
    const wait = <T>(what: string, attempt: () => Promise<T>): Promise<T> =>
      patiently(engine.ports, what, { shard: this.id }, () => held(attempt()), this.#over.signal);
    await wait('Redis', () => engine.ports.store.meta(this.id));
    await wait('Kafka', () => engine.ports.logs.ends(engine.settings.topics.journal));
    const begun = engine.ports.clock.monotonic();
    const standing = await takeOver({
      engine,
      shard: this.id,
      inputs: this.#partitions,
      journal: this.#journal,
      held,
      gone: this.#gone.signal,
      accept: this.#hooks.accept,
      readerOf: (tp) => this.#readerOf(tp),
    });
    try {
      const steps = this.#begin(standing, held, wait, progressed);
      engine.watch?.takenOver(this.id, engine.ports.clock.monotonic() - begun, standing.rebuilt);
      this.#hooks.takenOver(this.id);
      engine.ports.log.info({ shard: this.id, claim: standing.claim, generation: standing.generation }, 'shard taken over');
      await steps.run();
    } finally {
      await standing.sink.close();
    }
  }

  #begin(standing: Standing, held: StepsContext['held'], wait: StepsContext['patiently'], progressed: () => void): Steps {
    const mine = new Set(this.#partitions.map(nameOf));
    const inputs = standing.header.positions
      .filter((position) => mine.has(nameOf(position)))
      .map((position) => new Input(position, this.#engine.limits));
    this.#inputs = new Map(inputs.map((input) => [nameOf(input.tp), input]));
    const reroute = inputs.find((input) => input.tp.topic === this.#engine.settings.topics.reroute);
    if (reroute === undefined) throw new Halt(`shard ${this.id}: the journal knows no position of its reroute partition`);
    const steps = new Steps(
      {
        engine: this.#engine,
        source: this.#source,
        shard: this.id,
        inputs,
        reroute,
        journal: this.#journal,
        signal: this.#signal,
        held,
        patiently: wait,
        stopping: () => this.#stopping,
        progressed,
        lessons: this.#lessons,
        publisherOf: this.id === 0 ? (this.#engine.publisherOf ?? null) : null,
      },
      standing,
    );
    this.#steps = steps;
    for (const input of inputs) this.#source.seek(input.tp, input.fetchNext);
    for (const input of inputs) input.paused = false;
    this.#source.resume(inputs.map((input) => input.tp));
    return steps;
  }

  #readerOf(tp: TopicPartition): PartitionReader {
    const reader = new PartitionReader(tp, this.#source, this.#engine.ports.clock);
    this.#readers.set(nameOf(tp), reader);
    return reader;
  }

  /** A batch of one of its partitions; returns how many records were accepted. */
  offer(from: TopicPartition, records: Records, next: number): number {
    const name = nameOf(from);
    const input = this.#inputs.get(name);
    if (input === undefined) return this.#readers.get(name)?.offer(records, next) ?? 0;
    let accepted = 0;
    try {
      accepted = input.offer(records, next);
    } catch (error) {
      this.#steps?.fail(error);
      return 0;
    }
    if (input.full && !input.paused) {
      input.paused = true;
      this.#source.pause([from]);
    }
    this.#signal.notify();
    return accepted;
  }

  /** The shard stays over a rebalance: only the source has forgotten where it was. */
  rejoined(): void {
    for (const input of this.#inputs.values()) this.#source.seek(input.tp, input.fetchNext);
    const open = [...this.#inputs.values()].filter((input) => !input.paused);
    if (open.length > 0) this.#source.resume(open.map((input) => input.tp));
    for (const reader of this.#readers.values()) if (!this.#inputs.has(nameOf(reader.tp))) reader.rejoined();
  }

  /** Answers about the ends of a topic's partitions. `bound`: what such an end promises, where it is not the instant of the question. */
  ended(topic: string, ends: readonly Ends[], sentMonotonic: number, bound: Instant | null): void {
    const steps = this.#steps;
    if (steps === null) return;
    const sent = steps.clock.at(sentMonotonic);
    const promised = bound ?? ((sent - this.#engine.settings.guardMs) as Instant);
    for (const input of this.#inputs.values()) {
      const end = input.tp.topic === topic ? ends[input.tp.partition] : undefined;
      if (end === undefined) continue;
      const fault = input.misfit(end);
      if (fault !== null) steps.fail(new Retryable(`${nameOf(input.tp)}: ${fault}; looking again by a takeover`));
      else input.ended(promised, end.end, sent);
    }
    this.#signal.notify();
  }

  /** Finish the step under way, apply it, end. */
  stop(): void {
    this.#stopping = true;
    this.#over.abort();
    this.#signal.notify();
  }

  /** The group has given the shard to another: nothing of it is to be touched any more. */
  drop(): void {
    this.#gone.abort();
    this.#over.abort();
    this.#signal.notify();
  }
}
