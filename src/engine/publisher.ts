/**
 * Publishes the KPIs, the alerts about the business and the versions of the thresholds: reads the totals of all shards from the store beside the steps of shard 0, says what has changed, and hands it
 * to the next step, which commits it with what was remembered and the positions that were read (I2). Lives as long as one holding of shard 0.
 *
 * A value is never replaced by one from an older state of any shard: what a predecessor has read stands in the journal's header, and nothing is published
 * while the store stands before that for any shard, or while the totals of any shard cannot be read. A successor does not know what was said, so it says all
 * anew, which a compacted topic bears. Boundary: what is said is domain/kpi-report.ts; reading is shard-totals.ts.
 */
import { decodePublisherState, encodePublisherState, NO_STATE, PUBLISHER_KEY, type PublisherState } from '../codec/publisher-state.ts';
import { decodeThresholds, encodeThresholds, THRESHOLDS_KEY } from '../codec/thresholds.ts';
import { type CustomerId, dayOf, type Instant } from '../domain/ids.ts';
import { Reporter } from '../domain/kpi-report.ts';
import { Totals } from '../domain/kpi-totals.ts';
import { later, nextVersion, type Thresholds, type ThresholdsVersion } from '../domain/thresholds.ts';
import { Retryable } from './errors.ts';
import type { JournalEntry, JournalHeader } from './journal.ts';
import type { DecisionContext } from './ports.ts';
import type { Publication, Publisher, PublisherContext, PublisherOf } from './publication.ts';
import { ShardTotals } from './shard-totals.ts';
import { firstKept } from './totals.ts';

interface PublisherLimits {
  /** ms between two looks while things change */
  readonly interval: number;
  /** KPIs of one publication at most: the rest follows at once */
  readonly records: number;
  /** totals of one answer of the store at most */
  readonly cells: number;
  /** ms of waiting for a shard before it is logged */
  readonly patience: number;
}

const PUBLISHER_LIMITS: PublisherLimits = { interval: 1_000, records: 1_000, cells: 2_000, patience: 30_000 };

/** The publisher of KPIs, for the composition root to give to the engine. */
export const publishKpis =
  (limits: Partial<PublisherLimits> = {}): PublisherOf =>
  (context) =>
    new KpiPublisher(context, { ...PUBLISHER_LIMITS, ...limits });

interface Reached {
  /** W of shard 0 */
  readonly watermark: Instant;
  /** of each shard, what its owner last said; null: it has no input of its own */
  readonly owns: readonly (Instant | null | undefined)[];
}

class KpiPublisher implements Publisher {
  readonly #context: PublisherContext;
  readonly #limits: PublisherLimits;
  readonly #reporter: Reporter;
  readonly #totals = new Totals();
  readonly #shards: readonly ShardTotals[];
  #waiting: Publication | null = null;
  #state: PublisherState | null = null;
  /** the last version of the thresholds, and the day of the last look at them */
  #version: ThresholdsVersion | null = null;
  #judged: number | null = null;
  /** as of the last tick */
  #watermark = 0 as Instant;
  #now = 0 as Instant;
  /** how far the shards were at the look before: steps that were under way then are in the totals by now */
  #reached: Reached | null = null;
  #looking = false;
  #stopped = false;
  /** monotonic instants: of the next look, and since when a shard is waited for; null while none is */
  #next = 0;
  #since: number | null = null;
  #said = false;

  constructor(context: PublisherContext, limits: PublisherLimits) {
    this.#context = context;
    this.#limits = limits;
    const { settings, ports } = context.engine;
    const floors = new Map(context.standing.header.read.map(({ shard, offset }) => [shard, offset]));
    this.#reporter = new Reporter(this.#totals, settings.policy);
    this.#shards = Array.from(
      { length: settings.shards },
      (_, shard) => new ShardTotals(ports.store, shard, this.#totals, floors.get(shard) ?? 0, limits.cells),
    );
  }

  get waiting(): Publication | null {
    return this.#waiting;
  }

  taken(): void {
    this.#waiting = null;
  }

  stop(): void {
    this.#stopped = true;
    this.#waiting = null;
  }

  tick(watermark: Instant, now: Instant): void {
    this.#watermark = watermark;
    this.#now = now;
    if (this.#stopped || this.#looking || this.#waiting !== null) return;
    const at = this.#context.engine.ports.clock.monotonic();
    if (at < this.#next) return;
    this.#next = at + this.#limits.interval;
    this.#looking = true;
    this.#look()
      .catch((error: unknown) => {
        // The store is away: the steps say so themselves, and the next look tries again.
        if (!(error instanceof Retryable) && !this.#stopped) this.#context.fail(error);
      })
      .finally(() => {
        this.#looking = false;
      });
  }

  async #look(): Promise<void> {
    const { engine, wake } = this.#context;
    const state = this.#state ?? (await this.#remembered());
    const watermark = this.#watermark;
    const owns = await engine.ports.store.readOwns(engine.settings.shards);
    const faults = await Promise.all(this.#shards.map(faultOf));
    if (this.#stopped || state === null) return;
    this.#state = state;
    const missing = faults.findIndex((fault) => fault !== null);
    this.#waitsFor(missing < 0 ? null : missing, faults[missing] ?? '');
    if (missing >= 0) return;
    const publication = this.#publication(state);
    this.#reached = { watermark, owns };
    if (publication === null) return;
    this.#waiting = publication;
    wake();
  }

  /** What the predecessor left in the store, which stands behind the claim; null when the store is no longer ours to read. */
  async #remembered(): Promise<PublisherState | null> {
    const { engine, standing } = this.#context;
    const keys = [PUBLISHER_KEY, THRESHOLDS_KEY];
    const { meta, states } = await engine.ports.store.load(0, standing.generation, keys, -1 as Instant, 0);
    if (meta?.generation !== standing.generation || meta.next < standing.next) return null;
    const [stored = null, version = null] = states;
    this.#version = version && decodeThresholds(version.state);
    return stored === null ? NO_STATE : decodePublisherState(stored.state);
  }

  #publication(state: PublisherState): Publication | null {
    const { encoder } = this.#context.engine.ports;
    const headers = this.#shards.map(({ header }) => header).filter((header) => header !== null);
    const until = Math.max(state.until, this.#bound(headers)) as Instant;
    const horizon = Math.max(...headers.map(({ watermark }) => firstKept(watermark)), firstKept(until));
    const report = this.#reporter.report(state, until, horizon, this.#limits.records);
    const after: PublisherState = { ...report.state, until };
    this.#state = after;
    // What does not fit follows without a pause.
    if (report.more) this.#next = 0;
    const version = this.#nextVersion(headers, until);
    if (report.kpis.length === 0 && report.state === state && version === null) return null;
    const context: DecisionContext = { shard: 0, now: this.#now, caughtUpAt: caughtUpAt(headers), trigger: null };
    const offsets = this.#shards.map(({ shard, next }) => ({ shard, offset: next }));
    return {
      records: [
        ...report.alerts.map((alert) => encoder.decision(alert, context)),
        ...report.kpis.map((kpi) => encoder.decision({ ...kpi, offsets }, context)),
        ...(version === null ? [] : [encoder.decision(version, context)]),
      ],
      entries: [
        remember(PUBLISHER_KEY, encodePublisherState(after)),
        ...(version === null ? [] : [remember(THRESHOLDS_KEY, encodeThresholds(version))]),
      ],
      read: offsets,
    };
  }

  /**
   * The next version of the thresholds, looked for once a day: while a history is being worked off, none, since what is counted is not the population of
   * today, and what a history leads to is not to depend on how fast it is read. Where shards know a later version than is remembered (a journal of shard 0 was
   * lost), it goes on from theirs.
   */
  #nextVersion(headers: readonly JournalHeader[], until: Instant): ThresholdsVersion | null {
    const { policy } = this.#context.engine.settings;
    const today = dayOf(until);
    if (policy.value.percentile === null || today < dayOf(this.#now) || this.#judged === today) return null;
    const { values } = this.#totals;
    if (values.total >= policy.kpis.leastCustomers) this.#judged = today;
    const known = headers.reduce<Thresholds | null>((last, { thresholds }) => later(last, thresholds), this.#version);
    const last = known === null || known === this.#version ? this.#version : { ...known, day: null };
    const version = nextVersion(policy, values, last, until);
    this.#version = version ?? this.#version;
    return version;
  }

  /**
   * Event time that has passed: W of this shard, but not past what a shard has reached that never caught up yet, or a history would be told day by day without its
   * customers. The journal's watermark is that of the totals; of an idle shard, where nothing is under way, what it said itself is later.
   */
  #bound(headers: readonly JournalHeader[]): Instant {
    const { watermark = 0, owns = [] } = this.#reached ?? {};
    let bound = Math.max(headers[0]?.watermark ?? 0, watermark);
    headers.forEach((header, shard) => {
      if (shard === 0 || header.caughtUpAt !== null) return;
      const own = owns[shard];
      if (own !== null) bound = Math.min(bound, Math.max(header.watermark, own ?? 0));
    });
    return bound as Instant;
  }

  /** One line when a shard keeps the KPIs waiting for long, and one when that is over. */
  #waitsFor(shard: number | null, reason: string): void {
    const { clock, log } = this.#context.engine.ports;
    if (shard === null) {
      if (this.#said) log.info({ shard: 0 }, 'KPIs are published again');
      this.#since = null;
      this.#said = false;
      return;
    }
    this.#since ??= clock.monotonic();
    if (this.#said || clock.monotonic() - this.#since < this.#limits.patience) return;
    this.#said = true;
    log.warn({ shard, reason }, 'no KPIs are published until the totals of this shard can be read');
  }
}

const remember = (customer: CustomerId, state: Buffer): JournalEntry => ({ customer, cause: 'total', state, due: null });

/** Why a shard is not up to date; null when it is. */
async function faultOf(shard: ShardTotals): Promise<string | null> {
  try {
    return await shard.read();
  } catch (error) {
    if (!(error instanceof Retryable)) throw error;
    return error.message;
  }
}

/** The instant from which on all shards that have ever caught up had; null before the first has. */
function caughtUpAt(headers: readonly JournalHeader[]): Instant | null {
  const instants = headers.map((header) => header.caughtUpAt).filter((at) => at !== null);
  return instants.length === 0 ? null : (Math.max(...instants) as Instant);
}
