/** All rules. A new one is a file here and a line in this list; the property tests of D3 and D4 then run over it. */
import { COMPONENTS, type Component } from '../decision.ts';
import { advocacy } from './advocacy.ts';
import { engagement } from './engagement.ts';
import { feedback } from './feedback.ts';
import { frequency } from './frequency.ts';
import { newcomer } from './newcomer.ts';
import { programme } from './programme.ts';
import { rhythm } from './rhythm.ts';
import type { Rule } from './rule.ts';
import { value } from './value.ts';

export const RULES: Readonly<Record<Component | 'value' | 'newcomer', Rule>> = {
  frequency,
  rhythm,
  feedback,
  engagement,
  programme,
  advocacy,
  value,
  newcomer,
};
export type RuleName = keyof typeof RULES;

/** The rules in one fixed order: the components as in COMPONENTS, then the value and who is new. */
export const RULE_NAMES: readonly RuleName[] = [...COMPONENTS, 'value', 'newcomer'];
export const RULE_LIST: readonly Rule[] = RULE_NAMES.map((name) => RULES[name]);
