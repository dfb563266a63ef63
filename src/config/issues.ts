/**
 * zod's issues in the words of this product: what must be, and what is instead. Boundary: wording only.
 */
import type { z } from 'zod';
import { quote } from './fault.ts';

/** One sentence for an issue. `value` is what was given; pass `hidden` for a secret. */
export function describe(issue: z.core.$ZodIssue, value: unknown, hidden = false): string {
  const given = hidden ? '' : value === undefined ? ', but is missing' : `, but is ${quote(value)}`;
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${NOUNS[issue.expected] ?? issue.expected}${given}.`;
    case 'too_small':
      return `must be ${issue.inclusive === false ? 'greater than' : 'at least'} ${issue.minimum}${unit(issue.origin)}${given}.`;
    case 'too_big':
      return `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${issue.maximum}${unit(issue.origin)}${given}.`;
    case 'invalid_value':
      return `must be ${oneOf(issue.values.map(String))}${given}.`;
    case 'custom':
    case 'invalid_format':
      return `${issue.message}${given}.`;
    default:
      return `${issue.message}.`;
  }
}

const NOUNS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  array: 'a list',
};

const unit = (origin: string): string => (origin === 'array' ? ' entries' : origin === 'string' ? ' characters' : '');

function oneOf(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}
