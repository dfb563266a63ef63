/**
 * A customer seen from an instant on, if nothing further happens: scores now, and the next instant at which they differ in what matters.
 * Keeps D3 (nothing changes before that instant) and D4 (something does there, or a breakpoint is passed).
 *
 * In silence every rule is constant between its breakpoints, except rhythm, which falls. So the scores can change in two ways only: at a
 * breakpoint, or by loyalty falling through its lower threshold between two of them, which bisection finds to the millisecond: the
 * arithmetic is monotone also in its last bits, as each of its steps is a correctly rounded monotone function.
 */
import { COMPONENTS, type Group } from './decision.ts';
import { DAY, type Instant, LAST_INSTANT } from './ids.ts';
import type { Policy } from './policy.ts';
import { purchaseDays } from './purchases.ts';
import { RULE_LIST, RULE_NAMES } from './rules/index.ts';
import type { Cursor, View } from './rules/rule.ts';
import { highFrom } from './rules/value.ts';
import { type CustomerState, POINT_PARTS } from './state.ts';

/** How many breakpoints are looked at ahead; the last of them is the next instant when none changes anything. */
const BREAKPOINTS = 32;

const SIZE = COMPONENTS.length;
const RHYTHM = COMPONENTS.indexOf('rhythm');
const VALUE = RULE_NAMES.indexOf('value');
const NEWCOMER = RULE_NAMES.indexOf('newcomer');

export function viewOf(state: CustomerState, policy: Policy, at: Instant): View {
  return { state, policy, at, purchases: purchaseDays(state) };
}

/** The group of a customer: total and disjoint by construction. */
export function groupOf(isNew: boolean, valueHigh: boolean, loyaltyHigh: boolean): Group {
  if (isNew) return 'NEW';
  if (valueHigh) return loyaltyHigh ? 'CHAMPION' : 'POTENTIAL_CHAMPION';
  return loyaltyHigh ? 'LOYALIST' : 'AT_RISK';
}

export class Outlook {
  private readonly policy: Policy;
  /** minor units from which the value is high */
  private readonly high: number;
  private readonly weights: number[] = [];
  private readonly cursors: Cursor[] = [];
  // Copies of what the cursors say, by RULE_NAMES, because the search looks at them all at every breakpoint. NaN: no evidence.
  private readonly values: number[] = [];
  private readonly nexts: number[] = [];
  private at: number;

  constructor(view: View) {
    this.policy = view.policy;
    this.high = highFrom(view.state, view.policy);
    this.at = view.at;
    for (const name of COMPONENTS) this.weights.push(view.policy.loyalty.weights[name]);
    for (const rule of RULE_LIST) {
      const cursor = rule.open(view);
      this.cursors.push(cursor);
      this.values.push(cursor.value ?? Number.NaN);
      this.nexts.push(cursor.next);
    }
  }

  get value(): number {
    return this.values[VALUE] ?? 0;
  }

  get isNew(): boolean {
    return this.values[NEWCOMER] === 1;
  }

  /** 100·w·c / Σw of the components that have evidence, in the order of COMPONENTS, as said: in millionths of a point; their sum is the loyalty. */
  contributions(): (number | null)[] {
    const total = this.evidence();
    return this.weights.map((weight, k) => {
      const value = this.values[k] ?? Number.NaN;
      return Number.isNaN(value) || total <= 0 ? null : Math.round(((100 * weight * value) / total) * POINT_PARTS) / POINT_PARTS;
    });
  }

  /** Whether the value counts as high, given whether it did. @param high minor units: another threshold than the customer's */
  valueHigh(was: boolean, high = this.high): boolean {
    const { leave } = this.policy.value;
    return this.value >= (was ? high * leave : high);
  }

  /** Whether loyalty counts as high, given whether it did; no evidence counts as low. */
  loyaltyHigh(was: boolean): boolean {
    const { high, leave } = this.policy.loyalty;
    return this.loyalty() >= (was ? leave : high);
  }

  /**
   * Moves ahead to the next instant after this one at which silence changes a hysteresis bit or the group of the state; when there is
   * none among the next breakpoints, to the last of these; Infinity when nothing will ever change any more. From `bound` on it does not look:
   * then the answer is no earlier. The outlook is used up by it.
   */
  nextChange(state: CustomerState, bound = Number.POSITIVE_INFINITY): number {
    const dwellEnd = (state.groupSince ?? 0) + this.policy.loyalty.dwellDays * DAY;
    let passed = Number.POSITIVE_INFINITY;
    for (let i = 0; i < BREAKPOINTS; i++) {
      let next = dwellEnd > this.at ? dwellEnd : Number.POSITIVE_INFINITY;
      for (let k = 0; k < this.nexts.length; k++) {
        const at = this.nexts[k] ?? Number.POSITIVE_INFINITY;
        if (at < next) next = at;
      }

      const crossing = this.crossing(state, Math.min(next - 1, Math.ceil(bound) - 1, LAST_INSTANT));
      if (crossing !== null) return crossing;
      if (next > LAST_INSTANT) break;
      if (next >= bound) return bound;

      this.moveTo(next);
      if (this.differs(state, dwellEnd)) return next;
      passed = next;
    }
    return passed;
  }

  /** Σw of the components that have evidence. */
  private evidence(): number {
    let total = 0;
    for (let k = 0; k < SIZE; k++) if (!Number.isNaN(this.values[k] ?? Number.NaN)) total += this.weights[k] ?? 0;
    return total;
  }

  /** 0–100; NaN without evidence. */
  private loyalty(): number {
    const total = this.evidence();
    if (total <= 0) return Number.NaN;
    let sum = 0;
    for (let k = 0; k < SIZE; k++) {
      const value = this.values[k] ?? Number.NaN;
      if (!Number.isNaN(value)) sum += (100 * (this.weights[k] ?? 0) * value) / total;
    }
    return sum;
  }

  private moveTo(next: number): void {
    this.at = next;
    this.values[RHYTHM] = this.rhythmAt(next);
    for (let k = 0; k < this.nexts.length; k++) {
      if (this.nexts[k] !== next) continue;
      const cursor = this.cursors[k];
      if (cursor === undefined) continue;
      cursor.advance();
      this.values[k] = cursor.value ?? Number.NaN;
      this.nexts[k] = cursor.next;
    }
  }

  private rhythmAt(at: number): number {
    return this.cursors[RHYTHM]?.at(at) ?? Number.NaN;
  }

  private differs(state: CustomerState, dwellEnd: number): boolean {
    const valueHigh = this.valueHigh(state.valueHigh);
    const loyaltyHigh = this.loyaltyHigh(state.loyaltyHigh);
    if (valueHigh !== state.valueHigh || loyaltyHigh !== state.loyaltyHigh) return true;
    return this.at >= dwellEnd && groupOf(this.isNew, valueHigh, loyaltyHigh) !== state.group;
  }

  /** The first instant up to `end` at which loyalty is no longer high because rhythm has fallen. */
  private crossing(state: CustomerState, end: number): number | null {
    if (!state.loyaltyHigh || end <= this.at) return null;
    const now = this.values[RHYTHM];
    if (!(this.rhythmAt(end) < (now ?? 0)) || this.stays(end)) return null;
    let still = this.at;
    let gone = end;
    while (gone - still > 1) {
      const middle = Math.floor((still + gone) / 2);
      if (this.stays(middle)) still = middle;
      else gone = middle;
    }
    return gone;
  }

  private stays(at: number): boolean {
    this.values[RHYTHM] = this.rhythmAt(at);
    return this.loyaltyHigh(true);
  }
}
