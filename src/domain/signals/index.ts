/** All signals. A new one is a file here and a line in this list; the property tests of D3 and D4 then run over it. Values are 1, 0, or null without evidence. */
import { SIGNALS, type Signal } from '../decision.ts';
import type { Rule } from '../rules/rule.ts';
import { declining } from './declining.ts';
import { disengaged } from './disengaged.ts';
import { inactive } from './inactive.ts';
import { negative } from './negative.ts';
import { overdue } from './overdue.ts';
import { pain } from './pain.ts';
import { price } from './price.ts';

export const SIGNAL_RULES: Readonly<Record<Signal, Rule>> = {
  OVERDUE: overdue,
  DECLINING_FREQUENCY: declining,
  NEGATIVE_FEEDBACK: negative,
  DISENGAGED: disengaged,
  LOYALTY_INACTIVE: inactive,
  SUPPORT_PAIN: pain,
  PRICE_SENSITIVE: price,
};
/** In the order of SIGNALS. */
export const SIGNAL_LIST: readonly Rule[] = SIGNALS.map((signal) => SIGNAL_RULES[signal]);
