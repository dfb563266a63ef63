package rapport.bench.domain;

import static rapport.bench.domain.CustomerState.WINDOW_DAYS;
import static rapport.bench.domain.Ids.DAY;
import static rapport.bench.domain.Ids.LAST_INSTANT;
import static rapport.bench.domain.Ids.NONE;
import static rapport.bench.domain.Ids.startOfDay;

import java.util.ArrayList;
import java.util.List;
import rapport.bench.domain.CustomerState.Answer;
import rapport.bench.domain.CustomerState.AnswerKind;
import rapport.bench.domain.CustomerState.Contribution;
import rapport.bench.domain.CustomerState.Day;
import rapport.bench.domain.CustomerState.Said;
import rapport.bench.domain.CustomerState.Ticket;
import rapport.bench.domain.Decision.AlertContext;
import rapport.bench.domain.Decision.Cause;
import rapport.bench.domain.Decision.Churn;
import rapport.bench.domain.Decision.Driver;
import rapport.bench.domain.Decision.Group;
import rapport.bench.domain.Decision.LifetimeValues;
import rapport.bench.domain.Decision.Profile;
import rapport.bench.domain.Decision.Scores;
import rapport.bench.domain.Decision.SegmentChange;
import rapport.bench.domain.Decision.Signal;
import rapport.bench.domain.Decision.SignalSince;
import rapport.bench.domain.Kpis.Bookings;
import rapport.bench.domain.Purchases.PurchaseDays;
import rapport.bench.domain.rules.Rhythm;
import rapport.bench.domain.rules.View;

/** Evaluation at `asOf`: scores, hysteresis, group, churn risk, and what is said about it. src/domain/evaluate.ts; thresholds are the policy's own. */
final class Evaluate {
  private final CustomerState state;
  private final Policy policy;
  private final View view;
  private Risk risk;
  private Group group;
  private LifetimeValues worth;
  private Churn churn;

  private Evaluate(CustomerState state, Policy policy, long at) {
    this.state = state;
    this.policy = policy;
    view = View.of(state, policy, at);
  }

  static void evaluate(
      CustomerState state, Policy policy, long at, Cause cause, long boughtAt, Group before, Facts.Notes notes, List<Decision> out,
      Bookings bookings) {
    new Evaluate(state, policy, at).run(cause, boughtAt, before, notes, out, bookings);
  }

  private void run(Cause cause, long boughtAt, Group before, Facts.Notes notes, List<Decision> out, Bookings bookings) {
    long at = view.at();
    Outlook outlook = new Outlook(view);
    risk = Risk.of(view);

    // 1. memory: each bit moves at every evaluation, also while the customer is new
    state.valueHigh = outlook.valueHigh(state.valueHigh);
    state.loyaltyHigh = outlook.loyaltyHigh(state.loyaltyHigh);
    boolean warned = risk.remember(state, at, policy.churn().dwellDays(), boughtAt != NONE);

    // 2. the group, kept for the policy's dwell
    Group to = Outlook.groupOf(outlook.isNew(), state.valueHigh, state.loyaltyHigh);
    Group from = state.group;
    boolean dwells = state.groupSince != NONE && at < state.groupSince + policy.loyalty().dwellDays() * DAY;
    boolean changes = from == null || (to != from && !dwells);
    Said now = new Said((long) outlook.value(), outlook.contributions());
    group = changes ? to : from;
    if (changes) out.add(change(from, to, at, cause, now));

    // 3. alerts
    int said = out.size();
    Alerts.alert(state, at, policy, boughtAt, notes.lapsed(), () -> about(List.of()), out);
    boolean alerted = out.size() > said;

    // 4. the next instant, and the profile with it
    boolean sends = changes || warned || (state.dirty && at >= profileFrom());
    if (sends) state.dirty = false;
    Contribute.Activity activity =
        Contribute.activityOf(view.purchases() == null ? List.of() : state.days, at);
    double due = Math.min(outlook.nextChange(state), risk.next());
    due = Math.min(due, Risk.levelFalls(state, policy.churn().dwellDays()));
    due = Math.min(due, Alerts.alertsDue(state, policy));
    due = Math.min(due, activity.next());
    if (activity.active()) due = Math.min(due, at + policy.kpis().evaluateDays() * DAY);
    for (Ticket ticket : state.tickets) if (!ticket.late) due = Math.min(due, Tickets.lateFrom(ticket, policy));
    if (state.dirty) due = Math.min(due, profileFrom());
    state.due = due <= LAST_INSTANT ? (long) due : NONE;
    if (sends) out.add(profile(now));

    // 5. what KPIs hold; lifetime values as of the last purchase, timer or profile
    boolean renews = sends || boughtAt != NONE || cause == Cause.silence || alerted;
    Contribution contribution = new Contribution();
    contribution.active = activity.active();
    contribution.lost = state.lost;
    contribution.retained = activity.active() && activity.before();
    contribution.churned = state.lost && (activity.active() || activity.before());
    contribution.historicValue = renews ? worth().historic() : state.contribution.historicValue;
    contribution.simpleValue = renews ? worth().simple() : state.contribution.simpleValue;
    contribution.predictedValue = renews ? worth().predicted() : state.contribution.predictedValue;
    Contribute.contribute(state, at, before, contribution, notes.flows(), bookings);
  }

  private LifetimeValues worth() {
    if (worth == null) worth = Lifetime.lifetimeOf(view);
    return worth;
  }

  /** From when on the next profile may be sent. */
  private double profileFrom() {
    return state.profileAt == NONE ? Double.NEGATIVE_INFINITY : state.profileAt + policy.profileDays() * DAY;
  }

  private Churn churn() {
    if (churn != null) return churn;
    List<SignalSince> signals = new ArrayList<>();
    for (int i = 0; i < state.signals.length; i++)
      if (state.signals[i] != NONE) signals.add(new SignalSince(Decision.SIGNALS[i], state.signals[i]));
    churn = new Churn(state.level, risk.buyProbability(), state.lost, signals);
    return churn;
  }

  private AlertContext about(List<Driver> drivers) {
    List<Signal> signals = new ArrayList<>();
    for (SignalSince since : churn().signals()) signals.add(since.signal());
    long predicted = view.purchases() == null ? NONE : worth().predicted();
    return new AlertContext(
        group, churn.level(), signals, churn.buyProbability(), predicted,
        Strategies.strategiesFor(group, drivers, signals, Relationships.serviceModeOf(view), policy));
  }

  private SegmentChange change(Group from, Group to, long at, Cause cause, Said now) {
    boolean expired = cause == Cause.silence && state.expired;
    Said before = state.said;
    state.group = to;
    state.groupSince = at;
    state.changes += 1;
    state.said = now;
    state.expired = false;
    List<Driver> drivers = driversOf(before, now, expired);
    return new SegmentChange(
        state.id, state.changes, from, to, at, cause, before == null ? null : scoresOf(before), scoresOf(now), drivers, about(drivers));
  }

  private static Scores scoresOf(Said said) {
    double loyalty = Double.NaN;
    for (double contribution : said.contributions())
      if (!Double.isNaN(contribution)) loyalty = (Double.isNaN(loyalty) ? 0 : loyalty) + contribution;
    return new Scores(said.value(), loyalty, said.contributions());
  }

  /** What moved, the largest first; then the value. */
  private static List<Driver> driversOf(Said before, Said now, boolean expired) {
    List<Driver> drivers = new ArrayList<>();
    for (int k = 0; k < Decision.COMPONENTS.length; k++) {
      double was = before == null ? Double.NaN : before.contributions()[k];
      double is = now.contributions()[k];
      double difference = (Double.isNaN(is) ? 0 : is) - (Double.isNaN(was) ? 0 : was);
      if (difference == 0) continue;
      String name = expired && k == 2 ? "feedback expired" : Decision.COMPONENTS[k];
      drivers.add(new Driver(name, was, is, difference));
    }
    drivers.sort((a, b) -> Double.compare(Math.abs(b.difference()), Math.abs(a.difference())));
    long difference = now.value() - (before == null ? 0 : before.value());
    if (difference != 0) drivers.add(new Driver("value", before == null ? Double.NaN : before.value(), now.value(), difference));
    return drivers;
  }

  private Profile profile(Said now) {
    PurchaseDays purchases = view.purchases();
    long at = view.at();
    state.profiles += 1;
    state.profileAt = at;
    long orders365 = 0;
    long revenue365 = 0;
    for (Day day : state.days) {
      if (startOfDay(day.day + WINDOW_DAYS) <= at) continue;
      orders365 += day.orders;
      revenue365 += day.revenue;
    }
    int open = state.openDropped;
    for (Ticket ticket : state.tickets) if (Tickets.isOpen(ticket)) open += 1;
    List<String> truncated = new ArrayList<>(0);
    for (int bit = 0; bit < CustomerState.BOUNDED.length; bit++)
      if ((state.truncated & (1 << bit)) != 0) truncated.add(CustomerState.BOUNDED[bit]);
    return new Profile(
        state.id, state.profiles, at, group, state.groupSince, scoresOf(now), churn(), worth(), Relationships.relationshipOf(view),
        Relationships.serviceModeOf(view), state.firstEventAt, purchases == null ? NONE : startOfDay(purchases.first()),
        purchases == null ? NONE : startOfDay(purchases.last()), Math.max(0, state.orders), state.revenue, Math.max(0, orders365),
        Math.max(0, revenue365), purchases == null ? Double.NaN : Rhythm.gapDays(purchases, policy), open, meanOf(AnswerKind.CSAT),
        meanOf(AnswerKind.NPS), state.due, truncated);
  }

  /** The mean of the answers of a kind within the feedback window; NaN without any. */
  private double meanOf(AnswerKind kind) {
    double from = view.at() - policy.loyalty().feedback().windowDays() * DAY;
    int answers = 0;
    double sum = 0;
    for (Answer answer : state.feedback) {
      if (answer.kind() != kind || !(answer.at() > from)) continue;
      answers += 1;
      sum += answer.score();
    }
    return answers == 0 ? Double.NaN : sum / answers;
  }
}
