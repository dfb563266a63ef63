package rapport.bench.domain.rules;

import static rapport.bench.domain.Ids.dayOf;
import static rapport.bench.domain.Ids.startOfDay;

import java.util.List;
import rapport.bench.domain.CustomerState.Day;

/** Sums over a window of day buckets: src/domain/rules/window.ts. */
abstract class DayWindow extends Cursor {
  protected long orders;
  protected long revenue;
  protected long cost;
  private final List<Day> days;
  private final int windowDays;
  private int oldest;

  DayWindow(List<Day> days, int windowDays, long at) {
    this.days = days;
    this.windowDays = windowDays;
    int from = dayOf(at) - windowDays;
    int i = days.size();
    for (; i > 0; i--) {
      Day day = days.get(i - 1);
      if (day.day <= from) break;
      add(day, 1);
    }
    oldest = i;
  }

  protected abstract double reckon();

  @Override
  public void advance() {
    if (oldest >= days.size()) return;
    add(days.get(oldest), -1);
    oldest++;
    aim();
  }

  protected void aim() {
    next = oldest < days.size() ? startOfDay(days.get(oldest).day + windowDays) : NEVER;
    value = reckon();
  }

  private void add(Day day, int sign) {
    orders += sign * day.orders;
    revenue += sign * day.revenue;
    cost += sign * day.cost;
  }
}
