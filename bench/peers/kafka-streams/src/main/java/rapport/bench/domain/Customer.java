package rapport.bench.domain;

import static rapport.bench.domain.Ids.NONE;

import java.util.List;
import rapport.bench.domain.Decision.Cause;
import rapport.bench.domain.Decision.Group;
import rapport.bench.domain.Kpis.Bookings;

/** The customer as the engine drives it: fire the timers that are due, fold an event. src/domain/customer.ts. */
public final class Customer {
  private Customer() {}

  public static boolean isDuplicate(CustomerState state, Event event) {
    long id = CustomerState.seenAs(event.id());
    for (int i = 0; i < state.seenCount; i++) if (state.seen[i] == id) return true;
    return false;
  }

  /** Fires the customer's own timers due at or before `until`, in order; returns whether anything fired. */
  public static boolean fire(CustomerState state, long until, Policy policy, List<Decision> out, Bookings bookings) {
    boolean fired = false;
    while (state.due != NONE && state.due <= until) {
      long at = state.due;
      Facts.Notes notes = new Facts.Notes();
      Group before = state.group;
      if (Facts.expiredBetween(state, policy, state.asOf == NONE ? at : state.asOf, at)) state.expired = true;
      state.asOf = at;
      Facts.settle(state, policy, at, notes);
      state.dirty = true;
      Evaluate.evaluate(state, policy, at, Cause.silence, NONE, before, notes, out, bookings);
      fired = true;
    }
    return fired;
  }

  /** Folds an event that is no duplicate; the caller has fired the timers due at or before it. */
  public static void fold(CustomerState state, Event event, Policy policy, List<Decision> out, Bookings bookings) {
    if (state.seenCount == CustomerState.MOST_SEEN) System.arraycopy(state.seen, 1, state.seen, 0, --state.seenCount);
    state.seen[state.seenCount++] = CustomerState.seenAs(event.id());

    long eventAt = event.at();
    boolean late = state.asOf != NONE && eventAt < state.asOf;
    long asOf = late ? state.asOf : eventAt;
    state.asOf = asOf;
    if (state.firstEventAt == NONE || eventAt < state.firstEventAt) state.firstEventAt = eventAt;
    Facts.Notes notes = new Facts.Notes();
    Group before = state.group;
    Facts.record(state, event, policy, asOf, notes);
    Facts.settle(state, policy, asOf, notes);
    state.dirty = true;
    state.expired = false;
    long boughtAt =
        event instanceof Event.Purchase purchase && purchase.kind() == Event.PurchaseKind.PURCHASE ? eventAt : NONE;
    Evaluate.evaluate(state, policy, asOf, late ? Cause.late_event : Cause.event, boughtAt, before, notes, out, bookings);
  }
}
