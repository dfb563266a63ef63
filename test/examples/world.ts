/**
 * A small world through a real worker: customers of old, newcomers, and some who are about to leave, while rapport has caught up, so that there is something to do
 * for every example. Behind it lies what no reader may show: records of transactions that were aborted.
 */
import { pino } from 'pino';
import { createClient } from '../../src/adapters/kafka/client.ts';
import { avroType } from '../../src/codec/schemas.ts';
import type { AlertRecord, ProfileRecord, SchemaName, SegmentChangeRecord } from '../../src/codec/types.ts';
import type { TypedRecord } from '../../src/sources/index.ts';
import { until } from '../../src/stack/until.ts';
import { Application, partitionOf } from '../support/app.ts';
import type { Outputs } from '../support/outputs.ts';

const DAY = 86_400_000;
const LOYAL = ['l-0', 'l-1', 'l-2', 'l-3'];
/** who of them come back */
const BACK = ['l-0', 'l-1'];
const NEWCOMERS = Array.from({ length: 10 }, (_, i) => `n-${i}`);
/** whose profile is removed again by a tombstone */
export const ERASED = 'n-0';
export const ABORTED = 'aborted';

export interface World {
  readonly app: Application;
  readonly outputs: Outputs;
  readonly environment: Readonly<Record<string, string>>;
}

let made = 0;
const fact = (customerId: string, occurredAt: number) => ({ eventId: `e-${++made}`, customerId, occurredAt });

function purchase(customer: string, at: number): TypedRecord {
  const money = { amountMinor: 9_000, currency: 'USD', discountMinor: 0, costMinor: null, items: 1, channel: 'WEB' };
  const rest = { recurring: false, recommended: false, campaignId: null, orderedAt: null };
  return { type: 'purchase', record: { ...fact(customer, at), orderId: `o-${made}`, kind: 'PURCHASE', ...money, ...rest } };
}

const answer = (customer: string, at: number, score: number): TypedRecord => ({
  type: 'survey',
  record: { ...fact(customer, at), surveyId: `s-${made}`, kind: 'NPS', score, comment: null, channel: 'EMAIL' },
});

const ticket = (customer: string, at: number, status: 'OPENED' | 'RESOLVED' | 'REOPENED'): TypedRecord => ({
  type: 'support',
  record: {
    ...fact(customer, at),
    ticketId: `t-${customer}`,
    status,
    channel: 'CHAT',
    priority: 'HIGH',
    satisfaction: null,
    comment: null,
    costMinor: null,
  },
});

/** Bad words and a ticket that had to be opened again: two early warnings, which make HIGH. */
const trouble = (customer: string, at: number): TypedRecord[] => [
  answer(customer, at, 0),
  ticket(customer, at + 1, 'OPENED'),
  ticket(customer, at + 2, 'RESOLVED'),
  ticket(customer, at + 3, 'REOPENED'),
];

export async function createWorld(): Promise<World> {
  const app = await Application.create({ shards: 2 });
  const worker = app.start();
  await app.feed(LOYAL.flatMap((customer) => [60, 30, 5].map((days) => purchase(customer, Date.now() - days * DAY))));
  await app.drained(Date.now() - DAY, 60, [worker]);
  await until('both shards to have caught up', 60, async () =>
    (await app.applied()).every((shard) => shard !== null && shard.header.caughtUpAt !== null) ? true : undefined,
  );
  // From here on what happens is live.
  const now = Date.now();
  await app.feed(NEWCOMERS.map((customer) => purchase(customer, now)));
  await app.feed(LOYAL.flatMap((customer) => trouble(customer, now)));
  await app.drained(now, 60, [worker]);
  // Better words first: a purchase closes only an episode whose cause is gone.
  await app.feed(BACK.map((customer) => answer(customer, Date.now(), 10)));
  await app.drained(now, 60, [worker]);
  await app.feed(BACK.map((customer) => purchase(customer, Date.now())));
  await app.drained(now, 60, [worker]);
  const { topics } = app.config;
  await until('KPIs', 60, async () => ((await app.read(topics.kpis)).length > 0 ? true : undefined));
  worker.signal('SIGTERM');
  await worker.ended;

  const outputs = await app.outputs();
  await abort(app, outputs);
  const partition = partitionOf(ERASED, app.config.shards);
  await app.producer.produce(topics.profiles, [{ partition, key: Buffer.from(ERASED), value: null }]);
  const { RAPPORT_KAFKA_BROKERS = '', RAPPORT_REGISTRY_URL = '' } = app.environment;
  return {
    app,
    outputs,
    environment: { RAPPORT_KAFKA_BROKERS, RAPPORT_REGISTRY_URL, RAPPORT_APPLICATION_ID: app.id, SESSION_TIMEOUT_MS: '3000' },
  };
}

/** Records that were never committed, one in every partition of three topics, each as a reader would take it. */
async function abort(app: Application, { changes, alerts, profiles }: Outputs): Promise<void> {
  const { topics, shards, kafka } = app.config;
  const [change, alert, profile] = [changes[0], alerts.find(({ kind }) => kind === 'CHURN_RISK'), profiles[0]];
  if (change === undefined || alert === undefined || profile === undefined) throw new Error('the world has brought too little');
  const records: readonly (readonly [string, SchemaName, SegmentChangeRecord | AlertRecord | ProfileRecord])[] = [
    [topics.segmentChanges, 'out/segment-change', { ...change, customerId: ABORTED, changeId: ABORTED, origin: 'live' }],
    [topics.alerts, 'out/alert', { ...alert, customerId: ABORTED, alertId: ABORTED, origin: 'live' }],
    [topics.profiles, 'out/profile', { ...profile, customerId: ABORTED }],
  ];
  const client = createClient(kafka, pino({ level: 'silent' }), {
    clientId: 'aborter',
    requestTimeout: 10_000,
    retry: { initialRetryTime: 50, retries: 8 },
  });
  const producer = client.producer({ transactionalId: `${app.id}-aborter`, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  try {
    const transaction = await producer.transaction();
    for (const [topic, schema, record] of records) {
      const [first] = await app.read(topic);
      const header = first?.record.value?.subarray(0, 5);
      if (header === undefined) throw new Error(`nothing in ${topic}`);
      const value = Buffer.concat([header, avroType(schema).toBuffer(record)]);
      const messages = Array.from({ length: shards }, (_, partition) => ({ partition, key: ABORTED, value }));
      await transaction.send({ topic, messages });
    }
    await transaction.abort();
  } finally {
    await producer.disconnect();
  }
}
