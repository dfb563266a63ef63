/**
 * A history of purchases, gathered in any order, as the purchase days of each customer: what the models are fitted to. Boundary: days and
 * minor units; where they come from is the reader's. Memory is one entry for each purchase day and order.
 *
 * Orders are counted once by their id. A cancellation takes back the order that it names, a refund money: on the day of the order, else on the
 * day that it says the order was placed, else (a refund only) on its own. A day on which no order stands is no purchase day.
 */
import type { Buyer } from './buying-fit.ts';

interface Bucket {
  orders: number;
  /** net, in minor units */
  amount: number;
}

interface Gathered {
  readonly days: Map<number, Bucket>;
  readonly orders: Map<number, number>;
}

export interface TakenBack {
  readonly customer: string;
  /** a hash of the order's id */
  readonly order: number;
  readonly kind: 'REFUND' | 'CANCELLATION';
  readonly day: number;
  readonly amount: number;
  /** when the order was placed, if it is said */
  readonly ordered: number | null;
}

/** A customer of the calibration, in days, with what came after it. */
export interface Summary extends Buyer {
  /** repeat purchase days of positive net amount, and their mean in minor units */
  readonly paidDays: number;
  readonly mean: number | null;
  /** purchase days after the calibration */
  readonly later: number;
  /** days from the end of the calibration to the next purchase day */
  readonly next: number | null;
}

export class History {
  readonly #customers = new Map<string, Gathered>();
  readonly #takenBack: TakenBack[] = [];
  /** An order of a day; one whose id (a hash) is known already is a repetition. */
  order(customer: string, order: number | null, day: number, amount: number): void {
    const gathered = this.#customers.get(customer) ?? { days: new Map(), orders: new Map() };
    this.#customers.set(customer, gathered);
    if (order !== null) {
      if (gathered.orders.has(order)) return;
      gathered.orders.set(order, day);
    }
    const bucket = gathered.days.get(day);
    if (bucket === undefined) gathered.days.set(day, { orders: 1, amount });
    else {
      bucket.orders += 1;
      bucket.amount += amount;
    }
  }

  /** A refund or cancellation; it may come before its order. Whoever calls tells repetitions apart. */
  takeBack(takenBack: TakenBack): void {
    this.#takenBack.push(takenBack);
  }

  /** The purchase days of each customer, earliest first, with their net amounts; customers without one are left out. Once, at the end. */
  purchaseDays(): PurchaseDays {
    for (const back of this.#takenBack.splice(0)) {
      const gathered = this.#customers.get(back.customer);
      const known = gathered?.orders.get(back.order);
      const day = known ?? back.ordered ?? (back.kind === 'REFUND' ? back.day : null);
      const bucket = day === null ? undefined : gathered?.days.get(day);
      if (gathered === undefined || bucket === undefined) continue;
      bucket.amount -= back.amount;
      if (back.kind === 'REFUND') continue;
      bucket.orders -= 1;
      gathered.orders.delete(back.order);
    }
    const customers = [...this.#customers.values()].map(({ days }) =>
      [...days]
        .filter(([, { orders }]) => orders > 0)
        .sort(([a], [b]) => a - b)
        .map(([day, { amount }]) => ({ day, amount })),
    );
    return customers.filter((days) => days.length > 0);
  }
}

export type PurchaseDays = readonly (readonly { readonly day: number; readonly amount: number }[])[];

/** The last purchase day of all; null without one. */
export function lastDayOf(customers: PurchaseDays): number | null {
  return customers.reduce<number | null>((last, days) => Math.max(last ?? -Infinity, days.at(-1)?.day ?? -Infinity), null);
}

/** The customers who had bought by the end of day `until`. */
export function summarise(customers: PurchaseDays, until: number): Summary[] {
  return customers.flatMap((days) => {
    const [first, ...repeats] = days.filter(({ day }) => day <= until);
    if (first === undefined) return [];
    const paid = repeats.filter(({ amount }) => amount > 0);
    const later = days.filter(({ day }) => day > until);
    return {
      x: repeats.length,
      tx: (repeats.at(-1)?.day ?? first.day) - first.day,
      T: until - first.day,
      paidDays: paid.length,
      mean: paid.length === 0 ? null : paid.reduce((sum, { amount }) => sum + amount, 0) / paid.length,
      later: later.length,
      next: later[0] === undefined ? null : later[0].day - until,
    };
  });
}
