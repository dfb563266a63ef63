/**
 * The steps of one held shard: take, load, fold, commit, apply, one behind the other and overlapping: step k+1 is taken while k commits,
 * loaded and folded after k has committed, while k is still applied.
 * Keeps I2 and I3 (one transaction with the journal record), I5 (apply after commit), I6 (in order), I8 (the fold reads what the step before left).
 * Any trouble ends it with an error whose type names the reaction; nothing it holds outlives it.
 */
import { encodeStep } from '../codec/journal.ts';
import { shardOf } from '../codec/murmur2.ts';
import type { CustomerId, Instant } from '../domain/ids.ts';
import { Cache } from './cache.ts';
import { Cleaner, type Load, weigh } from './cleaner.ts';
import type { Engine, StepReport } from './engine.ts';
import { Fenced, Halt, Retryable } from './errors.ts';
import { type Folded, foldStep } from './fold.ts';
import type { Input, Item } from './input.ts';
import type { JournalEntry, JournalHeader } from './journal.ts';
import { type Batch, takeBatch } from './merge.ts';
import type { Meta, OutRecord, Source } from './ports.ts';
import type { PartitionReader } from './reader.ts';
import { originOf } from './reroute.ts';
import { ShardClock } from './shard-clock.ts';
import type { Signal } from './signal.ts';
import { applyStep, toMeta } from './tail.ts';
import type { Standing } from './takeover.ts';

const NEVER = Number.POSITIVE_INFINITY;
const UNKNOWN = Number.NEGATIVE_INFINITY;

export interface StepsContext {
  readonly engine: Engine;
  readonly source: Pick<Source, 'resume'>;
  readonly shard: number;
  readonly inputs: readonly Input[];
  readonly reroute: Input;
  readonly journal: PartitionReader;
  readonly signal: Signal;
  /** Awaits and then checks that the shard is still held. */
  readonly held: <T>(promise: Promise<T>) => Promise<T>;
  /** Tries again, with growing pauses and one log line, while the promise fails with Retryable. */
  readonly patiently: <T>(what: string, attempt: () => Promise<T>) => Promise<T>;
  readonly stopping: () => boolean;
  /** told after each committed step */
  readonly progressed: () => void;
  /** what refusals by the broker have taught; outlives takeovers */
  readonly lessons: Lessons;
}

/** A step that the broker refuses is halved until the record is found that it refuses alone. */
export interface Lessons {
  /** records of a step; less than the limit while the search goes on, and then nothing but records goes into one */
  most: number;
  /** coordinates */
  refused: Set<string>;
}

interface Prepared {
  readonly batch: Batch;
  readonly folded: Folded;
  /** it holds records alone, neither timers nor what the cleaner carries */
  readonly bare: boolean;
  readonly load: Load | null;
  readonly entries: readonly JournalEntry[];
  readonly stateBytes: number;
}

const placeOf = (item: Item) => ({ ...item.input.tp, offset: item.record.offset });
const coordinates = (item: Item): string => `${item.input.tp.topic}-${item.input.tp.partition}@${item.record.offset}`;

export class Steps {
  readonly #context: StepsContext;
  readonly #standing: Standing;
  readonly #cache: Cache;
  readonly #clock: ShardClock;
  readonly #cleaner: Cleaner;
  /** of the last committed step or claim */
  #header: JournalHeader;
  #offset: number;
  #writtenBytes: number;
  #lastBytes = 0;
  /** where the store stands for certain, and the ends of the steps being applied, in order */
  #applied: number;
  #applying: number[] = [];
  #applies: Promise<void> = Promise.resolve();
  #failure: unknown = null;
  #watermark: Instant;
  #leastDue = UNKNOWN;
  #own: Instant | null = 0 as Instant;
  #notKeyed: Set<string>;
  #caughtUpAt: Instant | null;

  constructor(context: StepsContext, standing: Standing) {
    this.#context = context;
    this.#cache = new Cache(context.engine.limits.cacheBytes);
    this.#standing = standing;
    this.#header = standing.header;
    this.#offset = standing.claim;
    this.#applied = standing.next;
    this.#writtenBytes = standing.header.writtenBytes + standing.claimBytes;
    this.#watermark = standing.header.watermark;
    this.#notKeyed = new Set(standing.header.notKeyed);
    this.#caughtUpAt = standing.header.caughtUpAt;
    this.#clock = new ShardClock(context.engine.ports.clock, standing.at);
    this.#cleaner = new Cleaner(context.engine, context.shard, context.journal, standing.journalStart, context.signal);
  }

  get clock(): ShardClock {
    return this.#clock;
  }
  get header(): JournalHeader {
    return this.#header;
  }
  /** nothing is committed that is not applied */
  get idle(): boolean {
    return this.#applying.length === 0;
  }
  /** the committed watermark over the shard's own sources; null: it has none */
  get own(): Instant | null {
    return this.#own;
  }
  /** whether records of other shards' topics may be on their way here */
  get keyed(): boolean {
    return this.#notKeyed.size === 0;
  }
  /** it has reached the end of its inputs, and nothing waits: no apply, no timer */
  get caughtUp(): boolean {
    return this.#caughtUpAt !== null && this.idle && this.#leastDue > this.#watermark;
  }
  /** W, which may be ahead of the journal's while nothing happens */
  get watermark(): Instant {
    return this.#watermark;
  }
  /** ms until the next timer, as far as known */
  get untilDue(): number {
    return this.#leastDue - this.#watermark;
  }

  /** no refused step is being halved: timers and what the cleaner carries may go into a step */
  get #whole(): boolean {
    return this.#context.lessons.most === this.#context.engine.limits.stepRecords;
  }

  /** Runs until told to stop, with everything committed applied; throws what ends the shard. */
  async run(): Promise<void> {
    let flight: Promise<unknown> | null = null;
    try {
      for (;;) {
        if (this.#failure !== null) throw this.#failure;
        const batch: Batch | null = this.#context.stopping() ? null : await this.#take(flight !== null);
        if (flight !== null) {
          const failed = await flight;
          flight = null;
          if (failed !== null) throw failed;
        }
        const prepared: Prepared | null = batch === null ? null : await this.#prepare(batch);
        if (prepared !== null) {
          flight = this.#commit(prepared).then(
            () => null,
            (error: unknown) => error,
          );
        } else if (this.#context.stopping()) break;
        else if (batch === null) await this.#context.held(this.#context.signal.wait());
      }
      await this.#drained();
    } finally {
      this.#cleaner.stop();
      await flight;
    }
  }

  /** Waits for all applies; throws what broke one. */
  async #drained(): Promise<void> {
    await this.#applies;
    if (this.#failure !== null) throw this.#failure;
  }

  /** 1. What a step would take now; null when there is nothing to do. `flying`: a step's commit is under way. */
  async #take(flying: boolean): Promise<Batch | null> {
    const { inputs, reroute, engine, lessons, source } = this.#context;
    await this.#decode();
    const now = this.#clock.now();
    for (const input of inputs) {
      if (input.stalled(now, engine.settings.guardMs + 1_000)) input.fallBehind();
    }
    const batch = takeBatch(inputs, reroute, this.#watermark, now, engine.limits, lessons.most);
    this.#watermark = batch.watermark;
    if (batch.caughtUp) this.#caughtUpAt ??= now;
    const full = inputs.filter((input) => input.paused && input.belowHalf);
    for (const input of full) input.paused = false;
    if (full.length > 0) source.resume(full.map((input) => input.tp));
    // Right after a takeover there is nothing to take yet: only at the end of all inputs is the search over.
    if (batch.items.length === 0 && batch.caughtUp) lessons.most = engine.limits.stepRecords;
    if (batch.items.length > 0 || (this.#whole && (this.#leastDue <= batch.watermark || this.#cleaner.waiting))) return batch;
    // It counts records of committed steps only, or another shard would pass over what is on its way to it.
    if (!flying) this.#own = batch.own;
    return null;
  }

  async #decode(): Promise<void> {
    const { inputs, engine, patiently, held } = this.#context;
    const { decoder } = engine.ports;
    for (const input of inputs) {
      for (let raw = input.nextRaw(); raw !== undefined; raw = input.nextRaw()) {
        const { records, next } = raw;
        const rerouted = input === this.#context.reroute;
        const found = records.map((record) => ({ input, record, origin: originOf(record, input.tp, rerouted) }));
        const byTopic = Map.groupBy(found, ({ origin }) => origin.topic);
        for (const [topic, of] of byTopic) {
          await held(
            patiently('the schema registry', () =>
              decoder.prepare(
                topic,
                of.map(({ record }) => record),
              ),
            ),
          );
        }
        const items = found.map((item): Item => ({ ...item, decoded: decoder.decode(item.origin.topic, item.record) }));
        input.decodedBatch(items, next);
      }
    }
  }

  /** 2 and 3. Load and fold; null when nothing came of it and nothing was taken. */
  async #prepare(batch: Batch): Promise<Prepared | null> {
    const { engine, shard, held, lessons } = this.#context;
    const { settings, ports } = engine;
    const due = this.#whole && this.#leastDue <= batch.watermark;
    // Timers alone wait for the applies, so that the index of what is due is exact.
    if (batch.items.length === 0 || this.#applying.length >= this.#context.engine.limits.applies) await held(this.#drained());
    const states = new Map<CustomerId, Buffer | null>();
    const touched = new Set<CustomerId>();
    for (const { item } of batch.items) {
      if (item.decoded.outcome === 'event' && shardOf(item.decoded.event.customer, settings.shards) === shard)
        touched.add(item.decoded.event.customer);
    }
    const load = this.#whole && this.#cleaner.waiting ? this.#cleaner.take(this.#lastBytes) : null;
    const candidates = load?.candidates ?? [];
    const offsets = new Map<CustomerId, number>();
    const wanted = [...touched, ...candidates.map(({ customer }) => customer)];
    const timers = await this.#load(wanted, due ? batch.watermark : null, states, offsets);
    const folded = foldStep(batch, timers, (customer) => states.get(customer) ?? null, {
      shard,
      caughtUpAt: this.#caughtUpAt,
      reroute: settings.topics.reroute,
      encoder: ports.encoder,
      policy: settings.policy,
      shardOf: (customer) => shardOf(customer, settings.shards),
      refused: (item) => lessons.refused.size > 0 && lessons.refused.has(coordinates(item)),
    });
    // Touched is not written: a customer whose event was a duplicate or a dead letter has no entry in this step, and must be carried.
    const written = new Set(folded.entries.map(({ customer }) => customer));
    const carried = candidates
      .filter(({ customer, offset }) => offsets.get(customer) === offset && !written.has(customer))
      .map(({ customer, state, due }): JournalEntry => ({ customer, cause: 'carried', state, due }));
    const entries = carried.length === 0 ? folded.entries : [...folded.entries, ...carried];
    if (batch.items.length === 0 && entries.length === 0) {
      if (load !== null) await this.#delete(load);
      return null;
    }
    let stateBytes = this.#header.stateBytes;
    for (const { customer, state } of folded.entries) stateBytes += weigh(customer, state) - weigh(customer, states.get(customer) ?? null);
    for (const { due: at } of entries) if (at !== null && at < this.#leastDue) this.#leastDue = at;
    return { batch, folded, bare: timers.length === 0 && carried.length === 0, load, entries, stateBytes };
  }

  /**
   * Fills `states` (and `offsets`) with what the steps before left (I8): from the owner's cache, else from the store, in one atomic read with
   * the store's position, which must be the end of a step that this owner knows. Returns the customers due up to `until`, in order.
   */
  async #load(
    customers: readonly CustomerId[],
    until: Instant | null,
    states: Map<CustomerId, Buffer | null>,
    offsets: Map<CustomerId, number>,
  ): Promise<CustomerId[]> {
    const missing: CustomerId[] = [];
    const look = (customer: CustomerId): void => {
      const held = this.#cache.get(customer);
      if (held === undefined) missing.push(customer);
      else {
        states.set(customer, held.state);
        offsets.set(customer, held.offset);
      }
    };
    for (const customer of customers) look(customer);
    if (missing.length === 0 && until === null) return [];
    const outstanding = until === null ? [] : [...this.#cache.dueBy(until)];
    // Before the question: what is applied while it is answered may be missing in both the answer and what is outstanding then.
    const later = until === null ? NEVER : this.#cache.leastDueAfter(until);
    for (const customer of outstanding) look(customer);
    const found = await this.#read(missing, until, states, offsets);
    if (until === null) return [];
    this.#leastDue = Math.min(found.nextDue ?? NEVER, later);
    const due = [...outstanding, ...found.due.map(({ customer }) => customer).filter((customer) => !this.#cache.isOutstanding(customer))];
    missing.length = 0;
    for (const customer of due) if (!states.has(customer)) look(customer);
    if (missing.length > 0) await this.#read(missing, null, states, offsets);
    return [...new Set(due)];
  }

  async #read(
    missing: readonly CustomerId[],
    until: Instant | null,
    states: Map<CustomerId, Buffer | null>,
    offsets: Map<CustomerId, number>,
  ) {
    const { engine, shard, held } = this.#context;
    const known = [this.#applied, ...this.#applying];
    const found = await held(
      engine.ports.store.load(shard, this.#standing.generation, missing, until ?? (-1 as Instant), this.#context.engine.limits.stepTimers),
    );
    const stray = this.#stray(found.meta, known);
    if (stray !== null) throw stray;
    missing.forEach((customer, i) => {
      const stored = found.states[i] ?? null;
      states.set(customer, stored?.state ?? null);
      if (stored === null) return;
      offsets.set(customer, stored.offset);
      this.#cache.loaded(customer, { state: stored.state, due: null, offset: stored.offset });
    });
    return found;
  }

  /** 4. One transaction, then, in the background and in order, 5. apply. */
  async #commit({ batch, folded, bare, load, entries, stateBytes }: Prepared): Promise<void> {
    const { shard, engine, lessons } = this.#context;
    for (const topic of folded.notKeyed) this.#notKeyed.add(topic);
    const taken = new Set(batch.positions.map((position) => `${position.topic}-${position.partition}`));
    const others = this.#header.positions.filter((position) => !taken.has(`${position.topic}-${position.partition}`));
    const header: JournalHeader = {
      ...this.#header,
      kind: 'step',
      sequence: this.#header.sequence + 1,
      previous: this.#offset,
      positions: [...batch.positions, ...others],
      since: batch.since,
      watermark: batch.watermark,
      now: batch.now,
      caughtUpAt: this.#caughtUpAt,
      policyText: null,
      notKeyed: [...this.#notKeyed],
      refused:
        lessons.refused.size === 0
          ? []
          : batch.items.filter(({ item }) => lessons.refused.has(coordinates(item))).map(({ item }) => placeOf(item)),
      stateBytes,
      writtenBytes: this.#writtenBytes,
      accepted: null,
    };
    const parts = encodeStep(header, entries, this.#context.engine.limits.journalPart);
    const outcome = await this.#context.held(this.#standing.sink.commit(parts, folded.records, batch.now));
    if (outcome.outcome === 'refused') this.#learn(batch, bare, outcome.cause);
    if (outcome.outcome === 'unknown' && outcome.cause instanceof Fenced) throw outcome.cause;
    if (outcome.outcome !== 'committed') {
      throw new Retryable(`shard ${shard}: the step after offset ${this.#offset} is ${outcome.outcome}: ${outcome.cause.message}`, {
        cause: outcome.cause,
      });
    }
    const { offset } = outcome;
    const next = offset + parts.length;
    this.#clock.appended(outcome.at, shard, engine.ports.log);
    this.#header = header;
    this.#offset = offset;
    this.#lastBytes = parts.reduce((bytes, part) => bytes + part.length, 0);
    this.#writtenBytes += this.#lastBytes;
    this.#own = batch.own;
    lessons.most = Math.min(this.#context.engine.limits.stepRecords, lessons.most * 2);
    if (lessons.refused.size > 0) for (const { item } of batch.items) lessons.refused.delete(coordinates(item));
    for (const { customer, state, due } of entries) this.#cache.committed(customer, { state, due, offset });
    this.#queueApply(entries, offset, next, header, load);
    this.#context.progressed();
    this.#cleaner.consider(this.#writtenBytes, stateBytes, next, (error) => this.fail(error));
    engine.onStep(reportOf(shard, offset, batch, folded, folded.records, entries));
  }

  #queueApply(entries: readonly JournalEntry[], offset: number, next: number, header: JournalHeader, load: Load | null): void {
    const { engine, shard, held } = this.#context;
    this.#applying.push(next);
    this.#applies = this.#applies.then(async () => {
      if (this.#failure !== null) return;
      const writes = entries.map(({ customer, state, due }) => ({ customer, offset, state, due }));
      const to = { next, header: toMeta(offset, header) };
      try {
        await held(applyStep(engine, shard, this.#standing.generation, this.#applied, writes, to));
        this.#applied = next;
        this.#applying.shift();
        for (const { customer } of entries) this.#cache.applied(customer, offset);
        if (load !== null) await this.#delete(load);
      } catch (error) {
        this.fail(error);
      }
    });
  }

  async #delete(load: Load): Promise<void> {
    const { engine, shard } = this.#context;
    try {
      await this.#cleaner.applied(load);
    } catch (error) {
      if (!(error instanceof Retryable)) throw error;
      engine.ports.log.warn({ shard, error: error.message }, 'the carried part of the journal could not be deleted; a later round does it');
    }
  }

  /** Asks the store, while nothing else does, whether it still stands where the last step left it: readers of an idle shard would see what was lost. */
  async look(): Promise<void> {
    const { engine, shard } = this.#context;
    const applied = this.#applied;
    if (!this.idle) return;
    const meta = await engine.ports.store.meta(shard);
    const stray = this.idle && this.#applied === applied ? this.#stray(meta, [applied]) : null;
    if (stray !== null) this.fail(stray);
  }

  /** What is to be thrown when the store does not stand at one of these offsets. */
  #stray(meta: Meta | null, known: readonly number[]): Retryable | null {
    if (meta?.generation === this.#standing.generation && known.includes(meta.next)) return null;
    const found = meta === null ? 'nothing' : `offset ${meta.next} of generation ${meta.generation}`;
    return new Retryable(
      `shard ${this.#context.shard}: Redis stands at ${found}, not where the last steps left it; healing it from the journal`,
    );
  }

  /** Ends the steps with this error. */
  fail(error: unknown): void {
    this.#failure ??= error;
    this.#context.signal.notify();
  }

  /** The broker refuses this step as it is: take fewer records, and at last leave the one record out. */
  #learn(batch: Batch, bare: boolean, cause: Error): void {
    const { lessons, shard } = this.#context;
    const [first] = batch.items;
    if (first === undefined) {
      throw new Halt(
        `shard ${shard}: the broker refuses a step without input records: ${cause.message}. Raise max.message.bytes of the application's topics.`,
        { cause },
      );
    }
    if (batch.items.length === 1 && bare) lessons.refused.add(coordinates(first.item));
    lessons.most = Math.max(1, batch.items.length >> 1);
  }
}

function reportOf(
  shard: number,
  offset: number,
  batch: Batch,
  folded: Folded,
  records: readonly OutRecord[],
  entries: readonly JournalEntry[],
): StepReport {
  const carried = entries.filter((entry) => entry.cause === 'carried').length;
  const fromReroute = batch.items.filter(({ item }) => item.origin.topic !== item.input.tp.topic).length;
  return { shard, offset, records: batch.items.length, fromReroute, outputs: records.length, carried, ...folded.counts };
}
