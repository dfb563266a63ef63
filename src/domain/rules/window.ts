/**
 * Sums over a window of day buckets: the bucket of day D counts while `at` lies before midnight of D + window. So they jump at midnights.
 * Sums are kept as they are and floored at 0 by whoever reads them: refunds may exceed what is left of their orders.
 * A subclass aims when it is ready to reckon.
 */
import { dayOf, type Instant, startOfDay } from '../ids.ts';
import type { Day } from '../state.ts';
import { Steps } from './rule.ts';

export abstract class DayWindow extends Steps {
  protected orders = 0;
  protected revenue = 0;
  protected cost = 0;
  private readonly days: readonly Day[];
  private readonly windowDays: number;
  private oldest: number;

  constructor(days: readonly Day[], windowDays: number, at: Instant) {
    super();
    this.days = days;
    this.windowDays = windowDays;
    const from = dayOf(at) - windowDays;
    let i = days.length;
    for (; i > 0; i--) {
      const day = days[i - 1];
      if (day === undefined || day.day <= from) break;
      this.add(day, 1);
    }
    this.oldest = i;
  }

  protected abstract reckon(): number | null;

  advance(): void {
    const day = this.days[this.oldest];
    if (day === undefined) return;
    this.add(day, -1);
    this.oldest++;
    this.aim();
  }

  protected aim(): void {
    const day = this.days[this.oldest];
    this.next = day === undefined ? Number.POSITIVE_INFINITY : startOfDay(day.day + this.windowDays);
    this.value = this.reckon();
  }

  private add(day: Day, sign: number): void {
    this.orders += sign * day.orders;
    this.revenue += sign * day.revenue;
    this.cost += sign * day.cost;
  }
}
