/**
 * LOYALTY_INACTIVE: there is a programme, and the member has been idle for its time, has left, or the customer has not joined within `joinDays` of the first
 * purchase. Evidence: an order, or a membership. Breakpoints: activity + activeDays, first purchase + joinDays.
 */
import { DAY, startOfDay } from '../ids.ts';
import { constant, type Rule, Steps } from '../rules/rule.ts';

class From extends Steps {
  private readonly from: number;

  constructor(from: number, at: number) {
    super();
    this.from = from;
    this.value = at >= from ? 1 : 0;
    if (at < from) this.next = from;
  }

  advance(): void {
    this.value = this.next >= this.from ? 1 : 0;
    this.next = Number.POSITIVE_INFINITY;
  }
}

export const inactive: Rule = {
  open({ state: { memberAt, leftAt }, policy, purchases, at }) {
    const { enabled, activeDays } = policy.loyalty.programme;
    if (!enabled) return constant(null);
    if (leftAt !== null && (memberAt === null || leftAt >= memberAt)) return constant(1);
    if (memberAt !== null) return new From(memberAt + activeDays * DAY, at);
    return purchases === null ? constant(null) : new From(startOfDay(purchases.first) + policy.churn.programme.joinDays * DAY, at);
  },
  evidence: ({ state, purchases }) => ({
    activeAt: state.memberAt,
    leftAt: state.leftAt,
    // what counts for who has never joined
    firstPurchaseAt: purchases === null || state.memberAt !== null ? null : startOfDay(purchases.first),
  }),
};
