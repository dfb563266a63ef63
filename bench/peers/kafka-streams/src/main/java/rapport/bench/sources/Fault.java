package rapport.bench.sources;

import static rapport.bench.domain.Ids.LAST_INSTANT;

import rapport.bench.domain.Ids;
import rapport.bench.sources.Decoded.Reason;

/** What is wrong with a record, naming the field and never its value. The checks are those of src/sources/checks.ts, in its order. */
final class Fault extends RuntimeException {
  static final long MOST_MINOR = 1_000_000_000_000L;
  private static final int MOST_ID_BYTES = 128;
  private static final int MOST_WORD_BYTES = 64;
  private static final int MOST_ITEMS = 1_000_000;

  final Reason reason;

  Fault(Reason reason, String detail) {
    super(detail, null, false, false);
    this.reason = reason;
  }

  static void checkFact(String eventId, String customer, long at) {
    String fault = Ids.customerIdFault(customer);
    if (fault != null) throw new Fault(Reason.INVALID_CUSTOMER_ID, "customerId " + fault);
    checkId("eventId", eventId);
    checkTime("occurredAt", at);
  }

  static void checkId(String field, String id) {
    if (id == null) return;
    if (id.isEmpty()) throw new Fault(Reason.INVALID_RECORD, field + " is empty");
    if (tooLong(id, MOST_ID_BYTES)) throw new Fault(Reason.INVALID_RECORD, field + " is longer than " + MOST_ID_BYTES + " bytes");
  }

  static void checkWord(String field, String word) {
    if (tooLong(word, MOST_WORD_BYTES)) throw new Fault(Reason.INVALID_RECORD, field + " is longer than " + MOST_WORD_BYTES + " bytes");
  }

  private static boolean tooLong(String text, int most) {
    return text.length() > most || (text.length() * 3 > most && Ids.utf8Length(text) > most);
  }

  static void checkTime(String field, long at) {
    if (at == Ids.NONE || (at >= 0 && at <= LAST_INSTANT)) return;
    throw new Fault(Reason.INVALID_TIME, field + " is not between the years 1970 and 9999");
  }

  static void checkAmount(String field, long amount) {
    if (amount < 0) throw new Fault(Reason.INVALID_RECORD, field + " is negative");
    if (amount > MOST_MINOR) throw new Fault(Reason.INVALID_RECORD, field + " is larger than 10^12");
  }

  static void checkItems(int items) {
    if (items < 0 || items > MOST_ITEMS) throw new Fault(Reason.INVALID_RECORD, "items is not between 0 and " + MOST_ITEMS);
  }

  static void checkScore(String field, double score, int least, double most, boolean whole) {
    if (!(score >= least && score <= most))
      throw new Fault(Reason.INVALID_RECORD, field + " is not between " + least + " and " + (long) most);
    if (whole && score != Math.rint(score)) throw new Fault(Reason.INVALID_RECORD, field + " is not an integer");
  }
}
