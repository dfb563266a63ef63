package rapport.bench.domain.models;

import rapport.bench.domain.Fdlibm;

/** How many purchases a customer makes who is alive now: src/domain/models/renewals.ts. */
public final class Renewals {
  private static final double MOST_S = 1e9;
  private static final double SERIES_S = 49;
  private static final double SERIES_MEAN = 2_000;
  private static final double SERIES_LOG = 700;

  private Renewals() {}

  public static double renewals(double shape, double rate, double a, double b, double days) {
    if (!(days > 0)) return 0;
    double s = Math.min(days / rate, MOST_S);
    boolean isShort = s <= SERIES_S && shape * s <= SERIES_MEAN && shape * Fdlibm.log1p(s) < SERIES_LOG;
    return isShort ? bySeries(shape, s, a, b) : new Quadrature(shape, s, a, b).value();
  }

  private static double bySeries(double shape, double s, double a, double b) {
    double z = s / (1 + s);
    double logNone = -shape * Fdlibm.log1p(s);
    double mass = Fdlibm.exp(logNone);
    double tail = -Fdlibm.expm1(logNone);
    double survival = 1;
    double sum = tail;
    double least = tail * 1e-15;
    for (int j = 0; ; j++) {
      double growth = (z * (shape + j)) / (j + 1);
      mass *= growth;
      tail -= mass;
      survival *= (b + j) / (a + b + j);
      if (!(tail > least)) return sum;
      double term = tail * survival;
      sum += term;
      double shrink = Math.max(growth, z);
      if (shrink < 1 && term * shrink < 1e-14 * sum * (1 - shrink)) return sum;
    }
  }

  /** The trapezoid rule over u = log(p / (1 − p)). */
  private static final class Quadrature {
    private final double shape;
    private final double s;
    private final double a;
    private final double b;
    private double most;
    private double weights;
    private double sum;

    Quadrature(double shape, double s, double a, double b) {
      this.shape = shape;
      this.s = s;
      this.a = a;
      this.b = b;
    }

    double value() {
      double step = Math.min(0.25, Math.sqrt(1 / a + 1 / b) / 2);
      double mode = Fdlibm.log(a / b);
      most = logWeight(mode);
      double low = Math.min(mode, -Fdlibm.log(Math.max(shape, 1) * Math.max(s, 1) + b)) - 40;
      double high = Math.max(mode, Fdlibm.log(a + shape + 1)) + 40;
      add(mode);
      for (int i = 1; ; i++) {
        double u = mode - i * step;
        double weight = add(u);
        if (u < low) {
          double rest = weight / Fdlibm.expm1(a * step);
          weights += rest;
          sum += rest * shape * s;
          break;
        }
        if (weight * shape * s < 1e-18 * sum && weight < 1e-18 * weights) break;
      }
      for (int i = 1; ; i++) {
        double u = mode + i * step;
        double weight = add(u);
        if (u > high) {
          double rest = weight / Fdlibm.expm1(b * step);
          weights += rest;
          sum += rest * -Fdlibm.expm1(-shape * Fdlibm.log1p(s));
          break;
        }
        if (weight < 1e-18 * weights) break;
      }
      return sum / weights;
    }

    private double add(double u) {
      double weight = Fdlibm.exp(logWeight(u) - most);
      double p = 1 / (1 + Fdlibm.exp(-u));
      weights += weight;
      sum += (weight * -Fdlibm.expm1(-shape * Fdlibm.log1p(p * s))) / p;
      return weight;
    }

    private double logWeight(double u) {
      return -a * softplus(-u) - b * softplus(u);
    }

    private static double softplus(double u) {
      return Math.max(u, 0) + Fdlibm.log1p(Fdlibm.exp(-Math.abs(u)));
    }
  }
}
