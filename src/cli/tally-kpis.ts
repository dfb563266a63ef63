/**
 * What the topic of KPIs says of its newest days, as tables. Bounded: the records of two days, one for each dimension.
 */
import { avroType } from '../codec/schemas.ts';
import type { KpiRecord } from '../codec/types.ts';
import { GROUPS, type Group } from '../domain/decision.ts';
import { METRICS, type Metric } from '../domain/kpi-values.ts';
import { ALL, groupDimension } from '../domain/kpis.ts';
import { moneyText, table } from './output.ts';

const KEPT_DAYS = 2;
const LIFTS = 6;

type DayValues = { readonly day: string } & Readonly<Record<Metric, number | null>>;

export class KpiTally {
  /** monotonic instant at which the latest record came, ms */
  heardAt = performance.now();
  readonly #days = new Map<string, Map<string, KpiRecord>>();

  /** Takes the value of one record of the topic, which this very release has written. */
  add(value: Buffer): void {
    const kpi: KpiRecord = avroType('out/kpi').fromBuffer(value.subarray(5));
    this.heardAt = performance.now();
    const day = this.#days.get(kpi.day) ?? new Map<string, KpiRecord>();
    this.#days.set(kpi.day, day.set(kpi.dimension, kpi));
    for (const old of [...this.#days.keys()].sort().slice(0, -KEPT_DAYS)) this.#days.delete(old);
  }

  of(day: string, dimension: string): KpiRecord | null {
    return this.#days.get(day)?.get(dimension) ?? null;
  }

  /** The last day that is over, YYYY-MM-DD; null while there is none. */
  get finished(): string | null {
    const days = [...this.#days.keys()].sort();
    return days.findLast((day) => this.of(day, ALL)?.finished === true) ?? null;
  }

  /** The last finished day of all customers; null while there is none. */
  get values(): DayValues | null {
    return this.#valuesOf(ALL);
  }

  /** The same of each group; null for one that nobody has been in. */
  get byGroup(): Readonly<Record<Group, DayValues | null>> {
    return Object.fromEntries(GROUPS.map((group) => [group, this.#valuesOf(groupDimension(group))])) as Record<Group, DayValues | null>;
  }

  #valuesOf(dimension: string): DayValues | null {
    const day = this.finished;
    const kpi = day === null ? null : this.of(day, dimension);
    if (kpi === null) return null;
    const values = Object.fromEntries(METRICS.map((name) => [name, kpi[name]])) as Record<Metric, number | null>;
    return { day: kpi.day, ...values };
  }

  /** Where an attribute is most out of proportion in a group, for how many there are; the most striking first. */
  get lifts(): readonly KpiRecord[] {
    const records = [...(this.#days.get(this.finished ?? '')?.values() ?? [])];
    return records
      .filter(({ lift, customers }) => lift !== null && lift > 0 && customers !== null)
      .toSorted((a, b) => surprise(b) - surprise(a) || (a.dimension < b.dimension ? -1 : 1))
      .slice(0, LIFTS);
  }
}

/** By how many standard deviations the count is off what the attribute's share overall would give. */
function surprise({ customers, lift }: KpiRecord): number {
  const expected = (customers ?? 0) / (lift ?? 1);
  return Math.abs((customers ?? 0) - expected) / Math.sqrt(expected);
}

const share = (value: number | null): string => (value === null ? '–' : `${(100 * value).toFixed(1)} %`);

export function kpiTables(tally: KpiTally): string {
  const day = tally.finished;
  const all = day === null ? null : tally.of(day, ALL);
  if (day === null || all === null) return '\nKPIs: none yet';
  const { currency } = all;
  const money = (minor: number | null): string => (minor === null ? '–' : moneyText(minor, currency).replace(` ${currency}`, ''));
  const row = (name: string, kpi: KpiRecord | null) => [
    name,
    kpi?.customers ?? 0,
    kpi?.active ?? 0,
    money(kpi?.revenue ?? null),
    money(kpi?.averageOrder ?? null),
    share(kpi?.csat ?? null),
    kpi?.nps?.toFixed(0).replace('-', '−') ?? null,
    money(kpi?.predictedValue ?? null),
  ];
  const groups = table(
    ['group', '#customers', '#active', '#revenue', '#avg order', '#CSAT', '#NPS', '#predicted value'],
    [...GROUPS.map((group: Group) => row(group, tally.of(day, groupDimension(group)))), row('all', all)],
  );
  const year =
    all.churn12 === null
      ? 'Of twelve months: churn and retention are told once a year has been seen'
      : `Of twelve months: churn ${share(all.churn12)}, retention ${share(all.retention12)}`;
  const lifts = table(
    ['group', 'attribute', '#customers', '#times as common as overall'],
    tally.lifts.map((kpi) => [kpi.group, `${kpi.attribute} ${kpi.value}`, kpi.customers, kpi.lift?.toFixed(2) ?? null]),
  );
  const title = `KPIs of ${day}, ${currency}; average order, CSAT and NPS over ${all.windowDays} days`;
  const told = tally.lifts.length === 0 ? [] : ['', 'Attributes that stand out', lifts];
  return ['', title, groups, year, ...told].join('\n');
}
