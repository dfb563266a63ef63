/**
 * The additive parts of all KPIs: what one customer adds to, and takes back from, the totals of a UTC day. Everything is an integer (counts, minor units,
 * milliseconds, millionths), so sums are exact in any order. Boundary: names and shapes; who books what is contribution.ts, formulas are kpi-values.ts.
 *
 * A *flow* belongs to the day on which it happened: a day's total is the sum of what was booked on it. A *stock* is booked as its changes: its total at
 * the end of a day is the sum of all changes up to then.
 */
import { GROUPS, type Group } from './decision.ts';

export const STOCKS = [
  /** customers that have a group */
  'customers',
  /** with an order in the last 365 days */
  'active',
  'lost',
  /** active, and so 365 days before */
  'retained',
  /** LOST, and active 365 days before or since */
  'churned',
  /** lifetime values, minor units */
  'historicValue',
  'simpleValue',
  'predictedValue',
] as const;

/** A move into a cell's group is booked by where it came from; `moves` counts all but the first of a customer. */
export const MOVES_FROM = ['fromNone', 'fromNew', 'fromChampion', 'fromPotentialChampion', 'fromLoyalist', 'fromAtRisk'] as const;

export const FLOWS = [
  /** net, on the order's day; minor units */
  'revenue',
  'orders',
  'csatResponses',
  /** the best two scores of five */
  'csatSatisfied',
  /** sum of scores scaled to 0–1, in millionths */
  'csatScore',
  'npsResponses',
  'npsPromoters',
  'npsDetractors',
  /** opened on the day; of these, how many were answered late or, past the time, not at all */
  'tickets',
  'lateTickets',
  'firstReplies',
  'firstReplyMs',
  'resolutions',
  'resolutionMs',
  /** revenue of orders that name a campaign, and the cost of campaigns; minor units */
  'campaignRevenue',
  'campaignCost',
  'moves',
  ...MOVES_FROM,
] as const;

export const PARTS = [...STOCKS, ...FLOWS] as const;
export type Part = (typeof PARTS)[number];
export type Stock = (typeof STOCKS)[number];

/** The index of each part: the order in which a cell's bytes hold them. Parts may be added at the end, never moved. */
export const PART_INDEX = Object.fromEntries(PARTS.map((part, i) => [part, i])) as Readonly<Record<Part, number>>;

/** The part that a move out of a group is booked as, in the cell of the group that it leads to. */
export const movedFrom = (from: Group | null): Part => MOVES_FROM[from === null ? 0 : GROUPS.indexOf(from) + 1] ?? 'fromNone';

/**
 * Of whom a cell tells: `all`, `group:CHAMPION`, `attribute:plan=gold`, or both, `group:CHAMPION,attribute:plan=gold`, which only counts `customers`.
 */
export type Dimension = string;
export const ALL: Dimension = 'all';
const GROUP_DIMENSIONS = Object.fromEntries(GROUPS.map((group) => [group, `group:${group}`])) as Readonly<Record<Group, Dimension>>;
export const groupDimension = (group: Group): Dimension => GROUP_DIMENSIONS[group];
/** Each is made once, as they are what sums are looked up by; there are as many as a policy names values. */
const attributeDimensions = new Map<string, Map<string, Dimension>>();
export function attributeDimension(name: string, value: string): Dimension {
  let known = attributeDimensions.get(name);
  if (known === undefined) {
    known = new Map();
    attributeDimensions.set(name, known);
  }
  let dimension = known.get(value);
  if (dimension === undefined) {
    dimension = `attribute:${name}=${value}`;
    known.set(value, dimension);
  }
  return dimension;
}
export const crossDimension = (group: Group, name: string, value: string): Dimension =>
  `${groupDimension(group)},${attributeDimension(name, value)}`;

/** Counts of active customers by value (histogram.ts), a block of its buckets a cell, whose parts are buckets. Such a cell is of no day, and no KPI's. */
const VALUES = 'values:';
export const valuesDimension = (block: number): Dimension => `${VALUES}${block}`;
export const isValues = (dimension: Dimension): boolean => dimension.startsWith(VALUES);
/** The block of a dimension of values. */
export const blockOf = (dimension: Dimension): number => Number(dimension.slice(VALUES.length));

/** What is to be added to one cell: pairs of a part and an amount, which may be negative. Made by the fold beside the decisions; never leaves the engine. */
export interface Booking {
  readonly type: 'booking';
  /** UTC day */
  readonly day: number;
  readonly dimension: Dimension;
  readonly amounts: readonly (readonly [part: number, amount: number])[];
}
