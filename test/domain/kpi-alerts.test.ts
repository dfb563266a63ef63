/** Alerts about the business: opened once, closed once, at most one look a day. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Alert } from '../../src/domain/decision.ts';
import { dayOfDate, lineOf, shortfall } from '../../src/domain/goals.ts';
import { type BusinessState, type FinishedDay, judgeDay, NO_BUSINESS } from '../../src/domain/kpi-alerts.ts';
import { endOfDay } from '../../src/domain/kpi-values.ts';
import type { Goal, Policy } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';

const DAY0 = dayOfDate('2026-01-01');

interface Numbers {
  active?: number;
  atRisk?: number;
  tickets?: number;
  late?: number;
  /** of the goal's metric */
  value?: number | null;
}

const finished = (day: number, { active = 0, atRisk = 0, tickets = 0, late = 0, value = null }: Numbers): FinishedDay => ({
  day,
  metric: (metric, dimension) => (metric !== 'active' ? value : dimension === 'all' ? active : atRisk),
  support: () => ({ tickets, late }),
});

/** Day after day from DAY0 on; what each has led to, as `day event end`. */
function play(days: readonly Numbers[], policy: Policy, from = DAY0): { said: string[]; alerts: Alert[]; state: BusinessState } {
  let state = NO_BUSINESS;
  const alerts: Alert[] = [];
  const said: string[] = [];
  days.forEach((numbers, i) => {
    const judged = judgeDay(state, finished(from + i, numbers), policy);
    state = judged.state;
    alerts.push(...judged.alerts);
    for (const { event, end, episode, number } of judged.alerts) said.push(`${i}: ${episode}.${number} ${event} ${end ?? ''}`.trim());
  });
  return { said, alerts, state };
}

describe('PORTFOLIO', () => {
  const days = (...shares: number[]): Numbers[] => shares.map((share) => ({ active: 100, atRisk: 100 * share }));

  test('opens above the share, once, and closes at nine tenths of it', () => {
    const { said } = play(days(0.4, 0.41, 0.6, 0.41, 0.37, 0.36, 0.36, 0.41), presets.retail);
    expect(said).toEqual(['1: 1.1 opened', '5: 1.2 closed recovered', '7: 2.1 opened']);
  });

  test('says what was measured, against which limit, at the end of the day', () => {
    const [alert] = play(days(0.5), presets.retail).alerts;
    expect(alert).toEqual({
      type: 'alert',
      kind: 'PORTFOLIO',
      customer: null,
      subject: 'group:AT_RISK',
      episode: 1,
      number: 1,
      event: 'opened',
      at: endOfDay(DAY0),
      end: null,
      value: 0.5,
      limit: 0.4,
      by: null,
      command: null,
      about: null,
    });
  });

  test('too few customers open nothing, and keep nothing open that is better', () => {
    expect(play([{ active: 29, atRisk: 29 }], presets.retail).said).toEqual([]);
    expect(play([{ active: 30, atRisk: 30 }, { active: 29, atRisk: 29 }, {}], presets.retail).said).toEqual([
      '0: 1.1 opened',
      '2: 1.2 closed recovered',
    ]);
  });
});

test('SUPPORT_QUALITY opens above the late share of enough tickets, and closes when the week is better', () => {
  const { said, alerts } = play(
    [
      { tickets: 9, late: 9 },
      { tickets: 10, late: 2 },
      { tickets: 10, late: 3 },
      { tickets: 5, late: 1 },
      { tickets: 50, late: 9 },
    ],
    presets.retail,
  );
  expect(said).toEqual(['2: 1.1 opened', '4: 1.2 closed recovered']);
  expect(alerts).toMatchObject([{ kind: 'SUPPORT_QUALITY', subject: 'all', value: 0.3, limit: 0.2 }, { value: 0.18 }]);
});

const goal = (over: Partial<Goal> = {}): Goal => ({
  name: 'more revenue',
  metric: 'revenue',
  dimension: 'all',
  from: '2026-01-01',
  by: '2026-01-11',
  baseline: 100,
  change: 0.5,
  kind: 'relative',
  tolerance: 0.1,
  ...over,
});

describe('a goal’s line', () => {
  test.each([
    ['before it begins', {}, -5, 100],
    ['on its first day', {}, 0, 100],
    ['half way', {}, 5, 125],
    ['on its last day', {}, 10, 150],
    ['after', {}, 20, 150],
    ['in points', { kind: 'points', change: 20 } as const, 5, 110],
    ['downwards', { change: -0.5 }, 5, 75],
    ['relative to what is negative goes up too', { baseline: -20 }, 5, -15],
    ['that begins and ends on one day', { by: '2026-01-01' }, 0, 150],
  ])('stands %s', (_, over, day, line) => {
    const made = goal(over);
    expect(lineOf(made, made.baseline ?? 0, DAY0 + day)).toBe(line);
  });

  test('is fallen short of in the wrong direction only', () => {
    expect(shortfall(goal(), 100, DAY0 + 5, 120)).toBeCloseTo(0.1, 12);
    expect(shortfall(goal(), 100, DAY0 + 5, 200)).toBeLessThan(0);
    expect(shortfall(goal({ change: -0.5 }), 100, DAY0 + 5, 80)).toBeCloseTo(0.1, 12);
    expect(shortfall(goal({ change: 0 }), 100, DAY0 + 5, -900)).toBe(0);
  });
});

describe('GOAL', () => {
  const with_ = (over: Partial<Goal> = {}): Policy => ({ ...presets.retail, goals: [goal(over)] });
  /** Short of the line by shares of the change. */
  const short = (...shares: number[]): Numbers[] => shares.map((share, i) => ({ value: 100 + 5 * i - 50 * share }));

  test('opens off its line by more than the tolerance, and closes within half of it', () => {
    expect(play(short(0, 0.09, 0.11, 0.2, 0.06, 0.04, 0), with_()).said).toEqual(['2: 1.1 opened', '5: 1.2 closed recovered']);
  });

  test('what is still open on its last day expires', () => {
    expect(play(short(0, 0, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2), with_()).said).toEqual([
      '2: 1.1 opened',
      '10: 1.2 closed expired',
    ]);
  });

  test('a target that is missed on the last day only is said, too', () => {
    expect(play(short(...Array(10).fill(0), 0.2), with_()).said).toEqual(['10: 1.1 opened', '10: 1.2 closed expired']);
  });

  test('one that is reached on the last day has recovered', () => {
    expect(play(short(0, ...Array(9).fill(0.2), 0), with_()).said).toEqual(['1: 1.1 opened', '10: 1.2 closed recovered']);
  });

  test('days that were passed over end it at its last day', () => {
    const { state } = play(short(0, 0.2), with_());
    const { alerts } = judgeDay(state, finished(DAY0 + 40, {}), with_());
    expect(alerts).toMatchObject([{ event: 'closed', end: 'expired', at: endOfDay(DAY0 + 10), number: 2 }]);
  });

  test('without a baseline it is the first value from its first day on, and stays it', () => {
    const { state, said } = play(
      [{ value: null }, { value: 80 }, { value: 60 }, { value: 300 }],
      with_({ baseline: null, tolerance: 0.2 }),
    );
    expect(state.baselines).toEqual({ 'more revenue': 80 });
    expect(said).toEqual(['2: 1.1 opened', '3: 1.2 closed recovered']);
  });

  test('a value that cannot be told changes nothing', () => {
    expect(play([...short(0, 0.2), { value: null }, { value: null }], with_()).said).toEqual(['1: 1.1 opened']);
  });

  test('is left alone before it begins', () => {
    expect(play([{ value: 0 }, { value: 0 }], with_(), DAY0 - 2).said).toEqual([]);
  });
});

test('a day is looked at once, in any cut of the days, and every episode is a chain from opened to closed', () => {
  const numbers = fc.record({
    active: fc.integer({ min: 20, max: 60 }),
    atRisk: fc.integer({ min: 0, max: 30 }),
    tickets: fc.integer({ min: 0, max: 20 }),
    late: fc.integer({ min: 0, max: 6 }),
    value: fc.option(fc.integer({ min: 60, max: 180 })),
  });
  const policy: Policy = { ...presets.retail, goals: [goal(), goal({ name: 'other', baseline: null, kind: 'points', change: -9 })] };
  fc.assert(
    fc.property(fc.array(numbers, { maxLength: 15 }), (days) => {
      const { alerts, state } = play(days, policy);
      days.forEach((each, i) => {
        expect(judgeDay(state, finished(DAY0 + i, each), policy)).toEqual({ state, alerts: [] });
      });
      for (const of of Map.groupBy(alerts, ({ kind, subject }) => `${kind}|${subject}`).values()) {
        expect(of.map(({ episode, number, event }) => [episode, number, event])).toEqual(
          of.map((_, i) => [Math.floor(i / 2) + 1, (i % 2) + 1, i % 2 === 0 ? 'opened' : 'closed']),
        );
      }
    }),
  );
});
