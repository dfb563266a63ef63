/**
 * What customers wrote goes nowhere: a word that stands in their comments alone is looked for in every byte that rapport writes, and found in dead letters' copies of
 * the original only.
 */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { expect, inject, onTestFinished, test } from 'vitest';
import type { TypedRecord } from '../../src/sources/index.ts';
import { Application, partitionOf, type Sendable } from '../support/app.ts';

/** Letters, as a word must have to be read as one; lower case, as readers of words make it. */
const CANARY = `canary${randomUUID().replaceAll(/[^a-f]/g, '')}xyzzy`;
const ANGRY = `Terrible, awful, the worst ever. ${CANARY} is broken and nobody answers!`;
/** ten days ago: since then nobody has answered */
const NOW = Date.now() - 10 * 86_400_000;
const CUSTOMERS = 20;
const SOURCES = `
sources:
  - { type: purchase, topic: APP.purchases }
  - { type: survey, topic: APP.surveys }
  - { type: support, topic: APP.support }
  - { type: support, topic: APP.tickets, format: json }
`;

const has = (bytes: Buffer | string | null): boolean =>
  Buffer.from(bytes ?? '')
    .toString('latin1')
    .toLowerCase()
    .includes(CANARY);

let made = 0;
const fact = (customerId: string) => ({ eventId: `e-${++made}`, customerId, occurredAt: NOW + made });

function ticket(customer: string, ticketId: string, comment: string | null): Extract<TypedRecord, { type: 'support' }> {
  const rest = { status: 'OPENED' as const, channel: 'CHAT', priority: 'HIGH', satisfaction: 5, costMinor: null };
  return { type: 'support', record: { ...fact(customer), ...rest, ticketId, comment } };
}

function story(customer: string): Sendable[] {
  const bought = {
    kind: 'PURCHASE' as const,
    amountMinor: 90_000,
    currency: 'USD',
    discountMinor: 0,
    costMinor: null,
    items: 1,
    channel: 'WEB',
  };
  const none = { recurring: false, recommended: false, campaignId: null, orderedAt: null };
  return [
    ...Array.from(
      { length: 6 },
      (_, i): TypedRecord => ({ type: 'purchase', record: { ...fact(customer), ...bought, ...none, orderId: `o-${customer}-${i}` } }),
    ),
    { type: 'survey', record: { ...fact(customer), surveyId: `s-${customer}`, kind: 'NPS', score: 10, comment: ANGRY, channel: 'EMAIL' } },
    ticket(customer, `t-${customer}`, ANGRY),
  ];
}

test('what customers wrote is in no state, journal, output or log line; only a dead letter has the original bytes', async () => {
  const app = await Application.create({ file: SOURCES, environment: { RAPPORT_LOG_LEVEL: 'debug' } });
  onTestFinished(() => app.stop());
  const customers = Array.from({ length: CUSTOMERS }, (_, i) => `c-${i}`);
  await app.feed(customers.flatMap(story));
  // Broken in ways that tempt a parser to quote what it read.
  const text = JSON.stringify(ticket('c-0', 't-0', ANGRY).record);
  const broken = [
    text.slice(0, -1),
    text.replace('"OPENED"', '7'),
    text.replace('"c-0"', '""'),
    text.replace('"satisfaction":5', `"satisfaction":"${CANARY}"`),
  ];
  const partition = partitionOf('c-0', app.config.shards);
  await app.producer.produce(
    `${app.id}.tickets`,
    [text, ...broken].map((value) => ({ partition, key: Buffer.from('c-0'), value: Buffer.from(value) })),
  );
  const avro = app.encode(app.sourceOf('support'), ticket('c-0', 't-1', ANGRY));
  await app.producer.produce(`${app.id}.support`, [{ partition, key: Buffer.from('c-0'), value: avro.subarray(0, -1) }]);

  const worker = app.start();
  await app.drained(Date.now() - 60_000, 60, [worker]);
  const { topics } = app.config;
  const { alerts, deadLetters } = await app.outputs();
  // It was read: scores are the best there are, and still there are alerts.
  expect(new Set(alerts.filter(({ signals }) => signals.includes('NEGATIVE_FEEDBACK')).map(({ kind }) => kind))).toContain('CHURN_RISK');
  expect(deadLetters).toHaveLength(broken.length + 1);
  for (const letter of deadLetters) {
    expect(has(letter.value)).toBe(true);
    expect(has(JSON.stringify({ ...letter, value: null }))).toBe(false);
  }

  const found: string[] = [];
  for (const [name, topic] of Object.entries(topics)) {
    for (const { record } of await app.read(topic)) {
      const letter =
        topic === topics.deadLetters ? deadLetters.map(({ value }) => value).find((value) => value && record.value?.includes(value)) : null;
      const rest =
        letter == null
          ? record.value
          : Buffer.from((record.value ?? '').toString('latin1').replace(letter.toString('latin1'), ''), 'latin1');
      if (has(rest) || has(record.key) || record.headers.some(({ key, value }) => has(key) || has(value)))
        found.push(`${name} at ${record.offset}`);
    }
  }
  for (const { key, bytes } of await redisContents(`{${app.id}:*`)) if (has(key) || has(bytes)) found.push(`Redis: ${key}`);
  worker.signal('SIGTERM');
  const { code, stdout, stderr } = await worker.ended;
  expect(code).toBe(0);
  expect(worker.lines().length).toBeGreaterThan(5);
  if (has(stdout) || has(stderr) || has(JSON.stringify(worker.lines()))) found.push('the log');
  expect(found).toEqual([]);
});

/** Every key and all that stands under it. */
async function redisContents(pattern: string): Promise<{ key: string; bytes: Buffer }[]> {
  const redis = new Redis(inject('redis'));
  try {
    const keys = await redis.keys(pattern);
    expect(keys.length).toBeGreaterThan(CUSTOMERS);
    return await Promise.all(
      keys.map(async (key) => {
        const kind = await redis.type(key);
        if (kind === 'string') return { key, bytes: (await redis.getBuffer(key)) ?? Buffer.alloc(0) };
        if (kind === 'hash')
          return {
            key,
            bytes: Buffer.concat(
              Object.entries(await redis.hgetallBuffer(key)).map(([name, value]) =>
                Buffer.from(`${name} ${value.toString('latin1')}`, 'latin1'),
              ),
            ),
          };
        if (kind === 'zset') return { key, bytes: Buffer.concat(await redis.zrangeBuffer(key, '0', '-1')) };
        throw new Error(`${key} is a ${kind}: read it too`);
      }),
    );
  } finally {
    redis.disconnect();
  }
}
