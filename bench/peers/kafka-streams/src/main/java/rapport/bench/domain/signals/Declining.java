package rapport.bench.domain.signals;

import static rapport.bench.domain.Ids.DAY;
import static rapport.bench.domain.Ids.dayOf;
import static rapport.bench.domain.Ids.startOfDay;

import java.util.List;
import rapport.bench.domain.CustomerState.Day;
import rapport.bench.domain.Fdlibm;
import rapport.bench.domain.Policy;
import rapport.bench.domain.rules.Cursor;
import rapport.bench.domain.rules.View;

/** Few orders of the last window beside those of the one before, and significantly so: src/domain/signals/declining.ts. */
final class Declining extends Cursor {
  private static final long MANY = 2_000;
  private static final double LN2 = 0.6931471805599453;

  private final List<Day> days;
  private final int window;
  private final double share;
  private final double significance;

  private Declining(View view) {
    Policy.Declining rule = view.policy().churn().declining();
    days = view.state().days;
    window = rule.windowDays();
    share = rule.share();
    significance = rule.significance();
    stand(dayOf(view.at()));
  }

  static Cursor open(View view) {
    if (view.purchases() == null) return constant(Double.NaN);
    return canDecline(view) ? new Declining(view) : constant(0);
  }

  @Override
  public void advance() {
    stand((int) Math.floor(next / DAY));
  }

  private void stand(int today) {
    double soonest = NEVER;
    long before = 0;
    long recent = 0;
    for (int i = days.size() - 1; i >= 0; i--) {
      Day day = days.get(i);
      int age = today - day.day;
      if (age >= 2 * window) break;
      if (age < window) recent += day.orders;
      else before += day.orders;
      soonest = Math.min(soonest, day.day + (age < window ? window : 2 * window));
    }
    next = soonest == NEVER ? NEVER : startOfDay((long) soonest);
    long n1 = Math.max(0, before);
    long n2 = Math.max(0, recent);
    value = n1 > 0 && n2 <= share * n1 && atMost(n2, n1 + n2) <= significance ? 1 : 0;
  }

  /** P(Binomial(n, ½) ≤ k). */
  private static double atMost(long k, long n) {
    if (k >= n) return 1;
    if (n > MANY) {
      double off = 0.5 - (double) k / n;
      return 2 * k >= n ? 1 : Fdlibm.exp(-2 * n * Math.pow(off, 2));
    }
    double log = -n * LN2;
    double sum = 0;
    for (long i = 0; i <= k; i++) {
      sum += Fdlibm.exp(log);
      log += Fdlibm.log((double) (n - i) / (i + 1));
    }
    return Math.min(1, sum);
  }

  private static boolean canDecline(View view) {
    Policy.Declining rule = view.policy().churn().declining();
    List<Day> days = view.state().days;
    int from = dayOf(view.at()) - 2 * rule.windowDays();
    long orders = 0;
    for (int i = days.size() - 1; i >= 0; i--) {
      Day day = days.get(i);
      if (day.day <= from) break;
      orders += Math.max(0, day.orders);
    }
    return Math.pow(2, -orders) <= rule.significance();
  }
}
