/**
 * Advocacy: min(1, referrals, positive reviews and community posts in the window / wanted).
 * Evidence: the policy says that they are heard of. Breakpoints: midnights of day + window.
 */
import { DAY, dayOf, startOfDay } from '../ids.ts';
import type { DayCount } from '../state.ts';
import { constant, type Rule, Steps, type View } from './rule.ts';

class Advocacy extends Steps {
  private readonly counts: readonly DayCount[];
  private readonly windowDays: number;
  private readonly wanted: number;
  private oldest = 0;
  private sum = 0;

  constructor({ state, policy, at }: View) {
    super();
    this.counts = state.advocacy;
    this.windowDays = policy.loyalty.advocacy.windowDays;
    this.wanted = policy.loyalty.advocacy.events;
    for (const { count } of this.counts) this.sum += count;
    this.stand(dayOf(at));
  }

  advance(): void {
    this.stand(Math.floor(this.next / DAY));
  }

  private stand(today: number): void {
    let oldest = this.counts[this.oldest];
    while (oldest !== undefined && oldest.day + this.windowDays <= today) {
      this.sum -= oldest.count;
      oldest = this.counts[++this.oldest];
    }
    this.next = oldest === undefined ? Number.POSITIVE_INFINITY : startOfDay(oldest.day + this.windowDays);
    this.value = Math.min(1, this.sum / this.wanted);
  }
}

export const advocacy: Rule = {
  open: (view) => (view.policy.loyalty.advocacy.enabled ? new Advocacy(view) : constant(null)),
  evidence: ({ state }) => ({ days: state.advocacy.length }),
};
