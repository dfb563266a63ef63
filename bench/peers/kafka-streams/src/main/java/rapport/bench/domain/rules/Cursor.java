package rapport.bench.domain.rules;

/** A rule followed through a silence, from one breakpoint to the next: src/domain/rules/rule.ts. */
public abstract class Cursor {
  public static final double NEVER = Double.POSITIVE_INFINITY;

  /** NaN without evidence */
  public double value = Double.NaN;
  /** the next instant at which the value can jump */
  public double next = NEVER;

  /** The value at an instant before `next`: the same as `value`, except while rhythm falls. */
  public double at(double instant) {
    return value;
  }

  /** Moves to `next`. */
  public abstract void advance();

  private static final class Constant extends Cursor {
    Constant(double value) {
      this.value = value;
    }

    @Override
    public void advance() {}
  }

  private static final Cursor NOTHING = new Constant(Double.NaN);
  private static final Cursor ZERO = new Constant(0);
  private static final Cursor ONE = new Constant(1);

  /** NaN, 0 or 1. Shared: a constant never moves. */
  public static Cursor constant(double value) {
    return Double.isNaN(value) ? NOTHING : value == 0 ? ZERO : ONE;
  }
}
