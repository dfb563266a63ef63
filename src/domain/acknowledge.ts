/**
 * Somebody takes an open alert on. Memory of what was said, and of nothing else: it moves no time, no score and no timer, so a history without it leads to the same
 * changes and the same episodes. Idempotent by the command's id (D2) and by what it names: the episode, and the latest record of it that was seen. What is closed, already
 * acknowledged, or has gone on since is left as it is.
 */
import type { Decision } from './decision.ts';
import { aboutAt } from './evaluate.ts';
import type { Command } from './event.ts';
import { type Instant, later } from './ids.ts';
import type { Policy } from './policy.ts';
import type { Acknowledgement, CustomerState } from './state.ts';

export function acknowledge(state: CustomerState, command: Command, policy: Policy, out: Decision[]): void {
  // An episode's records go forward in time, whatever the clock of whoever acknowledges it says.
  const at: Instant = later(state.asOf, command.at);
  const { alert: kind, subject, episode, by } = command;
  if (!takeOn(state, command, { at, by })) return;
  const number = command.number + 1;
  const said = { kind, subject, episode, number, event: 'acknowledged', at, end: null, value: null, limit: null, by } as const;
  out.push({ type: 'alert', customer: state.id, ...said, command: command.command, about: aboutAt(state, policy, at) });
}

/** Whether the named episode is open, as it was seen, and nobody's yet; then it is somebody's. */
function takeOn(state: CustomerState, { alert: kind, subject, episode, number }: Command, acknowledged: Acknowledgement): boolean {
  switch (kind) {
    case 'CHURN_RISK':
      if (subject !== '' || state.risks !== episode || state.riskRecords !== number || number === 0) return false;
      if (state.riskAcknowledged !== null) return false;
      state.riskAcknowledged = acknowledged;
      state.riskRecords += 1;
      return true;
    case 'FOLLOW_UP_DUE':
      if (subject !== '' || !state.followUpOpen || state.followUps !== episode || number !== 1) return false;
      if (state.followUpAcknowledged !== null) return false;
      state.followUpAcknowledged = acknowledged;
      return true;
    case 'SUPPORT_OVERDUE': {
      const ticket = state.tickets.find((each) => each.alert === episode && String(each.ticket) === subject);
      if (ticket === undefined || episode === 0 || number !== 1 || ticket.acknowledged !== null) return false;
      ticket.acknowledged = acknowledged;
      return true;
    }
    case 'SUPPORT_QUALITY':
    case 'PORTFOLIO':
    case 'GOAL':
      // about the business: no customer has such an episode
      return false;
  }
}
