package rapport.bench.domain.signals;

import static rapport.bench.domain.Ids.DAY;
import static rapport.bench.domain.Ids.NONE;

import java.util.List;
import rapport.bench.domain.CustomerState;
import rapport.bench.domain.CustomerState.Touch;
import rapport.bench.domain.Policy;
import rapport.bench.domain.rules.Cursor;
import rapport.bench.domain.rules.View;

/** Unsubscribed, or campaigns are answered far less often than before: src/domain/signals/disengaged.ts. */
final class Disengaged extends Cursor {
  private final List<Touch> sends;
  /** for each send: whether its campaign was responded to */
  private final boolean[] answered;
  private final double mature;
  private final double window;
  private final Policy.Disengaged rule;

  private Disengaged(View view) {
    rule = view.policy().churn().disengaged();
    sends = view.state().sends;
    List<Touch> responses = view.state().responses;
    answered = new boolean[sends.size()];
    for (int i = 0; i < answered.length; i++) {
      long campaign = sends.get(i).campaign();
      for (int k = 0; k < responses.size() && !answered[i]; k++) answered[i] = responses.get(k).campaign() == campaign;
    }
    mature = view.policy().loyalty().engagement().matureDays() * DAY;
    window = rule.windowDays() * DAY;
    stand(view.at());
  }

  static Cursor open(View view) {
    CustomerState state = view.state();
    if (state.unsubscribedAt != NONE && (state.resubscribedAt == NONE || state.resubscribedAt < state.unsubscribedAt)) return constant(1);
    Policy.Disengaged rule = view.policy().churn().disengaged();
    boolean canFall = state.sends.size() >= 2 * rule.leastSends() && state.responses.size() >= rule.leastResponses();
    return canFall ? new Disengaged(view) : constant(0);
  }

  @Override
  public void advance() {
    stand(next);
  }

  private void stand(double at) {
    double soonest = NEVER;
    int sent = 0;
    int sentBefore = 0;
    int responded = 0;
    int respondedBefore = 0;
    for (int i = 0; i < answered.length; i++) {
      long sentAt = sends.get(i).at();
      double age = at - sentAt - mature;
      if (age >= 2 * window) continue;
      double ends = age < 0 ? 0 : age < window ? window : 2 * window;
      soonest = Math.min(soonest, sentAt + mature + ends);
      if (age < 0) continue;
      if (age < window) {
        sent += 1;
        if (answered[i]) responded += 1;
      } else {
        sentBefore += 1;
        if (answered[i]) respondedBefore += 1;
      }
    }
    next = soonest;
    boolean heard = sent >= rule.leastSends() && sentBefore >= rule.leastSends() && respondedBefore >= rule.leastResponses();
    value = heard && responded * sentBefore <= rule.share() * respondedBefore * sent ? 1 : 0;
  }
}
