/**
 * What a business's history says of itself, as numbers a policy can be made of: quantiles of yearly orders, revenue and order value, of gaps and
 * of lateness in gaps, over its active customers. Pure; the facts are the domain's, read off a play of any policy, since no rule changes them.
 */
import type { CustomerEvent } from '../domain/event.ts';
import { dayOf, type Instant } from '../domain/ids.ts';
import { WINDOW_DAYS } from '../domain/state.ts';
import { History, type PurchaseDays } from './history.ts';
import type { Timelines } from './play.ts';

/** The least value that at least a share q of the values do not exceed (the inverse of the distribution); NaN of none. `sorted` rises. */
export function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

export const rising = (values: Iterable<number>): number[] => [...values].sort((a, b) => a - b);

/** Purchase days of each customer up to `until`, net of cancellations. */
export function purchaseDaysOf(timelines: Timelines, until: Instant): PurchaseDays {
  const history = new History();
  const taken = new Set<number>();
  for (const [customer, events] of timelines) {
    taken.clear();
    for (const event of events) {
      if (event.at > until) break;
      if (event.type !== 'purchase' || taken.has(event.id)) continue;
      taken.add(event.id);
      addTo(history, customer, event);
    }
  }
  return history.purchaseDays();
}

function addTo(history: History, customer: string, event: Extract<CustomerEvent, { type: 'purchase' }>): void {
  const { order, kind, amount, orderedAt } = event;
  const day = dayOf(event.at);
  if (kind === 'PURCHASE') history.order(customer, order, day, amount);
  else history.takeBack({ customer, order, kind, day, amount, ordered: orderedAt === null ? null : dayOf(orderedAt) });
}

/** Days between purchase days, of customers with a purchase day in the 365 days up to `today`. Each list rises. */
export interface Gaps {
  /** each customer's mean; of those with two purchase days or more */
  readonly means: readonly number[];
  /** from the first purchase day to the second */
  readonly firsts: readonly number[];
  /** each customer's purchase days */
  readonly active: readonly (readonly number[])[];
}

export function gapsOf(purchaseDays: PurchaseDays, today: number): Gaps {
  const active = purchaseDays.map((days) => days.map(({ day }) => day)).filter((days) => (days.at(-1) ?? 0) + WINDOW_DAYS > today);
  const means: number[] = [];
  const firsts: number[] = [];
  for (const [first, second, ...more] of active) {
    if (first === undefined || second === undefined) continue;
    firsts.push(second - first);
    means.push(((more.at(-1) ?? second) - first) / (more.length + 1));
  }
  return { means: rising(means), firsts: rising(firsts), active };
}

/** How the gap g of a policy is reckoned, in days. */
export interface Rhythm {
  readonly firstGapDays: number;
  readonly leastGapDays: number;
  readonly mostGapDays: number;
}

/** Each gap as a multiple of the customer's g as it was known when the gap began, rising. */
export function latenessOf(active: Gaps['active'], { firstGapDays, leastGapDays, mostGapDays }: Rhythm): number[] {
  const ratios: number[] = [];
  for (const days of active) {
    const first = days[0] ?? 0;
    days.forEach((day, i) => {
      const next = days[i + 1];
      if (next === undefined) return;
      const gap = Math.min(mostGapDays, Math.max(leastGapDays, (firstGapDays + day - first) / (i + 1)));
      ratios.push((next - day) / gap);
    });
  }
  return rising(ratios);
}

/**
 * A number that splits the values as near to their median as can be, placed between two of them, so that no customer sits on it: in the middle
 * between the two atoms around the split, rounded to as few digits as lie between them. Null when all values are one.
 */
export function splitOf(sorted: readonly number[]): number | null {
  const half = sorted.length / 2;
  let best: { readonly below: number; readonly from: number; readonly distance: number } | null = null;
  for (let i = 1; i < sorted.length; i++) {
    const below = sorted[i - 1] ?? 0;
    const from = sorted[i] ?? 0;
    const distance = Math.abs(i - half);
    if (from - below > LEAST_GAP && (best === null || distance < best.distance)) best = { below, from, distance };
  }
  return best === null ? null : between(best.below, best.from);
}

/** Scores nearer than this are one atom: contributions are held in millionths of a point. */
const LEAST_GAP = 1e-4;

/** A short number between the two, the nearest to their middle. */
function between(below: number, from: number): number {
  const middle = (below + from) / 2;
  for (let digits = 0; digits < 6; digits++) {
    const short = Number(middle.toFixed(digits));
    if (short > below && short < from) return short;
  }
  return middle;
}

/** Rank correlation (Spearman) of pairs, ties by their mean rank; null when a side is all one. */
export function rankCorrelation(pairs: readonly (readonly [number, number])[]): number | null {
  const [a, b] = [ranks(pairs.map(([x]) => x)), ranks(pairs.map(([, y]) => y))];
  const mean = (pairs.length + 1) / 2;
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((rank, i) => {
    const [x, y] = [rank - mean, (b[i] ?? 0) - mean];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  });
  return aa === 0 || bb === 0 ? null : ab / Math.sqrt(aa * bb);
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((i, j) => (values[i] ?? 0) - (values[j] ?? 0));
  const result = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length; ) {
    let to = from;
    while (to < order.length && values[order[to] ?? 0] === values[order[from] ?? 0]) to++;
    for (let k = from; k < to; k++) result[order[k] ?? 0] = (from + 1 + to) / 2;
    from = to;
  }
  return result;
}
