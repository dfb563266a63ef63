package rapport.bench.domain;

import static rapport.bench.domain.CustomerState.LATEST_DAYS;
import static rapport.bench.domain.CustomerState.SCORE_STEPS;
import static rapport.bench.domain.Ids.DAY;
import static rapport.bench.domain.Ids.dayOf;
import static rapport.bench.domain.Ids.later;
import static rapport.bench.domain.Ids.startOfDay;

import java.util.ArrayList;
import java.util.List;
import rapport.bench.domain.CustomerState.Answer;
import rapport.bench.domain.CustomerState.AnswerKind;
import rapport.bench.domain.CustomerState.DayCount;
import rapport.bench.domain.CustomerState.Flow;
import rapport.bench.domain.CustomerState.Ticket;
import rapport.bench.domain.CustomerState.Touch;

/** Facts: what an event changes about a customer, whatever was said before. src/domain/record.ts. */
final class Facts {
  private static final double POSITIVE = 0.75;

  /** What an event has changed beside the state: KPIs of days, and open tickets that no longer fit. */
  record Notes(List<Flow> flows, List<Ticket> lapsed) {
    Notes() {
      this(new ArrayList<>(4), new ArrayList<>(0));
    }
  }

  private Facts() {}

  static void record(CustomerState state, Event event, Policy policy, long asOf, Notes notes) {
    int today = dayOf(asOf);
    List<Flow> flows = notes.flows();
    ContactsOf.recordContact(state, event, policy);
    if (event instanceof Event.Engagement engagement) {
      engaged(state, engagement);
      Purchases.bookCost(state, dayOf(event.at()), engagement.cost(), policy, today);
      if (engagement.campaign() != Event.NO_ID && engagement.cost() != 0)
        flows.add(new Flow(dayOf(event.at()), Kpis.CAMPAIGN_COST, engagement.cost(), 0));
    } else if (event instanceof Event.Purchase purchase) {
      Purchases.bookPurchase(state, purchase, policy, today, flows);
      if (purchase.campaign() != Event.NO_ID) responded(state, CustomerState.shorten(purchase.campaign()), event.at());
    } else if (event instanceof Event.Support support) {
      Tickets.recordTicket(state, support, flows);
      if (support.status() == Event.TicketStatus.REPLIED || support.status() == Event.TicketStatus.RESOLVED)
        state.contactAt = later(state.contactAt, event.at());
      if (support.satisfaction() != 0) {
        answered(state, event.at(), AnswerKind.CSAT, scale(support.satisfaction(), 1, 5));
        told(flows, event.at(), Event.SurveyKind.CSAT, support.satisfaction(), 1, 5);
      }
      said(state, event.at(), support.sentiment(), support.satisfaction() != 0);
      Purchases.bookCost(state, dayOf(event.at()), support.cost(), policy, today);
    } else if (event instanceof Event.Survey survey) {
      double most = policy.feedback().csatMost();
      double score = scaleSurvey(survey, most);
      answered(state, event.at(), kindOf(survey.kind()), score);
      told(flows, event.at(), survey.kind(), survey.score(), survey.kind() == Event.SurveyKind.NPS ? 0 : 1, most);
      said(state, event.at(), survey.sentiment(), true);
      if (survey.kind() == Event.SurveyKind.REVIEW && score >= POSITIVE) advocated(state, event.at());
    }
  }

  private static AnswerKind kindOf(Event.SurveyKind kind) {
    return switch (kind) {
      case NPS -> AnswerKind.NPS;
      case CSAT -> AnswerKind.CSAT;
      case REVIEW -> AnswerKind.REVIEW;
      case CES -> AnswerKind.CES;
    };
  }

  /** A response as KPIs count it: NPS by its classes, CSAT by its scale; others not at all. */
  private static void told(List<Flow> flows, long at, Event.SurveyKind kind, double score, double least, double most) {
    int day = dayOf(at);
    if (kind == Event.SurveyKind.NPS) {
      flows.add(new Flow(day, Kpis.NPS_RESPONSES, 1, 0));
      if (score >= 9) flows.add(new Flow(day, Kpis.NPS_PROMOTERS, 1, 0));
      else if (score <= 6) flows.add(new Flow(day, Kpis.NPS_DETRACTORS, 1, 0));
    } else if (kind == Event.SurveyKind.CSAT) {
      flows.add(new Flow(day, Kpis.CSAT_RESPONSES, 1, 0));
      if (score >= most - 1) flows.add(new Flow(day, Kpis.CSAT_SATISFIED, 1, 0));
      flows.add(new Flow(day, Kpis.CSAT_SCORE, Math.round(scale(score, least, most) * 1e6), 0));
    }
  }

  private static double scale(double score, double least, double most) {
    return Math.min(1, Math.max(0, (score - least) / (most - least)));
  }

  private static double scaleSurvey(Event.Survey event, double csatMost) {
    return switch (event.kind()) {
      case NPS -> scale(event.score(), 0, 10);
      case CES -> scale(event.score(), 1, 7);
      case CSAT, REVIEW -> scale(event.score(), 1, csatMost);
    };
  }

  private static void engaged(CustomerState state, Event.Engagement event) {
    long at = event.at();
    boolean named = event.campaign() != Event.NO_ID;
    switch (event.kind()) {
      case CAMPAIGN_SENT -> {
        state.contactAt = later(state.contactAt, at);
        if (named) sent(state, CustomerState.shorten(event.campaign()), at);
      }
      case CAMPAIGN_OPENED, CAMPAIGN_CLICKED -> {
        if (named) responded(state, CustomerState.shorten(event.campaign()), at);
      }
      case LOYALTY_JOINED, LOYALTY_EARNED, LOYALTY_REDEEMED -> state.memberAt = later(state.memberAt, at);
      case LOYALTY_LEFT -> state.leftAt = later(state.leftAt, at);
      case REFERRAL, COMMUNITY_POST -> advocated(state, at);
      case UNSUBSCRIBED -> state.unsubscribedAt = later(state.unsubscribedAt, at);
      case RESUBSCRIBED -> state.resubscribedAt = later(state.resubscribedAt, at);
      case REVIEW_POSTED, VISIT, SIGNED_UP -> {}
    }
  }

  private static void answered(CustomerState state, long at, AnswerKind kind, double score) {
    Lists.insert(state.feedback, new Answer(at, Math.round(score * SCORE_STEPS) / SCORE_STEPS, kind), Facts::answerAfter);
  }

  private static void said(CustomerState state, long at, double sentiment, boolean beside) {
    if (!Double.isNaN(sentiment)) answered(state, at, beside ? AnswerKind.REMARK : AnswerKind.COMMENT, (sentiment + 1) / 2);
  }

  private static void sent(CustomerState state, long campaign, long at) {
    for (int i = state.sends.size() - 1; i >= 0; i--) {
      Touch send = state.sends.get(i);
      if (send.at() == at && send.campaign() == campaign) return;
    }
    Lists.insert(state.sends, new Touch(at, campaign), Facts::touchAfter);
  }

  private static void responded(CustomerState state, long campaign, long at) {
    for (int i = 0; i < state.responses.size(); i++) {
      if (state.responses.get(i).campaign() != campaign) continue;
      if (state.responses.get(i).at() >= at) return;
      state.responses.remove(i);
      break;
    }
    Lists.insert(state.responses, new Touch(at, campaign), Facts::touchAfter);
  }

  private static void advocated(CustomerState state, long at) {
    int day = dayOf(at);
    for (DayCount known : state.advocacy) {
      if (known.day == day) {
        known.count++;
        return;
      }
    }
    Lists.insert(state.advocacy, new DayCount(day, 1), (a, b) -> a.day > b.day);
  }

  /** Whether feedback has left its window after one instant, up to another. */
  static boolean expiredBetween(CustomerState state, Policy policy, long after, long upTo) {
    double window = policy.loyalty().feedback().windowDays() * DAY;
    for (Answer answer : state.feedback) if (answer.at() + window > after && answer.at() + window <= upTo) return true;
    return false;
  }

  /** Drops what has expired at `asOf`, then what is over a bound. */
  static void settle(CustomerState state, Policy policy, long asOf, Notes notes) {
    int today = dayOf(asOf);
    Policy.Loyalty loyalty = policy.loyalty();
    Purchases.settleDays(state, today);
    Lists.dropWhile(state.placed, placed -> placed.day < today - CustomerState.KEPT_DAYS);
    Lists.dropWhile(state.orphans, orphan -> orphan.day < today - LATEST_DAYS);
    double feedback = Math.max(loyalty.feedback().windowDays(), policy.churn().negative().windowDays()) * DAY;
    Lists.dropWhile(state.feedback, answer -> answer.at() + feedback <= asOf);
    double sendDays =
        Math.max(loyalty.engagement().windowDays(), loyalty.engagement().matureDays() + 2 * policy.churn().disengaged().windowDays());
    double sendsFrom = asOf - sendDays * DAY;
    Lists.dropWhile(state.sends, send -> send.at() <= sendsFrom);
    Lists.dropWhile(state.responses, response -> response.at() <= sendsFrom);
    Lists.dropWhile(state.contacts, contacts -> ContactsOf.isPast(contacts, today));
    int advocacyDays = loyalty.advocacy().windowDays();
    Lists.dropWhile(state.advocacy, count -> startOfDay(count.day + advocacyDays) <= asOf);

    bound(state, CustomerState.ORDERS, Lists.keepNewest(state.placed, Math.min(policy.refunds().orders(), CustomerState.MOST_PLACED)));
    bound(state, CustomerState.REFUNDS, Lists.keepNewest(state.orphans, CustomerState.MOST_ORPHANS));
    bound(state, CustomerState.FEEDBACK, Lists.keepNewest(state.feedback, CustomerState.MOST_FEEDBACK));
    bound(state, CustomerState.CAMPAIGNS, Lists.keepNewest(state.sends, CustomerState.MOST_SENDS));
    bound(state, CustomerState.CAMPAIGNS, Lists.keepNewest(state.responses, CustomerState.MOST_SENDS));
    Tickets.settleLate(state, policy, asOf, notes.flows());
    bound(state, CustomerState.TICKETS, Tickets.settleTickets(state, policy, asOf, notes.lapsed()));
  }

  private static void bound(CustomerState state, int list, boolean dropped) {
    if (dropped) state.truncated |= 1 << list;
  }

  private static boolean answerAfter(Answer a, Answer b) {
    if (a.at() != b.at()) return a.at() > b.at();
    return a.kind() == b.kind() ? a.score() > b.score() : a.kind().ordinal() > b.kind().ordinal();
  }

  private static boolean touchAfter(Touch a, Touch b) {
    return a.at() == b.at() ? a.campaign() > b.campaign() : a.at() > b.at();
  }
}
