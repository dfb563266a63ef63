/** What a run of chaos must show to count as right, and twenty runs to count as whole. */
import { expect, test } from 'vitest';
import { nothingCompared } from '../checker/run.ts';
import { emptyOf, failed, missingOf } from './report.ts';
import { HITS } from './scene.ts';
import { TROUBLE_NAMES } from './troubles.ts';

const something = nothingCompared();
const names = Object.keys(something) as (keyof typeof something)[];
for (const name of names) something[name] = 1;
const right = { violations: [], inconclusive: null, compared: something };

test('a run is right when every check had something to compare and found nothing', () => {
  expect(failed(right)).toBe(false);
  expect(failed({ ...right, compared: { ...something, skipped: 0 } })).toBe(false);
});

test.each(names.filter((name) => name !== 'skipped'))('a run of which no %s were compared has failed', (name) => {
  expect(failed({ ...right, compared: { ...something, [name]: 0 } })).toBe(true);
});

test('a run with a violation, one that says nothing and one that was not judged have failed', () => {
  expect(failed({ ...right, violations: [{ check: 'V1', where: 'here', what: 'is wrong' }] })).toBe(true);
  expect(failed({ ...right, inconclusive: 'no broker' })).toBe(true);
  expect(failed({ ...right, compared: null })).toBe(true);
});

test('what was not taken need not be compared', () => {
  expect(emptyOf({ ...something, samples: 0, alerts: 0 }, ['samples'])).toEqual(['alerts']);
});

test('each trouble must befall some run, and each role be hit in some', () => {
  const all = (of: readonly string[]): Record<string, number> => Object.fromEntries(of.map((name) => [name, 1]));
  const [first, ...rest] = TROUBLE_NAMES;
  const whole = [
    { troubles: all([first ?? '']), hits: all(HITS) },
    { troubles: all(rest), hits: {} },
  ];
  expect(missingOf(whole)).toEqual([]);
  expect(missingOf(whole.slice(1))).toEqual([first, ...HITS]);
});
