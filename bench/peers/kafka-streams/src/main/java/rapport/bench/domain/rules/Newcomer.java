package rapport.bench.domain.rules;

import static rapport.bench.domain.Ids.DAY;
import static rapport.bench.domain.Ids.startOfDay;

import rapport.bench.domain.Policy;

/** 1 for prospects and for customers known only for a short time, else 0: src/domain/rules/newcomer.ts. */
final class Newcomer extends Cursor {
  private final double least;
  private final double most;
  private final boolean established;

  private Newcomer(View view) {
    Policy.NewCustomer rule = view.policy().newCustomer();
    double first = startOfDay(view.purchases().first());
    least = first + Math.min(rule.leastDays(), rule.days()) * DAY;
    most = first + rule.days() * DAY;
    established = view.state().orders >= rule.orders();
    stand(view.at());
  }

  static Cursor open(View view) {
    return view.purchases() == null ? constant(1) : new Newcomer(view);
  }

  @Override
  public void advance() {
    stand(next);
  }

  private void stand(double at) {
    value = at >= most || (at >= least && established) ? 0 : 1;
    next = at < least ? least : at < most ? most : NEVER;
  }
}
