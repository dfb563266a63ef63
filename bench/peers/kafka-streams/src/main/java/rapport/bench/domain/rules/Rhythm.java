package rapport.bench.domain.rules;

import static rapport.bench.domain.Ids.DAY;
import static rapport.bench.domain.Ids.startOfDay;

import rapport.bench.domain.Policy;
import rapport.bench.domain.Purchases.PurchaseDays;

/** Whether the customer is on time by the own gap; the one value that falls continuously in silence. src/domain/rules/rhythm.ts. */
public final class Rhythm extends Cursor {
  private final double start;
  private final double end;

  private Rhythm(double start, double end, double at) {
    this.start = start;
    this.end = end;
    value = at(at);
    next = after(at);
  }

  private static double freeGapDays(PurchaseDays purchases, Policy policy) {
    return (policy.loyalty().rhythm().firstGapDays() + purchases.last() - purchases.first()) / purchases.count();
  }

  /** The customer's gap in days, held in its bounds. */
  public static double gapDays(PurchaseDays purchases, Policy policy) {
    Policy.Rhythm rhythm = policy.loyalty().rhythm();
    return Math.min(rhythm.mostGapDays(), Math.max(rhythm.leastGapDays(), freeGapDays(purchases, policy)));
  }

  /** From when on the customer is LOST in silence. */
  public static double lostFrom(PurchaseDays purchases, Policy policy) {
    Policy.Lost lost = policy.churn().lost();
    return Math.ceil(startOfDay(purchases.last()) + Math.max(lost.days(), lost.gaps() * freeGapDays(purchases, policy)) * DAY);
  }

  static Cursor open(View view) {
    if (view.purchases() == null) return constant(Double.NaN);
    Policy.Rhythm rhythm = view.policy().loyalty().rhythm();
    double gap = gapDays(view.purchases(), view.policy()) * DAY;
    double last = startOfDay(view.purchases().last());
    return new Rhythm(last + rhythm.from() * gap, last + rhythm.to() * gap, view.at());
  }

  @Override
  public double at(double instant) {
    if (instant <= start) return 1;
    return instant >= end ? 0 : (end - instant) / (end - start);
  }

  @Override
  public void advance() {
    value = at(next);
    next = after(next);
  }

  private double after(double at) {
    double from = Math.ceil(start);
    double to = Math.ceil(end);
    return at < from ? from : at < to ? to : NEVER;
  }
}
