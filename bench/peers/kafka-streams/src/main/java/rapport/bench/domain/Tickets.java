package rapport.bench.domain;

import static rapport.bench.domain.Ids.DAY;
import static rapport.bench.domain.Ids.NONE;
import static rapport.bench.domain.Ids.dayOf;
import static rapport.bench.domain.Ids.earlier;
import static rapport.bench.domain.Ids.later;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import rapport.bench.domain.CustomerState.Flow;
import rapport.bench.domain.CustomerState.Ticket;

/** Tickets: when each was opened, answered, resolved and opened again, and whether it hurts. src/domain/tickets.ts. Infinity for never. */
public final class Tickets {
  private static final double HOUR = 3_600_000;
  private static final double NEVER = Double.POSITIVE_INFINITY;

  private Tickets() {}

  static void recordTicket(CustomerState state, Event.Support event, List<Flow> flows) {
    long id = CustomerState.shorten(event.ticket());
    ArrayList<Ticket> tickets = state.tickets;
    int i = 0;
    while (i < tickets.size() && tickets.get(i).ticket != id) i++;
    boolean known = i < tickets.size();
    boolean ends = event.status() == Event.TicketStatus.RESOLVED || event.status() == Event.TicketStatus.CLOSED;
    if (!known && ends && state.openDropped > 0) {
      state.openDropped -= 1;
      if (state.openDropped == 0) state.oldestOpenAt = NONE;
      return;
    }
    Ticket ticket = known ? tickets.remove(i) : new Ticket(id);
    if (known) tell(ticket, -1, flows);
    switch (event.status()) {
      case OPENED -> ticket.openedAt = earlier(ticket.openedAt, event.at());
      case REPLIED -> ticket.repliedAt = earlier(ticket.repliedAt, event.at());
      case REOPENED -> ticket.reopenedAt = later(ticket.reopenedAt, event.at());
      default -> ticket.resolvedAt = later(ticket.resolvedAt, event.at());
    }
    tell(ticket, 1, flows);
    Lists.insert(tickets, ticket, Tickets::ticketAfter);
  }

  private static void tell(Ticket ticket, int sign, List<Flow> flows) {
    long openedAt = ticket.openedAt;
    if (openedAt == NONE) return;
    flows.add(new Flow(dayOf(openedAt), Kpis.TICKETS, sign, ticket.place));
    if (ticket.late) flows.add(new Flow(dayOf(openedAt), Kpis.LATE_TICKETS, sign, ticket.place));
    long answered = answeredAt(ticket);
    if (answered != NONE && answered >= openedAt) {
      flows.add(new Flow(dayOf(answered), Kpis.FIRST_REPLIES, sign, ticket.place));
      flows.add(new Flow(dayOf(answered), Kpis.FIRST_REPLY_MS, sign * (answered - openedAt), ticket.place));
    }
    long resolvedAt = ticket.resolvedAt;
    if (resolvedAt != NONE && resolvedAt >= openedAt && !isOpen(ticket)) {
      flows.add(new Flow(dayOf(resolvedAt), Kpis.RESOLUTIONS, sign, ticket.place));
      flows.add(new Flow(dayOf(resolvedAt), Kpis.RESOLUTION_MS, sign * (resolvedAt - openedAt), ticket.place));
    }
  }

  static void settleLate(CustomerState state, Policy policy, long at, List<Flow> flows) {
    for (int i = 0; i < state.tickets.size(); i++) {
      Ticket ticket = state.tickets.get(i);
      boolean late = ticket.openedAt != NONE && at >= lateFrom(ticket, policy);
      if (late == ticket.late || ticket.openedAt == NONE) continue;
      ticket.late = late;
      flows.add(new Flow(dayOf(ticket.openedAt), Kpis.LATE_TICKETS, late ? 1 : -1, ticket.place));
    }
  }

  private static long answeredAt(Ticket ticket) {
    return ticket.repliedAt == NONE || (ticket.resolvedAt != NONE && ticket.resolvedAt < ticket.repliedAt)
        ? ticket.resolvedAt
        : ticket.repliedAt;
  }

  public static boolean isOpen(Ticket ticket) {
    return (ticket.openedAt != NONE || ticket.reopenedAt != NONE)
        && (ticket.resolvedAt == NONE || (ticket.reopenedAt != NONE && ticket.reopenedAt > ticket.resolvedAt));
  }

  private static long openSince(Ticket t) {
    if (t.reopenedAt != NONE && t.resolvedAt != NONE && t.reopenedAt > t.resolvedAt) return t.reopenedAt;
    if (t.openedAt != NONE) return t.openedAt;
    if (t.reopenedAt != NONE) return t.reopenedAt;
    if (t.repliedAt != NONE) return t.repliedAt;
    return t.resolvedAt != NONE ? t.resolvedAt : 0;
  }

  /** From when on it counts as answered late. */
  public static double lateFrom(Ticket ticket, Policy policy) {
    if (ticket.openedAt == NONE) return NEVER;
    double limit = ticket.openedAt + policy.churn().support().replyHours() * HOUR;
    long answered = answeredAt(ticket);
    return answered == NONE || answered > limit ? limit + 1 : NEVER;
  }

  private static double longFrom(Ticket ticket, Policy policy) {
    double limit = openSince(ticket) + policy.churn().support().openHours() * HOUR;
    return isOpen(ticket) || (ticket.resolvedAt != NONE && ticket.resolvedAt > limit) ? limit + 1 : NEVER;
  }

  /** When a ticket begins to hurt, and when that ends. */
  public static double painFrom(Ticket ticket, Policy policy) {
    double reopened = ticket.reopenedAt == NONE ? NEVER : ticket.reopenedAt;
    return Math.min(Math.min(lateFrom(ticket, policy), longFrom(ticket, policy)), reopened);
  }

  public static double painTo(Ticket ticket, Policy policy) {
    return isOpen(ticket) ? NEVER : endOf(ticket) + policy.churn().support().afterDays() * DAY;
  }

  static double overdueFrom(Ticket ticket, Policy policy) {
    if (!isOpen(ticket)) return NEVER;
    double from = longFrom(ticket, policy);
    return ticket.resolvedAt == NONE ? Math.min(lateFrom(ticket, policy), from) : from;
  }

  private static long endOf(Ticket t) {
    if (t.resolvedAt != NONE) return t.resolvedAt;
    return Math.max(Math.max(Math.max(t.openedAt, t.repliedAt), t.reopenedAt), 0);
  }

  static boolean settleTickets(CustomerState state, Policy policy, long at, List<Ticket> lapsed) {
    ArrayList<Ticket> tickets = state.tickets;
    if (tickets.isEmpty()) return false;
    double keep = Math.max(30, policy.churn().support().afterDays()) * DAY;
    int open = 0;
    for (Iterator<Ticket> i = tickets.iterator(); i.hasNext(); ) {
      Ticket ticket = i.next();
      boolean opened = isOpen(ticket);
      if (opened || endOf(ticket) + keep > at) {
        if (opened) open += 1;
        continue;
      }
      if (ticket.alert > 0) lapsed.add(ticket);
      i.remove();
    }
    if (tickets.size() <= CustomerState.MOST_TICKETS) return false;
    int closed = tickets.size() - open;
    boolean dropped = false;
    for (Iterator<Ticket> i = tickets.iterator(); i.hasNext(); ) {
      Ticket ticket = i.next();
      boolean opened = isOpen(ticket);
      if ((opened ? open : closed) <= CustomerState.MOST_TICKETS) continue;
      if (opened) {
        open -= 1;
        lapsed.add(ticket);
        state.openDropped += 1;
        state.oldestOpenAt = earlier(state.oldestOpenAt, openSince(ticket));
      } else {
        closed -= 1;
        dropped = true;
        if (ticket.alert > 0) lapsed.add(ticket);
      }
      i.remove();
    }
    return dropped;
  }

  /** Where a ticket stands in the list: by its earliest instant. */
  public static long startOf(Ticket t) {
    long start = Long.MAX_VALUE;
    if (t.openedAt != NONE) start = t.openedAt;
    if (t.repliedAt != NONE && t.repliedAt < start) start = t.repliedAt;
    if (t.reopenedAt != NONE && t.reopenedAt < start) start = t.reopenedAt;
    if (t.resolvedAt != NONE && t.resolvedAt < start) start = t.resolvedAt;
    return start;
  }

  private static boolean ticketAfter(Ticket a, Ticket b) {
    long x = startOf(a);
    long y = startOf(b);
    return x == y ? a.ticket > b.ticket : x > y;
  }
}
