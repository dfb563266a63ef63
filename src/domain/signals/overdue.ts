/** OVERDUE: so many of the customer's gaps since the last purchase, until the next one or LOST. Breakpoints: last + overdue·g, LOST. */
import { DAY, startOfDay } from '../ids.ts';
import { gapDays, lostFrom } from '../rules/rhythm.ts';
import { constant, type Rule, Steps } from '../rules/rule.ts';

class Overdue extends Steps {
  private readonly from: number;
  private readonly to: number;

  constructor(from: number, to: number, at: number) {
    super();
    this.from = from;
    this.to = to;
    this.stand(at);
  }

  advance(): void {
    this.stand(this.next);
  }

  private stand(at: number): void {
    this.value = at >= this.from && at < this.to ? 1 : 0;
    this.next = at < Math.min(this.from, this.to) ? Math.min(this.from, this.to) : at < this.to ? this.to : Number.POSITIVE_INFINITY;
  }
}

export const overdue: Rule = {
  open({ purchases, policy, at }) {
    if (purchases === null) return constant(null);
    const from = Math.ceil(startOfDay(purchases.last) + policy.churn.overdue * gapDays(purchases, policy) * DAY);
    return new Overdue(from, lostFrom(purchases, policy), at);
  },
  evidence: ({ purchases, policy, at }) => ({
    gapDays: purchases === null ? null : gapDays(purchases, policy),
    sinceDays: purchases === null ? null : (at - startOfDay(purchases.last)) / DAY,
  }),
};
