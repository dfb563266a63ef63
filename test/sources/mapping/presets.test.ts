import { describe, expect, test } from 'vitest';
import { fixture, mapped, mapping } from './support.ts';

const only = (type: string | undefined, record: object | string): unknown =>
  typeof record === 'object' && Reflect.get(record, 'type') === type ? record : null;

describe('segment', () => {
  const made = mapping({ preset: 'segment' });
  const found = fixture('segment.ndjson').map((sample) => mapped(made, sample));

  test('orders, refunds and cancellations are purchases; the amount is the revenue, before tax and shipping', () => {
    const purchases = found.filter((record) => only('purchase', record) !== null);
    expect(purchases).toEqual([
      {
        type: 'purchase',
        eventId: 'ajs-1f0d5aa2',
        customerId: '97980cfea0067',
        occurredAt: Date.UTC(2025, 2, 1, 10, 15, 0, 343),
        orderId: '50314b8e9bcf000000000000',
        kind: 'PURCHASE',
        amountMinor: 2250,
        currency: 'USD',
        discountMinor: 250,
        costMinor: null,
        items: 3,
        channel: 'APP',
        recurring: false,
        recommended: false,
        campaignId: 'Spring Break Naming Convention Test Code',
        orderedAt: null,
      },
      // A total alone, negative, with a binary fraction's tail.
      expect.objectContaining({ kind: 'REFUND', orderId: '50314b8e9bcf000000000000', amountMinor: 2750, channel: 'WEB' }),
      expect.objectContaining({ kind: 'CANCELLATION', orderId: '7f', amountMinor: 25, currency: 'JPY', items: 1 }),
    ]);
  });

  test('email events, views and sign-ups are engagement, reviews are surveys, traits are attributes', () => {
    const kinds = found.flatMap((record) => (only('engagement', record) === null ? [] : [Reflect.get(Object(record), 'kind')]));
    expect(kinds).toEqual(['VISIT', 'CAMPAIGN_SENT', 'CAMPAIGN_OPENED', 'CAMPAIGN_CLICKED', 'UNSUBSCRIBED', 'SIGNED_UP']);
    expect(found[5]).toMatchObject({
      type: 'survey',
      surveyId: 'kdfjrj39fj39jf3',
      kind: 'REVIEW',
      score: 5,
      comment: 'I love this product',
    });
    expect(found[7]).toMatchObject({ type: 'engagement', campaignId: '123', channel: 'EMAIL' });
    expect(found[10]).toMatchObject({ type: 'attributes', attributes: { plan: 'gold', logins: '5', premium: 'true', nickname: null } });
  });

  test('who is not known, other events, pages and an identify without traits are passed over', () => {
    expect(found.map((record, i) => (record === 'passed' ? i : -1)).filter((i) => i >= 0)).toEqual([4, 12, 13, 14]);
  });

  test('everything that it makes of them is an event', () => {
    const outcomes = fixture('segment.ndjson').map((sample) => made.decode(sample).outcome);
    expect(outcomes.filter((outcome) => outcome === 'event')).toHaveLength(11);
    expect(outcomes).not.toContain('dead');
  });

  test('fields of one’s own replace the preset’s, events of one’s own go before, a type takes its events alone', () => {
    const fields = { currency: { path: 'properties.currency', otherwise: 'EUR' }, customerId: ['traits.crm', 'userId'] };
    const events = [
      { type: 'engagement', when: { path: 'event', in: ['Product Viewed', 'Store Visited'] }, fields: { kind: { value: 'REFERRAL' } } },
    ];
    const own = mapping({ preset: 'segment', fields, events, when: { path: 'event', notIn: ['Unsubscribed'] } });
    const [order, , , view, , , , , , unsubscribed, identify] = fixture('segment.ndjson');
    const { currency: _, ...properties } = Object(Reflect.get(Object(order), 'properties'));
    expect(mapped(own, { ...Object(order), properties })).toMatchObject({ currency: 'EUR', amountMinor: 2250 });
    expect(mapped(own, view)).toMatchObject({ kind: 'REFERRAL' });
    expect(mapped(own, unsubscribed)).toBe('passed');
    expect(mapped(own, { ...Object(identify), traits: { crm: 7 } })).toMatchObject({ customerId: '7' });
    const purchases = mapping({ preset: 'segment' }, 'purchase');
    expect(
      fixture('segment.ndjson')
        .map((sample) => purchases.decode(sample).outcome)
        .filter((outcome) => outcome === 'event'),
    ).toHaveLength(3);
  });
});

const ORDERS = {
  preset: 'debezium',
  fields: {
    eventId: { join: ['id', 'status', '$.op'] },
    customerId: 'customer_id',
    orderId: 'number',
    amountMinor: { path: 'total', unit: 'major' },
    currency: 'currency',
    kind: { path: 'status', table: { REFUNDED: 'REFUND' }, otherwise: 'PURCHASE' },
  },
};

describe.each(['debezium.ndjson', 'debezium-schema.ndjson'])('debezium, %s', (file) => {
  test('the row after a create, an update and a snapshot’s read is mapped; when it happened is the database’s time', () => {
    const made = mapping(ORDERS, 'purchase');
    const [read, created, updated, deleted, truncated] = fixture(file).map((sample) => mapped(made, sample));
    expect(read).toMatchObject({ eventId: '6999:PAID:r', amountMinor: 5, orderId: 'A-6999' });
    expect(created).toMatchObject({
      eventId: '7001:PAID:c',
      customerId: '1004',
      amountMinor: 4990,
      currency: 'EUR',
      occurredAt: 1_740_823_200_123,
    });
    expect(updated).toMatchObject({ eventId: '7001:REFUNDED:u', kind: 'REFUND', occurredAt: 1_740_909_600_123 });
    expect([deleted, truncated]).toEqual(['passed', 'passed']);
  });

  test('the row before a delete is mapped where that is asked for, and $ leads to the envelope', () => {
    const kind = { path: '$.op', table: { d: 'CANCELLATION' }, otherwise: 'PURCHASE' };
    const occurredAt = { path: 'created_at', unit: 'microseconds' };
    const made = mapping({ ...ORDERS, deletes: 'map', fields: { ...ORDERS.fields, kind, occurredAt } }, 'purchase');
    const deleted = mapped(made, fixture(file)[3]);
    expect(deleted).toMatchObject({ eventId: '7001:REFUNDED:d', kind: 'CANCELLATION', amountMinor: 4990, occurredAt: 1_740_823_199_000 });
  });

  test('inserts alone, by a condition on the envelope', () => {
    const made = mapping({ ...ORDERS, when: { path: '$.op', in: ['c', 'r'] } }, 'purchase');
    expect(fixture(file).map((sample) => made.decode(sample).outcome)).toEqual(['event', 'event', 'passed', 'passed', 'passed']);
  });
});

test('debezium: what is no change event is a dead letter that says so; a tombstone is passed over', () => {
  const made = mapping({ ...ORDERS, deletes: 'map' }, 'purchase');
  expect(made.passesTombstones).toBe(true);
  expect(mapped(made, { id: 1 })).toBe('invalid-record: op is none of c, u, r, d, t, m: the value is no Debezium change event');
  expect(mapped(made, { op: 'c', after: null })).toBe('invalid-record: after is missing: the change event has no row');
  expect(mapped(made, { op: 'd', before: null })).toMatch(/^invalid-record: before is missing: .*REPLICA IDENTITY FULL$/);
  expect(mapped(made, { schema: {}, payload: null })).toBe('passed');
});
