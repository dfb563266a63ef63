/** Mappings for tests, from what a configuration would say. */
import { readFileSync } from 'node:fs';
import type { EventType } from '../../../src/config/config.ts';
import { parseMap } from '../../../src/config/mapping/parse.ts';
import type { Policy } from '../../../src/domain/policy.ts';
import { presets } from '../../../src/domain/presets.ts';
import { termsOf } from '../../../src/sources/index.ts';
import { compileMapping, type Mapping } from '../../../src/sources/mapping/index.ts';

export const POLICY: Policy = {
  ...presets.retail,
  attributes: { region: ['north'], plan: ['gold'] },
  rates: [
    { currency: 'EUR', from: '2000-01-01', rate: 1 },
    { currency: 'JPY', from: '2000-01-01', rate: 0.01 },
  ],
};

export function mapping(raw: unknown, type?: EventType, policy: Policy = POLICY): Mapping {
  const parsed = parseMap(raw, type, []);
  if (!('events' in parsed)) throw new Error(parsed.map(({ message }) => message).join('\n'));
  return compileMapping(parsed, termsOf(policy));
}

/** What a mapping needs for a purchase; `over` replaces fields. */
export const purchaseFields = (over: object = {}) => ({
  eventId: 'id',
  customerId: 'customer',
  occurredAt: 'at',
  orderId: 'order',
  amountMinor: 'amount',
  currency: { value: 'USD' },
  ...over,
});

export const sale = (over: object = {}) => ({ id: 'e-1', customer: 'anna', at: 1_750_000_000_000, order: 'o-1', amount: 100, ...over });

/** The record in rapport's fields, or why there is none: `passed`, or reason and detail. */
export function mapped(made: Mapping, value: unknown): object | string {
  const found = made.record(value);
  if (found.outcome === 'record') return { type: found.value.type, ...found.value.record };
  return found.outcome === 'passed' ? 'passed' : `${found.reason}: ${found.detail}`;
}

export const fixture = (name: string): unknown[] =>
  readFileSync(new URL(`../../fixtures/mapping/${name}`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
