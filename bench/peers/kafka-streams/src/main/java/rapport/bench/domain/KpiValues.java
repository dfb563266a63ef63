package rapport.bench.domain;

import static rapport.bench.domain.KpiTotals.BASE;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** KPIs from additive parts: src/domain/kpi-values.ts. Values stand in the order of METRICS, NaN where they cannot be told. */
public final class KpiValues {
  public static final List<String> METRICS = List.of(
      "customers", "active", "lost", "moves", "fromNone", "fromNew", "fromChampion", "fromPotentialChampion", "fromLoyalist", "fromAtRisk",
      "revenue", "orders", "averageOrder", "csat", "csatResponses", "nps", "npsResponses", "tickets", "lateShare", "firstReplyMs",
      "resolutionMs", "campaignReturn", "historicValue", "simpleValue", "predictedValue", "churn12", "retention12", "lift");
  static final int ACTIVE = METRICS.indexOf("active");
  private static final int YEAR = 365;

  /** The values of one dimension on one day. */
  public record Kpi(int day, int dimension, long at, boolean finished, double[] values, int windowDays) {}

  /** Running sums of a series, so that a stock at a day's end and a flow over any window are one look-up each. */
  static final class Running {
    final int since;
    private final int first;
    private final int last;
    private final long[][] sums;

    Running(TreeMap<Integer, long[]> series, int horizon, int last) {
      long[] base = series.get(BASE);
      Integer least = series.ceilingKey(BASE + 1);
      this.last = last;
      first = least == null ? last + 1 : Math.min(last + 1, least);
      since = base == null ? Math.max(first, horizon) : horizon;
      sums = new long[last - first + 2][];
      sums[0] = base == null ? new long[Kpis.PARTS] : base.clone();
      for (int row = 1; row < sums.length; row++) {
        long[] amounts = series.get(first + row - 1);
        sums[row] = sums[row - 1];
        if (amounts == null) continue;
        sums[row] = sums[row - 1].clone();
        for (int part = 0; part < Kpis.PARTS; part++) sums[row][part] += amounts[part];
      }
    }

    long upTo(int part, int day) {
      return sums[Math.min(Math.max(day, first - 1), last) - first + 1][part];
    }

    long over(int part, int day, int days) {
      return upTo(part, day) - upTo(part, day - days);
    }
  }

  /** `active` at the end of a day that has left the cells; −1 where that is not known. */
  interface ActiveBefore {
    long at(int day);
  }

  private KpiValues() {}

  static double[] of(int dimension, int day, Running own, Policy policy, ActiveBefore before) {
    Policy.Kpis kpis = policy.kpis();
    int window = kpis.windowDays();
    long customers = own.upTo(Kpis.CUSTOMERS, day);
    long responses = own.over(Kpis.CSAT_RESPONSES, day, window);
    long scores = own.over(Kpis.NPS_RESPONSES, day, window);
    long cost = own.over(Kpis.CAMPAIGN_COST, day, window);
    long tickets = own.over(Kpis.TICKETS, day, window);
    double enough = responses >= kpis.leastResponses() ? responses : 0;
    double enoughScores = scores >= kpis.leastResponses() ? scores : 0;
    double mean = ratio(own.over(Kpis.CSAT_SCORE, day, window) / 1e6, enough);
    double csat =
        kpis.csat().equals("share")
            ? ratio(own.over(Kpis.CSAT_SATISFIED, day, window), enough)
            : 1 + mean * (policy.feedback().csatMost() - 1);
    double nps = 100 * (own.over(Kpis.NPS_PROMOTERS, day, window) - own.over(Kpis.NPS_DETRACTORS, day, window));
    double churn12 = Double.NaN;
    double retention12 = Double.NaN;
    if (dimension == Kpis.ALL) {
      long active = day - YEAR >= own.since ? own.upTo(Kpis.ACTIVE, day - YEAR) : before.at(day - YEAR);
      if (active >= 0) {
        churn12 = ratio(own.upTo(Kpis.CHURNED, day), (own.upTo(Kpis.ACTIVE, day) + active) / 2.0);
        retention12 = ratio(own.upTo(Kpis.RETAINED, day), active);
      }
    }
    return new double[] {
      customers, own.upTo(Kpis.ACTIVE, day), own.upTo(Kpis.LOST, day), own.over(Kpis.MOVES, day, 1), own.over(Kpis.FROM_NONE, day, 1),
      own.over(Kpis.FROM_NONE + 1, day, 1), own.over(Kpis.FROM_NONE + 2, day, 1), own.over(Kpis.FROM_NONE + 3, day, 1),
      own.over(Kpis.FROM_NONE + 4, day, 1), own.over(Kpis.FROM_NONE + 5, day, 1), own.over(Kpis.REVENUE, day, 1),
      own.over(Kpis.ORDERS, day, 1), ratio(own.over(Kpis.REVENUE, day, window), own.over(Kpis.ORDERS, day, window)), csat, responses,
      ratio(nps, enoughScores), scores, tickets, ratio(own.over(Kpis.LATE_TICKETS, day, window), tickets),
      ratio(own.over(Kpis.FIRST_REPLY_MS, day, window), own.over(Kpis.FIRST_REPLIES, day, window)),
      ratio(own.over(Kpis.RESOLUTION_MS, day, window), own.over(Kpis.RESOLUTIONS, day, window)),
      ratio(own.over(Kpis.CAMPAIGN_REVENUE, day, window) - cost, cost), ratio(own.upTo(Kpis.HISTORIC_VALUE, day), customers),
      ratio(own.upTo(Kpis.SIMPLE_VALUE, day), customers), ratio(own.upTo(Kpis.PREDICTED_VALUE, day), customers), churn12, retention12,
      Double.NaN,
    };
  }

  private static double ratio(double part, double whole) {
    return whole > 0 ? part / whole : Double.NaN;
  }

  static double metric(Map<Integer, Running> running, String metric, int dimension, int day, Policy policy, ActiveBefore before) {
    int index = METRICS.indexOf(metric);
    Running own = running.get(dimension);
    return own == null || index < 0 ? Double.NaN : of(dimension, day, own, policy, before)[index];
  }
}
