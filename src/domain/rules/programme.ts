/**
 * Programme: 1 for a member active within `activeDays`, .5 for an idle member, 0 for one who has not joined or has left.
 * Evidence: the policy says that there is a programme. Breakpoint: activity + activeDays.
 */
import { DAY } from '../ids.ts';
import { constant, type Rule, Steps } from './rule.ts';

class Membership extends Steps {
  constructor(at: number, idleFrom: number) {
    super();
    this.value = at < idleFrom ? 1 : 0.5;
    if (at < idleFrom) this.next = idleFrom;
  }

  advance(): void {
    this.value = 0.5;
    this.next = Number.POSITIVE_INFINITY;
  }
}

export const programme: Rule = {
  open({ state: { memberAt, leftAt }, policy, at }) {
    const { enabled, activeDays } = policy.loyalty.programme;
    if (!enabled) return constant(null);
    if (memberAt === null || (leftAt !== null && leftAt >= memberAt)) return constant(0);
    return new Membership(at, memberAt + activeDays * DAY);
  },
  evidence: ({ state }) => ({ activeAt: state.memberAt, leftAt: state.leftAt }),
};
