package rapport.bench.codec;

import java.util.Arrays;

/** Packed numbers for the state's bytes: varints of 7 bits a byte. src/codec/state-bytes.ts. */
final class Packer {
  private byte[] bytes = new byte[16_384];
  private int end;

  void one(int value) {
    reserve(1);
    bytes[end++] = (byte) value;
  }

  /** 0 or more */
  void uint(long value) {
    reserve(10);
    long rest = value;
    while (rest >= 128) {
      bytes[end++] = (byte) (rest & 127 | 128);
      rest >>>= 7;
    }
    bytes[end++] = (byte) rest;
  }

  void integer(long value) {
    long size = Math.abs(value);
    long rest = size >>> 6;
    int low = (int) (size & 63) + (value < 0 ? 64 : 0);
    if (rest == 0) one(low);
    else {
      one(low + 128);
      uint(rest);
    }
  }

  void fixed(long value, int size) {
    reserve(size);
    for (int i = 0; i < size; i++) bytes[end++] = (byte) (value >>> (8 * i));
  }

  void clear() {
    end = 0;
  }

  byte[] take() {
    return Arrays.copyOf(bytes, end);
  }

  private void reserve(int size) {
    if (end + size > bytes.length) bytes = Arrays.copyOf(bytes, bytes.length * 2);
  }
}
