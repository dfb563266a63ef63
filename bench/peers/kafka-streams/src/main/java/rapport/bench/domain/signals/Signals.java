package rapport.bench.domain.signals;

import rapport.bench.domain.Decision.Signal;
import rapport.bench.domain.rules.Cursor;
import rapport.bench.domain.rules.View;

/** All signals: values are 1, 0, or NaN without evidence. src/domain/signals/index.ts. */
public final class Signals {
  private Signals() {}

  public static Cursor open(Signal signal, View view) {
    return switch (signal) {
      case OVERDUE -> Overdue.open(view);
      case DECLINING_FREQUENCY -> Declining.open(view);
      case NEGATIVE_FEEDBACK -> Negative.open(view);
      case DISENGAGED -> Disengaged.open(view);
      case LOYALTY_INACTIVE -> Inactive.open(view);
      case SUPPORT_PAIN -> Pain.open(view);
      case PRICE_SENSITIVE -> Price.open(view);
    };
  }
}
