/**
 * Foreign topics, one in JSON with several kinds of events and some that are of no interest, one in Avro as a Debezium connector writes it: a worker on them
 * says and keeps what one fold over the same events in rapport's own fields says (I9), and nothing becomes a dead letter (I11).
 */
import avsc from 'avsc';
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../src/adapters/registry/client.ts';
import { encodeWire } from '../../src/codec/wire.ts';
import { digitsOf, toMajor } from '../../src/config/currency.ts';
import type { WorldItem } from '../../src/world/item.ts';
import { Application, partitionOf } from '../support/app.ts';
import { expectAgreement, historyOf, sound } from './agreement.ts';

const SHARDS = 2;
const NOISE = 5;
const FIELDS = {
  support: ['ticketId', 'status', 'channel', 'priority', 'satisfaction', 'comment', 'costMinor'],
  survey: ['surveyId', 'kind', 'score', 'comment', 'channel'],
  engagement: ['kind', 'campaignId', 'channel', 'costMinor'],
};
const event = (type: keyof typeof FIELDS): string =>
  `- { type: ${type}, when: { path: meta.kind, in: [${type}] }, fields: { ${FIELDS[type].map((name) => `${name}: data.${name}`).join(', ')} } }`;

const SOURCES = `
sources:
  - topic: APP.crm
    format: json
    keyedByCustomer: true
    map:
      when: { path: meta.kind, notIn: [heartbeat] }
      fields: { eventId: meta.id, customerId: meta."user.id", occurredAt: { path: meta.at, unit: microseconds } }
      events:
        ${event('support')}
        ${event('survey')}
        ${event('engagement')}
        - { type: attributes, when: { path: meta.kind, in: [attributes] }, fields: { attributes: data } }
  - type: purchase
    topic: APP.orders
    keyedByCustomer: true
    map:
      preset: debezium
      fields:
        eventId: event
        customerId: customer
        orderId: number
        occurredAt: { path: $.source.ts_ms, unit: milliseconds }
        kind: { path: status, table: { back: REFUND, off: CANCELLATION }, otherwise: PURCHASE }
        amountMinor: { path: total, unit: major }
        discountMinor: { path: discount, unit: major, otherwise: 0 }
        costMinor: { path: cost, unit: minor }
        currency: { value: USD }
        items: { path: lines, count: n }
        channel: channel
        recurring: recurring
        recommended: { path: recommended, table: { y: true }, otherwise: false }
        campaignId: campaign
        orderedAt: { path: ordered_at, unit: seconds }
`;

const ENVELOPE = {
  type: 'record',
  name: 'Envelope',
  namespace: 'shop.public.orders',
  fields: [
    {
      name: 'after',
      type: [
        'null',
        {
          type: 'record',
          name: 'Value',
          fields: [
            ...['event', 'customer', 'number', 'status', 'channel', 'recommended'].map((name) => ({ name, type: 'string' })),
            { name: 'total', type: { type: 'bytes', logicalType: 'decimal', precision: 18, scale: 2 } },
            { name: 'discount', type: ['null', 'string'] },
            { name: 'cost', type: ['null', 'long'] },
            { name: 'lines', type: { type: 'array', items: { type: 'record', name: 'Line', fields: [{ name: 'n', type: 'int' }] } } },
            { name: 'recurring', type: 'int' },
            { name: 'campaign', type: ['null', 'string'] },
            { name: 'ordered_at', type: ['null', 'string'] },
          ],
        },
      ],
    },
    { name: 'source', type: { type: 'record', name: 'Source', fields: [{ name: 'ts_ms', type: 'long' }] } },
    { name: 'op', type: 'string' },
  ],
};
const WRITER = avsc.Type.forSchema(ENVELOPE as avsc.Schema);

function bytesOf(minor: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(minor));
  return bytes;
}

/** As the two systems would have written it. */
function foreign(item: WorldItem, schema: number): Buffer {
  if (item.type !== 'purchase') {
    const { eventId, customerId, occurredAt, ...data } = item.record;
    const meta = { kind: item.type, id: eventId, 'user.id': customerId, at: `${occurredAt}123` };
    return Buffer.from(JSON.stringify({ meta, data: 'attributes' in data ? data.attributes : data }));
  }
  const { record } = item;
  const lines = [{ n: Math.floor(record.items / 2) }, { n: Math.ceil(record.items / 2) }];
  const after = {
    event: record.eventId,
    customer: record.customerId,
    number: record.orderId,
    status: { PURCHASE: 'paid', REFUND: 'back', CANCELLATION: 'off' }[record.kind],
    channel: record.channel,
    recommended: record.recommended ? 'y' : 'n',
    total: bytesOf(record.amountMinor),
    discount: record.discountMinor === 0 ? null : toMajor(record.discountMinor, digitsOf(record.currency) ?? 0),
    cost: record.costMinor,
    lines,
    recurring: record.recurring ? 1 : 0,
    campaign: record.campaignId,
    ordered_at: record.orderedAt === null ? null : String(record.orderedAt / 1_000),
  };
  return encodeWire(schema, WRITER, { after, source: { ts_ms: record.occurredAt }, op: 'c' });
}

test('I9 mapped topics in JSON and Avro give what the same events in our fields give', { timeout: 120_000 }, async () => {
  const { items, until } = historyOf({ customers: 40, days: 300, seed: 23, broken: 0 });
  const app = await Application.create({ shards: SHARDS, file: SOURCES, environment: { RAPPORT_LOG_LEVEL: 'debug' } });
  onTestFinished(() => app.stop());
  const [crm = '', orders = ''] = app.config.sources.map(({ topic }) => topic);
  const client = createClient(app.config.registry);
  onTestFinished(async () => {
    await client.remove(`${orders}-value`);
    client.stop();
  });
  const schema = await client.register(`${orders}-value`, JSON.stringify(ENVELOPE));

  const noise = { meta: { kind: 'heartbeat' } };
  const others = Array.from({ length: NOISE }, () => ({ partition: 0, key: null, value: Buffer.from(JSON.stringify(noise)) }));
  await app.producer.produce(crm, [...others, { partition: 1, key: null, value: Buffer.from('{"meta":{"kind":"unheard-of"}}') }]);
  await app.producer.produce(orders, [{ partition: 0, key: Buffer.from('7'), value: null }]);
  for (const [topic, of] of Map.groupBy(items, ({ type }) => (type === 'purchase' ? orders : crm))) {
    const records = of.map((item) => {
      const key = Buffer.from(item.customerId);
      return { partition: partitionOf(key, SHARDS), key, value: foreign(item, schema) };
    });
    await app.producer.produce(topic, records);
  }
  const worker = app.start();
  await app.drained(until, 90, [worker]);

  const outputs = await expectAgreement(app, sound(items), until);
  expect(outputs.deadLetters).toEqual([]);
  expect(outputs.changes.length).toBeGreaterThan(40);
  const passed = worker.lines().reduce((sum, { msg, passedOver }) => sum + (msg === 'step' ? Number(passedOver) : 0), 0);
  expect(passed).toBe(NOISE + 2);
});
