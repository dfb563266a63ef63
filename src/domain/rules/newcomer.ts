/**
 * New: 1 for prospects (no order that stands) and for customers known only for a short time, else 0.
 * Known since midnight of the first purchase day. Breakpoints: first + leastDays, first + days.
 */
import { DAY, startOfDay } from '../ids.ts';
import { constant, type Rule, Steps, type View } from './rule.ts';

class Newcomer extends Steps {
  private readonly until: readonly [number, number];
  private readonly established: boolean;

  constructor({ state, policy, at }: View, firstDay: number) {
    super();
    const { days, leastDays, orders } = policy.newCustomer;
    const first = startOfDay(firstDay);
    this.until = [first + Math.min(leastDays, days) * DAY, first + days * DAY];
    this.established = state.orders >= orders;
    this.stand(at);
  }

  advance(): void {
    this.stand(this.next);
  }

  private stand(at: number): void {
    const [least, most] = this.until;
    this.value = at >= most || (at >= least && this.established) ? 0 : 1;
    this.next = at < least ? least : at < most ? most : Number.POSITIVE_INFINITY;
  }
}

export const newcomer: Rule = {
  open: (view) => (view.purchases === null ? constant(1) : new Newcomer(view, view.purchases.first)),
  evidence: ({ state, purchases, at }) => ({
    orders: Math.max(0, state.orders),
    knownDays: purchases === null ? null : (at - startOfDay(purchases.first)) / DAY,
  }),
};
