/**
 * Small seeded histories for the engine's tests, and the one fold over all events in time order that the engine must agree with.
 */
import fc from 'fast-check';
import { decodeState } from '../../../src/codec/state.ts';
import type { CommandRecord, PurchaseRecord } from '../../../src/codec/types.ts';
import type { CustomerState } from '../../../src/domain/customer.ts';
import type { CustomerId } from '../../../src/domain/ids.ts';
import type { InputRecord, TypedRecord } from '../../../src/sources/index.ts';

export { alertLineOf, foldAll, lineOf, profileLineOf } from '../../checker/fold-all.ts';

export const START = Date.UTC(2024, 0, 1);
export const DAY = 86_400_000;

interface Line {
  readonly customer: number;
  readonly day: number;
  readonly what: number;
  readonly size: number;
}

/** `at` are distinct, in order, ms since the epoch. */
export const history = (customers: number, days: number, most: number): fc.Arbitrary<TypedRecord[]> =>
  fc
    .array(
      fc.record({ customer: fc.nat(customers - 1), day: fc.nat(days * 1_000), what: fc.nat(9), size: fc.integer({ min: 1, max: 40_000 }) }),
      { minLength: most >> 1, maxLength: most, size: 'max' },
    )
    .map((lines) => short(lines.sort((a, b) => a.day - b.day).map(toRecord)));

/** Printed as a line each when a property fails. */
const short = <T extends InputRecord>(records: T[]): T[] =>
  Object.defineProperty(records, fc.toStringMethod, {
    value: () =>
      records
        .map(
          ({ type, record }) =>
            `${'eventId' in record ? record.eventId : record.commandId} ${record.customerId} ${type} ${(record.occurredAt - START) / DAY}`,
        )
        .join('; '),
  });

/** The same as it arrives where the world is less tidy: some late, some twice, some both. */
export const arrivals = (customers: number, days: number, most: number): fc.Arbitrary<TypedRecord[]> =>
  fc
    .tuple(
      history(customers, days, most),
      fc.array(fc.record({ which: fc.nat(most - 1), by: fc.integer({ min: 1, max: 30 }), again: fc.boolean() }), { maxLength: most >> 2 }),
    )
    .map(([records, moves]) => {
      const arrived = [...records];
      for (const { which, by, again } of moves) {
        const at = which % arrived.length;
        const record = arrived[at] as TypedRecord;
        arrived.splice(Math.min(arrived.length, at + by), 0, record);
        if (!again) arrived.splice(at, 1);
      }
      return short(arrived);
    });

/** The same with acknowledgements at instants of their own, some of them of alerts that are open; each goes where its time belongs. */
export const acknowledged = (records: fc.Arbitrary<TypedRecord[]>, customers: number, days: number): fc.Arbitrary<InputRecord[]> =>
  fc
    .tuple(
      records,
      fc.array(
        fc.record({
          customer: fc.nat(customers - 1),
          day: fc.nat(days * 1_000),
          alert: fc.constantFrom('FOLLOW_UP_DUE', 'FOLLOW_UP_DUE', 'CHURN_RISK'),
          episode: fc.constantFrom(1, 1, 2),
        }),
        { minLength: 10, maxLength: 40 },
      ),
    )
    .map(([events, takes]) => {
      const all: InputRecord[] = [...events];
      for (const [i, { customer, day, alert, episode }] of takes.entries()) {
        const at = START + day * 86_400 + 1_000 + i;
        const behind = all.findIndex(({ record }) => record.occurredAt > at);
        all.splice(behind === -1 ? all.length : behind, 0, acknowledge(`a${i}`, `c${customer}`, at, { alert, episode }));
      }
      return short(all);
    });

function toRecord({ customer, day, what, size }: Line, i: number): TypedRecord {
  const base = { eventId: `e${i}`, customerId: `c${customer}`, occurredAt: START + day * 86_400 + i };
  if (what < 5) return purchase(`e${i}`, base.customerId, base.occurredAt, { orderId: `o${i}`, amountMinor: size });
  if (what < 7)
    return { type: 'survey', record: { ...base, surveyId: `s${i}`, kind: 'NPS', score: size % 11, comment: null, channel: 'WEB' } };
  const kind = (['CAMPAIGN_SENT', 'CAMPAIGN_OPENED', 'VISIT'] as const)[what - 7] ?? 'VISIT';
  return {
    type: 'engagement',
    record: { ...base, kind, campaignId: kind === 'VISIT' ? null : `m${size % 7}`, channel: 'EMAIL', costMinor: null },
  };
}

export const stateOf = (id: string, bytes: Buffer): CustomerState => decodeState(id as CustomerId, bytes);

/** A purchase in full, with what a test says otherwise. */
export const purchase = (id: string, customerId: string, occurredAt: number, more: Partial<PurchaseRecord> = {}): TypedRecord => ({
  type: 'purchase',
  record: {
    eventId: id,
    customerId,
    occurredAt,
    orderId: `o-${id}`,
    kind: 'PURCHASE',
    amountMinor: 1_000,
    currency: 'USD',
    discountMinor: 0,
    costMinor: null,
    items: 1,
    channel: 'WEB',
    recurring: false,
    recommended: false,
    campaignId: null,
    orderedAt: null,
    ...more,
  },
});

/** An acknowledgement of the first record of an episode, unless told otherwise. */
export const acknowledge = (commandId: string, customerId: string, occurredAt: number, more: Partial<CommandRecord> = {}): InputRecord => ({
  type: 'command',
  record: {
    commandId,
    customerId,
    occurredAt,
    kind: 'ACKNOWLEDGE',
    alert: 'FOLLOW_UP_DUE',
    subject: '',
    episode: 1,
    number: 1,
    by: 'Anna',
    ...more,
  },
});

/** A visit: of no weight in any score. */
export const visit = (id: string, customerId: string, occurredAt: number): TypedRecord => ({
  type: 'engagement',
  record: { eventId: id, customerId, occurredAt, kind: 'VISIT', campaignId: null, channel: 'WEB', costMinor: null },
});
