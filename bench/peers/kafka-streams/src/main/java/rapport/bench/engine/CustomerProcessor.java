package rapport.bench.engine;

import static rapport.bench.domain.Ids.NONE;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;
import rapport.bench.domain.Policy;
import rapport.bench.outputs.Origin;
import rapport.bench.outputs.Out;
import rapport.bench.outputs.Outputs;
import rapport.bench.sources.Decoded;

/**
 * A task is a shard: folds its records in the order in which Kafka Streams merges its inputs, fires the timers that come due, and tells the totals on.
 * The one processor of the topology that holds customers; one thread at a time.
 */
public final class CustomerProcessor implements Processor<byte[], Incoming, byte[], Out> {
  public static final String CUSTOMERS = "customers";
  public static final String TIMERS = "timers";
  public static final String TOTALS = "totals";
  static final byte[] SHARD = {0};

  /** Timers of others than a record's own customer wait for so many records, or so long: how they are cut does not show (D1). */
  private static final int RECORDS = 2_000;
  private static final Duration LOOK = Duration.ofMillis(20);
  /** customers fired at a time, and for how long before records have their turn, ms */
  private static final int TIMED = 1_000;
  private static final long TIMED_MS = 100;
  private static final Duration TELL = Duration.ofSeconds(1);

  private final Policy policy;
  private final Outputs outputs;
  private final Ends ends;
  private final List<String> topics;
  private final long guardMs;
  private final int partitions;
  private ProcessorContext<byte[], Out> context;
  private KeyValueStore<byte[], byte[]> totals;
  private Timers timers;
  private Cells cells;
  private Shard shard;
  private Fold fold;
  private int partition;
  private int records;
  private long now;
  private long told = NONE;

  public CustomerProcessor(Policy policy, Outputs outputs, Ends ends, List<String> topics, long guardMs, int partitions) {
    this.policy = policy;
    this.outputs = outputs;
    this.ends = ends;
    this.topics = topics;
    this.guardMs = guardMs;
    this.partitions = partitions;
  }

  @Override
  public void init(ProcessorContext<byte[], Out> context) {
    this.context = context;
    partition = context.taskId().partition();
    KeyValueStore<byte[], byte[]> customers = context.getStateStore(CUSTOMERS);
    timers = new Timers(context.getStateStore(TIMERS));
    totals = context.getStateStore(TOTALS);
    cells = new Cells(totals);
    shard = new Shard(ends, topics, partition, guardMs, totals.get(SHARD));
    Fold.States states = new Fold.States() {
      @Override
      public byte[] get(String customer) {
        return customers.get(bytesOf(customer));
      }

      @Override
      public void put(String customer, byte[] state, long before, long indexed) {
        byte[] key = bytesOf(customer);
        customers.put(key, state);
        timers.move(key, before, indexed);
      }
    };
    fold = new Fold(policy, outputs, states, this::emit, cells);
    context.schedule(LOOK, PunctuationType.WALL_CLOCK_TIME, at -> look());
    context.schedule(TELL, PunctuationType.WALL_CLOCK_TIME, at -> tell());
  }

  @Override
  public void process(Record<byte[], Incoming> record) {
    RecordMetadata metadata = context.recordMetadata().orElseThrow();
    Incoming incoming = record.value();
    if ((records & 63) == 0) now = System.currentTimeMillis();
    if (incoming.decoded instanceof Decoded.Sound sound) checkHome(sound.event().customer());
    Origin origin = new Origin(metadata.topic(), partition, metadata.offset(), incoming.timestamp);
    fold.record(incoming.decoded, record.key(), shard.watermark(), origin, now, shard.caughtUpAt());
    cells.write();
    shard.taken(metadata.topic(), metadata.offset(), record.timestamp());
    if (++records >= RECORDS) look();
  }

  /** Time has passed: the watermark may have moved, and somebody may be due. */
  private void look() {
    records = 0;
    now = System.currentTimeMillis();
    shard.look(now);
    long watermark = shard.watermark();
    if (!timers.mayBeDue(watermark)) return;
    boolean more = true;
    for (long until = now + TIMED_MS; more && System.currentTimeMillis() < until; ) {
      List<Timers.Due> due = timers.due(watermark, TIMED);
      for (Timers.Due each : due) fold.timer(each.customer(), each.at(), watermark, now, shard.caughtUpAt());
      cells.write();
      more = due.size() == TIMED;
    }
    cells.fold(watermark);
    totals.put(SHARD, shard.bytes());
  }

  /** Tells the totals that have changed, and behind them how far the shard is, to whom adds them up. */
  private void tell() {
    boolean[] any = {shard.watermark() != told};
    cells.drain((key, cell) -> {
      any[0] = true;
      context.forward(new Record<>(keyOf(key), new Out(Out.Type.KPI, null, cell, List.of()), now), Topologies.CELLS);
    });
    if (!any[0]) return;
    told = shard.watermark();
    context.forward(new Record<>(keyOf(SHARD), new Out(Out.Type.KPI, null, shard.bytes(), List.of()), now), Topologies.CELLS);
  }

  private byte[] keyOf(byte[] key) {
    return ByteBuffer.allocate(Integer.BYTES + key.length).putInt(partition).put(key).array();
  }

  private void emit(Out out) {
    context.forward(new Record<>(out.key(), out, now, new RecordHeaders(out.headers())), Topologies.sinkOf(out.type()));
  }

  /** A customer's records must come to the customer's own shard: this peer has no reroute. */
  private void checkHome(String customer) {
    int home = Utils.toPositive(Utils.murmur2(bytesOf(customer))) % partitions;
    if (home != partition) throw new IllegalStateException("a record of shard " + home + " has come to " + partition + ": key the inputs by customer");
  }

  private static byte[] bytesOf(String customer) {
    return customer.getBytes(StandardCharsets.UTF_8);
  }
}
