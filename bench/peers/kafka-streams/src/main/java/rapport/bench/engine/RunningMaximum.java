package rapport.bench.engine;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.streams.processor.TimestampExtractor;
import rapport.bench.sources.Decoded;

/**
 * The place of a record in the merge of a shard's inputs: the running maximum of event time in its partition, which is rapport's order too. A record
 * without a valid time takes its predecessor's.
 */
public final class RunningMaximum implements TimestampExtractor {
  @Override
  public long extract(ConsumerRecord<Object, Object> record, long partitionTime) {
    Incoming incoming = (Incoming) record.value();
    incoming.timestamp = record.timestamp();
    long newest = Math.max(0, partitionTime);
    if (!(incoming.decoded instanceof Decoded.Sound sound)) return newest;
    long at = sound.event().at();
    return at > newest && at <= System.currentTimeMillis() + Fold.FUTURE ? at : newest;
  }
}
