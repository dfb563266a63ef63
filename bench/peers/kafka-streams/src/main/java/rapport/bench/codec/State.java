package rapport.bench.codec;

import static rapport.bench.domain.CustomerState.POINT_PARTS;
import static rapport.bench.domain.CustomerState.SCORE_STEPS;
import static rapport.bench.domain.CustomerState.SPAN_DAYS;
import static rapport.bench.domain.Ids.NONE;
import static rapport.bench.domain.Ids.dayOf;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import rapport.bench.domain.CustomerState;
import rapport.bench.domain.CustomerState.Answer;
import rapport.bench.domain.CustomerState.AnswerKind;
import rapport.bench.domain.CustomerState.Contacts;
import rapport.bench.domain.CustomerState.Day;
import rapport.bench.domain.CustomerState.DayCount;
import rapport.bench.domain.CustomerState.Orphan;
import rapport.bench.domain.CustomerState.Placed;
import rapport.bench.domain.CustomerState.Said;
import rapport.bench.domain.CustomerState.Ticket;
import rapport.bench.domain.CustomerState.Touch;
import rapport.bench.domain.Decision;
import rapport.bench.domain.Decision.Level;
import rapport.bench.domain.Tickets;

/**
 * A customer's state as bytes: the packed layout of src/codec/state.ts, a few hundred bytes a customer. In front stands the instant under which the
 * customer is in the index of timers, which an instant that only moves later need not touch. Not for several threads.
 */
public final class State {
  private static final int EVENT = 6;
  private static final int ID = 4;
  private static final int ORDER = 3;
  private static final int HAS_ORDERS = 1;
  private static final int HAS_MONEY = 2;
  private static final AnswerKind[] ANSWERS = AnswerKind.values();

  private final Packer packer = new Packer();

  /** The instant under which the customer is in the index of timers; NONE for not at all. */
  public static long indexed(byte[] bytes) {
    long value = new Unpacker(bytes, 0).fixed(8);
    return value;
  }

  public byte[] encode(CustomerState state, long indexed) {
    packer.clear();
    packer.fixed(indexed, 8);
    long asOf = state.asOf;
    long flags = flag(state.valueHigh, 0) + flag(state.loyaltyHigh, 1) + flag(state.dirty, 2) + flag(state.expired, 3)
        + flag(state.lost, 4) + flag(state.followUpOpen, 5) + flag(state.contribution.active, 6) + flag(state.contribution.lost, 7)
        + flag(state.contribution.retained, 8) + flag(state.contribution.churned, 9) + ((long) state.truncated << 10);
    packer.uint(flags);
    packer.integer(asOf);

    // memory
    packer.one(state.group == null ? 0 : state.group.ordinal() + 1);
    packer.uint(state.changes);
    packer.uint(state.profiles);
    packInstants(state, asOf);
    packRisk(state, asOf);
    packer.uint(state.due == NONE ? 0 : state.due - asOf);
    packSaid(state.said);
    packer.one(state.seenCount);
    for (int i = 0; i < state.seenCount; i++) packer.fixed(state.seen[i], EVENT);

    // facts, newest first
    int today = dayOf(asOf);
    packer.integer(state.orders);
    packer.integer(state.revenue);
    packer.integer(state.cost);
    packDays(state, today);
    packer.integer(state.worth);
    packer.integer(state.spendSum);
    packer.uint(state.spendDays);
    packPlaced(state, today);
    packOrphans(state, today);
    packFeedback(state.feedback, asOf);
    packTouches(state.sends, asOf);
    packTouches(state.responses, asOf);
    packAdvocacy(state, today);
    packTickets(state, asOf);
    packer.uint(state.openDropped);
    packer.one(state.places.length);
    for (int place : state.places) packer.one(place);
    packContacts(state.contacts, today);
    return packer.take();
  }

  public CustomerState decode(String id, byte[] bytes) {
    Unpacker from = new Unpacker(bytes, 8);
    CustomerState state = new CustomerState(id);
    long flags = from.uint();
    state.valueHigh = isSet(flags, 0);
    state.loyaltyHigh = isSet(flags, 1);
    state.dirty = isSet(flags, 2);
    state.expired = isSet(flags, 3);
    state.lost = isSet(flags, 4);
    state.followUpOpen = isSet(flags, 5);
    state.contribution.active = isSet(flags, 6);
    state.contribution.lost = isSet(flags, 7);
    state.contribution.retained = isSet(flags, 8);
    state.contribution.churned = isSet(flags, 9);
    state.truncated = (int) (flags >> 10);
    long asOf = from.integer();
    state.asOf = asOf;

    int group = from.one();
    state.group = group == 0 ? null : Decision.GROUPS[group - 1];
    state.changes = (int) from.uint();
    state.profiles = (int) from.uint();
    unpackInstants(state, from, asOf);
    unpackRisk(state, from, asOf);
    long wait = from.uint();
    state.due = wait == 0 ? NONE : asOf + wait;
    state.said = unpackSaid(from);
    state.seenCount = from.one();
    for (int i = 0; i < state.seenCount; i++) state.seen[i] = from.fixed(EVENT);

    int today = dayOf(asOf);
    state.orders = from.integer();
    state.revenue = from.integer();
    state.cost = from.integer();
    unpackDays(state, from, today);
    state.worth = from.integer();
    state.spendSum = from.integer();
    state.spendDays = (int) from.uint();
    unpackPlaced(state, from, today);
    int day = today;
    for (long n = from.uint(); n > 0; n--) {
      day -= (int) from.uint();
      int place = from.one();
      Orphan orphan = new Orphan(day, (int) from.fixed(ORDER), from.integer(), from.integer(), from.integer());
      orphan.place = place;
      state.orphans.add(orphan);
    }
    Collections.reverse(state.orphans);
    long at = asOf;
    for (long n = from.uint(); n > 0; n--) {
      at -= from.uint();
      AnswerKind kind = ANSWERS[from.one()];
      state.feedback.add(new Answer(at, from.fixed(2) / SCORE_STEPS, kind));
    }
    Collections.reverse(state.feedback);
    unpackTouches(state.sends, from, asOf);
    unpackTouches(state.responses, from, asOf);
    day = today;
    for (long n = from.uint(); n > 0; n--) {
      day -= (int) from.uint();
      state.advocacy.add(new DayCount(day, (int) from.uint()));
    }
    Collections.reverse(state.advocacy);
    at = asOf;
    for (long n = from.uint(); n > 0; n--) {
      at -= from.uint();
      state.tickets.add(unpackTicket(from, at));
    }
    Collections.reverse(state.tickets);
    state.openDropped = (int) from.uint();
    state.places = new int[from.one()];
    for (int i = 0; i < state.places.length; i++) state.places[i] = from.one();
    unpackContacts(state.contacts, from, today);
    if (from.left() != 0) throw new IllegalStateException("state bytes have " + from.left() + " bytes too many");
    return state;
  }

  private static long flag(boolean is, int bit) {
    return is ? 1L << bit : 0;
  }

  private static boolean isSet(long flags, int bit) {
    return (flags & (1L << bit)) != 0;
  }

  private void packInstants(CustomerState s, long asOf) {
    long known = flag(s.groupSince != NONE, 0) + flag(s.profileAt != NONE, 1) + flag(s.firstEventAt != NONE, 2) + flag(s.memberAt != NONE, 3)
        + flag(s.leftAt != NONE, 4) + flag(s.unsubscribedAt != NONE, 5) + flag(s.resubscribedAt != NONE, 6)
        + flag(s.oldestOpenAt != NONE, 7) + flag(s.contactAt != NONE, 8) + flag(s.belowSince != NONE, 9) + flag(s.calmSince != NONE, 10)
        + flag(s.followedUpAt != NONE, 11) + flag(s.followUpFrom != NONE, 12);
    packer.uint(known);
    instant(s.groupSince, asOf);
    instant(s.profileAt, asOf);
    instant(s.firstEventAt, asOf);
    instant(s.memberAt, asOf);
    instant(s.leftAt, asOf);
    instant(s.unsubscribedAt, asOf);
    instant(s.resubscribedAt, asOf);
    instant(s.oldestOpenAt, asOf);
    instant(s.contactAt, asOf);
    instant(s.belowSince, asOf);
    instant(s.calmSince, asOf);
    instant(s.followedUpAt, asOf);
    instant(s.followUpFrom, asOf);
  }

  private void instant(long at, long asOf) {
    if (at != NONE) packer.uint(asOf - at);
  }

  private static void unpackInstants(CustomerState s, Unpacker from, long asOf) {
    long known = from.uint();
    s.groupSince = instant(known, 0, from, asOf);
    s.profileAt = instant(known, 1, from, asOf);
    s.firstEventAt = instant(known, 2, from, asOf);
    s.memberAt = instant(known, 3, from, asOf);
    s.leftAt = instant(known, 4, from, asOf);
    s.unsubscribedAt = instant(known, 5, from, asOf);
    s.resubscribedAt = instant(known, 6, from, asOf);
    s.oldestOpenAt = instant(known, 7, from, asOf);
    s.contactAt = instant(known, 8, from, asOf);
    s.belowSince = instant(known, 9, from, asOf);
    s.calmSince = instant(known, 10, from, asOf);
    s.followedUpAt = instant(known, 11, from, asOf);
    s.followUpFrom = instant(known, 12, from, asOf);
  }

  private static long instant(long known, int bit, Unpacker from, long asOf) {
    return isSet(known, bit) ? asOf - from.uint() : NONE;
  }

  private static int levelIndex(Level level) {
    return level == null ? 0 : level.ordinal() + 1;
  }

  private static Level levelOf(int index) {
    return index == 0 ? null : Decision.LEVELS[index - 1];
  }

  private void packRisk(CustomerState state, long asOf) {
    long on = 0;
    for (int i = 0; i < state.signals.length; i++) on += flag(state.signals[i] != NONE, i);
    packer.uint(on);
    for (long since : state.signals) instant(since, asOf);
    packer.one(levelIndex(state.level) * 8 + levelIndex(state.riskPeak));
    packer.uint(state.risks);
    packer.uint(state.riskRecords);
    packer.uint(state.followUps);
    packer.uint(state.overdues);
    packer.integer(state.contribution.historicValue);
    packer.integer(state.contribution.simpleValue);
    packer.integer(state.contribution.predictedValue);
  }

  private static void unpackRisk(CustomerState state, Unpacker from, long asOf) {
    long on = from.uint();
    for (int i = 0; i < state.signals.length; i++) state.signals[i] = instant(on, i, from, asOf);
    int levels = from.one();
    state.level = levelOf(levels >> 3);
    state.riskPeak = levelOf(levels & 7);
    state.risks = (int) from.uint();
    state.riskRecords = (int) from.uint();
    state.followUps = (int) from.uint();
    state.overdues = (int) from.uint();
    state.contribution.historicValue = from.integer();
    state.contribution.simpleValue = from.integer();
    state.contribution.predictedValue = from.integer();
  }

  /** Two bits a component: null, zero, or a number that follows. */
  private void packSaid(Said said) {
    packer.one(said == null ? 0 : 1);
    if (said == null) return;
    packer.integer(said.value());
    double[] contributions = said.contributions();
    long kinds = 0;
    for (int k = 0; k < contributions.length; k++)
      kinds += (Double.isNaN(contributions[k]) ? 0L : contributions[k] == 0 ? 1L : 2L) << (2 * k);
    packer.uint(kinds);
    for (double contribution : contributions)
      if (!Double.isNaN(contribution) && contribution != 0) packer.uint(Math.round(contribution * POINT_PARTS));
  }

  private static Said unpackSaid(Unpacker from) {
    if (from.one() == 0) return null;
    long value = from.integer();
    long kinds = from.uint();
    double[] contributions = new double[Decision.COMPONENTS.length];
    for (int k = 0; k < contributions.length; k++, kinds >>= 2)
      contributions[k] = (kinds & 3) == 0 ? Double.NaN : (kinds & 3) == 1 ? 0 : from.uint() / POINT_PARTS;
    return new Said(value, contributions);
  }

  /** Mostly a day has one order, and an old one no money any more: the distance's lowest bits say what follows. */
  private void packDays(CustomerState state, int today) {
    packer.uint(state.days.size());
    int before = today;
    for (int i = state.days.size() - 1; i >= 0; i--) {
      Day day = state.days.get(i);
      int follows = (day.orders == 1 ? 0 : HAS_ORDERS) | (day.revenue == 0 && day.cost == 0 ? 0 : HAS_MONEY);
      packer.uint((before - day.day) * 4L + follows);
      before = day.day;
      if ((follows & HAS_ORDERS) != 0) packer.integer(day.orders);
      if ((follows & HAS_MONEY) == 0) continue;
      packer.integer(day.revenue);
      packer.integer(day.cost);
    }
    packer.uint(state.droppedDays);
    if (state.droppedDays == 0) return;
    packer.uint(today - state.lastDroppedDay);
    packer.uint(state.lastDroppedDay - state.firstDroppedDay);
  }

  private static void unpackDays(CustomerState state, Unpacker from, int today) {
    int day = today;
    long size = from.uint();
    state.days.ensureCapacity((int) size + 1);
    for (long n = size; n > 0; n--) {
      long head = from.uint();
      day -= (int) (head >> 2);
      long orders = (head & HAS_ORDERS) == 0 ? 1 : from.integer();
      boolean money = (head & HAS_MONEY) != 0;
      state.days.add(new Day(day, orders, money ? from.integer() : 0, money ? from.integer() : 0));
    }
    Collections.reverse(state.days);
    state.droppedDays = (int) from.uint();
    if (state.droppedDays == 0) return;
    state.lastDroppedDay = today - (int) from.uint();
    state.firstDroppedDay = state.lastDroppedDay - (int) from.uint();
  }

  /** Mostly each purchase day has one order, and each order its day: then their days need not be said again. */
  private static boolean isPlain(CustomerState state) {
    int i = 0;
    for (Day day : state.days) {
      if (day.orders <= 0) continue;
      if (i >= state.placed.size() || state.placed.get(i++).day != day.day) return false;
    }
    return i == state.placed.size();
  }

  private void packPlaced(CustomerState state, int today) {
    boolean plain = isPlain(state);
    packer.one(plain ? 1 : 0);
    if (!plain) packer.uint(state.placed.size());
    int before = today;
    for (int i = 0; i < state.placed.size(); i++) {
      Placed placed = state.placed.get(plain ? i : state.placed.size() - 1 - i);
      if (!plain) {
        packer.uint(before - placed.day);
        before = placed.day;
      }
      long bits = flag(placed.discounted, 0) + flag(placed.personal, 1) + flag(placed.recurring, 2) + flag(placed.campaign, 3);
      packer.uint(placed.place * 16L + bits);
      packer.fixed(placed.order, ORDER);
    }
  }

  private static void unpackPlaced(CustomerState state, Unpacker from, int today) {
    if (from.one() == 1) {
      state.placed.ensureCapacity(state.days.size() + 1);
      for (Day day : state.days) if (day.orders > 0) state.placed.add(unpackOrder(from, day.day));
      return;
    }
    int day = today;
    for (long n = from.uint(); n > 0; n--) {
      day -= (int) from.uint();
      state.placed.add(unpackOrder(from, day));
    }
    Collections.reverse(state.placed);
  }

  private static Placed unpackOrder(Unpacker from, int day) {
    long head = from.uint();
    Placed placed =
        new Placed(day, (int) from.fixed(ORDER), (head & 1) != 0, (head & 2) != 0, (head & 4) != 0, (head & 8) != 0);
    placed.place = (int) (head >> 4);
    return placed;
  }

  private void packOrphans(CustomerState state, int today) {
    packer.uint(state.orphans.size());
    int before = today;
    for (int i = state.orphans.size() - 1; i >= 0; i--) {
      Orphan orphan = state.orphans.get(i);
      packer.uint(before - orphan.day);
      before = orphan.day;
      packer.one(orphan.place);
      packer.fixed(orphan.order, ORDER);
      packer.integer(orphan.orders);
      packer.integer(orphan.revenue);
      packer.integer(orphan.cost);
    }
  }

  private void packFeedback(List<Answer> feedback, long asOf) {
    packer.uint(feedback.size());
    long before = asOf;
    for (int i = feedback.size() - 1; i >= 0; i--) {
      Answer answer = feedback.get(i);
      packer.uint(before - answer.at());
      before = answer.at();
      packer.one(answer.kind().ordinal());
      packer.fixed(Math.round(answer.score() * SCORE_STEPS), 2);
    }
  }

  private void packTouches(List<Touch> touches, long asOf) {
    packer.uint(touches.size());
    long before = asOf;
    for (int i = touches.size() - 1; i >= 0; i--) {
      Touch touch = touches.get(i);
      packer.uint(before - touch.at());
      before = touch.at();
      packer.fixed(touch.campaign(), ID);
    }
  }

  private static void unpackTouches(ArrayList<Touch> touches, Unpacker from, long asOf) {
    long at = asOf;
    long size = from.uint();
    touches.ensureCapacity((int) size + 1);
    for (long n = size; n > 0; n--) {
      at -= from.uint();
      touches.add(new Touch(at, from.fixed(ID)));
    }
    Collections.reverse(touches);
  }

  private void packAdvocacy(CustomerState state, int today) {
    packer.uint(state.advocacy.size());
    int before = today;
    for (int i = state.advocacy.size() - 1; i >= 0; i--) {
      DayCount count = state.advocacy.get(i);
      packer.uint(before - count.day);
      before = count.day;
      packer.uint(count.count);
    }
  }

  /** Its instants as distances from the earliest, by which the list is sorted. */
  private void packTickets(CustomerState state, long asOf) {
    packer.uint(state.tickets.size());
    long before = asOf;
    for (int i = state.tickets.size() - 1; i >= 0; i--) {
      Ticket ticket = state.tickets.get(i);
      long start = Tickets.startOf(ticket);
      packer.uint(before - start);
      before = start;
      packer.fixed(ticket.ticket, ID);
      packer.one(ticket.place * 2 + (ticket.late ? 1 : 0));
      packer.uint(ticket.alert);
      packer.uint(ticket.openedAt == NONE ? 0 : ticket.openedAt - start + 1);
      packer.uint(ticket.repliedAt == NONE ? 0 : ticket.repliedAt - start + 1);
      packer.uint(ticket.reopenedAt == NONE ? 0 : ticket.reopenedAt - start + 1);
      packer.uint(ticket.resolvedAt == NONE ? 0 : ticket.resolvedAt - start + 1);
    }
  }

  private static Ticket unpackTicket(Unpacker from, long start) {
    Ticket ticket = new Ticket(from.fixed(ID));
    int head = from.one();
    ticket.place = head >> 1;
    ticket.late = (head & 1) == 1;
    ticket.alert = (int) from.uint();
    ticket.openedAt = since(from, start);
    ticket.repliedAt = since(from, start);
    ticket.reopenedAt = since(from, start);
    ticket.resolvedAt = since(from, start);
    return ticket;
  }

  private static long since(Unpacker from, long start) {
    long distance = from.uint();
    return distance == 0 ? NONE : start + distance - 1;
  }

  /** The distance, and which of the counts follow, in one number: spans mostly follow one another. */
  private void packContacts(List<Contacts> contacts, int today) {
    packer.one(contacts.size());
    int before = Math.floorDiv(today, SPAN_DAYS);
    for (int i = contacts.size() - 1; i >= 0; i--) {
      Contacts span = contacts.get(i);
      int some = 0;
      for (int k = 0; k < span.counts.length; k++) if (span.counts[k] != 0) some |= 1 << k;
      packer.uint((long) (before - span.span) << 4 | some);
      before = span.span;
      for (int count : span.counts) if (count != 0) packer.uint(count);
    }
  }

  private static void unpackContacts(ArrayList<Contacts> contacts, Unpacker from, int today) {
    int span = Math.floorDiv(today, SPAN_DAYS);
    for (int n = from.one(); n > 0; n--) {
      long head = from.uint();
      span -= (int) (head >> 4);
      Contacts counted = new Contacts(span);
      for (int k = 0; k < counted.counts.length; k++) if (isSet(head, k)) counted.counts[k] = (int) from.uint();
      contacts.add(counted);
    }
    Collections.reverse(contacts);
  }
}
