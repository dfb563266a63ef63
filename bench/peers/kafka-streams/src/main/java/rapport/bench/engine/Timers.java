package rapport.bench.engine;

import static rapport.bench.domain.Ids.NONE;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;

/** The index of who is due when: keys are the instant (8 bytes, big-endian) and the customer. */
final class Timers {
  record Due(String customer, long at) {}

  private static final byte[] NOTHING = {0};

  private final KeyValueStore<byte[], byte[]> store;
  /** nothing in the store is due before this instant: a scan begins here, past what earlier scans have deleted */
  private long from;

  Timers(KeyValueStore<byte[], byte[]> store) {
    this.store = store;
  }

  void move(byte[] customer, long before, long after) {
    if (before == after) return;
    if (before != NONE) store.delete(key(before, customer));
    if (after == NONE) return;
    store.put(key(after, customer), NOTHING);
    if (after < from) from = after;
  }

  boolean mayBeDue(long watermark) {
    return from <= watermark;
  }

  /** The first customers due at or before the watermark, by instant; fewer than `most` when these are all. */
  List<Due> due(long watermark, int most) {
    List<Due> due = new ArrayList<>();
    try (KeyValueIterator<byte[], byte[]> entries = store.range(key(from, new byte[0]), key(watermark + 1, new byte[0]))) {
      while (entries.hasNext() && due.size() < most) {
        KeyValue<byte[], byte[]> entry = entries.next();
        due.add(new Due(new String(entry.key, Long.BYTES, entry.key.length - Long.BYTES, StandardCharsets.UTF_8), ByteBuffer.wrap(entry.key).getLong()));
      }
    }
    from = due.size() < most ? watermark + 1 : due.get(due.size() - 1).at();
    return due;
  }

  private static byte[] key(long at, byte[] customer) {
    byte[] key = Arrays.copyOf(ByteBuffer.allocate(Long.BYTES).putLong(at).array(), Long.BYTES + customer.length);
    System.arraycopy(customer, 0, key, Long.BYTES, customer.length);
    return key;
  }
}
