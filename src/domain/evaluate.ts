/**
 * Evaluation at `asOf`: scores, hysteresis, group, and what is said about it. The group and the hysteresis bits are memory: they change
 * here and nowhere else. Called after the facts have changed, or at the instant at which silence changes something (D4).
 */
import { type Cause, COMPONENTS, type Component, type Decision, type Driver, type Group, type Profile, type Scores } from './decision.ts';
import { DAY, type Instant, LAST_INSTANT, type Minor, startOfDay } from './ids.ts';
import { groupOf, Outlook, viewOf } from './outlook.ts';
import type { Policy } from './policy.ts';
import type { View } from './rules/rule.ts';
import { BOUNDED, type CustomerState, type Said, WINDOW_DAYS } from './state.ts';

export function evaluate(state: CustomerState, policy: Policy, asOf: Instant, cause: Cause, out: Decision[]): void {
  const view = viewOf(state, policy, asOf);
  const outlook = new Outlook(view);

  // 1. memory: each bit moves at every evaluation, also while the customer is new
  state.valueHigh = outlook.valueHigh(state.valueHigh);
  state.loyaltyHigh = outlook.loyaltyHigh(state.loyaltyHigh);

  // 2. the group, kept for the policy's dwell
  const to = groupOf(outlook.isNew, state.valueHigh, state.loyaltyHigh);
  const from = state.group;
  const dwells = state.groupSince !== null && asOf < state.groupSince + policy.loyalty.dwellDays * DAY;
  const changes = from === null || (to !== from && !dwells);
  const now: Said = { value: outlook.value, contributions: outlook.contributions() };
  if (changes) change(state, from, to, asOf, cause, now, out);

  // 3. the next instant, and the profile with it
  const sends = changes || (state.dirty && asOf >= profileFrom(state, policy));
  if (sends) state.dirty = false;
  const next = outlook.nextChange(state);
  const profileAt = state.dirty ? profileFrom(state, policy) : Number.POSITIVE_INFINITY;
  const due = Math.min(next ?? Number.POSITIVE_INFINITY, profileAt);
  state.due = due <= LAST_INSTANT ? (due as Instant) : null;
  if (sends) out.push(profile(view, state.group ?? to, now));
}

const NOTHING: readonly string[] = [];

/** From when on the next profile may be sent. */
function profileFrom(state: CustomerState, policy: Policy): number {
  return state.profileAt === null ? Number.NEGATIVE_INFINITY : state.profileAt + policy.profileDays * DAY;
}

function change(state: CustomerState, from: Group | null, to: Group, at: Instant, cause: Cause, now: Said, out: Decision[]): void {
  const expired = cause === 'silence' && state.expired;
  const before = state.said;
  state.group = to;
  state.groupSince = at;
  state.changes += 1;
  state.said = now;
  state.expired = false;
  out.push({
    type: 'segment-change',
    customer: state.id,
    number: state.changes,
    from,
    to,
    at,
    cause,
    before: before === null ? null : scoresOf(before),
    after: scoresOf(now),
    drivers: driversOf(before, now, expired),
  });
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
function profile({ state, at, purchases }: View, group: Group, now: Said): Profile {
  state.profiles += 1;
  state.profileAt = at;
  let orders365 = 0;
  let revenue365 = 0;
  for (const day of state.days) {
    if (startOfDay(day.day + WINDOW_DAYS) <= at) continue;
    orders365 += day.orders;
    revenue365 += day.revenue;
  }
  return {
    type: 'profile',
    customer: state.id,
    number: state.profiles,
    at,
    group,
    groupSince: state.groupSince ?? at,
    scores: scoresOf(now),
    firstEventAt: state.firstEventAt ?? at,
    firstOrderAt: purchases === null ? null : startOfDay(purchases.first),
    lastOrderAt: purchases === null ? null : startOfDay(purchases.last),
    orders: Math.max(0, state.orders),
    revenue: state.revenue as Minor,
    orders365: Math.max(0, orders365),
    revenue365: Math.max(0, revenue365) as Minor,
    nextChangeAt: state.due,
    truncated: state.truncated === 0 ? NOTHING : BOUNDED.filter((_, bit) => (state.truncated & (1 << bit)) !== 0),
  };
}
