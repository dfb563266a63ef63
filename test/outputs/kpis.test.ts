/** What the topics of KPIs and alerts say. */
import avsc from 'avsc';
import { CloudEvent, Kafka } from 'cloudevents';
import { describe, expect, test } from 'vitest';
import { localCodec, readOutput } from '../../src/codec/local.ts';
import { avroType } from '../../src/codec/schemas.ts';
import { SCHEMA_TEXTS } from '../../src/codec/types.ts';
import { ALERTS, type Alert, type AlertEnd, LEVELS } from '../../src/domain/decision.ts';
import { type CustomerId, DAY, type Instant, type Minor } from '../../src/domain/ids.ts';
import { type Kpi, type KpiValues, METRICS } from '../../src/domain/kpi-values.ts';
import type { DecisionContext, OutRecord } from '../../src/outputs/record.ts';
import { AT, CONFIG } from '../codec/support.ts';

const { encoder } = localCodec(CONFIG);
const context: DecisionContext = { shard: 0, now: (AT + 5) as Instant, caughtUpAt: 0 as Instant, trigger: null };
const read = ({ value }: OutRecord): unknown => readOutput(value ?? Buffer.alloc(0)).record;
const headers = ({ headers: list }: OutRecord): Record<string, string> =>
  Object.fromEntries(list.map(({ key, value }) => [key, value.toString()]));

const values = Object.fromEntries(METRICS.map((name, i) => [name, name === 'lift' ? null : i])) as Record<keyof KpiValues, number | null>;
const kpi: Kpi = {
  type: 'kpi',
  day: Math.floor(AT / DAY),
  dimension: 'group:CHAMPION,attribute:plan=gold|x',
  at: AT as Instant,
  finished: false,
  values,
  windowDays: 90,
  offsets: [
    { shard: 0, offset: 7 },
    { shard: 1, offset: 0 },
  ],
};
const business: Alert = {
  type: 'alert',
  kind: 'PORTFOLIO',
  customer: null,
  subject: 'group:AT_RISK',
  episode: 2,
  number: 1,
  event: 'opened',
  at: AT as Instant,
  end: null,
  value: 0.5,
  limit: 0.4,
  by: null,
  command: null,
  about: null,
};
const churn: Alert = {
  ...business,
  kind: 'CHURN_RISK',
  customer: 'zoë' as CustomerId,
  subject: '',
  number: 3,
  event: 'closed',
  end: 'recovered',
  about: {
    group: 'LOYALIST',
    level: 'HIGH',
    signals: ['OVERDUE'],
    buyProbability: 0.125,
    predictedValue: 4_200 as Minor,
    strategies: [{ action: 'call', channel: 'phone' }],
  },
};

test('a KPI lies under its day and dimension, whose parts it names', () => {
  const record = encoder.decision(kpi, context);
  expect(record).toMatchObject({ topic: 'shop.kpis', partition: 0, key: Buffer.from('2026-03-01|group:CHAMPION,attribute:plan=gold|x') });
  expect(read(record)).toEqual({
    day: '2026-03-01',
    dimension: kpi.dimension,
    group: 'CHAMPION',
    attribute: 'plan',
    value: 'gold|x',
    at: AT,
    finished: false,
    detectedAt: AT + 5,
    origin: 'live',
    currency: 'USD',
    windowDays: 90,
    ...values,
    offsets: kpi.offsets,
    policy: '0123456789abcdef',
  });
});

test('an alert about the business lies under what it is about', () => {
  const record = encoder.decision(business, context);
  expect(record).toMatchObject({ topic: 'shop.alerts', partition: 0, key: Buffer.from('PORTFOLIO|group:AT_RISK') });
  expect(read(record)).toMatchObject({
    kind: 'PORTFOLIO',
    customerId: null,
    subject: 'group:AT_RISK',
    event: 'opened',
    end: null,
    value: 0.5,
    limit: 0.4,
    group: null,
    level: null,
    signals: [],
    strategies: [],
    trigger: null,
  });
});

test('an alert about a customer lies under the customer, and says what helps', () => {
  const trigger = { topic: 'shop.purchases', partition: 1, offset: 42, timestamp: AT };
  const record = encoder.decision(churn, { ...context, shard: 3, trigger });
  expect(record).toMatchObject({ topic: 'shop.alerts', partition: 3, key: Buffer.from('zoë') });
  const { about } = churn;
  expect(read(record)).toMatchObject({ customerId: 'zoë', subject: '', event: 'closed', end: 'recovered', trigger, ...about });
});

describe('ids', () => {
  const idOf = (of: Kpi | Alert, where = context): string => headers(encoder.decision(of, where)).ce_id ?? '';
  const alertIdOf = (of: Alert): unknown => (read(encoder.decision(of, context)) as { alertId: unknown }).alertId;

  test('D1 of a KPI tell what was read: the same day read anew has another, the same reading the same', () => {
    const later = { ...context, now: (AT + 99) as Instant };
    expect(idOf(kpi, later)).toBe(idOf(kpi));
    const others: Kpi[] = [
      { ...kpi, day: kpi.day + 1 },
      { ...kpi, dimension: 'all' },
      { ...kpi, at: (AT + 1) as Instant },
      {
        ...kpi,
        offsets: [
          { shard: 0, offset: 8 },
          { shard: 1, offset: 0 },
        ],
      },
    ];
    expect(new Set([kpi, ...others].map((each) => idOf(each))).size).toBe(5);
  });

  test('D1 of an alert are one for the episode, and one for each of its records', () => {
    const closed: Alert = { ...business, number: 2, event: 'closed', end: 'recovered' };
    expect(alertIdOf(closed)).toBe(alertIdOf(business));
    expect(idOf(closed)).not.toBe(idOf(business));
    const others: Alert[] = [{ ...business, episode: 3 }, { ...business, subject: 'other' }, { ...business, kind: 'GOAL' }, churn];
    expect(new Set([business, ...others].map(alertIdOf)).size).toBe(5);
  });
});

test.each<[string, OutRecord]>([
  ['kpi', encoder.decision(kpi, context)],
  ['alert', encoder.decision(business, context)],
])('a %s is a CloudEvent to the CloudEvents SDK', (type, record) => {
  const message = { headers: headers(record), body: record.value, value: record.value };
  const event = Kafka.toEvent(message);
  expect(event instanceof CloudEvent && event.validate()).toBe(true);
  expect(event).toMatchObject({ type: `rapport.${type}`, source: '/rapport/shop', time: new Date(AT).toISOString() });
});

test('every kind, event, end and level of the domain has its symbol', () => {
  const ends: readonly AlertEnd[] = ['recovered', 'purchase', 'lost', 'contacted', 'resolved', 'expired'];
  for (const kind of ALERTS) expect(read(encoder.decision({ ...business, kind }, context))).toMatchObject({ kind });
  for (const event of ['opened', 'escalated', 'closed'] as const)
    expect(read(encoder.decision({ ...business, event }, context))).toMatchObject({ event });
  for (const end of ends) expect(read(encoder.decision({ ...business, end }, context))).toMatchObject({ end });
  for (const level of LEVELS) {
    const about = {
      ...(churn.about ?? { group: 'NEW' as const, signals: [], buyProbability: null, predictedValue: null, strategies: [] }),
      level,
    };
    expect(read(encoder.decision({ ...churn, about }, context))).toMatchObject({ level });
  }
});

test('an older reader passes over a newer value, and makes UNKNOWN of a newer kind', () => {
  const ours = { kpi: avroType('out/kpi'), alert: avroType('out/alert') };
  const wider = avsc.Type.forSchema(
    JSON.parse(
      SCHEMA_TEXTS['out/kpi'].replace('{"name":"lift"', '{"name":"later","type":["null","double"],"default":null},{"name":"lift"'),
    ),
    { wrapUnions: 'never' },
  );
  expect(wider.equals(ours.kpi)).toBe(false);
  const record = read(encoder.decision(kpi, context));
  expect(ours.kpi.fromBuffer(wider.toBuffer({ ...(record as object), later: 1 }), ours.kpi.createResolver(wider))).toEqual(record);
  const newer = avsc.Type.forSchema(JSON.parse(SCHEMA_TEXTS['out/alert'].replace('"GOAL"]', '"GOAL","STORM"]')), { wrapUnions: 'never' });
  const alert = { ...(read(encoder.decision(business, context)) as object), kind: 'STORM' };
  expect(ours.alert.fromBuffer(newer.toBuffer(alert), ours.alert.createResolver(newer))).toMatchObject({ kind: 'UNKNOWN' });
});
