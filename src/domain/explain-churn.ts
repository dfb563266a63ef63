/** Churn risk as people want to see it: each early warning with its evidence, what comes next if nothing happens, and what is open. It decides nothing. */
import { alertsDue, lastOf } from './alerts.ts';
import { buyFallsBelow } from './buying.ts';
import { type AlertKind, type Level, SIGNALS, type Signal } from './decision.ts';
import { DAY, type Instant, LAST_INSTANT, startOfDay } from './ids.ts';
import type { Policy } from './policy.ts';
import { levelFalls, Risk } from './risk.ts';
import { lostFrom } from './rules/rhythm.ts';
import type { View } from './rules/rule.ts';
import { SIGNAL_RULES } from './signals/index.ts';
import type { Acknowledgement, CustomerState } from './state.ts';
import { isOpen, openSince, overdueFrom } from './tickets.ts';

export interface ExplainedSignal {
  /** null: it does not hold */
  readonly since: Instant | null;
  readonly evidence: Readonly<Record<string, number | null>>;
}

export interface ExplainedChurn {
  /** null for prospects */
  readonly level: Level | null;
  readonly buyProbability: number | null;
  readonly lost: boolean;
  readonly signals: Readonly<Record<Signal, ExplainedSignal>>;
  /** if the customer stays silent; null: never, or long past */
  readonly ahead: {
    /** P(buy) falls below a threshold of the policy, the soonest first */
    readonly thresholds: readonly { readonly below: number; readonly level: Level; readonly at: Instant }[];
    readonly lostAt: Instant | null;
    /** the level falls a step, if what is measured stays below it */
    readonly levelFallsAt: Instant | null;
    /** time alone opens or closes an alert */
    readonly alertAt: Instant | null;
  };
}

export function explainChurn(view: View): ExplainedChurn {
  const { state, policy } = view;
  const signals = {} as Record<Signal, ExplainedSignal>;
  SIGNALS.forEach((signal, i) => {
    signals[signal] = { since: state.signals[i] ?? null, evidence: SIGNAL_RULES[signal].evidence(view) };
  });
  const { buyProbability, lost } = new Risk(view);
  const instant = (at: number): Instant | null => (at > view.at && at <= LAST_INSTANT ? (at as Instant) : null);
  return {
    level: state.level,
    buyProbability,
    lost,
    signals,
    ahead: {
      thresholds: buyProbability === null ? [] : thresholdsAhead(view),
      lostAt: view.purchases === null ? null : instant(lostFrom(view.purchases, policy)),
      levelFallsAt: instant(levelFalls(state, policy.churn.dwellDays)),
      alertAt: instant(alertsDue(state, policy)),
    },
  };
}

function thresholdsAhead({ policy: { churn }, purchases, at }: View): ExplainedChurn['ahead']['thresholds'] {
  if (purchases === null) return [];
  const first = startOfDay(purchases.first);
  const steps: readonly (readonly [Level, number])[] = [
    ['MEDIUM', churn.p1],
    ['HIGH', churn.p2],
    ['CRITICAL', churn.p3],
  ];
  return steps.flatMap(([level, below]) => {
    const falls = buyFallsBelow(churn, purchases.count - 1, purchases.last - purchases.first, below, first, at);
    return falls === null ? [] : [{ below, level, at: falls }];
  });
}

export interface OpenEpisode {
  readonly kind: AlertKind;
  /** of a ticket: its hash */
  readonly subject: string;
  readonly episode: number;
  /** records that it has so far */
  readonly records: number;
  /** who has taken it on, and when; null: nobody */
  readonly acknowledged: Acknowledgement | null;
}

export function openEpisodes(state: CustomerState): OpenEpisode[] {
  const open: OpenEpisode[] = [];
  if (state.riskRecords > 0)
    open.push({ kind: 'CHURN_RISK', subject: '', episode: state.risks, records: state.riskRecords, acknowledged: state.riskAcknowledged });
  if (state.followUpOpen)
    open.push({
      kind: 'FOLLOW_UP_DUE',
      subject: '',
      episode: state.followUps,
      records: lastOf(state.followUpAcknowledged),
      acknowledged: state.followUpAcknowledged,
    });
  for (const { alert, ticket, acknowledged } of state.tickets) {
    if (alert > 0)
      open.push({ kind: 'SUPPORT_OVERDUE', subject: String(ticket), episode: alert, records: lastOf(acknowledged), acknowledged });
  }
  return open;
}

export interface OpenTicket {
  /** what alerts name it by */
  readonly subject: string;
  readonly since: Instant;
  /** from when on it is overdue */
  readonly overdueAt: number;
}

export const openTickets = (state: CustomerState, policy: Policy): OpenTicket[] =>
  state.tickets
    .filter(isOpen)
    .map((ticket) => ({ subject: String(ticket.ticket), since: openSince(ticket), overdueAt: overdueFrom(ticket, policy) }));

/** When a purchase that nobody has followed up becomes an alert; null when none waits. */
export const followUpAt = ({ followUpFrom, followUpOpen }: CustomerState, policy: Policy): Instant | null =>
  followUpFrom === null || followUpOpen ? null : ((followUpFrom + policy.alerts.followUp.contactDays * DAY) as Instant);
