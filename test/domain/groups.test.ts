/** The five groups, by customers as people describe them; hysteresis, dwell, drivers, profiles. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { COMPONENTS, GROUPS, type Group, type Profile } from '../../src/domain/decision.ts';
import type { CustomerEvent } from '../../src/domain/event.ts';
import { explain } from '../../src/domain/explain.ts';
import { DAY, LAST_INSTANT } from '../../src/domain/ids.ts';
import { groupOf } from '../../src/domain/outlook.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import { engagement, historyArb, on, policyArb, purchase, support, survey } from './support/events.ts';
import { play } from './support/play.ts';

// properties over whole histories, on machines that may be slow; a failure is reported before its shrinking takes minutes
vi.setConfig({ testTimeout: 60_000 });
fc.configureGlobal({ interruptAfterTimeLimit: 45_000, markInterruptAsFailure: true });

const { retail } = presets;
const every = (days: number, until: number, make: (day: number) => CustomerEvent, from = 0): CustomerEvent[] =>
  Array.from({ length: Math.floor((until - from) / days) + 1 }, (_, i) => make(from + i * days));
const inOrder = (...lists: CustomerEvent[][]): CustomerEvent[] => lists.flat().sort((a, b) => a.at - b.at);
const mailed = (until: number, answered: boolean): CustomerEvent[] =>
  every(14, until, (day) => engagement(on(day), 'CAMPAIGN_SENT', `mail-${day}`)).concat(
    answered ? every(14, until, (day) => engagement(on(day, 60_000), 'CAMPAIGN_CLICKED', `mail-${day}`)) : [],
  );

describe('typical customers', () => {
  test.each<[string, CustomerEvent[], number, Group]>([
    [
      'a champion buys often and much, answers, is active in the programme and recommends',
      inOrder(
        every(30, 300, (day) => purchase(on(day), 9_000)),
        [survey(on(100), 'NPS', 10), survey(on(200), 'REVIEW', 5), engagement(on(210), 'REFERRAL')],
        every(30, 300, (day) => engagement(on(day, 1), 'LOYALTY_EARNED')),
        mailed(300, true),
      ),
      300,
      'CHAMPION',
    ],
    [
      'a potential champion buys much but seldom, with bad experiences',
      inOrder([purchase(on(0), 60_000), purchase(on(200), 60_000)], [survey(on(210), 'CSAT', 2), support(on(220), 1)], mailed(300, false)),
      300,
      'POTENTIAL_CHAMPION',
    ],
    [
      'a loyalist buys often and little, and is content',
      inOrder(
        every(30, 300, (day) => purchase(on(day), 1_500)),
        [survey(on(100), 'CSAT', 5), survey(on(250), 'NPS', 9)],
        every(60, 300, (day) => engagement(on(day, 1), 'LOYALTY_EARNED')),
      ),
      300,
      'LOYALIST',
    ],
    ['an at-risk customer buys seldom and little, and complains', [purchase(on(0), 2_000), survey(on(20), 'NPS', 2)], 300, 'AT_RISK'],
    ['a customer with one first purchase is new', [purchase(on(0), 80_000)], 20, 'NEW'],
    [
      'a prospect is new for as long as nothing is bought',
      [engagement(on(0), 'SIGNED_UP'), ...every(30, 700, (day) => engagement(on(day + 1), 'VISIT'))],
      700,
      'NEW',
    ],
  ])('%s', (_, events, until, group) => {
    expect(play(events, retail, on(until)).state.group).toBe(group);
  });

  test('a champion who falls silent loses loyalty first, and value a year later', () => {
    const { changes } = play(
      every(14, 294, (day) => purchase(on(day), 9_000)),
      retail,
    );
    expect(changes.map(({ to }) => to)).toEqual(['NEW', 'AT_RISK', 'LOYALIST', 'CHAMPION', 'POTENTIAL_CHAMPION', 'AT_RISK']);
    expect(changes.map(({ cause }) => cause)).toEqual(['event', 'silence', 'event', 'event', 'silence', 'silence']);
    // 22 purchase days: g = (60 + 294) / 22 days; at 45 points rhythm is 3/50 of its fall from the end
    const gap = (60 + 294) / 22;
    const crossing = 294 + 5 * gap - 3 * gap * ((0.45 * 0.7 - 0.3) / 0.25);
    expect(Math.abs((changes[4]?.at ?? 0) - on(crossing))).toBeLessThanOrEqual(1);
    expect(changes[4]?.drivers[0]?.name).toBe('rhythm');
    // 5 orders of 90.00 are 450.00, 4 are 360.00: the 5th last one leaves the window
    expect(changes[5]?.at).toBe(on(294 - 4 * 14 + 365));
  });

  test('new ends after 90 days, or after 30 with the third order', () => {
    expect(play([purchase(on(0, 5), 1_000)], retail).changes[1]?.at).toBe(on(90));
    const three = [0, 5, 10].map((day) => purchase(on(day), 1_000));
    expect(play(three, retail).changes[1]?.at).toBe(on(30));
    expect(play([...three.slice(0, 2), purchase(on(50, 7), 1_000)], retail).changes[1]?.at).toBe(on(50, 7));
  });
});

describe('groups', () => {
  test('are total and disjoint: each customer is in exactly one', () => {
    const table = [true, false].flatMap((n) => [true, false].flatMap((v) => [true, false].map((l) => groupOf(n, v, l))));
    expect(table).toEqual(['NEW', 'NEW', 'NEW', 'NEW', 'CHAMPION', 'POTENTIAL_CHAMPION', 'LOYALIST', 'AT_RISK']);
    fc.assert(
      fc.property(historyArb(), policyArb, (events, policy) => {
        play(events, policy, undefined, (state) => expect(GROUPS).toContain(state.group));
      }),
      { numRuns: 50 },
    );
  });

  test('changes chain: numbered from 1, from is the to before, no change to the same group', () => {
    fc.assert(
      fc.property(historyArb(), policyArb, (events, policy) => {
        play(events, policy).changes.forEach((change, i, all) => {
          expect(change.number).toBe(i + 1);
          expect(change.from).toBe(all[i - 1]?.to ?? null);
          expect(change.to).not.toBe(change.from);
          expect(change.before).toEqual(all[i - 1]?.after ?? null);
        });
      }),
      { numRuns: 100 },
    );
  });

  test('hysteresis: value is high from 500.00 and stays so down to 400.00', () => {
    const groups = [10_000, 39_999, 1, 0].map((_, i, amounts) => {
      const events = [purchase(on(0), amounts[0] ?? 0), purchase(on(100), amounts[1] ?? 0), purchase(on(110), amounts[2] ?? 0)];
      return play(events.slice(0, i + 1), retail, on(300)).state.valueHigh;
    });
    expect(groups).toEqual([false, false, true, true]);
    // at day 365 the first 100.00 leave the window and 400.00 remain; a cent less does not do
    const [a, b, c] = [purchase(on(0), 10_000), purchase(on(100), 39_999), purchase(on(110), 1)];
    expect(play([a, b, c], retail, on(364)).state.valueHigh).toBe(true);
    expect(play([a, b, c], retail, on(400)).state.valueHigh).toBe(true);
    expect(play([purchase(on(0), 10_001), b, purchase(on(110), 0)], retail, on(400)).state.valueHigh).toBe(false);
  });

  test('hysteresis bits move while the customer is new', () => {
    const { state } = play([purchase(on(0), 60_000)], retail, on(10));
    expect(state).toMatchObject({ group: 'NEW', valueHigh: true, loyaltyHigh: false });
  });

  test('dwell: a group is kept at least that long, and left at the end of it', () => {
    fc.assert(
      fc.property(historyArb(), policyArb, fc.integer({ min: 1, max: 60 }), (events, policy, dwellDays) => {
        const { changes, state } = play(events, { ...policy, loyalty: { ...policy.loyalty, dwellDays } });
        changes.forEach((change, i) => {
          const next = changes[i + 1];
          if (next !== undefined) expect(next.at - change.at).toBeGreaterThanOrEqual(dwellDays * DAY);
        });
        // in the end the group is the one that the scores give
        const why = explain(state, policy);
        expect(state.group).toBe(groupOf(why?.newcomer.value === 1, state.valueHigh, state.loyaltyHigh));
      }),
      { numRuns: 100 },
    );
  });
});

describe('programme', () => {
  test.each<[string, CustomerEvent[], number]>([
    ['who has not joined', [engagement(on(0), 'VISIT')], 0],
    ['a member active within 90 days', [engagement(on(0), 'LOYALTY_JOINED')], 1],
    ['an idle member', [engagement(on(-90), 'LOYALTY_JOINED')], 0.5],
    ['a member of old, known by what is earned', [engagement(on(-200), 'LOYALTY_EARNED'), engagement(on(-1), 'LOYALTY_EARNED')], 1],
    ['who has left', [engagement(on(-2), 'LOYALTY_JOINED'), engagement(on(-1), 'LOYALTY_LEFT')], 0],
    ['who left at the instant of joining', [engagement(on(-1), 'LOYALTY_JOINED'), engagement(on(-1), 'LOYALTY_LEFT')], 0],
    ['who has come back', [engagement(on(-2), 'LOYALTY_LEFT'), engagement(on(-1), 'LOYALTY_JOINED')], 1],
  ])('%s', (_, events, expected) => {
    const { state } = play([...events, engagement(on(0, 1), 'VISIT')], retail, null);
    expect(explain(state, retail)?.components.programme.value).toBe(expected);
  });
});

describe('drivers', () => {
  test('add up to the change of the score, and name the value when it moved', () => {
    let silentFeedback = 0;
    fc.assert(
      fc.property(historyArb(), policyArb, (events, policy) => {
        for (const change of play(events, policy).changes) {
          const points = change.drivers.filter(({ name }) => name !== 'value').reduce((sum, { difference }) => sum + difference, 0);
          expect(points).toBeCloseTo((change.after.loyalty ?? 0) - (change.before?.loyalty ?? 0), 9);
          const contributions = COMPONENTS.reduce((sum, name) => sum + (change.after.components[name] ?? 0), 0);
          expect(contributions).toBeCloseTo(change.after.loyalty ?? 0, 9);
          for (const { before, after, difference } of change.drivers) {
            expect(difference).toBe((after ?? 0) - (before ?? 0));
            expect(difference).not.toBe(0);
          }
          const value = change.drivers.find(({ name }) => name === 'value');
          expect(value?.difference ?? 0).toBe(change.after.value - (change.before?.value ?? 0));
          const names = change.drivers.map(({ name }) => name);
          expect(new Set(names).size).toBe(names.length);
          if (names.includes('feedback expired')) {
            silentFeedback++;
            expect(change.cause).toBe('silence');
          }
        }
      }),
      { numRuns: 200 },
    );
    expect(silentFeedback).toBeGreaterThan(0);
  });

  test('feedback whose expiry is what loses the customer is named, at the very instant', () => {
    const { loyalty } = retail;
    const policy: Policy = {
      ...retail,
      loyalty: {
        ...loyalty,
        feedback: { windowDays: 60, halfLifeDays: 90 },
        programme: { ...loyalty.programme, enabled: false },
        advocacy: { ...loyalty.advocacy, enabled: false },
      },
    };
    const { changes } = play([purchase(on(0), 1_000), survey(on(100, 7), 'NPS', 10)], policy);
    expect(changes.map(({ to, at, cause }) => ({ to, at, cause }))).toEqual([
      { to: 'NEW', at: on(0), cause: 'event' },
      { to: 'AT_RISK', at: on(90), cause: 'silence' },
      { to: 'LOYALIST', at: on(100, 7), cause: 'event' },
      { to: 'AT_RISK', at: on(160, 7), cause: 'silence' },
    ]);
    expect(changes[3]?.drivers.find(({ name }) => name === 'feedback expired')?.after).toBeNull();
  });

  test('feedback that expired earlier in the silence is named too', () => {
    const policy: Policy = { ...retail, loyalty: { ...retail.loyalty, feedback: { windowDays: 60, halfLifeDays: 90 } } };
    const events = inOrder(
      [0, 30, 60, 90].map((day) => purchase(on(day), 1_000)),
      [survey(on(50), 'NPS', 10)],
    );
    const change = play(events, policy).changes.find(({ drivers }) => drivers.some(({ name }) => name === 'feedback expired'));
    expect(change).toMatchObject({ cause: 'silence', to: 'AT_RISK' });
  });
});

describe('an event after the expiry', () => {
  const policy: Policy = { ...retail, loyalty: { ...retail.loyalty, feedback: { windowDays: 60, halfLifeDays: 90 } } };
  const events = inOrder(
    [0, 30, 60, 90].map((day) => purchase(on(day), 1_000)),
    [survey(on(50), 'NPS', 10), engagement(on(108), 'VISIT'), engagement(on(109), 'VISIT')],
  );
  test.each([
    ['none: the silence goes on', [], 'feedback expired'],
    ['a visit: a new silence begins', [engagement(on(120), 'VISIT')], 'feedback'],
  ])('%s', (_, more, name) => {
    // the profile's timer on day 115 passes the expiry on day 110
    const { changes } = play([...events, ...more], policy);
    expect(changes.at(-1)).toMatchObject({ to: 'AT_RISK', cause: 'silence' });
    expect(changes.at(-1)?.drivers.map((driver) => driver.name)).toContain(name);
  });
});

/** What a profile is sent for at once. */
const tellsOf = ({ group, groupSince, churn }: Profile): string =>
  JSON.stringify([group, groupSince, churn.level, churn.lost, churn.signals.map(({ signal }) => signal)]);

describe('profiles', () => {
  test('one with every change, otherwise at most one per interval, the last state always in the end', () => {
    fc.assert(
      fc.property(historyArb(), policyArb, (events, policy) => {
        const { out, profiles, state } = play(events, policy, undefined, ({ dirty, due, profileAt }) => {
          if (dirty) expect(due ?? Infinity).toBeLessThanOrEqual((profileAt ?? 0) + policy.profileDays * DAY);
        });
        out.forEach((decision, i) => {
          if (decision.type === 'segment-change')
            expect(out.slice(i).find(({ type }) => type === 'profile')).toMatchObject({ at: decision.at, group: decision.to });
        });
        profiles.forEach((profile, i) => {
          const before = profiles[i - 1];
          expect(profile.number).toBe(i + 1);
          if (before !== undefined && tellsOf(before) === tellsOf(profile))
            expect(profile.at - before.at).toBeGreaterThanOrEqual(policy.profileDays * DAY);
        });
        const last = profiles.at(-1);
        expect(last?.scores).toEqual(explain({ ...state, asOf: LAST_INSTANT }, policy)?.scores);
        expect(last).toMatchObject({ group: state.group, groupSince: state.groupSince, nextChangeAt: null });
      }),
      { numRuns: 100 },
    );
  });

  test('an event within the interval is told at its end, at the exact instant', () => {
    const { profiles } = play([purchase(on(0), 1_000), purchase(on(2, 5), 2_000)], { ...retail, profileDays: 7 }, on(13));
    expect(profiles.map(({ at, orders, revenue }) => ({ at, orders, revenue }))).toEqual([
      { at: on(0), orders: 1, revenue: 1_000 },
      { at: on(7), orders: 2, revenue: 3_000 },
    ]);
  });
});
