package rapport.bench.domain.signals;

import static rapport.bench.domain.Ids.DAY;
import static rapport.bench.domain.Ids.startOfDay;

import rapport.bench.domain.rules.Cursor;
import rapport.bench.domain.rules.Rhythm;
import rapport.bench.domain.rules.View;

/** So many of the customer's gaps since the last purchase, until the next one or LOST: src/domain/signals/overdue.ts. */
final class Overdue extends Cursor {
  private final double from;
  private final double to;

  private Overdue(double from, double to, double at) {
    this.from = from;
    this.to = to;
    stand(at);
  }

  static Cursor open(View view) {
    if (view.purchases() == null) return constant(Double.NaN);
    double gap = Rhythm.gapDays(view.purchases(), view.policy());
    double from = Math.ceil(startOfDay(view.purchases().last()) + view.policy().churn().overdue() * gap * DAY);
    return new Overdue(from, Rhythm.lostFrom(view.purchases(), view.policy()), view.at());
  }

  @Override
  public void advance() {
    stand(next);
  }

  private void stand(double at) {
    value = at >= from && at < to ? 1 : 0;
    next = at < Math.min(from, to) ? Math.min(from, to) : at < to ? to : NEVER;
  }
}
