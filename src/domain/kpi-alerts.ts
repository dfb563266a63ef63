/**
 * Alerts about the business: PORTFOLIO, SUPPORT_QUALITY, GOAL. Looked at once for each finished day, in order, so that nothing comes and goes within a day.
 * An episode is opened once and closed once; it closes at a better value than it opens at, so that a value on its limit does not flap. Pure: the state goes in
 * and comes out, and survives in the journal of shard 0.
 */
import type { Alert, AlertEnd, AlertKind } from './decision.ts';
import { changeOf, dayOfDate, lineOf, shortfall } from './goals.ts';
import type { Instant } from './ids.ts';
import { endOfDay, METRICS, type Metric } from './kpi-values.ts';
import { groupDimension } from './kpis.ts';
import type { Goal, Policy } from './policy.ts';

/** A share closes its episode at this much of the limit that opens it; a goal at this much of its tolerance. */
const LEAVE_SHARE = 0.9;
const LEAVE_GOAL = 0.5;

export interface Episode {
  /** counts the episodes of this kind and subject, and the records of the last one */
  readonly episode: number;
  readonly number: number;
  readonly open: boolean;
}

export interface BusinessState {
  /** the last day that was looked at; null before the first */
  readonly day: number | null;
  /** by kind and subject, `GOAL|more champions` */
  readonly episodes: Readonly<Record<string, Episode>>;
  /** of goals whose policy gives none: the first value on or after `from` */
  readonly baselines: Readonly<Record<string, number>>;
}

export const NO_BUSINESS: BusinessState = { day: null, episodes: {}, baselines: {} };

/** What a finished day looks like. */
export interface FinishedDay {
  readonly day: number;
  /** null where the metric has no value, or the dimension no customer */
  readonly metric: (metric: Metric, dimension: string) => number | null;
  /** of all customers, over so many days up to this one */
  readonly support: (days: number) => { readonly tickets: number; readonly late: number };
}

const AT_RISK = groupDimension('AT_RISK');

/** The state after a finished day, and what it led to. A day that was looked at already changes nothing. */
export function judgeDay(
  state: BusinessState,
  today: FinishedDay,
  policy: Pick<Policy, 'alerts' | 'goals'>,
): { readonly state: BusinessState; readonly alerts: readonly Alert[] } {
  if (state.day !== null && today.day <= state.day) return { state, alerts: [] };
  const episodes = { ...state.episodes };
  const baselines = { ...state.baselines };
  const alerts: Alert[] = [];

  const keyOf = (kind: AlertKind, subject: string): string => `${kind}|${subject}`;
  const say = (kind: AlertKind, subject: string, end: AlertEnd | null, at: Instant, value: number | null, limit: number | null): void => {
    const before = episodes[keyOf(kind, subject)] ?? { episode: 0, number: 0, open: false };
    const after = before.open
      ? { ...before, number: before.number + 1, open: end === null }
      : { episode: before.episode + 1, number: 1, open: true };
    episodes[keyOf(kind, subject)] = after;
    const event = end === null ? 'opened' : 'closed';
    alerts.push({
      type: 'alert',
      kind,
      customer: null,
      subject,
      episode: after.episode,
      number: after.number,
      event,
      at,
      end,
      value,
      limit,
      by: null,
      command: null,
      about: null,
    });
  };
  const isOpen = (kind: AlertKind, subject: string): boolean => episodes[keyOf(kind, subject)]?.open === true;
  const at = endOfDay(today.day);

  /** A share that must not pass a limit. Too few to judge by opens nothing, but does not keep an episode open either. */
  const share = (kind: AlertKind, subject: string, value: number, limit: number, enough: boolean): void => {
    if (isOpen(kind, subject)) {
      if (value <= limit * LEAVE_SHARE) say(kind, subject, 'recovered', at, value, limit);
    } else if (enough && value > limit) say(kind, subject, null, at, value, limit);
  };

  const { portfolio, supportQuality } = policy.alerts;
  const active = today.metric('active', 'all') ?? 0;
  const atRisk = today.metric('active', AT_RISK) ?? 0;
  share('PORTFOLIO', AT_RISK, active > 0 ? atRisk / active : 0, portfolio.share, active >= portfolio.customers);

  const { tickets, late } = today.support(supportQuality.windowDays);
  share('SUPPORT_QUALITY', 'all', tickets > 0 ? late / tickets : 0, supportQuality.share, tickets >= supportQuality.tickets);

  for (const goal of policy.goals) {
    const by = dayOfDate(goal.by);
    if (today.day < dayOfDate(goal.from)) continue;
    if (today.day > by) {
      // The days up to `by` were passed over: what is open has expired then.
      if (isOpen('GOAL', goal.name)) say('GOAL', goal.name, 'expired', endOfDay(by), null, null);
      continue;
    }
    const metric = METRICS.find((name) => name === goal.metric);
    const value = metric === undefined ? null : today.metric(metric, goal.dimension);
    const baseline = goal.baseline ?? baselines[goal.name] ?? value;
    if (goal.baseline === null && baseline !== null) baselines[goal.name] = baseline;
    judgeGoal(goal, baseline, value, today.day === by);
  }

  function judgeGoal(goal: Goal, baseline: number | null, value: number | null, last: boolean): void {
    const line = baseline === null ? null : lineOf(goal, baseline, today.day);
    if (baseline !== null && value !== null && changeOf(goal, baseline) !== 0) {
      const short = shortfall(goal, baseline, today.day, value);
      if (isOpen('GOAL', goal.name)) {
        if (short <= goal.tolerance * LEAVE_GOAL) say('GOAL', goal.name, 'recovered', at, value, line);
      } else if (short > goal.tolerance) say('GOAL', goal.name, null, at, value, line);
    }
    if (last && isOpen('GOAL', goal.name)) say('GOAL', goal.name, 'expired', at, value, line);
  }

  return { state: { day: today.day, episodes, baselines }, alerts };
}
