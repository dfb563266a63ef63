package rapport.bench.engine;

import static rapport.bench.domain.Ids.NONE;

import java.nio.ByteBuffer;
import java.util.List;
import org.apache.kafka.common.TopicPartition;

/** The clock of one shard, which is a task: the watermark over its inputs (src/engine/merge.ts), and when it had first caught up with them all. */
final class Shard {
  private static final int FIXED = 2;

  private final Ends ends;
  private final List<String> topics;
  private final TopicPartition[] partitions;
  private final Input[] inputs;
  private Ends.Answer answer;
  private long watermark;
  private long caughtUpAt = NONE;

  /** `remembered`: what `bytes` gave before; null at the beginning. */
  Shard(Ends ends, List<String> topics, int partition, long guardMs, byte[] remembered) {
    this.ends = ends;
    this.topics = topics;
    partitions = new TopicPartition[topics.size()];
    inputs = new Input[partitions.length];
    ByteBuffer from = remembered == null ? null : ByteBuffer.wrap(remembered);
    if (from != null) {
      watermark = from.getLong();
      caughtUpAt = from.getLong();
    }
    for (int i = 0; i < inputs.length; i++) {
      partitions[i] = new TopicPartition(topics.get(i), partition);
      inputs[i] = new Input(ends.position(partitions[i]), from == null ? NONE : from.getLong(), guardMs);
    }
  }

  byte[] bytes() {
    ByteBuffer to = ByteBuffer.allocate(Long.BYTES * (FIXED + inputs.length)).putLong(watermark).putLong(caughtUpAt);
    for (Input input : inputs) to.putLong(input.newest);
    return to.array();
  }

  long watermark() {
    return watermark;
  }

  /** NONE until every input has been at its end. */
  long caughtUpAt() {
    return caughtUpAt;
  }

  /** A record has been taken whose place in the order is `time`. */
  void taken(String topic, long offset, long time) {
    inputs[topics.indexOf(topic)].take(offset, time);
    advance();
  }

  /** Looks at what has been heard of ends since. */
  void look(long now) {
    Ends.Answer heard = ends.answer();
    if (heard != answer) {
      answer = heard;
      for (int i = 0; i < inputs.length; i++) {
        Long end = heard.ends().get(partitions[i]);
        if (end != null) inputs[i].ended(end, heard.sent());
      }
    }
    boolean caughtUp = true;
    for (Input input : inputs) {
      input.check(now);
      caughtUp &= input.end != NONE;
    }
    if (caughtUp && caughtUpAt == NONE) caughtUpAt = now;
    advance();
  }

  private void advance() {
    long least = Long.MAX_VALUE;
    for (Input input : inputs) least = Math.min(least, input.bound());
    if (least > watermark) watermark = least;
  }
}
