package rapport.bench.domain;

import static rapport.bench.domain.Ids.DAY;
import static rapport.bench.domain.Ids.startOfDay;

import rapport.bench.domain.CustomerState.Day;
import rapport.bench.domain.Decision.LifetimeValues;
import rapport.bench.domain.rules.View;

/** Lifetime value, three kinds: src/domain/lifetime.ts. */
final class Lifetime {
  private static final double MOST = 9_007_199_254_740_991.0;

  private Lifetime() {}

  static LifetimeValues lifetimeOf(View view) {
    CustomerState state = view.state();
    Policy policy = view.policy();
    Purchases.PurchaseDays purchases = view.purchases();
    double discount = policy.lifetime().discount();
    double at = view.at();
    long historic =
        minor((state.worth / 100.0) * Math.pow(1 + discount, (at / DAY - CustomerState.WORTH_DAY) / Spending.MONTH_DAYS));
    if (purchases == null) return new LifetimeValues(historic, 0, 0);
    double ageDays = (at - startOfDay(purchases.first())) / DAY;
    long simple =
        minor((Math.max(0, state.revenue) / Math.max(ageDays, CustomerState.WINDOW_DAYS)) * policy.lifetime().horizonDays());

    int spendDays = state.spendDays;
    long spendSum = state.spendSum;
    for (Day day : state.days) {
      if (day.day <= purchases.first() || day.orders <= 0 || day.revenue <= 0) continue;
      spendDays += 1;
      spendSum += day.revenue;
    }
    int x = purchases.count() - 1;
    double mean = spendDays == 0 ? Double.NaN : (double) spendSum / spendDays;
    double income = Spending.predictedLifetimeValue(policy, x, purchases.last() - purchases.first(), ageDays, mean, spendDays);
    double costPerMonth = state.cost / Math.max(ageDays / Spending.MONTH_DAYS, Spending.MONTHS);
    double annuity = discount == 0 ? Spending.MONTHS : (1 - Math.pow(1 + discount, -Spending.MONTHS)) / discount;
    return new LifetimeValues(historic, simple, minor(income - costPerMonth * annuity));
  }

  private static long minor(double amount) {
    return Math.round(Math.max(-MOST, Math.min(MOST, amount)));
  }
}
