/**
 * Source topics with 3 partitions keyed by order, against topics with as many partitions as there are shards keyed by customer (I11, reroute).
 */
import { expect, onTestFinished, test } from 'vitest';
import type { CustomerState } from '../../src/domain/customer.ts';
import type { Scores } from '../../src/domain/decision.ts';
import { explain } from '../../src/domain/explain.ts';
import type { Instant } from '../../src/domain/ids.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { settle } from '../../src/domain/record.ts';
import type { TypedRecord } from '../../src/sources/index.ts';
import { factsOf } from '../domain/support/facts.ts';
import { Application } from '../support/app.ts';
import { expectAgreement, expectChains, expectEpisodes, historyOf, sound } from './agreement.ts';

// Nothing twice: a backfill by way of reroute brings a customer's events in another order, so that a redelivery may come after more than the 16 events among which it is known.
const { items, until: end } = historyOf({ customers: 150, days: 500, seed: 19, broken: 0, duplicates: 0 });

/** The key that an order system, a help desk or a survey tool would choose. */
function ownKey({ type, record }: TypedRecord): string {
  switch (type) {
    case 'purchase':
      return record.orderId;
    case 'support':
      return record.ticketId;
    case 'survey':
      return record.surveyId;
    case 'engagement':
      return record.campaignId ?? record.eventId;
    case 'attributes':
      return record.eventId;
  }
}

test('topics of 3 partitions keyed by order give the same facts, scores and groups as topics keyed by customer', {
  timeout: 120_000,
}, async () => {
  const keyed = await Application.create();
  onTestFinished(() => keyed.stop());
  const foreign = await Application.create({ inputPartitions: 3 });
  onTestFinished(() => foreign.stop());
  await keyed.feed(items);
  await foreign.feed(items, ownKey);
  const workers = [keyed.start(), foreign.start()];
  for (const app of [keyed, foreign]) await app.drained(end, 90, workers);

  await expectAgreement(keyed, sound(items), end);
  const outputs = await foreign.outputs();
  expectChains(outputs, foreign.config.shards);
  expectEpisodes(outputs, foreign.config.shards);
  expect(outputs.deadLetters).toEqual([]);
  // It did go by way of reroute.
  const rerouted = (await foreign.admin.ends(foreign.config.topics.reroute)).reduce((sum, each) => sum + each.end, 0);
  expect(rerouted).toBeGreaterThan(items.length / 3);

  const { policy } = keyed.config;
  const at = Date.now() as Instant;
  for (const app of [keyed, foreign]) await app.drained(at, 20, workers);
  const [one, other] = [await keyed.states(), await foreign.states()];
  expect([...other.keys()].sort()).toEqual([...one.keys()].sort());
  let outside = 0;
  for (const [customer, state] of one) {
    const [a, b] = [seenAt(state, policy, at), seenAt(other.get(customer) ?? state, policy, at)];
    expect({ customer, ...b.facts }).toEqual({ customer, ...a.facts });
    expect(b.scores).toEqual(a.scores);
    if (!isOutsideTheBands(a.scores, policy)) continue;
    outside += 1;
    expect({ customer, group: b.group }).toEqual({ customer, group: a.group });
  }
  expect(outside).toBeGreaterThan(one.size / 2);
});

/** Facts and scores as of one instant, so that timers fired by one and not yet by the other make no difference. Memory is left out but for the group. */
function seenAt(state: CustomerState, policy: Policy, at: Instant) {
  state.asOf = at;
  settle(state, policy, at, { flows: [], lapsed: [] });
  const { group } = state;
  const facts = factsOf(state);
  const explained = explain(state, policy);
  if (explained === null) throw new Error(`${state.id} has no event`);
  return { facts, group, scores: explained.scores };
}

/** Where the group follows from the scores alone, whatever was said before. */
function isOutsideTheBands({ value, loyalty }: Scores, policy: Policy): boolean {
  const decided = (score: number, high: number, low: number): boolean => score >= high || score < low;
  const { value: money, loyalty: points } = policy;
  return decided(value, money.high, money.high * money.leave) && (loyalty === null || decided(loyalty, points.high, points.leave));
}
