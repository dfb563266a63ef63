/**
 * Orders, refunds and cancellations: on which UTC day each is booked, and what the day buckets say about a customer's purchases.
 *
 * A refund or cancellation is booked on `orderedAt`'s day when given, else on the day of the order with its id, else on its own day; never
 * later than that. Bookings reach back 365 days: one `orderedAt` before that lies outside every window, and only the lifetime sums change;
 * an order of the same id before that counts as not known, because whether it still is depends on what has arrived since.
 * As the event may itself be 365 days late, buckets and orders are kept for 730 days, and refunds whose order is not known wait for it:
 * so the facts do not depend on the order of arrival. An order id is taken to be placed once.
 */
import type { Purchase } from './event.ts';
import { dayOf } from './ids.ts';
import { insert } from './lists.ts';
import { type CustomerState, type Day, KEPT_DAYS, type Orphan, type Placed, type Short, shorten, WINDOW_DAYS } from './state.ts';

export function bookPurchase(state: CustomerState, event: Purchase, today: number): void {
  const day = dayOf(event.at);
  const order = shorten(event.order);
  const orders = event.kind === 'PURCHASE' ? 1 : event.kind === 'CANCELLATION' ? -1 : 0;
  const revenue = event.kind === 'PURCHASE' ? event.amount : 0 - event.amount;
  state.orders += orders;
  state.revenue += revenue;
  state.cost += event.cost;

  if (event.kind === 'PURCHASE') {
    book(state, day, orders, revenue, event.cost, today);
    insert(state.placed, { day, order }, placedAfter);
    if (state.orphans.length > 0) adopt(state, order, day, today);
    return;
  }
  if (event.orderedAt !== null) {
    const placed = dayOf(event.orderedAt);
    if (placed >= day - WINDOW_DAYS) book(state, Math.min(placed, day), orders, revenue, event.cost, today);
    return;
  }
  const placed = state.placed.find((known) => known.order === order && reaches(day, known.day));
  book(state, placed?.day ?? day, orders, revenue, event.cost, today);
  if (placed === undefined) insert(state.orphans, { day, order, orders, revenue, cost: event.cost }, orphanAfter);
}

/** Cost to serve that belongs to no order. */
export function bookCost(state: CustomerState, day: number, cost: number, today: number): void {
  if (cost === 0) return;
  state.cost += cost;
  book(state, day, 0, 0, cost, today);
}

/** Whether a refund of `day` is booked on the day of an order known by its id. */
const reaches = (day: number, placed: number): boolean => placed <= day && placed >= day - WINDOW_DAYS;

/** An order has arrived after its refund: the refund moves to the order's day. */
function adopt(state: CustomerState, order: Short, placed: number, today: number): void {
  const isFound = (orphan: Orphan): boolean => orphan.order === order && reaches(orphan.day, placed);
  for (const { day, orders, revenue, cost } of state.orphans.filter(isFound)) {
    book(state, day, 0 - orders, 0 - revenue, 0 - cost, today);
    book(state, placed, orders, revenue, cost, today);
  }
  state.orphans = state.orphans.filter((orphan) => !isFound(orphan));
}

function book(state: CustomerState, day: number, orders: number, revenue: number, cost: number, today: number): void {
  if (day < today - KEPT_DAYS) {
    // later than the bound: the day counts as one that has been dropped already
    if (orders > 0) dropPurchaseDay(state, day);
    return;
  }
  const { days } = state;
  let i = days.length;
  while (i > 0 && (days[i - 1]?.day ?? 0) > day) i--;
  const found = days[i - 1];
  if (found?.day === day) {
    found.orders += orders;
    found.revenue += revenue;
    found.cost += cost;
    if (isEmpty(found)) days.splice(i - 1, 1);
  } else if (orders !== 0 || revenue !== 0 || cost !== 0) {
    days.splice(i, 0, { day, orders, revenue, cost });
  }
}

const isEmpty = (day: Day): boolean => day.orders === 0 && day.revenue === 0 && day.cost === 0;

function dropPurchaseDay(state: CustomerState, day: number): void {
  state.firstDroppedDay = state.droppedDays === 0 ? day : Math.min(state.firstDroppedDay, day);
  state.lastDroppedDay = state.droppedDays === 0 ? day : Math.max(state.lastDroppedDay, day);
  state.droppedDays += 1;
}

/** Forgets what no event within the bounds can reach any more: money outside every window, and days older than `KEPT_DAYS`. */
export function settleDays(state: CustomerState, today: number): void {
  const { days } = state;
  const windowStart = today - WINDOW_DAYS;
  const first = days[0];
  if (first === undefined || first.day >= windowStart) return;
  let kept = 0;
  let i = 0;
  for (; i < days.length; i++) {
    const day = days[i];
    if (day === undefined || day.day >= windowStart) break;
    if (day.day < today - KEPT_DAYS) {
      if (day.orders > 0) dropPurchaseDay(state, day.day);
      continue;
    }
    day.revenue = 0;
    day.cost = 0;
    if (day.orders !== 0) days[kept++] = day;
  }
  if (kept < i) days.splice(kept, i - kept);
}

export interface PurchaseDays {
  /** UTC days with at least one order that stands */
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

/** The days on which an order stands; null when the customer has no order: none yet, or all cancelled. */
export function purchaseDays(state: CustomerState): PurchaseDays | null {
  if (state.orders <= 0) return null;
  let count = state.droppedDays;
  let first = state.firstDroppedDay;
  let last = state.lastDroppedDay;
  for (const day of state.days) {
    if (day.orders <= 0) continue;
    if (count === 0) first = day.day;
    last = day.day;
    count++;
  }
  return count === 0 ? null : { count, first, last };
}

const placedAfter = (a: Placed, b: Placed): boolean => (a.day === b.day ? a.order > b.order : a.day > b.day);

function orphanAfter(a: Orphan, b: Orphan): boolean {
  if (a.day !== b.day) return a.day > b.day;
  if (a.order !== b.order) return a.order > b.order;
  if (a.orders !== b.orders) return a.orders > b.orders;
  if (a.revenue !== b.revenue) return a.revenue > b.revenue;
  return a.cost > b.cost;
}
