/**
 * What a rule is: a number about a customer, and the instants at which it can jump while the customer is silent.
 * Every rule opens a `Cursor`; `index.ts` lists them all, and the property tests run over that list (D3, D4).
 */
import type { Instant } from '../ids.ts';
import type { Policy } from '../policy.ts';
import type { PurchaseDays } from '../purchases.ts';
import type { CustomerState } from '../state.ts';

/** A customer at an instant, with what several rules need of it worked out once. */
export interface View {
  readonly state: CustomerState;
  readonly policy: Policy;
  readonly at: Instant;
  readonly purchases: PurchaseDays | null;
}

/** A rule followed through a silence, from one breakpoint to the next. */
export interface Cursor {
  /** the rule's value where the cursor stands; null without evidence */
  readonly value: number | null;
  /** the next instant at which the value can jump; Infinity when it never will */
  readonly next: number;
  /** the value at an instant before `next`: the same as `value`, except while rhythm falls */
  at(instant: number): number | null;
  /** moves to `next` */
  advance(): void;
}

export interface Rule {
  open(view: View): Cursor;
  /** the facts behind the value, for people */
  evidence(view: View): Readonly<Record<string, number | null>>;
}

/** A cursor whose value is constant between its breakpoints. */
export abstract class Steps implements Cursor {
  value: number | null = null;
  next = Number.POSITIVE_INFINITY;

  at(_instant: number): number | null {
    return this.value;
  }

  abstract advance(): void;
}

class Constant extends Steps {
  constructor(value: number | null) {
    super();
    this.value = value;
  }

  advance(): void {}
}

/** For rules without evidence, and for values that silence does not change. */
export const constant = (value: number | null): Cursor => new Constant(value);
