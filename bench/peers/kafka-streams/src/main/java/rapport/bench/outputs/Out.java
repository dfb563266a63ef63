package rapport.bench.outputs;

import java.util.List;
import org.apache.kafka.common.header.Header;

/** A record to be written, to the topic of its type and the partition of its shard. */
public record Out(Type type, byte[] key, byte[] value, List<Header> headers) {
  public enum Type { SEGMENT_CHANGE, PROFILE, ALERT, KPI, DEAD_LETTER }
}
