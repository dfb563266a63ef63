package rapport.bench.domain.rules;

/** min(1, orders in the window / wanted): src/domain/rules/frequency.ts. */
final class Frequency extends DayWindow {
  private final double wanted;

  private Frequency(View view) {
    super(view.state().days, view.policy().loyalty().frequency().windowDays(), view.at());
    wanted = view.policy().loyalty().frequency().orders();
    aim();
  }

  static Cursor open(View view) {
    return view.purchases() == null ? constant(Double.NaN) : new Frequency(view);
  }

  @Override
  protected double reckon() {
    return Math.min(1, Math.max(0, orders) / wanted);
  }
}
