/**
 * From a history to a policy: numbers by quantiles and the fit (calibrate-derive.ts), then the policy played over the history and mended until it
 * keeps its goals (calibrate-goals.ts). Boundary: no files, no text for people but what stands beside each number. docs/calibration.md.
 *
 * What is tried is played over a sample of the customers (by a hash of their ids: the same for the same history); what is said is played over all.
 */
import { digitsOf } from '../config/currency.ts';
import type { CustomerEvent } from '../domain/event.ts';
import { type CustomerId, dayOf, hash, type Instant } from '../domain/ids.ts';
import type { Policy, PresetName } from '../domain/policy.ts';
import { presets } from '../domain/presets.ts';
import { amountLines, buyingLines, evidenceLines, frequencyOf, rhythmLines, valueLines } from './calibrate-derive.ts';
import { type Derived, Draft } from './calibrate-draft.ts';
import {
  alertRemedies,
  BAND,
  CELLS,
  cellsOf,
  type Goal,
  goalsOf,
  leaveOf,
  MOST_ALERTS,
  MOST_UNDONE,
  remedied,
  UNDONE_REMEDIES,
} from './calibrate-goals.ts';
import { gapsOf, purchaseDaysOf, rising, splitOf } from './calibrate-measure.ts';
import { fitHistory } from './fit.ts';
import { lastDayOf, type PurchaseDays, summarise } from './history.ts';
import { type Played, play, type Timelines } from './play.ts';
import { Unfit } from './unfit.ts';

export interface CalibrationOptions {
  readonly preset: PresetName;
  /** ISO 4217 code of the amounts */
  readonly currency: string;
  readonly until: Instant;
  /** events of the customers over which remedies are tried; all when there are fewer */
  readonly sampleEvents?: number;
  /** called with what is being done, and the customers played so far */
  readonly progress?: (what: string, customers: number) => void;
}

export interface Calibration {
  readonly policy: Policy;
  readonly derived: readonly Derived[];
  readonly played: Played;
  readonly goals: readonly Goal[];
  readonly warnings: readonly string[];
  /** the policy file; comments stand before it and beside each number */
  text(head: readonly string[]): string;
}

/** A year of history: less, and yearly numbers are those of a part of one. */
const YEAR = 365;
/** Days held out of the fit, and of which at least three times as many must lie before. */
const HOLDOUT = 90;
/** A cell of revenue below which the average order is tried instead. */
const SMALL_CELL = 0.05;
const SAMPLE_EVENTS = 40_000;

/** Throws Unfit (`empty`) when no customer is active. */
export function calibrate(all: Timelines, options: CalibrationOptions): Calibration {
  const { preset, currency, until, sampleEvents = SAMPLE_EVENTS, progress = () => {} } = options;
  const timelines = upTo(all, until);
  const warnings: string[] = [];
  const over = (what: string, customers: Timelines, draft: Draft): Played =>
    play(customers, draft.policy, until, (count) => progress(what, count));

  // 1. what does not depend on any rule: facts, gaps, what there is evidence of
  let draft = Draft.of(preset);
  if (currency !== presets[preset].currency) draft = draft.with({ path: 'currency', value: currency, because: 'of the purchases' });
  const facts = over('reading the facts', purchasesOf(timelines), draft);
  const { active } = facts;
  if (active.length === 0) throw new Unfit('empty', 'no customer has an order in the last 365 days of the history');
  const days = purchaseDaysOf(timelines, until);
  const today = dayOf(until);
  if (lengthOf(days, today) < YEAR)
    warnings.push(`the history is ${lengthOf(days, today)} days long: yearly numbers are of less than a year`);
  draft = draft.with(
    frequencyOf(active),
    ...rhythmLines(gapsOf(days, today), presets[preset], warnings),
    ...evidenceLines(timelines, timelines.size),
    ...fitted(days, draft.policy, warnings),
    ...valueLines(active, 'revenue', 'revenue, unless a group would hold less than 5 %'),
  );

  // 2. the score by these numbers, and its middle
  draft = draft.with(...loyaltyLines(over('scoring', timelines, draft), warnings));

  // 3. by average order where revenue leaves a group nearly empty: revenue and frequency of orders are nearly one axis
  const sample = sampleOf(timelines, sampleEvents);
  const byRevenue = smallest(over('trying revenue', sample, draft));
  if (byRevenue < SMALL_CELL) {
    const other = draft.with(...valueLines(active, 'averageOrder', `by revenue a group would hold ${(100 * byRevenue).toFixed(1)} %`));
    if (smallest(over('trying the average order', sample, other)) > byRevenue) draft = other;
    else warnings.push('a group is nearly empty by revenue, and no larger by the average order');
  }

  // 4. undone moves, then alerts: first over the sample, then over all
  const remedies = alertRemedies(active);
  let [steps, calls] = [0, 0];
  let played = facts;
  for (const customers of sample === timelines ? [timelines] : [sample, timelines]) {
    let last: Draft | null = null;
    const at = (tried: Draft): Played => {
      if (last !== tried) played = over(customers === timelines ? 'playing' : 'trying', customers, tried);
      last = tried;
      return played;
    };
    ({ draft, next: steps } = remedied({ draft, next: steps }, UNDONE_REMEDIES, (tried) => (at(tried).undoneShare ?? 0) <= MOST_UNDONE));
    ({ draft, next: calls } = remedied({ draft, next: calls }, remedies, (tried) => (at(tried).alertsPerDayPer10k ?? 0) <= MOST_ALERTS));
    played = at(draft);
  }
  const final = draft;
  const { policy, lines } = final;
  return { policy, derived: lines, played, goals: goalsOf(played), warnings, text: (head) => final.text(head) };
}

/** The middle of the scores, between two of their atoms. */
function loyaltyLines({ active }: Played, warnings: string[]): Derived[] {
  const scores = rising(active.flatMap(({ loyalty }) => (loyalty === null ? [] : [loyalty])));
  const high = splitOf(scores);
  if (high === null) {
    warnings.push('all active customers have the same loyalty: its thresholds stay the preset’s, and no number could tell customers apart');
    return [];
  }
  return [
    { path: 'loyalty.high', value: high, because: `the median of ${scores.length} scores by the numbers here, between two of them` },
    { path: 'loyalty.leave', value: leaveOf(high, BAND), because: `${BAND} points below loyalty.high` },
  ];
}

function fitted(days: PurchaseDays, policy: Policy, warnings: string[]): Derived[] {
  const { churn, currency } = policy;
  const digits = digitsOf(currency) ?? 2;
  const last = lastDayOf(days) ?? 0;
  const until = lengthOf(days, last) >= 4 * HOLDOUT ? last - HOLDOUT : null;
  if (until === null) warnings.push(`less than ${4 * HOLDOUT} days of purchases: none are held out, p1 to p3 stay the preset's`);
  try {
    const fit = fitHistory(days, { model: 'mbg', until, unit: 'day', churn, currency, digits, withoutAmounts: true });
    warnings.push(...fit.warnings);
    const amounts = amountLines(fit, policy, digits, typicalOf(days, until ?? last));
    if (fit.converged) return [...buyingLines(fit, policy), ...amounts];
    warnings.push('the fit did not settle: the parameters of the preset stay');
    return amounts;
  } catch (error) {
    if (!(error instanceof Unfit)) throw error;
    warnings.push(`${error.message}: the parameters of the preset stay`);
  }
  return [];
}

/** The mean of the customers' mean amounts of a repeat purchase day, in minor units; 0 without any. */
function typicalOf(days: PurchaseDays, until: number): number {
  const means = summarise(days, until).flatMap(({ mean }) => (mean === null ? [] : [mean]));
  return means.length === 0 ? 0 : means.reduce((sum, mean) => sum + mean, 0) / means.length;
}

/** The history as it was at an instant. */
function upTo(timelines: Timelines, until: Instant): Timelines {
  const cut = [...timelines].map(
    ([customer, events]) => [customer, (events.at(-1)?.at ?? 0) <= until ? events : events.filter(({ at }) => at <= until)] as const,
  );
  return new Map(cut.filter(([, events]) => events.length > 0));
}

/** The purchases alone: orders and money come of nothing else. Customers without any are left out. */
function purchasesOf(timelines: Timelines): Timelines {
  const purchases = [...timelines].map(([customer, events]) => [customer, events.filter(({ type }) => type === 'purchase')] as const);
  return new Map(purchases.filter(([, events]) => events.length > 0));
}

/** Days from the first purchase day to today. */
const lengthOf = (days: PurchaseDays, today: number): number =>
  days.reduce((longest, [first]) => Math.max(longest, first === undefined ? 0 : today - first.day + 1), 0);

/** The smallest of the four groups, as a share of the active customers that are not NEW. */
function smallest(played: Played): number {
  const cells = cellsOf(played);
  return cells === null ? 0 : Math.min(...CELLS.map((cell) => cells[cell]));
}

/** Customers in the order of a hash of their ids until their events are so many; all, when there are no more. */
function sampleOf(timelines: Timelines, most: number): Timelines {
  const ordered = [...timelines]
    .map(([customer, events]) => ({ customer, events, order: hash(customer) }))
    .sort((a, b) => a.order - b.order);
  const sample = new Map<CustomerId, readonly CustomerEvent[]>();
  let events = 0;
  for (const { customer, events: of } of ordered) {
    if (events >= most) return sample;
    sample.set(customer, of);
    events += of.length;
  }
  return timelines;
}
