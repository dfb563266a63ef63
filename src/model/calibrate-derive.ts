/**
 * The numbers of a policy from those of a history: quantiles, the fit, and what there is evidence of at all. Each comes with the words that stand
 * beside it in the file. Pure. A number of which the history says too little stays the preset's, and that is said.
 */
import type { CustomerEvent } from '../domain/event.ts';
import { DAY } from '../domain/ids.ts';
import type { Policy } from '../domain/policy.ts';
import { scaleFor } from './amounts.ts';
import type { Derived } from './calibrate-draft.ts';
import { type Gaps, latenessOf, quantile, rising } from './calibrate-measure.ts';
import { daysOf, type Fit, inMinorUnits, UNIT_DAYS } from './fit.ts';
import type { Standing, Timelines } from './play.ts';

/** Numbers from which a quantile is taken, at least. */
const LEAST_VALUES = 20;
/** Share of the active customers of whom something must be known for a component to count. */
const LEAST_EVIDENCE = 0.01;
/** OVERDUE comes after so many gaps at the latest: beyond, a business with seasons would never be warned. */
const MOST_OVERDUE = 6;
/** Days of a window at most, and of `joinDays`. */
const [MOST_DAYS, NEVER] = [365, 3650];
/** Share of customers who are members from which it says something about a customer not to be one. */
const MOST_JOIN = 0.8;

const tenth = (value: number): number => Math.round(value * 10) / 10;
const held = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
const percent = (share: number): string => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

export function frequencyOf(active: readonly Standing[]): Derived {
  const orders = quantile(rising(active.map(({ orders365 }) => orders365)), 0.75);
  return {
    path: 'loyalty.frequency.orders',
    value: held(orders, 1, 1_000),
    because: `P75 of the orders in 365 days of ${active.length} active customers`,
  };
}

export type Measure = 'revenue' | 'averageOrder';

const amountOf = ({ revenue365, orders365 }: Standing, measure: Measure): number =>
  measure === 'revenue' ? revenue365 : orders365 > 0 ? Math.round(revenue365 / orders365) : 0;

export function valueLines(active: readonly Standing[], measure: Measure, why: string): Derived[] {
  const high = quantile(rising(active.map((standing) => amountOf(standing, measure))), 0.6);
  const of = measure === 'revenue' ? 'revenue in 365 days' : 'average order of 365 days';
  return [
    { path: 'value.measure', value: measure, because: why },
    { path: 'value.high', value: Math.max(1, high), because: `P60 of the ${of}` },
  ];
}

/** g0, its bounds, and from when on a customer is late; the preset's where there are too few gaps. */
export function rhythmLines(gaps: Gaps, preset: Policy, warnings: string[]): Derived[] {
  if (gaps.means.length < LEAST_VALUES) {
    warnings.push(`only ${gaps.means.length} active customers have bought on two days: gaps, rhythm and OVERDUE stay the preset's`);
    return [];
  }
  const least = held(tenth(quantile(gaps.means, 0.05)), 1, MOST_DAYS);
  const most = held(tenth(quantile(gaps.means, 0.9)), least, MOST_DAYS);
  const asked = tenth(quantile(gaps.firsts, 0.75));
  const first = held(asked, least, most);
  const lateness = latenessOf(gaps.active, { firstGapDays: first, leastGapDays: least, mostGapDays: most });
  const [p90, p98, p99] = [0.9, 0.98, 0.99].map((q) => quantile(lateness, q)) as [number, number, number];
  const from = held(tenth(p90), 1, 99);
  const to = held(tenth(p99), from + 0.5, 100);
  const overdue = held(tenth(p98), from, MOST_OVERDUE);
  const instead = (is: number, would: number): string => (is === tenth(would) ? '' : `, which is ${tenth(would)}, held`);
  const of = `of ${gaps.means.length} customers' mean days between purchase days`;
  return [
    {
      path: 'loyalty.rhythm.firstGapDays',
      value: first,
      because: `P75 of the days from the first purchase day to the second${instead(first, asked)}`,
    },
    { path: 'loyalty.rhythm.leastGapDays', value: least, because: `P5 ${of}` },
    { path: 'loyalty.rhythm.mostGapDays', value: most, because: `P90 ${of}` },
    { path: 'loyalty.rhythm.from', value: from, because: `P90 of ${lateness.length} gaps, each over g as known then${instead(from, p90)}` },
    { path: 'loyalty.rhythm.to', value: tenth(to), because: `P99 of them${instead(tenth(to), p99)}` },
    { path: 'churn.overdue', value: overdue, because: `P98 of them, at most ${MOST_OVERDUE}${instead(overdue, p98)}` },
    ...(overdue < preset.churn.lost.gaps ? [] : [{ path: 'churn.lost.gaps', value: Math.floor(overdue) + 1, because: 'after OVERDUE' }]),
  ];
}

const PROGRAMME: ReadonlySet<string> = new Set(['LOYALTY_JOINED', 'LOYALTY_EARNED', 'LOYALTY_REDEEMED']);
const ADVOCACY: ReadonlySet<string> = new Set(['REFERRAL', 'REVIEW_POSTED', 'COMMUNITY_POST']);

/** Whether programme and advocacy exist at all, and when a member counts as idle: of what most customers do, silence is no warning. */
export function evidenceLines(timelines: Timelines, customers: number): Derived[] {
  let [members, advocates] = [0, 0];
  const pauses: number[] = [];
  for (const events of timelines.values()) {
    const activities = events.flatMap((event) => (isOf(event, PROGRAMME) ? [event.at] : []));
    if (activities.length > 0) members += 1;
    if (events.some((event) => isOf(event, ADVOCACY) || (event.type === 'survey' && event.kind === 'REVIEW'))) advocates += 1;
    activities.forEach((at, i) => {
      if (i > 0) pauses.push((at - (activities[i - 1] ?? at)) / DAY);
    });
  }
  const of = `of ${customers} customers`;
  const [joined, spoke] = [members / Math.max(1, customers), advocates / Math.max(1, customers)];
  const lines: Derived[] = [
    { path: 'loyalty.programme.enabled', value: joined >= LEAST_EVIDENCE, because: `${percent(joined)} ${of} are members of a programme` },
    {
      path: 'loyalty.advocacy.enabled',
      value: spoke >= LEAST_EVIDENCE,
      because: `${percent(spoke)} ${of} have referred, reviewed or posted`,
    },
  ];
  if (joined < LEAST_EVIDENCE) return lines;
  if (pauses.length >= LEAST_VALUES)
    lines.push({
      path: 'loyalty.programme.activeDays',
      value: held(Math.ceil(quantile(rising(pauses), 0.98)), 30, MOST_DAYS),
      because: `P98 of ${pauses.length} pauses between a member's activities`,
    });
  if (joined < MOST_JOIN)
    lines.push({
      path: 'churn.programme.joinDays',
      value: NEVER,
      because: 'too many never join for that to be a warning',
    });
  return lines;
}

const isOf = (event: CustomerEvent, kinds: ReadonlySet<string>): boolean => event.type === 'engagement' && kinds.has(event.kind);

/** The model of buying that `rapport fit` finds, with its thresholds where there is a hold-out. */
export function buyingLines(fit: Fit, preset: Policy): Derived[] {
  const parameters = daysOf(fit, UNIT_DAYS[fit.unit]);
  const source = `maximum likelihood, ${fit.customers} customers until ${fit.until}`;
  const lines: Derived[] = [{ path: 'churn.model', value: fit.model, because: 'as `rapport fit`, see docs/models.md' }];
  for (const name of ['r', 'alpha', 'a', 'b'] as const)
    lines.push({
      path: `churn.parameters.${name}`,
      value: short(parameters[name]),
      because: name === 'alpha' ? `${source}, days` : source,
    });
  if (fit.thresholds !== null) {
    const { p1, p2, p3 } = fit.thresholds;
    if (fit.horizonDays !== preset.churn.horizonDays)
      lines.push({ path: 'churn.horizonDays', value: fit.horizonDays, because: 'the hold-out is no longer' });
    const within = `buy within ${fit.horizonDays} days as of all, in the hold-out of ${fit.holdoutDays} days`;
    lines.push(
      { path: 'churn.p1', value: p1, because: `below it half as many ${within}` },
      { path: 'churn.p2', value: p2, because: `a quarter as many ${within}` },
      { path: 'churn.p3', value: p3, because: `a tenth as many ${within}` },
    );
  }
  return lines;
}

/** The amounts that `rapport fit` finds, or the preset's shape by which the mean amount `typical` of a purchase day, in minor units, is expected. */
export function amountLines(fit: Fit, preset: Policy, digits: number, typical: number): Derived[] {
  const lines: Derived[] = [];
  if (!fit.gammaGamma?.usable) {
    const because = "p and q are the preset's, and by this the expected amount is the mean one: a fit of the amounts is of no use here";
    if (typical > 0)
      lines.push({ path: 'lifetime.gammaGamma.v', value: Math.max(1, Math.round(scaleFor(typical, preset.lifetime.gammaGamma))), because });
  } else {
    const { p, q, v } = inMinorUnits(fit.gammaGamma, digits);
    const amounts = `maximum likelihood, ${fit.gammaGamma.customers} customers' amounts`;
    lines.push(
      { path: 'lifetime.gammaGamma.p', value: short(p), because: amounts },
      { path: 'lifetime.gammaGamma.q', value: short(q) > 1 ? short(q) : q, because: amounts },
      { path: 'lifetime.gammaGamma.v', value: v, because: amounts },
    );
  }
  return lines;
}

const short = (value: number): number => Number(value.toPrecision(5));
