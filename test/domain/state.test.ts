/** State bytes: round trip, size. Presets. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { decodeState, encodeState } from '../../src/codec/state.ts';
import { dueOf, fold, newCustomer } from '../../src/domain/customer.ts';
import type { CustomerEvent } from '../../src/domain/event.ts';
import { explain } from '../../src/domain/explain.ts';
import { type CustomerId, type Hash, hash, type Instant, LAST_INSTANT, type Minor } from '../../src/domain/ids.ts';
import { PRESETS } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import { attributes, CUSTOMER, engagement, historyArb, on, policyArb, purchase, support, survey, takeBack } from './support/events.ts';
import { bytesOf, play } from './support/play.ts';
import { typicalHistory } from './support/typical.ts';

// properties over whole histories, on machines that may be slow; a failure is reported before its shrinking takes minutes
vi.setConfig({ testTimeout: 60_000 });
fc.configureGlobal({ interruptAfterTimeLimit: 45_000, markInterruptAsFailure: true });

describe('state bytes', () => {
  test('decode(encode(s)) is s, always a fresh object, and goes on in the same way', () => {
    fc.assert(
      fc.property(historyArb(), policyArb, fc.nat(40), (events, policy, cut) => {
        play(events, policy, undefined, (state) => expect(decodeState(state.id, encodeState(state))).toEqual(state));
        const { state } = play(events.slice(0, cut + 1), policy, null);
        const [a, b] = [decodeState(state.id, encodeState(state)), decodeState(state.id, encodeState(state))];
        const bytes = bytesOf(b);
        for (const event of events.slice(cut + 1)) {
          expect(fold(a, event, policy, [])).toBe(fold(state, event, policy, []));
          expect(bytesOf(a)).toBe(bytesOf(state));
        }
        expect(bytesOf(b)).toBe(bytes);
      }),
      { numRuns: 100 },
    );
  });

  test('a customer without an event, and one before 1970', () => {
    const fresh = newCustomer(CUSTOMER);
    expect(decodeState(CUSTOMER, encodeState(fresh))).toEqual(fresh);
    const { state } = play([purchase(-5 as Instant, 1_000)], presets.retail, null);
    expect(decodeState(CUSTOMER, encodeState(state))).toEqual(state);
  });

  test('bytes that are not a state’s are refused', () => {
    const bytes = encodeState(play([purchase(on(0), 1_000)], presets.retail, null).state);
    expect(() => decodeState(CUSTOMER, Buffer.concat([bytes, Buffer.from([0])]))).toThrow('too many');
    expect(() => decodeState(CUSTOMER, Buffer.from([99, ...bytes.subarray(1)]))).toThrow('version 99');
    for (let end = 0; end < bytes.length; end++) expect(() => decodeState(CUSTOMER, bytes.subarray(0, end))).toThrow();
  });

  test.each([1, 2, 3])('12 purchases a year, 3 tickets, 2 surveys, 20 engagements, after %i years', (years) => {
    const { state } = play(typicalHistory(years), presets.retail, on(365 * years));
    // an older one still has the orders that a refund of up to a year later, itself up to a year late, may name
    expect(encodeState(state).length).toBeLessThanOrEqual(years === 1 ? 512 : 640);
  });

  test('the busiest customer stays within 12 KiB, with finite numbers', () => {
    const most = 1e12 as Minor;
    const kept = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`attribute-${i}`.padEnd(64, 'n'), []]));
    const events: CustomerEvent[] = [];
    const year = 800;
    for (let day = 0; day < year; day++) {
      for (let i = 0; i < 3; i++) events.push(purchase(on(day, i), most - i, { cost: most, campaign: (day * 7919 * 65_537) as Hash }));
      events.push(takeBack(on(day, 10), 'CANCELLATION', { order: (day * 104_729 * 65_537) as Hash }, most));
      events.push(
        survey(on(day, 20), 'REVIEW', 5),
        support(on(day, 30), 3, 1e12),
        engagement(on(day, 40), 'CAMPAIGN_SENT', `c-${day}`, 1e12),
      );
      events.push(engagement(on(day, 50), 'LOYALTY_EARNED'), engagement(on(day, 60), 'REFERRAL'));
      for (let i = 0; i < 2; i++) events.push(support(on(day, 70 + i), null, 0, { ticket: hash(`open-${day}-${i}`), status: 'OPENED' }));
      for (let i = 0; i < 2; i++) events.push(support(on(day, 80 + i), 1, 0, { ticket: hash(`closed-${day}-${i}`), status: 'RESOLVED' }));
      events.push(
        attributes(
          on(day, 90),
          Object.keys(kept).map((name) => [name, `${day}`.padEnd(64, 'x')]),
        ),
      );
    }
    let largest = 0;
    const { out, state } = play(events, { ...presets.retail, attributes: kept }, undefined, (now) => {
      largest = Math.max(largest, encodeState(now).length);
    });
    expect(largest).toBeGreaterThan(4_000);
    expect(largest).toBeLessThanOrEqual(12 * 1024);
    expect(JSON.stringify(out)).not.toMatch(/NaN|Infinity/);
    expect(decodeState(CUSTOMER, encodeState(state))).toEqual(state);
    expect(out.findLast((decision) => decision.type === 'profile')?.truncated).toEqual([
      'orders',
      'refunds',
      'feedback',
      'campaigns',
      'tickets',
    ]);
  });

  test('sums beyond 2^53 stay whole and round-trip', () => {
    const state = newCustomer('rich' as CustomerId);
    for (const revenue of [2 ** 53, 2 ** 60 + 2 ** 10, -(2 ** 70), 1e28, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER]) {
      state.asOf = on(0);
      state.revenue = revenue;
      expect(decodeState(state.id, encodeState(state)).revenue).toBe(revenue);
    }
  });
});

describe('the end of time', () => {
  test('nothing is due after the last instant', () => {
    const { state, fired } = play([purchase((LAST_INSTANT - 1_000) as Instant, 60_000)], presets.retail);
    expect(dueOf(state)).toBeNull();
    expect(fired).toEqual([]);
    const { state: later } = play([purchase(LAST_INSTANT, 60_000), survey(LAST_INSTANT, 'NPS', 9)], presets.retail);
    expect(dueOf(later)).toBeNull();
  });
});

describe('presets', () => {
  test.each(PRESETS)('%s is a policy: weights add up to 1, bands are open, windows end at 365 days', (name) => {
    const { preset, currency, newCustomer: fresh, value, loyalty } = presets[name];
    expect(preset).toBe(name);
    expect(currency).toBe('USD');
    expect(Object.values(loyalty.weights).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    expect(loyalty.leave).toBeLessThan(loyalty.high);
    expect(value.leave).toBeLessThan(1);
    expect(fresh.leastDays).toBeLessThanOrEqual(fresh.days);
    expect(loyalty.rhythm.from).toBeLessThan(loyalty.rhythm.to);
    expect(loyalty.rhythm.leastGapDays).toBeLessThanOrEqual(loyalty.rhythm.firstGapDays);
    expect(loyalty.rhythm.firstGapDays).toBeLessThanOrEqual(loyalty.rhythm.mostGapDays);
    for (const windowDays of [
      value.windowDays,
      loyalty.frequency.windowDays,
      loyalty.feedback.windowDays,
      loyalty.engagement.windowDays,
      loyalty.advocacy.windowDays,
    ])
      expect(windowDays).toBeLessThanOrEqual(365);
  });

  test('each gives a content regular customer a high loyalty', () => {
    const gaps = { retail: 40, subscription: 30, b2b: 80 } as const;
    for (const name of PRESETS) {
      const events = Array.from({ length: Math.floor(300 / gaps[name]) + 1 }, (_, i) => purchase(on(i * gaps[name]), 1_000));
      const { state } = play([...events, survey(on(320), 'NPS', 9)], presets[name], on(320));
      expect(explain(state, presets[name])?.loyaltyHigh).toBe(true);
    }
  });
});
