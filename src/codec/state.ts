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
  type Acknowledgement,
  ANSWERS,
  BOUNDED,
  type Contacts,
  type CustomerState,
  newCustomer,
  type Placed,
  POINT_PARTS,
  type Said,
  SCORE_STEPS,
  SPAN_DAYS,
  type Ticket,
  type Touch,
} from '../domain/state.ts';
import { startOf } from '../domain/tickets.ts';
import { Packer, Unpacker } from './state-bytes.ts';

const VERSION = 2;

/** `truncated` stands above the flags, and what is rare above that: a state without it is no longer for it. */
const FLAGS = 11;
const RISK_ACKNOWLEDGED = 1 << (FLAGS + BOUNDED.length);
const FOLLOW_UP_ACKNOWLEDGED = 2 * RISK_ACKNOWLEDGED;
/** of a ticket: above its place, of which there are at most MOST_PLACES, and `late` */
const TICKET_ACKNOWLEDGED = 128;

const bit = (is: boolean, bits: number): number => (is ? bits : 0);
const isSet = (flags: number, bits: number): boolean => (flags & bits) !== 0;

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
  packer.uint(flagsOf(state));
  const { asOf } = state;
  packer.byte(asOf === null ? 0 : 1);
  // a customer without an event has nothing else
  if (asOf === null) return packer.take();
  packer.int(asOf);

  // memory
  packer.byte(state.group === null ? 0 : GROUPS.indexOf(state.group) + 1);
  packer.uint(state.changes);
  packer.uint(state.profiles);
  packInstants(instantsOf(state), asOf);
  packRisk(state, asOf);
  if (state.riskAcknowledged !== null) packAcknowledgement(state.riskAcknowledged, asOf);
  if (state.followUpAcknowledged !== null) packAcknowledgement(state.followUpAcknowledged, asOf);
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
  packer.int(state.worth);
  packer.int(state.spendSum);
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
  packTouches(state.sends, asOf);
  packTouches(state.responses, asOf);
  packList(state.advocacy, today, byDay, ({ count }) => packer.uint(count));
  packList(state.tickets, asOf, startOf, packTicket);
  packer.uint(state.openDropped);
  packer.byte(state.places.length);
  packer.byte(state.places[0]?.length ?? 0);
  for (const place of state.places) for (const index of place) packer.byte(index);
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
  unpackFlags(state, flags);
  if (from.byte() === 0) return state;
  const asOf = from.int() as Instant;
  state.asOf = asOf;

  state.group = GROUPS[from.byte() - 1] ?? null;
  state.changes = from.uint();
  state.profiles = from.uint();
  unpackInstants(state, from, asOf);
  unpackRisk(state, from, asOf);
  if (isSet(flags, RISK_ACKNOWLEDGED)) state.riskAcknowledged = unpackAcknowledgement(from, asOf);
  if (isSet(flags, FOLLOW_UP_ACKNOWLEDGED)) state.followUpAcknowledged = unpackAcknowledgement(from, asOf);
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
  state.sends = unpackTouches(from, asOf);
  state.responses = unpackTouches(from, asOf);
  state.advocacy = unpackList(from, today, (day) => ({ day, count: from.uint() }));
  state.tickets = unpackList(from, asOf, (start) => unpackTicket(from, start));
  state.openDropped = from.uint();
  const places = from.byte();
  const size = from.byte();
  for (let n = 0; n < places; n++) {
    const place: number[] = [];
    for (let i = 0; i < size; i++) place.push(from.byte());
    state.places.push(place);
  }
  state.contacts = unpackContacts(from, today);
  for (let n = from.byte(); n > 0; n--) {
    const name = from.string();
    const value = from.byte() === 0 ? null : from.string();
    state.attributes.push({ name, value, at: (asOf - from.uint()) as Instant });
  }
  if (from.left !== 0) throw new Error(`state bytes have ${from.left} bytes too many`);
  return state;
}

// Names are written out, here and below: a loop over names costs more than all that it does.
function flagsOf(state: CustomerState): number {
  const { contribution } = state;
  return (
    bit(state.valueHigh, 1) |
    bit(state.loyaltyHigh, 2) |
    bit(state.dirty, 4) |
    bit(state.expired, 8) |
    bit(state.lost, 16) |
    bit(state.followUpOpen, 32) |
    bit(state.valueByThresholds, 64) |
    bit(contribution.active, 128) |
    bit(contribution.lost, 256) |
    bit(contribution.retained, 512) |
    bit(contribution.churned, 1_024) |
    (state.truncated << FLAGS) |
    bit(state.riskAcknowledged !== null, RISK_ACKNOWLEDGED) |
    bit(state.followUpAcknowledged !== null, FOLLOW_UP_ACKNOWLEDGED)
  );
}

function unpackFlags(state: CustomerState, flags: number): void {
  const { contribution } = state;
  state.valueHigh = isSet(flags, 1);
  state.loyaltyHigh = isSet(flags, 2);
  state.dirty = isSet(flags, 4);
  state.expired = isSet(flags, 8);
  state.lost = isSet(flags, 16);
  state.followUpOpen = isSet(flags, 32);
  state.valueByThresholds = isSet(flags, 64);
  contribution.active = isSet(flags, 128);
  contribution.lost = isSet(flags, 256);
  contribution.retained = isSet(flags, 512);
  contribution.churned = isSet(flags, 1_024);
  state.truncated = (flags >>> FLAGS) & ((1 << BOUNDED.length) - 1);
}

/** Instants of the past. */
const instantsOf = (state: CustomerState): readonly (Instant | null)[] => [
  state.groupSince,
  state.profileAt,
  state.firstEventAt,
  state.memberAt,
  state.leftAt,
  state.unsubscribedAt,
  state.resubscribedAt,
  state.oldestOpenAt,
  state.contactAt,
  state.belowSince,
  state.calmSince,
  state.followedUpAt,
  state.followUpFrom,
];

function unpackInstants(state: CustomerState, from: Unpacker, asOf: Instant): void {
  const known = from.uint();
  const next = (bits: number): Instant | null => (isSet(known, bits) ? ((asOf - from.uint()) as Instant) : null);
  state.groupSince = next(1);
  state.profileAt = next(2);
  state.firstEventAt = next(4);
  state.memberAt = next(8);
  state.leftAt = next(16);
  state.unsubscribedAt = next(32);
  state.resubscribedAt = next(64);
  state.oldestOpenAt = next(128);
  state.contactAt = next(256);
  state.belowSince = next(512);
  state.calmSince = next(1_024);
  state.followedUpAt = next(2_048);
  state.followUpFrom = next(4_096);
}

/** Which of them there are, then these as distances from asOf. */
function packInstants(instants: readonly (Instant | null)[], asOf: Instant): void {
  let known = 0;
  for (let i = 0; i < instants.length; i++) if (instants[i] !== null) known |= 1 << i;
  packer.uint(known);
  for (const at of instants) if (at !== null) packer.uint(asOf - at);
}

const levelIndex = (level: Level | null): number => (level === null ? 0 : LEVELS.indexOf(level) + 1);

function packRisk(state: CustomerState, asOf: Instant): void {
  const { signals, contribution } = state;
  packInstants(signals, asOf);
  packer.byte(levelIndex(state.level) * 8 + levelIndex(state.riskPeak));
  packer.uint(state.risks);
  packer.uint(state.riskRecords);
  packer.uint(state.followUps);
  packer.uint(state.overdues);
  packer.int(contribution.historicValue);
  packer.int(contribution.simpleValue);
  packer.int(contribution.predictedValue);
  packer.uint(contribution.bucket);
}

function unpackRisk(state: CustomerState, from: Unpacker, asOf: Instant): void {
  const on = from.uint();
  for (let i = 0; i < state.signals.length; i++) if (isSet(on, 1 << i)) state.signals[i] = (asOf - from.uint()) as Instant;
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

/** An acknowledgement moves no time: it may lie behind `asOf`. */
function packAcknowledgement({ at, by }: Acknowledgement, near: number): void {
  packer.int(at - near);
  packer.string(by);
}

const unpackAcknowledgement = (from: Unpacker, near: number): Acknowledgement => ({
  at: (near + from.int()) as Instant,
  by: from.string(),
});

/** Its instants as distances from the earliest, by which the list is sorted. */
function packTicket(ticket: Ticket): void {
  packer.fixed(ticket.ticket, ID);
  packer.byte(ticket.place * 2 + (ticket.late ? 1 : 0) + bit(ticket.acknowledged !== null, TICKET_ACKNOWLEDGED));
  packer.uint(ticket.alert);
  const start = startOf(ticket);
  const pack = (at: Instant | null): void => packer.uint(at === null ? 0 : at - start + 1);
  pack(ticket.openedAt);
  pack(ticket.repliedAt);
  pack(ticket.reopenedAt);
  pack(ticket.resolvedAt);
  if (ticket.acknowledged !== null) packAcknowledgement(ticket.acknowledged, start);
}

function unpackTicket(from: Unpacker, start: number): Ticket {
  const ticket = from.fixed(ID);
  const head = from.byte();
  const alert = from.uint();
  const at = (): Instant | null => {
    const distance = from.uint();
    return distance === 0 ? null : ((start + distance - 1) as Instant);
  };
  const instants = { openedAt: at(), repliedAt: at(), reopenedAt: at(), resolvedAt: at() };
  const acknowledged = isSet(head, TICKET_ACKNOWLEDGED) ? unpackAcknowledgement(from, start) : null;
  return { ticket, place: (head & (TICKET_ACKNOWLEDGED - 1)) >> 1, late: (head & 1) === 1, alert, acknowledged, ...instants };
}

/** Two bits a component: null, zero, or a number that follows. */
function packSaid(said: Said | null): void {
  packer.byte(said === null ? 0 : 1);
  if (said === null) return;
  packer.int(said.value);
  let kinds = 0;
  said.contributions.forEach((contribution, k) => {
    kinds |= (contribution === null ? 0 : contribution === 0 ? 1 : 2) << (2 * k);
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
  for (let n = contacts.length - 1; n >= 0; n--) {
    const { span, counts } = contacts[n] as Contacts;
    let some = 0;
    for (let i = 0; i < counts.length; i++) if (counts[i] !== 0) some |= 1 << i;
    packer.uint(((before - span) << SERVICE_MODES.length) + some);
    before = span;
    for (const count of counts) if (count !== 0) packer.uint(count);
  }
}

function unpackContacts(from: Unpacker, today: number): Contacts[] {
  const contacts: Contacts[] = [];
  let span = Math.floor(today / SPAN_DAYS);
  for (let n = from.byte(); n > 0; n--) {
    const head = from.uint();
    span -= head >>> SERVICE_MODES.length;
    const counts: number[] = [];
    for (let i = 0; i < SERVICE_MODES.length; i++) counts.push(isSet(head, 1 << i) ? from.uint() : 0);
    contacts.push({ span, counts });
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
    packer.uint(
      placed.place * 16 + bit(placed.discounted, 1) + bit(placed.personal, 2) + bit(placed.recurring, 4) + bit(placed.campaign, 8),
    );
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
      place: head >> 4,
      discounted: (head & 1) !== 0,
      personal: (head & 2) !== 0,
      recurring: (head & 4) !== 0,
      campaign: (head & 8) !== 0,
    };
  };
  if (from.byte() !== 1) return unpackList(from, today, placed);
  const list: Placed[] = [];
  for (const { day, orders } of state.days) if (orders > 0) list.push(placed(day));
  return list;
}

function packTouches(touches: readonly Touch[], asOf: Instant): void {
  packer.uint(touches.length);
  let time = asOf;
  for (let i = touches.length - 1; i >= 0; i--) {
    const { at, campaign } = touches[i] as Touch;
    packer.uint(time - at);
    packer.fixed(campaign, ID);
    time = at;
  }
}

function unpackTouches(from: Unpacker, asOf: Instant): Touch[] {
  return unpackList(from, asOf, (at) => ({ at: at as Instant, campaign: from.fixed(ID) }));
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
