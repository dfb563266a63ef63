/**
 * Broken input of every kind on real topics (I11): each record ends as a dead letter with its reason, is rerouted, or turns out to be harmless; the
 * sound events before and behind it in its partition are processed.
 */
import kafkajs from 'kafkajs';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { createClient } from '../../src/adapters/kafka/client.ts';
import type { DeadReason, PurchaseRecord } from '../../src/codec/types.ts';
import { LAST_INSTANT } from '../../src/domain/ids.ts';
import type { TypedRecord } from '../../src/sources/index.ts';
import { purchase } from '../engine/support/history.ts';
import { Application, partitionOf } from '../support/app.ts';
import { expectAgreement } from './agreement.ts';

const SHARDS = 4;
const NOW = Date.now() - 3_600_000;
const SOURCES = `
sources:
  - { type: purchase, topic: APP.purchases }
  - { type: survey, topic: APP.surveys }
  - { type: purchase, topic: APP.orders, format: json }
  - { type: support, topic: APP.tickets, format: json }
  - { type: attributes, topic: APP.attributes }
  - { type: attributes, topic: APP.traits, format: json }
`;
const POLICY = `
preset: retail
attributes:
  region: [north, east]
  constructor: [a]
`;

interface Case {
  readonly name: string;
  readonly topic: 'purchases' | 'surveys' | 'orders' | 'tickets' | 'attributes' | 'traits';
  readonly value: Buffer | null;
  /** what becomes of it: a dead letter, or an event */
  readonly becomes: DeadReason | TypedRecord;
  /** the name of the case unless given: it tells the dead letters apart */
  readonly key?: string | null;
  /** any, unless it matters */
  readonly partition?: number;
}

let made = 0;
/** A sound purchase; of a new customer unless told otherwise. */
const sale = (more: Partial<PurchaseRecord> = {}, customer = `customer-${++made}`): TypedRecord =>
  purchase(`sale-${++made}`, customer, NOW + made, more);

const answer = (customerId: string, score: number): TypedRecord => ({
  type: 'survey',
  record: {
    eventId: `answer-${++made}`,
    customerId,
    occurredAt: NOW + made,
    surveyId: 'nps',
    kind: 'NPS',
    score,
    comment: null,
    channel: 'WEB',
  },
});

const ticket = (comment: string | null, customer = `customer-${++made}`): TypedRecord => ({
  type: 'support',
  record: {
    eventId: `reply-${++made}`,
    customerId: customer,
    occurredAt: NOW + made,
    ticketId: `ticket-${made}`,
    status: 'OPENED',
    channel: 'CHAT',
    priority: 'NORMAL',
    satisfaction: null,
    comment,
    costMinor: null,
  },
});

const traits = (attributes: Record<string, string | null>, customer = `customer-${++made}`): TypedRecord => ({
  type: 'attributes',
  record: { eventId: `form-${++made}`, customerId: customer, occurredAt: NOW + made, attributes },
});

/** A new customer of a shard. */
function customerOf(shard: number): string {
  for (;;) {
    const id = `in-${++made}`;
    if (partitionOf(id, SHARDS) === shard) return id;
  }
}

function casesOf(app: Application): Case[] {
  const avro = (event: TypedRecord): Buffer => app.encode(app.sourceOf(event.type), event);
  const json = (event: TypedRecord, more: object = {}): Buffer => Buffer.from(JSON.stringify({ ...event.record, ...more }));
  const text = (text: string): Buffer => Buffer.from(text);
  const beside = (object: Buffer, field: string): Buffer => text(object.toString().replace('{', `{${field},`));
  const withId = (id: number, bytes: Buffer): Buffer => {
    const copy = Buffer.from(bytes);
    copy.writeInt32BE(id, 1);
    return copy;
  };
  const unanswered = answer('customer-s', Number.NaN);
  const at = (customer: string): number => partitionOf(customer, SHARDS);
  const elsewhere = (customer: string): number => (at(customer) + 1) % SHARDS;
  const misplaced = sale();
  const keyless = sale();
  const brace = sale({}, 'a{b}c{');
  const proto = sale({}, '__proto__');
  const polluted = sale();

  /** Odd, and sound all the same. */
  const odd = (name: string, topic: Case['topic'], event: TypedRecord): Case => ({
    name,
    topic,
    value: topic === 'tickets' || topic === 'traits' ? json(event) : avro(event),
    becomes: event,
    partition: at(event.record.customerId),
  });
  const bad = (name: string, topic: Case['topic'], becomes: DeadReason, value: Buffer | null): Case => ({ name, topic, becomes, value });
  return [
    bad('not Avro', 'purchases', 'not_avro', text('once upon a time')),
    bad('nothing', 'purchases', 'not_avro', Buffer.alloc(0)),
    bad('cut short', 'purchases', 'not_avro', avro(sale()).subarray(0, 40)),
    bad('more behind it', 'purchases', 'not_avro', Buffer.concat([avro(sale()), text('more')])),
    bad('unknown schema id', 'purchases', 'unknown_schema', withId(2_000_000_000, avro(sale()))),
    bad('schema of another source', 'purchases', 'unknown_schema', avro(unanswered)),
    bad('no value', 'purchases', 'invalid_record', null),
    bad('negative amount', 'purchases', 'invalid_record', avro(sale({ amountMinor: -1 }))),
    bad('NaN', 'surveys', 'invalid_record', avro(unanswered)),
    bad('unknown currency', 'purchases', 'unknown_currency', avro(sale({ currency: 'XQZ' }))),
    bad('currency without a rate', 'purchases', 'no_rate', avro(sale({ currency: 'JPY' }))),
    bad('year 9999', 'purchases', 'future_event', avro(sale({ occurredAt: LAST_INSTANT }))),
    bad('year 10000', 'purchases', 'invalid_time', avro(sale({ occurredAt: LAST_INSTANT + 1 }))),
    bad('before 1970', 'purchases', 'invalid_time', avro(sale({ occurredAt: -1 }))),
    bad('1 MB', 'purchases', 'too_large', avro(sale({ channel: 'x'.repeat(1_000_000) }))),
    bad('empty id', 'purchases', 'invalid_customer_id', avro(sale({}, ''))),
    bad('over-long id', 'purchases', 'invalid_customer_id', avro(sale({}, 'x'.repeat(129)))),
    bad('newline in an id', 'purchases', 'invalid_customer_id', avro(sale({}, 'a\nb'))),
    bad('not JSON', 'orders', 'not_json', text('{"eventId":')),
    bad('NaN in JSON', 'orders', 'not_json', text(json(sale()).toString().replace('"amountMinor":1000', '"amountMinor":NaN'))),
    bad('10,000 deep', 'orders', 'not_json', beside(json(sale()), `"deep":${'['.repeat(10_000)}${']'.repeat(10_000)}`)),
    bad('missing field', 'orders', 'invalid_record', json(sale(), { amountMinor: undefined })),
    bad('wrong type', 'orders', 'invalid_record', json(sale(), { amountMinor: '1000' })),
    bad('wrong kind', 'orders', 'invalid_record', json(sale(), { kind: 'GIFT' })),
    bad('year 9999 in JSON', 'orders', 'future_event', json(sale(), { occurredAt: '9999-12-31T23:59:59Z' })),
    bad('no year', 'orders', 'invalid_time', json(sale(), { occurredAt: 'yesterday' })),
    bad('1 MB of JSON', 'orders', 'too_large', json(sale(), { note: 'x'.repeat(1_000_000) })),
    bad('newline in an id of JSON', 'orders', 'invalid_customer_id', json(sale({}, 'a\nb'))),
    bad('its fields by __proto__', 'orders', 'invalid_record', text(`{"__proto__":${json(sale()).toString()}}`)),
    bad('a ticket of a wrong status', 'tickets', 'invalid_record', json(ticket(null), { status: 'LOST' })),
    bad('satisfaction off its scale', 'tickets', 'invalid_record', json(ticket(null), { satisfaction: 9 })),
    bad('a comment that is a number', 'tickets', 'invalid_record', json(ticket(null), { comment: 7 })),
    bad('a comment that is a list', 'tickets', 'invalid_record', json(ticket(null), { comment: ['bad'] })),
    bad('a comment that is not UTF-8', 'tickets', 'not_json', Buffer.from(json(ticket('Ü')).toString(), 'latin1')),
    bad('a comment of 1 MB', 'tickets', 'too_large', json(ticket('bad '.repeat(250_000)))),
    bad('a tombstone', 'attributes', 'invalid_record', null),
    bad('attributes that are not Avro', 'attributes', 'not_avro', text('region=east')),
    bad('attributes cut short', 'attributes', 'not_avro', avro(traits({ region: 'east' })).subarray(0, -4)),
    bad('attributes by the schema of a purchase', 'attributes', 'unknown_schema', avro(sale())),
    bad('attributes of nobody', 'attributes', 'invalid_customer_id', avro(traits({ region: 'east' }, ''))),
    bad('attributes that are a text', 'traits', 'invalid_record', json(traits({}), { attributes: 'east' })),
    bad('attributes that are a list', 'traits', 'invalid_record', json(traits({}), { attributes: ['east'] })),
    bad('an attribute that is a number', 'traits', 'invalid_record', json(traits({}), { attributes: { region: 7 } })),
    bad('an attribute in an attribute', 'traits', 'invalid_record', json(traits({}), { attributes: { region: { is: 'east' } } })),
    bad('no attributes at all', 'traits', 'invalid_record', json(traits({}), { attributes: undefined })),
    odd('an empty comment', 'tickets', ticket('')),
    odd('a comment of names that every object has', 'tickets', ticket('constructor __proto__ toString hasOwnProperty bad')),
    odd('a comment of half a character', 'tickets', ticket('terrible \ud83d')),
    odd('a comment of 100 kB', 'tickets', ticket('great '.repeat(17_000))),
    odd('a comment in another script', 'tickets', ticket('とても悪い')),
    odd('no attribute in particular', 'attributes', traits({})),
    odd('an attribute of 100 kB', 'attributes', traits({ region: 'ü'.repeat(50_000) })),
    odd('10,000 attributes', 'attributes', traits(Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`a${i}`, 'x'])))),
    odd('an attribute with a bar and an equals sign', 'attributes', traits({ region: 'a|b=c,group:CHAMPION' })),
    odd('names that every object has', 'attributes', traits(JSON.parse('{"__proto__":"a","constructor":"a","toString":null}'))),
    odd('names that every object has, in JSON', 'traits', traits(JSON.parse('{"__proto__":"a","constructor":"a","region":null}'))),
    {
      name: '__proto__ beside its fields',
      topic: 'orders',
      value: beside(json(polluted), '"__proto__":{"amountMinor":5}'),
      becomes: polluted,
      partition: at(polluted.record.customerId),
    },
    { name: '__proto__ as an id', topic: 'purchases', value: avro(proto), becomes: proto, partition: at('__proto__') },
    { name: 'braces in an id', topic: 'purchases', value: avro(brace), becomes: brace, partition: at('a{b}c{') },
    {
      name: 'null key',
      topic: 'purchases',
      value: avro(keyless),
      becomes: keyless,
      key: null,
      partition: elsewhere(keyless.record.customerId),
    },
    {
      name: 'wrong partition',
      topic: 'orders',
      value: json(misplaced),
      becomes: misplaced,
      partition: elsewhere(misplaced.record.customerId),
    },
  ];
}

function soundOf(topic: Case['topic'], customer: string): TypedRecord {
  switch (topic) {
    case 'surveys':
      return answer(customer, 9);
    case 'tickets':
      return ticket('great service', customer);
    case 'attributes':
    case 'traits':
      return traits({ region: 'east' }, customer);
    default:
      return sale({}, customer);
  }
}

test('I11 broken input of every kind becomes a dead letter with its reason, or is rerouted, and blocks nothing', {
  timeout: 90_000,
}, async () => {
  const app = await Application.create({ shards: SHARDS, file: SOURCES, policy: POLICY });
  onTestFinished(() => app.stop());
  const events: TypedRecord[] = [];
  const cases = casesOf(app);
  const send = (topic: string, partition: number, value: Buffer | null, key: string | null): Promise<void> =>
    app.producer.produce(`${app.id}.${topic}`, [{ partition, value, key: key === null ? null : Buffer.from(key) }]);
  /** A sound event, in the right partition of a topic. */
  const sendSound = async (topic: Case['topic'], partition: number): Promise<void> => {
    const customer = customerOf(partition);
    const event = soundOf(topic, customer);
    events.push(event);
    const isJson = topic === 'orders' || topic === 'tickets' || topic === 'traits';
    const value = isJson ? Buffer.from(JSON.stringify(event.record)) : app.encode(app.sourceOf(event.type), event);
    await send(topic, partition, value, customer);
  };
  for (const [i, { name, topic, value, becomes, key = name, partition = i % SHARDS }] of cases.entries()) {
    await sendSound(topic, partition);
    await send(topic, partition, value, key);
    await sendSound(topic, partition);
    if (typeof becomes !== 'string') events.push(becomes);
  }
  await sendBomb(app, `${app.id}.purchases`, 1);
  await sendSound('purchases', 1);

  const worker = app.start();
  await app.drained(NOW + 10_000, 60, [worker]);
  const { deadLetters } = await expectAgreement(app, events, NOW + 10_000);
  const reasons = deadLetters.map(({ key, reason }) => [key === null ? 'bomb' : key.toString(), reason]);
  const should = cases.flatMap(({ name, becomes }) => (typeof becomes === 'string' ? [[name, becomes]] : []));
  expect(Object.fromEntries(reasons)).toEqual(Object.fromEntries([...should, ['bomb', 'unreadable_batch']]));
  expect(deadLetters).toHaveLength(should.length + 1);
  // What the reader of a dead letter gets: where it was, what it was, what to do.
  for (const { origin, detail, reaction } of deadLetters) {
    expect(origin.topic.startsWith(`${app.id}.`) && detail.length > 0 && reaction.length > 0).toBe(true);
  }
  const large = deadLetters.find(({ key }) => key?.toString() === '1 MB');
  expect(large).toMatchObject({ truncated: true, valueBytes: cases.find(({ name }) => name === '1 MB')?.value?.length });
  expect(large?.value?.length).toBeLessThanOrEqual(65_536);
  expect(worker.warnings).toEqual([]);
  worker.signal('SIGTERM');
  expect((await worker.ended).code).toBe(0);
});

/** A batch of some kilobytes that unpacks to more than a worker takes. */
async function sendBomb(app: Application, topic: string, partition: number): Promise<void> {
  const client = createClient(app.config.kafka, pino({ level: 'silent' }), {
    clientId: 'stranger',
    requestTimeout: 20_000,
    retry: { initialRetryTime: 50, retries: 3 },
  });
  const stranger = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await stranger.connect();
  try {
    const messages = Array.from({ length: 40 }, () => ({ partition, value: Buffer.alloc(1_000_000) }));
    await stranger.send({ topic, compression: kafkajs.CompressionTypes.GZIP, messages });
  } finally {
    await stranger.disconnect();
  }
}
