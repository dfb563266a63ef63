/** The formulas of docs/kpis.md, each by numbers that can be checked by hand, and all of them against a plain recomputation. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BASE, Totals } from '../../src/domain/kpi-totals.ts';
import { type KpiValues, kpiValues, membersOf, Running, type Series } from '../../src/domain/kpi-values.ts';
import { ALL, attributeDimension, type Booking, crossDimension, groupDimension, PARTS, type Part } from '../../src/domain/kpis.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import { anyBookings, book, booking, DIMENSIONS, naiveValues } from './support/kpis.ts';

const DAY0 = 20_000;
const policy = presets.retail;
const NO_SERIES: Series = { base: null, days: new Map() };

interface Options {
  readonly policy?: Policy;
  readonly horizon?: number;
  readonly activeBefore?: (day: number) => number | null;
}

/** The values on a day of cells that were put before. */
function valuesFrom(totals: Totals, day: number, dimension = ALL, options: Options = {}): KpiValues {
  const horizon = options.horizon ?? 0;
  const running = (name: string): Running => new Running(totals.series(name) ?? NO_SERIES, horizon, day);
  const members = membersOf(dimension);
  if (members === null) throw new Error(`${dimension} is no dimension`);
  return kpiValues(dimension, members, day, running(dimension), {
    policy: options.policy ?? policy,
    running,
    activeBefore: (_, before) => options.activeBefore?.(before) ?? null,
  });
}

function values(bookings: readonly Booking[], day: number, dimension = ALL, options: Options = {}): KpiValues {
  const totals = new Totals();
  book(totals, 0, bookings);
  return valuesFrom(totals, day, dimension, options);
}

describe('stocks', () => {
  test('are all changes up to the end of the day', () => {
    const bookings = [
      booking(DAY0, ALL, { customers: 10, active: 8, lost: 1 }),
      booking(DAY0 + 2, ALL, { customers: 3, active: -2, lost: 2 }),
    ];
    expect(values(bookings, DAY0 - 1)).toMatchObject({ customers: 0, active: 0, lost: 0 });
    expect(values(bookings, DAY0)).toMatchObject({ customers: 10, active: 8, lost: 1 });
    expect(values(bookings, DAY0 + 1)).toMatchObject({ customers: 10, active: 8, lost: 1 });
    expect(values(bookings, DAY0 + 2)).toMatchObject({ customers: 13, active: 6, lost: 3 });
  });

  test('begin with the base, which no flow sees', () => {
    const totals = new Totals();
    book(totals, 0, [booking(BASE, ALL, { customers: 100, historicValue: 5_000 }), booking(DAY0, ALL, { customers: 1, orders: 2 })]);
    expect(valuesFrom(totals, DAY0)).toMatchObject({ customers: 101, orders: 2, historicValue: 5_000 / 101 });
  });

  test('lifetime values are means over customers, null without any', () => {
    const bookings = [booking(DAY0, ALL, { customers: 4, historicValue: 1_000, simpleValue: 2_000, predictedValue: -10 })];
    expect(values(bookings, DAY0)).toMatchObject({ historicValue: 250, simpleValue: 500, predictedValue: -2.5 });
    expect(values(bookings, DAY0 - 1)).toMatchObject({ historicValue: null, simpleValue: null, predictedValue: null });
  });
});

describe('flows', () => {
  const bookings = [
    booking(DAY0, ALL, { revenue: 900, orders: 1, moves: 1, fromNew: 1 }),
    booking(DAY0 + 1, ALL, { revenue: 300, orders: 2, fromNone: 3 }),
  ];

  test('revenue, orders and moves are those of the day', () => {
    expect(values(bookings, DAY0)).toMatchObject({ revenue: 900, orders: 1, moves: 1, fromNew: 1, fromNone: 0 });
    expect(values(bookings, DAY0 + 1)).toMatchObject({ revenue: 300, orders: 2, moves: 0, fromNew: 0, fromNone: 3 });
    expect(values(bookings, DAY0 + 2)).toMatchObject({ revenue: 0, orders: 0, moves: 0 });
  });

  test('the average order is over the window, whose first day is 89 days before', () => {
    expect(values(bookings, DAY0 + 1).averageOrder).toBe(400);
    expect(values(bookings, DAY0 + 89).averageOrder).toBe(400);
    expect(values(bookings, DAY0 + 90).averageOrder).toBe(150);
    expect(values(bookings, DAY0 + 91).averageOrder).toBeNull();
  });
});

describe('feedback', () => {
  const answers = [
    booking(DAY0, ALL, { csatResponses: 4, csatSatisfied: 3, csatScore: 3_000_000, npsResponses: 5, npsPromoters: 3, npsDetractors: 1 }),
  ];
  const fifth = [...answers, booking(DAY0, ALL, { csatResponses: 1, csatSatisfied: 0, csatScore: 250_000 })];

  test('CSAT is the share of the satisfied, null under five responses', () => {
    expect(values(answers, DAY0)).toMatchObject({ csat: null, csatResponses: 4 });
    expect(values(fifth, DAY0)).toMatchObject({ csat: 0.6, csatResponses: 5 });
  });

  test('CSAT as a mean is on the scale of the answers', () => {
    const mean: Policy = { ...policy, kpis: { ...policy.kpis, csat: 'mean' } };
    expect(values(fifth, DAY0, ALL, { policy: mean }).csat).toBeCloseTo(1 + (3.25 / 5) * 4, 12);
    expect(values(answers, DAY0, ALL, { policy: mean }).csat).toBeNull();
  });

  test('NPS is promoters less detractors, in percent', () => {
    expect(values(answers, DAY0)).toMatchObject({ nps: 40, npsResponses: 5 });
    expect(values([booking(DAY0, ALL, { npsResponses: 4, npsPromoters: 4 })], DAY0).nps).toBeNull();
  });
});

test('support: late share, mean reply and resolution, null without any', () => {
  const bookings = [
    booking(DAY0, ALL, { tickets: 8, lateTickets: 2, firstReplies: 4, firstReplyMs: 1_000, resolutions: 2, resolutionMs: 9_000 }),
  ];
  expect(values(bookings, DAY0)).toMatchObject({ tickets: 8, lateShare: 0.25, firstReplyMs: 250, resolutionMs: 4_500 });
  expect(values(bookings, DAY0 + 90)).toMatchObject({ tickets: 0, lateShare: null, firstReplyMs: null, resolutionMs: null });
});

test('campaign return is revenue less cost over cost, null without cost', () => {
  expect(values([booking(DAY0, ALL, { campaignRevenue: 300, campaignCost: 200 })], DAY0).campaignReturn).toBe(0.5);
  expect(values([booking(DAY0, ALL, { campaignCost: 200 })], DAY0).campaignReturn).toBe(-1);
  expect(values([booking(DAY0, ALL, { campaignRevenue: 300 })], DAY0).campaignReturn).toBeNull();
});

describe('of the year', () => {
  const bookings = [booking(DAY0, ALL, { active: 100 }), booking(DAY0 + 365, ALL, { active: -40, churned: 30, retained: 50 })];

  test('churn is over the mean of active at both ends, retention over active at the start', () => {
    expect(values(bookings, DAY0 + 365)).toMatchObject({ churn12: 30 / 80, retention12: 0.5 });
  });

  test('both are null before a year of series exists', () => {
    expect(values(bookings, DAY0 + 364)).toMatchObject({ churn12: null, retention12: null });
  });

  test('with a base the series begins at the oldest day that is kept', () => {
    const totals = new Totals();
    book(totals, 0, [booking(BASE, ALL, { active: 100 }), ...bookings]);
    expect(valuesFrom(totals, DAY0 + 365, ALL, { horizon: DAY0 }).retention12).toBe(50 / 200);
    expect(valuesFrom(totals, DAY0 + 365, ALL, { horizon: DAY0 + 1 }).retention12).toBeNull();
  });

  test('what has left the cells may be remembered', () => {
    const totals = new Totals();
    book(totals, 0, [booking(BASE, ALL, { active: 100 }), booking(DAY0 + 365, ALL, { retained: 50, churned: 45 })]);
    const activeBefore = (day: number): number | null => (day === DAY0 ? 80 : null);
    expect(valuesFrom(totals, DAY0 + 365, ALL, { horizon: DAY0 + 1, activeBefore })).toMatchObject({ churn12: 0.5, retention12: 50 / 80 });
  });

  test('groups have neither: who is in one now was elsewhere then', () => {
    const inGroup = bookings.map((each) => ({ ...each, dimension: groupDimension('CHAMPION') }));
    expect(values(inGroup, DAY0 + 365, groupDimension('CHAMPION'))).toMatchObject({ active: 60, churn12: null, retention12: null });
  });
});

describe('lift', () => {
  const cross = crossDimension('CHAMPION', 'plan', 'gold');
  const bookings = (inGroup: number): Booking[] => [
    booking(DAY0, ALL, { customers: 200 }),
    booking(DAY0, groupDimension('CHAMPION'), { customers: inGroup }),
    booking(DAY0, attributeDimension('plan', 'gold'), { customers: 50 }),
    booking(DAY0, cross, { customers: 15 }),
  ];

  test('is the share in the group over the share among all', () => {
    expect(values(bookings(30), DAY0, cross)).toMatchObject({ customers: 15, lift: 2 });
  });

  test('is null while the group has fewer than 30 customers', () => {
    expect(values(bookings(29), DAY0, cross)).toMatchObject({ customers: 15, lift: null });
  });

  test('is all that is told of a group and attribute beside its size', () => {
    const told = Object.entries(values(bookings(30), DAY0, cross)).filter(([, value]) => value !== null);
    expect(told.map(([name]) => name).sort()).toEqual(['customers', 'lift']);
  });
});

test.each([
  [ALL, { group: null, attribute: null, value: null }],
  [groupDimension('AT_RISK'), { group: 'AT_RISK', attribute: null, value: null }],
  [attributeDimension('plan', 'a=b,c\nd'), { group: null, attribute: 'plan', value: 'a=b,c\nd' }],
  [crossDimension('NEW', 'plan', 'x'), { group: 'NEW', attribute: 'plan', value: 'x' }],
  ['group:NOBODY', null],
  ['group:NEW,', null],
  ['attribute:plan', null],
  ['', null],
])('%s names its members', (dimension, members) => {
  expect(membersOf(dimension)).toEqual(members);
});

describe('all values, whatever was booked on however many shards', () => {
  const small: Policy = { ...policy, kpis: { ...policy.kpis, windowDays: 5, leastResponses: 2, leastCustomers: 3 } };

  test('are those of a plain recomputation', () => {
    fc.assert(
      fc.property(anyBookings(DAY0, 400), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 405 }), (bookings, shards, after) => {
        const totals = new Totals();
        for (let shard = 0; shard < shards; shard++)
          book(
            totals,
            shard,
            bookings.filter((_, i) => i % shards === shard),
          );
        for (const dimension of DIMENSIONS) {
          if (!bookings.some((each) => each.dimension === dimension)) continue;
          const [told, naive] = [
            valuesFrom(totals, DAY0 + after, dimension, { policy: small }),
            naiveValues(bookings, DAY0 + after, dimension, small),
          ];
          for (const [name, value] of Object.entries(naive)) {
            const found = told[name as keyof KpiValues];
            if (value === null || found === null) expect([name, found]).toEqual([name, value]);
            else expect(found, name).toBeCloseTo(value, 9);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  test('do not depend on how often and in which order cells are put', () => {
    const put = fc.record({
      shard: fc.integer({ min: 0, max: 2 }),
      day: fc.integer({ min: DAY0, max: DAY0 + 3 }),
      part: fc.constantFrom<Part>('customers', 'revenue', 'orders'),
      amount: fc.option(fc.integer({ min: -5, max: 5 })),
    });
    fc.assert(
      fc.property(fc.array(put, { maxLength: 40 }), fc.option(fc.integer({ min: 0, max: 2 })), (puts, lost) => {
        const totals = new Totals();
        const last = new Map<string, { shard: number; day: number; amounts: number[] | null }>();
        for (const { shard, day, part, amount } of puts) {
          const amounts = amount === null ? null : PARTS.map((name) => (name === part ? amount : 0));
          totals.put(shard, { dimension: ALL, day, amounts });
          last.set(`${shard} ${day}`, { shard, day, amounts });
        }
        if (lost !== null) totals.forget(lost);
        const once = new Totals();
        for (const { shard, day, amounts } of last.values()) if (shard !== lost) once.put(shard, { dimension: ALL, day, amounts });
        for (let day = DAY0; day < DAY0 + 5; day++) expect(valuesFrom(totals, day)).toEqual(valuesFrom(once, day));
      }),
    );
  });
});
