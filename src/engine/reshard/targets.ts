/**
 * The new application's shards while they are filled: steps under their own transactional ids (I1), each with the records that it copies (I2), chained as any (I3), and with
 * how far the shard has come in place of positions, so that after an interruption nothing is written twice. They carry a mark instead of a policy's hash until the end of all is
 * committed in one transaction. Boundary: writing; what is written is units.ts.
 */
import { encodeStep } from '../../codec/journal.ts';
import { weigh } from '../cleaner.ts';
import type { Limits, Settings } from '../engine.ts';
import { Fenced, Halt, Retryable } from '../errors.ts';
import type { JournalEntry, JournalHeader } from '../journal.ts';
import { FIRST_PAUSE, longer } from '../patience.ts';
import type { Clock, OutRecord, Sinks, TopicPartition, TransactionalSink } from '../ports.ts';
import type { JournalStep } from '../tail.ts';
import { isMark } from './mark.ts';
import type { Item } from './units.ts';

/** shards that are worked on side by side */
const LANES = 16;
/** of a commit whose outcome is not known */
const ATTEMPTS = 6;
/** what stands for the topic of the position that says how far a shard has come: no topic's name has a blank */
const PROGRESS = 'reshard progress';

interface TargetsContext {
  readonly settings: Pick<Settings, 'shards' | 'topics' | 'applicationId'>;
  readonly sinks: Sinks;
  readonly clock: Clock;
  readonly limits: Pick<Limits, 'journalPart' | 'stepBytes'>;
  readonly stopped: AbortSignal;
  /** the last step or claim of a new journal, all of it being decided */
  readonly lastOf: (shard: number) => Promise<{ readonly end: number; readonly last: JournalStep | null }>;
  /** of a step in the making, with the mark */
  readonly template: JournalHeader;
}

interface Target {
  readonly shard: number;
  sink: TransactionalSink;
  /** where its journal must go on; known only when it has just been opened */
  end: number | undefined;
  last: JournalStep | null;
  /** unit and number of the last item that is written, or waits to be */
  unit: number;
  at: number;
  entries: JournalEntry[];
  records: OutRecord[];
  bytes: number;
  writtenBytes: number;
  /** of all entries, those too that were written before an interruption */
  stateBytes: number;
}

export class Targets {
  readonly #context: TargetsContext;
  readonly #targets: readonly Target[];
  #waiting = 0;

  private constructor(context: TargetsContext, targets: readonly Target[]) {
    this.#context = context;
    this.#targets = targets;
  }

  /** Opens all, which fences whoever had them. Throws Halt where a journal holds something else than what this reshard began. */
  static async open(context: TargetsContext): Promise<Targets> {
    const { settings, sinks, lastOf, limits } = context;
    const targets: Target[] = [];
    try {
      await inLanes(settings.shards, async (shard) => {
        const sink = await sinks.open(shard);
        const target = { shard, sink, unit: -1, at: -1, entries: [], records: [], bytes: 0, writtenBytes: 0, stateBytes: 0 };
        const opened: Target = { ...target, end: undefined, last: null };
        targets[shard] = opened;
        const { end, last } = await lastOf(shard);
        opened.end = end;
        opened.last = last;
        if (last === null) return;
        const [progress] = last.header.positions;
        opened.unit = progress?.partition ?? -1;
        opened.at = progress?.next ?? -1;
        const parts = encodeStep(last.header, last.entries, limits.journalPart);
        opened.writtenBytes = last.header.writtenBytes + sizeOf(parts);
      });
      const opened = new Targets(context, targets);
      opened.#check();
      return opened;
    } catch (error) {
      await Promise.all(targets.map(({ sink }) => sink.close()));
      throw error;
    }
  }

  /** all journals are empty */
  get fresh(): boolean {
    return this.#targets.every(({ last }) => last === null);
  }

  #check(): void {
    const { settings, template } = this.#context;
    const { applicationId } = settings;
    for (const { shard, last } of this.#targets) {
      if (last === null || last.header.policy === template.policy) continue;
      const found = last.header.policy;
      const known = isMark(found) ? found.replace(/ at \w+$/, '') : null;
      const again = `Take another application id for --to, or delete all topics ${applicationId}.* and begin again.`;
      if (known === null) throw new Halt(`${settings.topics.journal}-${shard} is not empty: ${applicationId} has been in use. ${again}`);
      if (!template.policy.startsWith(`${known} at `)) {
        throw new Halt(
          `${applicationId} was begun by another reshard, the ${known}. Finish that one, with its configuration; or: ${again}`,
        );
      }
      throw new Halt(`workers of the old application have run since the reshard to ${applicationId} was begun. ${again}`);
    }
  }

  /** The first record of each journal that has none. */
  async begin(): Promise<void> {
    await inLanes(this.#targets.length, async (shard) => {
      const target = this.#targets[shard];
      if (target !== undefined && target.last === null) await this.#commit(target, this.#header(target, { kind: 'claim' }), [], []);
    });
  }

  /** Hands in the next item of a unit; writes when much has gathered. */
  async add(unit: number, { to, at, entry, record }: Item): Promise<void> {
    const target = this.#targets[to];
    if (target === undefined) throw new Error(`there is no shard ${to}`);
    const size = entry === undefined ? 0 : weigh(entry.customer, entry.state);
    target.stateBytes += size;
    if (unit < target.unit || (unit === target.unit && at <= target.at)) return;
    target.unit = unit;
    target.at = at;
    if (entry !== undefined) target.entries.push(entry);
    if (record !== undefined) target.records.push(record);
    const more = size + (record === undefined ? 0 : 100 + (record.key?.length ?? 0) + (record.value?.length ?? 0));
    target.bytes += more;
    this.#waiting += more;
    const { stepBytes } = this.#context.limits;
    if (target.bytes >= stepBytes || this.#waiting >= LANES * stepBytes) await this.flush();
  }

  /** Writes what has gathered: a step of each shard that has something. */
  async flush(): Promise<void> {
    await inLanes(this.#targets.length, async (shard) => {
      const target = this.#targets[shard];
      if (target === undefined || target.entries.length + target.records.length === 0) return;
      await this.#commit(target, this.#header(target, { kind: 'step' }), target.entries, target.records);
      target.entries = [];
      target.records = [];
      target.bytes = 0;
    });
    this.#waiting = 0;
  }

  /**
   * The end of all, in one transaction of shard 0's id: a claim in each journal, from which workers go on. Of the other journals nobody else can write to meanwhile: their ids are
   * held too, and no worker claims behind a mark.
   */
  async finish(of: (shard: number, stateBytes: number) => Partial<JournalHeader>): Promise<void> {
    const { settings } = this.#context;
    const claims = this.#targets.map((target) => ({
      ...this.#header(target, { kind: 'claim' }),
      ...of(target.shard, target.stateBytes),
    }));
    const [first] = this.#targets;
    const [claim, ...others] = claims;
    if (first === undefined || claim === undefined) throw new Error('there are no shards');
    const records = others.map((header, i): OutRecord => {
      const [value, more] = encodeStep(header, [], Number.MAX_SAFE_INTEGER);
      if (value === undefined || more !== undefined) throw new Error('a claim has one part');
      return { topic: settings.topics.journal, partition: i + 1, key: null, value, headers: [] };
    });
    await this.#commit(first, claim, [], records);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#targets.map(({ sink }) => sink.close()));
  }

  #header({ last, unit, at, writtenBytes }: Target, { kind }: Pick<JournalHeader, 'kind'>): JournalHeader {
    const progress: TopicPartition = { topic: PROGRESS, partition: unit };
    return {
      ...this.#context.template,
      kind,
      sequence: (last?.header.sequence ?? -1) + 1,
      previous: last?.offset ?? null,
      positions: [{ ...progress, next: at, last: null, newest: null, end: null }],
      writtenBytes,
    };
  }

  /** Until it is known to have happened: after an outcome that is not known, the journal says whether it has. */
  async #commit(target: Target, header: JournalHeader, entries: readonly JournalEntry[], records: readonly OutRecord[]): Promise<void> {
    const { clock, limits, stopped, settings, lastOf, sinks } = this.#context;
    const parts = encodeStep(header, entries, limits.journalPart);
    let pause = FIRST_PAUSE;
    for (let attempt = 1; ; attempt++) {
      if (stopped.aborted) throw new Retryable('interrupted');
      const outcome = await target.sink.commit(parts, records, clock.wall(), target.end);
      target.end = undefined;
      if (outcome.outcome === 'committed') {
        target.last = { offset: outcome.offset, next: outcome.offset + parts.length, header, entries: [] };
        break;
      }
      const { cause } = outcome;
      const where = `${settings.topics.journal}-${target.shard}`;
      if (cause instanceof Fenced) throw new Halt(`${where}: somebody else has taken it over: is another reshard, or a worker, running?`);
      if (outcome.outcome === 'refused') {
        throw new Halt(
          `${where}: the broker refuses a step or what it copies: ${cause.message}. Set max.message.bytes of the new topics as of the old`,
        );
      }
      if (attempt === ATTEMPTS) throw new Retryable(`${where}: a step did not go through: ${cause.message}`, { cause });
      await target.sink.close();
      await clock.sleep(pause, stopped);
      pause = longer(pause);
      target.sink = await sinks.open(target.shard);
      const { end, last } = await lastOf(target.shard);
      if (last !== null && last.header.sequence === header.sequence) {
        target.last = last;
        break;
      }
      target.end = end;
    }
    target.writtenBytes += sizeOf(parts);
  }
}

const sizeOf = (parts: readonly Buffer[]): number => parts.reduce((bytes, part) => bytes + part.length, 0);

/** Does something for each shard, some side by side. When one fails the others end what they have begun. */
async function inLanes(shards: number, action: (shard: number) => Promise<void>): Promise<void> {
  let next = 0;
  let failed = false;
  const lane = async (): Promise<void> => {
    while (next < shards && !failed) {
      try {
        await action(next++);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(LANES, shards) }, lane));
  for (const outcome of lanes) if (outcome.status === 'rejected') throw outcome.reason;
}
