package rapport.example;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Prints each change of group with its reasons: committed ones only, each customer's in order, from the beginning the first time.
 *
 * <p>Reads RAPPORT_KAFKA_BROKERS, RAPPORT_REGISTRY_URL, RAPPORT_APPLICATION_ID (default: rapport) and GROUP_ID. Further settings of Kafka's client, such as
 * security.protocol, come as arguments: {@code java -jar java-consumer.jar security.protocol=SASL_SSL sasl.mechanism=PLAIN}
 */
public final class ChangeConsumer {
  private static final Map<String, String> ENVIRONMENT = System.getenv();

  public static void main(String[] arguments) {
    String application = ENVIRONMENT.getOrDefault("RAPPORT_APPLICATION_ID", "rapport");
    Properties settings = new Properties();
    settings.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, required("RAPPORT_KAFKA_BROKERS"));
    settings.put(ConsumerConfig.GROUP_ID_CONFIG, ENVIRONMENT.getOrDefault("GROUP_ID", application + "-java"));
    // Java's default is read_uncommitted: it would print changes that never came to be.
    settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    // Offsets are committed below, when their changes have been printed.
    settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    for (String argument : arguments) {
      String[] parts = argument.split("=", 2);
      settings.put(parts[0], parts.length > 1 ? parts[1] : "");
    }
    var decoder = new RecordDeserializer(required("RAPPORT_REGISTRY_URL"), "segment-change");
    var consumer = new KafkaConsumer<>(settings, new StringDeserializer(), decoder);
    stopWithTheProcess(consumer);
    try (consumer) {
      consumer.subscribe(List.of(application + ".segment-changes"));
      while (true) {
        var records = consumer.poll(Duration.ofMillis(500));
        for (ConsumerRecord<String, GenericRecord> record : records) if (record.value() != null) System.out.println(text(record.value()));
        if (!records.isEmpty()) consumer.commitSync();
      }
    } catch (WakeupException stopped) {
      // told to stop: the group is left on the way out, so others take over at once
    }
  }

  private static void stopWithTheProcess(KafkaConsumer<?, ?> consumer) {
    Thread main = Thread.currentThread();
    Thread stop =
        new Thread(
            () -> {
              consumer.wakeup();
              try {
                main.join(10_000);
              } catch (InterruptedException error) {
                Thread.currentThread().interrupt();
              }
            });
    Runtime.getRuntime().addShutdownHook(stop);
  }

  /** One line: when, who, from where to where, why. */
  private static String text(GenericRecord change) {
    List<String> reasons = new ArrayList<>();
    for (Object each : (List<?>) change.get("drivers")) {
      GenericRecord driver = (GenericRecord) each;
      reasons.add(String.format(Locale.ROOT, "%s %+.1f", driver.get("name"), (double) driver.get("difference")));
    }
    Object from = change.get("from") == null ? "-" : change.get("from");
    String why = reasons.isEmpty() ? "first seen" : String.join(", ", reasons);
    return String.format(
        "%s %s #%s %s -> %s (%s): %s",
        Instant.ofEpochMilli((long) change.get("at")), change.get("customerId"), change.get("number"), from, change.get("to"), change.get("cause"), why);
  }

  private static String required(String name) {
    String value = ENVIRONMENT.get(name);
    if (value != null && !value.isEmpty()) return value;
    System.err.println(name + " is not set.");
    System.exit(2);
    throw new IllegalStateException();
  }
}
