/**
 * Goals: a metric on a straight line from its baseline to its target. Pure arithmetic; when a goal is looked at, and its alert, are in kpi-alerts.ts.
 */
import { DAY } from './ids.ts';
import type { Goal } from './policy.ts';

/** The UTC day of a date, YYYY-MM-DD. */
export const dayOfDate = (date: string): number => Date.parse(`${date}T00:00:00Z`) / DAY;

/** What is to be added to the baseline by the goal's last day. */
export const changeOf = (goal: Goal, baseline: number): number =>
  goal.kind === 'relative' ? Math.abs(baseline) * goal.change : goal.change;

/** Where the line stands at the end of a day: on the baseline at `from` and before, at the target at `by` and after. */
export function lineOf(goal: Goal, baseline: number, day: number): number {
  const [from, by] = [dayOfDate(goal.from), dayOfDate(goal.by)];
  const share = by <= from ? 1 : Math.min(1, Math.max(0, (day - from) / (by - from)));
  return baseline + changeOf(goal, baseline) * share;
}

/** By how much a value falls short of the line, as a share of the whole change; at most 0 on the line or past it. A change of 0 is never fallen short of. */
export function shortfall(goal: Goal, baseline: number, day: number, value: number): number {
  const change = changeOf(goal, baseline);
  return change === 0 ? 0 : (lineOf(goal, baseline, day) - value) / change;
}
