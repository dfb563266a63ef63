/**
 * What `rapport calibrate` says to people: the groups and the goals as tables, and the head of the policy file. Pure.
 */
import { GROUPS } from '../domain/decision.ts';
import type { Policy } from '../domain/policy.ts';
import type { Derived } from '../model/calibrate-draft.ts';
import { CELLS, type Goal, goalsOf } from '../model/calibrate-goals.ts';
import type { Played } from '../model/play.ts';
import { table } from './output.ts';

export interface Report {
  readonly policy: Policy;
  readonly played: Played;
  readonly derived: readonly Derived[];
  readonly warnings: readonly string[];
  readonly history: { readonly until: string; readonly sampledShare: number };
}

export function sizesText({ groups, active, inactive, prospects, moves, judged, undone, customers, events }: Played): string {
  const old = active.length - groups.NEW;
  return [
    `${customers} customers, ${events} events: ${active.length} active, ${inactive} without an order in the last 365 days, ${prospects} prospects; ${moves} moves, ${undone} of ${judged} undone`,
    table(
      ['group', '#active customers', '#of those not NEW'],
      GROUPS.map((group) => [group, groups[group], group === 'NEW' || old === 0 ? null : percent(groups[group] / old)]),
    ),
  ].join('\n\n');
}

const NAMES: Readonly<Record<string, string>> = {
  undone: 'moves undone within 30 days',
  alerts: 'CHURN_RISK opened a day per 10,000 customers',
};
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const measure = (name: string, value: number): string => (name === 'alerts' ? value.toFixed(2) : percent(value));

export function goalsText(goals: readonly Goal[]): string {
  return table(
    ['goal', '#is', '#least', '#most', ''],
    goals.map(({ name, value, least, most, met }) => [
      NAMES[name] ?? name,
      value === null ? null : measure(name, value),
      least === 0 ? null : measure(name, least),
      measure(name, most),
      met ? 'met' : 'NOT MET',
    ]),
  );
}

/** What stands at the head of the file: how large each group will be, and what was kept and what not. */
export function headOf({ played, history, warnings }: Omit<Report, 'derived'>): string[] {
  const { active, groups, customers, inactive, prospects } = played;
  const old = active.length - groups.NEW;
  const cells = CELLS.map((cell) => `${cell} ${groups[cell]}${old === 0 ? '' : ` (${percent(groups[cell] / old)})`}`).join(', ');
  return [
    `By rapport calibrate from ${customers} customers until ${history.until}, ${active.length} of them active; see docs/calibration.md.`,
    `Played over this history: ${cells} of those who are not NEW; NEW ${groups.NEW}.`,
    `${inactive} have not bought for a year; ${prospects} have not bought at all.`,
    ...goalsOf(played)
      .filter(({ name, met }) => !met || NAMES[name] !== undefined)
      .map(({ name, value, most, met, why }) => {
        const is = value === null ? 'not known' : measure(name, value);
        return `${NAMES[name] ?? name}: ${is}${NAMES[name] === undefined ? '' : `, at most ${measure(name, most)}`}${met ? '' : `: NOT MET, as ${why}`}.`;
      }),
    ...warnings.map((warning) => `Note: ${warning}.`),
  ];
}
