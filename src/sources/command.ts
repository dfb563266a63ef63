/**
 * Commands: schemas/in/command.avsc to the domain's `Command`. Pure. Whether there is such an alert, and whether it is open, is the fold's to say.
 */
import type { CommandRecord } from '../codec/types.ts';
import { ALERTS } from '../domain/decision.ts';
import { type CustomerId, hash, nameFault } from '../domain/ids.ts';
import { factFault, instant, symbolFault, wordFault } from './checks.ts';
import { type Dead, type Decoded, dead } from './decoded.ts';

const KINDS: ReadonlySet<string> = new Set<CommandRecord['kind']>(['ACKNOWLEDGE']);

export function command(record: CommandRecord): Decoded {
  const { commandId, customerId, occurredAt, kind, subject, episode, number, by } = record;
  const alert = ALERTS.find((known) => known === record.alert);
  const fault =
    factFault({ eventId: commandId, customerId, occurredAt }, 'commandId') ??
    symbolFault('kind', kind, KINDS) ??
    wordFault('subject', subject) ??
    countFault('episode', episode) ??
    countFault('number', number) ??
    byFault(by);
  if (fault !== null) return fault;
  if (alert === undefined) return dead('invalid-record', `alert is none of ${ALERTS.join(', ')}`);
  return {
    outcome: 'event',
    event: {
      type: 'command',
      id: hash(commandId),
      customer: customerId as CustomerId,
      at: instant(occurredAt),
      kind: 'ACKNOWLEDGE',
      command: commandId,
      alert,
      subject,
      episode,
      number,
      by,
    },
  };
}

function byFault(by: string): Dead | null {
  const fault = nameFault(by);
  return fault === null ? null : dead('invalid-record', `by ${fault}`);
}

const countFault = (field: string, count: number) =>
  Number.isSafeInteger(count) && count > 0 ? null : dead('invalid-record', `${field} is not a whole number from 1 on`);
