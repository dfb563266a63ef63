/**
 * Support: schemas/in/support.avsc to the domain's `Support`. Pure. The comment becomes a
 * number here: its text goes no further.
 */
import type { SupportRecord, TicketStatus } from '../codec/types.ts';
import { type CustomerId, hash, type Minor } from '../domain/ids.ts';
import { amountFault, factFault, idFault, instant, scoreFault, symbolFault, wordFault } from './checks.ts';
import type { Decoded } from './decoded.ts';
import { sentimentOf } from './sentiment.ts';

const STATUSES: ReadonlySet<TicketStatus> = new Set(['OPENED', 'REPLIED', 'RESOLVED', 'REOPENED', 'CLOSED']);

export function support(record: SupportRecord): Decoded {
  const fault =
    factFault(record) ??
    idFault('ticketId', record.ticketId) ??
    symbolFault('status', record.status, STATUSES) ??
    wordFault('channel', record.channel) ??
    wordFault('priority', record.priority) ??
    scoreFault('satisfaction', record.satisfaction, 1, 5, true) ??
    amountFault('costMinor', record.costMinor);
  if (fault !== null) return fault;
  return {
    outcome: 'event',
    event: {
      type: 'support',
      id: hash(record.eventId),
      customer: record.customerId as CustomerId,
      at: instant(record.occurredAt),
      ticket: hash(record.ticketId),
      status: record.status,
      channel: record.channel.toLowerCase(),
      priority: record.priority,
      satisfaction: record.satisfaction,
      sentiment: sentimentOf(record.comment),
      cost: (record.costMinor ?? 0) as Minor,
    },
  };
}
