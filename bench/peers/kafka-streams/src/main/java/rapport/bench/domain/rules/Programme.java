package rapport.bench.domain.rules;

import static rapport.bench.domain.Ids.DAY;
import static rapport.bench.domain.Ids.NONE;

import rapport.bench.domain.CustomerState;
import rapport.bench.domain.Policy;

/** 1 for an active member, .5 for an idle one, 0 for one who has not joined or has left: src/domain/rules/programme.ts. */
final class Programme extends Cursor {
  private Programme(double at, double idleFrom) {
    value = at < idleFrom ? 1 : 0.5;
    if (at < idleFrom) next = idleFrom;
  }

  static Cursor open(View view) {
    Policy.Programme programme = view.policy().loyalty().programme();
    CustomerState state = view.state();
    if (!programme.enabled()) return constant(Double.NaN);
    if (state.memberAt == NONE || (state.leftAt != NONE && state.leftAt >= state.memberAt)) return constant(0);
    return new Programme(view.at(), state.memberAt + programme.activeDays() * DAY);
  }

  @Override
  public void advance() {
    value = 0.5;
    next = NEVER;
  }
}
