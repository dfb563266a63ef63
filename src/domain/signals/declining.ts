/**
 * DECLINING_FREQUENCY: with n1 and n2 the orders of the window before last and of the last one, n2 ≤ share·n1 and P(Binomial(n1 + n2, ½) ≤ n2) ≤ the
 * significance: without the test a steady buyer would be warned of a quarter of the time. Breakpoints: midnights of day + window and of day + 2·window.
 */
import { DAY, startOfDay } from '../ids.ts';
import { constant, type Rule, Steps, type View } from '../rules/rule.ts';
import type { Day } from '../state.ts';

/** Beyond so many orders a bound decides: far from the middle it is as good as nothing, whatever the significance. */
const MANY = 2_000;

/** P(Binomial(n, ½) ≤ k), exact up to rounding; in logarithms, so that no n underflows. For very many, Hoeffding's bound exp(−2n(½ − k/n)²). */
export function atMost(k: number, n: number): number {
  if (k >= n) return 1;
  if (n > MANY) return 2 * k >= n ? 1 : Math.exp(-2 * n * (0.5 - k / n) ** 2);
  let log = -n * Math.LN2;
  let sum = 0;
  for (let i = 0; i <= k; i++) {
    sum += Math.exp(log);
    log += Math.log((n - i) / (i + 1));
  }
  return Math.min(1, sum);
}

class Declining extends Steps {
  private readonly days: readonly Day[];
  private readonly window: number;
  private readonly share: number;
  private readonly significance: number;
  before = 0;
  recent = 0;

  constructor({ state, policy, at }: View) {
    super();
    const { windowDays, share, significance } = policy.churn.declining;
    this.days = state.days;
    this.window = windowDays;
    this.share = share;
    this.significance = significance;
    this.stand(Math.floor(at / DAY));
  }

  advance(): void {
    this.stand(Math.floor(this.next / DAY));
  }

  private stand(today: number): void {
    let next = Number.POSITIVE_INFINITY;
    this.before = 0;
    this.recent = 0;
    for (let i = this.days.length - 1; i >= 0; i--) {
      const day = this.days[i];
      if (day === undefined) break;
      const age = today - day.day;
      if (age >= 2 * this.window) break;
      if (age < this.window) this.recent += day.orders;
      else this.before += day.orders;
      next = Math.min(next, day.day + (age < this.window ? this.window : 2 * this.window));
    }
    this.next = Number.isFinite(next) ? startOfDay(next) : next;
    const [n1, n2] = [Math.max(0, this.before), Math.max(0, this.recent)];
    this.value = n1 > 0 && n2 <= this.share * n1 && atMost(n2, n1 + n2) <= this.significance ? 1 : 0;
  }
}

/** Whether there are enough orders for so few to be significant: of n orders none in the last window has the probability 2^−n. */
function canDecline({ state, policy, at }: View): boolean {
  const { windowDays, significance } = policy.churn.declining;
  const from = Math.floor(at / DAY) - 2 * windowDays;
  let orders = 0;
  for (let i = state.days.length - 1; i >= 0; i--) {
    const day = state.days[i];
    if (day === undefined || day.day <= from) break;
    // a day that takes orders back counts as it is when it alone is left
    orders += Math.max(0, day.orders);
  }
  return 2 ** -orders <= significance;
}

export const declining: Rule = {
  open(view) {
    if (view.purchases === null) return constant(null);
    return canDecline(view) ? new Declining(view) : constant(0);
  },
  evidence(view) {
    const { before, recent } = new Declining(view);
    return { before, recent };
  },
};
