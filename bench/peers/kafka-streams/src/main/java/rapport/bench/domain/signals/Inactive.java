package rapport.bench.domain.signals;

import static rapport.bench.domain.Ids.DAY;
import static rapport.bench.domain.Ids.NONE;
import static rapport.bench.domain.Ids.startOfDay;

import rapport.bench.domain.CustomerState;
import rapport.bench.domain.Policy;
import rapport.bench.domain.rules.Cursor;
import rapport.bench.domain.rules.View;

/** The member has been idle or has left, or the customer has not joined in time: src/domain/signals/inactive.ts. */
final class Inactive extends Cursor {
  private final double from;

  private Inactive(double from, double at) {
    this.from = from;
    value = at >= from ? 1 : 0;
    if (at < from) next = from;
  }

  static Cursor open(View view) {
    Policy policy = view.policy();
    CustomerState state = view.state();
    if (!policy.loyalty().programme().enabled()) return constant(Double.NaN);
    if (state.leftAt != NONE && (state.memberAt == NONE || state.leftAt >= state.memberAt)) return constant(1);
    if (state.memberAt != NONE) return new Inactive(state.memberAt + policy.loyalty().programme().activeDays() * DAY, view.at());
    if (view.purchases() == null) return constant(Double.NaN);
    return new Inactive(startOfDay(view.purchases().first()) + policy.churn().programme().joinDays() * DAY, view.at());
  }

  @Override
  public void advance() {
    value = next >= from ? 1 : 0;
    next = NEVER;
  }
}
