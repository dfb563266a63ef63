/**
 * What a policy must keep when it is played over the history, what is tried when it does not, and why it cannot where it cannot. Pure.
 *
 * Undone moves are answered by a wider band of loyalty and then by a dwell: with a dwell of 31 days none can be left. Too many alerts are answered
 * by longer episodes and by asking for more orders before a customer is alerted, and last by lower thresholds of P(buy).
 */
import { COMPONENTS, type Group } from '../domain/decision.ts';
import type { Policy } from '../domain/policy.ts';
import type { Derived, Draft } from './calibrate-draft.ts';
import { quantile, rankCorrelation, rising } from './calibrate-measure.ts';
import type { Played, Standing } from './play.ts';

export const MOST_UNDONE = 0.05;
export const MOST_ALERTS = 5;
const [LEAST_CELL, MOST_CELL] = [0.03, 0.6];
export const CELLS = ['CHAMPION', 'POTENTIAL_CHAMPION', 'LOYALIST', 'AT_RISK'] as const satisfies readonly Group[];

export interface Goal {
  readonly name: string;
  /** share, or alerts a day per 10,000 customers; null: there is nothing to measure it by */
  readonly value: number | null;
  readonly least: number;
  readonly most: number;
  readonly met: boolean;
  /** why it is not met, or not measured */
  readonly why: string | null;
}

/** Each of the four groups as a share of the active customers that are not NEW; null when there are none. */
export function cellsOf({ groups, active }: Played): Record<(typeof CELLS)[number], number> | null {
  const old = active.length - groups.NEW;
  if (old === 0) return null;
  return Object.fromEntries(CELLS.map((cell) => [cell, groups[cell] / old])) as Record<(typeof CELLS)[number], number>;
}

export function goalsOf(played: Played): Goal[] {
  const { undoneShare, alertsPerDayPer10k } = played;
  const cells = cellsOf(played);
  const why = cells === null ? 'no active customer is older than NEW: the history is too short' : whyCells(played);
  return [
    goal('undone', undoneShare, 0, MOST_UNDONE, undoneShare === null ? 'no move has 30 days after it' : whyUndone(played)),
    goal('alerts', alertsPerDayPer10k, 0, MOST_ALERTS, alertsPerDayPer10k === null ? 'nobody was known for any time' : whyAlerts(played)),
    ...CELLS.map((cell) => goal(cell, cells?.[cell] ?? null, LEAST_CELL, MOST_CELL, why)),
  ];
}

function goal(name: string, value: number | null, least: number, most: number, why: string): Goal {
  const met = value !== null && value >= least && value <= most;
  return { name, value, least, most, met, why: met ? null : why };
}

const whyUndone = ({ undone, judged }: Played): string => `${undone} of ${judged} moves were undone within 30 days`;

function whyAlerts({ alerts, openedBy, customers, inactive }: Played): string {
  const [first] = openedBy;
  const mostly =
    first === undefined ? '' : `, ${Math.round((100 * first.alerts) / alerts)} % of them by ${first.signals || 'the level alone'}`;
  return `${alerts} alerts in the last 365 days${mostly}; ${inactive} of ${customers} customers have not bought for a year`;
}

/** Values and scores from which a threshold cannot make two groups of some size. */
function whyCells({ active }: Played): string {
  const old = active.filter(({ group }) => group !== 'NEW');
  const reasons: string[] = [];
  const value = largestAtom(old.map((standing) => standing.value));
  if (value > MOST_CELL) reasons.push(`${Math.round(100 * value)} % of the active customers have the same value`);
  const loyalty = largestAtom(old.map((standing) => standing.loyalty ?? -1));
  if (loyalty > MOST_CELL) reasons.push(`${Math.round(100 * loyalty)} % have the same loyalty`);
  const rank = rankCorrelation(old.map((standing) => [standing.value, standing.loyalty ?? -1]));
  if (reasons.length === 0 && rank !== null)
    reasons.push(
      Math.abs(rank) >= 0.5
        ? `value and loyalty rank the customers nearly alike (rank correlation ${rank.toFixed(2)}), so that few are high in one and low in the other`
        : `of ${old.length} active customers too few are in it, or too many (rank correlation of value and loyalty ${rank.toFixed(2)})`,
    );
  return reasons.join('; ');
}

/** The share of the most frequent value. */
function largestAtom(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Math.max(0, ...counts.values()) / Math.max(1, values.length);
}

/** What is tried next, in order; each on top of those before it. */
export type Remedy = (policy: Policy) => readonly Derived[];

/** Points below `loyalty.high` at which it is left, to begin with. */
export const BAND = 15;

const band =
  (points: number): Remedy =>
  ({ loyalty: { high } }) => [
    {
      path: 'loyalty.leave',
      value: leaveOf(high, points),
      because: `${points} points below loyalty.high: with fewer more than 5 % of the moves were undone`,
    },
  ];
const dwell =
  (days: number): Remedy =>
  () => [{ path: 'loyalty.dwellDays', value: days, because: 'with a shorter one more than 5 % of the moves were undone within 30 days' }];

export const leaveOf = (high: number, points: number): number => Math.max(0, Number((high - points).toFixed(6)));

export const UNDONE_REMEDIES: readonly Remedy[] = [band(20), band(25), dwell(7), dwell(14), dwell(31)];

const TOO_MANY = 'so that CHURN_RISK opens at most 5 times a day per 10,000 customers';

const episodes =
  (days: number): Remedy =>
  () => [
    { path: 'churn.dwellDays', value: days, because: `longer, ${TOO_MANY}` },
    { path: 'alerts.churnRisk.quietDays', value: days, because: `longer, ${TOO_MANY}` },
  ];
const orders =
  (least: number): Remedy =>
  ({ alerts }) => [
    { path: 'alerts.churnRisk.orders', value: Math.max(least, alerts.churnRisk.orders), because: `more than the preset has, ${TOO_MANY}` },
  ];
const disengaged: Remedy = ({ churn }) => [
  { path: 'churn.disengaged.share', value: Math.min(0.25, churn.disengaged.share), because: `a sharper fall, ${TOO_MANY}` },
];
const lower: Remedy = ({ churn }) =>
  (['p1', 'p2', 'p3'] as const).map((name) => ({
    path: `churn.${name}`,
    value: Number((churn[name] / 2).toPrecision(3)),
    because: `half of what it was, ${TOO_MANY}`,
  }));

/** `active`: nobody is asked for more orders than a quarter of them have. */
export function alertRemedies(active: readonly Standing[]): readonly Remedy[] {
  const most = quantile(rising(active.map((standing) => standing.orders)), 0.75);
  const asked = (least: number): Remedy[] => (least <= most ? [orders(least)] : []);
  return [episodes(30), ...asked(3), disengaged, ...asked(4), episodes(60), lower, ...asked(5), lower, ...asked(7), ...asked(10)];
}

/** The draft with the next remedies (from `next` on) until the goal is reached or there are none left. */
export function remedied({ draft, next }: Tried, remedies: readonly Remedy[], reached: (draft: Draft) => boolean): Tried {
  let [tried, at] = [draft, next];
  while (at < remedies.length && !reached(tried)) tried = tried.with(...(remedies[at++]?.(tried.policy) ?? []));
  return { draft: tried, next: at };
}

export interface Tried {
  readonly draft: Draft;
  /** the first remedy that is not in it */
  readonly next: number;
}

/** Share of the active customers of whom each component has evidence. */
export function evidenceOf({ active }: Played): Record<(typeof COMPONENTS)[number], number> {
  const share = (k: number): number => active.filter(({ evidence }) => evidence[k] === true).length / Math.max(1, active.length);
  return Object.fromEntries(COMPONENTS.map((name, k) => [name, share(k)])) as Record<(typeof COMPONENTS)[number], number>;
}
