/**
 * Rhythm: whether the customer is on time by the own gap g between purchase days. 1 until `from`·g after midnight of the last purchase
 * day, then falling linearly to 0 at `to`·g. The one value that moves continuously in silence, and it only falls.
 *
 * g = (g0 + last − first) / (1 + purchase days − 1) in days, held in [least, most]: one prior gap g0 keeps a quick second purchase from
 * making the customer look late. Evidence: an order that stands. Breakpoints: last + from·g, last + to·g (the first whole millisecond).
 */
import { DAY, startOfDay } from '../ids.ts';
import type { Policy } from '../policy.ts';
import type { PurchaseDays } from '../purchases.ts';
import { type Cursor, constant, type Rule } from './rule.ts';

/** The customer's gap in days, as it is. */
const freeGapDays = (purchases: PurchaseDays, policy: Policy): number =>
  (policy.loyalty.rhythm.firstGapDays + purchases.last - purchases.first) / purchases.count;

/** The customer's gap in days, held in its bounds. */
export function gapDays(purchases: PurchaseDays, policy: Policy): number {
  const { leastGapDays, mostGapDays } = policy.loyalty.rhythm;
  return Math.min(mostGapDays, Math.max(leastGapDays, freeGapDays(purchases, policy)));
}

/** From when on the customer is LOST in silence: the longer of so many days and so many gaps after the last purchase. The first whole millisecond. */
export function lostFrom(purchases: PurchaseDays, policy: Policy): number {
  const { days, gaps } = policy.churn.lost;
  return Math.ceil(startOfDay(purchases.last) + Math.max(days, gaps * freeGapDays(purchases, policy)) * DAY);
}

class Fall implements Cursor {
  value: number;
  next: number;
  private readonly start: number;
  private readonly end: number;

  constructor(start: number, end: number, at: number) {
    this.start = start;
    this.end = end;
    this.value = this.at(at);
    this.next = this.after(at);
  }

  at(instant: number): number {
    if (instant <= this.start) return 1;
    return instant >= this.end ? 0 : (this.end - instant) / (this.end - this.start);
  }

  advance(): void {
    this.value = this.at(this.next);
    this.next = this.after(this.next);
  }

  private after(at: number): number {
    const start = Math.ceil(this.start);
    const end = Math.ceil(this.end);
    return at < start ? start : at < end ? end : Number.POSITIVE_INFINITY;
  }
}

export const rhythm: Rule = {
  open({ policy, at, purchases }) {
    if (purchases === null) return constant(null);
    const { from, to } = policy.loyalty.rhythm;
    const gap = gapDays(purchases, policy) * DAY;
    const last = startOfDay(purchases.last);
    return new Fall(last + from * gap, last + to * gap, at);
  },
  evidence: ({ policy, purchases }) => ({
    gapDays: purchases === null ? null : gapDays(purchases, policy),
    lastPurchaseAt: purchases === null ? null : startOfDay(purchases.last),
  }),
};
