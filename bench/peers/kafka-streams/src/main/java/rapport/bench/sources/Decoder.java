package rapport.bench.sources;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import rapport.bench.codec.AvroIn;
import rapport.bench.domain.Event;
import rapport.bench.domain.Policy;
import rapport.bench.sources.Decoded.Dead;
import rapport.bench.sources.Decoded.Reason;

/**
 * The wire format of one source to events, or the reason why there is none: src/codec/decoder.ts. What was written with our own schema is read field by
 * field; what was written with another goes through Avro's resolution first. Never throws for bad bytes. For several threads.
 */
public final class Decoder {
  private static final int HEADER_BYTES = 5;
  private static final int MOST_VALUE_BYTES = 512 * 1024;

  /** `resolve` null: written with our own schema; `fault` not null: there is none that could be used. */
  private record Writer(int id, Schema resolve, String fault) {}

  private final SourceType type;
  private final Schemas schemas;
  private final Sources sources;
  private final Schema ours;
  private final Map<Integer, Writer> writers = new ConcurrentHashMap<>();
  private volatile Writer last = new Writer(-1, null, null);

  public Decoder(SourceType type, Policy policy, Schemas schemas) {
    this.type = type;
    this.schemas = schemas;
    sources = new Sources(policy);
    ours = schemaOf("in/" + type.name());
  }

  public static Schema schemaOf(String name) {
    try (InputStream text = Decoder.class.getResourceAsStream("/" + name + ".avsc")) {
      return new Schema.Parser().parse(text);
    } catch (IOException cause) {
      throw new UncheckedIOException(cause);
    }
  }

  public Decoded decode(byte[] value) {
    if (value == null) return new Dead(Reason.INVALID_RECORD, "the record has no value", null);
    if (value.length > MOST_VALUE_BYTES) return new Dead(Reason.TOO_LARGE, "the value is larger than " + MOST_VALUE_BYTES + " bytes", value);
    if (value.length < HEADER_BYTES || value[0] != 0)
      return new Dead(Reason.NOT_AVRO, "the value is not in the wire format: a zero byte and a schema id", value);
    int id = (value[1] & 0xff) << 24 | (value[2] & 0xff) << 16 | (value[3] & 0xff) << 8 | value[4] & 0xff;
    Writer writer = last;
    if (writer.id != id) writer = writerOf(id);
    if (writer.fault != null) return new Dead(Reason.UNKNOWN_SCHEMA, writer.fault, value);
    try {
      Event event =
          writer.resolve == null
              ? sources.read(type, new AvroIn(value, HEADER_BYTES))
              : sources.read(type, new AvroIn(resolved(writer.resolve, value), 0));
      return new Decoded.Sound(event, value);
    } catch (Fault fault) {
      return new Dead(fault.reason, fault.getMessage(), value);
    } catch (AvroIn.Malformed malformed) {
      if (malformed.beyond) return new Dead(Reason.INVALID_RECORD, "an integer is beyond 2^53", value);
      return new Dead(Reason.NOT_AVRO, "the bytes are not those of schema " + id, value);
    } catch (IOException | AvroRuntimeException unreadable) {
      return new Dead(Reason.NOT_AVRO, "the bytes are not those of schema " + id, value);
    }
  }

  private Writer writerOf(int id) {
    Writer writer = writers.computeIfAbsent(id, this::ask);
    last = writer;
    return writer;
  }

  private Writer ask(int id) {
    String text = schemas.find(id);
    if (text == null) return new Writer(id, null, "schema " + id + " is not registered");
    try {
      Schema writer = new Schema.Parser().parse(text);
      return new Writer(id, writer.equals(ours) ? null : writer, null);
    } catch (AvroRuntimeException cause) {
      return new Writer(id, null, "schema " + id + " cannot be read as a " + type + ": " + cause.getMessage());
    }
  }

  private byte[] resolved(Schema writer, byte[] value) throws IOException {
    GenericRecord record =
        new GenericDatumReader<GenericRecord>(writer, ours).read(null, DecoderFactory.get().binaryDecoder(value, HEADER_BYTES, value.length - HEADER_BYTES, null));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    BinaryEncoder encoder = EncoderFactory.get().binaryEncoder(bytes, null);
    new GenericDatumWriter<GenericRecord>(ours).write(record, encoder);
    encoder.flush();
    return bytes.toByteArray();
  }
}
