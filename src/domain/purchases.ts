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
import { PART_INDEX } from './kpis.ts';
import { insert } from './lists.ts';
import type { Policy } from './policy.ts';
import { MONTH_DAYS } from './spending.ts';
import {
  type CustomerState,
  type Day,
  type Flows,
  KEPT_DAYS,
  type Orphan,
  type Placed,
  shortenOrder,
  WINDOW_DAYS,
  WORTH_DAY,
} from './state.ts';

export function bookPurchase(state: CustomerState, event: Purchase, policy: Policy, today: number, flows: Flows): void {
  const day = dayOf(event.at);
  const order = shortenOrder(event.order);
  const orders = event.kind === 'PURCHASE' ? 1 : event.kind === 'CANCELLATION' ? -1 : 0;
  const revenue = event.kind === 'PURCHASE' ? event.amount : 0 - event.amount;
  state.orders += orders;
  state.revenue += revenue;
  state.cost += event.cost;
  const booked = { orders, revenue, cost: event.cost };

  if (event.kind === 'PURCHASE') {
    const campaign = event.campaign !== null;
    const placed: Placed = {
      day,
      order,
      place: 0,
      discounted: event.discount > 0,
      personal: event.recommended || campaign,
      recurring: event.recurring,
      campaign,
    };
    book(state, day, booked, policy, today);
    tell(flows, day, 0, booked, campaign);
    insert(state.placed, placed, placedAfter);
    if (state.orphans.length > 0) adopt(state, placed, policy, today, flows);
    return;
  }
  const known = state.placed.find((placed) => placed.order === order && reaches(day, placed.day));
  if (event.orderedAt !== null) {
    const placed = Math.min(dayOf(event.orderedAt), day);
    tell(flows, placed, known?.place ?? 0, booked, known?.campaign ?? false);
    if (placed >= day - WINDOW_DAYS) book(state, placed, booked, policy, today);
    else addWorth(state, placed, booked, policy);
    return;
  }
  book(state, known?.day ?? day, booked, policy, today);
  tell(flows, known?.day ?? day, known?.place ?? 0, booked, known?.campaign ?? false);
  if (known === undefined) insert(state.orphans, { day, order, place: 0, ...booked }, orphanAfter);
}

/** Says what an order, or what takes it back, changes in the KPIs of a day. */
function tell(flows: Flows, day: number, place: number, { orders, revenue }: Booked, campaign: boolean): void {
  flows.push({ day, part: PART_INDEX.revenue, amount: revenue, place });
  if (orders !== 0) flows.push({ day, part: PART_INDEX.orders, amount: orders, place });
  if (campaign) flows.push({ day, part: PART_INDEX.campaignRevenue, amount: revenue, place });
}

/** Cost to serve that belongs to no order. */
export function bookCost(state: CustomerState, day: number, cost: number, policy: Policy, today: number): void {
  if (cost === 0) return;
  state.cost += cost;
  book(state, day, { orders: 0, revenue: 0, cost }, policy, today);
}

/** Whether a refund of `day` is booked on the day of an order known by its id. */
const reaches = (day: number, placed: number): boolean => placed <= day && placed >= day - WINDOW_DAYS;

/** An order has arrived after its refund: the refund moves to the order's day. */
function adopt(state: CustomerState, placed: Placed, policy: Policy, today: number, flows: Flows): void {
  const isFound = (orphan: Orphan): boolean => orphan.order === placed.order && reaches(orphan.day, placed.day);
  for (const orphan of state.orphans.filter(isFound)) {
    const { day, place, orders, revenue, cost } = orphan;
    const taken = { orders: 0 - orders, revenue: 0 - revenue, cost: 0 - cost };
    book(state, day, taken, policy, today);
    tell(flows, day, place, taken, false);
    book(state, placed.day, orphan, policy, today);
    tell(flows, placed.day, 0, orphan, placed.campaign);
  }
  state.orphans = state.orphans.filter((orphan) => !isFound(orphan));
}

interface Booked {
  readonly orders: number;
  readonly revenue: number;
  readonly cost: number;
}

function book(state: CustomerState, day: number, { orders, revenue, cost }: Booked, policy: Policy, today: number): void {
  addWorth(state, day, { orders, revenue, cost }, policy);
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

/** What the historic lifetime value is of: a whole number, so that the order of arrival leaves no trace in it. */
function addWorth(state: CustomerState, day: number, { revenue, cost }: Booked, policy: Policy): void {
  if (revenue === cost) return;
  state.worth += Math.round((revenue - cost) * 100 * (1 + policy.lifetime.discount) ** ((WORTH_DAY - day) / MONTH_DAYS));
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
  let purchases = state.droppedDays;
  let kept = 0;
  let i = 0;
  for (; i < days.length; i++) {
    const day = days[i];
    if (day === undefined || day.day >= windowStart) break;
    // the first purchase is no repeat
    if (day.orders > 0 && purchases++ > 0 && day.revenue > 0) {
      state.spendDays += 1;
      state.spendSum += day.revenue;
    }
    day.revenue = 0;
    day.cost = 0;
    if (day.day < today - KEPT_DAYS) {
      if (day.orders > 0) dropPurchaseDay(state, day.day);
    } else if (day.orders !== 0) days[kept++] = day;
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
