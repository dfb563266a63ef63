package rapport.bench.engine;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;

/**
 * Asks where the inputs end, as rapport does: an input whose position has reached an end that was asked for at some instant has shown everything up to
 * that instant, less the guard. This is what moves watermarks, and so the timers of silence, while nothing comes. One thread of its own.
 */
public final class Ends implements AutoCloseable {
  /** An answer: `sent` is when the question was asked. */
  public record Answer(long sent, Map<TopicPartition, Long> ends) {}

  private static final long PAUSE_MS = 200;
  private static final Answer NONE = new Answer(0, Map.of());

  private final Admin admin;
  private final String group;
  private final List<TopicPartition> inputs = new ArrayList<>();
  private final Thread thread = new Thread(this::run, "ends");
  private volatile Answer answer = NONE;
  private volatile boolean stopped;

  public Ends(Admin admin, String group, List<String> topics) throws ExecutionException, InterruptedException {
    this.admin = admin;
    this.group = group;
    admin.describeTopics(topics).allTopicNames().get().values()
        .forEach(topic -> topic.partitions().forEach(each -> inputs.add(new TopicPartition(topic.name(), each.partition()))));
    thread.setDaemon(true);
  }

  public void start() {
    thread.start();
  }

  public Answer answer() {
    return answer;
  }

  /** Where a task begins to read: what its group has committed, or else the log's start. */
  public long position(TopicPartition input) {
    try {
      OffsetAndMetadata committed = admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata().get().get(input);
      if (committed != null) return committed.offset();
      return admin.listOffsets(Map.of(input, OffsetSpec.earliest())).partitionResult(input).get().offset();
    } catch (ExecutionException cause) {
      throw new IllegalStateException("the position of " + input + " cannot be asked", cause);
    } catch (InterruptedException cause) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(cause);
    }
  }

  private void run() {
    Map<TopicPartition, OffsetSpec> question = new HashMap<>();
    for (TopicPartition input : inputs) question.put(input, OffsetSpec.latest());
    ListOffsetsOptions committed = new ListOffsetsOptions(IsolationLevel.READ_COMMITTED);
    while (!stopped) {
      try {
        long sent = System.currentTimeMillis();
        Map<TopicPartition, Long> ends = new HashMap<>();
        for (Map.Entry<TopicPartition, ListOffsetsResultInfo> end : admin.listOffsets(question, committed).all().get().entrySet())
          ends.put(end.getKey(), end.getValue().offset());
        answer = new Answer(sent, ends);
        Thread.sleep(PAUSE_MS);
      } catch (ExecutionException away) {
        // the brokers are away: the next question tries again, and until then watermarks stand still
        System.err.println("ends: " + away.getMessage());
      } catch (InterruptedException end) {
        return;
      }
    }
  }

  @Override
  public void close() {
    stopped = true;
    thread.interrupt();
  }
}
