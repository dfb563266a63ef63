package rapport.bench.domain.signals;

import java.util.List;
import rapport.bench.domain.CustomerState;
import rapport.bench.domain.CustomerState.Ticket;
import rapport.bench.domain.Tickets;
import rapport.bench.domain.rules.Cursor;
import rapport.bench.domain.rules.View;

/** A ticket open too long, opened again, or answered late; until it has been resolved for a while. src/domain/signals/pain.ts. */
final class Pain extends Cursor {
  private final double[] from;
  private final double[] to;
  private final boolean always;

  private Pain(View view) {
    List<Ticket> tickets = view.state().tickets;
    from = new double[tickets.size()];
    to = new double[from.length];
    for (int i = 0; i < from.length; i++) {
      from[i] = Tickets.painFrom(tickets.get(i), view.policy());
      to[i] = Tickets.painTo(tickets.get(i), view.policy());
    }
    always = view.state().openDropped > 0;
    stand(view.at());
  }

  static Cursor open(View view) {
    CustomerState state = view.state();
    return state.tickets.isEmpty() && state.openDropped == 0 ? constant(0) : new Pain(view);
  }

  @Override
  public void advance() {
    stand(next);
  }

  private void stand(double at) {
    double soonest = NEVER;
    boolean hurts = always;
    for (int i = 0; i < from.length; i++) {
      if (from[i] >= to[i]) continue;
      if (at >= from[i] && at < to[i]) hurts = true;
      double edge = at < from[i] ? from[i] : at < to[i] ? to[i] : NEVER;
      if (edge < soonest) soonest = edge;
    }
    value = hurts ? 1 : 0;
    next = soonest;
  }
}
