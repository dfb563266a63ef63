package rapport.bench.domain;

import static rapport.bench.domain.CustomerState.KEPT_DAYS;
import static rapport.bench.domain.CustomerState.WINDOW_DAYS;
import static rapport.bench.domain.CustomerState.WORTH_DAY;
import static rapport.bench.domain.Ids.NONE;
import static rapport.bench.domain.Ids.dayOf;

import java.util.ArrayList;
import java.util.List;
import rapport.bench.domain.CustomerState.Day;
import rapport.bench.domain.CustomerState.Flow;
import rapport.bench.domain.CustomerState.Orphan;
import rapport.bench.domain.CustomerState.Placed;

/** Orders, refunds and cancellations: on which UTC day each is booked. src/domain/purchases.ts. */
public final class Purchases {
  /** UTC days with at least one order that stands. */
  public record PurchaseDays(int count, int first, int last) {}

  private Purchases() {}

  static void bookPurchase(CustomerState state, Event.Purchase event, Policy policy, int today, List<Flow> flows) {
    int day = dayOf(event.at());
    int order = CustomerState.shortenOrder(event.order());
    boolean isPurchase = event.kind() == Event.PurchaseKind.PURCHASE;
    long orders = isPurchase ? 1 : event.kind() == Event.PurchaseKind.CANCELLATION ? -1 : 0;
    long revenue = isPurchase ? event.amount() : -event.amount();
    long cost = event.cost();
    state.orders += orders;
    state.revenue += revenue;
    state.cost += cost;

    if (isPurchase) {
      boolean campaign = event.campaign() != Event.NO_ID;
      Placed placed = new Placed(day, order, event.discount() > 0, event.recommended() || campaign, event.recurring(), campaign);
      book(state, day, orders, revenue, cost, policy, today);
      tell(flows, day, 0, orders, revenue, campaign);
      Lists.insert(state.placed, placed, Purchases::placedAfter);
      if (!state.orphans.isEmpty()) adopt(state, placed, policy, today, flows);
      return;
    }
    Placed known = null;
    for (Placed placed : state.placed) {
      if (placed.order == order && reaches(day, placed.day)) {
        known = placed;
        break;
      }
    }
    int place = known == null ? 0 : known.place;
    boolean campaign = known != null && known.campaign;
    if (event.orderedAt() != NONE) {
      int placed = Math.min(dayOf(event.orderedAt()), day);
      tell(flows, placed, place, orders, revenue, campaign);
      if (placed >= day - WINDOW_DAYS) book(state, placed, orders, revenue, cost, policy, today);
      else addWorth(state, placed, revenue, cost, policy);
      return;
    }
    int on = known == null ? day : known.day;
    book(state, on, orders, revenue, cost, policy, today);
    tell(flows, on, place, orders, revenue, campaign);
    if (known == null) Lists.insert(state.orphans, new Orphan(day, order, orders, revenue, cost), Purchases::orphanAfter);
  }

  private static void tell(List<Flow> flows, int day, int place, long orders, long revenue, boolean campaign) {
    flows.add(new Flow(day, Kpis.REVENUE, revenue, place));
    if (orders != 0) flows.add(new Flow(day, Kpis.ORDERS, orders, place));
    if (campaign) flows.add(new Flow(day, Kpis.CAMPAIGN_REVENUE, revenue, place));
  }

  static void bookCost(CustomerState state, int day, long cost, Policy policy, int today) {
    if (cost == 0) return;
    state.cost += cost;
    book(state, day, 0, 0, cost, policy, today);
  }

  private static boolean reaches(int day, int placed) {
    return placed <= day && placed >= day - WINDOW_DAYS;
  }

  private static void adopt(CustomerState state, Placed placed, Policy policy, int today, List<Flow> flows) {
    List<Orphan> found = new ArrayList<>();
    for (Orphan orphan : state.orphans) if (orphan.order == placed.order && reaches(orphan.day, placed.day)) found.add(orphan);
    for (Orphan orphan : found) {
      book(state, orphan.day, -orphan.orders, -orphan.revenue, -orphan.cost, policy, today);
      tell(flows, orphan.day, orphan.place, -orphan.orders, -orphan.revenue, false);
      book(state, placed.day, orphan.orders, orphan.revenue, orphan.cost, policy, today);
      tell(flows, placed.day, 0, orphan.orders, orphan.revenue, placed.campaign);
    }
    state.orphans.removeAll(found);
  }

  private static void book(CustomerState state, int day, long orders, long revenue, long cost, Policy policy, int today) {
    addWorth(state, day, revenue, cost, policy);
    if (day < today - KEPT_DAYS) {
      if (orders > 0) dropPurchaseDay(state, day);
      return;
    }
    ArrayList<Day> days = state.days;
    int i = days.size();
    while (i > 0 && days.get(i - 1).day > day) i--;
    Day found = i == 0 ? null : days.get(i - 1);
    if (found != null && found.day == day) {
      found.orders += orders;
      found.revenue += revenue;
      found.cost += cost;
      if (found.orders == 0 && found.revenue == 0 && found.cost == 0) days.remove(i - 1);
    } else if (orders != 0 || revenue != 0 || cost != 0) {
      days.add(i, new Day(day, orders, revenue, cost));
    }
  }

  private static void addWorth(CustomerState state, int day, long revenue, long cost, Policy policy) {
    if (revenue == cost) return;
    double factor = Math.pow(1 + policy.lifetime().discount(), (WORTH_DAY - day) / Spending.MONTH_DAYS);
    state.worth += Math.round((revenue - cost) * 100 * factor);
  }

  private static void dropPurchaseDay(CustomerState state, int day) {
    state.firstDroppedDay = state.droppedDays == 0 ? day : Math.min(state.firstDroppedDay, day);
    state.lastDroppedDay = state.droppedDays == 0 ? day : Math.max(state.lastDroppedDay, day);
    state.droppedDays += 1;
  }

  static void settleDays(CustomerState state, int today) {
    ArrayList<Day> days = state.days;
    int windowStart = today - WINDOW_DAYS;
    if (days.isEmpty() || days.get(0).day >= windowStart) return;
    int purchases = state.droppedDays;
    int kept = 0;
    int i = 0;
    for (; i < days.size(); i++) {
      Day day = days.get(i);
      if (day.day >= windowStart) break;
      if (day.orders > 0 && purchases++ > 0 && day.revenue > 0) {
        state.spendDays += 1;
        state.spendSum += day.revenue;
      }
      day.revenue = 0;
      day.cost = 0;
      if (day.day < today - KEPT_DAYS) {
        if (day.orders > 0) dropPurchaseDay(state, day.day);
      } else if (day.orders != 0) days.set(kept++, day);
    }
    if (kept < i) days.subList(kept, i).clear();
  }

  /** Null when the customer has no order: none yet, or all cancelled. */
  public static PurchaseDays purchaseDays(CustomerState state) {
    if (state.orders <= 0) return null;
    int count = state.droppedDays;
    int first = state.firstDroppedDay;
    int last = state.lastDroppedDay;
    ArrayList<Day> days = state.days;
    for (int i = 0; i < days.size(); i++) {
      Day day = days.get(i);
      if (day.orders <= 0) continue;
      if (count == 0) first = day.day;
      last = day.day;
      count++;
    }
    return count == 0 ? null : new PurchaseDays(count, first, last);
  }

  private static boolean placedAfter(Placed a, Placed b) {
    return a.day == b.day ? a.order > b.order : a.day > b.day;
  }

  private static boolean orphanAfter(Orphan a, Orphan b) {
    if (a.day != b.day) return a.day > b.day;
    if (a.order != b.order) return a.order > b.order;
    if (a.orders != b.orders) return a.orders > b.orders;
    if (a.revenue != b.revenue) return a.revenue > b.revenue;
    return a.cost > b.cost;
  }
}
