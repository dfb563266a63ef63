package rapport.bench.domain;

import static rapport.bench.domain.Ids.DAY;
import static rapport.bench.domain.Ids.LAST_INSTANT;

import rapport.bench.domain.models.Renewals;

/** Whether and how often a customer buys again, BG/NBD and MBG/NBD: src/domain/buying.ts, operation by operation. */
final class Buying {
  private static final int MOST_GUESSES = 24;

  private Buying() {}

  static double aliveProbability(Policy.Churn churn, double x, double tx, double t) {
    Policy.Parameters of = churn.parameters();
    if (churn.isBg() && x == 0) return 1;
    double survived = churn.isBg() ? of.b() + x - 1 : of.b() + x;
    double logOdds =
        Fdlibm.log(of.a()) - Fdlibm.log(survived) + (of.r() + x) * Fdlibm.log1p(Math.max(0, t - tx) / (of.alpha() + tx));
    return 1 / (1 + Fdlibm.exp(logOdds));
  }

  static double buyProbability(Policy.Churn churn, double x, double tx, double t) {
    return new Curve(churn, x, tx).at(t);
  }

  /** P(buy) of one customer over T: what does not depend on T is worked out once, with the same operations. */
  private static final class Curve {
    private final boolean isSure;
    private final double base;
    private final double power;
    private final double alpha;
    private final double tx;
    private final double horizon;

    Curve(Policy.Churn churn, double x, double tx) {
      Policy.Parameters of = churn.parameters();
      isSure = churn.isBg() && x == 0;
      base = Fdlibm.log(of.a()) - Fdlibm.log(churn.isBg() ? of.b() + x - 1 : of.b() + x);
      power = of.r() + x;
      alpha = of.alpha();
      this.tx = tx;
      horizon = churn.horizonDays();
    }

    double at(double t) {
      double alive = 1;
      if (!isSure) alive = 1 / (1 + Fdlibm.exp(base + power * Fdlibm.log1p(Math.max(0, t - tx) / (alpha + tx))));
      return alive * -Fdlibm.expm1(-power * Fdlibm.log1p(horizon / (alpha + Math.max(tx, t))));
    }
  }

  /** Infinity where rapport has null: below already at `from`, or not up to LAST_INSTANT. */
  static double buyFallsBelow(Policy.Churn churn, double x, double tx, double threshold, double first, double from) {
    Curve curve = new Curve(churn, x, tx);
    double low = from;
    double above = curve.at((low - first) / DAY) - threshold;
    if (!(above >= 0) || from >= LAST_INSTANT || curve.at((LAST_INSTANT - first) / DAY) - threshold >= 0)
      return Double.POSITIVE_INFINITY;
    double high = low;
    double below = above;
    for (double step = 16.0 * DAY; below >= 0; step *= 2) {
      low = high;
      above = below;
      high = Math.min(low + step, LAST_INSTANT);
      below = curve.at((high - first) / DAY) - threshold;
    }
    int side = 0;
    for (int i = 0; high - low > 1; i++) {
      double share = i < MOST_GUESSES ? above / (above - below) : 0.5;
      double at = Math.min(Math.max(low + Math.round((high - low) * share), low + 1), high - 1);
      double found = curve.at((at - first) / DAY) - threshold;
      if (found >= 0) {
        low = at;
        above = found;
        if (side > 0) below /= 2;
        side = 1;
      } else {
        high = at;
        below = found;
        if (side < 0) above /= 2;
        side = -1;
      }
    }
    return high;
  }

  static double purchasesIfAlive(Policy.Churn churn, double x, double t, double days) {
    Policy.Parameters of = churn.parameters();
    return Renewals.renewals(of.r() + x, of.alpha() + t, of.a(), churn.isBg() ? of.b() + x : of.b() + x + 1, days);
  }
}
