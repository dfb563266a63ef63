package rapport.bench.domain;

import static rapport.bench.domain.CustomerState.POINT_PARTS;
import static rapport.bench.domain.Ids.DAY;
import static rapport.bench.domain.Ids.LAST_INSTANT;
import static rapport.bench.domain.Ids.NONE;

import rapport.bench.domain.Decision.Group;
import rapport.bench.domain.rules.Cursor;
import rapport.bench.domain.rules.Rules;
import rapport.bench.domain.rules.View;

/** A customer seen from an instant on, if nothing further happens: src/domain/outlook.ts. */
final class Outlook {
  private static final int BREAKPOINTS = 32;
  private static final int SIZE = Decision.COMPONENTS.length;
  private static final double NEVER = Double.POSITIVE_INFINITY;

  private final Policy policy;
  private final double[] weights;
  private final Cursor[] cursors;
  private final double[] values;
  private final double[] nexts;
  private double at;

  Outlook(View view) {
    policy = view.policy();
    at = view.at();
    weights = policy.loyalty().weights().inOrder();
    cursors = Rules.open(view);
    values = new double[cursors.length];
    nexts = new double[cursors.length];
    for (int k = 0; k < cursors.length; k++) {
      values[k] = cursors[k].value;
      nexts[k] = cursors[k].next;
    }
  }

  /** The group of a customer: total and disjoint by construction. */
  static Group groupOf(boolean isNew, boolean valueHigh, boolean loyaltyHigh) {
    if (isNew) return Group.NEW;
    if (valueHigh) return loyaltyHigh ? Group.CHAMPION : Group.POTENTIAL_CHAMPION;
    return loyaltyHigh ? Group.LOYALIST : Group.AT_RISK;
  }

  double value() {
    return values[Rules.VALUE];
  }

  boolean isNew() {
    return values[Rules.NEWCOMER] == 1;
  }

  /** 100·w·c / Σw, in millionths of a point; NaN without evidence. */
  double[] contributions() {
    double total = evidence();
    double[] contributions = new double[SIZE];
    for (int k = 0; k < SIZE; k++) {
      double value = values[k];
      contributions[k] =
          Double.isNaN(value) || total <= 0 ? Double.NaN : Math.round(((100 * weights[k] * value) / total) * POINT_PARTS) / POINT_PARTS;
    }
    return contributions;
  }

  boolean valueHigh(boolean was) {
    double high = policy.value().high();
    return value() >= (was ? high * policy.value().leave() : high);
  }

  /** No evidence counts as low. */
  boolean loyaltyHigh(boolean was) {
    return loyalty() >= (was ? policy.loyalty().leave() : policy.loyalty().high());
  }

  /** The next instant at which silence changes a hysteresis bit or the group, or the last breakpoint; Infinity for never. Uses the outlook up. */
  double nextChange(CustomerState state) {
    double dwellEnd = (state.groupSince == NONE ? 0 : state.groupSince) + policy.loyalty().dwellDays() * DAY;
    double passed = NEVER;
    for (int i = 0; i < BREAKPOINTS; i++) {
      double next = dwellEnd > at ? dwellEnd : NEVER;
      for (double each : nexts) if (each < next) next = each;

      double crossing = crossing(state, Math.min(next - 1, LAST_INSTANT));
      if (crossing != NEVER) return crossing;
      if (next > LAST_INSTANT) break;

      moveTo(next);
      if (differs(state, dwellEnd)) return next;
      passed = next;
    }
    return passed;
  }

  private double evidence() {
    double total = 0;
    for (int k = 0; k < SIZE; k++) if (!Double.isNaN(values[k])) total += weights[k];
    return total;
  }

  private double loyalty() {
    double total = evidence();
    if (total <= 0) return Double.NaN;
    double sum = 0;
    for (int k = 0; k < SIZE; k++) if (!Double.isNaN(values[k])) sum += (100 * weights[k] * values[k]) / total;
    return sum;
  }

  private void moveTo(double next) {
    at = next;
    values[Rules.RHYTHM] = cursors[Rules.RHYTHM].at(next);
    for (int k = 0; k < nexts.length; k++) {
      if (nexts[k] != next) continue;
      Cursor cursor = cursors[k];
      cursor.advance();
      values[k] = cursor.value;
      nexts[k] = cursor.next;
    }
  }

  private boolean differs(CustomerState state, double dwellEnd) {
    boolean valueHigh = valueHigh(state.valueHigh);
    boolean loyaltyHigh = loyaltyHigh(state.loyaltyHigh);
    if (valueHigh != state.valueHigh || loyaltyHigh != state.loyaltyHigh) return true;
    return at >= dwellEnd && groupOf(isNew(), valueHigh, loyaltyHigh) != state.group;
  }

  /** The first instant up to `end` at which loyalty is no longer high because rhythm has fallen; Infinity for none. */
  private double crossing(CustomerState state, double end) {
    if (!state.loyaltyHigh || end <= at) return NEVER;
    double now = values[Rules.RHYTHM];
    if (!(cursors[Rules.RHYTHM].at(end) < (Double.isNaN(now) ? 0 : now)) || stays(end)) return NEVER;
    double still = at;
    double gone = end;
    while (gone - still > 1) {
      double middle = Math.floor((still + gone) / 2);
      if (stays(middle)) still = middle;
      else gone = middle;
    }
    return gone;
  }

  private boolean stays(double instant) {
    values[Rules.RHYTHM] = cursors[Rules.RHYTHM].at(instant);
    return loyaltyHigh(true);
  }
}
