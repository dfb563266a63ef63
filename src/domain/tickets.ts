/**
 * Tickets: when each was opened, answered, resolved and opened again, whatever the order in which its events arrive; whether it hurts, and what KPIs
 * are told of it. A ticket that nobody opened (its opening is lost or late) is no open ticket.
 */
import type { Support } from './event.ts';
import { DAY, dayOf, earlier, type Instant, later } from './ids.ts';
import { PART_INDEX } from './kpis.ts';
import { insert } from './lists.ts';
import type { Policy } from './policy.ts';
import { type CustomerState, type Flows, MOST_TICKETS, shorten, type Ticket } from './state.ts';

const HOUR = 3_600_000;

export function recordTicket(state: CustomerState, event: Support, flows: Flows): void {
  const id = shorten(event.ticket);
  const i = state.tickets.findIndex((known) => known.ticket === id);
  const ends = event.status === 'RESOLVED' || event.status === 'CLOSED';
  if (i < 0 && ends && state.openDropped > 0) {
    // most likely one of those that no longer fitted
    state.openDropped -= 1;
    if (state.openDropped === 0) state.oldestOpenAt = null;
    return;
  }
  const ticket = state.tickets[i] ?? newTicket(id);
  if (i >= 0) {
    state.tickets.splice(i, 1);
    tell(ticket, -1, flows);
  }
  switch (event.status) {
    case 'OPENED':
      ticket.openedAt = earlier(ticket.openedAt, event.at);
      break;
    case 'REPLIED':
      ticket.repliedAt = earlier(ticket.repliedAt, event.at);
      break;
    case 'REOPENED':
      ticket.reopenedAt = later(ticket.reopenedAt, event.at);
      break;
    default:
      ticket.resolvedAt = later(ticket.resolvedAt, event.at);
  }
  tell(ticket, 1, flows);
  insert(state.tickets, ticket, ticketAfter);
}

const newTicket = (ticket: number): Ticket => ({
  ticket,
  openedAt: null,
  repliedAt: null,
  reopenedAt: null,
  resolvedAt: null,
  place: 0,
  late: false,
  alert: 0,
  acknowledged: null,
});

/** What KPIs hold of a ticket: `sign` 1 adds it, −1 takes it back. */
function tell(ticket: Ticket, sign: 1 | -1, flows: Flows): void {
  const { openedAt, resolvedAt, place } = ticket;
  if (openedAt === null) return;
  const flow = (at: Instant, part: number, amount: number): void => {
    flows.push({ day: dayOf(at), part, amount: sign * amount, place });
  };
  flow(openedAt, PART_INDEX.tickets, 1);
  if (ticket.late) flow(openedAt, PART_INDEX.lateTickets, 1);
  const answered = answeredAt(ticket);
  if (answered !== null && answered >= openedAt) {
    flow(answered, PART_INDEX.firstReplies, 1);
    flow(answered, PART_INDEX.firstReplyMs, answered - openedAt);
  }
  if (resolvedAt !== null && resolvedAt >= openedAt && !isOpen(ticket)) {
    flow(resolvedAt, PART_INDEX.resolutions, 1);
    flow(resolvedAt, PART_INDEX.resolutionMs, resolvedAt - openedAt);
  }
}

/** Books which tickets are answered late as of an instant: too late, or not at all while the time for it is over. */
export function settleLate(state: CustomerState, policy: Policy, at: Instant, flows: Flows): void {
  for (const ticket of state.tickets) {
    const { openedAt } = ticket;
    const late = openedAt !== null && at >= lateFrom(ticket, policy);
    if (late === ticket.late || openedAt === null) continue;
    ticket.late = late;
    flows.push({ day: dayOf(openedAt), part: PART_INDEX.lateTickets, amount: late ? 1 : -1, place: ticket.place });
  }
}

/** The first reply, or a resolution without one. */
function answeredAt({ repliedAt, resolvedAt }: Ticket): Instant | null {
  return repliedAt === null || (resolvedAt !== null && resolvedAt < repliedAt) ? resolvedAt : repliedAt;
}

export const isOpen = ({ openedAt, reopenedAt, resolvedAt }: Ticket): boolean =>
  (openedAt !== null || reopenedAt !== null) && (resolvedAt === null || (reopenedAt !== null && reopenedAt > resolvedAt));

/** Since when an open ticket is open; its newest instant otherwise. */
export function openSince({ openedAt, reopenedAt, resolvedAt, repliedAt }: Ticket): Instant {
  if (reopenedAt !== null && resolvedAt !== null && reopenedAt > resolvedAt) return reopenedAt;
  return (openedAt ?? reopenedAt ?? repliedAt ?? resolvedAt ?? 0) as Instant;
}

/** From when on it counts as answered late; Infinity when it was answered in time. */
export function lateFrom(ticket: Ticket, policy: Policy): number {
  if (ticket.openedAt === null) return Number.POSITIVE_INFINITY;
  const limit = ticket.openedAt + policy.churn.support.replyHours * HOUR;
  const answered = answeredAt(ticket);
  // a reply exactly in time is in time
  return answered === null || answered > limit ? limit + 1 : Number.POSITIVE_INFINITY;
}

/** From when on it is open too long, or was; Infinity when it was resolved before. One whose opening is not known was open at least since it was answered. */
function longFrom(ticket: Ticket, policy: Policy): number {
  const limit = openSince(ticket) + policy.churn.support.openHours * HOUR;
  const { resolvedAt } = ticket;
  return isOpen(ticket) || (resolvedAt !== null && resolvedAt > limit) ? limit + 1 : Number.POSITIVE_INFINITY;
}

/** When a ticket begins to hurt, and when that ends: [from, to), either may be Infinity. */
export function painOf(ticket: Ticket, policy: Policy): { readonly from: number; readonly to: number } {
  const from = Math.min(lateFrom(ticket, policy), longFrom(ticket, policy), ticket.reopenedAt ?? Number.POSITIVE_INFINITY);
  const to = isOpen(ticket) ? Number.POSITIVE_INFINITY : endOf(ticket) + policy.churn.support.afterDays * DAY;
  return { from, to };
}

/** When an open ticket is overdue: unanswered or unresolved for too long. Opened again, it is its resolution alone that is waited for. */
export function overdueFrom(ticket: Ticket, policy: Policy): number {
  if (!isOpen(ticket)) return Number.POSITIVE_INFINITY;
  const long = longFrom(ticket, policy);
  return ticket.resolvedAt === null ? Math.min(lateFrom(ticket, policy), long) : long;
}

const endOf = ({ openedAt, repliedAt, reopenedAt, resolvedAt }: Ticket): number =>
  resolvedAt ?? Math.max(openedAt ?? 0, repliedAt ?? 0, reopenedAt ?? 0);

/**
 * Drops what no longer hurts, then what is over the bounds; returns whether something closed had to go. Into `lapsed` goes what an alert may be about: open
 * ones, and those whose end has come so late that they are gone at once.
 */
export function settleTickets(state: CustomerState, policy: Policy, at: Instant, lapsed: Ticket[]): boolean {
  if (state.tickets.length === 0) return false;
  const keep = Math.max(30, policy.churn.support.afterDays) * DAY;
  state.tickets = state.tickets.filter((ticket) => {
    const stays = isOpen(ticket) || endOf(ticket) + keep > at;
    if (!stays && ticket.alert > 0) lapsed.push(ticket);
    return stays;
  });
  if (state.tickets.length <= MOST_TICKETS) return false;
  let open = state.tickets.filter(isOpen).length;
  let closed = state.tickets.length - open;
  let dropped = false;
  state.tickets = state.tickets.filter((ticket) => {
    const opened = isOpen(ticket);
    if ((opened ? open : closed) <= MOST_TICKETS) return true;
    if (opened) {
      open -= 1;
      lapsed.push(ticket);
      state.openDropped += 1;
      state.oldestOpenAt = earlier(state.oldestOpenAt, openSince(ticket));
    } else {
      closed -= 1;
      dropped = true;
      if (ticket.alert > 0) lapsed.push(ticket);
    }
    return false;
  });
  return dropped;
}

/** Where a ticket stands in the list: by its earliest instant. */
export const startOf = ({ openedAt, repliedAt, reopenedAt, resolvedAt }: Ticket): number =>
  Math.min(...[openedAt, repliedAt, reopenedAt, resolvedAt].filter((at) => at !== null));

function ticketAfter(a: Ticket, b: Ticket): boolean {
  const [x, y] = [startOf(a), startOf(b)];
  return x === y ? a.ticket > b.ticket : x > y;
}
