package rapport.bench.domain.rules;

import static rapport.bench.domain.Ids.DAY;

import java.util.List;
import rapport.bench.domain.CustomerState.Touch;
import rapport.bench.domain.Policy;

/** Distinct campaigns responded to / distinct campaigns sent long enough ago, of the window: src/domain/rules/engagement.ts. */
final class Engagement extends Cursor {
  private final List<Touch> sends;
  /** for each send: the index of the send before it of the same campaign, −1 for none */
  private final int[] previous;
  /** for each send: when its campaign was last responded to */
  private final double[] respondedAt;
  private final double window;
  private final double mature;
  private final double least;

  private Engagement(View view) {
    Policy.EngagementRule rule = view.policy().loyalty().engagement();
    sends = view.state().sends;
    List<Touch> responses = view.state().responses;
    window = rule.windowDays() * DAY;
    mature = rule.matureDays() * DAY;
    least = rule.leastSends();
    previous = new int[sends.size()];
    respondedAt = new double[sends.size()];
    for (int i = 0; i < previous.length; i++) {
      long campaign = sends.get(i).campaign();
      int before = i - 1;
      while (before >= 0 && sends.get(before).campaign() != campaign) before--;
      previous[i] = before;
      respondedAt[i] = Double.NEGATIVE_INFINITY;
      for (int k = 0; k < responses.size(); k++) {
        if (responses.get(k).campaign() != campaign) continue;
        respondedAt[i] = responses.get(k).at();
        break;
      }
    }
    stand(view.at());
  }

  static Cursor open(View view) {
    return view.state().sends.isEmpty() ? constant(Double.NaN) : new Engagement(view);
  }

  @Override
  public void advance() {
    stand(next);
  }

  /** Counts each campaign at its oldest send in the window. */
  private void stand(double at) {
    double soonest = NEVER;
    int oldest = 0;
    int responded = 0;
    int matured = 0;
    for (int i = 0; i < previous.length; i++) {
      double sent = sends.get(i).at();
      if (sent + window <= at) {
        oldest = i + 1;
        continue;
      }
      boolean isMature = sent + mature <= at;
      soonest = Math.min(soonest, isMature ? sent + window : sent + mature);
      if (previous[i] >= oldest) continue;
      if (isMature) matured++;
      if (respondedAt[i] + window <= at) continue;
      responded++;
      soonest = Math.min(soonest, respondedAt[i] + window);
    }
    next = soonest;
    value = matured == 0 || matured < least ? Double.NaN : Math.min(1, (double) responded / matured);
  }
}
