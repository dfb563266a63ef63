/** Goals of a policy: what cannot be told is a fault at start, not a goal that is silently never met. */
import { describe, expect, test } from 'vitest';
import { parsePolicy } from '../../src/config/policy.ts';
import type { Goal } from '../../src/domain/policy.ts';
import { blocksOf } from '../support/markdown.ts';

const GOAL: Goal = {
  name: 'more',
  metric: 'customers',
  dimension: 'all',
  from: '2026-01-01',
  by: '2026-12-31',
  baseline: null,
  change: 0.2,
  kind: 'relative',
  tolerance: 0.1,
};
const policyOf = (...goals: Partial<Goal>[]): string =>
  JSON.stringify({ preset: 'retail', attributes: { plan: ['gold'] }, goals: goals.map((goal) => ({ ...GOAL, ...goal })) });
const parse = (...goals: Partial<Goal>[]) => parsePolicy(policyOf(...goals), 'policy.yaml');

describe('goals', () => {
  test.each<[Partial<Goal>]>([
    [{}],
    [{ dimension: 'group:AT_RISK', metric: 'lateShare' }],
    [{ dimension: 'attribute:plan=gold', metric: 'churn12' }],
    [{ dimension: 'attribute:plan=other' }],
    [{ dimension: 'group:CHAMPION,attribute:plan=gold', metric: 'lift' }],
  ])('%j is one', (goal) => {
    expect(parse(goal).policy.goals).toEqual([{ ...GOAL, ...goal }]);
  });

  test.each<[Partial<Goal>, RegExp]>([
    [{ metric: 'happiness' }, /metric must be a KPI: one of customers, /],
    [{ dimension: 'group:FRIENDS' }, /dimension must be all, group:/],
    [{ dimension: 'attribute:plan=silver' }, /dimension must be/],
    [{ dimension: 'attribute:region=other' }, /dimension must be/],
    [{ dimension: 'group:NEW,attribute:plan=gold', metric: 'revenue' }, /lift is told of both only/],
    [{ metric: 'lift' }, /lift is told of both only/],
    [{ dimension: 'group:NEW', metric: 'churn12' }, /churn12 and retention12 of no group/],
    [{ by: '2026-01-01' }, /by must lie after from/],
  ])('%j is a fault', (goal, message) => {
    expect(() => parse(goal)).toThrow(message);
  });

  test('two of one name are a fault', () => {
    expect(() => parse({}, { metric: 'orders' })).toThrow(/a name of its own/);
    expect(parse({}, { name: 'other' }).policy.goals).toHaveLength(2);
  });

  test('the example of the documentation is one', () => {
    const examples = blocksOf('yaml').filter(({ text }) => /^goals:/m.test(text));
    const goals = examples.map(({ text }) => parsePolicy(text, 'policy.yaml').policy.goals);
    expect(goals.flat().map(({ name }) => name)).toContain('more champions');
  });
});
