/**
 * Evaluation at `asOf`: scores, hysteresis, group, churn risk, and what is said about it. Group, level, signals, episodes and what KPIs hold are memory:
 * they change here and nowhere else. Called after the facts have changed, or at the instant at which silence changes something (D4).
 */
import { alert, alertsDue } from './alerts.ts';
import { activityOf, contribute, type Place } from './contribution.ts';
import {
  type AlertContext,
  type Cause,
  type Churn,
  COMPONENTS,
  type Component,
  type Decision,
  type Driver,
  type Group,
  type LifetimeValues,
  type Profile,
  type Scores,
  type SegmentChange,
  SIGNALS,
} from './decision.ts';
import { bucketOf } from './histogram.ts';
import { DAY, type Instant, LAST_INSTANT, type Minor, startOfDay } from './ids.ts';
import type { Booking } from './kpis.ts';
import { lifetimeOf } from './lifetime.ts';
import { groupOf, Outlook, viewOf } from './outlook.ts';
import type { Policy } from './policy.ts';
import type { Notes } from './record.ts';
import { relationshipOf, serviceModeOf } from './relationship.ts';
import { levelFalls, Risk, remember } from './risk.ts';
import { gapDays } from './rules/rhythm.ts';
import type { View } from './rules/rule.ts';
import { highFrom } from './rules/value.ts';
import { BOUNDED, type Contribution, type CustomerState, type Said, WINDOW_DAYS } from './state.ts';
import { strategiesFor } from './strategies.ts';
import { later, type Thresholds } from './thresholds.ts';
import { isOpen, lateFrom } from './tickets.ts';

/** What has led to an evaluation. */
export interface Occurrence {
  readonly at: Instant;
  readonly cause: Cause;
  /** when the purchase was made, if it was one */
  readonly boughtAt: Instant | null;
  /** in force; null: none has been made yet */
  readonly thresholds: Thresholds | null;
  /** of which cells of the KPIs the customer was part before it */
  readonly before: Place;
  readonly notes: Notes;
}

export function evaluate(state: CustomerState, policy: Policy, occurrence: Occurrence, out: Decision[], bookings: Booking[] | null): void {
  const { at, cause, boughtAt, notes } = occurrence;
  const view = viewOf(state, policy, at);
  // the thresholds in force are taken up here and nowhere else
  const high = highFrom(state, policy);
  state.thresholds = policy.value.percentile === null ? null : later(state.thresholds, occurrence.thresholds);
  const outlook = new Outlook(view);
  const risk = new Risk(view);

  // 1. memory: each bit moves at every evaluation, also while the customer is new
  const unmoved = outlook.valueHigh(state.valueHigh, high);
  const was = state.valueHigh;
  state.valueHigh = outlook.valueHigh(was);
  if (unmoved !== was || state.valueHigh !== was) state.valueByThresholds = unmoved !== state.valueHigh;
  state.loyaltyHigh = outlook.loyaltyHigh(state.loyaltyHigh);
  const warned = remember(state, risk, at, policy.churn.dwellDays, boughtAt !== null);

  // 2. the group, kept for the policy's dwell
  const to = groupOf(outlook.isNew, state.valueHigh, state.loyaltyHigh);
  const from = state.group;
  const dwells = state.groupSince !== null && at < state.groupSince + policy.loyalty.dwellDays * DAY;
  const changes = from === null || (to !== from && !dwells);
  const now: Said = { value: outlook.value, contributions: outlook.contributions() };
  const group = changes ? to : from;
  let values: LifetimeValues | null = null;
  const worth = (): LifetimeValues => (values ??= lifetimeOf(view));
  let made: Picture | null = null;
  const picture = (): Picture => (made ??= pictureOf(view, risk, group, worth));
  const byThresholds = state.valueByThresholds && groupOf(outlook.isNew, !state.valueHigh, state.loyaltyHigh) === from;
  if (changes) out.push(change(state, from, to, byThresholds ? { ...occurrence, cause: 'thresholds' } : occurrence, now, picture()));

  // 3. alerts
  const decided = out.length;
  alert(state, { at, policy, boughtAt, lapsed: notes.lapsed, about: () => about(picture(), []) }, out);
  const alerted = out.length > decided;

  // 4. the next instant, and the profile with it
  const sends = changes || warned || (state.dirty && at >= profileFrom(state, policy));
  if (sends) state.dirty = false;
  const activity = activityOf(view.purchases === null ? [] : state.days, at);
  // What is told at a glance comes first, so that what has to be searched for is searched for up to there only.
  let due = Math.min(levelFalls(state, policy.churn.dwellDays), alertsDue(state, policy), activity.next);
  if (activity.active) due = Math.min(due, at + policy.kpis.evaluateDays * DAY);
  for (const ticket of state.tickets) if (!ticket.late) due = Math.min(due, lateFrom(ticket, policy));
  if (state.dirty) due = Math.min(due, profileFrom(state, policy));
  due = risk.next(due);
  due = Math.min(due, outlook.nextChange(state, due));
  state.due = due <= LAST_INSTANT ? (due as Instant) : null;
  if (sends) out.push(profile(view, picture(), now));

  // 5. what KPIs hold; lifetime values as of the last purchase, timer or profile
  const renews = sends || boughtAt !== null || cause === 'silence' || alerted;
  const holds = renews ? worth() : null;
  const contribution: Contribution = {
    active: activity.active,
    lost: state.lost,
    retained: activity.active && activity.before,
    churned: state.lost && (activity.active || activity.before),
    historicValue: holds?.historic ?? state.contribution.historicValue,
    simpleValue: holds?.simple ?? state.contribution.simpleValue,
    predictedValue: holds?.predicted ?? state.contribution.predictedValue,
    bucket: policy.value.percentile !== null && activity.active ? bucketOf(now.value) + 1 : 0,
  };
  contribute(state, policy, at, occurrence.before, contribution, notes.flows, bookings);
}

const NOTHING: readonly string[] = [];

/** From when on the next profile may be sent. */
function profileFrom(state: CustomerState, policy: Policy): number {
  return state.profileAt === null ? Number.NEGATIVE_INFINITY : state.profileAt + policy.profileDays * DAY;
}

/** What changes, alerts and profiles say alike. */
interface Picture {
  readonly view: View;
  readonly group: Group;
  readonly churn: Churn;
  readonly worth: () => LifetimeValues;
}

function pictureOf(view: View, risk: Risk, group: Group, worth: () => LifetimeValues): Picture {
  const { state } = view;
  const signals = SIGNALS.flatMap((signal, i) => {
    const since = state.signals[i] ?? null;
    return since === null ? [] : [{ signal, since }];
  });
  return { view, group, worth, churn: { level: state.level, buyProbability: risk.buyProbability, lost: state.lost, signals } };
}

/** The strategies in order: `drivers` of the change that they answer, none where there is none. */
function about({ view, group, churn, worth }: Picture, drivers: readonly Driver[]): AlertContext {
  const signals = churn.signals.map(({ signal }) => signal);
  return {
    group,
    level: churn.level,
    signals,
    buyProbability: churn.buyProbability,
    predictedValue: view.purchases === null ? null : worth().predicted,
    strategies: strategiesFor(group, drivers, signals, serviceModeOf(view), view.policy),
  };
}

/** The same, apart from an evaluation: what the state remembers, with the measures of an instant. */
export function aboutAt(state: CustomerState, policy: Policy, at: Instant): AlertContext {
  const view = viewOf(state, policy, at);
  return about(
    pictureOf(view, new Risk(view), state.group ?? 'NEW', () => lifetimeOf(view)),
    [],
  );
}

function change(
  state: CustomerState,
  from: Group | null,
  to: Group,
  { at, cause }: Occurrence,
  now: Said,
  picture: Picture,
): SegmentChange {
  const expired = (cause === 'silence' || cause === 'thresholds') && state.expired;
  const before = state.said;
  state.group = to;
  state.groupSince = at;
  state.changes += 1;
  state.said = now;
  state.valueByThresholds = false;
  state.expired = false;
  const drivers = driversOf(before, now, expired);
  return {
    type: 'segment-change',
    customer: state.id,
    number: state.changes,
    from,
    to,
    at,
    cause,
    before: before === null ? null : scoresOf(before),
    after: scoresOf(now),
    drivers,
    about: about(picture, drivers),
  };
}

/** The scores at the view's instant. */
export function scoresAt(view: View): Scores {
  const outlook = new Outlook(view);
  return scoresOf({ value: outlook.value, contributions: outlook.contributions() });
}

function scoresOf(said: Said): Scores {
  const components = {} as Record<Component, number | null>;
  let loyalty: number | null = null;
  COMPONENTS.forEach((name, k) => {
    const contribution = said.contributions[k] ?? null;
    components[name] = contribution;
    if (contribution !== null) loyalty = (loyalty ?? 0) + contribution;
  });
  return { value: said.value as Minor, loyalty, components };
}

/** What moved, the largest first; of loyalty in points, adding up to the change of the score; then the value. */
function driversOf(before: Said | null, now: Said, expired: boolean): Driver[] {
  const drivers: Driver[] = [];
  COMPONENTS.forEach((component, k) => {
    const was = before?.contributions[k] ?? null;
    const is = now.contributions[k] ?? null;
    const difference = (is ?? 0) - (was ?? 0);
    if (difference === 0) return;
    const name = component === 'feedback' && expired ? 'feedback expired' : component;
    drivers.push({ name, before: was, after: is, difference });
  });
  drivers.sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference));
  const difference = now.value - (before?.value ?? 0);
  if (difference !== 0) drivers.push({ name: 'value', before: before?.value ?? null, after: now.value, difference });
  return drivers;
}

/** The customer's whole picture. Orders and days are those that stand; instants of orders are midnights of their UTC days. */
function profile(view: View, picture: Picture, now: Said): Profile {
  const { state, at, purchases } = view;
  state.profiles += 1;
  state.profileAt = at;
  let orders365 = 0;
  let revenue365 = 0;
  for (const day of state.days) {
    if (startOfDay(day.day + WINDOW_DAYS) <= at) continue;
    orders365 += day.orders;
    revenue365 += day.revenue;
  }
  const open = state.tickets.filter(isOpen);
  return {
    type: 'profile',
    customer: state.id,
    number: state.profiles,
    at,
    group: picture.group,
    groupSince: state.groupSince ?? at,
    scores: scoresOf(now),
    churn: picture.churn,
    lifetimeValues: picture.worth(),
    relationship: relationshipOf(view),
    serviceMode: serviceModeOf(view),
    attributes: Object.fromEntries(state.attributes.flatMap(({ name, value }) => (value === null ? [] : [[name, value]]))),
    firstEventAt: state.firstEventAt ?? at,
    firstOrderAt: purchases === null ? null : startOfDay(purchases.first),
    lastOrderAt: purchases === null ? null : startOfDay(purchases.last),
    orders: Math.max(0, state.orders),
    revenue: state.revenue as Minor,
    orders365: Math.max(0, orders365),
    revenue365: Math.max(0, revenue365) as Minor,
    gapDays: purchases === null ? null : gapDays(purchases, view.policy),
    openTickets: open.length + state.openDropped,
    csat: meanOf(view, 'CSAT'),
    nps: meanOf(view, 'NPS'),
    nextChangeAt: state.due,
    truncated: state.truncated === 0 ? NOTHING : BOUNDED.filter((_, bit) => (state.truncated & (1 << bit)) !== 0),
  };
}

/** The mean of the answers of a kind within the feedback window, scaled to 0–1; null without any. */
function meanOf({ state, policy, at }: View, kind: 'CSAT' | 'NPS'): number | null {
  const from = at - policy.loyalty.feedback.windowDays * DAY;
  const answers = state.feedback.filter((answer) => answer.kind === kind && answer.at > from);
  return answers.length === 0 ? null : answers.reduce((sum, { score }) => sum + score, 0) / answers.length;
}
