/** Facts do not depend on the order of arrival for events up to 365 days late; a redelivery within the ring changes nothing (D2). */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type CustomerState, fire, fold, isDuplicate, newCustomer } from '../../src/domain/customer.ts';
import type { Decision } from '../../src/domain/decision.ts';
import type { CustomerEvent, Purchase } from '../../src/domain/event.ts';
import { explain } from '../../src/domain/explain.ts';
import { DAY, hash, type Instant, type Minor } from '../../src/domain/ids.ts';
import { presets } from '../../src/domain/presets.ts';
import { CUSTOMER, delayedArb, engagement, historyArb, on, policyArb, purchase, support, survey, takeBack } from './support/events.ts';
import { factsOf } from './support/facts.ts';
import { bytesOf, play } from './support/play.ts';

// properties over whole histories, on machines that may be slow; a failure is reported before its shrinking takes minutes
vi.setConfig({ testTimeout: 60_000 });
fc.configureGlobal({ interruptAfterTimeLimit: 45_000, markInterruptAsFailure: true });

/** Facts alone: no timers, which belong to memory. */
function fold1(events: readonly CustomerEvent[], policy = presets.retail): CustomerState {
  const state = newCustomer(CUSTOMER);
  for (const event of events) fold(state, event, policy, []);
  return state;
}

describe('order of arrival', () => {
  test('facts are the same in any order in which no event is more than 365 days late', () => {
    let permuted = 0;
    fc.assert(
      fc.property(
        fc
          .tuple(historyArb(), policyArb)
          .chain(([events, policy]) => fc.tuple(fc.constant(events), fc.constant(policy), delayedArb(events))),
        ([events, policy, arrived]) => {
          if (arrived.some((event, i) => event !== events[i])) permuted++;
          expect(factsOf(fold1(arrived, policy))).toEqual(factsOf(fold1(events, policy)));
          // what follows from facts alone
          const [a, b] = [explain(fold1(arrived, policy), policy), explain(fold1(events, policy), policy)];
          expect(a?.scores).toEqual(b?.scores);
          expect(a?.components).toEqual(b?.components);
        },
      ),
      { numRuns: 400 },
    );
    expect(permuted).toBeGreaterThan(150);
  });

  test('timers in between leave facts as they are at the same asOf', () => {
    fc.assert(
      fc.property(historyArb(), policyArb, (events, policy) => {
        expect(factsOf(play(events, policy, null).state)).toEqual(factsOf(fold1(events, policy)));
      }),
      { numRuns: 100 },
    );
  });

  test('a refund that arrives before its order is booked on the order’s day all the same', () => {
    const order = purchase(on(10), 10_000);
    const refund = takeBack(on(20), 'REFUND', order, 4_000);
    const state = fold1([refund, order]);
    expect(state.days).toEqual([{ day: Math.floor(on(10) / DAY), orders: 1, revenue: 6_000, cost: 0 }]);
    expect(state.orphans).toEqual([]);
  });

  test('a cancellation 365 days late of an order 365 days before it still finds the order’s day', () => {
    const [order, other] = [purchase(on(0), 5_000), purchase(on(3), 5_000)];
    const cancelled = takeBack(on(365), 'CANCELLATION', order, 5_000);
    const visit = engagement(on(730), 'VISIT');
    const late = fold1([order, other, visit, cancelled]);
    expect(factsOf(late)).toEqual(factsOf(fold1([order, other, cancelled, visit])));
    expect(late.days.map(({ day }) => day)).toEqual([Math.floor(on(3) / DAY)]);
  });

  test('a refund of an order that is not among the last so many is booked on its own day', () => {
    const policy = { ...presets.retail, refunds: { orders: 2 } };
    const orders = [0, 1, 2].map((day) => purchase(on(day), 1_000));
    const back = (i: number) => takeBack(on(9), 'REFUND', orders[i] ?? { order: hash('none') }, 400);
    const revenues = (i: number) => fold1([...orders, back(i)], policy).days.map(({ revenue }) => revenue);
    expect(revenues(1)).toEqual([1_000, 600, 1_000]);
    expect(revenues(0)).toEqual([1_000, 1_000, 1_000, -400]);
  });

  test('a refund waits 365 days for its order', () => {
    const order = purchase(on(10), 5_000);
    const refund = takeBack(on(10, 5), 'REFUND', order, 2_000);
    const visit = engagement(on(375), 'VISIT');
    expect(factsOf(fold1([refund, visit, order]))).toEqual(factsOf(fold1([order, refund, visit])));
  });

  test('a late event is evaluated at asOf, which never goes back, and says so', () => {
    const out: Decision[] = [];
    const state = newCustomer(CUSTOMER);
    fold(state, purchase(on(0), 30_000), presets.retail, out);
    fold(state, engagement(on(100), 'VISIT'), presets.retail, out);
    fire(state, on(100), presets.retail, out);
    out.length = 0;
    fold(state, purchase(on(50), 30_000), presets.retail, out);
    expect(state.asOf).toBe(on(100));
    expect(out[0]).toMatchObject({ type: 'segment-change', to: 'POTENTIAL_CHAMPION', cause: 'late-event', at: on(100) });
  });

  test('asOf never goes back, and at most one change is said per instant and cause', () => {
    fc.assert(
      fc.property(
        fc.tuple(historyArb(), policyArb).chain(([events, policy]) => fc.tuple(delayedArb(events), fc.constant(policy))),
        ([arrived, policy]) => {
          let asOf = Number.NEGATIVE_INFINITY;
          const { out } = play(arrived, policy, undefined, (state) => {
            expect(state.asOf).toBeGreaterThanOrEqual(asOf);
            asOf = state.asOf ?? asOf;
          });
          out.reduce((at, decision) => {
            expect(decision.at).toBeGreaterThanOrEqual(at);
            return decision.at;
          }, Number.NEGATIVE_INFINITY);
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('redelivery', () => {
  test('D2 of any of the last 16 events changes neither a byte nor an output', () => {
    fc.assert(
      fc.property(historyArb(), policyArb, (events, policy) => {
        const state = newCustomer(CUSTOMER);
        events.forEach((event, i) => {
          fire(state, event.at, policy, []);
          expect(isDuplicate(state, event)).toBe(false);
          expect(fold(state, event, policy, [])).toBe('folded');
          const bytes = bytesOf(state);
          const out: Decision[] = [];
          for (const again of events.slice(Math.max(0, i - 15), i + 1)) {
            // as the engine does: timers up to the event first
            expect(fire(state, again.at, policy, out)).toBe(false);
            expect(isDuplicate(state, again)).toBe(true);
            expect(fold(state, again, policy, out)).toBe('duplicate');
          }
          expect(out).toEqual([]);
          expect(bytesOf(state)).toBe(bytes);
        });
      }),
      { numRuns: 100 },
    );
  });

  test('the ring holds 16: the 17th event before is not recognised any more', () => {
    const events = Array.from({ length: 17 }, (_, i) => engagement(on(i), 'VISIT'));
    const state = fold1(events);
    expect(isDuplicate(state, events[0] as CustomerEvent)).toBe(false);
    expect(isDuplicate(state, events[1] as CustomerEvent)).toBe(true);
  });
});

describe('bookings', () => {
  const day = (n: number): number => Math.floor(on(n) / DAY);
  const order = purchase(on(10, 5), 10_000);

  test.each<[string, Purchase, { day: number; orders: number; revenue: number }[]]>([
    ['a refund is booked on the order’s day', takeBack(on(30), 'REFUND', order, 3_000), [{ day: 10, orders: 1, revenue: 7_000 }]],
    ['a cancellation lowers the count too', takeBack(on(30), 'CANCELLATION', order, 10_000), []],
    [
      'orderedAt goes before the order’s own day',
      takeBack(on(30), 'REFUND', order, 3_000, on(12)),
      [
        { day: 10, orders: 1, revenue: 10_000 },
        { day: 12, orders: 0, revenue: -3_000 },
      ],
    ],
    [
      'an unknown order is booked on the refund’s own day',
      takeBack(on(30), 'REFUND', purchase(on(0), 0), 3_000),
      [
        { day: 10, orders: 1, revenue: 10_000 },
        { day: 30, orders: 0, revenue: -3_000 },
      ],
    ],
    [
      'so is one said to be ordered after it',
      takeBack(on(30), 'REFUND', order, 3_000, on(31)),
      [
        { day: 10, orders: 1, revenue: 10_000 },
        { day: 30, orders: 0, revenue: -3_000 },
      ],
    ],
    ['a refund 365 days later still', takeBack(on(375, 9), 'REFUND', order, 3_000), [{ day: 10, orders: 1, revenue: 7_000 }]],
    ['and with orderedAt', takeBack(on(375, 9), 'REFUND', order, 3_000, order.at), [{ day: 10, orders: 1, revenue: 7_000 }]],
    [
      'one a day later lowers the lifetime sums only',
      takeBack(on(376), 'CANCELLATION', order, 3_000, order.at),
      [{ day: 10, orders: 1, revenue: 0 }],
    ],
  ])('%s', (_, event, expected) => {
    const state = fold1([order, event]);
    expect(state.days).toEqual(expected.map(({ day: n, ...rest }) => ({ day: day(n), ...rest, cost: 0 })));
    expect(state.revenue).toBe(10_000 - event.amount);
    expect(state.orders).toBe(event.kind === 'CANCELLATION' ? 0 : 1);
  });

  test('a cancelled last order restores the previous purchase day; a cancelled first one moves the first', () => {
    const orders = [0, 40, 80].map((n) => purchase(on(n), 5_000));
    const [first, , last] = orders as [Purchase, Purchase, Purchase];
    const profileAfter = (event: Purchase) => play([...orders, event], { ...presets.retail, profileDays: 1 }, on(85)).profiles.at(-1);
    expect(profileAfter(takeBack(on(82), 'CANCELLATION', last, 5_000))).toMatchObject({
      lastOrderAt: on(40),
      firstOrderAt: on(0),
      orders: 2,
    });
    expect(profileAfter(takeBack(on(82), 'CANCELLATION', first, 5_000))).toMatchObject({
      lastOrderAt: on(80),
      firstOrderAt: on(40),
      orders: 2,
    });
  });

  test('a customer whose only order is cancelled has no order yet', () => {
    const { state, changes } = play([order, takeBack(on(200), 'CANCELLATION', order, 10_000)], presets.retail, null);
    expect(changes.map(({ to }) => to)).toEqual(['NEW', 'AT_RISK', 'NEW']);
    expect(state.group).toBe('NEW');
    expect(explain(state, presets.retail)?.components.frequency).toMatchObject({ value: null, contribution: null });
    expect(state.due).toBeNull();
  });

  test('refunds of more than there is leave the value at 0, and storage exact', () => {
    const state = fold1([order, takeBack(on(11), 'REFUND', order, 25_000)]);
    expect(state.revenue).toBe(-15_000);
    expect(explain(state, presets.retail)?.scores.value).toBe(0);
  });

  test('costs of service and campaigns count against the margin', () => {
    const policy = { ...presets.retail, value: { ...presets.retail.value, measure: 'margin' as const } };
    const state = fold1(
      [purchase(on(0), 10_000, { cost: 1_000 as Minor }), support(on(1), null, 500), engagement(on(2), 'CAMPAIGN_SENT', 'x', 20)],
      policy,
    );
    expect(explain(state, policy)?.scores.value).toBe(8_480);
  });

  test('an event later than any bound keeps the sums exact and harms nothing', () => {
    const state = fold1([
      purchase(on(1000), 5_000),
      purchase(on(0), 7_000),
      survey(on(0), 'NPS', 0),
      engagement(on(0), 'CAMPAIGN_SENT', 'x'),
    ]);
    expect(state).toMatchObject({ orders: 2, revenue: 12_000, droppedDays: 1, firstDroppedDay: day(0), asOf: on(1000) as Instant });
    expect(state.feedback).toEqual([]);
    expect(state.sends).toEqual([]);
  });
});
