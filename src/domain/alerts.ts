/**
 * Alerts about one customer: episodes, each opened once and closed once, by a timer where time alone causes it. Memory: called at every evaluation, after
 * the level has moved. `alertsDue` gives the instants at which time alone opens or closes one (D4).
 */
import type { Alert, AlertContext, AlertEnd, AlertKind, Decision } from './decision.ts';
import { LEVELS } from './decision.ts';
import { DAY, type Instant } from './ids.ts';
import type { Policy } from './policy.ts';
import { atLeastHigh } from './risk.ts';
import type { Acknowledgement, CustomerState, Ticket } from './state.ts';
import { isOpen, overdueFrom } from './tickets.ts';

export interface Occasion {
  readonly at: Instant;
  readonly policy: Policy;
  /** when the purchase was made that led to this evaluation; null when none did */
  readonly boughtAt: Instant | null;
  /** tickets that the state no longer has: open ones that did not fit, and others whose end has come so late that it is long past */
  readonly lapsed: readonly Ticket[];
  /** made only when something is said */
  readonly about: () => AlertContext;
}

type Said = Pick<Alert, 'kind' | 'subject' | 'episode' | 'number' | 'event' | 'end'>;

/** Opens, escalates and closes; what is said is pushed to `out`. */
export function alert(state: CustomerState, occasion: Occasion, out: Decision[]): void {
  const { at } = occasion;
  const say = (said: Said): void => {
    out.push({
      type: 'alert',
      customer: state.id,
      at,
      value: null,
      limit: null,
      by: null,
      command: null,
      about: occasion.about(),
      ...said,
    });
  };
  churnRisk(state, occasion, say);
  followUp(state, occasion, say);
  supportOverdue(state, occasion, say);
}

const opened = (kind: AlertKind, episode: number, subject = ''): Said => ({
  kind,
  subject,
  episode,
  number: 1,
  event: 'opened',
  end: null,
});
const closed = (kind: AlertKind, episode: number, number: number, end: AlertEnd, subject = ''): Said => ({
  kind,
  subject,
  episode,
  number,
  event: 'closed',
  end,
});

/** The records of an open episode that only opens and may be acknowledged. */
export const lastOf = (acknowledged: Acknowledgement | null): number => (acknowledged === null ? 1 : 2);

function churnRisk(state: CustomerState, { at, policy, boughtAt }: Occasion, say: (said: Said) => void): void {
  const { orders, quietDays } = policy.alerts.churnRisk;
  const isHigh = atLeastHigh(state.level);
  if (state.riskRecords === 0) {
    if (!isHigh || state.lost || state.orders < orders) return;
    state.risks += 1;
    state.riskRecords = 1;
    state.riskPeak = state.level;
    say(opened('CHURN_RISK', state.risks));
    return;
  }
  state.calmSince = isHigh ? null : (state.calmSince ?? at);
  const quiet = state.calmSince !== null && at >= state.calmSince + quietDays * DAY;
  const end: AlertEnd | null = state.lost ? 'lost' : quiet ? 'recovered' : !isHigh && boughtAt !== null ? 'purchase' : null;
  if (end !== null) {
    say(closed('CHURN_RISK', state.risks, state.riskRecords + 1, end));
    state.riskRecords = 0;
    state.riskPeak = null;
    state.calmSince = null;
    state.riskAcknowledged = null;
  } else if (state.level !== null && LEVELS.indexOf(state.level) > LEVELS.indexOf(state.riskPeak ?? 'LOW')) {
    state.riskRecords += 1;
    state.riskPeak = state.level;
    // it was a lower level that somebody has taken on
    state.riskAcknowledged = null;
    say({ kind: 'CHURN_RISK', subject: '', episode: state.risks, number: state.riskRecords, event: 'escalated', end: null });
  }
}

function followUp(state: CustomerState, { at, policy, boughtAt }: Occasion, say: (said: Said) => void): void {
  const { days, contactDays } = policy.alerts.followUp;
  const waits = state.followUpFrom === null && (state.followedUpAt === null || (boughtAt ?? 0) > state.followedUpAt + days * DAY);
  if (boughtAt !== null && waits) state.followUpFrom = boughtAt;
  const from = state.followUpFrom;
  if (from === null) return;
  const contacted = state.contactAt !== null && state.contactAt >= from;
  const end: AlertEnd | null = contacted ? 'contacted' : state.orders <= 0 ? 'resolved' : state.lost ? 'lost' : null;
  if (end === null) {
    if (state.followUpOpen || at < from + contactDays * DAY) return;
    state.followUps += 1;
    state.followUpOpen = true;
    say(opened('FOLLOW_UP_DUE', state.followUps));
    return;
  }
  if (state.followUpOpen) say(closed('FOLLOW_UP_DUE', state.followUps, lastOf(state.followUpAcknowledged) + 1, end));
  state.followUpOpen = false;
  state.followUpAcknowledged = null;
  state.followUpFrom = null;
  if (contacted) state.followedUpAt = state.contactAt;
}

function supportOverdue(state: CustomerState, { at, policy, lapsed }: Occasion, say: (said: Said) => void): void {
  for (const ticket of lapsed) {
    if (ticket.alert === 0) continue;
    const end = isOpen(ticket) ? 'expired' : 'resolved';
    say(closed('SUPPORT_OVERDUE', ticket.alert, lastOf(ticket.acknowledged) + 1, end, String(ticket.ticket)));
  }
  for (const ticket of state.tickets) {
    const isOverdue = at >= overdueFrom(ticket, policy);
    if (isOverdue === ticket.alert > 0) continue;
    const subject = String(ticket.ticket);
    if (isOverdue) {
      state.overdues += 1;
      ticket.alert = state.overdues;
      say(opened('SUPPORT_OVERDUE', state.overdues, subject));
    } else {
      say(closed('SUPPORT_OVERDUE', ticket.alert, lastOf(ticket.acknowledged) + 1, 'resolved', subject));
      ticket.alert = 0;
      ticket.acknowledged = null;
    }
  }
}

/** When time alone next opens or closes an episode; Infinity for never. */
export function alertsDue(state: CustomerState, policy: Policy): number {
  const { churnRisk, followUp } = policy.alerts;
  let due = Number.POSITIVE_INFINITY;
  if (state.calmSince !== null) due = state.calmSince + churnRisk.quietDays * DAY;
  if (state.followUpFrom !== null && !state.followUpOpen) due = Math.min(due, state.followUpFrom + followUp.contactDays * DAY);
  for (const ticket of state.tickets) if (ticket.alert === 0) due = Math.min(due, overdueFrom(ticket, policy));
  return due;
}
