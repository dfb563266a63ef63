/**
 * V1: the journal of each shard is one chain (I3), its positions go on from step to step (I4), and what it took altogether is all that the inputs hold, each
 * record once. Boundary: what a step made of its records is V2's.
 */
import { digest } from '../../src/engine/digest.ts';
import type { InputPosition, JournalHeader } from '../../src/engine/journal.ts';
import { indexAt, named } from './bytes.ts';
import type { Report } from './findings.ts';
import type { Step } from './journal.ts';
import type { Run, Shard } from './run.ts';

export function checkChains(run: Run): void {
  const report = run.findings.of('V1');
  for (const shard of run.shards) run.findings.guard('V1', `shard ${shard.shard}`, () => checkChain(run, shard, report));
}

function checkChain(run: Run, { shard, steps }: Shard, report: Report): void {
  const { settings } = run.evidence;
  let previous: Step | null = null;
  let positions = new Map<string, InputPosition>();
  const firsts = new Map<string, InputPosition>();
  let clock = Number.NEGATIVE_INFINITY;
  for (const step of steps) {
    const { header, offset } = step;
    const where = `${settings.topics.journal}-${shard}@${offset}`;
    const before: JournalHeader | null = previous?.header ?? null;
    if (header.previous !== (previous?.offset ?? null))
      report(where, `names ${header.previous}, not ${previous?.offset}, as its predecessor`);
    if (header.sequence !== (before?.sequence ?? -1) + 1) report(where, `has sequence ${header.sequence} after ${before?.sequence}`);
    if (previous === null && header.kind !== 'claim') report(where, 'the first record is no claim');
    if (header.shards !== settings.shards) report(where, `was written with ${header.shards} shards`);
    if (header.policy !== settings.policyHash) report(where, `was written under policy ${header.policy}`);
    checkTime(header, before, where, report);
    if (header.kind === 'step' && header.now > step.appended + run.clockSlackMs)
      report(where, `was made at ${header.now} by its own account, and appended at ${step.appended}`);
    clock = Math.max(clock, step.appended);
    const newest = Math.max(...header.positions.map((position) => position.newest ?? 0));
    const bound = Math.max(before?.watermark ?? 0, clock - settings.guardMs + run.clockSlackMs, newest);
    if (header.watermark > bound) report(where, `W ${header.watermark} is later than clock less guard and all events taken, ${bound}`);
    for (const topic of before?.notKeyed ?? [])
      if (!header.notKeyed.includes(topic)) report(where, `forgets that ${topic} is not keyed by customer`);
    checkRead(header, before, where, report);
    const after = new Map<string, InputPosition>();
    for (const position of header.positions) {
      const name = named(position);
      const known = positions.get(name);
      if (after.has(name)) report(where, `names ${name} twice`);
      after.set(name, position);
      if (known === undefined) firsts.set(name, position);
      if (header.accepted === null) checkPosition(run, header, known, position, where, report);
    }
    for (const name of positions.keys()) if (!after.has(name)) report(where, `has lost its position in ${name}`);
    positions = after;
    previous = step;
  }
  for (const partition of run.inputs.ofShard(shard)) {
    const name = named(partition);
    const [start, end] = [partition.records[0]?.offset, partition.records.at(-1)?.offset];
    if (start === undefined || end === undefined) continue;
    const first = firsts.get(name);
    const last = positions.get(name);
    if (first === undefined || last === undefined) {
      report(`shard ${shard}`, `${partition.records.length} records of ${name} were never taken: the chain has no position there`);
      continue;
    }
    if (first.next > start) report(`shard ${shard}`, `${name} begins at ${start}, the chain at ${first.next}`);
    if (last.next <= end) report(`shard ${shard}`, `${name} ends with ${end}, the chain before ${last.next}: what follows was never taken`);
  }
  const own = new Set(run.inputs.ofShard(shard).map(named));
  const topics = new Set(run.inputs.all.map(({ topic }) => topic));
  for (const [name, { topic }] of positions)
    if (topics.has(topic) && !own.has(name)) report(`shard ${shard}`, `has a position in ${name}, which is another shard’s`);
}

/** No time goes back, and what is decided once stays. */
function checkTime(header: JournalHeader, before: JournalHeader | null, where: string, report: Report): void {
  const since = before?.watermark ?? 0;
  if (header.since < since) report(where, `its records begin under W ${header.since}, the step before ended under ${since}`);
  if (header.watermark < header.since) report(where, `W goes back from ${header.since} to ${header.watermark}`);
  if (header.kind === 'claim' && header.watermark !== since) report(where, `a claim moves W from ${since} to ${header.watermark}`);
  const caughtUpAt = before?.caughtUpAt ?? null;
  if (caughtUpAt !== null && header.caughtUpAt !== caughtUpAt)
    report(where, `caught up at ${header.caughtUpAt}, and before at ${caughtUpAt}`);
  if ((header.thresholds?.version ?? 0) < (before?.thresholds?.version ?? 0))
    report(where, 'takes up older thresholds than the step before');
}

/** Up to where the other shards' totals are in what was published: never further back (I7). */
function checkRead(header: JournalHeader, before: JournalHeader | null, where: string, report: Report): void {
  for (const { shard, offset } of before?.read ?? []) {
    const now = header.read.find((read) => read.shard === shard)?.offset ?? -1;
    if (now < offset) report(where, `has read shard ${shard} up to ${now}, and before up to ${offset}`);
  }
}

function checkPosition(
  run: Run,
  header: JournalHeader,
  before: InputPosition | undefined,
  after: InputPosition,
  where: string,
  report: Report,
): void {
  const name = named(after);
  if (before === undefined) {
    if (header.kind !== 'claim') report(where, `a step begins ${name}: only a claim may`);
    return;
  }
  if (after.next === before.next) return;
  if (header.kind === 'claim') report(where, `a claim moves ${name} from ${before.next} to ${after.next}`);
  if (after.next < before.next) report(where, `${name} goes back from ${before.next} to ${after.next}`);
  const records = run.inputs.of(after)?.records ?? [];
  const last = records[indexAt(records, after.next) - 1];
  if (last === undefined || last.offset < before.next) return;
  if (after.last?.offset !== last.offset || after.last.digest !== digest(last))
    report(
      where,
      `the last record taken of ${name} is said to be ${after.last?.offset} ${after.last?.digest}, not ${last.offset} ${digest(last)}`,
    );
}
