/**
 * Moves an application from N to M shards: reads all that it is and writes it as the beginning of another application, with M shards, over the same inputs. Offline. The old one's
 * topics are only read; its shards are fenced (I1), so that nothing is added to what is read.
 *
 * Why another application: Kafka takes no partitions away, and in compacted topics keys would stay behind in the partitions where they were.
 *
 * The order is: join both groups → fence the old shards → last headers → fill the new shards, under a mark at which workers halt → read all back and compare → fence the old
 * shards again, and see that nothing was added → the end of all new journals in one transaction (I2). So before the last commit nothing can run, and after it all is there.
 * An interruption anywhere is gone on from by doing the same again: old journals are read anew, what is written is passed over.
 *
 * Positions (I4) go with their input partitions. The watermark of the new shards is the least of the old ones: no event that is still to be taken is late for it, and a customer
 * whose timers have fired up to a later one has none left that would fire before (I10).
 */
import { shardOf } from '../../codec/murmur2.ts';
import { isReserved } from '../../codec/totals.ts';
import { eventSources, isCommands } from '../../config/topics.ts';
import type { Instant } from '../../domain/ids.ts';
import { later, type Thresholds } from '../../domain/thresholds.ts';
import type { Limits, Ports, Settings } from '../engine.ts';
import { Fenced, Halt, Retryable } from '../errors.ts';
import type { InputPosition, JournalHeader } from '../journal.ts';
import type { Ends, TopicPartition } from '../ports.ts';
import { Assembler, type JournalStep, lastStep, stepsIn } from '../tail.ts';
import { GroupReader } from './group-reader.ts';
import { isMark, markOf, moveOf } from './mark.ts';
import { type Sums, sameSums, Tally } from './tally.ts';
import { Targets } from './targets.ts';
import { COPIED, unitsOf } from './units.ts';

/** ms that the outcome of a transaction may take to be written everywhere, and between two looks */
const DECIDED = 30_000;
const LOOK = 100;

export interface Side {
  readonly settings: Settings;
  readonly ports: Pick<Ports, 'source' | 'sinks' | 'logs'>;
}

export interface ReshardContext {
  /** its source reads the outputs, too */
  readonly from: Side;
  /** its topics are there */
  readonly to: Side & { readonly ports: Pick<Ports, 'store'> };
  readonly ports: Pick<Ports, 'clock' | 'decoder'>;
  readonly limits: Pick<Limits, 'journalPart' | 'stepBytes'>;
  readonly stopped: AbortSignal;
  /** told after each fetch: what is read, and how far of where */
  readonly progress: (of: TopicPartition, offset: number, end: number) => void;
}

export interface Resharded {
  /** it had been finished before */
  readonly already: boolean;
  /** as read, and as read back; null where it had been finished before */
  readonly old: Sums | null;
  readonly new: Sums | null;
  /** shards that had never reached the end of their inputs */
  readonly behind: readonly number[];
}

/** Throws Halt when something has to be mended first, Retryable when it was interrupted or servers are away: then the same again goes on. */
export async function reshard(context: ReshardContext): Promise<Resharded> {
  const { from, to, ports, stopped } = context;
  const readers: GroupReader[] = [];
  const join = async ({ settings: { applicationId, shards }, ports: { source } }: Side): Promise<GroupReader> => {
    const reader = await GroupReader.join({ applicationId, shards, source, clock: ports.clock, stopped });
    readers.push(reader);
    return reader;
  };
  try {
    const old = await join(from);
    return await new Reshard(context, old, await join(to)).run();
  } catch (error) {
    if (!(error instanceof Fenced)) throw error;
    throw new Halt(`somebody else has taken a shard over: ${error.message}. Is another reshard, or a worker, running?`, { cause: error });
  } finally {
    for (const reader of readers) await reader.stop();
  }
}

class Reshard {
  readonly #context: ReshardContext;
  readonly #old: GroupReader;
  readonly #new: GroupReader;

  constructor(context: ReshardContext, old: GroupReader, fresh: GroupReader) {
    this.#context = context;
    this.#old = old;
    this.#new = fresh;
  }

  async run(): Promise<Resharded> {
    const { from, to, ports } = this.#context;
    if (await this.#finished()) return { already: true, old: null, new: null, behind: [] };
    await this.#fence();
    const ends = await this.#oldEnds();
    const journals = ends.get(from.settings.topics.journal) ?? [];
    const headers = await Promise.all(journals.map((of, shard) => this.#oldHeader(of, shard)));
    await this.#obeyed(headers);
    const counts = new Map<string, number>();
    for (const { topic } of eventSources(from.settings.sources)) counts.set(topic, (await from.ports.logs.ends(topic)).length);
    const template = templateOf(this.#context, headers, counts, journals);
    const targets = await Targets.open({
      ...this.#context,
      settings: to.settings,
      sinks: to.ports.sinks,
      clock: ports.clock,
      template,
      lastOf: (shard) => this.#newLast(shard),
    });
    try {
      await this.#unused(targets.fresh);
      await targets.begin();
      const tally = new Tally();
      const read = (of: TopicPartition, start: number, end: number) => this.#reading(this.#old, of, start, end);
      const units = unitsOf({ from: from.settings, to: to.settings, ends, headers, read, decoder: ports.decoder, tally });
      for (const [unit, items] of units.entries()) for await (const item of items()) await targets.add(unit, item);
      await targets.flush();
      const moved = await this.#readBack();
      if (!sameSums(tally.sums, moved)) {
        throw new Halt(
          `what was written is not what was read: ${JSON.stringify(tally.sums)} became ${JSON.stringify(moved)}. The new application does not start; delete its topics and report this`,
        );
      }
      await this.#fence();
      const now = await this.#oldEnds();
      if (now.get(from.settings.topics.journal)?.some(({ end }, shard) => end !== journals[shard]?.end) !== false)
        throw new Halt(
          `workers of ${from.settings.applicationId} have run meanwhile: stop them, delete the topics of ${to.settings.applicationId}, and begin again`,
        );
      const { policyHash, policyText, topics } = to.settings;
      await targets.finish((shard, stateBytes) => ({
        policy: policyHash,
        policyText,
        stateBytes,
        positions: [
          ...positionsOf(this.#context, headers, shard),
          { topic: topics.reroute, partition: shard, next: 0, last: null, newest: null, end: null },
        ],
      }));
      const behind = headers.flatMap(({ caughtUpAt }, shard) => (caughtUpAt === null ? [shard] : []));
      return { already: false, old: tally.sums, new: moved, behind };
    } finally {
      await targets.stop();
    }
  }

  /** Whether the new application is what this very reshard has made, whatever has become of it since. */
  async #finished(): Promise<boolean> {
    const { from, to } = this.#context;
    const of = { topic: to.settings.topics.journal, partition: 0 };
    // What one that died has left open, the end of all among it, is decided by this.
    await (await to.ports.sinks.open(0)).close();
    const { end, last } = await this.#newLast(0);
    if (last === null || isMark(last.header.policy)) return false;
    const assembler = new Assembler(of.topic, true);
    const { start = 0 } = (await to.ports.logs.ends(of.topic))[0] ?? {};
    for await (const records of this.#new.read(of, start, end)) {
      for (const record of records) {
        const first = assembler.add(record);
        if (first !== null)
          return first.header.policy.startsWith(`${moveOf(from.settings.applicationId, from.settings.shards, to.settings.shards)} at `);
      }
    }
    return false;
  }

  /** No earlier owner of an old shard can add to its journal afterwards, and nothing of one is left open. */
  async #fence(): Promise<void> {
    const { from } = this.#context;
    for (let shard = 0; shard < from.settings.shards; shard++) {
      this.#old.check();
      await (await from.ports.sinks.open(shard)).close();
    }
  }

  /** Of the old application's own topics, all of them decided up to there. */
  async #oldEnds(): Promise<Map<string, readonly Ends[]>> {
    const { settings, ports } = this.#context.from;
    const { topics, shards } = settings;
    const names = [topics.journal, ...COPIED.map((output) => topics[output]), topics.reroute];
    const ends = new Map<string, readonly Ends[]>();
    for (const topic of names) {
      const of = [];
      for (let partition = 0; partition < shards; partition++) of.push(await this.#decided(ports, { topic, partition }));
      ends.set(topic, of);
    }
    return ends;
  }

  /** Ends of a log behind which nothing is undecided, as at a takeover: behind what is not, the last record is not the last. */
  async #decided({ logs }: Side['ports'], of: TopicPartition): Promise<Ends> {
    const { clock } = this.#context.ports;
    for (const begun = clock.monotonic(); ; await clock.sleep(LOOK, this.#context.stopped)) {
      this.#old.check();
      const found = (await logs.ends(of.topic))[of.partition];
      if (found !== undefined && (await logs.logEnd(of)) <= found.end) return found;
      if (clock.monotonic() - begun > DECIDED)
        throw new Retryable(`${of.topic}-${of.partition}: the broker has yet to write the outcome of a transaction`);
    }
  }

  /** Throws Halt where a takeover would. */
  async #oldHeader(ends: Ends, shard: number): Promise<JournalHeader> {
    const { applicationId, shards, topics, policyHash } = this.#context.from.settings;
    const where = `${topics.journal}-${shard}`;
    const of = { topic: topics.journal, partition: shard };
    const last = await lastStep(where, ends, (from, to) => this.#old.read(of, from, to));
    if (last === null)
      throw new Halt(
        `${where} is empty: shard ${shard} of ${applicationId} has never run. Run it once, or begin anew with the number of shards that you want`,
      );
    const { policy, shards: n } = last.header;
    if (isMark(policy))
      throw new Halt(`${applicationId} is itself the target of a reshard that was not finished, the ${policy}: finish that one`);
    if (n !== shards)
      throw new Halt(
        `${where} was written with ${n} shards, RAPPORT_SHARDS is ${shards}: run this with the configuration of the old application`,
      );
    if (policy !== policyHash)
      throw new Halt(
        `${where} was written under policy ${policy}, the configured one is ${policyHash}: a reshard keeps the policy; configure the old one`,
      );
    return last.header;
  }

  /** Commands belong to their application: what waits of them is for its own workers. */
  async #obeyed(headers: readonly JournalHeader[]): Promise<void> {
    const { settings, ports } = this.#context.from;
    for (const { topic } of settings.sources.filter(isCommands)) {
      const positions = headers.flatMap((header) => header.positions).filter((position) => position.topic === topic);
      for (const [partition, { end }] of (await ports.logs.ends(topic)).entries()) {
        const next = positions.find((position) => position.partition === partition)?.next ?? 0;
        if (next < end)
          throw new Halt(
            `${end - next} commands wait in ${topic}-${partition}: stop \`rapport serve\` of ${settings.applicationId}, run its workers until \`rapport shards\` shows no lag of them, stop the workers, and begin again`,
          );
      }
    }
  }

  async #newLast(shard: number): Promise<{ end: number; last: JournalStep | null }> {
    const { ports, settings } = this.#context.to;
    const of = { topic: settings.topics.journal, partition: shard };
    const ends = await this.#decided(ports, of);
    return { end: ends.end, last: await lastStep(`${of.topic}-${shard}`, ends, (from, to) => this.#new.read(of, from, to)) };
  }

  /** An application whose journals are empty may all the same have been another: what is copied would stand behind what that has left, and Redis mix both. */
  async #unused(fresh: boolean): Promise<void> {
    const { settings, ports } = this.#context.to;
    const { applicationId, topics, shards } = settings;
    for (let shard = 0; shard < shards; shard++) {
      if ((await ports.store.meta(shard)) === null) continue;
      throw new Halt(
        `Redis has a state of shard ${shard} of ${applicationId}: take another application id for --to, or delete its keys {${applicationId}:*`,
      );
    }
    for (const topic of fresh ? Object.values(topics).filter((topic) => topic !== topics.journal) : []) {
      if ((await ports.logs.ends(topic)).some(({ end }) => end > 0))
        throw new Halt(
          `${topic} is not empty: take another application id for --to, or delete all topics ${applicationId}.* and begin again`,
        );
    }
  }

  /** What stands in the new journals: each customer once, where it belongs. */
  async #readBack(): Promise<Sums> {
    const { settings } = this.#context.to;
    const tally = new Tally();
    for (let shard = 0; shard < settings.shards; shard++) {
      const of = { topic: settings.topics.journal, partition: shard };
      const { end } = await this.#newLast(shard);
      for await (const { entries } of stepsIn(`${of.topic}-${shard}`, this.#reading(this.#new, of, 0, end))) {
        for (const entry of entries) {
          const home = isReserved(entry.customer) ? shard : shardOf(entry.customer, settings.shards);
          if (home !== shard)
            throw new Halt(`${of.topic}-${shard} holds a customer of shard ${home}: delete the new topics and report this`);
          tally.add(entry);
        }
      }
    }
    return tally.sums;
  }

  async *#reading(reader: GroupReader, of: TopicPartition, start: number, end: number): ReturnType<GroupReader['read']> {
    for await (const records of reader.read(of, start, end)) {
      yield records;
      this.#context.progress(of, (records.at(-1)?.offset ?? start) + 1, end);
    }
  }
}

/** What a new shard reads on from: where the old ones stand in its input partitions, those too of sources that are not configured now. */
function positionsOf({ from, to }: ReshardContext, headers: readonly JournalHeader[], shard: number): InputPosition[] {
  const { topics, shards, sources } = from.settings;
  const own = new Set([topics.reroute, ...sources.filter(isCommands).map(({ topic }) => topic)]);
  return headers.flatMap(({ positions }, before) =>
    positions
      .filter(({ topic, partition }) => !own.has(topic) && partition % shards === before && partition % to.settings.shards === shard)
      .map((position) => ({ ...position, end: null })),
  );
}

/** @param counts partitions of the inputs */
function templateOf(
  { from, to }: ReshardContext,
  headers: readonly JournalHeader[],
  counts: ReadonlyMap<string, number>,
  journals: readonly Ends[],
): JournalHeader {
  const watermark = Math.min(...headers.map((header) => header.watermark)) as Instant;
  const caughtUp = headers.map(({ caughtUpAt }) => caughtUpAt).filter((at) => at !== null);
  // With another number of partitions an input's records lie in the wrong shard from now on: known beforehand, so that no clock runs ahead of them.
  const unfit = [...counts].filter(([, count]) => count % to.settings.shards !== 0).map(([topic]) => topic);
  return {
    kind: 'step',
    sequence: 0,
    previous: null,
    positions: [],
    since: watermark,
    watermark,
    now: Math.max(...headers.map(({ now }) => now)) as Instant,
    caughtUpAt: caughtUp.length < headers.length ? null : (Math.max(...caughtUp) as Instant),
    policy: markOf(from.settings.applicationId, from.settings.shards, to.settings.shards, journals),
    policyText: null,
    shards: to.settings.shards,
    refused: [],
    stateBytes: 0,
    writtenBytes: 0,
    notKeyed: [...new Set([...headers.flatMap(({ notKeyed }) => notKeyed), ...unfit])],
    accepted: null,
    // The publisher begins with new journals, and with what it remembers: it tells all anew, none as of an earlier instant.
    read: [],
    thresholds: headers.reduce<Thresholds | null>((last, { thresholds }) => later(last, thresholds), null),
  };
}
