/**
 * V2: what the steps made again say is what was written: journal entries step by step, output records in order partition by partition, and to reroute what each
 * shard sent. None is missing, none is extra. What the steps took is noted, for V8. Boundary: publications.ts looks at what shard 0 publishes beside its steps.
 */
import { PUBLISHER_KEY } from '../../src/codec/publisher-state.ts';
import { THRESHOLDS_KEY } from '../../src/codec/thresholds.ts';
import type { CustomerId } from '../../src/domain/ids.ts';
import type { JournalEntry } from '../../src/engine/journal.ts';
import { originOf } from '../../src/engine/reroute.ts';
import { idOf, named, sameBytes } from './bytes.ts';
import type { Report } from './findings.ts';
import { type ReplayedStep, replay } from './replay.ts';
import type { Run, Shard } from './run.ts';
import { type Expected, sameSequence } from './sequence.ts';
import type { Taken } from './taken.ts';

/** Under these keys shard 0 remembers what it has published. */
const PUBLISHED: ReadonlySet<CustomerId> = new Set([PUBLISHER_KEY, THRESHOLDS_KEY]);

const weigh = (customer: CustomerId, state: Buffer | null): number =>
  state === null ? 0 : state.length + Buffer.byteLength(customer) + 16;

export function checkSteps(run: Run, taken: Taken): void {
  const report = run.findings.of('V2');
  const { topics } = run.evidence.settings;
  /** by topic and partition; to reroute also by the shard that sent it */
  const expected = new Map<string, Expected[]>();
  for (const shard of run.shards) {
    run.findings.guard('V2', `shard ${shard.shard}`, () => {
      const dues = new Map<CustomerId, number | null>();
      let bytes = 0;
      for (const made of replay(run.evidence, run.inputs, shard.shard, shard.steps)) {
        const where = `${topics.journal}-${shard.shard}@${made.step.offset}`;
        bytes = checkEntries(run, shard, made, dues, bytes, where, report);
        checkHeader(made, where, report);
        checkWatermark(run, made, where);
        for (const record of made.records) {
          if (record.topic === topics.segmentChanges || record.topic === topics.alerts) run.said.set(idOf(record), made.step.appended);
          const lane = record.topic === topics.reroute ? `${named(record)} from ${shard.shard}` : named(record);
          const list = expected.get(lane);
          if (list === undefined) expected.set(lane, [{ record, by: where }]);
          else list.push({ record, by: where });
        }
        for (const item of made.taken) taken.note(shard.shard, item, made.step.header.now, run.evidence.limits.future, where);
        run.compared.steps += 1;
        run.compared.records += made.taken.length;
        run.compared.outputs += made.records.length;
      }
    });
  }
  compareOutputs(run, expected, report);
}

/** @returns the bytes of all states after the step */
function checkEntries(
  run: Run,
  { shard }: Shard,
  { step, entries: made, states }: ReplayedStep,
  dues: Map<CustomerId, number | null>,
  bytes: number,
  where: string,
  report: Report,
): number {
  const publishes = run.evidence.publishes && shard === 0;
  const written = step.entries.filter(({ cause }) => cause !== 'carried');
  const own = publishes ? written.filter(({ customer }) => !PUBLISHED.has(customer)) : written;
  for (let i = 0; i < Math.max(own.length, made.length); i++) {
    const [is, should] = [own[i], made[i]];
    if (is !== undefined && should !== undefined && sameEntry(is, should)) continue;
    report(where, `entry ${i} is ${told(is)}, made again it is ${told(should)}`);
    break;
  }
  const once = new Set<CustomerId>();
  let size = bytes;
  for (const { customer, state } of written) {
    if (once.has(customer)) report(where, `has two entries for ${JSON.stringify(customer)}`);
    once.add(customer);
    size += weigh(customer, state) - weigh(customer, states.get(customer) ?? null);
  }
  for (const entry of step.entries) {
    if (entry.cause !== 'carried') continue;
    const { customer, state, due } = entry;
    const current = states.get(customer) ?? null;
    if (once.has(customer)) report(where, `carries ${JSON.stringify(customer)}, which it has an entry for`);
    once.add(customer);
    if (state === null || !sameBytes(state, current))
      report(where, `carries a state of ${JSON.stringify(customer)} that is not the current one`);
    else if (due !== (dues.get(customer) ?? null))
      report(where, `carries ${JSON.stringify(customer)} with the due ${due}, not ${dues.get(customer)}`);
  }
  for (const { customer, due } of step.entries) dues.set(customer, due);
  if (size !== step.header.stateBytes) report(where, `its states take ${size} bytes, its header says ${step.header.stateBytes}`);
  return size;
}

const sameEntry = (a: JournalEntry, b: JournalEntry): boolean =>
  a.customer === b.customer && a.cause === b.cause && a.due === b.due && sameBytes(a.state, b.state);

const told = (entry: JournalEntry | undefined): string =>
  entry === undefined
    ? 'none'
    : `${entry.cause} of ${JSON.stringify(entry.customer)}, due ${entry.due}, ${entry.state === null ? 'no state' : `${entry.state.length} bytes`}`;

function checkHeader({ step: { header }, before, watermark, notKeyed, newest }: ReplayedStep, where: string, report: Report): void {
  if (watermark > header.watermark) report(where, `its last record was taken under W ${watermark}, its header says ${header.watermark}`);
  const topics = new Set([...before.notKeyed, ...notKeyed]);
  if (topics.size !== header.notKeyed.length || !header.notKeyed.every((topic) => topics.has(topic)))
    report(where, `says that ${header.notKeyed} are not keyed by customer, it should be ${[...topics]}`);
  for (const position of header.positions) {
    const should = newest.get(named(position));
    // undefined: a source that is read no longer
    if (should !== undefined && position.newest !== should)
      report(where, `the newest event of ${named(position)} is ${position.newest}, it should be ${should}`);
  }
}

/**
 * An input holds W at the newest event taken of it, until its end is reached: then at the instant at which it was asked for, less the guard, which is before what
 * follows was appended. What was forwarded comes from an input that another shard reads.
 */
function checkWatermark({ evidence, findings }: Run, { taken }: ReplayedStep, where: string): void {
  const { endSlackMs = null, settings } = evidence;
  if (endSlackMs === null) return;
  for (const { item, watermark, newest } of taken) {
    if (item.input.tp.topic === settings.topics.reroute) continue;
    const bound = Math.max(newest, item.record.timestamp - settings.guardMs + endSlackMs);
    if (watermark > bound)
      findings.add('V1', where, `takes ${named(item.input.tp)}@${item.record.offset} under W ${watermark}, which may be ${bound} at most`);
  }
}

function compareOutputs(run: Run, expected: ReadonlyMap<string, readonly Expected[]>, report: Report): void {
  const { settings, seen, publishes } = run.evidence;
  const { journal, reroute, kpis, thresholds, ...outputs } = settings.topics;
  for (const [name, topic] of Object.entries(outputs) as [keyof typeof outputs, string][]) {
    // Shard 0 also speaks about the business: of no customer, in alerts.
    const beside = publishes && name === 'alerts' ? aboutBusiness(run) : null;
    for (const [partition, records] of (seen.get(topic) ?? []).entries()) {
      const lane = named({ topic, partition });
      const own = beside === null || partition !== 0 ? records : records.filter(({ offset }) => !beside.has(offset));
      sameSequence(name, lane, expected.get(lane) ?? [], own, report);
    }
  }
  for (const topic of [kpis, thresholds]) {
    if (publishes) continue;
    for (const [partition, records] of (seen.get(topic) ?? []).entries())
      if (records.length > 0) report(named({ topic, partition }), `has ${records.length} records, and nothing publishes any`);
  }
  for (const [partition, records] of (seen.get(reroute) ?? []).entries()) {
    const tp = { topic: reroute, partition };
    const from = Map.groupBy(records, (record) => run.inputs.shardOf(originOf(record, tp, true)));
    for (let shard = 0; shard < settings.shards; shard++) {
      const lane = `${named(tp)} from ${shard}`;
      sameSequence(null, lane, expected.get(lane) ?? [], from.get(shard) ?? [], report);
    }
  }
}

/** Offsets in partition 0 of the alerts. */
const aboutBusiness = ({ outputs }: Run): ReadonlySet<number> =>
  new Set(outputs.alerts.filter(({ partition, record }) => partition === 0 && record?.customerId === null).map(({ offset }) => offset));
