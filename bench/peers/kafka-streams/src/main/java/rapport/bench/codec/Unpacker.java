package rapport.bench.codec;

/** Reads what a Packer wrote. */
final class Unpacker {
  private final byte[] bytes;
  private int position;

  Unpacker(byte[] bytes, int from) {
    this.bytes = bytes;
    position = from;
  }

  int left() {
    return bytes.length - position;
  }

  int one() {
    return bytes[position++] & 0xff;
  }

  long uint() {
    int b = bytes[position++];
    if (b >= 0) return b;
    long value = b & 127;
    int shift = 7;
    for (;;) {
      b = bytes[position++];
      value |= (long) (b & 127) << shift;
      if (b >= 0) return value;
      shift += 7;
    }
  }

  long integer() {
    int first = one();
    long size = (first & 63) + (first >= 128 ? uint() << 6 : 0);
    return (first & 64) == 0 ? size : -size;
  }

  long fixed(int size) {
    long value = 0;
    for (int i = size - 1; i >= 0; i--) value = value << 8 | (bytes[position + i] & 0xff);
    position += size;
    return value;
  }
}
