/**
 * A customer's state as bytes, as it stands in the journal and in Redis: a version byte, then packed numbers (state-bytes.ts). By hand
 * rather than by avsc: arrays of small records cost avsc most, and a typical customer is to take half a kilobyte.
 * Instants and days are distances: everything in a state lies at or before `asOf`, lists are written newest first, each item by its
 * distance from the one before. `decodeState(encodeState(s))` equals s; equal states have equal bytes.
 */
import { COMPONENTS, GROUPS, LEVELS, type Level } from '../domain/decision.ts';
import { type CustomerId, dayOf, type Instant } from '../domain/ids.ts';
import { SERVICE_MODES } from '../domain/policy.ts';
import {
  ANSWERS,
  type Contacts,
  type CustomerState,
  newCustomer,
  type Placed,
  POINT_PARTS,
  type Said,
  SCORE_STEPS,
  SPAN_DAYS,
  type Ticket,
} from '../domain/state.ts';
import { startOf } from '../domain/tickets.ts';
import { Packer, Unpacker } from './state-bytes.ts';

const VERSION = 1;

/** Bits of a state's flags, from the lowest; `truncated` stands above them. */
const FLAGS = ['valueHigh', 'loyaltyHigh', 'dirty', 'expired', 'lost', 'followUpOpen', 'valueByThresholds'] as const;
const CONTRIBUTED = ['active', 'lost', 'retained', 'churned'] as const;
/** of an order, below its place */
const PLACED = ['discounted', 'personal', 'recurring', 'campaign'] as const;
const TRUNCATED = 2 ** (FLAGS.length + CONTRIBUTED.length);

const bits = <K extends string>(names: readonly K[], of: Readonly<Record<K, boolean>>): number =>
  names.reduce((sum, name, i) => sum + (of[name] ? 2 ** i : 0), 0);
const isSet = (flags: number, bit: number): boolean => (flags & (2 ** bit)) !== 0;

/** flags of a day */
const ORDERS = 1;
const MONEY = 2;

/** bytes of an event id, and of an order or campaign id */
const EVENT = 6;
const ID = 4;
/** of an order, only told apart from the last 32 of one customer */
const ORDER = 3;

const packer = new Packer();

const byDay = (item: { readonly day: number }): number => item.day;
const byTime = (item: { readonly at: number }): number => item.at;

export function encodeState(state: CustomerState): Buffer {
  packer.clear();
  packer.byte(VERSION);
  packer.uint(bits(FLAGS, state) + bits(CONTRIBUTED, state.contribution) * 2 ** FLAGS.length + state.truncated * TRUNCATED);
  const { asOf } = state;
  packer.byte(asOf === null ? 0 : 1);
  // a customer without an event has nothing else
  if (asOf === null) return packer.take();
  packer.int(asOf);

  // memory
  packer.byte(state.group === null ? 0 : GROUPS.indexOf(state.group) + 1);
  packer.uint(state.changes);
  packer.uint(state.profiles);
  packer.uint(INSTANTS.reduce((sum, name, i) => sum + (state[name] === null ? 0 : 2 ** i), 0));
  for (const name of INSTANTS) if (state[name] !== null) packer.uint(asOf - state[name]);
  packRisk(state, asOf);
  packer.uint(state.due === null ? 0 : state.due - asOf);
  packer.uint(state.thresholds?.version ?? 0);
  if (state.thresholds !== null) packer.uint(state.thresholds.high);
  packSaid(state.said);
  packer.byte(state.seen.length);
  for (const id of state.seen) packer.fixed(id, EVENT);

  // facts
  const today = dayOf(asOf);
  packer.int(state.orders);
  packer.int(state.revenue);
  packer.int(state.cost);
  packDays(state, today);
  for (const sum of [state.worth, state.spendSum]) packer.int(sum);
  packer.uint(state.spendDays);
  packPlaced(state, today);
  packList(state.orphans, today, byDay, (orphan) => {
    packer.byte(orphan.place);
    packer.fixed(orphan.order, ORDER);
    packer.int(orphan.orders);
    packer.int(orphan.revenue);
    packer.int(orphan.cost);
  });
  packList(state.feedback, asOf, byTime, ({ kind, score }) => {
    packer.byte(ANSWERS.indexOf(kind));
    packer.fixed(Math.round(score * SCORE_STEPS), 2);
  });
  packList(state.sends, asOf, byTime, ({ campaign }) => packer.fixed(campaign, ID));
  packList(state.responses, asOf, byTime, ({ campaign }) => packer.fixed(campaign, ID));
  packList(state.advocacy, today, byDay, ({ count }) => packer.uint(count));
  packList(state.tickets, asOf, startOf, packTicket);
  packer.uint(state.openDropped);
  packer.byte(state.places.length);
  packer.byte(state.places[0]?.length ?? 0);
  for (const index of state.places.flat()) packer.byte(index);
  packContacts(state, today);
  packer.byte(state.attributes.length);
  for (const { name, value, at } of state.attributes) {
    packer.string(name);
    packer.byte(value === null ? 0 : 1);
    if (value !== null) packer.string(value);
    packer.uint(asOf - at);
  }
  return packer.take();
}

/** Always a fresh object. Throws an Error when the bytes are not a state's. */
export function decodeState(id: CustomerId, bytes: Buffer): CustomerState {
  const from = new Unpacker(bytes);
  const layout = from.byte();
  if (layout !== VERSION) throw new Error(`a state of version ${layout} is unknown here`);
  const state = newCustomer(id);
  const flags = from.uint();
  FLAGS.forEach((name, i) => {
    state[name] = isSet(flags, i);
  });
  CONTRIBUTED.forEach((name, i) => {
    state.contribution[name] = isSet(flags, FLAGS.length + i);
  });
  state.truncated = Math.floor(flags / TRUNCATED);
  if (from.byte() === 0) return state;
  const asOf = from.int() as Instant;
  state.asOf = asOf;

  state.group = GROUPS[from.byte() - 1] ?? null;
  state.changes = from.uint();
  state.profiles = from.uint();
  const known = from.uint();
  INSTANTS.forEach((name, i) => {
    if (isSet(known, i)) state[name] = (asOf - from.uint()) as Instant;
  });
  unpackRisk(state, from, asOf);
  const wait = from.uint();
  state.due = wait === 0 ? null : ((asOf + wait) as Instant);
  const version = from.uint();
  state.thresholds = version === 0 ? null : { version, high: from.uint() };
  state.said = unpackSaid(from);
  for (let n = from.byte(); n > 0; n--) state.seen.push(from.fixed(EVENT));

  const today = dayOf(asOf);
  state.orders = from.int();
  state.revenue = from.int();
  state.cost = from.int();
  unpackDays(state, from, today);
  state.worth = from.int();
  state.spendSum = from.int();
  state.spendDays = from.uint();
  state.placed = unpackPlaced(state, from, today);
  state.orphans = unpackList(from, today, (day) => ({
    day,
    place: from.byte(),
    order: from.fixed(ORDER),
    orders: from.int(),
    revenue: from.int(),
    cost: from.int(),
  }));
  state.feedback = unpackList(from, asOf, (at) => {
    const kind = ANSWERS[from.byte()];
    if (kind === undefined) throw new Error('state bytes have an answer of no kind');
    return { at: at as Instant, kind, score: from.fixed(2) / SCORE_STEPS };
  });
  state.sends = unpackList(from, asOf, (at) => ({ at: at as Instant, campaign: from.fixed(ID) }));
  state.responses = unpackList(from, asOf, (at) => ({ at: at as Instant, campaign: from.fixed(ID) }));
  state.advocacy = unpackList(from, today, (day) => ({ day, count: from.uint() }));
  state.tickets = unpackList(from, asOf, (start) => unpackTicket(from, start));
  state.openDropped = from.uint();
  const places = from.byte();
  const size = from.byte();
  for (let n = 0; n < places; n++) state.places.push(Array.from({ length: size }, () => from.byte()));
  state.contacts = unpackContacts(from, today);
  for (let n = from.byte(); n > 0; n--) {
    const name = from.string();
    const value = from.byte() === 0 ? null : from.string();
    state.attributes.push({ name, value, at: (asOf - from.uint()) as Instant });
  }
  if (from.left !== 0) throw new Error(`state bytes have ${from.left} bytes too many`);
  return state;
}

/** Instants of the past, as distances from asOf. */
const INSTANTS = [
  'groupSince',
  'profileAt',
  'firstEventAt',
  'memberAt',
  'leftAt',
  'unsubscribedAt',
  'resubscribedAt',
  'oldestOpenAt',
  'contactAt',
  'belowSince',
  'calmSince',
  'followedUpAt',
  'followUpFrom',
] as const;

const levelIndex = (level: Level | null): number => (level === null ? 0 : LEVELS.indexOf(level) + 1);

function packRisk(state: CustomerState, asOf: Instant): void {
  const { signals, contribution } = state;
  packer.uint(signals.reduce<number>((sum, since, i) => sum + (since === null ? 0 : 2 ** i), 0));
  for (const since of signals) if (since !== null) packer.uint(asOf - since);
  packer.byte(levelIndex(state.level) * 8 + levelIndex(state.riskPeak));
  for (const count of [state.risks, state.riskRecords, state.followUps, state.overdues]) packer.uint(count);
  for (const value of [contribution.historicValue, contribution.simpleValue, contribution.predictedValue]) packer.int(value);
  packer.uint(contribution.bucket);
}

function unpackRisk(state: CustomerState, from: Unpacker, asOf: Instant): void {
  const on = from.uint();
  state.signals = state.signals.map((_, i) => (isSet(on, i) ? ((asOf - from.uint()) as Instant) : null));
  const levels = from.byte();
  state.level = LEVELS[(levels >> 3) - 1] ?? null;
  state.riskPeak = LEVELS[(levels & 7) - 1] ?? null;
  state.risks = from.uint();
  state.riskRecords = from.uint();
  state.followUps = from.uint();
  state.overdues = from.uint();
  state.contribution.historicValue = from.int();
  state.contribution.simpleValue = from.int();
  state.contribution.predictedValue = from.int();
  state.contribution.bucket = from.uint();
}

/** Its instants as distances from the earliest, by which the list is sorted. */
function packTicket(ticket: Ticket): void {
  packer.fixed(ticket.ticket, ID);
  packer.byte(ticket.place * 2 + (ticket.late ? 1 : 0));
  packer.uint(ticket.alert);
  const start = startOf(ticket);
  for (const at of [ticket.openedAt, ticket.repliedAt, ticket.reopenedAt, ticket.resolvedAt]) packer.uint(at === null ? 0 : at - start + 1);
}

function unpackTicket(from: Unpacker, start: number): Ticket {
  const ticket = from.fixed(ID);
  const head = from.byte();
  const alert = from.uint();
  const at = (): Instant | null => {
    const distance = from.uint();
    return distance === 0 ? null : ((start + distance - 1) as Instant);
  };
  return { ticket, place: head >> 1, late: (head & 1) === 1, alert, openedAt: at(), repliedAt: at(), reopenedAt: at(), resolvedAt: at() };
}

/** Two bits a component: null, zero, or a number that follows. */
function packSaid(said: Said | null): void {
  packer.byte(said === null ? 0 : 1);
  if (said === null) return;
  packer.int(said.value);
  let kinds = 0;
  said.contributions.forEach((contribution, k) => {
    kinds += (contribution === null ? 0 : contribution === 0 ? 1 : 2) * 4 ** k;
  });
  packer.uint(kinds);
  for (const contribution of said.contributions)
    if (contribution !== null && contribution !== 0) packer.uint(Math.round(contribution * POINT_PARTS));
}

function unpackSaid(from: Unpacker): Said | null {
  if (from.byte() === 0) return null;
  const value = from.int();
  let kinds = from.uint();
  const contributions = COMPONENTS.map(() => {
    const kind = kinds & 3;
    kinds >>= 2;
    return kind === 0 ? null : kind === 1 ? 0 : from.uint() / POINT_PARTS;
  });
  return { value, contributions };
}

/** Newest first. Mostly a day has one order, and an old one no money any more: the distance's lowest bits say what follows. */
function packDays(state: CustomerState, today: number): void {
  packer.uint(state.days.length);
  let before = today;
  for (let i = state.days.length - 1; i >= 0; i--) {
    const day = state.days[i];
    if (day === undefined) continue;
    const follows = (day.orders === 1 ? 0 : ORDERS) | (day.revenue === 0 && day.cost === 0 ? 0 : MONEY);
    packer.uint((before - day.day) * 4 + follows);
    before = day.day;
    if ((follows & ORDERS) !== 0) packer.int(day.orders);
    if ((follows & MONEY) === 0) continue;
    packer.int(day.revenue);
    packer.int(day.cost);
  }
  packer.uint(state.droppedDays);
  if (state.droppedDays === 0) return;
  packer.uint(today - state.lastDroppedDay);
  packer.uint(state.lastDroppedDay - state.firstDroppedDay);
}

function unpackDays(state: CustomerState, from: Unpacker, today: number): void {
  let day = today;
  for (let n = from.uint(); n > 0; n--) {
    const head = from.uint();
    day -= Math.floor(head / 4);
    const orders = (head & ORDERS) === 0 ? 1 : from.int();
    const money = (head & MONEY) !== 0;
    state.days.push({ day, orders, revenue: money ? from.int() : 0, cost: money ? from.int() : 0 });
  }
  state.days.reverse();
  state.droppedDays = from.uint();
  if (state.droppedDays === 0) return;
  state.lastDroppedDay = today - from.uint();
  state.firstDroppedDay = state.lastDroppedDay - from.uint();
}

/** The distance, and which of the counts follow, in one number: spans mostly follow one another. */
function packContacts({ contacts }: CustomerState, today: number): void {
  packer.byte(contacts.length);
  let before = Math.floor(today / SPAN_DAYS);
  for (const { span, counts } of contacts.toReversed()) {
    const some = counts.reduce((sum, count, i) => sum + (count === 0 ? 0 : 2 ** i), 0);
    packer.uint((before - span) * 2 ** SERVICE_MODES.length + some);
    before = span;
    for (const count of counts) if (count !== 0) packer.uint(count);
  }
}

function unpackContacts(from: Unpacker, today: number): Contacts[] {
  const contacts: Contacts[] = [];
  let span = Math.floor(today / SPAN_DAYS);
  for (let n = from.byte(); n > 0; n--) {
    const head = from.uint();
    span -= Math.floor(head / 2 ** SERVICE_MODES.length);
    contacts.push({ span, counts: SERVICE_MODES.map((_, i) => (isSet(head, i) ? from.uint() : 0)) });
  }
  return contacts.reverse();
}

/** Mostly each purchase day has one order, and each order its day: then their days need not be said again. */
function isPlain({ days, placed }: CustomerState): boolean {
  let i = 0;
  for (const { day, orders } of days) if (orders > 0 && placed[i++]?.day !== day) return false;
  return i === placed.length;
}

function packPlaced(state: CustomerState, today: number): void {
  const plain = isPlain(state);
  packer.byte(plain ? 1 : 0);
  const rest = (placed: Placed): void => {
    packer.uint(placed.place * 2 ** PLACED.length + bits(PLACED, placed));
    packer.fixed(placed.order, ORDER);
  };
  if (plain) state.placed.forEach(rest);
  else packList(state.placed, today, byDay, rest);
}

function unpackPlaced(state: CustomerState, from: Unpacker, today: number): Placed[] {
  const placed = (day: number): Placed => {
    const head = from.uint();
    return {
      day,
      order: from.fixed(ORDER),
      place: head >> PLACED.length,
      discounted: (head & 1) !== 0,
      personal: (head & 2) !== 0,
      recurring: (head & 4) !== 0,
      campaign: (head & 8) !== 0,
    };
  };
  return from.byte() === 1 ? state.days.filter(({ orders }) => orders > 0).map(({ day }) => placed(day)) : unpackList(from, today, placed);
}

/** Newest first, each by its distance in time from the one before. */
function packList<T>(list: readonly T[], newest: number, timeOf: (item: T) => number, rest: (item: T) => void): void {
  packer.uint(list.length);
  let time = newest;
  for (let i = list.length - 1; i >= 0; i--) {
    const item = list[i];
    if (item === undefined) continue;
    const at = timeOf(item);
    packer.uint(time - at);
    time = at;
    rest(item);
  }
}

function unpackList<T>(from: Unpacker, newest: number, item: (time: number) => T): T[] {
  const length = from.uint();
  if (length > from.left) throw new Error(`state bytes claim a list of ${length} items in ${from.left} bytes`);
  const list: T[] = [];
  let time = newest;
  for (let i = 0; i < length; i++) {
    time -= from.uint();
    list.push(item(time));
  }
  return list.reverse();
}
