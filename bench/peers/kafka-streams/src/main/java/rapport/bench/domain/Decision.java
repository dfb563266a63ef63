package rapport.bench.domain;

import java.util.List;

/** What the domain says about a customer: src/domain/decision.ts. NaN is null for a number, Ids.NONE for an instant. */
public sealed interface Decision {
  enum Group { NEW, CHAMPION, POTENTIAL_CHAMPION, LOYALIST, AT_RISK }

  Group[] GROUPS = Group.values();

  String[] COMPONENTS = {"frequency", "rhythm", "feedback", "engagement", "programme", "advocacy"};

  enum Signal { OVERDUE, DECLINING_FREQUENCY, NEGATIVE_FEEDBACK, DISENGAGED, LOYALTY_INACTIVE, SUPPORT_PAIN, PRICE_SENSITIVE }

  Signal[] SIGNALS = Signal.values();

  enum Level { LOW, MEDIUM, HIGH, CRITICAL }

  Level[] LEVELS = Level.values();

  enum Relationship { COMMUNITY, PERSONALIZED, LONG_TERM, TRANSACTIONAL }

  enum Cause { event, silence, late_event, thresholds }

  enum AlertKind { CHURN_RISK, FOLLOW_UP_DUE, SUPPORT_OVERDUE, SUPPORT_QUALITY, PORTFOLIO, GOAL }

  enum AlertEnd { recovered, purchase, lost, contacted, resolved, expired }

  enum AlertEvent { opened, escalated, closed }

  record LifetimeValues(long historic, long simple, long predicted) {}

  record Driver(String name, double before, double after, double difference) {}

  record Scores(long value, double loyalty, double[] components) {}

  record SignalSince(Signal signal, long since) {}

  record Churn(Level level, double buyProbability, boolean lost, List<SignalSince> signals) {}

  record Strategy(String action, String channel) {}

  /** `predictedValue` Ids.NONE for prospects */
  record AlertContext(
      Group group, Level level, List<Signal> signals, double buyProbability, long predictedValue, List<Strategy> strategies) {}

  String customer();

  long at();

  record SegmentChange(
      String customer, int number, Group from, Group to, long at, Cause cause, Scores before, Scores after, List<Driver> drivers,
      AlertContext about) implements Decision {}

  record Profile(
      String customer, int number, long at, Group group, long groupSince, Scores scores, Churn churn, LifetimeValues lifetimeValues,
      Relationship relationship, Policy.ServiceMode serviceMode, long firstEventAt, long firstOrderAt, long lastOrderAt, long orders,
      long revenue, long orders365, long revenue365, double gapDays, int openTickets, double csat, double nps, long nextChangeAt,
      List<String> truncated) implements Decision {}

  record Alert(
      AlertKind kind, String customer, String subject, int episode, int number, AlertEvent event, long at, AlertEnd end, double value,
      double limit, AlertContext about) implements Decision {}
}
