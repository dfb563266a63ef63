/** What the dashboard makes of addresses, also of those that nobody has encoded well. */
import { expect, test } from 'vitest';
import { customerIn, tokenIn } from '../../src/dashboard/address.ts';

test('the customer of a page is named as it is called, not as the address has it', () => {
  for (const id of ['c-1', 'a/b', 'é ü', '100%', '?#&']) expect(customerIn(`/customers/${encodeURIComponent(id)}`)).toBe(id);
  expect(['/', '/customers', '/customers/', '/pipeline'].map(customerIn)).toEqual([null, null, null, null]);
});

test('what is not encoded well is taken as it stands, and breaks nothing', () => {
  expect(customerIn('/customers/100%')).toBe('100%');
  expect(customerIn('/customers/%ff')).toBe('%ff');
  expect(tokenIn('#token=%zz')).toBe('%zz');
});

test('a token is found behind the # alone', () => {
  expect(tokenIn('#token=a%2Fb')).toBe('a/b');
  expect(tokenIn('#/customers&token=abc&x=1')).toBe('abc');
  expect(['', '#/', '#token=', '#/customers?prefix=token'].map(tokenIn)).toEqual([null, null, null, null]);
});
