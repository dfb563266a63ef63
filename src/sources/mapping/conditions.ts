/**
 * Conditions of a mapping as functions. Values are compared as texts. Pure.
 */
import type { Condition } from '../../config/mapping/mapping.ts';
import { textOf } from './convert.ts';
import { type Foreign, readerOf } from './paths.ts';

/** Whether all hold. */
export function allOf(conditions: readonly Condition[]): (from: Foreign) => boolean {
  const tests = conditions.map(conditionOf);
  return (from) => tests.every((test) => test(from));
}

function conditionOf(condition: Condition): (from: Foreign) => boolean {
  const read = readerOf(condition.path);
  if ('present' in condition) {
    return (from) => {
      const value = read(from);
      return (value !== undefined && value !== null) === condition.present;
    };
  }
  const within = 'in' in condition;
  const words: ReadonlySet<string | undefined> = new Set(within ? condition.in : condition.notIn);
  return (from) => words.has(textOf(read(from))) === within;
}
