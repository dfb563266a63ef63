/**
 * The world as the domain sees it: folded in memory under the retail policy, every group is there, and customers move.
 */
import { expect, test } from 'vitest';
import { type CustomerState, fire, fold, newCustomer } from '../../src/domain/customer.ts';
import { type Decision, GROUPS } from '../../src/domain/decision.ts';
import type { CustomerId, Instant } from '../../src/domain/ids.ts';
import { presets } from '../../src/domain/presets.ts';
import { termsOf, toEvent } from '../../src/sources/index.ts';
import { generate } from '../../src/world/generate.ts';

const UNTIL = Date.UTC(2026, 10, 15) as Instant;

test('every group holds at least 3 % of the customers, and about one event in thirty moves somebody', { timeout: 60_000 }, () => {
  const policy = presets.retail;
  const terms = termsOf(policy);
  const states = new Map<CustomerId, CustomerState>();
  const moves = new Set<string>();
  const causes = new Set<string>();
  const decisions: Decision[] = [];
  let events = 0;
  let changes = 0;
  const take = (): void => {
    for (const decision of decisions.splice(0)) {
      if (decision.type !== 'segment-change') continue;
      changes++;
      causes.add(decision.cause);
      moves.add(`${decision.from} ${decision.to}`);
    }
  };
  for (const item of generate({ customers: 600, days: 730, seed: 3, until: UNTIL, late: 0.03 })) {
    if (item.broken) continue;
    const decoded = toEvent(item, terms);
    if (decoded.outcome !== 'event') throw new Error(decoded.detail);
    const { event } = decoded;
    const state = states.get(event.customer) ?? newCustomer(event.customer);
    states.set(event.customer, state);
    fire(state, event.at, policy, decisions);
    fold(state, event, policy, decisions);
    events++;
    take();
  }
  for (const state of states.values()) fire(state, UNTIL, policy, decisions);
  take();

  for (const group of GROUPS) {
    const share = [...states.values()].filter((state) => state.group === group).length / states.size;
    expect(share, group).toBeGreaterThan(0.03);
    expect(share, group).toBeLessThan(0.5);
  }
  expect(events / changes).toBeGreaterThan(20);
  expect(events / changes).toBeLessThan(40);
  expect(causes).toEqual(new Set(['event', 'silence', 'late-event']));
  expect(moves.size).toBeGreaterThanOrEqual(12);
});
