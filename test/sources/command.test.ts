/** A command is what its record says, within bounds; what is wrong is named by its field, and never quoted. */
import { expect, test } from 'vitest';
import type { CommandRecord } from '../../src/codec/types.ts';
import { hash } from '../../src/domain/ids.ts';
import { presets } from '../../src/domain/presets.ts';
import { termsOf, toEvent } from '../../src/sources/index.ts';
import { AT } from '../codec/support.ts';

const terms = termsOf(presets.retail);
const decoded = (over: Partial<CommandRecord> = {}) => {
  const record: CommandRecord = {
    commandId: 'a-1',
    customerId: 'anna',
    occurredAt: AT,
    kind: 'ACKNOWLEDGE',
    alert: 'CHURN_RISK',
    subject: '',
    episode: 2,
    number: 1,
    by: 'Bo Ñ.',
    ...over,
  };
  return toEvent({ type: 'command', record }, terms);
};

test('an acknowledgement: the episode as alerts name it, and who', () => {
  expect(decoded()).toEqual({
    outcome: 'event',
    event: {
      type: 'command',
      id: hash('a-1'),
      customer: 'anna',
      at: AT,
      kind: 'ACKNOWLEDGE',
      command: 'a-1',
      alert: 'CHURN_RISK',
      subject: '',
      episode: 2,
      number: 1,
      by: 'Bo Ñ.',
    },
  });
});

test.each<[Partial<CommandRecord> | { kind: string }, RegExp]>([
  [{ commandId: '' }, /^commandId is empty$/],
  [{ customerId: '' }, /^customerId/],
  [{ occurredAt: -1 }, /^occurredAt/],
  [{ kind: 'SILENCE' }, /^kind is none of ACKNOWLEDGE$/],
  [{ alert: 'CHURN' }, /^alert is none of CHURN_RISK, FOLLOW_UP_DUE/],
  [{ subject: 'x'.repeat(65) }, /^subject is longer than 64 bytes$/],
  [{ episode: 0 }, /^episode/],
  [{ number: -1 }, /^number/],
  [{ by: '' }, /^by is empty$/],
  [{ by: ' ' }, /^by is empty$/],
  [{ by: 'é'.repeat(33) }, /^by is longer than 64 bytes$/],
  [{ by: 'secret\u0007' }, /^by has control characters$/],
])('%j is a dead letter', (over, detail) => {
  expect(decoded(over as Partial<CommandRecord>)).toMatchObject({ outcome: 'dead', detail: expect.stringMatching(detail) });
});
