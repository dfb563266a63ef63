package rapport.bench.engine;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import rapport.bench.PeerConfig;
import rapport.bench.outputs.Out;
import rapport.bench.sources.Decoder;
import rapport.bench.sources.Schemas;

/** The topology: four sources, one processor with the stores, a sink for each output; and a second part that adds up the totals of all shards. */
public final class Topologies {
  static final String CELLS = "cells-sink";
  private static final String CUSTOMER = "customer";
  private static final Deserializer<byte[]> BYTES = Serdes.ByteArray().deserializer();
  private static final Serializer<byte[]> KEY = Serdes.ByteArray().serializer();
  private static final Serializer<Out> VALUE = (topic, out) -> out.value();

  private Topologies() {}

  static String sinkOf(Out.Type type) {
    return type.name();
  }

  public static Topology of(
      PeerConfig config, Schemas schemas, String cellsTopic, Supplier<CustomerProcessor> customers, Supplier<KpiProcessor> kpis) {
    Topology topology = new Topology();
    for (PeerConfig.Source source : config.sources()) {
      Decoder decoder = new Decoder(source.type(), config.policy(), schemas);
      Deserializer<Incoming> incoming = (topic, value) -> new Incoming(decoder.decode(value));
      topology.addSource(AutoOffsetReset.earliest(), source.topic(), new RunningMaximum(), BYTES, incoming, source.topic());
    }
    String[] sources = config.sources().stream().map(PeerConfig.Source::topic).toArray(String[]::new);
    topology.addProcessor(CUSTOMER, customers::get, sources);
    for (String store : List.of(CustomerProcessor.CUSTOMERS, CustomerProcessor.TIMERS, CustomerProcessor.TOTALS))
      topology.addStateStore(storeOf(store), CUSTOMER);
    PeerConfig.Topics topics = config.outputs();
    // a customer's records go to the customer's partition, which the producer's own partitioner finds by the key
    topology.addSink(sinkOf(Out.Type.SEGMENT_CHANGE), topics.segmentChanges(), KEY, VALUE, CUSTOMER);
    topology.addSink(sinkOf(Out.Type.PROFILE), topics.profiles(), KEY, VALUE, CUSTOMER);
    topology.addSink(sinkOf(Out.Type.ALERT), topics.alerts(), KEY, VALUE, CUSTOMER);
    topology.addSink(sinkOf(Out.Type.DEAD_LETTER), topics.deadLetters(), KEY, VALUE, CUSTOMER);

    StreamPartitioner<byte[], Out> first = (topic, key, value, partitions) -> Optional.of(Set.of(0));
    topology.addSink(CELLS, cellsTopic, KEY, VALUE, first, CUSTOMER);
    topology.addSource(AutoOffsetReset.earliest(), "cells-source", BYTES, BYTES, cellsTopic);
    topology.addProcessor("kpis", kpis::get, "cells-source");
    topology.addStateStore(storeOf(KpiProcessor.STORE), "kpis");
    topology.addSink(sinkOf(Out.Type.KPI), topics.kpis(), KEY, VALUE, first, "kpis");
    topology.addSink(KpiProcessor.ALERTS, topics.alerts(), KEY, VALUE, first, "kpis");
    return topology;
  }

  private static StoreBuilder<KeyValueStore<byte[], byte[]>> storeOf(String name) {
    return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.ByteArray(), Serdes.ByteArray())
        .withCachingEnabled()
        .withLoggingEnabled(Map.of());
  }
}
