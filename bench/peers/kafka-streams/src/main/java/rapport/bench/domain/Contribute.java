package rapport.bench.domain;

import static rapport.bench.domain.CustomerState.KEPT_DAYS;
import static rapport.bench.domain.CustomerState.MOST_PLACES;
import static rapport.bench.domain.CustomerState.WINDOW_DAYS;
import static rapport.bench.domain.Ids.dayOf;
import static rapport.bench.domain.Ids.startOfDay;

import java.util.Arrays;
import java.util.List;
import rapport.bench.domain.CustomerState.Booked;
import rapport.bench.domain.CustomerState.Contribution;
import rapport.bench.domain.CustomerState.Day;
import rapport.bench.domain.CustomerState.Flow;
import rapport.bench.domain.Decision.Group;
import rapport.bench.domain.Kpis.Bookings;

/** What one customer adds to the KPIs of the business, and takes back: src/domain/contribution.ts. A place is a group: there are no attributes here. */
final class Contribute {
  /** Whether the customer counts as active, and did 365 days before; `next` when silence changes one of them, Infinity for never. */
  record Activity(boolean active, boolean before, double next) {}

  private static final Activity NO_ACTIVITY = new Activity(false, false, Double.POSITIVE_INFINITY);

  private Contribute() {}

  static Activity activityOf(List<Day> days, long at) {
    int today = dayOf(at);
    int[] standing = new int[days.size()];
    int n = 0;
    for (int i = 0; i < days.size(); i++) {
      Day day = days.get(i);
      if (day.orders > 0 && day.day > today - KEPT_DAYS) standing[n++] = day.day;
    }
    if (n == 0) return NO_ACTIVITY;
    int gone = 0;
    int aged = 0;
    while (aged < n && standing[aged] <= today - WINDOW_DAYS) aged++;
    boolean active = aged < n;
    boolean before = aged > 0;
    for (;;) {
      int ages = aged < n ? standing[aged] + WINDOW_DAYS : Integer.MAX_VALUE;
      int goes = gone < aged ? standing[gone] + KEPT_DAYS : Integer.MAX_VALUE;
      int next = Math.min(ages, goes);
      if (next == Integer.MAX_VALUE) return new Activity(active, before, Double.POSITIVE_INFINITY);
      if (ages == next) aged++;
      if (goes == next) gone++;
      if (aged < n != active || aged > gone != before) return new Activity(active, before, startOfDay(next));
    }
  }

  /** Books what has changed since `before`, and leaves in the state what is contributed now. */
  static void contribute(CustomerState state, long at, Group before, Contribution now, List<Flow> flows, Bookings bookings) {
    Contribution was = state.contribution;
    state.contribution = now;
    Group group = state.group;
    if (group == null) return;
    if (bookings != null) {
      bookStocks(dayOf(at), before, was, group, now, bookings);
      for (Flow flow : flows) {
        if (flow.amount() == 0) continue;
        Group placed = placeAt(state, flow.place());
        bookings.add(flow.day(), Kpis.ALL, flow.part(), flow.amount());
        bookings.add(flow.day(), Kpis.dimensionOf(placed == null ? group : placed), flow.part(), flow.amount());
      }
    }
    // A ticket that is closed before it is known to have been opened books nothing yet, and belongs where it stood all the same.
    if (flows.isEmpty() && state.tickets.stream().allMatch(ticket -> ticket.place != 0)) return;
    int own = 0;
    for (List<? extends Booked> list : List.of(state.placed, state.orphans, state.tickets)) {
      for (Booked each : list) {
        if (each.place != 0) continue;
        if (own == 0) own = remember(state, group.ordinal() + 1);
        each.place = own;
      }
    }
  }

  private static Group placeAt(CustomerState state, int index) {
    return index < 1 || index > state.places.length ? null : Decision.GROUPS[state.places[index - 1] - 1];
  }

  /** The index of a place. There are no more of them than groups, so none is ever forgotten. */
  private static int remember(CustomerState state, int code) {
    for (int i = 0; i < state.places.length; i++) if (state.places[i] == code) return i + 1;
    if (state.places.length == MOST_PLACES) throw new IllegalStateException("more places than groups");
    int[] places = Arrays.copyOf(state.places, state.places.length + 1);
    places[places.length - 1] = code;
    state.places = places;
    return places.length;
  }

  private static void bookStocks(int day, Group before, Contribution was, Group group, Contribution now, Bookings bookings) {
    boolean moved = before != group;
    if (before == null) counted(day, Kpis.ALL, now, 1, bookings);
    else changed(day, Kpis.ALL, was, now, bookings);
    if (!moved) {
      changed(day, Kpis.dimensionOf(group), was, now, bookings);
      return;
    }
    moves(day, Kpis.ALL, before, bookings);
    if (before != null) counted(day, Kpis.dimensionOf(before), was, -1, bookings);
    counted(day, Kpis.dimensionOf(group), now, 1, bookings);
    moves(day, Kpis.dimensionOf(group), before, bookings);
  }

  private static void moves(int day, int dimension, Group before, Bookings bookings) {
    bookings.add(day, dimension, Kpis.movedFrom(before), 1);
    if (before != null) bookings.add(day, dimension, Kpis.MOVES, 1);
  }

  private static void counted(int day, int dimension, Contribution of, int sign, Bookings bookings) {
    bookings.add(day, dimension, Kpis.CUSTOMERS, sign);
    add(bookings, day, dimension, Kpis.ACTIVE, of.active ? sign : 0);
    add(bookings, day, dimension, Kpis.LOST, of.lost ? sign : 0);
    add(bookings, day, dimension, Kpis.RETAINED, of.retained ? sign : 0);
    add(bookings, day, dimension, Kpis.CHURNED, of.churned ? sign : 0);
    add(bookings, day, dimension, Kpis.HISTORIC_VALUE, sign * of.historicValue);
    add(bookings, day, dimension, Kpis.SIMPLE_VALUE, sign * of.simpleValue);
    add(bookings, day, dimension, Kpis.PREDICTED_VALUE, sign * of.predictedValue);
  }

  private static void changed(int day, int dimension, Contribution was, Contribution now, Bookings bookings) {
    add(bookings, day, dimension, Kpis.ACTIVE, sign(now.active) - sign(was.active));
    add(bookings, day, dimension, Kpis.LOST, sign(now.lost) - sign(was.lost));
    add(bookings, day, dimension, Kpis.RETAINED, sign(now.retained) - sign(was.retained));
    add(bookings, day, dimension, Kpis.CHURNED, sign(now.churned) - sign(was.churned));
    add(bookings, day, dimension, Kpis.HISTORIC_VALUE, now.historicValue - was.historicValue);
    add(bookings, day, dimension, Kpis.SIMPLE_VALUE, now.simpleValue - was.simpleValue);
    add(bookings, day, dimension, Kpis.PREDICTED_VALUE, now.predictedValue - was.predictedValue);
  }

  private static int sign(boolean is) {
    return is ? 1 : 0;
  }

  private static void add(Bookings bookings, int day, int dimension, int part, long amount) {
    if (amount != 0) bookings.add(day, dimension, part, amount);
  }
}
