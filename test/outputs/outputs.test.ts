import { createHash } from 'node:crypto';
import { CloudEvent, Kafka } from 'cloudevents';
import { describe, expect, test } from 'vitest';
import { localCodec, readOutput } from '../../src/codec/local.ts';
import type { Decision, Profile, Scores, SegmentChange } from '../../src/domain/decision.ts';
import type { CustomerId, Instant, Minor } from '../../src/domain/ids.ts';
import type { DeadLetter, DecisionContext, OutRecord } from '../../src/outputs/record.ts';
import type { DeadReason } from '../../src/sources/decoded.ts';
import { AT, CONFIG } from '../codec/support.ts';

const { encoder } = localCodec(CONFIG);
const at = AT as Instant;
const CUSTOMER = 'zoë' as CustomerId;

const scores: Scores = {
  value: 60_000 as Minor,
  loyalty: 61.5,
  components: { frequency: 30, rhythm: 25, feedback: null, engagement: 6.5, programme: null, advocacy: null },
};
const change: SegmentChange = {
  type: 'segment-change',
  customer: CUSTOMER,
  number: 3,
  from: 'NEW',
  to: 'CHAMPION',
  at,
  cause: 'late-event',
  before: null,
  after: scores,
  drivers: [{ name: 'feedback expired', before: null, after: 1.5, difference: 1.5 }],
  about: {
    group: 'CHAMPION',
    level: 'HIGH',
    signals: ['OVERDUE', 'SUPPORT_PAIN'],
    buyProbability: 0.125,
    predictedValue: -7 as Minor,
    strategies: [{ action: 'thank-you note', channel: 'email' }],
  },
};
const profile: Profile = {
  type: 'profile',
  customer: CUSTOMER,
  number: 7,
  at,
  group: 'CHAMPION',
  groupSince: at,
  scores,
  churn: { level: 'LOW', buyProbability: null, lost: false, signals: [{ signal: 'PRICE_SENSITIVE', since: at }] },
  lifetimeValues: { historic: -9 as Minor, simple: 0 as Minor, predicted: 12 as Minor },
  relationship: 'LONG_TERM',
  serviceMode: 'SELF_SERVICE',
  attributes: { plan: 'gold' },
  firstEventAt: 1 as Instant,
  firstOrderAt: null,
  lastOrderAt: at,
  orders: 4,
  revenue: -5 as Minor,
  orders365: 2,
  revenue365: 0 as Minor,
  gapDays: 30.5,
  openTickets: 2,
  csat: 0.75,
  nps: null,
  nextChangeAt: null,
  truncated: ['orders'],
};
const context: DecisionContext = {
  shard: 2,
  now: (AT + 5) as Instant,
  caughtUpAt: null,
  trigger: { topic: 'shop.purchases', partition: 1, offset: 42, timestamp: AT - 9 },
};

const read = ({ value }: OutRecord): unknown => readOutput(value ?? Buffer.alloc(0)).record;
const headers = ({ headers: list }: OutRecord): Record<string, string> =>
  Object.fromEntries(list.map(({ key, value }) => [key, value.toString()]));
const letter = (over: Partial<DeadLetter> = {}): DeadLetter => ({
  reason: 'invalid-record',
  detail: 'orderId is missing',
  origin: { topic: 'shop.purchases', partition: 1, offset: 42, timestamp: AT },
  key: Buffer.from('zoë'),
  value: Buffer.from('bytes'),
  ...over,
});

test('a change goes to its customer’s shard, with the customer as key', () => {
  const record = encoder.decision(change, context);
  expect(record).toMatchObject({ topic: 'shop.segment-changes', partition: 2, key: Buffer.from('zoë') });
  expect(read(record)).toEqual({
    changeId: createHash('sha256').update('shop\0zoë\x003').digest('hex').slice(0, 32),
    customerId: 'zoë',
    number: 3,
    from: 'NEW',
    to: 'CHAMPION',
    at: AT,
    detectedAt: AT + 5,
    origin: 'backfill',
    cause: 'late_event',
    trigger: context.trigger,
    currency: 'USD',
    before: null,
    after: scores,
    drivers: change.drivers,
    level: 'HIGH',
    signals: change.about.signals,
    buyProbability: 0.125,
    predictedValue: -7,
    strategies: change.about.strategies,
    policy: '0123456789abcdef',
  });
});

test('a profile says all that the decision does', () => {
  const record = encoder.decision(profile, context);
  expect(record).toMatchObject({ topic: 'shop.profiles', partition: 2, key: Buffer.from('zoë') });
  const { type: _, customer, ...rest } = profile;
  expect(read(record)).toEqual({
    ...rest,
    customerId: customer,
    detectedAt: AT + 5,
    origin: 'backfill',
    currency: 'USD',
    policy: '0123456789abcdef',
  });
});

test.each<[string, OutRecord]>([
  ['change', encoder.decision(change, context)],
  ['profile', encoder.decision(profile, context)],
  ['dead letter', encoder.deadLetter(letter(), context)],
])('a %s is a CloudEvent to the CloudEvents SDK', (_, record) => {
  const message = { headers: headers(record), body: record.value, value: record.value };
  const event = Kafka.toEvent(message);
  expect(event instanceof CloudEvent && event.validate()).toBe(true);
  expect(event).toMatchObject({ specversion: '1.0', source: '/rapport/shop', datacontenttype: 'application/avro' });
});

test('CloudEvents 1.0 in binary mode', () => {
  expect(headers(encoder.decision(change, context))).toEqual({
    'content-type': 'application/avro',
    ce_specversion: '1.0',
    ce_type: 'rapport.segment-change',
    ce_source: '/rapport/shop',
    ce_id: createHash('sha256').update('shop\0zoë\x003').digest('hex').slice(0, 32),
    ce_time: '2026-03-01T12:00:00.000Z',
  });
});

describe('D1 ids depend on what is said, not on where and when', () => {
  const idOf = (decision: Decision, where: DecisionContext, applicationId = 'shop'): unknown =>
    new Map(Object.entries(headers(localCodec({ ...CONFIG, applicationId }).encoder.decision(decision, where)))).get('ce_id');
  const elsewhere: DecisionContext = { shard: 9, now: 0 as Instant, caughtUpAt: at, trigger: null };

  test.each([change, profile])('a $type keeps its id elsewhere and later', (decision) => {
    expect(idOf(decision, elsewhere)).toBe(idOf(decision, context));
  });

  test('another customer, number, kind of record or application has another id', () => {
    const ids = [
      idOf(change, context),
      idOf({ ...change, number: 4 }, context),
      idOf({ ...change, customer: 'zoe' as CustomerId }, context),
      idOf({ ...profile, number: 3 }, context),
      idOf(change, context, 'other'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test.each([
  ['before the shard had caught up', (AT + 1) as Instant, 'backfill'],
  ['from the instant at which it caught up', at, 'live'],
  ['while it never has', null, 'backfill'],
])('the origin of a change %s', (_, caughtUpAt, origin) => {
  expect(read(encoder.decision(change, { ...context, caughtUpAt }))).toMatchObject({ origin });
  expect(read(encoder.decision(profile, { ...context, caughtUpAt }))).toMatchObject({ origin });
});

test('a dead letter carries reason, reaction, origin and bytes', () => {
  const record = encoder.deadLetter(letter(), context);
  expect(record).toMatchObject({ topic: 'shop.dead-letters', partition: 2, key: Buffer.from('zoë') });
  expect(headers(record)).toMatchObject({ ce_type: 'rapport.dead-letter', ce_time: '2026-03-01T12:00:00.005Z' });
  expect(read(record)).toEqual({
    reason: 'invalid_record',
    detail: 'orderId is missing',
    reaction: expect.stringContaining('producer'),
    origin: { topic: 'shop.purchases', partition: 1, offset: 42, timestamp: AT },
    detectedAt: AT + 5,
    key: Buffer.from('zoë'),
    keyBytes: 4,
    value: Buffer.from('bytes'),
    valueBytes: 5,
    truncated: false,
  });
});

test('a dead letter’s id is that of the record it came from', () => {
  const id = (over: Partial<DeadLetter>, where = context): unknown =>
    new Map(Object.entries(headers(encoder.deadLetter(letter(over), where)))).get('ce_id');
  expect(id({}, { ...context, now: 0 as Instant, shard: 0 })).toBe(id({}));
  expect(id({ origin: { ...letter().origin, offset: 43 } })).not.toBe(id({}));
});

test.each([
  [0, 0, false],
  [65_536, 65_536, false],
  [65_537, 65_536, true],
  [1_000_000, 65_536, true],
])('of a value of %d bytes a dead letter keeps %d', (length, kept, truncated) => {
  const record = encoder.deadLetter(letter({ value: Buffer.alloc(length, 7) }), context);
  expect(read(record)).toMatchObject({ value: Buffer.alloc(kept, 7), valueBytes: length, truncated });
});

test('a dead letter always fits: key and detail are bounded too, and bytes may be missing', () => {
  const large = encoder.deadLetter(
    letter({ key: Buffer.alloc(1_000_000), value: Buffer.alloc(1_000_000), detail: 'x'.repeat(1e6) }),
    context,
  );
  expect((large.key?.length ?? 0) + (large.value?.length ?? 0)).toBeLessThan(70_000);
  expect(read(large)).toMatchObject({ keyBytes: 1_000_000, truncated: true });
  expect(read(encoder.deadLetter(letter({ key: null, value: null }), context))).toMatchObject({
    key: null,
    keyBytes: 0,
    value: null,
    truncated: false,
  });
});

test('a record’s own timestamp may be nonsense', () => {
  const origin = { ...letter().origin, timestamp: Number.NaN };
  expect(read(encoder.deadLetter(letter({ origin }), context))).toMatchObject({ origin: { timestamp: 0 } });
});

const REASONS: Readonly<Record<DeadReason, true>> = {
  'not-avro': true,
  'unknown-schema': true,
  'not-json': true,
  'invalid-record': true,
  'invalid-customer-id': true,
  'invalid-time': true,
  'future-event': true,
  'unknown-currency': true,
  'no-rate': true,
  'too-large': true,
  'unreadable-batch': true,
  'refused-by-broker': true,
};

test.each(Object.keys(REASONS) as DeadReason[])('the reason %s is in the schema, and says what to do', (reason) => {
  const record = read(encoder.deadLetter(letter({ reason }), context));
  expect(record).toMatchObject({ reason: reason.replaceAll('-', '_'), reaction: expect.stringMatching(/\w+ .*\.$/) });
});
