package rapport.bench.domain.rules;

import rapport.bench.domain.Policy.Measure;

/** What the customer bought in the trailing window, in minor units, by the policy's measure: src/domain/rules/value.ts. */
final class Value extends DayWindow {
  private final Measure measure;

  private Value(View view) {
    super(view.state().days, view.policy().value().windowDays(), view.at());
    measure = view.policy().value().measure();
    aim();
  }

  static Cursor open(View view) {
    return new Value(view);
  }

  @Override
  protected double reckon() {
    return switch (measure) {
      case averageOrder -> orders > 0 ? Math.max(0, Math.round((double) revenue / orders)) : 0;
      case margin -> Math.max(0, revenue - cost);
      case revenue -> Math.max(0, revenue);
    };
  }
}
