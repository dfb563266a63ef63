package rapport.bench.domain;

import static rapport.bench.domain.Ids.DAY;
import static rapport.bench.domain.Ids.NONE;
import static rapport.bench.domain.Ids.startOfDay;

import rapport.bench.domain.Decision.Level;
import rapport.bench.domain.Decision.Signal;
import rapport.bench.domain.rules.Cursor;
import rapport.bench.domain.rules.Rhythm;
import rapport.bench.domain.rules.View;
import rapport.bench.domain.signals.Signals;

/**
 * Churn risk of a customer at an instant, and when silence alone changes it: src/domain/risk.ts. `measured` is an index in LEVELS, −1 for prospects;
 * `buyProbability` NaN where the model has none; `next` Infinity for never.
 */
record Risk(boolean[] on, double buyProbability, int measured, boolean lost, double next) {
  private static final int BREAKPOINTS = 32;
  private static final int INFORMS = Signal.PRICE_SENSITIVE.ordinal();
  private static final int MEDIUM = Level.MEDIUM.ordinal();

  static Risk of(View view) {
    Policy.Churn churn = view.policy().churn();
    double next = Double.POSITIVE_INFINITY;
    int raising = 0;
    boolean[] on = new boolean[Decision.SIGNALS.length];
    for (int i = 0; i < on.length; i++) {
      Cursor cursor = Signals.open(Decision.SIGNALS[i], view);
      boolean is = cursor.value == 1;
      if (is && i != INFORMS) raising += 1;
      for (int n = 0; n < BREAKPOINTS && cursor.next < next; n++) {
        double at = cursor.next;
        cursor.advance();
        boolean differs = (cursor.value == 1) != is;
        if (differs || n == BREAKPOINTS - 1) next = Math.min(next, at);
        if (differs) break;
      }
      on[i] = is;
    }
    Purchases.PurchaseDays purchases = view.purchases();
    if (purchases == null) return new Risk(on, Double.NaN, -1, false, next);

    double at = view.at();
    double lostAt = Rhythm.lostFrom(purchases, view.policy());
    if (at < lostAt) next = Math.min(next, lostAt);
    int x = purchases.count() - 1;
    double first = startOfDay(purchases.first());
    double tx = purchases.last() - purchases.first();
    double buy = Double.NaN;
    int rank = 0;
    if (!churn.isBg() || x > 0) {
      buy = Buying.buyProbability(churn, x, tx, (at - first) / DAY);
      double below = Double.NaN;
      if (buy < churn.p1()) rank += 1;
      else below = churn.p1();
      if (buy < churn.p2()) rank += 1;
      else if (Double.isNaN(below)) below = churn.p2();
      if (buy < churn.p3()) rank += 1;
      else if (Double.isNaN(below)) below = churn.p3();
      if (!Double.isNaN(below)) next = Math.min(next, Buying.buyFallsBelow(churn, x, tx, below, first, at));
    }
    return new Risk(on, buy, Math.max(rank, Math.min(raising, Decision.LEVELS.length - 1)), at >= lostAt, next);
  }

  static boolean atLeastHigh(Level level) {
    return level != null && level.ordinal() > MEDIUM;
  }

  /** Moves the memory; returns whether a signal, the level or LOST has changed. */
  boolean remember(CustomerState state, long at, double dwellDays, boolean bought) {
    Level level = state.level;
    boolean changed = lost != state.lost;
    for (int i = 0; i < on.length; i++) {
      if (on[i] == (state.signals[i] != NONE)) continue;
      state.signals[i] = on[i] ? at : NONE;
      changed = true;
    }
    state.lost = lost;
    move(state, at, dwellDays * DAY, bought);
    return changed || state.level != level;
  }

  private void move(CustomerState state, long at, double dwell, boolean bought) {
    int rank = state.level == null ? -1 : state.level.ordinal();
    long since = state.belowSince;
    if (measured < 0 || measured >= rank || (bought && measured <= MEDIUM)) {
      rank = measured;
      since = NONE;
    } else {
      if (since == NONE) since = at;
      while (rank > measured && at >= since + dwell) {
        rank -= 1;
        since += (long) dwell;
      }
      if (rank == measured) since = NONE;
    }
    state.level = rank < 0 ? null : Decision.LEVELS[rank];
    state.belowSince = since;
  }

  static double levelFalls(CustomerState state, double dwellDays) {
    return state.belowSince == NONE ? Double.POSITIVE_INFINITY : state.belowSince + dwellDays * DAY;
  }
}
