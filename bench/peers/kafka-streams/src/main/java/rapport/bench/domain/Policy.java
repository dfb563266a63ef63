package rapport.bench.domain;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.List;
import java.util.Map;

/** The rules a business sets, as rapport resolves them: src/domain/policy.ts. Durations are days, money is in minor units. */
public record Policy(
    String preset, String currency, List<Rate> rates, NewCustomer newCustomer, Value value, Loyalty loyalty, Feedback feedback, Refunds refunds,
    Churn churn, Lifetime lifetime, RelationshipRules relationship, Map<String, ServiceMode> channels, Map<String, List<String>> attributes,
    Map<Decision.Group, List<String>> strategies, Alerts alerts, List<Goal> goals, Kpis kpis, double profileDays) {

  public enum ServiceMode { PERSONAL_ASSISTANCE, SELF_SERVICE, AUTOMATED, COMMUNITY }

  public static final ServiceMode[] SERVICE_MODES = ServiceMode.values();

  public record Rate(String currency, String from, double rate) {}

  public record NewCustomer(double days, double orders, double leastDays) {}

  public enum Measure { revenue, averageOrder, margin }

  public record Value(Measure measure, int windowDays, double high, Double percentile, double leave) {}

  public record Loyalty(
      double high, double leave, double dwellDays, Weights weights, Frequency frequency, Rhythm rhythm, FeedbackRule feedback,
      EngagementRule engagement, Programme programme, Advocacy advocacy) {}

  /** By COMPONENTS; `inOrder` is the same as an array. */
  public record Weights(
      double frequency, double rhythm, double feedback, double engagement, double programme, double advocacy,
      @JsonIgnore double[] inOrder) {
    public Weights {
      inOrder = new double[] {frequency, rhythm, feedback, engagement, programme, advocacy};
    }
  }

  public record Frequency(int windowDays, double orders) {}

  public record Rhythm(double firstGapDays, double leastGapDays, double mostGapDays, double from, double to) {}

  public record FeedbackRule(double windowDays, double halfLifeDays) {}

  public record EngagementRule(double windowDays, double matureDays, double leastSends) {}

  public record Programme(boolean enabled, double activeDays) {}

  public record Advocacy(boolean enabled, int windowDays, double events) {}

  public record Feedback(double csatMost) {}

  public record Refunds(int orders) {}

  public record Churn(
      String model, Parameters parameters, double horizonDays, double p1, double p2, double p3, double dwellDays, double overdue,
      Declining declining, Negative negative, Disengaged disengaged, Join programme, SupportRule support, PriceSensitive priceSensitive,
      Lost lost) {
    public boolean isBg() {
      return model.equals("bg");
    }
  }

  public record Parameters(double r, double alpha, double a, double b) {}

  public record Declining(int windowDays, double share, double significance) {}

  public record Negative(double windowDays, double nps, double csat, double sentiment) {}

  public record Disengaged(double windowDays, double leastSends, double leastResponses, double share) {}

  public record Join(double joinDays) {}

  public record SupportRule(double openHours, double replyHours, double afterDays) {}

  public record PriceSensitive(double orders, double share) {}

  public record Lost(double days, double gaps) {}

  public record Lifetime(double discount, double horizonDays, GammaGamma gammaGamma) {}

  public record GammaGamma(double p, double q, double v) {}

  public record RelationshipRules(double communityShare, double personalizedShare, LongTerm longTerm) {}

  public record LongTerm(double days, double orders) {}

  public record Alerts(ChurnRisk churnRisk, FollowUp followUp, SupportQuality supportQuality, Portfolio portfolio) {}

  public record ChurnRisk(double orders, double quietDays) {}

  public record FollowUp(double days, double contactDays) {}

  public record SupportQuality(double share, int windowDays, double tickets) {}

  public record Portfolio(double share, double customers) {}

  public record Goal(
      String name, String metric, String dimension, String from, String by, Double baseline, double change, String kind, double tolerance) {}

  public record Kpis(String csat, int windowDays, double leastResponses, double leastCustomers, double evaluateDays) {}
}
