/**
 * The steps of one held shard: take, load, fold, commit, apply, one behind the other and overlapping: step k+1 is taken while k commits,
 * loaded and folded after k has committed, while k is still applied.
 * Keeps I2 and I3 (one transaction with the journal record), I5 (apply after commit), I6 (in order), I8 (the fold reads what the step before left).
 * Any trouble ends it with an error whose type names the reaction; nothing it holds outlives it.
 */
import { encodeStep } from '../codec/journal.ts';
import { shardOf } from '../codec/murmur2.ts';
import { DAYS_KEY } from '../codec/totals.ts';
import type { CustomerId, Instant } from '../domain/ids.ts';
import { later, type Thresholds } from '../domain/thresholds.ts';
import { Applies } from './applies.ts';
import { Cache } from './cache.ts';
import { Cleaner, type Load, weigh } from './cleaner.ts';
import { decodeWaiting } from './decoding.ts';
import type { Engine } from './engine.ts';
import { Fenced, Retryable } from './errors.ts';
import { type Folded, foldStep } from './fold.ts';
import type { Input } from './input.ts';
import type { JournalEntry, JournalHeader } from './journal.ts';
import type { Lessons } from './lessons.ts';
import { Loading } from './loading.ts';
import { type Batch, takeBatch } from './merge.ts';
import type { Source, TransactionalSink } from './ports.ts';
import type { Publication, Publisher, PublisherOf } from './publication.ts';
import type { PartitionReader } from './reader.ts';
import { reportOf } from './report.ts';
import { ShardClock } from './shard-clock.ts';
import type { Signal } from './signal.ts';
import type { Standing } from './takeover.ts';
import { planTotals } from './totals.ts';

const UNKNOWN = Number.NEGATIVE_INFINITY;
/** offsets that the outcome of a transaction takes in each partition that it touched */
const MARKER = 1;

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
  /** outlives takeovers */
  readonly lessons: Lessons;
  /** null for all shards but 0 */
  readonly publisherOf: PublisherOf | null;
}

interface Prepared {
  readonly batch: Batch;
  readonly folded: Folded;
  /** it holds records alone, neither timers nor what the cleaner carries nor what is published */
  readonly bare: boolean;
  readonly load: Load | null;
  readonly publication: Publication | null;
  readonly entries: readonly JournalEntry[];
  readonly stateBytes: number;
  readonly thresholds: Thresholds | null;
  /** monotonic ms at which its states were asked for */
  readonly begun: number;
  readonly due: number;
  readonly cacheHits: number;
  readonly cacheMisses: number;
}

export class Steps {
  readonly #context: StepsContext;
  readonly #sink: TransactionalSink;
  readonly #cache: Cache;
  readonly #applies: Applies;
  readonly #publisher: Publisher | null;
  readonly #clock: ShardClock;
  readonly #cleaner: Cleaner;
  /** of the last committed step or claim */
  #header: JournalHeader;
  #offset: number;
  #next: number;
  #writtenBytes: number;
  #lastBytes = 0;
  #failure: unknown = null;
  /** a step is being made: from its load until it is committed */
  #busy = false;
  #watermark: Instant;
  #leastDue = UNKNOWN;
  #own: Instant | null = 0 as Instant;
  #notKeyed: Set<string>;
  #caughtUpAt: Instant | null;
  /** the newest version that is known; a step takes it up whole */
  #thresholds: Thresholds | null;

  constructor(context: StepsContext, standing: Standing) {
    const { engine, shard, held, journal, signal } = context;
    const fail = (error: unknown): void => this.fail(error);
    this.#context = context;
    this.#sink = standing.sink;
    this.#header = standing.header;
    this.#offset = standing.claim;
    this.#next = standing.next;
    this.#writtenBytes = standing.header.writtenBytes + standing.claimBytes;
    this.#watermark = standing.header.watermark;
    this.#notKeyed = new Set(standing.header.notKeyed);
    this.#caughtUpAt = standing.header.caughtUpAt;
    this.#thresholds = standing.header.thresholds;
    this.#clock = new ShardClock(engine.ports.clock, standing.at);
    this.#cache = new Cache(engine.limits.cacheBytes);
    this.#applies = new Applies({ engine, shard, cache: this.#cache, held, fail }, standing.generation, standing.next);
    this.#cleaner = new Cleaner(engine, shard, journal, standing.journalStart, signal);
    this.#publisher = context.publisherOf?.({ engine, standing, wake: () => signal.notify(), fail }) ?? null;
  }

  get clock(): ShardClock {
    return this.#clock;
  }
  get header(): JournalHeader {
    return this.#header;
  }
  /** nothing is committed that is not applied */
  get idle(): boolean {
    return this.#applies.count === 0;
  }
  /** steps that are committed and not applied */
  get applying(): number {
    return this.#applies.count;
  }
  /** of the journal, as the cleaner reckons it */
  get journalBytes(): number {
    return this.#cleaner.bytes(this.#writtenBytes);
  }
  /** the committed watermark over the shard's own sources; null: it has none */
  get own(): Instant | null {
    return this.#own;
  }
  /** whether records of other shards' topics may be on their way here */
  get keyed(): boolean {
    return this.#notKeyed.size === 0;
  }
  /** it has reached the end of its inputs, and nothing waits: no step, no apply, no timer */
  get caughtUp(): boolean {
    return this.#caughtUpAt !== null && !this.#busy && this.idle && this.#leastDue > this.#watermark;
  }
  /** W, which may be ahead of the journal's while nothing happens */
  get watermark(): Instant {
    return this.#watermark;
  }
  /** ms until the next timer, as far as known */
  get untilDue(): number {
    return this.#leastDue - this.#watermark;
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
        this.#busy = batch !== null;
        const prepared: Prepared | null = batch === null ? null : await this.#prepare(batch);
        this.#busy = prepared !== null;
        if (prepared !== null) {
          flight = this.#commit(prepared)
            .then(
              () => null,
              (error: unknown) => error,
            )
            .finally(() => {
              this.#busy = false;
            });
        } else if (this.#context.stopping()) break;
        else if (batch === null) await this.#context.held(this.#context.signal.wait());
      }
      await this.#drained();
    } finally {
      this.#cleaner.stop();
      await flight;
      this.#busy = false;
      this.#publisher?.stop();
    }
  }

  /** Waits for all applies; throws what broke one. */
  async #drained(): Promise<void> {
    await this.#applies.drained();
    if (this.#failure !== null) throw this.#failure;
  }

  /** 1. What a step would take now; null when there is nothing to do. `flying`: a step's commit is under way. */
  async #take(flying: boolean): Promise<Batch | null> {
    const { inputs, reroute, engine, lessons, source } = this.#context;
    await decodeWaiting(this.#context);
    const now = this.#clock.now();
    for (const input of inputs) {
      if (input.stalled(now, engine.settings.guardMs + 1_000)) input.fallBehind();
    }
    const batch = takeBatch(inputs, reroute, this.#watermark, now, engine.limits, lessons.most);
    this.#watermark = batch.watermark;
    this.#publisher?.tick(batch.watermark, now);
    if (batch.caughtUp) this.#caughtUpAt ??= now;
    const full = inputs.filter((input) => input.paused && input.belowHalf);
    for (const input of full) input.paused = false;
    if (full.length > 0) source.resume(full.map((input) => input.tp));
    // Right after a takeover there is nothing to take yet: only at the end of all inputs is the search over.
    if (batch.items.length === 0 && batch.caughtUp) lessons.over();
    const waits = this.#leastDue <= batch.watermark || this.#cleaner.waiting || (this.#publisher?.waiting ?? null) !== null;
    if (batch.items.length > 0 || (lessons.whole && waits)) {
      // crash point: step-taken
      return batch;
    }
    // It counts records of committed steps only, or another shard would pass over what is on its way to it.
    if (!flying) this.#own = batch.own;
    return null;
  }

  /** 2 and 3. Load and fold; null when nothing came of it and nothing was taken. */
  async #prepare(batch: Batch): Promise<Prepared | null> {
    const { engine, shard, held, lessons } = this.#context;
    const { settings, ports, limits } = engine;
    const begun = ports.clock.monotonic();
    const due = lessons.whole && this.#leastDue <= batch.watermark;
    // Timers alone wait for the applies, so that the index of what is due is exact.
    if (batch.items.length === 0 || this.#applies.count >= limits.applies) await held(this.#drained());
    const touched = new Set<CustomerId>();
    for (const { item } of batch.items) {
      if (item.decoded.outcome === 'event' && shardOf(item.decoded.event.customer, settings.shards) === shard)
        touched.add(item.decoded.event.customer);
    }
    const load = lessons.whole && this.#cleaner.waiting ? this.#cleaner.take(this.#lastBytes) : null;
    const candidates = load?.candidates ?? [];
    const publication = lessons.whole ? (this.#publisher?.waiting ?? null) : null;
    const published = publication?.entries ?? [];
    const before = new Loading({ ...this.#context, cache: this.#cache, applies: this.#applies });
    const wanted = [...touched, ...[...candidates, ...published].map(({ customer }) => customer)];
    const timers = due ? await this.#loadDue(before, wanted, batch.watermark) : [];
    if (!due) await before.load(wanted);
    const thresholds = this.#thresholds;
    // crash point: step-loaded
    const folded = foldStep(batch, timers, (customer) => before.state(customer), {
      shard,
      caughtUpAt: this.#caughtUpAt,
      reroute: settings.topics.reroute,
      encoder: ports.encoder,
      policy: settings.policy,
      thresholds,
      shardOf: (customer) => shardOf(customer, settings.shards),
      refused: (item) => lessons.refused(item),
    });
    const totals = await this.#totals(folded, batch.watermark, before);
    const written = [...folded.entries, ...totals, ...published];
    // Touched is not written: a customer whose event was a duplicate or a dead letter has no entry in this step, and must be carried.
    const keys = new Set(candidates.length === 0 ? [] : written.map(({ customer }) => customer));
    const carried = candidates
      .filter(({ customer, offset }) => before.offset(customer) === offset && !keys.has(customer))
      .map(({ customer, state, due }): JournalEntry => ({ customer, cause: 'carried', state, due }));
    const entries = [...written, ...carried];
    if (batch.items.length === 0 && entries.length === 0 && publication === null) {
      if (load !== null) await this.#delete(load);
      return null;
    }
    let stateBytes = this.#header.stateBytes;
    for (const { customer, state } of written) stateBytes += weigh(customer, state) - weigh(customer, before.state(customer));
    for (const { due: at } of entries) if (at !== null && at < this.#leastDue) this.#leastDue = at;
    const bare = timers.length === 0 && carried.length === 0 && publication === null;
    // crash point: step-folded
    const { hits: cacheHits, misses: cacheMisses } = before;
    return { batch, folded, bare, load, publication, entries, stateBytes, thresholds, begun, due: timers.length, cacheHits, cacheMisses };
  }

  async #loadDue(before: Loading, wanted: readonly CustomerId[], until: Instant): Promise<readonly CustomerId[]> {
    const { due, leastDue } = await before.loadDue(wanted, until);
    this.#leastDue = leastDue;
    return due;
  }

  /** What the bookings of a step make of the totals. Mostly the cells are at hand; a new day's are asked for. */
  async #totals({ sums }: Folded, watermark: Instant, before: Loading): Promise<readonly JournalEntry[]> {
    if (sums.size === 0) return [];
    await before.load([DAYS_KEY]);
    const plan = planTotals(sums, before.state(DAYS_KEY), watermark, this.#context.engine.limits.foldedCells);
    await before.load(plan.keys);
    return plan.entries((key) => before.state(key));
  }

  /** 4. One transaction, then, in the background and in order, 5. apply. */
  async #commit(prepared: Prepared): Promise<void> {
    const { batch, folded, bare, load, publication, entries, stateBytes, thresholds } = prepared;
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
      refused: lessons.refusedOf(batch),
      stateBytes,
      writtenBytes: this.#writtenBytes,
      accepted: null,
      read: publication?.read ?? this.#header.read,
      thresholds,
    };
    const parts = encodeStep(header, entries, this.#context.engine.limits.journalPart);
    const records = publication === null ? folded.records : [...folded.records, ...publication.records];
    const sent = engine.ports.clock.monotonic();
    const outcome = await this.#context.held(this.#sink.commit(parts, records, batch.now));
    if (outcome.outcome !== 'committed') engine.watch?.commitFailed(shard, outcome.outcome);
    if (outcome.outcome === 'refused') lessons.learn(shard, batch, bare, outcome.cause);
    if (outcome.outcome === 'unknown' && outcome.cause instanceof Fenced) throw outcome.cause;
    if (outcome.outcome !== 'committed') {
      throw new Retryable(`shard ${shard}: the step after offset ${this.#offset} is ${outcome.outcome}: ${outcome.cause.message}`, {
        cause: outcome.cause,
      });
    }
    // crash point: step-committed
    const answered = engine.ports.clock.monotonic();
    const { offset } = outcome;
    const next = offset + parts.length;
    this.#clock.appended(outcome.at, shard, engine.ports.log);
    this.#header = header;
    this.#offset = offset;
    this.#next = next;
    this.#lastBytes = parts.reduce((bytes, part) => bytes + part.length, 0);
    this.#writtenBytes += this.#lastBytes;
    this.#own = batch.own;
    lessons.committed(batch);
    if (publication !== null) this.#publisher?.taken();
    for (const { customer, state, due } of entries) this.#cache.committed(customer, { state, due, offset });
    const then = async (): Promise<void> => {
      if (load !== null) await this.#delete(load);
    };
    this.#applies.queue({ entries, offset, next, header, then });
    this.#context.progressed();
    this.#cleaner.consider(this.#writtenBytes, stateBytes, next, (error) => this.fail(error));
    const took = { sent, answered, at: outcome.at, journalBytes: this.#lastBytes, caughtUpAt: header.caughtUpAt };
    engine.onStep(reportOf(shard, offset, prepared, records, took));
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

  /** A version of the thresholds is in force: the next step takes it up, unless it knows a newer one. */
  adopt(thresholds: Thresholds): void {
    this.#thresholds = later(this.#thresholds, thresholds);
  }

  /** Asks the store of an idle shard whether it still stands where the last step left it. */
  look(): Promise<void> {
    return this.#applies.look();
  }

  /** Where the journal ends while nothing is being written to it by this owner: behind its last step and the marker. Null: something is. */
  get journalEnd(): number | null {
    return this.#busy ? null : this.#next + MARKER;
  }

  /**
   * The journal was found to end at `end`, asked for when `journalEnd` was `expected`. Beyond it only a successor can have written: an owner that never heard of one, and to which the
   * shard came back, would otherwise notice with its next step only, and Redis would wait as long for what the successor left.
   */
  ended(expected: number | null, end: number): void {
    if (expected === null || this.journalEnd !== expected || end <= expected) return;
    this.fail(new Fenced(`shard ${this.#context.shard}: another owner has written to the journal up to offset ${end}`));
  }

  /** Ends the steps with this error. */
  fail(error: unknown): void {
    this.#failure ??= error;
    this.#applies.stop();
    this.#context.signal.notify();
  }
}
