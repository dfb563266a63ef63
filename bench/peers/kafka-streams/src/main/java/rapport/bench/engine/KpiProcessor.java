package rapport.bench.engine;

import static rapport.bench.domain.Ids.NONE;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import rapport.bench.Json;
import rapport.bench.domain.Decision.Alert;
import rapport.bench.domain.Ids;
import rapport.bench.domain.KpiReport;
import rapport.bench.domain.KpiTotals;
import rapport.bench.domain.KpiValues.Kpi;
import rapport.bench.domain.Policy;
import rapport.bench.outputs.Out;
import rapport.bench.outputs.Outputs;

/**
 * Adds up the totals of all shards and says, once a second, what has changed: src/engine/publisher.ts. A shard's cells count when its word of how far it is
 * has come behind them, so that what is told is of whole looks.
 */
public final class KpiProcessor implements Processor<byte[], byte[], byte[], Out> {
  public static final String STORE = "business";
  static final String ALERTS = "business-alerts";

  private static final byte[] MEMORY = {1};
  private static final int MOST = 1_000;
  private static final Duration LOOK = Duration.ofSeconds(1);

  private record Said(byte[] key, byte[] cell) {}

  /** How far a shard is, and where in the topic it said so. */
  private record Status(long watermark, long caughtUpAt, long offset) {}

  private final Policy policy;
  private final Outputs outputs;
  private final int shards;
  private final KpiTotals totals = new KpiTotals();
  private final KpiReport reporter;
  private final Map<Integer, Status> statuses = new TreeMap<>();
  private final Map<Integer, List<Said>> waiting = new TreeMap<>();
  private ProcessorContext<byte[], Out> context;
  private KeyValueStore<byte[], byte[]> store;
  private KpiReport.Memory memory;
  private long until;
  private boolean dirty;

  public KpiProcessor(Policy policy, Outputs outputs, int shards) {
    this.policy = policy;
    this.outputs = outputs;
    this.shards = shards;
    reporter = new KpiReport(totals, policy);
  }

  @Override
  public void init(ProcessorContext<byte[], Out> context) {
    this.context = context;
    store = context.getStateStore(STORE);
    memory = KpiReport.Memory.NOTHING;
    try (KeyValueIterator<byte[], byte[]> all = store.all()) {
      while (all.hasNext()) {
        KeyValue<byte[], byte[]> entry = all.next();
        if (entry.key.length == MEMORY.length) memory = Json.MAPPER.readValue(entry.value, KpiReport.Memory.class);
        else if (entry.key.length == Integer.BYTES + Cells.KEY_BYTES) put(new Said(entry.key, entry.value));
        else status(entry.key, ByteBuffer.wrap(entry.value).getLong(0), entry.value);
      }
    } catch (IOException cause) {
      throw new UncheckedIOException(cause);
    }
    context.schedule(LOOK, PunctuationType.WALL_CLOCK_TIME, this::look);
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    byte[] key = record.key();
    int shard = ByteBuffer.wrap(key).getInt();
    if (key.length == Integer.BYTES + Cells.KEY_BYTES) {
      if (record.value() == null) store.delete(key);
      else store.put(key, record.value());
      waiting.computeIfAbsent(shard, each -> new ArrayList<>()).add(new Said(key, record.value()));
      return;
    }
    for (Said said : waiting.getOrDefault(shard, List.of())) put(said);
    waiting.remove(shard);
    long offset = context.recordMetadata().orElseThrow().offset();
    byte[] kept = ByteBuffer.allocate(Long.BYTES + record.value().length).putLong(offset).put(record.value()).array();
    store.put(key, kept);
    status(key, offset, kept);
  }

  private void put(Said said) {
    ByteBuffer key = ByteBuffer.wrap(said.key);
    int shard = key.getInt();
    int day = key.getInt();
    totals.put(shard, key.get(), day, said.cell == null ? null : Cells.decode(said.cell));
    dirty = true;
  }

  private void status(byte[] key, long offset, byte[] kept) {
    ByteBuffer from = ByteBuffer.wrap(kept, Long.BYTES, 2 * Long.BYTES);
    statuses.put(ByteBuffer.wrap(key).getInt(), new Status(from.getLong(), from.getLong(), offset));
    dirty = true;
  }

  private void look(long now) {
    if (!dirty || statuses.size() < shards) return;
    dirty = false;
    until = Math.max(Math.max(until, memory.day() == null ? 0 : Ids.startOfDay(memory.day() + 1)), bound());
    int horizon = firstKept(until);
    long caughtUpAt = NONE;
    for (Status status : statuses.values()) {
      horizon = Math.max(horizon, firstKept(status.watermark));
      caughtUpAt = Math.max(caughtUpAt, status.caughtUpAt);
    }
    Outputs.Context decided = new Outputs.Context(now, caughtUpAt, null);
    List<long[]> offsets = new ArrayList<>();
    statuses.forEach((shard, status) -> offsets.add(new long[] {shard, status.offset}));
    boolean more = true;
    while (more) {
      KpiReport.Report report = reporter.report(memory, until, horizon, MOST);
      for (Alert alert : report.alerts()) forward(outputs.decision(alert, decided), ALERTS, now);
      for (Kpi kpi : report.kpis()) forward(outputs.kpi(kpi, offsets, decided), Topologies.sinkOf(Out.Type.KPI), now);
      if (report.memory() != memory) remember(report.memory());
      more = report.more();
    }
  }

  /** Event time that has passed: the watermark of shard 0, but not past what a shard has reached that never caught up yet. */
  private long bound() {
    long bound = statuses.get(0).watermark;
    for (Map.Entry<Integer, Status> each : statuses.entrySet())
      if (each.getKey() != 0 && each.getValue().caughtUpAt == NONE) bound = Math.min(bound, each.getValue().watermark);
    return bound;
  }

  private static int firstKept(long watermark) {
    return Ids.dayOf(watermark) - Cells.KEPT_DAYS;
  }

  private void remember(KpiReport.Memory after) {
    memory = after;
    try {
      store.put(MEMORY, Json.MAPPER.writeValueAsBytes(after));
    } catch (JsonProcessingException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  private void forward(Out out, String sink, long now) {
    context.forward(new Record<>(out.key(), out, now, new RecordHeaders(out.headers())), sink);
  }
}
