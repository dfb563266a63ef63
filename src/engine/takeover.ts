/**
 * Takes a shard over: fence, look at what the journal and the store say, claim, bring the store up to the claim, say where to go on.
 * Keeps I1 (initialising the transactional id, then the claim, make everything before the claim final), I3, I4, I6 and I7. Every Halt of a
 * shard names its way out.
 *
 * The order is: fence → journal's end, which must be decided → last header → claim at E → tail up to E. The header comes before the claim so that the claim can name
 * its predecessor and the positions; nothing can come between, since the predecessor is fenced. But a broker that was cut off may answer for the end of a log
 * that another leads by now: a claim that would not stand at that end is not committed.
 */
import { decodeHeader, encodeStep } from '../codec/journal.ts';
import type { Instant } from '../domain/ids.ts';
import { digest } from './digest.ts';
import type { Engine } from './engine.ts';
import { Fenced, Halt, Retryable } from './errors.ts';
import type { InputPosition, JournalHeader } from './journal.ts';
import type { Ends, Meta, TopicPartition, TransactionalSink } from './ports.ts';
import type { PartitionReader } from './reader.ts';
import { isMark } from './reshard/mark.ts';
import { Assembler, Catchup, type JournalStep, toMeta } from './tail.ts';

/** Where a shard stands after a takeover. */
export interface Standing {
  readonly sink: TransactionalSink;
  readonly generation: number;
  /** the store's `next`, and the offset of the claim */
  readonly next: number;
  readonly claim: number;
  readonly header: JournalHeader;
  /** of the claim itself */
  readonly claimBytes: number;
  /** the broker's clock when the claim was appended */
  readonly at: Instant;
  readonly journalStart: number;
  /** all states were made anew from the journal */
  readonly rebuilt: boolean;
}

export interface TakeoverContext {
  readonly engine: Engine;
  readonly shard: number;
  /** the shard's input partitions, reroute's last */
  readonly inputs: readonly TopicPartition[];
  readonly journal: PartitionReader;
  /** Awaits and then checks that the shard is still held: throws Fenced when it was dropped meanwhile. */
  readonly held: <T>(promise: Promise<T>) => Promise<T>;
  /** aborts when the shard is dropped */
  readonly gone: AbortSignal;
  /** an operator's word that gaps are to be passed over, and why */
  readonly accept: { readonly reason: string } | null;
  /** makes a reader of an input partition whose batches reach it (accepting only) */
  readonly readerOf: (tp: TopicPartition) => PartitionReader;
}

interface Last {
  readonly offset: number;
  readonly header: JournalHeader;
}

export async function takeOver(context: TakeoverContext): Promise<Standing> {
  const { engine, shard, held } = context;
  const { store, sinks } = engine.ports;
  // 1. The store must answer before anything is written: a claim for every try while Redis is down would fill the journal.
  await held(store.meta(shard));
  // 2. Fence the predecessor; its open transaction is resolved when this returns.
  // crash point: takeover-begun
  const sink = await held(sinks.open(shard));
  try {
    // crash point: takeover-fenced
    const ends = await endsOf(context);
    const own = { topic: engine.settings.topics.journal, partition: shard };
    const journal = endOf(ends, own);
    await decided(context, own, journal);
    const meta = await held(store.meta(shard));
    const last = await lastHeader(context, meta, journal);
    // 3. Check, claim.
    const claim = await claimHeader(context, last, journal, ends);
    const parts = encodeStep(claim, [], engine.limits.journalPart);
    // crash point: takeover-looked
    const outcome = await held(sink.commit(parts, [], engine.ports.clock.wall(), journal.end));
    if (outcome.outcome !== 'committed' && outcome.cause instanceof Fenced) throw outcome.cause;
    if (outcome.outcome !== 'committed')
      throw new Retryable(`shard ${shard}: the claim did not go through: ${outcome.cause.message}`, { cause: outcome.cause });
    // crash point: takeover-claimed
    // 4. The store up to the claim, and past it.
    const built = await catchUp(context, meta, journal, outcome.offset, claim);
    return {
      sink,
      generation: built.generation,
      next: built.next,
      claim: outcome.offset,
      header: claim,
      claimBytes: parts.reduce((bytes, part) => bytes + part.length, 0),
      at: outcome.at,
      journalStart: journal.start,
      rebuilt: built.rebuilt,
    };
  } catch (error) {
    await sink.close();
    throw error;
  }
}

/**
 * All of the journal must be decided before the claim is made: behind what is not, the last header is not the last. Looked at before anything is
 * sent: to give up afterwards would make the next initialisation abort what the broker still owes markers for.
 */
async function decided({ engine, shard, held }: TakeoverContext, own: TopicPartition, { end }: Ends): Promise<void> {
  const logEnd = await held(engine.ports.logs.logEnd(own));
  if (logEnd <= end) return;
  throw new Retryable(
    `shard ${shard}: ${own.topic}-${shard} is decided up to ${end} and ends at ${logEnd}: the broker has yet to write the outcome of a transaction`,
  );
}

async function endsOf({ engine, inputs, held }: TakeoverContext): Promise<Map<string, readonly Ends[]>> {
  const topics = [...new Set([...inputs.map((input) => input.topic), engine.settings.topics.journal])];
  const ends = await held(Promise.all(topics.map((topic) => engine.ports.logs.ends(topic))));
  return new Map(topics.map((topic, i) => [topic, ends[i] ?? []]));
}

function endOf(ends: ReadonlyMap<string, readonly Ends[]>, { topic, partition }: TopicPartition): Ends {
  const found = ends.get(topic)?.[partition];
  if (found === undefined) throw new Retryable(`${topic}-${partition}: the broker does not list this partition`);
  return found;
}

/** The last record of the journal: from the store when it stands right behind it, else read. */
async function lastHeader(context: TakeoverContext, meta: Meta | null, journal: Ends): Promise<Last | null> {
  const { shard, engine } = context;
  if (meta !== null && meta.next > journal.end) {
    throw new Halt(
      `shard ${shard}: Redis stands at journal offset ${meta.next}, but ${engine.settings.topics.journal}-${shard} ends at ${journal.end}: the journal was deleted, ` +
        `truncated or belongs to another application. Restore it; or delete the keys {${engine.settings.applicationId}:${shard}}:* and run \`rapport shards accept --shard ${shard} --reason …\`.`,
    );
  }
  if (journal.end === 0) return null;
  if (meta !== null && meta.next >= journal.start && journal.end - meta.next <= 1) {
    return { offset: Number(meta.header.readBigInt64BE()), header: decodeHeader(meta.header.subarray(8)) };
  }
  // A step in parts may reach far back: look further and further until a whole one is found.
  for (let back = 4; ; back *= 8) {
    const from = Math.max(journal.start, journal.end - back);
    const assembler = new Assembler(`${engine.settings.topics.journal}-${shard}`, true);
    let last: JournalStep | null = null;
    for await (const records of context.journal.read(from, journal.end, context.gone)) {
      await context.held(Promise.resolve());
      for (const record of records) last = assembler.add(record) ?? last;
    }
    if (last !== null) return { offset: last.offset, header: last.header };
    if (from === journal.start) return null;
  }
}

async function claimHeader(
  context: TakeoverContext,
  last: Last | null,
  journal: Ends,
  ends: ReadonlyMap<string, readonly Ends[]>,
): Promise<JournalHeader> {
  const { engine, shard, inputs, held, accept } = context;
  const { settings, ports } = engine;
  const before = last?.header ?? null;
  const gaps: string[] = [];
  if (before === null) {
    const used = await held(ports.logs.hasGroupOffsets(inputs));
    // What lies in it may be aborted claims only: that its start has moved is what shows that something was there.
    const lost = journal.start > 0 ? 'is empty but not new' : 'is new, but the group has offsets for its inputs';
    if (journal.start > 0 || used) {
      if (accept === null)
        throw new Halt(
          `shard ${shard}: ${settings.topics.journal}-${shard} ${lost}: a journal was lost. Restore it; or begin anew with ${wayOut(shard)}.`,
        );
      gaps.push(`journal ${lost}`);
    }
  }
  if (before !== null && isMark(before.policy)) {
    throw new Halt(
      `shard ${shard}: the journal is the beginning of a reshard that was not finished, the ${before.policy}. Finish it: run \`rapport reshard\` again, with the configuration of the old application.`,
    );
  }
  if (before !== null && before.shards !== settings.shards) {
    throw new Halt(
      `shard ${shard}: the journal was written with ${before.shards} shards, RAPPORT_SHARDS is ${settings.shards}. Set it back; \`rapport reshard\` moves to another number.`,
    );
  }
  if (before !== null && before.policy !== settings.policyHash) {
    throw new Halt(
      `shard ${shard}: the journal was written under policy ${before.policy}, the configured one is ${settings.policyHash}. Keep the old policy, or start a new application id.`,
    );
  }
  const positions = new Map((before?.positions ?? []).map((position) => [`${position.topic}-${position.partition}`, position]));
  for (const input of inputs) {
    const name = `${input.topic}-${input.partition}`;
    const known = positions.get(name);
    const { start, end } = endOf(ends, input);
    const fresh: InputPosition = { ...input, next: start, last: null, newest: null, end: null };
    const fault = known === undefined ? null : await positionFault(context, known, { start, end });
    if (known === undefined) positions.set(name, fresh);
    // The record before the position is gone (retention, or reroute's clean-up): there is nothing to compare, and nothing to seek to.
    else if (known.last !== null && known.last.offset < start) positions.set(name, { ...known, last: null });
    if (known === undefined || fault === null) continue;
    if (accept === null) {
      throw new Halt(
        `shard ${shard}: ${name}: ${fault}. Restore it; or go on at its start with ${wayOut(shard)}; or start a new application id.`,
      );
    }
    positions.set(name, { ...fresh, newest: known.newest });
    gaps.push(`${name}: ${fault}; from ${known.next} to ${start}`);
  }
  return {
    kind: 'claim',
    sequence: (before?.sequence ?? -1) + 1,
    previous: last?.offset ?? null,
    positions: [...positions.values()].map((position) => ({ ...position, end: null })),
    since: before?.watermark ?? (0 as Instant),
    watermark: before?.watermark ?? (0 as Instant),
    now: before?.now ?? (0 as Instant),
    caughtUpAt: before?.caughtUpAt ?? null,
    policy: settings.policyHash,
    policyText: before === null ? settings.policyText : null,
    shards: settings.shards,
    refused: [],
    stateBytes: before?.stateBytes ?? 0,
    writtenBytes: before?.writtenBytes ?? 0,
    notKeyed: [
      ...new Set([
        ...(before?.notKeyed ?? []),
        ...settings.sources.filter((source) => !source.keyedByCustomer).map((source) => source.topic),
      ]),
    ],
    accepted: accept === null || gaps.length === 0 ? null : { reason: accept.reason, what: gaps.join('; ') },
    read: before?.read ?? [],
    thresholds: before?.thresholds ?? null,
  };
}

const wayOut = (shard: number): string => `\`rapport shards accept --shard ${shard} --reason …\`, the workers stopped`;

/** Why a position cannot be gone on from. That the record before it is still the same is compared when it is fetched again (input.ts), here only when accepting. */
async function positionFault(context: TakeoverContext, known: InputPosition, { start, end }: Ends): Promise<string | null> {
  if (known.next > end) return `the position ${known.next} lies after its end ${end}: the topic was deleted and created again`;
  if (known.next < start)
    return `the position ${known.next} lies before its start ${start}: records were deleted before they were processed`;
  if (context.accept === null || known.last === null || known.last.offset < start) return null;
  for await (const records of context.readerOf(known).read(known.last.offset, known.next, context.gone)) {
    const record = records.find((candidate) => candidate.offset === known.last?.offset);
    if (record !== undefined && digest(record) !== known.last.digest)
      return `the record at offset ${known.last.offset} is another one: the topic was deleted and created again`;
  }
  return null;
}

/** Applies what the store has not seen; builds a new generation where it has lost what the journal no longer tells from its `next` on. */
async function catchUp(
  context: TakeoverContext,
  meta: Meta | null,
  journal: Ends,
  claim: number,
  header: JournalHeader,
): Promise<{ generation: number; next: number; rebuilt: boolean }> {
  const { engine, shard, held } = context;
  const { store, log } = engine.ports;
  const rebuild = meta === null || meta.next < journal.start;
  const generation = rebuild ? claim : meta.generation;
  const from = rebuild ? journal.start : meta.next;
  if (rebuild) {
    if ((await held(store.build(shard, generation, from))) === 'rejected')
      throw new Retryable(`shard ${shard}: another worker builds a newer generation`);
    // crash point: takeover-building
    if (journal.end > 0) log.info({ shard, generation, from, to: claim }, 'rebuilding the state in Redis from the journal');
  }
  const catchup = new Catchup(engine, shard, generation, from, rebuild);
  const assembler = new Assembler(`${engine.settings.topics.journal}-${shard}`);
  for await (const records of context.journal.read(from, claim, context.gone)) {
    for (const record of records) {
      const step = assembler.add(record);
      if (step !== null) await held(catchup.add(step));
    }
  }
  assembler.finish();
  await held(catchup.flush());
  // crash point: takeover-caught-up
  const at = catchup.at;
  const to = { next: claim + 1, header: toMeta(claim, header) };
  if ((await held(store.apply(shard, { generation, at, from: 0, entries: [], to }))) === 'rejected')
    throw new Retryable(`shard ${shard}: the store moved while the claim was applied`);
  if (rebuild) {
    // crash point: takeover-moved
    if ((await held(store.promote(shard, generation, to.next))) === 'rejected')
      throw new Retryable(`shard ${shard}: a newer generation is already current, or the store has lost what was built`);
    // crash point: takeover-promoted
    void store
      .sweep(shard)
      .catch((error: unknown) =>
        log.warn({ shard, error: String(error) }, 'old generations could not be removed; tried again at the next takeover'),
      );
  }
  return { generation, next: to.next, rebuilt: rebuild && journal.end > 0 };
}
