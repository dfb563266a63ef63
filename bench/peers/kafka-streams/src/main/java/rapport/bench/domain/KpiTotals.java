package rapport.bench.domain;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** The cells of all shards, and their sums, by dimension and day: src/domain/kpi-totals.ts. Cells are absolute. */
public final class KpiTotals {
  /** The day under which a base stands: before every other. */
  public static final int BASE = -1;

  private record Key(int shard, int dimension, int day) {}

  private final Map<Key, long[]> cells = new HashMap<>();
  private final Map<Integer, TreeMap<Integer, long[]>> sums = new HashMap<>();
  /** the first day from which on a dimension has changed since it was last cleared */
  final Map<Integer, Integer> changed = new HashMap<>();

  /** One shard's cell as it is now; null: the cell is gone. */
  public void put(int shard, int dimension, int day, long[] amounts) {
    Key key = new Key(shard, dimension, day);
    long[] before = amounts == null ? cells.remove(key) : cells.put(key, amounts);
    TreeMap<Integer, long[]> days = sums.computeIfAbsent(dimension, each -> new TreeMap<>());
    long[] sum = days.get(day);
    boolean different = sum == null;
    if (sum == null) sum = new long[Kpis.PARTS];
    boolean empty = true;
    for (int part = 0; part < Kpis.PARTS; part++) {
      long difference = (amounts == null ? 0 : amounts[part]) - (before == null ? 0 : before[part]);
      if (difference != 0) different = true;
      sum[part] += difference;
      if (sum[part] != 0) empty = false;
    }
    if (empty && amounts == null) days.remove(day);
    else days.put(day, sum);
    if (different) changed.merge(dimension, day, Math::min);
  }

  /** null for a dimension that no shard has ever put */
  TreeMap<Integer, long[]> series(int dimension) {
    return sums.get(dimension);
  }

  /** The oldest day that has a cell; null when there is none. */
  Integer first() {
    TreeMap<Integer, long[]> all = sums.get(Kpis.ALL);
    return all == null || all.isEmpty() ? null : all.firstKey();
  }
}
