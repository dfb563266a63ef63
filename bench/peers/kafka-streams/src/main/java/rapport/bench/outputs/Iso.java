package rapport.bench.outputs;

import java.time.LocalDate;
import rapport.bench.domain.Ids;

/** Instants as JavaScript writes them, always with milliseconds: 2026-01-31T12:00:00.000Z. */
public final class Iso {
  private Iso() {}

  public static String date(int day) {
    return LocalDate.ofEpochDay(day).toString();
  }

  public static String instant(long at) {
    int day = Ids.dayOf(at);
    int ms = (int) (at - Ids.startOfDay(day));
    char[] text = new char[24];
    LocalDate.ofEpochDay(day).toString().getChars(0, 10, text, 0);
    text[10] = 'T';
    digits(text, 11, 2, ms / 3_600_000);
    text[13] = ':';
    digits(text, 14, 2, ms / 60_000 % 60);
    text[16] = ':';
    digits(text, 17, 2, ms / 1_000 % 60);
    text[19] = '.';
    digits(text, 20, 3, ms % 1_000);
    text[23] = 'Z';
    return new String(text);
  }

  private static void digits(char[] text, int from, int count, int value) {
    for (int i = from + count - 1, rest = value; i >= from; i--, rest /= 10) text[i] = (char) ('0' + rest % 10);
  }
}
