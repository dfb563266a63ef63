/** Frequency: min(1, orders in the window / wanted). Evidence: an order that stands. Breakpoints: midnights of day + window. */
import type { Instant } from '../ids.ts';
import type { Day } from '../state.ts';
import { constant, type Rule } from './rule.ts';
import { DayWindow } from './window.ts';

class FrequencyWindow extends DayWindow {
  private readonly wanted: number;

  constructor(days: readonly Day[], windowDays: number, at: Instant, wanted: number) {
    super(days, windowDays, at);
    this.wanted = wanted;
    this.aim();
  }

  protected reckon(): number {
    return Math.min(1, Math.max(0, this.orders) / this.wanted);
  }
}

export const frequency: Rule = {
  open({ state, policy, at, purchases }) {
    const { windowDays, orders } = policy.loyalty.frequency;
    return purchases === null ? constant(null) : new FrequencyWindow(state.days, windowDays, at, orders);
  },
  evidence: ({ policy, purchases }) => ({
    purchaseDays: purchases?.count ?? 0,
    windowDays: policy.loyalty.frequency.windowDays,
    wanted: policy.loyalty.frequency.orders,
  }),
};
