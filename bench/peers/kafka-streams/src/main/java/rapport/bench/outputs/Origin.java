package rapport.bench.outputs;

/** Where a record stands in a topic. */
public record Origin(String topic, int partition, long offset, long timestamp) {}
