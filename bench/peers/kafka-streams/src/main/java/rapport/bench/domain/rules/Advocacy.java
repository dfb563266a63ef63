package rapport.bench.domain.rules;

import static rapport.bench.domain.Ids.DAY;
import static rapport.bench.domain.Ids.dayOf;
import static rapport.bench.domain.Ids.startOfDay;

import java.util.List;
import rapport.bench.domain.CustomerState.DayCount;
import rapport.bench.domain.Policy;

/** min(1, referrals, positive reviews and community posts in the window / wanted): src/domain/rules/advocacy.ts. */
final class Advocacy extends Cursor {
  private final List<DayCount> counts;
  private final int windowDays;
  private final double wanted;
  private int oldest;
  private int sum;

  private Advocacy(View view) {
    Policy.Advocacy advocacy = view.policy().loyalty().advocacy();
    counts = view.state().advocacy;
    windowDays = advocacy.windowDays();
    wanted = advocacy.events();
    for (DayCount count : counts) sum += count.count;
    stand(dayOf(view.at()));
  }

  static Cursor open(View view) {
    return view.policy().loyalty().advocacy().enabled() ? new Advocacy(view) : constant(Double.NaN);
  }

  @Override
  public void advance() {
    stand((int) Math.floor(next / DAY));
  }

  private void stand(int today) {
    while (oldest < counts.size() && counts.get(oldest).day + windowDays <= today) sum -= counts.get(oldest++).count;
    next = oldest < counts.size() ? startOfDay(counts.get(oldest).day + windowDays) : NEVER;
    value = Math.min(1, sum / wanted);
  }
}
