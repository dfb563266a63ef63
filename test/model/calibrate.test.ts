/** `calibrate` on generated histories: numbers are the quantiles that they say they are, the goals hold, and where they cannot, it says why. */
import { beforeAll, describe, expect, test } from 'vitest';
import { parsePolicy } from '../../src/config/policy.ts';
import type { CustomerEvent } from '../../src/domain/event.ts';
import { type CustomerId, DAY, dayOf, hash, type Instant, type Minor } from '../../src/domain/ids.ts';
import { PRESETS, type PresetName } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import { spendingMean } from '../../src/domain/spending.ts';
import { type Calibration, calibrate } from '../../src/model/calibrate.ts';
import { CELLS, cellsOf, MOST_ALERTS, MOST_UNDONE } from '../../src/model/calibrate-goals.ts';
import { play, type Timelines } from '../../src/model/play.ts';
import { Unfit } from '../../src/model/unfit.ts';
import { gathered, UNTIL, world, YEAR_BEFORE } from './calibrate-world.ts';

const of = (timelines: Timelines, preset: PresetName = 'retail'): Calibration =>
  calibrate(timelines, { preset, currency: 'USD', until: UNTIL });

describe.each(PRESETS)('a world of %s', (business) => {
  let timelines: Timelines;
  let found: Calibration;
  beforeAll(() => {
    timelines = world(business, 700, 31);
    found = of(timelines, business);
  }, 120_000);

  test('the goals hold when the policy is played, and are what is said', () => {
    const played = play(timelines, found.policy, UNTIL);
    expect(found.played).toEqual(played);
    expect(played.undoneShare).toBeLessThanOrEqual(MOST_UNDONE);
    expect(played.alertsPerDayPer10k).toBeLessThanOrEqual(MOST_ALERTS);
    const cells = cellsOf(played);
    for (const cell of CELLS) {
      expect(cells?.[cell], cell).toBeGreaterThanOrEqual(0.03);
      expect(cells?.[cell], cell).toBeLessThanOrEqual(0.6);
    }
    expect(found.goals.filter(({ met }) => !met)).toEqual([]);
  });

  test('the file parses to the policy without a warning, and each number in it says where it comes from', () => {
    const text = found.text(['a head']);
    const parsed = parsePolicy(text, 'policy.yaml');
    expect(parsed.policy).toEqual(found.policy);
    expect(parsed.warnings).toEqual([]);
    const numbers = text.split('\n').filter((line) => /: [^ #]/.test(line) && !line.startsWith('#'));
    expect(numbers.length).toBe(found.derived.length + 1);
    for (const line of numbers) expect(line).toMatch(/ # \S/);
  });

  test('numbers are the quantiles of this history, reckoned from the events', () => {
    const facts = naive(timelines);
    const { loyalty, value, churn } = found.policy;
    expect(loyalty.frequency.orders).toBe(Math.max(1, nth(facts.orders, 0.75)));
    expect(value.high).toBe(nth(value.measure === 'revenue' ? facts.revenue : facts.average, 0.6));
    expect(loyalty.rhythm.leastGapDays).toBeCloseTo(nth(facts.means, 0.05), 0);
    expect(loyalty.rhythm.mostGapDays).toBeCloseTo(nth(facts.means, 0.9), 0);
    expect(loyalty.rhythm.firstGapDays).toBeCloseTo(Math.min(nth(facts.firsts, 0.75), loyalty.rhythm.mostGapDays), 0);
    const late = lateness(facts.days, loyalty.rhythm);
    expect(Math.abs(loyalty.rhythm.from - nth(late, 0.9))).toBeLessThanOrEqual(0.051);
    expect(Math.abs(loyalty.rhythm.to - nth(late, 0.99))).toBeLessThanOrEqual(0.051);
    expect(Math.abs(churn.overdue - Math.min(6, nth(late, 0.98)))).toBeLessThanOrEqual(0.051);
  });

  test('the amount that the model expects of a customer of whom nothing is known is about the mean one', () => {
    const { gammaGamma } = found.policy.lifetime;
    const means = naive(timelines).amounts;
    const ratio = spendingMean(gammaGamma, 0, null) / (sumOf(means) / means.length);
    expect(ratio).toBeGreaterThan(1 / 1.6);
    expect(ratio).toBeLessThan(1.6);
  });

  test('half of the active customers score above loyalty.high, and none sits on it', () => {
    const scores = found.played.active.flatMap(({ loyalty }) => (loyalty === null ? [] : [loyalty]));
    const { high } = found.policy.loyalty;
    // a dwell or a band changes groups, never scores
    expect(scores.filter((score) => score > high).length / scores.length).toBeCloseTo(0.5, 1);
    expect(scores.filter((score) => Math.abs(score - high) < 1e-9)).toEqual([]);
  });
});

describe('a history in which a goal cannot be had', () => {
  test('customers who are all alike: it says which goals are missed and that nothing tells the customers apart', () => {
    const alike = gathered(Array.from({ length: 60 }, (_, i) => monthly(`c${i}`)).flat());
    const { goals, warnings, policy } = of(alike);
    expect(warnings.join('\n')).toContain('the same loyalty');
    expect(policy.loyalty.high).toBe(presets.retail.loyalty.high);
    const missed = goals.filter(({ met }) => !met);
    expect(missed.map(({ name }) => name)).toEqual(expect.arrayContaining(['POTENTIAL_CHAMPION', 'LOYALIST', 'AT_RISK']));
    for (const { why } of missed.filter(({ name }) => name !== 'undone'))
      expect(why).toMatch(/100 % of the active customers have the same value; 100 % have the same loyalty/);
  });

  test('a fit that ends at a bound, and amounts that are all the same: the preset’s parameters stay, v is that of the amounts', () => {
    const alike = gathered(Array.from({ length: 60 }, (_, i) => monthly(`c${i}`)).flat());
    const { derived, warnings, policy } = of(alike);
    expect(warnings.join('\n')).toMatch(/ran into the upper bound of the search/);
    expect(warnings.join('\n')).toContain('the parameters of the preset stay');
    expect(warnings.join('\n')).toContain('every customer spends the same');
    expect(derived.filter(({ path }) => path.startsWith('churn.parameters'))).toEqual([]);
    expect(policy.churn.parameters).toEqual(presets.retail.churn.parameters);
    const { p, q } = presets.retail.lifetime.gammaGamma;
    expect(policy.lifetime.gammaGamma).toMatchObject({ p, q });
    expect(spendingMean(policy.lifetime.gammaGamma, 0, null)).toBeCloseTo(5_000, -1);
  });

  test('customers of a month: none is older than NEW, and less than a year is said to be less', () => {
    const young = gathered(Array.from({ length: 40 }, (_, i) => monthly(`c${i}`, 1)).flat());
    const { goals, warnings } = of(young);
    expect(goals.filter(({ met }) => !met).map(({ why }) => why)).toContain(
      'no active customer is older than NEW: the history is too short',
    );
    expect(warnings.join('\n')).toMatch(/history is \d+ days long/);
  });

  test('nobody active: it is refused', () => {
    expect(() => of(gathered([]))).toThrow(Unfit);
    const old = gathered(monthly('a').map((event) => ({ ...event, at: (event.at - 800 * DAY) as Instant })));
    expect(() => of(old)).toThrow(/no customer has an order in the last 365 days/);
  });
});

test('what comes after the last day has no part in it', { timeout: 60_000 }, () => {
  const timelines = world('retail', 250, 12);
  const until = (UNTIL - 120 * DAY) as Instant;
  const before = [...timelines.values()].flat().filter(({ at }) => at <= until);
  const [cut, whole] = [gathered(before), timelines].map((history) => calibrate(history, { preset: 'retail', currency: 'USD', until }));
  expect(whole?.policy).toEqual(cut?.policy);
  expect(whole?.played).toEqual(cut?.played);
});

test('purchases alone: what they say nothing of is off, and the groups are there all the same', { timeout: 60_000 }, () => {
  const purchases = [...world('retail', 500, 8).values()].flat().filter(({ type }) => type === 'purchase');
  const { policy, goals } = of(gathered(purchases));
  expect([policy.loyalty.programme.enabled, policy.loyalty.advocacy.enabled]).toEqual([false, false]);
  expect(goals.filter(({ met }) => !met)).toEqual([]);
});

/** An order of 50.00 every 30 days, the last one 5 days before the end. */
function monthly(customer: string, orders = 20): CustomerEvent[] {
  return Array.from({ length: orders }, (_, i) => ({
    type: 'purchase',
    id: hash(`${customer} ${i}`),
    customer: customer as CustomerId,
    at: (UNTIL - (5 + 30 * i) * DAY) as Instant,
    order: hash(`${customer} ${i}`),
    kind: 'PURCHASE',
    amount: 5_000 as Minor,
    discount: 0 as Minor,
    cost: 0 as Minor,
    items: 1,
    channel: 'web',
    recurring: false,
    recommended: false,
    campaign: null,
    orderedAt: null,
  }));
}

/** Yearly orders and money of active customers by adding up their events; purchase days by leaving out cancelled orders. */
function naive(timelines: Timelines) {
  const facts = {
    orders: [] as number[],
    revenue: [] as number[],
    average: [] as number[],
    means: [] as number[],
    firsts: [] as number[],
    amounts: [] as number[],
  };
  const days: number[][] = [];
  for (const events of timelines.values()) {
    const seen = new Set<number>();
    const purchases = events.flatMap((event) => {
      if (event.type !== 'purchase' || seen.has(event.id)) return [];
      seen.add(event.id);
      return [event];
    });
    const placedOn = new Map(
      purchases.flatMap((event) => (event.kind === 'PURCHASE' ? [[event.order as number, event.at as number]] : [])),
    );
    const [orders, money] = [new Map<number, number>(), new Map<number, number>()];
    for (const { kind, order, at, amount, orderedAt } of purchases) {
      const day = dayOf((kind === 'PURCHASE' ? at : (orderedAt ?? placedOn.get(order) ?? at)) as Instant);
      if (kind !== 'REFUND') orders.set(day, (orders.get(day) ?? 0) + (kind === 'PURCHASE' ? 1 : -1));
      money.set(day, (money.get(day) ?? 0) + (kind === 'PURCHASE' ? amount : -amount));
    }
    const within = (sums: ReadonlyMap<number, number>): number[] =>
      [...sums].flatMap(([day, sum]) => (day * DAY >= YEAR_BEFORE ? [sum] : []));
    const yearly = sumOf(within(orders));
    if (!within(orders).some((count) => count > 0)) continue;
    facts.orders.push(yearly);
    facts.revenue.push(Math.max(0, sumOf(within(money))));
    facts.average.push(Math.round(Math.max(0, sumOf(within(money))) / yearly));
    const bought = [...orders].flatMap(([day, count]) => (count > 0 ? [day] : [])).sort((a, b) => a - b);
    days.push(bought);
    const [first = 0, second] = bought;
    if (second === undefined) continue;
    const paid = bought.slice(1).flatMap((day) => ((money.get(day) ?? 0) > 0 ? [money.get(day) ?? 0] : []));
    if (paid.length > 0) facts.amounts.push(sumOf(paid) / paid.length);
    facts.firsts.push(second - first);
    facts.means.push(((bought.at(-1) ?? 0) - first) / (bought.length - 1));
  }
  return { ...facts, days };
}

function lateness(days: readonly number[][], rhythm: { firstGapDays: number; leastGapDays: number; mostGapDays: number }): number[] {
  return days.flatMap((bought) =>
    bought.slice(1).map((day, i) => {
      const before = bought.slice(0, i + 1);
      const [first = 0] = before;
      const last = before.at(-1) ?? 0;
      const free = (rhythm.firstGapDays + last - first) / before.length;
      return (day - last) / Math.max(rhythm.leastGapDays, Math.min(rhythm.mostGapDays, free));
    }),
  );
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
/** The value of rank ⌈q·n⌉. */
const nth = (values: readonly number[], q: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(q * values.length) - 1] ?? Number.NaN;
