/**
 * What one customer adds to the KPIs of the business (kpis.ts), and takes back. A stock is what the customer was last evaluated to be: the difference to what
 * had been contributed is booked on the day of the evaluation. A flow is booked on its own day, in the group that the customer was in after the event;
 * with the attributes it had then; what takes an order back, or a ticket's later events, find the place where it was booked.
 */
import { GROUPS, type Group } from './decision.ts';
import { BLOCK } from './histogram.ts';
import { dayOf, type Instant, startOfDay } from './ids.ts';
import {
  ALL,
  attributeDimension,
  type Booking,
  crossDimension,
  type Dimension,
  groupDimension,
  movedFrom,
  PART_INDEX,
  type Stock,
  valuesDimension,
} from './kpis.ts';
import type { Policy } from './policy.ts';
import { type Contribution, type CustomerState, type Day, type Flow, KEPT_DAYS, MOST_PLACES, WINDOW_DAYS } from './state.ts';

/** An attribute's value that the policy does not name. */
const OTHER = 'other';

const FLAGS = ['active', 'lost', 'retained', 'churned'] as const satisfies readonly Stock[];
const SUMS = ['historicValue', 'simpleValue', 'predictedValue'] as const satisfies readonly Stock[];

type Amounts = [part: number, amount: number][];

/** Of which cells the customer is part; none before the first evaluation. */
export interface Place {
  readonly group: Group | null;
  readonly attributes: readonly (readonly [name: string, value: string])[];
}

export function placeOf(state: CustomerState, policy: Policy): Place {
  const attributes: [string, string][] = [];
  for (const { name, value } of state.attributes) {
    if (value === null || !Object.hasOwn(policy.attributes, name)) continue;
    attributes.push([name, policy.attributes[name]?.includes(value) ? value : OTHER]);
  }
  return { group: state.group, attributes };
}

/** Whether the customer counts as active, and did 365 days before. */
export interface Activity {
  readonly active: boolean;
  readonly before: boolean;
  /** when silence next changes one of them; Infinity for never */
  readonly next: number;
}

export function activityOf(days: readonly Day[], at: Instant): Activity {
  const today = dayOf(at);
  // days on which an order stands: from `gone` on to `aged` those of the year before last, from `aged` on those of the last one
  let gone = standingFrom(days, 0, today - KEPT_DAYS);
  let aged = standingFrom(days, gone, today - WINDOW_DAYS);
  const active = aged < days.length;
  const before = aged > gone;
  for (;;) {
    const ages = (days[aged]?.day ?? Number.POSITIVE_INFINITY) + WINDOW_DAYS;
    const goes = gone < aged ? (days[gone]?.day ?? Number.POSITIVE_INFINITY) + KEPT_DAYS : Number.POSITIVE_INFINITY;
    const next = Math.min(ages, goes);
    if (!Number.isFinite(next)) return { active, before, next };
    if (ages === next) aged = standingFrom(days, aged + 1, Number.NEGATIVE_INFINITY);
    if (goes === next) gone = standingFrom(days, gone + 1, Number.NEGATIVE_INFINITY);
    if (aged < days.length !== active || aged > gone !== before) return { active, before, next: startOfDay(next) };
  }
}

/** The first place from `place` on whose day is after a day and has an order that stands; behind the last when there is none. */
function standingFrom(days: readonly Day[], place: number, after: number): number {
  let found = place;
  for (; found < days.length; found++) {
    const day = days[found] as Day;
    if (day.orders > 0 && day.day > after) break;
  }
  return found;
}

/** Books what has changed since `before`, and leaves in the state what is contributed now. */
export function contribute(
  state: CustomerState,
  policy: Policy,
  at: Instant,
  before: Place,
  now: Contribution,
  flows: readonly Flow[],
  bookings: Booking[] | null,
): void {
  const was = state.contribution;
  state.contribution = now;
  const group = state.group;
  if (group === null) return;
  if (bookings !== null) {
    const place = placeOf(state, policy);
    bookStocks(dayOf(at), before, was, place, now, bookings);
    if (was.bucket !== now.bucket) {
      bookValue(dayOf(at), was.bucket, -1, bookings);
      bookValue(dayOf(at), now.bucket, 1, bookings);
    }
    for (const flow of flows) bookFlow(flow, placeAt(state, policy, flow.place) ?? place, bookings);
  }
  // A ticket that is closed before it is known to have been opened books nothing yet, and belongs where it stood all the same.
  if (flows.length === 0 && state.tickets.every(({ place }) => place !== 0)) return;
  let own = 0;
  for (const each of booked(state)) {
    if (each.place !== 0) continue;
    own ||= remember(state, codeOf(placeOf(state, policy), policy));
    each.place = own;
  }
}

const booked = ({ placed, orphans, tickets }: CustomerState): readonly { place: number }[] => [...placed, ...orphans, ...tickets];

/** A place as numbers: its group, then of each attribute of the policy, by name, which value: 0 none, from 1 those that are named, then any other. */
function codeOf({ group, attributes }: Place, policy: Policy): number[] {
  const values = new Map(attributes);
  return [
    group === null ? 0 : GROUPS.indexOf(group) + 1,
    ...Object.keys(policy.attributes)
      .sort()
      .map((name) => {
        const value = values.get(name);
        const known = policy.attributes[name] ?? [];
        return value === undefined ? 0 : (value === OTHER ? known.length : known.indexOf(value)) + 1;
      }),
  ];
}

function placeAt(state: CustomerState, policy: Policy, index: number): Place | null {
  const code = state.places[index - 1];
  if (code === undefined) return null;
  const names = Object.keys(policy.attributes).sort();
  return {
    group: GROUPS[(code[0] ?? 0) - 1] ?? null,
    attributes: names.flatMap((name, i) => {
      const value = code[i + 1] ?? 0;
      return value === 0 ? [] : [[name, policy.attributes[name]?.[value - 1] ?? OTHER] as const];
    }),
  };
}

/** The index of a place. Where there are too many, those that nothing is booked in go, or else the oldest: what is booked there counts as of the moment. */
function remember(state: CustomerState, code: readonly number[]): number {
  const known = state.places.findIndex((place) => place.every((value, i) => value === code[i]));
  if (known >= 0) return known + 1;
  if (state.places.length === MOST_PLACES) {
    const used = new Set(booked(state).map(({ place }) => place));
    const kept = state.places.map((_, i) => i + 1).filter((index) => used.has(index));
    const left = kept.length === MOST_PLACES ? kept.slice(1) : kept;
    for (const each of booked(state)) each.place = left.indexOf(each.place) + 1;
    state.places = left.map((index) => state.places[index - 1] ?? []);
  }
  return state.places.push([...code]);
}

function bookStocks(day: number, before: Place, was: Contribution, place: Place, now: Contribution, bookings: Booking[]): void {
  const book = (dimension: Dimension, amounts: Amounts): void => {
    if (amounts.length > 0) bookings.push({ type: 'booking', day, dimension, amounts });
  };
  const { group } = place;
  if (group === null) return;
  const moved = before.group !== group;
  const same = !moved && sameAttributes(before, place);
  const change = same && sameContribution(was, now) ? NOTHING : stocks(was, -1, stocks(now, 1, []));
  const moves: Amounts = moved ? [[PART_INDEX[movedFrom(before.group)], 1]] : [];
  if (moved && before.group !== null) moves.push([PART_INDEX.moves, 1]);

  if (same && change.length === 0) return;

  const first = before.group === null;
  const whole = first ? counted(now, 1) : change;
  book(ALL, [...whole, ...moves]);
  if (moved) {
    if (before.group !== null) book(groupDimension(before.group), counted(was, -1));
    book(groupDimension(group), [...counted(now, 1), ...moves]);
  } else book(groupDimension(group), change);

  if (same) {
    for (const [name, value] of place.attributes) book(attributeDimension(name, value), change);
    return;
  }
  // a customer may have changed group, attributes, or both: taken from all of before, added to all of now
  if (before.group !== null) {
    for (const [name, value] of before.attributes) {
      book(attributeDimension(name, value), counted(was, -1));
      book(crossDimension(before.group, name, value), [[PART_INDEX.customers, -1]]);
    }
  }
  for (const [name, value] of place.attributes) {
    book(attributeDimension(name, value), [...counted(now, 1), ...moves]);
    book(crossDimension(group, name, value), [[PART_INDEX.customers, 1]]);
  }
}

function bookValue(day: number, contributed: number, amount: 1 | -1, bookings: Booking[]): void {
  if (contributed === 0) return;
  const bucket = contributed - 1;
  bookings.push({ type: 'booking', day, dimension: valuesDimension(Math.floor(bucket / BLOCK)), amounts: [[bucket % BLOCK, amount]] });
}

const NOTHING: Amounts = [];

/** Mostly nothing has changed. */
const sameContribution = (a: Contribution, b: Contribution): boolean =>
  a.active === b.active &&
  a.lost === b.lost &&
  a.retained === b.retained &&
  a.churned === b.churned &&
  a.historicValue === b.historicValue &&
  a.simpleValue === b.simpleValue &&
  a.predictedValue === b.predictedValue;

const sameAttributes = (a: Place, b: Place): boolean =>
  a.attributes.length === b.attributes.length &&
  a.attributes.every(([name, value], i) => b.attributes[i]?.[0] === name && b.attributes[i]?.[1] === value);

function counted(of: Contribution, sign: 1 | -1): Amounts {
  return stocks(of, sign, [[PART_INDEX.customers, sign]]);
}

/** Adds to `amounts` what differs from nothing; two calls with opposite signs leave the difference. */
function stocks(of: Contribution, sign: 1 | -1, amounts: Amounts): Amounts {
  for (const name of FLAGS) add(amounts, PART_INDEX[name], of[name] ? sign : 0);
  for (const name of SUMS) add(amounts, PART_INDEX[name], sign * of[name]);
  return amounts;
}

function add(amounts: Amounts, part: number, amount: number): void {
  if (amount === 0) return;
  const i = amounts.findIndex(([known]) => known === part);
  const known = amounts[i];
  if (known === undefined) amounts.push([part, amount]);
  else if (known[1] + amount === 0) amounts.splice(i, 1);
  else known[1] += amount;
}

function bookFlow({ day, part, amount }: Flow, { group, attributes }: Place, bookings: Booking[]): void {
  if (amount === 0 || group === null) return;
  const amounts: Amounts = [[part, amount]];
  bookings.push({ type: 'booking', day, dimension: ALL, amounts });
  bookings.push({ type: 'booking', day, dimension: groupDimension(group), amounts });
  for (const [name, value] of attributes) bookings.push({ type: 'booking', day, dimension: attributeDimension(name, value), amounts });
}
