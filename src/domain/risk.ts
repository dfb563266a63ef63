/**
 * Churn risk of a customer at an instant, and when silence alone changes it: signals, probability of a purchase, level, LOST. What is measured is pure;
 * the level is memory: it rises at once, and falls one step only after it has been below for the policy's days, or at a purchase that brings it to
 * MEDIUM or less. Keeps D3 and D4: `next` gives the first instant at which anything here differs, or a breakpoint.
 */
import { buyFallsBelow, buyProbability } from './buying.ts';
import { LEVELS, type Level, SIGNALS } from './decision.ts';
import { DAY, type Instant, startOfDay } from './ids.ts';
import { lostFrom } from './rules/rhythm.ts';
import type { Cursor, View } from './rules/rule.ts';
import { SIGNAL_LIST } from './signals/index.ts';
import type { CustomerState } from './state.ts';

/** How many breakpoints of a signal are looked at ahead; the last of them is its next instant when none changes it. */
const BREAKPOINTS = 32;
const INFORMS = SIGNALS.indexOf('PRICE_SENSITIVE');

const NEVER = Number.POSITIVE_INFINITY;

export class Risk {
  /** by SIGNALS */
  readonly on: readonly boolean[];
  /** null for prospects, and where the model has none */
  readonly buyProbability: number | null = null;
  /** what is measured, as an index in LEVELS; null for prospects */
  readonly measured: number | null = null;
  readonly lost: boolean = false;
  readonly #view: View;
  readonly #cursors: readonly Cursor[];
  readonly #lostAt: number = NEVER;
  /** the probability below which the level next rises; null when there is none */
  readonly #below: number | null = null;

  constructor(view: View) {
    this.#view = view;
    this.#cursors = SIGNAL_LIST.map((signal) => signal.open(view));
    this.on = this.#cursors.map(({ value }) => value === 1);
    const { purchases, policy, at } = view;
    if (purchases === null) return;
    const { churn } = policy;
    let raising = 0;
    for (let i = 0; i < this.on.length; i++) if (this.on[i] && i !== INFORMS) raising += 1;
    this.#lostAt = lostFrom(purchases, policy);
    this.lost = at >= this.#lostAt;
    let rank = 0;
    // With bg nobody can have left before the first repeat purchase: there is nothing to go by.
    if (churn.model !== 'bg' || purchases.count > 1) {
      const buy = buyProbability(churn, purchases.count - 1, purchases.last - purchases.first, (at - startOfDay(purchases.first)) / DAY);
      this.buyProbability = buy;
      const thresholds = [churn.p1, churn.p2, churn.p3];
      for (const threshold of thresholds) if (buy < threshold) rank += 1;
      this.#below = thresholds.find((threshold) => !(buy < threshold)) ?? null;
    }
    this.measured = Math.max(rank, Math.min(raising, LEVELS.length - 1));
  }

  /** When any of these changes in silence, or a breakpoint is passed, if that is before `bound`; else an instant no earlier. Used up by it. */
  next(bound: number): number {
    const { purchases, policy, at } = this.#view;
    let next = bound;
    for (let i = 0; i < this.#cursors.length; i++) {
      const cursor = this.#cursors[i] as Cursor;
      for (let n = 0; n < BREAKPOINTS && cursor.next < next; n++) {
        const instant = cursor.next;
        cursor.advance();
        const changed = (cursor.value === 1) !== this.on[i];
        if (changed || n === BREAKPOINTS - 1) next = instant;
        if (changed) break;
      }
    }
    if (purchases === null) return next;
    if (at < this.#lostAt) next = Math.min(next, this.#lostAt);
    if (this.#below === null) return next;
    const { count, first, last } = purchases;
    return Math.min(next, buyFallsBelow(policy.churn, count - 1, last - first, this.#below, startOfDay(first), at, next) ?? NEVER);
  }
}

const rankOf = (level: Level): number => LEVELS.indexOf(level);
const MEDIUM = rankOf('MEDIUM');

export const atLeastHigh = (level: Level | null): boolean => level !== null && rankOf(level) > MEDIUM;

/** Moves the memory; returns whether a signal, the level or LOST has changed. `bought`: a purchase is what led to this evaluation. */
export function remember(state: CustomerState, risk: Risk, at: Instant, dwellDays: number, bought: boolean): boolean {
  const { level, lost } = state;
  let changed = risk.lost !== lost;
  for (let i = 0; i < risk.on.length; i++) {
    const on = risk.on[i] === true;
    if (on === (state.signals[i] !== null)) continue;
    state.signals[i] = on ? at : null;
    changed = true;
  }
  state.lost = risk.lost;
  move(state, risk.measured, at, dwellDays * DAY, bought);
  return changed || state.level !== level;
}

function move(state: CustomerState, measured: number | null, at: Instant, dwell: number, bought: boolean): void {
  let rank = state.level === null ? -1 : rankOf(state.level);
  let since = state.belowSince;
  if (measured === null || measured >= rank || (bought && measured <= MEDIUM)) {
    rank = measured ?? -1;
    since = null;
  } else {
    since ??= at;
    while (rank > measured && at >= since + dwell) {
      rank -= 1;
      since = (since + dwell) as Instant;
    }
    if (rank === measured) since = null;
  }
  state.level = LEVELS[rank] ?? null;
  state.belowSince = since;
}

/** When the level falls a step if what is measured stays below it. */
export const levelFalls = (state: CustomerState, dwellDays: number): number =>
  state.belowSince === null ? Number.POSITIVE_INFINITY : state.belowSince + dwellDays * DAY;
