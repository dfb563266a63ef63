/** Value: what the customer bought in the trailing window, in minor units, by the policy's measure. Breakpoints: midnights of day + window. */
import type { Instant } from '../ids.ts';
import type { Policy } from '../policy.ts';
import type { CustomerState, Day } from '../state.ts';
import type { Rule } from './rule.ts';
import { DayWindow } from './window.ts';

class ValueWindow extends DayWindow {
  private readonly measure: Policy['value']['measure'];

  constructor(days: readonly Day[], windowDays: number, at: Instant, measure: Policy['value']['measure']) {
    super(days, windowDays, at);
    this.measure = measure;
    this.aim();
  }

  protected reckon(): number {
    switch (this.measure) {
      case 'averageOrder':
        return this.orders > 0 ? Math.max(0, Math.round(this.revenue / this.orders)) : 0;
      case 'margin':
        return Math.max(0, this.revenue - this.cost);
      default:
        return Math.max(0, this.revenue);
    }
  }
}

/** Minor units from which the customer's value is high: by the version of the thresholds that was taken up, else by the policy. */
export const highFrom = ({ thresholds }: Pick<CustomerState, 'thresholds'>, policy: Policy): number =>
  thresholds?.high ?? policy.value.high;

export const value: Rule = {
  open: ({ state, policy, at }) => new ValueWindow(state.days, policy.value.windowDays, at, policy.value.measure),
  evidence: ({ state, policy }) => {
    const high = highFrom(state, policy);
    return { windowDays: policy.value.windowDays, high, leave: high * policy.value.leave };
  },
};
