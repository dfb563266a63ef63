package rapport.bench.sources;

import static rapport.bench.domain.Event.NO_ID;
import static rapport.bench.domain.Ids.NONE;
import static rapport.bench.domain.Ids.hash;

import java.math.BigDecimal;
import java.util.Locale;
import rapport.bench.codec.AvroIn;
import rapport.bench.domain.Event;
import rapport.bench.domain.Event.EngagementKind;
import rapport.bench.domain.Event.PurchaseKind;
import rapport.bench.domain.Event.SurveyKind;
import rapport.bench.domain.Event.TicketStatus;
import rapport.bench.domain.Policy;
import rapport.bench.sources.Decoded.Reason;

/** Avro bytes of our own input schemas to events: src/sources/{purchase,support,survey,engagement}.ts. Throws Fault and AvroIn.Malformed. */
final class Sources {
  private static final PurchaseKind[] PURCHASES = PurchaseKind.values();
  private static final TicketStatus[] STATUSES = TicketStatus.values();
  private static final SurveyKind[] SURVEYS = SurveyKind.values();
  private static final EngagementKind[] ENGAGEMENTS = EngagementKind.values();

  private final Money money;
  private final double csatMost;

  Sources(Policy policy) {
    money = new Money(policy);
    csatMost = policy.feedback().csatMost();
  }

  Event read(SourceType type, AvroIn in) {
    return switch (type) {
      case purchase -> purchase(in);
      case support -> support(in);
      case survey -> survey(in);
      case engagement -> engagement(in);
    };
  }

  private Event purchase(AvroIn in) {
    String eventId = in.string();
    String customer = in.string();
    long at = in.int64();
    String order = in.string();
    PurchaseKind kind = PURCHASES[in.index(PURCHASES.length)];
    long amountMinor = in.int64();
    String currency = in.string();
    long discountMinor = in.int64();
    long costMinor = in.index(2) == 0 ? 0 : in.int64();
    int items = in.int32();
    String channel = in.string();
    boolean recurring = in.bool();
    boolean recommended = in.bool();
    String campaign = in.stringOrNull();
    long orderedAt = in.index(2) == 0 ? NONE : in.int64();
    in.end();
    Fault.checkFact(eventId, customer, at);
    Fault.checkId("orderId", order);
    Fault.checkAmount("amountMinor", amountMinor);
    Fault.checkAmount("discountMinor", discountMinor);
    Fault.checkAmount("costMinor", costMinor);
    Fault.checkItems(items);
    Fault.checkWord("channel", channel);
    Fault.checkId("campaignId", campaign);
    Fault.checkTime("orderedAt", orderedAt);
    BigDecimal rate = money.at(currency, at);
    long amount = Money.convert(amountMinor, rate);
    long discount = Money.convert(discountMinor, rate);
    long cost = Money.convert(costMinor, rate);
    if (Math.max(Math.max(amount, discount), cost) > Fault.MOST_MINOR)
      throw new Fault(Reason.INVALID_RECORD, "an amount is larger than 10^12 in the base currency");
    return new Event.Purchase(
        hash(eventId), customer, at, hash(order), kind, amount, discount, cost, items, lower(channel), recurring, recommended, idOf(campaign),
        // Clocks of two systems differ: an order is never placed after what takes it back.
        kind == PurchaseKind.PURCHASE || orderedAt == NONE ? NONE : Math.min(orderedAt, at));
  }

  private Event support(AvroIn in) {
    String eventId = in.string();
    String customer = in.string();
    long at = in.int64();
    String ticket = in.string();
    TicketStatus status = STATUSES[in.index(STATUSES.length)];
    String channel = in.string();
    String priority = in.string();
    boolean rated = in.index(2) == 1;
    int satisfaction = rated ? in.int32() : 0;
    String comment = in.stringOrNull();
    long cost = in.index(2) == 0 ? 0 : in.int64();
    in.end();
    Fault.checkFact(eventId, customer, at);
    Fault.checkId("ticketId", ticket);
    Fault.checkWord("channel", channel);
    Fault.checkWord("priority", priority);
    if (rated) Fault.checkScore("satisfaction", satisfaction, 1, 5, true);
    Fault.checkAmount("costMinor", cost);
    return new Event.Support(
        hash(eventId), customer, at, hash(ticket), status, lower(channel), satisfaction, sentimentOf(comment), cost);
  }

  private Event survey(AvroIn in) {
    String eventId = in.string();
    String customer = in.string();
    long at = in.int64();
    String survey = in.string();
    SurveyKind kind = SURVEYS[in.index(SURVEYS.length)];
    double score = in.float64();
    String comment = in.stringOrNull();
    String channel = in.string();
    in.end();
    Fault.checkFact(eventId, customer, at);
    Fault.checkId("surveyId", survey);
    switch (kind) {
      case NPS -> Fault.checkScore("score", score, 0, 10, true);
      case CSAT, REVIEW -> Fault.checkScore("score", score, 1, csatMost, true);
      case CES -> Fault.checkScore("score", score, 1, 7, false);
    }
    Fault.checkWord("channel", channel);
    return new Event.Survey(hash(eventId), customer, at, kind, score, sentimentOf(comment), lower(channel));
  }

  private Event engagement(AvroIn in) {
    String eventId = in.string();
    String customer = in.string();
    long at = in.int64();
    EngagementKind kind = ENGAGEMENTS[in.index(ENGAGEMENTS.length)];
    String campaign = in.stringOrNull();
    String channel = in.string();
    long cost = in.index(2) == 0 ? 0 : in.int64();
    in.end();
    Fault.checkFact(eventId, customer, at);
    Fault.checkId("campaignId", campaign);
    Fault.checkWord("channel", channel);
    Fault.checkAmount("costMinor", cost);
    return new Event.Engagement(hash(eventId), customer, at, kind, idOf(campaign), lower(channel), cost);
  }

  private static long idOf(String id) {
    return id == null ? NO_ID : hash(id);
  }

  private static String lower(String channel) {
    return channel.toLowerCase(Locale.ROOT);
  }

  /** The words of customers are read by a package that is not ported: the benchmark's events have none. */
  private static double sentimentOf(String comment) {
    if (comment == null) return Double.NaN;
    throw new UnsupportedOperationException("an event has a comment: this peer does not tell the sentiment of words, see README.md");
  }
}
