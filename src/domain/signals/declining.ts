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
  /** days before these places are older than both windows, and than the last one */
  private oldest = 0;
  private middle: number;
  before = 0;
  recent = 0;

  constructor({ state, policy, at }: View) {
    super();
    const { windowDays, share, significance } = policy.churn.declining;
    this.days = state.days;
    this.window = windowDays;
    this.share = share;
    this.significance = significance;
    const today = Math.floor(at / DAY);
    let i = this.days.length;
    for (; i > 0 && today - this.dayAt(i - 1) < this.window; i--) this.recent += this.days[i - 1]?.orders ?? 0;
    this.middle = i;
    for (; i > 0 && today - this.dayAt(i - 1) < 2 * this.window; i--) this.before += this.days[i - 1]?.orders ?? 0;
    this.oldest = i;
    this.aim();
  }

  advance(): void {
    const today = Math.floor(this.next / DAY);
    for (; today - this.dayAt(this.middle) >= this.window; this.middle++) {
      const orders = this.days[this.middle]?.orders ?? 0;
      this.recent -= orders;
      this.before += orders;
    }
    for (; today - this.dayAt(this.oldest) >= 2 * this.window; this.oldest++) this.before -= this.days[this.oldest]?.orders ?? 0;
    this.aim();
  }

  /** Infinity behind the last. */
  private dayAt(place: number): number {
    return this.days[place]?.day ?? Number.POSITIVE_INFINITY;
  }

  private aim(): void {
    const ends = this.oldest < this.middle ? this.dayAt(this.oldest) + 2 * this.window : Number.POSITIVE_INFINITY;
    const next = Math.min(ends, this.dayAt(this.middle) + this.window);
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
