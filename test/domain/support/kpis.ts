/** Bookings for tests of KPIs, and the plain recomputation that they are held to: every number by one loop over all bookings. */
import fc from 'fast-check';
import { GROUPS } from '../../../src/domain/decision.ts';
import type { Totals } from '../../../src/domain/kpi-totals.ts';
import { type KpiValues, METRICS } from '../../../src/domain/kpi-values.ts';
import { ALL, type Booking, type Dimension, PART_INDEX, PARTS, type Part } from '../../../src/domain/kpis.ts';
import type { Policy } from '../../../src/domain/policy.ts';

export const booking = (day: number, dimension: Dimension, amounts: Partial<Record<Part, number>>): Booking => ({
  type: 'booking',
  day,
  dimension,
  amounts: Object.entries(amounts).map(([part, amount]) => [PART_INDEX[part as Part], amount]),
});

/** Cells of one shard from bookings, put as a shard would. */
export function book(totals: Totals, shard: number, bookings: readonly Booking[]): void {
  const cells = new Map<string, { day: number; dimension: Dimension; amounts: number[] }>();
  for (const { day, dimension, amounts } of bookings) {
    const key = `${day} ${dimension}`;
    const cell = cells.get(key) ?? { day, dimension, amounts: PARTS.map(() => 0) };
    cells.set(key, cell);
    for (const [part, amount] of amounts) cell.amounts[part] = (cell.amounts[part] ?? 0) + amount;
  }
  for (const cell of cells.values()) totals.put(shard, cell);
}

const per = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

/** The values of a day, from all bookings there ever were. `since`: the dimension's first day. */
export function naiveValues(bookings: readonly Booking[], day: number, dimension: Dimension, policy: Policy): KpiValues {
  const sum = (part: Part, from: number, to: number, of = dimension): number =>
    bookings
      .filter((each) => each.dimension === of && each.day >= from && each.day <= to)
      .flatMap(({ amounts }) => amounts)
      .reduce((total, [index, amount]) => total + (index === PART_INDEX[part] ? amount : 0), 0);
  const { windowDays, leastResponses, leastCustomers, csat } = policy.kpis;
  const stock = (part: Part, at = day, of = dimension) => sum(part, 0, at, of);
  const flow = (part: Part) => sum(part, day, day);
  const window = (part: Part) => sum(part, day - windowDays + 1, day);
  const none = Object.fromEntries(METRICS.map((name) => [name, null])) as Record<keyof KpiValues, null>;
  const customers = stock('customers');
  const [group = '', attribute] = dimension.split(',');
  if (attribute !== undefined) {
    const inGroup = stock('customers', day, group);
    const having = stock('customers', day, attribute);
    const all = stock('customers', day, ALL);
    const enough = inGroup >= leastCustomers && having > 0 && all > 0;
    return { ...none, customers, lift: enough ? customers / inGroup / (having / all) : null };
  }
  const since = Math.min(...bookings.filter((each) => each.dimension === dimension).map((each) => each.day));
  const yearly = !dimension.startsWith('group:') && day - 365 >= since;
  const before = yearly ? stock('active', day - 365) : 0;
  const responses = window('csatResponses');
  const score =
    csat === 'share' ? window('csatSatisfied') / responses : 1 + (window('csatScore') / 1e6 / responses) * (policy.feedback.csatMost - 1);
  return {
    ...none,
    customers,
    active: stock('active'),
    lost: stock('lost'),
    moves: flow('moves'),
    fromNone: flow('fromNone'),
    fromNew: flow('fromNew'),
    fromChampion: flow('fromChampion'),
    fromPotentialChampion: flow('fromPotentialChampion'),
    fromLoyalist: flow('fromLoyalist'),
    fromAtRisk: flow('fromAtRisk'),
    revenue: flow('revenue'),
    orders: flow('orders'),
    averageOrder: per(window('revenue'), window('orders')),
    csat: responses >= leastResponses ? score : null,
    csatResponses: responses,
    nps:
      window('npsResponses') >= leastResponses ? (100 * (window('npsPromoters') - window('npsDetractors'))) / window('npsResponses') : null,
    npsResponses: window('npsResponses'),
    tickets: window('tickets'),
    lateShare: per(window('lateTickets'), window('tickets')),
    firstReplyMs: per(window('firstReplyMs'), window('firstReplies')),
    resolutionMs: per(window('resolutionMs'), window('resolutions')),
    campaignReturn: per(window('campaignRevenue') - window('campaignCost'), window('campaignCost')),
    historicValue: per(stock('historicValue'), customers),
    simpleValue: per(stock('simpleValue'), customers),
    predictedValue: per(stock('predictedValue'), customers),
    churn12: yearly ? per(stock('churned'), (stock('active') + before) / 2) : null,
    retention12: yearly ? per(stock('retained'), before) : null,
  };
}

export const DIMENSIONS: readonly Dimension[] = [
  ALL,
  ...GROUPS.slice(1, 3).map((group) => `group:${group}`),
  'attribute:plan=gold',
  'group:CHAMPION,attribute:plan=gold',
];

/** Bookings of any part on days from `first` on; `all` is always among them on the first day. */
export const anyBookings = (first: number, days: number): fc.Arbitrary<Booking[]> =>
  fc
    .array(
      fc.record({
        day: fc.integer({ min: first, max: first + days - 1 }),
        dimension: fc.constantFrom(...DIMENSIONS),
        part: fc.constantFrom(...PARTS),
        amount: fc.integer({ min: -3, max: 40 }),
      }),
      { minLength: 1, maxLength: 60 },
    )
    .map((list) => [
      booking(first, ALL, { customers: 50, active: 40 }),
      ...list.map(({ day, dimension, part, amount }) => booking(day, dimension, { [part]: amount })),
    ]);
