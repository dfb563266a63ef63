/**
 * A customer's state as bytes, as it stands in the journal and in Redis: a version byte, then packed numbers (state-bytes.ts). By hand
 * rather than by avsc: arrays of small records cost avsc most, and a typical customer is to take half a kilobyte.
 * Instants and days are distances: everything in a state lies at or before `asOf`, lists are written newest first, each item by its
 * distance from the one before. `decodeState(encodeState(s))` equals s; equal states have equal bytes.
 */
import { COMPONENTS, GROUPS } from '../domain/decision.ts';
import { type CustomerId, dayOf, type Instant } from '../domain/ids.ts';
import { type CustomerState, newCustomer, type Said } from '../domain/state.ts';
import { Packer, Unpacker } from './state-bytes.ts';

const VERSION = 1;

const VALUE_HIGH = 1;
const LOYALTY_HIGH = 2;
const DIRTY = 4;
const EXPIRED = 8;
const TRUNCATED = 16;

/** flags of a day */
const ORDERS = 1;
const MONEY = 2;

/** bytes of an event id, and of an order or campaign id */
const EVENT = 6;
const ID = 5;

const packer = new Packer();

const byDay = (item: { readonly day: number }): number => item.day;
const byTime = (item: { readonly at: number }): number => item.at;

export function encodeState(state: CustomerState): Buffer {
  packer.clear();
  packer.byte(VERSION);
  packer.byte(
    (state.valueHigh ? VALUE_HIGH : 0) |
      (state.loyaltyHigh ? LOYALTY_HIGH : 0) |
      (state.dirty ? DIRTY : 0) |
      (state.expired ? EXPIRED : 0) |
      (state.truncated * TRUNCATED),
  );
  const { asOf } = state;
  packer.byte(asOf === null ? 0 : 1);
  // a customer without an event has nothing else
  if (asOf === null) return packer.take();
  packer.int(asOf);

  // memory
  packer.byte(state.group === null ? 0 : GROUPS.indexOf(state.group) + 1);
  packer.uint(state.changes);
  packer.uint(state.profiles);
  for (const at of [state.groupSince, state.profileAt, state.firstEventAt, state.memberAt, state.leftAt])
    packer.uint(at === null ? 0 : asOf - at + 1);
  packer.uint(state.due === null ? 0 : state.due - asOf);
  packSaid(state.said);
  packer.byte(state.seen.length);
  for (const id of state.seen) packer.fixed(id, EVENT);

  // facts
  const today = dayOf(asOf);
  packer.int(state.orders);
  packer.int(state.revenue);
  packer.int(state.cost);
  packDays(state, today);
  packList(state.placed, today, byDay, ({ order }) => packer.fixed(order, ID));
  packList(state.orphans, today, byDay, (orphan) => {
    packer.fixed(orphan.order, ID);
    packer.int(orphan.orders);
    packer.int(orphan.revenue);
    packer.int(orphan.cost);
  });
  packList(state.feedback, asOf, byTime, ({ score }) => packer.double(score));
  packList(state.sends, asOf, byTime, ({ campaign }) => packer.fixed(campaign, ID));
  packList(state.responses, asOf, byTime, ({ campaign }) => packer.fixed(campaign, ID));
  packList(state.advocacy, today, byDay, ({ count }) => packer.uint(count));
  return packer.take();
}

/** Always a fresh object. Throws an Error when the bytes are not a state's. */
export function decodeState(id: CustomerId, bytes: Buffer): CustomerState {
  const from = new Unpacker(bytes);
  const version = from.byte();
  if (version !== VERSION) throw new Error(`a state of version ${version} is unknown here`);
  const state = newCustomer(id);
  const flags = from.byte();
  state.valueHigh = (flags & VALUE_HIGH) !== 0;
  state.loyaltyHigh = (flags & LOYALTY_HIGH) !== 0;
  state.dirty = (flags & DIRTY) !== 0;
  state.expired = (flags & EXPIRED) !== 0;
  state.truncated = Math.floor(flags / TRUNCATED);
  if (from.byte() === 0) return state;
  const asOf = from.int() as Instant;
  state.asOf = asOf;

  state.group = GROUPS[from.byte() - 1] ?? null;
  state.changes = from.uint();
  state.profiles = from.uint();
  const instant = (): Instant | null => {
    const distance = from.uint();
    return distance === 0 ? null : ((asOf - distance + 1) as Instant);
  };
  state.groupSince = instant();
  state.profileAt = instant();
  state.firstEventAt = instant();
  state.memberAt = instant();
  state.leftAt = instant();
  const wait = from.uint();
  state.due = wait === 0 ? null : ((asOf + wait) as Instant);
  state.said = unpackSaid(from);
  for (let n = from.byte(); n > 0; n--) state.seen.push(from.fixed(EVENT));

  const today = dayOf(asOf);
  state.orders = from.int();
  state.revenue = from.int();
  state.cost = from.int();
  unpackDays(state, from, today);
  state.placed = unpackList(from, today, (day) => ({ day, order: from.fixed(ID) }));
  state.orphans = unpackList(from, today, (day) => ({
    day,
    order: from.fixed(ID),
    orders: from.int(),
    revenue: from.int(),
    cost: from.int(),
  }));
  state.feedback = unpackList(from, asOf, (at) => ({ at: at as Instant, score: from.double() }));
  state.sends = unpackList(from, asOf, (at) => ({ at: at as Instant, campaign: from.fixed(ID) }));
  state.responses = unpackList(from, asOf, (at) => ({ at: at as Instant, campaign: from.fixed(ID) }));
  state.advocacy = unpackList(from, today, (day) => ({ day, count: from.uint() }));
  if (from.left !== 0) throw new Error(`state bytes have ${from.left} bytes too many`);
  return state;
}

/** Two bits a component: null, zero, or a double that follows. */
function packSaid(said: Said | null): void {
  packer.byte(said === null ? 0 : 1);
  if (said === null) return;
  packer.int(said.value);
  let kinds = 0;
  said.contributions.forEach((contribution, k) => {
    kinds += (contribution === null ? 0 : contribution === 0 ? 1 : 2) * 4 ** k;
  });
  packer.uint(kinds);
  for (const contribution of said.contributions) if (contribution !== null && contribution !== 0) packer.double(contribution);
}

function unpackSaid(from: Unpacker): Said | null {
  if (from.byte() === 0) return null;
  const value = from.int();
  let kinds = from.uint();
  const contributions = COMPONENTS.map(() => {
    const kind = kinds & 3;
    kinds >>= 2;
    return kind === 0 ? null : kind === 1 ? 0 : from.double();
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
