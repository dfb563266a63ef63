package rapport.bench.domain;

/** What a customer is expected to spend, Gamma-Gamma: src/domain/spending.ts. */
final class Spending {
  static final double MONTH_DAYS = 30.4375;
  static final int MONTHS = 12;

  private Spending() {}

  private static double spendingMean(Policy.GammaGamma of, double x, double mean) {
    return Double.isNaN(mean) || x == 0
        ? (of.p() * of.v()) / (of.q() - 1)
        : (of.p() * (of.v() + x * mean)) / (of.p() * x + of.q() - 1);
  }

  /** `mean` NaN for none */
  static double predictedLifetimeValue(Policy policy, double x, double tx, double t, double mean, double paidDays) {
    double worth = 1 / (1 + policy.lifetime().discount());
    double discounted = 0;
    double before = 0;
    double factor = worth;
    for (int k = 1; k <= MONTHS; k++, factor *= worth) {
      double until = Buying.purchasesIfAlive(policy.churn(), x, Math.max(tx, t), k * MONTH_DAYS);
      discounted += factor * Math.max(0, until - before);
      before = until;
    }
    return Buying.aliveProbability(policy.churn(), x, tx, t) * discounted * spendingMean(policy.lifetime().gammaGamma(), paidDays, mean);
  }
}
