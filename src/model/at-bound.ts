/** What it means that the search for a parameter ran into a bound, in words. */
import type { BuyingParameters } from '../domain/buying.ts';
import type { SpendingParameters } from '../domain/spending.ts';
import type { AtBound, Side } from './optimum.ts';

type Parameter = keyof BuyingParameters | keyof SpendingParameters;

const MEANINGS: Readonly<Record<Parameter, Readonly<Record<Side, string>>>> = {
  r: { most: 'customers buy at rates that are too much alike', least: 'hardly anybody buys again' },
  alpha: { most: 'customers buy at rates that are too much alike', least: 'purchases come at once, or not at all' },
  a: { most: 'all customers drop out alike, or at the first purchase', least: 'nobody seems ever to drop out' },
  b: { most: 'all customers drop out alike, or never', least: 'a customer drops out at once, or never' },
  p: { most: 'a customer always spends the same', least: 'the amounts of one customer differ without measure' },
  q: { most: 'customers spend too much alike', least: 'the amounts have no mean: a few are far too large' },
  v: { most: 'customers spend too much alike', least: 'a few amounts are far too large' },
};

export const atBoundText = ({ parameter, side }: AtBound<Parameter>): string =>
  `${parameter} ran into the ${side === 'most' ? 'upper' : 'lower'} bound of the search: ${MEANINGS[parameter][side]} for the model to tell, and the number is no estimate`;
