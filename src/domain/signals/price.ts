/**
 * PRICE_SENSITIVE: of the orders of the last year that are remembered, at least so many, the share bought at a discount. It informs and does not raise the
 * level. Breakpoints: midnights of order day + 365.
 */
import { DAY, dayOf, startOfDay } from '../ids.ts';
import { constant, type Rule, Steps, type View } from '../rules/rule.ts';
import { type Placed, WINDOW_DAYS } from '../state.ts';

class Price extends Steps {
  private readonly placed: readonly Placed[];
  private readonly policy: View['policy'];
  orders = 0;
  discounted = 0;

  constructor({ state, policy, at }: View) {
    super();
    this.placed = state.placed;
    this.policy = policy;
    this.stand(dayOf(at));
  }

  advance(): void {
    this.stand(Math.floor(this.next / DAY));
  }

  private stand(today: number): void {
    this.orders = 0;
    this.discounted = 0;
    let oldest = Number.POSITIVE_INFINITY;
    for (const { day, discounted } of this.placed) {
      if (day + WINDOW_DAYS <= today) continue;
      if (day < oldest) oldest = day;
      this.orders += 1;
      if (discounted) this.discounted += 1;
    }
    const { orders, share } = this.policy.churn.priceSensitive;
    this.value = this.orders >= orders && this.discounted >= share * this.orders ? 1 : 0;
    this.next = Number.isFinite(oldest) ? startOfDay(oldest + WINDOW_DAYS) : oldest;
  }
}

export const price: Rule = {
  open: (view) => (view.purchases === null ? constant(null) : new Price(view)),
  evidence(view) {
    const { orders, discounted } = new Price(view);
    return { orders, discounted };
  },
};
