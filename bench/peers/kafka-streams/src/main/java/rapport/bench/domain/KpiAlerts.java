package rapport.bench.domain;

import static rapport.bench.domain.Ids.startOfDay;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import rapport.bench.domain.Decision.Alert;
import rapport.bench.domain.Decision.AlertEnd;
import rapport.bench.domain.Decision.AlertEvent;
import rapport.bench.domain.Decision.AlertKind;
import rapport.bench.domain.Decision.Group;

/** Alerts about the business, looked at once for each finished day, in order: src/domain/kpi-alerts.ts and goals.ts. */
public final class KpiAlerts {
  private static final double LEAVE_SHARE = 0.9;
  private static final double LEAVE_GOAL = 0.5;
  private static final int AT_RISK = Kpis.dimensionOf(Group.AT_RISK);

  /** Counts the episodes of this kind and subject, and the records of the last one. */
  public record Episode(int episode, int number, boolean open) {}

  /** What a finished day looks like; NaN where a metric has no value. */
  interface FinishedDay {
    double metric(String metric, int dimension);

    long over(int part, int days);
  }

  final Map<String, Episode> episodes;
  final Map<String, Double> baselines;
  final List<Alert> alerts = new ArrayList<>();

  KpiAlerts(Map<String, Episode> episodes, Map<String, Double> baselines) {
    this.episodes = new HashMap<>(episodes);
    this.baselines = new HashMap<>(baselines);
  }

  void judge(int day, FinishedDay today, Policy policy) {
    long at = startOfDay(day + 1);
    Policy.Portfolio portfolio = policy.alerts().portfolio();
    double active = zero(today.metric("active", Kpis.ALL));
    double atRisk = zero(today.metric("active", AT_RISK));
    share(AlertKind.PORTFOLIO, Kpis.nameOf(AT_RISK), active > 0 ? atRisk / active : 0, portfolio.share(), active >= portfolio.customers(), at);

    Policy.SupportQuality quality = policy.alerts().supportQuality();
    double tickets = today.over(Kpis.TICKETS, quality.windowDays());
    double late = today.over(Kpis.LATE_TICKETS, quality.windowDays());
    share(AlertKind.SUPPORT_QUALITY, "all", tickets > 0 ? late / tickets : 0, quality.share(), tickets >= quality.tickets(), at);

    for (Policy.Goal goal : policy.goals()) {
      int by = dayOfDate(goal.by());
      if (day < dayOfDate(goal.from())) continue;
      if (day > by) {
        if (isOpen(AlertKind.GOAL, goal.name()))
          say(AlertKind.GOAL, goal.name(), AlertEnd.expired, startOfDay(by + 1), Double.NaN, Double.NaN);
        continue;
      }
      double value = today.metric(goal.metric(), dimensionOf(goal.dimension()));
      double baseline = goal.baseline() != null ? goal.baseline() : baselines.getOrDefault(goal.name(), value);
      if (goal.baseline() == null && !Double.isNaN(baseline)) baselines.put(goal.name(), baseline);
      judgeGoal(goal, baseline, value, day, day == by, at);
    }
  }

  private void judgeGoal(Policy.Goal goal, double baseline, double value, int day, boolean last, long at) {
    double line = Double.isNaN(baseline) ? Double.NaN : lineOf(goal, baseline, day);
    if (!Double.isNaN(baseline) && !Double.isNaN(value) && changeOf(goal, baseline) != 0) {
      double shortfall = (line - value) / changeOf(goal, baseline);
      if (isOpen(AlertKind.GOAL, goal.name())) {
        if (shortfall <= goal.tolerance() * LEAVE_GOAL) say(AlertKind.GOAL, goal.name(), AlertEnd.recovered, at, value, line);
      } else if (shortfall > goal.tolerance()) say(AlertKind.GOAL, goal.name(), null, at, value, line);
    }
    if (last && isOpen(AlertKind.GOAL, goal.name())) say(AlertKind.GOAL, goal.name(), AlertEnd.expired, at, value, line);
  }

  /** A share that must not pass a limit. Too few to judge by opens nothing, but does not keep an episode open either. */
  private void share(AlertKind kind, String subject, double value, double limit, boolean enough, long at) {
    if (isOpen(kind, subject)) {
      if (value <= limit * LEAVE_SHARE) say(kind, subject, AlertEnd.recovered, at, value, limit);
    } else if (enough && value > limit) say(kind, subject, null, at, value, limit);
  }

  private void say(AlertKind kind, String subject, AlertEnd end, long at, double value, double limit) {
    Episode before = episodes.getOrDefault(kind + "|" + subject, new Episode(0, 0, false));
    Episode after = before.open ? new Episode(before.episode, before.number + 1, end == null) : new Episode(before.episode + 1, 1, true);
    episodes.put(kind + "|" + subject, after);
    AlertEvent event = end == null ? AlertEvent.opened : AlertEvent.closed;
    alerts.add(new Alert(kind, null, subject, after.episode, after.number, event, at, end, value, limit, null));
  }

  private boolean isOpen(AlertKind kind, String subject) {
    Episode episode = episodes.get(kind + "|" + subject);
    return episode != null && episode.open;
  }

  private static double lineOf(Policy.Goal goal, double baseline, int day) {
    int from = dayOfDate(goal.from());
    int by = dayOfDate(goal.by());
    double share = by <= from ? 1 : Math.min(1, Math.max(0, (double) (day - from) / (by - from)));
    return baseline + changeOf(goal, baseline) * share;
  }

  private static double changeOf(Policy.Goal goal, double baseline) {
    return goal.kind().equals("relative") ? Math.abs(baseline) * goal.change() : goal.change();
  }

  private static int dayOfDate(String date) {
    return (int) LocalDate.parse(date).toEpochDay();
  }

  private static int dimensionOf(String name) {
    for (int dimension = 0; dimension < Kpis.DIMENSIONS; dimension++) if (Kpis.nameOf(dimension).equals(name)) return dimension;
    return -1;
  }

  private static double zero(double value) {
    return Double.isNaN(value) ? 0 : value;
  }
}
