package rapport.bench.domain.signals;

import static rapport.bench.domain.CustomerState.WINDOW_DAYS;
import static rapport.bench.domain.Ids.DAY;
import static rapport.bench.domain.Ids.dayOf;
import static rapport.bench.domain.Ids.startOfDay;

import java.util.List;
import rapport.bench.domain.CustomerState.Placed;
import rapport.bench.domain.Policy;
import rapport.bench.domain.rules.Cursor;
import rapport.bench.domain.rules.View;

/** Of the orders of the last year that are remembered, the share bought at a discount: src/domain/signals/price.ts. */
final class Price extends Cursor {
  private final List<Placed> placed;
  private final Policy.PriceSensitive rule;

  private Price(View view) {
    placed = view.state().placed;
    rule = view.policy().churn().priceSensitive();
    stand(dayOf(view.at()));
  }

  static Cursor open(View view) {
    return view.purchases() == null ? constant(Double.NaN) : new Price(view);
  }

  @Override
  public void advance() {
    stand((int) Math.floor(next / DAY));
  }

  private void stand(int today) {
    int orders = 0;
    int discounted = 0;
    int oldest = Integer.MAX_VALUE;
    for (int i = 0; i < placed.size(); i++) {
      Placed order = placed.get(i);
      if (order.day + WINDOW_DAYS <= today) continue;
      if (order.day < oldest) oldest = order.day;
      orders += 1;
      if (order.discounted) discounted += 1;
    }
    value = orders >= rule.orders() && discounted >= rule.share() * orders ? 1 : 0;
    next = oldest == Integer.MAX_VALUE ? NEVER : startOfDay(oldest + WINDOW_DAYS);
  }
}
