package rapport.bench.domain;

/** Scalars: instants are milliseconds since the Unix epoch, money is in minor units, hashes have 52 bits. As src/domain/ids.ts. */
public final class Ids {
  public static final long DAY = 86_400_000L;
  /** The end of the year 9999. */
  public static final long LAST_INSTANT = 253_402_300_799_999L;
  /** An instant that is not known: null in rapport. */
  public static final long NONE = Long.MIN_VALUE;

  private Ids() {}

  public static int dayOf(long at) {
    return (int) Math.floorDiv(at, DAY);
  }

  public static long startOfDay(long day) {
    return day * DAY;
  }

  public static long later(long a, long b) {
    return a == NONE || b > a ? b : a;
  }

  public static long earlier(long a, long b) {
    return a == NONE || b < a ? b : a;
  }

  /** Why a string is not a customer id, or null when it is one. */
  public static String customerIdFault(String id) {
    int length = id.length();
    if (length == 0) return "is empty";
    if (length > 128 || (length * 3 > 128 && utf8Length(id) > 128)) return "is longer than 128 bytes";
    for (int i = 0; i < length; i++) {
      char c = id.charAt(i);
      if (c < 0x20 || (c >= 0x7f && c <= 0x9f)) return "has control characters";
      if (c == '\uFFFD') return "is not well-formed UTF-8";
    }
    return null;
  }

  public static int utf8Length(String text) {
    int bytes = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x80) bytes += 1;
      else if (c < 0x800) bytes += 2;
      else if (Character.isHighSurrogate(c)) {
        bytes += 4;
        i++;
      } else bytes += 3;
    }
    return bytes;
  }

  /** cyrb53 (bryc, public domain), 20 + 32 bits kept. */
  public static long hash(String text) {
    int h1 = 0xdeadbeef;
    int h2 = 0x41c6ce57;
    for (int i = 0; i < text.length(); i++) {
      int code = text.charAt(i);
      h1 = (h1 ^ code) * (int) 2654435761L;
      h2 = (h2 ^ code) * 1597334677;
    }
    h1 = ((h1 ^ (h1 >>> 16)) * (int) 2246822507L) ^ ((h2 ^ (h2 >>> 13)) * (int) 3266489909L);
    h2 = ((h2 ^ (h2 >>> 16)) * (int) 2246822507L) ^ ((h1 ^ (h1 >>> 13)) * (int) 3266489909L);
    return ((long) (h2 & 0xfffff) << 32) | (h1 & 0xffffffffL);
  }
}
