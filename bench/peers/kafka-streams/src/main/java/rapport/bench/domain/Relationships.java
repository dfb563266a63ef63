package rapport.bench.domain;

import static rapport.bench.domain.CustomerState.WINDOW_DAYS;
import static rapport.bench.domain.Ids.DAY;
import static rapport.bench.domain.Ids.NONE;
import static rapport.bench.domain.Ids.dayOf;
import static rapport.bench.domain.Ids.startOfDay;

import rapport.bench.domain.CustomerState.Placed;
import rapport.bench.domain.Decision.Relationship;
import rapport.bench.domain.Policy.ServiceMode;
import rapport.bench.domain.rules.View;

/** The nature of a relationship, and how the customer is served: src/domain/relationship.ts. */
final class Relationships {
  private Relationships() {}

  /** Null without a contact in the last year. */
  static ServiceMode serviceModeOf(View view) {
    int[] sums = ContactsOf.contactsBy(view.state(), dayOf(view.at()));
    int best = 0;
    for (int i = 1; i < sums.length; i++) if (sums[i] > sums[best]) best = i;
    return sums[best] == 0 ? null : Policy.SERVICE_MODES[best];
  }

  static Relationship relationshipOf(View view) {
    CustomerState state = view.state();
    Policy.RelationshipRules rule = view.policy().relationship();
    int today = dayOf(view.at());
    int[] sums = ContactsOf.contactsBy(state, today);
    int all = sums[0] + sums[1] + sums[2] + sums[3];
    if (all > 0 && sums[ContactsOf.COMMUNITY] >= rule.communityShare() * all) return Relationship.COMMUNITY;

    int orders = 0;
    int personal = 0;
    boolean recurring = false;
    for (Placed order : state.placed) {
      if (order.day + WINDOW_DAYS <= today) continue;
      orders += 1;
      if (order.personal) personal += 1;
      if (order.recurring) recurring = true;
    }
    if (orders > 0 && personal >= rule.personalizedShare() * orders) return Relationship.PERSONALIZED;

    boolean isMember = state.memberAt != NONE && (state.leftAt == NONE || state.leftAt < state.memberAt);
    double knownDays = view.purchases() == null ? 0 : (double) (view.at() - startOfDay(view.purchases().first())) / DAY;
    boolean isOld = knownDays > rule.longTerm().days() && state.orders >= rule.longTerm().orders();
    return isMember || isOld || recurring ? Relationship.LONG_TERM : Relationship.TRANSACTIONAL;
  }
}
