package rapport.bench.domain;

/** What can happen to a customer, decoded and checked. As src/domain/event.ts; instants that are not known are Ids.NONE, ids are hashes, 0 or more; NO_ID for none. */
public sealed interface Event {
  long NO_ID = -1;

  long id();

  String customer();

  long at();

  enum PurchaseKind { PURCHASE, REFUND, CANCELLATION }

  record Purchase(
      long id, String customer, long at, long order, PurchaseKind kind, long amount, long discount, long cost, int items,
      String channel, boolean recurring, boolean recommended, long campaign, long orderedAt) implements Event {}

  enum TicketStatus { OPENED, REPLIED, RESOLVED, REOPENED, CLOSED }

  /** `satisfaction` 1–5, 0 for none; `sentiment` NaN for none */
  record Support(
      long id, String customer, long at, long ticket, TicketStatus status, String channel, int satisfaction, double sentiment, long cost)
      implements Event {}

  enum SurveyKind { NPS, CSAT, REVIEW, CES }

  record Survey(long id, String customer, long at, SurveyKind kind, double score, double sentiment, String channel) implements Event {}

  enum EngagementKind {
    CAMPAIGN_SENT, CAMPAIGN_OPENED, CAMPAIGN_CLICKED, UNSUBSCRIBED, RESUBSCRIBED, LOYALTY_JOINED, LOYALTY_EARNED, LOYALTY_REDEEMED,
    LOYALTY_LEFT, REFERRAL, REVIEW_POSTED, COMMUNITY_POST, VISIT, SIGNED_UP
  }

  record Engagement(long id, String customer, long at, EngagementKind kind, long campaign, String channel, long cost) implements Event {}
}
