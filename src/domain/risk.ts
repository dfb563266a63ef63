/**
 * Churn risk of a customer at an instant, and when silence alone changes it: signals, probability of a purchase, level, LOST. What is measured is pure;
 * the level is memory: it rises at once, and falls one step only after it has been below for the policy's days, or at a purchase that brings it to
 * MEDIUM or less. Keeps D3 and D4: `next` is the first instant at which anything here differs, or a breakpoint.
 */
import { buyFallsBelow, buyProbability } from './buying.ts';
import { LEVELS, type Level, SIGNALS } from './decision.ts';
import { DAY, type Instant, startOfDay } from './ids.ts';
import { lostFrom } from './rules/rhythm.ts';
import type { View } from './rules/rule.ts';
import { SIGNAL_RULES } from './signals/index.ts';
import type { CustomerState } from './state.ts';

/** How many breakpoints of a signal are looked at ahead; the last of them is its next instant when none changes it. */
const BREAKPOINTS = 32;
const INFORMS = SIGNALS.indexOf('PRICE_SENSITIVE');

export interface Risk {
  /** by SIGNALS */
  readonly on: readonly boolean[];
  /** null for prospects, and where the model has none */
  readonly buyProbability: number | null;
  /** what is measured, as an index in LEVELS; null for prospects */
  readonly measured: number | null;
  readonly lost: boolean;
  /** when any of these changes in silence, or a breakpoint is passed; Infinity for never */
  readonly next: number;
}

export function riskOf(view: View): Risk {
  const { purchases, policy, at } = view;
  const { churn } = policy;
  let next = Number.POSITIVE_INFINITY;
  let raising = 0;
  const on = SIGNALS.map((signal, i) => {
    const cursor = SIGNAL_RULES[signal].open(view);
    const is = cursor.value === 1;
    if (is && i !== INFORMS) raising += 1;
    for (let n = 0; n < BREAKPOINTS && cursor.next < next; n++) {
      const at = cursor.next;
      cursor.advance();
      if ((cursor.value === 1) !== is || n === BREAKPOINTS - 1) next = Math.min(next, at);
      if ((cursor.value === 1) !== is) break;
    }
    return is;
  });
  if (purchases === null) return { on, buyProbability: null, measured: null, lost: false, next };

  const lostAt = lostFrom(purchases, policy);
  if (at < lostAt) next = Math.min(next, lostAt);
  const x = purchases.count - 1;
  const first = startOfDay(purchases.first);
  const tx = purchases.last - purchases.first;
  let buy: number | null = null;
  let rank = 0;
  // With bg nobody can have left before the first repeat purchase: there is nothing to go by.
  if (churn.model !== 'bg' || x > 0) {
    buy = buyProbability(churn, x, tx, (at - first) / DAY);
    const thresholds = [churn.p1, churn.p2, churn.p3];
    for (const threshold of thresholds) if (buy < threshold) rank += 1;
    const below = thresholds.find((threshold) => !((buy ?? 0) < threshold));
    const falls = below === undefined ? null : buyFallsBelow(churn, x, tx, below, first, at);
    if (falls !== null) next = Math.min(next, falls);
  }
  return { on, buyProbability: buy, measured: Math.max(rank, Math.min(raising, LEVELS.length - 1)), lost: at >= lostAt, next };
}

const rankOf = (level: Level): number => LEVELS.indexOf(level);
const MEDIUM = rankOf('MEDIUM');

export const atLeastHigh = (level: Level | null): boolean => level !== null && rankOf(level) > MEDIUM;

/** Moves the memory; returns whether a signal, the level or LOST has changed. `bought`: a purchase is what led to this evaluation. */
export function remember(state: CustomerState, risk: Risk, at: Instant, dwellDays: number, bought: boolean): boolean {
  const { level, lost } = state;
  let changed = risk.lost !== lost;
  risk.on.forEach((on, i) => {
    if (on === (state.signals[i] !== null)) return;
    state.signals[i] = on ? at : null;
    changed = true;
  });
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
