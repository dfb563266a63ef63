package rapport.example;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;

/**
 * Values in the Confluent wire format, resolved to the schema that this program was written for: fields that are newer are left out, and a word that is newer
 * becomes UNKNOWN. It asks the registry once for each schema id; with Confluent's own deserializer on the class path this class is not needed.
 */
final class RecordDeserializer implements Deserializer<GenericRecord> {
  private static final int HEADER_BYTES = 5;

  private final String registry;
  private final Schema reader;
  private final HttpClient http = HttpClient.newHttpClient();
  private final Map<Integer, GenericDatumReader<GenericRecord>> readers = new HashMap<>();

  RecordDeserializer(String registry, String schema) {
    this.registry = registry.replaceAll("/+$", "");
    try (InputStream text = RecordDeserializer.class.getResourceAsStream("/" + schema + ".avsc")) {
      this.reader = new Schema.Parser().parse(text);
    } catch (IOException error) {
      throw new UncheckedIOException(error);
    }
  }

  @Override
  public GenericRecord deserialize(String topic, byte[] value) {
    if (value == null) return null;
    ByteBuffer header = ByteBuffer.wrap(value);
    if (value.length < HEADER_BYTES || header.get() != 0) throw new SerializationException("not in the Confluent wire format");
    GenericDatumReader<GenericRecord> of = readers.computeIfAbsent(header.getInt(), this::readerOf);
    try {
      return of.read(null, DecoderFactory.get().binaryDecoder(value, HEADER_BYTES, value.length - HEADER_BYTES, null));
    } catch (IOException error) {
      throw new SerializationException("not the bytes of the schema that it names", error);
    }
  }

  private GenericDatumReader<GenericRecord> readerOf(int id) {
    HttpRequest request = HttpRequest.newBuilder(URI.create(registry + "/schemas/ids/" + id)).timeout(Duration.ofSeconds(10)).build();
    try {
      var answer = http.send(request, BodyHandlers.ofString());
      if (answer.statusCode() != 200) throw new SerializationException("the registry answers " + answer.statusCode() + " for schema " + id);
      return new GenericDatumReader<>(new Schema.Parser().parse(schemaIn(answer.body())), reader);
    } catch (IOException error) {
      throw new SerializationException("the registry does not answer", error);
    } catch (InterruptedException error) {
      Thread.currentThread().interrupt();
      throw new SerializationException("interrupted", error);
    }
  }

  /** The answer is {"schema": "…"}: Avro brings the JSON reader that takes it apart. */
  private static String schemaIn(String answer) throws IOException {
    return new ObjectMapper().readTree(answer).get("schema").asText();
  }
}
