package rapport.bench.codec;

import java.nio.charset.StandardCharsets;

/** Reads Avro's binary encoding field by field, without a datum reader between: the schema's order is the caller's. Throws Malformed. */
public final class AvroIn {
  /** The bytes are not what the schema says. */
  public static final class Malformed extends RuntimeException {
    public final boolean beyond;

    Malformed(String message, boolean beyond) {
      super(message, null, false, false);
      this.beyond = beyond;
    }
  }

  private static final long MOST_EXACT = (1L << 53) - 1;

  private final byte[] bytes;
  private int position;

  public AvroIn(byte[] bytes, int from) {
    this.bytes = bytes;
    position = from;
  }

  public int int32() {
    long value = raw();
    if (value != (int) value) throw new Malformed("an int is too large", false);
    return (int) value;
  }

  public long int64() {
    long value = raw();
    if (value > MOST_EXACT || value < -MOST_EXACT) throw new Malformed("a long is beyond 2^53", true);
    return value;
  }

  /** An enum's index or a union's branch, less than `count`. */
  public int index(int count) {
    long value = raw();
    if (value < 0 || value >= count) throw new Malformed("an index is out of range", false);
    return (int) value;
  }

  public boolean bool() {
    int value = next();
    if (value > 1 || value < 0) throw new Malformed("a boolean is neither", false);
    return value == 1;
  }

  public double float64() {
    if (bytes.length - position < 8) throw new Malformed("the bytes end", false);
    long bits = 0;
    for (int i = 7; i >= 0; i--) bits = bits << 8 | (bytes[position + i] & 0xff);
    position += 8;
    return Double.longBitsToDouble(bits);
  }

  public String string() {
    long length = raw();
    if (length < 0 || length > bytes.length - position) throw new Malformed("a string is longer than the bytes", false);
    String text = new String(bytes, position, (int) length, StandardCharsets.UTF_8);
    position += (int) length;
    return text;
  }

  public String stringOrNull() {
    return index(2) == 0 ? null : string();
  }

  public void end() {
    if (position != bytes.length) throw new Malformed("there are bytes too many", false);
  }

  private byte next() {
    if (position >= bytes.length) throw new Malformed("the bytes end", false);
    return bytes[position++];
  }

  private long raw() {
    long value = 0;
    int shift = 0;
    for (;;) {
      byte b = next();
      value |= (long) (b & 0x7f) << shift;
      if (b >= 0) return (value >>> 1) ^ -(value & 1);
      shift += 7;
      if (shift > 63) throw new Malformed("a number does not end", false);
    }
  }
}
