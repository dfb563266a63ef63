/**
 * A policy played over a history: every customer's events through the domain, in the order of event time, with every timer between them,
 * and what came of it counted: the groups at the end, moves and how many were undone, alerts of churn risk. Boundary: no files, no text for people.
 * The domain decides everything (fire, fold); nothing of it is repeated here. Memory is one customer's state at a time.
 *
 * *Undone*: after a move the customer is back in the group that it left within 30 days. A first group is no move, and a move of the history's
 * last 30 days is not judged, as its time has not passed. Alerts are those of the last 365 days, over the customer-days known in them.
 */
import { fire, fold, newCustomer } from '../domain/customer.ts';
import { type Decision, GROUPS, type Group, type SegmentChange } from '../domain/decision.ts';
import { scoresAt } from '../domain/evaluate.ts';
import type { CustomerEvent } from '../domain/event.ts';
import { type CustomerId, DAY, type Instant, startOfDay } from '../domain/ids.ts';
import { viewOf } from '../domain/outlook.ts';
import type { Policy } from '../domain/policy.ts';
import { type CustomerState, WINDOW_DAYS } from '../domain/state.ts';

/** Each customer's events, in the order of event time. */
export type Timelines = ReadonlyMap<CustomerId, readonly CustomerEvent[]>;

/** A move that is taken back within so many days is undone. */
const UNDONE_DAYS = 30;
/** Alerts are counted over so many days before the end. */
const ALERT_DAYS = 365;

/** A customer with an order in the last 365 days, at the end of the history. Money in minor units. */
export interface Standing {
  readonly group: Group;
  /** null without evidence */
  readonly loyalty: number | null;
  readonly value: number;
  /** which components have evidence, by COMPONENTS */
  readonly evidence: readonly boolean[];
  /** of all time, and of the last 365 days; net */
  readonly orders: number;
  readonly orders365: number;
  readonly revenue365: number;
}

export interface Played {
  readonly customers: number;
  readonly events: number;
  /** active customers by group */
  readonly groups: Readonly<Record<Group, number>>;
  /** customers without an order that stands, and those without one in the last 365 days */
  readonly prospects: number;
  readonly inactive: number;
  /** all, those with 30 days after them, and those of them that were undone */
  readonly moves: number;
  readonly judged: number;
  readonly undone: number;
  /** undone / judged; null without a move to judge */
  readonly undoneShare: number | null;
  /** CHURN_RISK opened in the last 365 days, and a day per 10,000 customers known on it */
  readonly alerts: number;
  readonly alertsPerDayPer10k: number | null;
  /** what was on when they opened, most frequent first: raising signals, and BUY where P(buy) was below p2 */
  readonly openedBy: readonly { readonly signals: string; readonly alerts: number }[];
  readonly active: readonly Standing[];
}

/** `until`: the end of the history; later events are left out. `progress` is called now and then with the customers played so far. */
export function play(timelines: Timelines, asked: Policy, until: Instant, progress: (customers: number) => void = () => {}): Played {
  const policy = quiet(asked);
  const groups = Object.fromEntries(GROUPS.map((group) => [group, 0])) as Record<Group, number>;
  const active: Standing[] = [];
  const openedBy = new Map<string, number>();
  const counts = { customers: 0, events: 0, prospects: 0, inactive: 0, moves: 0, judged: 0, undone: 0, alerts: 0, knownDays: 0 };
  for (const [customer, events] of timelines) {
    const state = newCustomer(customer);
    const decisions: Decision[] = [];
    for (const event of events) {
      if (event.at > until) break;
      fire(state, event.at, policy, decisions);
      fold(state, event, policy, decisions);
      counts.events += 1;
    }
    if (state.firstEventAt === null) continue;
    fire(state, until, policy, decisions);
    counts.customers += 1;
    counts.knownDays += Math.min(ALERT_DAYS, (until - state.firstEventAt) / DAY);
    tell(decisions);
    const standing = standingOf(state, policy, until);
    if (standing !== null) {
      active.push(standing);
      groups[standing.group] += 1;
    } else if (state.orders > 0) counts.inactive += 1;
    else counts.prospects += 1;
    if (counts.customers % 64 === 0) progress(counts.customers);
  }
  const { knownDays, ...rest } = counts;
  return {
    ...rest,
    groups,
    active,
    undoneShare: counts.judged === 0 ? null : counts.undone / counts.judged,
    alertsPerDayPer10k: knownDays === 0 ? null : (10_000 * counts.alerts) / knownDays,
    openedBy: [...openedBy]
      .map(([signals, alerts]) => ({ signals, alerts }))
      .sort((a, b) => b.alerts - a.alerts || (a.signals < b.signals ? -1 : 1)),
  };

  function tell(decisions: readonly Decision[]): void {
    const moves: SegmentChange[] = [];
    for (const decision of decisions) {
      if (decision.type === 'segment-change' && decision.from !== null) moves.push(decision);
      if (decision.type !== 'alert' || decision.kind !== 'CHURN_RISK' || decision.event !== 'opened') continue;
      if (decision.at <= until - ALERT_DAYS * DAY) continue;
      counts.alerts += 1;
      const low = (decision.about?.buyProbability ?? 1) < policy.churn.p2;
      const signals = (decision.about?.signals ?? []).filter((signal) => signal !== 'PRICE_SENSITIVE');
      const by = [...(low ? ['BUY'] : []), ...signals].join(' + ');
      openedBy.set(by, (openedBy.get(by) ?? 0) + 1);
    }
    counts.moves += moves.length;
    moves.forEach(({ from, at }, i) => {
      if (at + UNDONE_DAYS * DAY > until) return;
      counts.judged += 1;
      for (let next = i + 1; (moves[next]?.at ?? Number.POSITIVE_INFINITY) <= at + UNDONE_DAYS * DAY; next++) {
        if (moves[next]?.to !== from) continue;
        counts.undone += 1;
        break;
      }
    });
  }
}

/** Profiles and the evaluations that are made for KPIs alone change nothing that is counted here (D3): as few as may be. */
const quiet = (policy: Policy): Policy => ({ ...policy, profileDays: 365, kpis: { ...policy.kpis, evaluateDays: 365 } });

/** Null for a customer who is not active. */
function standingOf(state: CustomerState, policy: Policy, until: Instant): Standing | null {
  const year = state.days.filter(({ day }) => startOfDay(day + WINDOW_DAYS) > until);
  if (state.group === null || state.orders <= 0 || !year.some(({ orders }) => orders > 0)) return null;
  const { loyalty, value, components } = scoresAt(viewOf(state, policy, until));
  return {
    group: state.group,
    loyalty,
    value,
    evidence: Object.values(components).map((points) => points !== null),
    orders: state.orders,
    orders365: year.reduce((sum, { orders }) => sum + Math.max(0, orders), 0),
    revenue365: Math.max(
      0,
      year.reduce((sum, { revenue }) => sum + revenue, 0),
    ),
  };
}
