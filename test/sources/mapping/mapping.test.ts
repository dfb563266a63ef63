import { describe, expect, test } from 'vitest';
import { mapped, mapping, purchaseFields, sale } from './support.ts';

const purchase = (over: object, record: object, type: 'purchase' | 'support' = 'purchase') =>
  mapped(mapping({ fields: purchaseFields(over) }, type), sale(record));

describe('a field is filled', () => {
  test('by a path, a constant, a table, several texts joined', () => {
    const fields = {
      customerId: 'customer.ids[1]',
      channel: { value: 'STORE' },
      kind: { path: 'status', table: { PAID: 'PURCHASE', BACK: 'REFUND' } },
      eventId: { join: ['order', 'status'] },
    };
    expect(purchase(fields, { customer: { ids: [1, 42] }, status: 'BACK' })).toMatchObject({
      customerId: '42',
      channel: 'STORE',
      kind: 'REFUND',
      eventId: 'o-1:BACK',
    });
  });

  test('by the first of several paths that leads to something', () => {
    const fields = { customerId: ['user', 'customer', 'visitor'] };
    expect(purchase(fields, { user: null })).toMatchObject({ customerId: 'anna' });
    expect(purchase(fields, { user: 'bert' })).toMatchObject({ customerId: 'bert' });
  });

  test('by what the schema says where nothing is found, or by what the rule says', () => {
    expect(purchase({ channel: 'ch', items: 'n' }, {})).toMatchObject({ channel: 'UNKNOWN', items: 1 });
    expect(purchase({ channel: { path: 'ch', otherwise: 'WEB' } }, { ch: null })).toMatchObject({ channel: 'WEB' });
    const kind = { path: 'status', table: { BACK: 'REFUND' }, otherwise: 'PURCHASE' };
    for (const status of [undefined, null, 'NEW', 7, {}]) expect(purchase({ kind }, { status })).toMatchObject({ kind: 'PURCHASE' });
  });

  test.each([
    [{ eventId: 'n' }, { n: 7 }, { eventId: '7' }],
    [{ eventId: 'n' }, { n: 12n ** 20n }, { eventId: '3833759992447475122176' }],
    [{ items: 'n' }, { n: '3' }, { items: 3 }],
    [{ recurring: 'f' }, { f: 1 }, { recurring: true }],
    [{ recurring: 'f' }, { f: 'False' }, { recurring: false }],
    [{ recurring: { path: 'f', table: { Y: true, N: false } } }, { f: 'Y' }, { recurring: true }],
    [{ items: { path: 'lines', count: true } }, { lines: [1, 2, 3] }, { items: 3 }],
    [{ items: { path: 'lines', count: 'q.n' } }, { lines: [{ q: { n: 2 } }, { q: { n: '3' } }, {}] }, { items: 6 }],
    [{ items: { path: 'lines', count: 'q' } }, { lines: [] }, { items: 0 }],
    [{ orderId: { join: ['a', 'b'], with: '/' } }, { a: 1, b: true }, { orderId: '1/true' }],
  ])('%j of %o is %j', (fields, record, expected) => {
    expect(purchase(fields, record)).toMatchObject(expected);
  });

  test.each([
    [undefined, undefined, '2026-03-01T10:15:00+01:00', Date.UTC(2026, 2, 1, 9, 15)],
    [undefined, undefined, 1_700_000_000_123, 1_700_000_000_123],
    ['iso', undefined, '2026-03-01', Date.UTC(2026, 2, 1)],
    ['iso', 'Z', '2026-03-01 10:15:00.5', Date.UTC(2026, 2, 1, 10, 15, 0, 500)],
    [undefined, '+02:00', '2026-03-01T10:15', Date.UTC(2026, 2, 1, 8, 15)],
    [undefined, '+02:00', '2026-03-01T10:15Z', Date.UTC(2026, 2, 1, 10, 15)],
    ['seconds', undefined, 1_700_000_000, 1_700_000_000_000],
    ['seconds', undefined, '1700000000.25', 1_700_000_000_250],
    ['milliseconds', undefined, '1700000000123', 1_700_000_000_123],
    ['microseconds', undefined, 1_700_000_000_123_999, 1_700_000_000_123],
    ['nanoseconds', undefined, 1_700_000_000_123_456_800, 1_700_000_000_123],
  ])('a time in %s, zone %s: %j', (unit, zone, at, expected) => {
    expect(purchase({ occurredAt: { path: 'at', ...(unit && { unit }), ...(zone && { zone }) } }, { at })).toMatchObject({
      occurredAt: expected,
    });
  });

  test('an amount in major units has the digits of its own record’s currency; without one, of the policy’s', () => {
    const fields = { amountMinor: { path: 'amount', unit: 'major' }, currency: 'cur', costMinor: { path: 'cost', unit: 'major' } };
    expect(purchase(fields, { amount: '12.34', cur: 'USD' })).toMatchObject({ amountMinor: 1234 });
    expect(purchase(fields, { amount: 1234, cur: 'JPY', cost: 5 })).toMatchObject({ amountMinor: 1234, costMinor: 5 });
    expect(purchase(fields, { amount: '1.234', cur: 'kwd' })).toMatchObject({ amountMinor: 1234, currency: 'KWD' });
    const ticket = { eventId: 'id', customerId: 'customer', occurredAt: 'at', ticketId: 'order', status: { value: 'OPENED' } };
    const made = mapping({ fields: { ...ticket, costMinor: { path: 'amount', unit: 'major' } } }, 'support');
    expect(mapped(made, sale({ amount: '4.5' }))).toMatchObject({ costMinor: 450 });
  });

  test('an amount is rounded and taken without its sign where the rule says so', () => {
    const amountMinor = { path: 'amount', unit: 'major', round: true, absolute: true };
    expect(purchase({ amountMinor }, { amount: -27.499999999999996 })).toMatchObject({ amountMinor: 2750 });
    expect(purchase({ amountMinor: { path: 'amount', absolute: true } }, { amount: '-5' })).toMatchObject({ amountMinor: 5 });
  });

  test('attributes: a whole object, of which scalars count, or one by one', () => {
    const fields = { eventId: 'id', customerId: 'customer', occurredAt: 'at' };
    const traits = { plan: 'gold', logins: 5, premium: true, region: null, address: { city: 'x' }, tags: ['y'] };
    const all = mapping({ fields: { ...fields, attributes: 'traits', 'attributes.city': 'traits.address.city' } }, 'attributes');
    expect(mapped(all, sale({ traits }))).toMatchObject({
      attributes: { plan: 'gold', logins: '5', premium: 'true', region: null, city: 'x' },
    });
    const some = mapping(
      {
        fields: {
          ...fields,
          'attributes.plan': { path: 'traits.plan', table: { gold: 'G' } },
          'attributes.region': 'traits.region',
          'attributes.__proto__': 'id',
          'attributes.none': 'none',
        },
      },
      'attributes',
    );
    const found = mapped(some, sale({ traits }));
    expect(Object.entries((found as { attributes: object }).attributes)).toEqual([
      ['plan', 'G'],
      ['region', null],
      ['__proto__', 'e-1'],
    ]);
    expect(mapped(mapping({ fields: { ...fields, 'attributes.none': 'none' } }, 'attributes'), sale())).toMatchObject({ attributes: {} });
  });
});

describe('what cannot be mapped names field and path, never the value', () => {
  test.each([
    [{}, { customer: undefined }, 'invalid-record: customerId from customer is missing'],
    [{}, { customer: null }, 'invalid-record: customerId from customer is missing'],
    [{ customerId: ['a.b', 'c'] }, {}, 'invalid-record: customerId from a.b or c is missing'],
    [{ eventId: { join: ['id', 'rev'] } }, {}, 'invalid-record: eventId from id and rev is missing'],
    [{ eventId: { join: ['id', 'at'] } }, { at: {} }, 'invalid-record: eventId from id and at is neither a text nor a number'],
    [{}, { customer: ['anna'] }, 'invalid-record: customerId from customer is neither a text nor a number'],
    [{}, { order: 2 ** 60 }, 'invalid-record: orderId from order is a number beyond 2^53: have it sent as a text'],
    [{}, { at: 'yesterday' }, 'invalid-time: occurredAt from at is no ISO 8601 time with a zone: give it a unit or a zone'],
    [{ occurredAt: { path: 'at', unit: 'seconds' } }, { at: '1 March' }, 'invalid-time: occurredAt from at is not a number of seconds'],
    [
      { occurredAt: { path: 'at', unit: 'iso' } },
      { at: 1 },
      'invalid-time: occurredAt from at is no ISO 8601 time with a zone: give it a unit or a zone',
    ],
    [{}, { amount: '12.5' }, 'invalid-record: amountMinor from amount is not a whole number'],
    [{}, { amount: 'much' }, 'invalid-record: amountMinor from amount is not a number'],
    [
      { amountMinor: { path: 'amount', unit: 'major' } },
      { amount: '12.345' },
      'invalid-record: amountMinor from amount has more than the 2 decimals of the currency: add round: true, or send it exact',
    ],
    [{ amountMinor: { path: 'amount', unit: 'major' } }, { amount: 1e30 }, 'invalid-record: amountMinor from amount is too large'],
    [
      { amountMinor: { path: 'amount', unit: 'major' }, currency: 'cur' },
      { cur: 'EURO' },
      'unknown-currency: currency from cur is not in ISO 4217',
    ],
    [{ amountMinor: { path: 'amount', unit: 'major' }, currency: 'cur' }, {}, 'invalid-record: currency from cur is missing'],
    [{ kind: { path: 's', table: { A: 'REFUND', B: 'PURCHASE' } } }, { s: 'anna' }, 'invalid-record: kind from s is none of A, B'],
    [{ kind: 's' }, { s: 'anna' }, 'invalid-record: kind from s is none of PURCHASE, REFUND, CANCELLATION'],
    [{ recurring: 'f' }, { f: 'perhaps' }, 'invalid-record: recurring from f is not true or false'],
    [{ items: { path: 'lines', count: true } }, { lines: {} }, 'invalid-record: items from lines is not a list'],
    [{ items: { path: 'lines', count: 'q' } }, { lines: [{ q: 'two' }] }, 'invalid-record: items from lines is not a number'],
    [{ items: 'n' }, { n: 3e9 }, 'invalid-record: items from n is not a 32-bit integer'],
  ])('%j of %o', (fields, record, expected) => {
    expect(purchase(fields, record)).toBe(expected);
  });

  test('what the source finds is named by its path too', () => {
    const made = mapping({ fields: purchaseFields({ currency: 'cur' }) }, 'purchase');
    expect(made.decode(sale({ amount: -1, cur: 'USD' }))).toMatchObject({
      reason: 'invalid-record',
      detail: 'amountMinor from amount is negative',
    });
    expect(made.decode(sale({ cur: 'XXA' }))).toMatchObject({ reason: 'unknown-currency', detail: 'currency from cur is not in ISO 4217' });
    expect(made.decode(sale({ customer: 'a\nb', cur: 'USD' }))).toMatchObject({
      reason: 'invalid-customer-id',
      detail: 'customerId from customer has control characters',
    });
  });

  test.each([null, undefined, 7, 'text', [], true])('%j as a record is a dead letter', (value) => {
    expect(mapping({ fields: purchaseFields() }, 'purchase').decode(value)).toMatchObject({ outcome: 'dead', reason: 'invalid-record' });
  });
});

describe('which records become which events', () => {
  test('what `when` does not want is passed over, before anything else is looked at', () => {
    const made = mapping(
      {
        when: [
          { path: 'type', in: ['PLACED', 2] },
          { path: 'test', notIn: [true] },
        ],
        fields: purchaseFields(),
      },
      'purchase',
    );
    const outcomes = [
      { type: 'PLACED' },
      { type: 2 },
      { type: '2', test: false },
      { type: 'OTHER' },
      {},
      { type: ['PLACED'] },
      { type: 'PLACED', test: true },
    ];
    expect(outcomes.map((over) => made.decode(sale(over)).outcome)).toEqual([
      'event',
      'event',
      'event',
      'passed',
      'passed',
      'passed',
      'passed',
    ]);
    expect(made.decode({ type: 'OTHER' })).toEqual({ outcome: 'passed' });
    const known = mapping({ when: { path: 'customer', present: true }, fields: purchaseFields() }, 'purchase');
    expect(known.decode(sale({ customer: null }))).toEqual({ outcome: 'passed' });
    const unknown = mapping({ when: { path: 'customer', present: false }, fields: purchaseFields() }, 'purchase');
    expect(unknown.decode(sale())).toEqual({ outcome: 'passed' });
  });

  test('the first event whose `when` holds takes the record; fields of the map are those of all events that have them', () => {
    const made = mapping({
      fields: { eventId: 'id', customerId: 'customer', occurredAt: 'at', channel: { value: 'STORE' }, currency: { value: 'EUR' } },
      events: [
        { type: 'purchase', when: { path: 't', in: ['sale'] }, fields: { orderId: 'order', amountMinor: 'amount' } },
        { type: 'engagement', when: { path: 't', in: ['sale', 'visit'] }, fields: { kind: { value: 'VISIT' }, channel: { value: 'APP' } } },
        { type: 'attributes', fields: { 'attributes.region': 'r' } },
      ],
    });
    expect(mapped(made, sale({ t: 'sale' }))).toMatchObject({ type: 'purchase', channel: 'STORE', currency: 'EUR' });
    expect(mapped(made, sale({ t: 'visit' }))).toMatchObject({ type: 'engagement', channel: 'APP' });
    expect(mapped(made, sale({ t: 'other', r: 'north' }))).toMatchObject({ type: 'attributes', attributes: { region: 'north' } });
  });
});
