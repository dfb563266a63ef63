/**
 * What is to be said of the totals as they stand: the KPIs of each day and dimension whose values are other than those said before, and the alerts about the business.
 * Boundary: which totals may be used, and what becomes of the records, is the publisher's; formulas are kpi-values.ts and kpi-alerts.ts. Pure but for
 * what it remembers of what it has said, bounded by days × dimensions.
 */
import type { Alert } from './decision.ts';
import { dayOf, hash, type Instant } from './ids.ts';
import { type BusinessState, judgeDay } from './kpi-alerts.ts';
import type { Totals } from './kpi-totals.ts';
import { endOfDay, type Formulas, isCross, type Kpi, kpiValues, membersOf, Running } from './kpi-values.ts';
import { ALL, type Dimension } from './kpis.ts';
import type { Policy } from './policy.ts';

/** `active` customers of all at the end of each day from `firstDay` on; −1 where it is not known. */
export interface ReportState extends BusinessState {
  readonly firstDay: number;
  readonly active: readonly number[];
}

export interface Report {
  readonly kpis: readonly Omit<Kpi, 'offsets'>[];
  readonly alerts: readonly Alert[];
  /** as it is after these alerts; the same object when nothing has changed */
  readonly state: ReportState;
  /** the bound was reached: there is more to say at once */
  readonly more: boolean;
}

/** Days that `active` reaches back: to a year before the oldest day that is told. */
const REMEMBERED_DAYS = 800;
const NOTHING = -1;

export class Reporter {
  readonly #totals: Totals;
  readonly #policy: Policy;
  /** the first day from which on a dimension may have something new to say */
  readonly #open = new Map<Dimension, number>();
  /** what was said last, by day and dimension */
  readonly #said = new Map<number, Map<Dimension, number>>();
  #today: number | null = null;

  constructor(totals: Totals, policy: Policy) {
    this.#totals = totals;
    this.#policy = policy;
  }

  /**
   * @param until event time that has passed everywhere: its day is running, those before are finished
   * @param horizon the oldest day whose cells are all kept
   * @param most KPIs at most
   */
  report(state: ReportState, until: Instant, horizon: number, most: number): Report {
    const today = dayOf(until);
    const view = new View(this.#totals, this.#policy, state, today, horizon);
    const first = view.first;
    if (first === null || first > today) return { kpis: [], alerts: [], state, more: false };
    this.#reopen(first, today);
    const judged = view.judge(first);
    const kpis: Omit<Kpi, 'offsets'>[] = [];
    const { windowDays } = this.#policy.kpis;
    for (const dimension of [...this.#open.keys()].sort(inOrder)) {
      const members = membersOf(dimension);
      const running = members === null ? null : view.running(dimension);
      // A dimension is told from its own first day on.
      let day = running === null ? today + 1 : Math.max(first, running.since, this.#open.get(dimension) ?? first);
      for (; members !== null && running !== null && day <= today && kpis.length < most; day++) {
        const finished = day < today;
        const values = kpiValues(dimension, members, day, running, view.formulas);
        if (!this.#isNews(day, dimension, hash(`${finished}${JSON.stringify(values)}`))) continue;
        kpis.push({ type: 'kpi', day, dimension, at: finished ? endOfDay(day) : until, finished, values, windowDays });
      }
      if (day <= today) {
        this.#open.set(dimension, day);
        break;
      }
      this.#open.delete(dimension);
    }
    return { kpis, alerts: judged.alerts, state: judged.state, more: this.#open.size > 0 };
  }

  /** What has changed, and what that changes: an attribute's weight in a group depends on the group, the attribute and all. */
  #reopen(first: number, today: number): void {
    const { changed } = this.#totals;
    const from = new Map(changed);
    changed.clear();
    // A new day has a record of its own, and the one before is finished.
    const passed = this.#today === null ? first : this.#today;
    for (const dimension of this.#totals.dimensions) {
      const members = membersOf(dimension);
      const on =
        members !== null && isCross(members)
          ? [dimension, ALL, `group:${members.group}`, `attribute:${members.attribute}=${members.value}`]
          : [dimension];
      const day = Math.min(
        ...on.map((name) => from.get(name) ?? Number.POSITIVE_INFINITY),
        today > (this.#today ?? -1) ? passed : Number.POSITIVE_INFINITY,
      );
      if (day <= today) this.#open.set(dimension, Math.min(day, this.#open.get(dimension) ?? day));
      // Days ahead of today wait for it.
      else if (day !== Number.POSITIVE_INFINITY) changed.set(dimension, day);
    }
    if (this.#today !== today) for (const day of this.#said.keys()) if (day < first) this.#said.delete(day);
    this.#today = Math.max(today, this.#today ?? today);
  }

  #isNews(day: number, dimension: Dimension, digest: number): boolean {
    const said = this.#said.get(day) ?? new Map<Dimension, number>();
    this.#said.set(day, said);
    if (said.get(dimension) === digest) return false;
    said.set(dimension, digest);
    return true;
  }
}

/** All first, then groups, attributes, and both. */
const rank = (dimension: Dimension): number =>
  dimension === ALL ? 0 : dimension.startsWith('attribute:') ? 2 : dimension.includes(',') ? 3 : 1;
const inOrder = (a: Dimension, b: Dimension): number => rank(a) - rank(b) || (a < b ? -1 : 1);

/** The totals as they stand at one look. */
class View {
  /** the first day that can be told: all of its windows lie within the cells; null when there is none */
  readonly first: number | null;
  readonly formulas: Formulas;
  readonly #totals: Totals;
  readonly #policy: Policy;
  readonly #state: ReportState;
  readonly #today: number;
  readonly #horizon: number;
  readonly #running = new Map<Dimension, Running | null>();

  constructor(totals: Totals, policy: Policy, state: ReportState, today: number, horizon: number) {
    this.#totals = totals;
    this.#policy = policy;
    this.#state = state;
    this.#today = today;
    this.#horizon = horizon;
    const base = totals.series(ALL)?.base ?? null;
    this.first = base === null ? totals.first : horizon + Math.max(policy.kpis.windowDays, policy.alerts.supportQuality.windowDays) - 1;
    this.formulas = {
      policy,
      running: (dimension) => this.running(dimension),
      activeBefore: (dimension, day) => {
        const active = dimension === ALL ? (state.active[day - state.firstDay] ?? NOTHING) : NOTHING;
        return active === NOTHING ? null : active;
      },
    };
  }

  running(dimension: Dimension): Running | null {
    const known = this.#running.get(dimension);
    if (known !== undefined) return known;
    const members = membersOf(dimension);
    const series = members === null ? null : this.#totals.series(dimension);
    const made =
      members === null || series === null ? null : new Running(series, this.#horizon, this.#today, isCross(members) ? 1 : undefined);
    this.#running.set(dimension, made);
    return made;
  }

  /** Looks at each finished day since the last, in order. */
  judge(first: number): { readonly alerts: readonly Alert[]; readonly state: ReportState } {
    const alerts: Alert[] = [];
    let business: BusinessState = this.#state;
    for (let day = Math.max(first, (this.#state.day ?? first - 1) + 1); day < this.#today; day++) {
      const judged = judgeDay(
        business,
        {
          day,
          metric: (metric, dimension) => {
            const members = membersOf(dimension);
            const running = this.running(dimension);
            return members === null || running === null ? null : kpiValues(dimension, members, day, running, this.formulas)[metric];
          },
          support: (days) => ({
            tickets: this.running(ALL)?.over('tickets', day, days) ?? 0,
            late: this.running(ALL)?.over('lateTickets', day, days) ?? 0,
          }),
        },
        this.#policy,
      );
      business = judged.state;
      alerts.push(...judged.alerts);
    }
    return business === this.#state ? { alerts, state: this.#state } : { alerts, state: { ...business, ...this.#remembered() } };
  }

  /** Sizes at the ends of finished days: as the totals have them, and before these as they were remembered. */
  #remembered(): Pick<ReportState, 'firstDay' | 'active'> {
    const all = this.running(ALL);
    const firstDay = Math.max(0, this.#today - REMEMBERED_DAYS);
    const active = Array.from({ length: this.#today - firstDay }, (_, i) => {
      const day = firstDay + i;
      if (all !== null && day >= all.since) return all.upTo('active', day);
      return this.#state.active[day - this.#state.firstDay] ?? NOTHING;
    });
    const known = active.findIndex((size) => size !== NOTHING);
    return known < 0 ? { firstDay: 0, active: [] } : { firstDay: firstDay + known, active: active.slice(known) };
  }
}
