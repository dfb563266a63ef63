package rapport.bench.domain;

import static rapport.bench.domain.Ids.DAY;
import static rapport.bench.domain.Ids.NONE;

import java.util.List;
import java.util.function.Supplier;
import rapport.bench.domain.CustomerState.Ticket;
import rapport.bench.domain.Decision.Alert;
import rapport.bench.domain.Decision.AlertContext;
import rapport.bench.domain.Decision.AlertEnd;
import rapport.bench.domain.Decision.AlertEvent;
import rapport.bench.domain.Decision.AlertKind;

/** Alerts about one customer: episodes, each opened once and closed once. src/domain/alerts.ts. */
final class Alerts {
  private final CustomerState state;
  private final long at;
  private final Policy policy;
  /** when the purchase was made that led to this evaluation; NONE when none did */
  private final long boughtAt;
  private final Supplier<AlertContext> about;
  private final List<Decision> out;

  private Alerts(CustomerState state, long at, Policy policy, long boughtAt, Supplier<AlertContext> about, List<Decision> out) {
    this.state = state;
    this.at = at;
    this.policy = policy;
    this.boughtAt = boughtAt;
    this.about = about;
    this.out = out;
  }

  /** Opens, escalates and closes; what is said is added to `out`. */
  static void alert(
      CustomerState state, long at, Policy policy, long boughtAt, List<Ticket> lapsed, Supplier<AlertContext> about, List<Decision> out) {
    Alerts alerts = new Alerts(state, at, policy, boughtAt, about, out);
    alerts.churnRisk();
    alerts.followUp();
    alerts.supportOverdue(lapsed);
  }

  private void say(AlertKind kind, String subject, int episode, int number, AlertEvent event, AlertEnd end) {
    out.add(new Alert(kind, state.id, subject, episode, number, event, at, end, Double.NaN, Double.NaN, about.get()));
  }

  private void opened(AlertKind kind, int episode, String subject) {
    say(kind, subject, episode, 1, AlertEvent.opened, null);
  }

  private void closed(AlertKind kind, int episode, int number, AlertEnd end, String subject) {
    say(kind, subject, episode, number, AlertEvent.closed, end);
  }

  private void churnRisk() {
    Policy.ChurnRisk rule = policy.alerts().churnRisk();
    boolean isHigh = Risk.atLeastHigh(state.level);
    if (state.riskRecords == 0) {
      if (!isHigh || state.lost || state.orders < rule.orders()) return;
      state.risks += 1;
      state.riskRecords = 1;
      state.riskPeak = state.level;
      opened(AlertKind.CHURN_RISK, state.risks, "");
      return;
    }
    state.calmSince = isHigh ? NONE : state.calmSince == NONE ? at : state.calmSince;
    boolean quiet = state.calmSince != NONE && at >= state.calmSince + rule.quietDays() * DAY;
    AlertEnd end =
        state.lost ? AlertEnd.lost : quiet ? AlertEnd.recovered : !isHigh && boughtAt != NONE ? AlertEnd.purchase : null;
    if (end != null) {
      closed(AlertKind.CHURN_RISK, state.risks, state.riskRecords + 1, end, "");
      state.riskRecords = 0;
      state.riskPeak = null;
      state.calmSince = NONE;
    } else if (state.level != null && state.level.ordinal() > (state.riskPeak == null ? 0 : state.riskPeak.ordinal())) {
      state.riskRecords += 1;
      state.riskPeak = state.level;
      say(AlertKind.CHURN_RISK, "", state.risks, state.riskRecords, AlertEvent.escalated, null);
    }
  }

  private void followUp() {
    Policy.FollowUp rule = policy.alerts().followUp();
    boolean waits =
        state.followUpFrom == NONE
            && (state.followedUpAt == NONE || (boughtAt == NONE ? 0 : boughtAt) > state.followedUpAt + rule.days() * DAY);
    if (boughtAt != NONE && waits) state.followUpFrom = boughtAt;
    long from = state.followUpFrom;
    if (from == NONE) return;
    boolean contacted = state.contactAt != NONE && state.contactAt >= from;
    AlertEnd end = contacted ? AlertEnd.contacted : state.orders <= 0 ? AlertEnd.resolved : state.lost ? AlertEnd.lost : null;
    if (end == null) {
      if (state.followUpOpen || at < from + rule.contactDays() * DAY) return;
      state.followUps += 1;
      state.followUpOpen = true;
      opened(AlertKind.FOLLOW_UP_DUE, state.followUps, "");
      return;
    }
    if (state.followUpOpen) closed(AlertKind.FOLLOW_UP_DUE, state.followUps, 2, end, "");
    state.followUpOpen = false;
    state.followUpFrom = NONE;
    if (contacted) state.followedUpAt = state.contactAt;
  }

  private void supportOverdue(List<Ticket> lapsed) {
    for (Ticket ticket : lapsed) {
      if (ticket.alert == 0) continue;
      AlertEnd end = Tickets.isOpen(ticket) ? AlertEnd.expired : AlertEnd.resolved;
      closed(AlertKind.SUPPORT_OVERDUE, ticket.alert, 2, end, Long.toString(ticket.ticket));
    }
    for (Ticket ticket : state.tickets) {
      boolean isOverdue = at >= Tickets.overdueFrom(ticket, policy);
      if (isOverdue == ticket.alert > 0) continue;
      String subject = Long.toString(ticket.ticket);
      if (isOverdue) {
        state.overdues += 1;
        ticket.alert = state.overdues;
        opened(AlertKind.SUPPORT_OVERDUE, state.overdues, subject);
      } else {
        closed(AlertKind.SUPPORT_OVERDUE, ticket.alert, 2, AlertEnd.resolved, subject);
        ticket.alert = 0;
      }
    }
  }

  /** When time alone next opens or closes an episode; Infinity for never. */
  static double alertsDue(CustomerState state, Policy policy) {
    double due = Double.POSITIVE_INFINITY;
    if (state.calmSince != NONE) due = state.calmSince + policy.alerts().churnRisk().quietDays() * DAY;
    if (state.followUpFrom != NONE && !state.followUpOpen)
      due = Math.min(due, state.followUpFrom + policy.alerts().followUp().contactDays() * DAY);
    for (Ticket ticket : state.tickets) if (ticket.alert == 0) due = Math.min(due, Tickets.overdueFrom(ticket, policy));
    return due;
  }
}
