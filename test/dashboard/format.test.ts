/** Words of the dashboard. */
import { expect, test } from 'vitest';
import { wayText } from '../../src/dashboard/format.ts';

const money = (minor: number | null): string => `${(minor ?? 0) / 100} €`;

test('what a group would take is said, and that one only waits until the group is kept no longer', () => {
  const value = { score: 'value', is: 21_000, atLeast: 50_000, below: null } as const;
  const loyalty = { score: 'loyalty', is: null, atLeast: null, below: 40 } as const;
  expect(wayText([value, loyalty], money)).toBe('value at least 500 € (is 210 €) and loyalty below 40 (is without evidence)');
  expect(wayText([], money)).toBe('only waits until the group is kept no longer');
});
