package rapport.bench.engine;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import rapport.bench.domain.Ids;
import rapport.bench.domain.Kpis;

/**
 * KPI totals of a shard, by day and dimension: src/engine/totals.ts. Cells are kept for the days from 400 before the watermark's; what is older is in
 * the base, stocks only. The store holds each cell as it is after the last record; here are copies of them, decoded.
 */
final class Cells implements Kpis.Bookings {
  static final int KEPT_DAYS = 400;
  /** the day under which the base stands */
  static final int BASE = -1;
  static final int KEY_BYTES = 5;
  private static final int DIMENSION_BITS = 3;

  private final KeyValueStore<byte[], byte[]> store;
  private final Map<Long, long[]> cells = new HashMap<>();
  private final TreeSet<Integer> days = new TreeSet<>();
  /** changed by this record, and since the last `drain` */
  private final List<Long> touched = new ArrayList<>();
  private final Map<Long, long[]> changed = new HashMap<>();
  private int firstKept = Integer.MIN_VALUE;

  /** Everything in the store counts as changed: what was told of it before a restart is told again. */
  Cells(KeyValueStore<byte[], byte[]> store) {
    this.store = store;
    try (KeyValueIterator<byte[], byte[]> all = store.all()) {
      while (all.hasNext()) {
        KeyValue<byte[], byte[]> entry = all.next();
        if (entry.key.length != KEY_BYTES) continue;
        long key = keyOf(entry.key);
        long[] cell = decode(entry.value);
        cells.put(key, cell);
        changed.put(key, cell);
        if (dayOf(key) != BASE) days.add(dayOf(key));
      }
    }
  }

  @Override
  public void add(int day, int dimension, int part, long amount) {
    boolean isPast = day < firstKept;
    if (isPast && part >= Kpis.STOCKS) {
      cellOf(key(BASE, dimension));
      return;
    }
    cellOf(key(isPast ? BASE : day, dimension))[part] += amount;
  }

  /** Writes what a record has changed. */
  void write() {
    for (long key : touched) store.put(bytesOf(key), encode(cells.get(key)));
    touched.clear();
  }

  /** Days that have fallen out go into the base. */
  void fold(long watermark) {
    firstKept = Math.max(firstKept, Ids.dayOf(watermark) - KEPT_DAYS);
    while (!days.isEmpty() && days.first() < firstKept) {
      int day = days.pollFirst();
      for (int dimension = 0; dimension < Kpis.DIMENSIONS; dimension++) {
        long key = key(day, dimension);
        long[] cell = cells.remove(key);
        if (cell == null) continue;
        long[] base = cellOf(key(BASE, dimension));
        for (int part = 0; part < Kpis.STOCKS; part++) base[part] += cell[part];
        changed.put(key, null);
        store.delete(bytesOf(key));
      }
    }
    write();
  }

  /** Hands over what has changed since the last time: a cell's key and bytes, null for one that is in the base now. */
  void drain(BiConsumer<byte[], byte[]> to) {
    changed.forEach((key, cell) -> to.accept(bytesOf(key), cell == null ? null : encode(cell)));
    changed.clear();
  }

  private long[] cellOf(long key) {
    long[] cell = cells.get(key);
    if (cell == null) {
      cell = new long[Kpis.PARTS];
      cells.put(key, cell);
      if (dayOf(key) != BASE) days.add(dayOf(key));
    }
    if (!touched.contains(key)) touched.add(key);
    changed.put(key, cell);
    return cell;
  }

  private static long key(int day, int dimension) {
    return (long) day << DIMENSION_BITS | dimension;
  }

  static int dayOf(long key) {
    return (int) (key >> DIMENSION_BITS);
  }

  static byte[] bytesOf(long key) {
    return ByteBuffer.allocate(KEY_BYTES).putInt(dayOf(key)).put((byte) (key & (1 << DIMENSION_BITS) - 1)).array();
  }

  static long keyOf(byte[] bytes) {
    ByteBuffer from = ByteBuffer.wrap(bytes);
    return key(from.getInt(), from.get());
  }

  /** The parts that are not zero, each behind its index. */
  static byte[] encode(long[] cell) {
    int some = 0;
    for (long amount : cell) if (amount != 0) some++;
    ByteBuffer to = ByteBuffer.allocate(some * (1 + Long.BYTES));
    for (int part = 0; part < cell.length; part++) if (cell[part] != 0) to.put((byte) part).putLong(cell[part]);
    return to.array();
  }

  static long[] decode(byte[] bytes) {
    long[] cell = new long[Kpis.PARTS];
    for (ByteBuffer from = ByteBuffer.wrap(bytes); from.hasRemaining(); ) cell[from.get()] = from.getLong();
    return cell;
  }
}
