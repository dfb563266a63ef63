package rapport.bench.domain;

import static rapport.bench.domain.Ids.dayOf;
import static rapport.bench.domain.Ids.startOfDay;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import rapport.bench.domain.Decision.Alert;
import rapport.bench.domain.KpiAlerts.Episode;
import rapport.bench.domain.KpiValues.ActiveBefore;
import rapport.bench.domain.KpiValues.Kpi;
import rapport.bench.domain.KpiValues.Running;

/** What is to be said of the totals as they stand: src/domain/kpi-report.ts. Remembers what it has said, by day and dimension. */
public final class KpiReport {
  /** `day` null before the first; `active`: customers at the end of each day from `firstDay` on, −1 where it is not known. */
  public record Memory(Integer day, Map<String, Episode> episodes, Map<String, Double> baselines, int firstDay, long[] active) {
    public static final Memory NOTHING = new Memory(null, Map.of(), Map.of(), 0, new long[0]);
  }

  /** `memory` is the same object when nothing has changed; `more`: the bound was reached. */
  public record Report(List<Kpi> kpis, List<Alert> alerts, Memory memory, boolean more) {}

  private record Said(boolean finished, double[] values) {}

  private static final int REMEMBERED_DAYS = 800;
  private static final int UNKNOWN = -1;
  /** all first, then the groups by name */
  private static final int[] IN_ORDER = inOrder();

  private final KpiTotals totals;
  private final Policy policy;
  private final Map<Integer, Integer> open = new HashMap<>();
  private final TreeMap<Integer, Said[]> said = new TreeMap<>();
  private Integer last;

  public KpiReport(KpiTotals totals, Policy policy) {
    this.totals = totals;
    this.policy = policy;
  }

  /** `until`: event time that has passed everywhere; `horizon`: the oldest day whose cells are all kept; `most` KPIs. */
  public Report report(Memory memory, long until, int horizon, int most) {
    int today = dayOf(until);
    Integer first = firstOf(horizon);
    if (first == null || first > today) return new Report(List.of(), List.of(), memory, false);
    reopen(first, today);
    Map<Integer, Running> running = new HashMap<>();
    for (int dimension : IN_ORDER) {
      TreeMap<Integer, long[]> series = totals.series(dimension);
      if (series != null) running.put(dimension, new Running(series, horizon, today));
    }
    ActiveBefore before = day -> {
      int i = day - memory.firstDay;
      return i < 0 || i >= memory.active.length ? UNKNOWN : memory.active[i];
    };
    List<Alert> alerts = new ArrayList<>();
    Memory judged = judge(memory, first, today, running, before, alerts);
    List<Kpi> kpis = new ArrayList<>();
    for (int dimension : IN_ORDER) {
      Integer from = open.get(dimension);
      if (from == null) continue;
      Running own = running.get(dimension);
      int day = own == null ? today + 1 : Math.max(Math.max(first, own.since), from);
      for (; day <= today && kpis.size() < most; day++) {
        boolean finished = day < today;
        double[] values = KpiValues.of(dimension, day, own, policy, before);
        if (!isNews(day, dimension, finished, values)) continue;
        kpis.add(new Kpi(day, dimension, finished ? startOfDay(day + 1) : until, finished, values, policy.kpis().windowDays()));
      }
      if (day <= today) {
        open.put(dimension, day);
        break;
      }
      open.remove(dimension);
    }
    return new Report(kpis, alerts, judged, !open.isEmpty());
  }

  /** The first day that can be told: all of its windows lie within the cells; null when there is none. */
  private Integer firstOf(int horizon) {
    TreeMap<Integer, long[]> all = totals.series(Kpis.ALL);
    if (all == null || !all.containsKey(KpiTotals.BASE)) return totals.first();
    return horizon + Math.max(policy.kpis().windowDays(), policy.alerts().supportQuality().windowDays()) - 1;
  }

  private void reopen(int first, int today) {
    Map<Integer, Integer> from = new HashMap<>(totals.changed);
    totals.changed.clear();
    int passed = last == null ? first : last;
    boolean isNewDay = last == null || today > last;
    for (int dimension : IN_ORDER) {
      if (totals.series(dimension) == null) continue;
      int day = Math.min(from.getOrDefault(dimension, Integer.MAX_VALUE), isNewDay ? passed : Integer.MAX_VALUE);
      if (day <= today) open.merge(dimension, day, Math::min);
      else if (day != Integer.MAX_VALUE) totals.changed.put(dimension, day);
    }
    if (last == null || last != today) said.headMap(first).clear();
    last = last == null ? today : Math.max(today, last);
  }

  private boolean isNews(int day, int dimension, boolean finished, double[] values) {
    Said[] of = said.computeIfAbsent(day, each -> new Said[Kpis.DIMENSIONS]);
    Said known = of[dimension];
    if (known != null && known.finished == finished && Arrays.equals(known.values, values)) return false;
    of[dimension] = new Said(finished, values);
    return true;
  }

  /** Looks at each finished day since the last, in order. */
  private Memory judge(
      Memory memory, int first, int today, Map<Integer, Running> running, ActiveBefore before, List<Alert> alerts) {
    KpiAlerts judge = new KpiAlerts(memory.episodes, memory.baselines);
    Integer judged = null;
    for (int each = Math.max(first, memory.day == null ? first : memory.day + 1); each < today; each++) {
      int day = each;
      judged = day;
      judge.judge(day, new KpiAlerts.FinishedDay() {
        @Override
        public double metric(String metric, int dimension) {
          return KpiValues.metric(running, metric, dimension, day, policy, before);
        }

        @Override
        public long over(int part, int days) {
          Running all = running.get(Kpis.ALL);
          return all == null ? 0 : all.over(part, day, days);
        }
      }, policy);
    }
    if (judged == null) return memory;
    alerts.addAll(judge.alerts);
    return remembered(judged, judge, today, running.get(Kpis.ALL), before);
  }

  private static Memory remembered(int judged, KpiAlerts judge, int today, Running all, ActiveBefore before) {
    int firstDay = Math.max(0, today - REMEMBERED_DAYS);
    long[] active = new long[today - firstDay];
    int known = 0;
    for (int i = 0; i < active.length; i++) {
      int day = firstDay + i;
      active[i] = all != null && day >= all.since ? all.upTo(Kpis.ACTIVE, day) : before.at(day);
      if (active[i] == UNKNOWN && known == i) known++;
    }
    if (known == active.length) return new Memory(judged, judge.episodes, judge.baselines, 0, new long[0]);
    return new Memory(judged, judge.episodes, judge.baselines, firstDay + known, Arrays.copyOfRange(active, known, active.length));
  }

  private static int[] inOrder() {
    Integer[] dimensions = new Integer[Kpis.DIMENSIONS];
    for (int i = 0; i < dimensions.length; i++) dimensions[i] = i;
    Arrays.sort(dimensions, (a, b) -> a == Kpis.ALL || b == Kpis.ALL ? a - b : Kpis.nameOf(a).compareTo(Kpis.nameOf(b)));
    return Arrays.stream(dimensions).mapToInt(Integer::intValue).toArray();
  }
}
