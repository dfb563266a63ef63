package rapport.bench.codec;

import static rapport.bench.domain.Ids.NONE;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes Avro's binary encoding into one growing buffer, behind the header of the wire format. Not for several threads. */
public final class AvroOut {
  private byte[] bytes = new byte[4_096];
  private int end;

  /** Begins a value of the wire format. */
  public AvroOut begin(int schemaId) {
    bytes[0] = 0;
    bytes[1] = (byte) (schemaId >>> 24);
    bytes[2] = (byte) (schemaId >>> 16);
    bytes[3] = (byte) (schemaId >>> 8);
    bytes[4] = (byte) schemaId;
    end = 5;
    return this;
  }

  public byte[] take() {
    return Arrays.copyOf(bytes, end);
  }

  public void int64(long value) {
    reserve(10);
    long rest = (value << 1) ^ (value >> 63);
    while ((rest & ~0x7fL) != 0) {
      bytes[end++] = (byte) (rest & 0x7f | 0x80);
      rest >>>= 7;
    }
    bytes[end++] = (byte) rest;
  }

  public void bool(boolean value) {
    reserve(1);
    bytes[end++] = (byte) (value ? 1 : 0);
  }

  public void float64(double value) {
    reserve(8);
    long bits = Double.doubleToRawLongBits(value);
    for (int i = 0; i < 8; i++, bits >>>= 8) bytes[end++] = (byte) bits;
  }

  @SuppressWarnings("deprecation") // the one way to write ASCII without a copy
  public void string(String text) {
    int length = text.length();
    for (int i = 0; i < length; i++) {
      if (text.charAt(i) < 0x80) continue;
      bytes(text.getBytes(StandardCharsets.UTF_8));
      return;
    }
    int64(length);
    reserve(length);
    text.getBytes(0, length, bytes, end);
    end += length;
  }

  public void bytes(byte[] value) {
    int64(value.length);
    reserve(value.length);
    System.arraycopy(value, 0, bytes, end, value.length);
    end += value.length;
  }

  /** An enum whose first symbol stands for what is not known, or a union of null and such an enum. */
  public void symbol(Enum<?> value) {
    int64(value.ordinal() + 1);
  }

  public void symbolOrNull(Enum<?> value) {
    int64(value == null ? 0 : 1);
    if (value != null) symbol(value);
  }

  public void stringOrNull(String text) {
    int64(text == null ? 0 : 1);
    if (text != null) string(text);
  }

  public void bytesOrNull(byte[] value) {
    int64(value == null ? 0 : 1);
    if (value != null) bytes(value);
  }

  /** NaN is null. */
  public void float64OrNull(double value) {
    boolean isNull = Double.isNaN(value);
    int64(isNull ? 0 : 1);
    if (!isNull) float64(value);
  }

  /** Ids.NONE is null. */
  public void int64OrNull(long value) {
    int64(value == NONE ? 0 : 1);
    if (value != NONE) int64(value);
  }

  private void reserve(int size) {
    if (end + size > bytes.length) bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, end + size));
  }
}
