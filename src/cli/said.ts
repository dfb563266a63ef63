/**
 * What the topics of an application have said so far: counted as it comes, shown as tables or as a summary. Boundary: reads nothing itself; bounded, whatever the number
 * of customers.
 */
import type { Topics } from '../config/config.ts';
import { startOfDay } from '../domain/ids.ts';
import { ALL } from '../domain/kpis.ts';
import type { LogRecord, TopicPartition } from '../engine/ports.ts';
import { type Risks, riskTable } from './risk-levels.ts';
import { changeTables, reasonOf, Tally } from './tally.ts';
import { AlertTally, alertReasonOf, alertTables } from './tally-alerts.ts';
import { KpiTally, kpiTables } from './tally-kpis.ts';

const dateOf = (day: number): string => new Date(startOfDay(day)).toISOString().slice(0, 10);
const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, count) => total + count, 0);

export class Said {
  readonly topics: readonly string[];
  readonly #names: Topics;
  readonly #say: (line: string) => void;
  readonly #changes = new Tally();
  readonly #alerts = new AlertTally();
  readonly #kpis = new KpiTally();
  /** changes and alerts are said as they come */
  telling = false;

  constructor(topics: Topics, say: (line: string) => void) {
    this.topics = [topics.segmentChanges, topics.alerts, topics.kpis];
    this.#names = topics;
    this.#say = say;
  }

  add({ topic }: TopicPartition, { value }: LogRecord): void {
    if (value === null) return;
    if (topic === this.#names.kpis) this.#kpis.add(value);
    else if (topic === this.#names.alerts) {
      const alert = this.#alerts.add(value);
      this.#tell(alert.at, `${alert.customerId ?? alert.subject} ${alert.kind} ${alert.event}: ${alertReasonOf(alert)}`);
    } else {
      const change = this.#changes.add(value);
      this.#tell(change.at, `${change.customerId} ${change.from ?? '–'} → ${change.to}: ${reasonOf(change)}`);
    }
  }

  /** Whether so many changes and records of customers' alerts have come. */
  hasHeard({ changes, alerts }: { readonly changes: number; readonly alerts: number }): boolean {
    return this.#changes.changes >= changes && this.#alerts.records >= alerts;
  }

  /** Whether the KPIs of the day before, and of all who are customers today, have come, and for so many ms nothing more. */
  hasKpisOf(today: number, quietMs: number): boolean {
    return (
      this.#kpis.of(dateOf(today - 1), ALL)?.finished === true &&
      this.#kpis.of(dateOf(today), ALL)?.customers === sum(this.#changes.groups) &&
      performance.now() - this.#kpis.heardAt >= quietMs
    );
  }

  tables(risks: Risks): string {
    return [changeTables(this.#changes), riskTable(risks), alertTables(this.#alerts), kpiTables(this.#kpis), ''].join('\n');
  }

  /** `alerts` and `alertsByKind` count episodes that were opened; `signals` customers for whom each holds; `kpis` are those of all customers, and `kpisByGroup` of each group, on the last day that was over. */
  summary({ levels, lost, signals }: Risks) {
    const { groups, transitions } = this.#changes;
    const alertsByKind = Object.fromEntries(Object.entries(this.#alerts.kinds).map(([kind, { opened }]) => [kind, opened]));
    const { values: kpis, byGroup: kpisByGroup } = this.#kpis;
    return { alerts: this.#alerts.opened, alertsByKind, groups, transitions, levels, lost, signals, kpis, kpisByGroup };
  }

  #tell(at: number, what: string): void {
    if (this.telling) this.#say(`${new Date(at).toISOString()} ${what}`);
  }
}
