package rapport.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import rapport.bench.engine.CustomerProcessor;
import rapport.bench.engine.Ends;
import rapport.bench.engine.KpiProcessor;
import rapport.bench.engine.Rocks;
import rapport.bench.engine.Topologies;
import rapport.bench.outputs.Out;
import rapport.bench.outputs.Outputs;

/** The peer as a process: `Main CONFIG.json`. Says on stdout, one JSON object a line, when it is running; ends by SIGTERM within 30 s. */
public final class Main {
  private static final Duration CLOSE = Duration.ofSeconds(25);

  private Main() {}

  public static void main(String[] args) throws IOException, ExecutionException, InterruptedException {
    PeerConfig config = Json.MAPPER.readValue(Path.of(args[0]).toFile(), PeerConfig.class);
    List<String> topics = config.sources().stream().map(PeerConfig.Source::topic).toList();
    String cells = config.applicationId() + "-cells";
    Admin admin = Admin.create(Map.of("bootstrap.servers", config.bootstrap()));
    int partitions = admin.describeTopics(topics).allTopicNames().get().get(topics.get(0)).partitions().size();
    create(admin, cells);
    Ends ends = new Ends(admin, config.applicationId(), topics);
    ends.start();

    Outputs.Application app =
        new Outputs.Application(config.application(), config.policy().currency(), config.policyHash(), schemaIds(config.outputSchemaIds()));
    Topology topology = Topologies.of(
        config, new Registry(config.registry()), cells,
        () -> new CustomerProcessor(config.policy(), new Outputs(app), ends, topics, config.guardMs(), partitions),
        () -> new KpiProcessor(config.policy(), new Outputs(app), partitions));
    KafkaStreams streams = new KafkaStreams(topology, properties(config));
    CountDownLatch ended = new CountDownLatch(1);
    streams.setStateListener((now, before) -> {
      System.out.println("{\"state\":\"" + now + "\"}");
      if (now == KafkaStreams.State.ERROR || now == KafkaStreams.State.NOT_RUNNING) ended.countDown();
    });
    boolean[] failed = {false};
    streams.setUncaughtExceptionHandler(cause -> {
      cause.printStackTrace();
      failed[0] = true;
      return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      streams.close(CLOSE);
      ends.close();
    }));
    streams.start();
    ended.await();
    if (failed[0]) Runtime.getRuntime().halt(1);
  }

  /** Between the two halves of the topology: the totals of the shards, each as it is now. */
  private static void create(Admin admin, String cells) throws ExecutionException, InterruptedException {
    NewTopic topic = new NewTopic(cells, 1, (short) -1).configs(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
    try {
      admin.createTopics(List.of(topic)).all().get();
    } catch (ExecutionException cause) {
      if (!(cause.getCause() instanceof TopicExistsException)) throw cause;
    }
  }

  private static Map<Out.Type, Integer> schemaIds(Map<String, Integer> ids) {
    Map<Out.Type, Integer> byType = new EnumMap<>(Out.Type.class);
    byType.put(Out.Type.SEGMENT_CHANGE, ids.get("segmentChanges"));
    byType.put(Out.Type.PROFILE, ids.get("profiles"));
    byType.put(Out.Type.ALERT, ids.get("alerts"));
    byType.put(Out.Type.KPI, ids.get("kpis"));
    byType.put(Out.Type.DEAD_LETTER, ids.get("deadLetters"));
    return byType;
  }

  /** What is not said here is as Kafka Streams has it; `streams` of the configuration overrides it, for trying other values. */
  private static Properties properties(PeerConfig config) {
    Properties properties = new Properties();
    properties.put(StreamsConfig.APPLICATION_ID_CONFIG, config.applicationId());
    properties.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrap());
    properties.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    properties.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, config.threads());
    properties.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, config.commitIntervalMs());
    properties.put(StreamsConfig.STATE_DIR_CONFIG, config.stateDir());
    properties.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 256L << 20);
    properties.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, Rocks.class);
    properties.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, 4_000);
    properties.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, -1);
    // inputs are large batches; what is slow is the round trip
    properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 4_000);
    properties.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 4 << 20);
    // a change of state per event goes to the changelog: many small records, of much the same content
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 100);
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 << 10);
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), 64L << 20);
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.COMPRESSION_TYPE_CONFIG), "lz4");
    properties.put(StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG), 60_000);
    properties.putAll(config.streams());
    return properties;
  }
}
