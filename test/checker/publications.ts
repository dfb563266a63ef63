/**
 * V2 of what shard 0 publishes beside its steps: each KPI and each alert about the business is made again (reports.ts), each version of the thresholds is one that
 * was committed. Boundary: when there is a next version is not looked for again.
 */
import { decodeThresholds, THRESHOLDS_KEY } from '../../src/codec/thresholds.ts';
import { named } from './bytes.ts';
import type { Report } from './findings.ts';
import type { Step } from './journal.ts';
import { sound } from './outputs.ts';
import { reportsAgain } from './reports.ts';
import type { Run } from './run.ts';
import { sameSequence } from './sequence.ts';

export function checkPublications(run: Run): void {
  if (!run.evidence.publishes) return;
  const report = run.findings.of('V2');
  const steps = run.shards[0]?.steps ?? [];
  checkReports(run, report);
  checkThresholds(run, steps, report);
}

/** Each KPI and each alert about the business is what the totals say that were read, none is extra, none missing. */
function checkReports(run: Run, report: Report): void {
  const { settings, seen } = run.evidence;
  const { kpis, alerts } = reportsAgain(run, report);
  const { topics } = settings;
  for (const [partition, records] of (seen.get(topics.kpis) ?? []).entries())
    sameSequence('kpis', named({ topic: topics.kpis, partition }), partition === 0 ? kpis : [], records, report);
  const business = new Set(
    run.outputs.alerts.flatMap(({ offset, record, partition }) => (partition === 0 && record?.customerId === null ? [offset] : [])),
  );
  const told = (seen.get(topics.alerts)?.[0] ?? []).filter(({ offset }) => business.has(offset));
  sameSequence('alerts', `${named({ topic: topics.alerts, partition: 0 })} about the business`, alerts, told, report);
  run.compared.outputs += kpis.length + alerts.length;
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
