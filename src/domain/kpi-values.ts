/**
 * KPIs from additive parts: the formulas, each also in docs/kpis.md. Integers in, doubles out. A value is null where its denominator is 0, its evidence
 * too little, or the series does not reach back far enough. Boundary: sums over shards come from kpi-totals.ts; who publishes what and when is the engine's. Pure.
 */
import { GROUPS, type Group } from './decision.ts';
import { type Instant, startOfDay } from './ids.ts';
import { type Dimension, type FLOWS, MOVES_FROM, PART_INDEX, PARTS, type Part, type STOCKS } from './kpis.ts';
import type { Policy } from './policy.ts';

const YEAR = 365;

/** Names of what is published, and of what a goal may aim at. */
export const METRICS = [
  'customers',
  'active',
  'lost',
  'moves',
  ...MOVES_FROM,
  'revenue',
  'orders',
  'averageOrder',
  'csat',
  'csatResponses',
  'nps',
  'npsResponses',
  'tickets',
  'lateShare',
  'firstReplyMs',
  'resolutionMs',
  'campaignReturn',
  'historicValue',
  'simpleValue',
  'predictedValue',
  'churn12',
  'retention12',
  'lift',
] as const;
export type Metric = (typeof METRICS)[number];
export type KpiValues = Readonly<Record<Metric, number | null>>;

/** The values of one dimension on one day, as they go out. */
export interface Kpi {
  readonly type: 'kpi';
  /** UTC day */
  readonly day: number;
  readonly dimension: Dimension;
  /** the end of the day, or within the day the watermark up to which this holds */
  readonly at: Instant;
  /** the day is over: only events that come late still change it */
  readonly finished: boolean;
  readonly values: KpiValues;
  /** of the trailing windows */
  readonly windowDays: number;
  /** the journal offset up to which each shard was read */
  readonly offsets: readonly { readonly shard: number; readonly offset: number }[];
}

/** Sums by PART_INDEX; what is missing at the end is 0. */
export type Amounts = ArrayLike<number>;

/** A dimension's cells. `base` has the stocks at the end of the day before the oldest; null where the series has a beginning. */
export interface Series {
  readonly base: Amounts | null;
  readonly days: ReadonlyMap<number, Amounts>;
}

export interface Members {
  readonly group: Group | null;
  readonly attribute: string | null;
  readonly value: string | null;
}

/** What a dimension says of its members; null for a text that is none. */
export function membersOf(dimension: Dimension): Members | null {
  if (dimension === 'all') return { group: null, attribute: null, value: null };
  const alone = /^attribute:([^=]+)=(.*)$/s.exec(dimension);
  if (alone !== null) return { group: null, attribute: alone[1] ?? null, value: alone[2] ?? null };
  const match = /^group:(\w+)(?:,attribute:([^=]+)=(.*))?$/s.exec(dimension);
  const group = GROUPS.find((name) => name === match?.[1]);
  return group === undefined ? null : { group, attribute: match?.[2] ?? null, value: match?.[3] ?? null };
}

export const isCross = ({ group, attribute }: Members): boolean => group !== null && attribute !== null;

/** Running sums of a series, so that a stock at a day's end and a flow over any window are one look-up each. */
export class Running {
  /** the first day on which the dimension was there, as far as the cells tell */
  readonly since: number;
  readonly #first: number;
  readonly #last: number;
  readonly #sums: Float64Array;
  readonly #width: number;

  /**
   * @param horizon the oldest day whose cells are surely all there
   * @param last the last day that is asked for
   * @param width how many parts, from the first on
   */
  constructor({ base, days }: Series, horizon: number, last: number, width: number = PARTS.length) {
    let first = last + 1;
    for (const day of days.keys()) first = Math.min(first, day);
    this.#first = first;
    this.#last = last;
    this.#width = width;
    this.since = base === null ? Math.max(first, horizon) : horizon;
    const sums = new Float64Array((last - first + 2) * width);
    this.#sums = sums;
    if (base !== null) for (let part = 0; part < width; part++) sums[part] = base[part] ?? 0;
    for (let day = first, at = width; day <= last; day++, at += width) {
      sums.copyWithin(at, at - width, at);
      const amounts = days.get(day);
      if (amounts === undefined) continue;
      for (let part = 0; part < Math.min(width, amounts.length); part++) sums[at + part] = (sums[at + part] ?? 0) + (amounts[part] ?? 0);
    }
  }

  /** All that was booked up to the end of a day: for a stock, its size. */
  upTo(part: Part, day: number): number {
    const row = Math.min(Math.max(day, this.#first - 1), this.#last) - this.#first + 1;
    return this.#sums[row * this.#width + PART_INDEX[part]] ?? 0;
  }

  /** What was booked over so many days, of which `day` is the last. */
  over(part: Part, day: number, days: number): number {
    return this.upTo(part, day) - this.upTo(part, day - days);
  }
}

export interface Formulas {
  readonly policy: Pick<Policy, 'kpis' | 'feedback'>;
  /** running sums of another dimension, up to the same last day; null where it has no cell */
  readonly running: (dimension: Dimension) => Running | null;
  /** `active` at the end of a day that has left the cells; null where that is not known */
  readonly activeBefore: (dimension: Dimension, day: number) => number | null;
}

const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

const NOTHING = Object.fromEntries(METRICS.map((metric) => [metric, null])) as Record<Metric, null>;

/** The KPIs of a dimension at the end of a day. */
export function kpiValues(dimension: Dimension, members: Members, day: number, own: Running, formulas: Formulas): KpiValues {
  if (isCross(members)) return { ...NOTHING, customers: own.upTo('customers', day), lift: lift(members, day, own, formulas) };
  const { kpis, feedback } = formulas.policy;
  const stock = (part: (typeof STOCKS)[number]): number => own.upTo(part, day);
  const flow = (part: (typeof FLOWS)[number]): number => own.over(part, day, 1);
  const window = (part: (typeof FLOWS)[number]): number => own.over(part, day, kpis.windowDays);
  const enough = (responses: number): number => (responses >= kpis.leastResponses ? responses : 0);
  const customers = stock('customers');
  const responses = window('csatResponses');
  const scores = window('npsResponses');
  const cost = window('campaignCost');
  const mean = ratio(window('csatScore') / 1e6, enough(responses));
  return {
    ...NOTHING,
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
    averageOrder: ratio(window('revenue'), window('orders')),
    csat:
      kpis.csat === 'share' ? ratio(window('csatSatisfied'), enough(responses)) : mean === null ? null : 1 + mean * (feedback.csatMost - 1),
    csatResponses: responses,
    nps: ratio(100 * (window('npsPromoters') - window('npsDetractors')), enough(scores)),
    npsResponses: scores,
    tickets: window('tickets'),
    lateShare: ratio(window('lateTickets'), window('tickets')),
    firstReplyMs: ratio(window('firstReplyMs'), window('firstReplies')),
    resolutionMs: ratio(window('resolutionMs'), window('resolutions')),
    campaignReturn: ratio(window('campaignRevenue') - cost, cost),
    historicValue: ratio(stock('historicValue'), customers),
    simpleValue: ratio(stock('simpleValue'), customers),
    predictedValue: ratio(stock('predictedValue'), customers),
    ...(members.group === null ? ofTheYear(dimension, day, own, formulas) : {}),
  };
}

/** Of customers active a year ago or since. Not for groups: who is in a group now was elsewhere then, so the two ends do not compare. */
function ofTheYear(
  dimension: Dimension,
  day: number,
  own: Running,
  { activeBefore }: Formulas,
): Pick<KpiValues, 'churn12' | 'retention12'> {
  const before = day - YEAR >= own.since ? own.upTo('active', day - YEAR) : activeBefore(dimension, day - YEAR);
  if (before === null) return { churn12: null, retention12: null };
  return {
    churn12: ratio(own.upTo('churned', day), (own.upTo('active', day) + before) / 2),
    retention12: ratio(own.upTo('retained', day), before),
  };
}

/** How many times as common the attribute is in the group as among all. */
function lift({ group, attribute, value }: Members, day: number, own: Running, { policy, running }: Formulas): number | null {
  const count = (dimension: Dimension): number => running(dimension)?.upTo('customers', day) ?? 0;
  const inGroup = count(`group:${group}`);
  if (inGroup < policy.kpis.leastCustomers) return null;
  const overall = ratio(count(`attribute:${attribute}=${value}`), count('all'));
  const within = ratio(own.upTo('customers', day), inGroup);
  return overall === null || within === null ? null : ratio(within, overall);
}

/** The end of a UTC day. */
export const endOfDay = (day: number): Instant => startOfDay(day + 1);
