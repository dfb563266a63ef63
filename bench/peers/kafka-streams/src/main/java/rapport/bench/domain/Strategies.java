package rapport.bench.domain;

import java.util.ArrayList;
import java.util.List;
import rapport.bench.domain.Decision.Driver;
import rapport.bench.domain.Decision.Group;
import rapport.bench.domain.Decision.Signal;
import rapport.bench.domain.Decision.Strategy;
import rapport.bench.domain.Policy.ServiceMode;

/** What helps, those first that answer what drove the customer: src/domain/strategies.ts. */
final class Strategies {
  private record Known(String action, List<String> answers) {}

  private Strategies() {}

  private static Known on(String action, String... answers) {
    return new Known(action, List.of(answers));
  }

  private static final Known[] CHAMPION = {
    on("personal communication", "engagement", "rhythm", "DISENGAGED", "OVERDUE"),
    on("exclusive offers and rewards", "programme", "frequency", "LOYALTY_INACTIVE", "DECLINING_FREQUENCY", "PRICE_SENSITIVE"),
    on("proactive service", "feedback", "feedback expired", "SUPPORT_PAIN", "NEGATIVE_FEEDBACK"),
    on("event invitations", "advocacy"),
    on("thank-you note", "value"),
  };
  private static final Known[] POTENTIAL_CHAMPION = {
    on("targeted loyalty programme", "programme", "LOYALTY_INACTIVE", "PRICE_SENSITIVE"),
    on("personal offer for a repeat purchase", "frequency", "rhythm", "value", "OVERDUE", "DECLINING_FREQUENCY"),
    on("better service for their concerns", "feedback", "feedback expired", "advocacy", "SUPPORT_PAIN", "NEGATIVE_FEEDBACK"),
    on("proactive contact", "engagement", "DISENGAGED"),
  };
  private static final Known[] LOYALIST = {
    on("relationship building", "engagement", "feedback expired", "DISENGAGED", "SUPPORT_PAIN", "NEGATIVE_FEEDBACK"),
    on("promotion of higher-priced items", "value", "PRICE_SENSITIVE"),
    on("reasons to buy more often or more", "frequency", "rhythm", "OVERDUE", "DECLINING_FREQUENCY"),
    on("loyalty rewards", "programme", "LOYALTY_INACTIVE"),
    on("recommendations", "advocacy", "feedback"),
  };
  private static final Known[] AT_RISK = {
    on("review of service interactions", "feedback", "SUPPORT_PAIN", "NEGATIVE_FEEDBACK"),
    on("find pain points", "feedback expired", "engagement", "advocacy", "DISENGAGED"),
    on("reassess the value proposition", "value", "frequency", "PRICE_SENSITIVE", "DECLINING_FREQUENCY"),
    on("targeted retention or phasing out", "rhythm", "programme", "OVERDUE", "LOYALTY_INACTIVE"),
  };
  private static final Known[] NEW = {
    on("welcome mail"),
    on("onboarding sequence", "engagement", "programme", "DISENGAGED", "LOYALTY_INACTIVE"),
    on("educational content", "feedback", "feedback expired", "advocacy"),
    on("personal incentive for the next purchase", "rhythm", "frequency", "value", "OVERDUE", "DECLINING_FREQUENCY", "PRICE_SENSITIVE"),
    on("excellent first support", "SUPPORT_PAIN", "NEGATIVE_FEEDBACK"),
  };

  private static Known[] knownOf(Group group) {
    return switch (group) {
      case CHAMPION -> CHAMPION;
      case POTENTIAL_CHAMPION -> POTENTIAL_CHAMPION;
      case LOYALIST -> LOYALIST;
      case AT_RISK -> AT_RISK;
      case NEW -> NEW;
    };
  }

  private static String channelOf(ServiceMode mode) {
    return switch (mode == null ? ServiceMode.AUTOMATED : mode) {
      case PERSONAL_ASSISTANCE -> "phone";
      case SELF_SERVICE -> "app";
      case AUTOMATED -> "email";
      case COMMUNITY -> "community";
    };
  }

  static List<Strategy> strategiesFor(Group group, List<Driver> drivers, List<Signal> signals, ServiceMode mode, Policy policy) {
    List<String> causes = new ArrayList<>(drivers.size() + signals.size());
    for (Driver driver : drivers) if (driver.difference() < 0) causes.add(driver.name());
    for (Signal signal : signals) causes.add(signal.name());
    Known[] known = knownOf(group);
    String channel = channelOf(mode);
    List<String> own = policy.strategies().get(group);
    List<Strategy> strategies = new ArrayList<>(known.length + own.size());
    int[] places = new int[known.length];
    for (int i = 0; i < known.length; i++) places[i] = placeOf(known[i], causes);
    // stable: each place in turn
    for (int place = 0; place <= causes.size(); place++)
      for (int i = 0; i < known.length; i++) if (places[i] == place) strategies.add(new Strategy(known[i].action(), channel));
    for (String action : own) strategies.add(new Strategy(action, channel));
    return strategies;
  }

  private static int placeOf(Known known, List<String> causes) {
    for (int i = 0; i < causes.size(); i++) if (known.answers().contains(causes.get(i))) return i;
    return causes.size();
  }
}
