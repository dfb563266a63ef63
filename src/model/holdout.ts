/**
 * A model held against what came after its calibration: predicted and actual purchases, P(buy) and who bought, how well it ranks, and the
 * thresholds that follow. docs/models.md says how to read each.
 */
import { buyProbability, expectedPurchases } from '../domain/buying.ts';
import type { Policy } from '../domain/policy.ts';
import type { Summary } from './history.ts';

/** Customers with x repeat purchase days in the calibration (the last row: `orMore`), and their mean purchase days in the hold-out. */
export interface CalibrationRow {
  readonly x: number;
  readonly orMore: boolean;
  readonly customers: number;
  readonly predicted: number;
  readonly actual: number;
}

/** Customers with P(buy) from `from` to `to`: its mean, and the share who did buy within the horizon. */
export interface ReliabilityRow {
  readonly from: number;
  readonly to: number;
  readonly customers: number;
  readonly predicted: number;
  readonly actual: number;
}

export interface Thresholds {
  readonly p1: number;
  readonly p2: number;
  readonly p3: number;
}

export interface Holdout {
  /** areas under the ROC curve; null when all or none bought */
  readonly auc: { readonly model: number; readonly recency: number } | null;
  readonly calibration: readonly CalibrationRow[];
  readonly reliability: readonly ReliabilityRow[];
  readonly thresholds: Thresholds | null;
}

const MOST_X = 7;
const GROUPS = 10;
/** p1, p2 and p3 are where the share of buyers is so much of that of all customers. */
const SHARES = [0.5, 0.25, 0.1] as const;

/** `churn` holds the fitted parameters, in days, and the horizon to judge by; `days` is the length of the hold-out. */
export function judge(churn: Policy['churn'], customers: readonly Summary[], days: number): Holdout {
  const judged = customers.map((customer) => ({
    customer,
    probability: buyProbability(churn, customer.x, customer.tx, customer.T),
    bought: customer.next !== null && customer.next <= churn.horizonDays,
  }));
  // Of BG/NBD a customer without a repeat purchase counts as alive for ever: no level is made of that.
  const levelled = churn.model === 'bg' ? judged.filter(({ customer }) => customer.x > 0) : judged;
  const reliability = reliabilityOf(levelled);
  const model = areaUnderCurve(judged.map(({ probability, bought }) => [probability, bought]));
  const recency = areaUnderCurve(judged.map(({ customer: { tx, T }, bought }) => [tx - T, bought]));
  return {
    auc: model === null || recency === null ? null : { model, recency },
    calibration: calibrationOf(churn, customers, days),
    reliability,
    thresholds: thresholdsOf(reliability),
  };
}

function calibrationOf(churn: Policy['churn'], customers: readonly Summary[], days: number): CalibrationRow[] {
  const groups = Map.groupBy(customers, ({ x }) => Math.min(x, MOST_X));
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([x, group]) => ({
      x,
      orMore: x === MOST_X,
      customers: group.length,
      predicted: mean(group.map((customer) => expectedPurchases(churn, customer.x, customer.tx, customer.T, days))),
      actual: mean(group.map(({ later }) => later)),
    }));
}

interface Judged {
  readonly probability: number;
  readonly bought: boolean;
}

/** Ten groups of about the same size, by P(buy); equal probabilities stay together. */
function reliabilityOf(judged: readonly Judged[]): ReliabilityRow[] {
  const sorted = judged.toSorted((a, b) => a.probability - b.probability);
  const rows: ReliabilityRow[] = [];
  let begin = 0;
  for (let group = 1; group <= GROUPS; group++) {
    let end = Math.max(begin, Math.round((group * sorted.length) / GROUPS));
    while (end > begin && end < sorted.length && sorted[end]?.probability === sorted[end - 1]?.probability) end++;
    const members = sorted.slice(begin, end);
    const [first, last] = [members[0], members.at(-1)];
    begin = end;
    if (first === undefined || last === undefined) continue;
    rows.push({
      from: first.probability,
      to: last.probability,
      customers: members.length,
      predicted: mean(members.map(({ probability }) => probability)),
      actual: mean(members.map(({ bought }) => Number(bought))),
    });
  }
  return rows;
}

/**
 * Where the share of buyers has fallen to a half, a quarter, a tenth of that of all: read off the line through the origin and the groups of
 * the reliability table, after neighbours out of order have been pooled (isotonic regression). Null when nobody bought.
 */
export function thresholdsOf(reliability: readonly ReliabilityRow[]): Thresholds | null {
  const points = pooled(reliability);
  const customers = points.reduce((sum, point) => sum + point.customers, 0);
  const overall = points.reduce((sum, point) => sum + point.actual * point.customers, 0) / customers;
  if (!(overall > 0)) return null;
  const [p1, p2, p3] = SHARES.map((share) => rounded(probabilityAt(points, share * overall)));
  if (p1 === undefined || p2 === undefined || p3 === undefined || !(p1 > p2 && p2 > p3 && p3 > 0)) return null;
  return { p1, p2, p3 };
}

type Point = Pick<ReliabilityRow, 'customers' | 'predicted' | 'actual'>;

/** Neighbours are taken together until the share of buyers rises from each to the next. */
function pooled(rows: readonly Point[]): Point[] {
  const points: Point[] = [];
  for (const row of rows) {
    let point: Point = row;
    for (let last = points.at(-1); last !== undefined && last.actual >= point.actual; last = points.at(-1)) {
      points.pop();
      const customers = last.customers + point.customers;
      const weighted = (key: 'predicted' | 'actual'): number => (last[key] * last.customers + point[key] * point.customers) / customers;
      point = { customers, predicted: weighted('predicted'), actual: weighted('actual') };
    }
    points.push(point);
  }
  return points;
}

/** The probability at which the line has this share of buyers; the share is at most that of the last point. */
function probabilityAt(points: readonly Point[], share: number): number {
  let before = { predicted: 0, actual: 0 };
  for (const point of points) {
    if (point.actual >= share) {
      const part = (share - before.actual) / (point.actual - before.actual);
      return before.predicted + part * (point.predicted - before.predicted);
    }
    before = point;
  }
  return before.predicted;
}

/** The probability that a random buyer scores higher than a random other, ties counting half (Mann and Whitney); null without one of each. */
export function areaUnderCurve(scored: readonly (readonly [score: number, positive: boolean])[]): number | null {
  const sorted = scored.toSorted(([a], [b]) => a - b);
  const positives = sorted.filter(([, positive]) => positive).length;
  const negatives = sorted.length - positives;
  if (positives === 0 || negatives === 0) return null;
  let wins = 0;
  let below = 0;
  for (let i = 0; i < sorted.length; ) {
    let hits = 0;
    let misses = 0;
    const score = sorted[i]?.[0];
    for (; i < sorted.length && sorted[i]?.[0] === score; i++) {
      if (sorted[i]?.[1]) hits += 1;
      else misses += 1;
    }
    wins += hits * (below + misses / 2);
    below += misses;
  }
  return wins / (positives * negatives);
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const rounded = (value: number): number => Number(value.toPrecision(3));
