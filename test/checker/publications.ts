/**
 * V2 of what shard 0 publishes beside its steps: each KPI, alert about the business and version of the thresholds belongs to a committed step, was read from
 * committed states that never grow older, and what shard 0 remembers is what it has said. Boundary: the values themselves are not added up again here.
 */
import { decodePublisherState, PUBLISHER_KEY } from '../../src/codec/publisher-state.ts';
import { decodeThresholds, THRESHOLDS_KEY } from '../../src/codec/thresholds.ts';
import type { Episode } from '../../src/domain/kpi-alerts.ts';
import type { Report } from './findings.ts';
import type { Step } from './journal.ts';
import { sound } from './outputs.ts';
import type { Run } from './run.ts';

export function checkPublications(run: Run): void {
  if (!run.evidence.publishes) return;
  const report = run.findings.of('V2');
  const steps = run.shards[0]?.steps ?? [];
  checkKpis(run, steps, report);
  checkBusiness(run, steps, report);
  checkThresholds(run, steps, report);
}

const readingOf = (read: readonly { readonly shard: number; readonly offset: number }[]): string =>
  read.map(({ shard, offset }) => `${shard}@${offset}`).join(' ');

/** In log order the KPIs' readings are those of the headers, in the order of the chain, and each is of ends of committed steps. */
function checkKpis({ evidence, outputs, shards }: Run, steps: readonly Step[], report: Report): void {
  const readings = steps.map(({ header }) => readingOf(header.read));
  const ends = shards.map((shard) => new Set(shard.steps.map(({ next }) => next)));
  const last = new Map<string, readonly { readonly shard: number; readonly offset: number }[]>();
  let at = 0;
  for (const kpi of sound(outputs.kpis)) {
    const where = `KPI ${kpi.key} ${kpi.id}`;
    if (kpi.partition !== 0) report(where, `is in partition ${kpi.partition}, not 0`);
    if (kpi.key !== `${kpi.day}|${kpi.dimension}`) report(where, `is of ${kpi.day}|${kpi.dimension}`);
    const reading = readingOf(kpi.offsets);
    while (at < readings.length && readings[at] !== reading) at++;
    if (at === readings.length) {
      report(where, `was read at ${reading}, which no step says at or after the KPI before it`);
      return;
    }
    if (kpi.offsets.length !== evidence.settings.shards) report(where, `was read from ${kpi.offsets.length} shards`);
    for (const { shard, offset } of kpi.offsets) {
      if (ends[shard]?.has(offset) !== true)
        report(where, `was read from shard ${shard} at ${offset}, which is the end of no committed step`);
      const before = last.get(kpi.key)?.find((other) => other.shard === shard)?.offset ?? 0;
      if (offset < before) report(where, `was read from shard ${shard} at ${offset}, the one before at ${before}`);
    }
    last.set(kpi.key, kpi.offsets);
  }
}

/** What is remembered of the episodes at the end is what the topic says, and in between it only goes on. */
function checkBusiness({ outputs }: Run, steps: readonly Step[], report: Report): void {
  const said = new Map<string, Episode>();
  for (const { customerId, kind, subject, episode, number, event } of sound(outputs.alerts))
    if (customerId === null) said.set(`${kind}|${subject}`, { episode, number, open: event !== 'closed' });
  let episodes: Readonly<Record<string, Episode>> = {};
  let day: number | null = null;
  for (const { offset, entries } of steps) {
    for (const { customer, state } of entries) {
      if (customer !== PUBLISHER_KEY || state === null) continue;
      const now = decodePublisherState(state);
      if ((now.day ?? -1) < (day ?? -1)) report(`journal-0@${offset}`, `has judged days up to ${now.day}, and before up to ${day}`);
      ({ episodes, day } = now);
    }
  }
  for (const name of new Set([...said.keys(), ...Object.keys(episodes)])) {
    const [is, should] = [said.get(name), episodes[name]];
    if (JSON.stringify(is) !== JSON.stringify(should && { episode: should.episode, number: should.number, open: should.open }))
      report(`alerts about the business, ${name}`, `end with ${JSON.stringify(is)}, and ${JSON.stringify(should)} is remembered`);
  }
}

/** Each version that was committed is said once, in order. */
function checkThresholds({ outputs }: Run, steps: readonly Step[], report: Report): void {
  const made: string[] = [];
  for (const { entries } of steps) {
    for (const { customer, cause, state } of entries) {
      if (customer !== THRESHOLDS_KEY || cause !== 'total' || state === null) continue;
      const { version, high } = decodeThresholds(state);
      if (version !== made.length + 1) report('thresholds', `version ${version} follows ${made.length}`);
      made.push(`${version} from ${high}`);
    }
  }
  const said = sound(outputs.thresholds).map(({ version, valueHigh }) => `${version} from ${valueHigh}`);
  if (said.join(', ') !== made.join(', ')) report('thresholds', `the topic says ${said.join(', ')}; committed are ${made.join(', ')}`);
}
