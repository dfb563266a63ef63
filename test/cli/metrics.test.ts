/** A worker with the endpoint on real servers: its figures are what stands in the topics, its probes what it is doing. */
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createPlainProducer, followTopics } from '../../src/adapters/kafka/index.ts';
import type { LogRecord } from '../../src/engine/ports.ts';
import { freePorts } from '../../src/stack/ports.ts';
import { until } from '../../src/stack/until.ts';
import { type Sample, samplesOf, sumOf } from '../telemetry/support.ts';
import { type Application, application, type Program } from './application.ts';

const SHARDS = 2;
const DAY = 86_400_000;
const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const GOOD = 40;
const BROKEN = 3;
const silent = pino({ level: 'silent' });

let app: Application;
let address: string;
let worker: Program;

beforeAll(async () => {
  const [port = 0] = await freePorts(1);
  address = `http://127.0.0.1:${port}`;
  app = await application(
    SHARDS,
    `metrics: { port: ${port} }\nsources:\n  - { type: purchase, topic: APP.purchases, format: json, keyedByCustomer: false }\n`,
  );
  expect((await app.run('topics', 'create')).code).toBe(0);
});
afterAll(() => app.stop());

const purchase = (i: number): Buffer =>
  Buffer.from(
    JSON.stringify({
      eventId: `e${i}`,
      customerId: `c${i % 10}`,
      occurredAt: Date.now() - (GOOD - i) * DAY,
      orderId: `o${i}`,
      amountMinor: 20_000,
      currency: 'USD',
      channel: 'WEB',
    }),
  );

async function fed(): Promise<void> {
  const producer = await createPlainProducer(app.config, silent);
  const topic = `${app.config.applicationId}.purchases`;
  const records = Array.from({ length: GOOD + BROKEN }, (_, i) => ({
    partition: i % SHARDS,
    key: null,
    value: i < GOOD ? purchase(i) : Buffer.from('{ "eventId": '),
    headers: { traceparent: Buffer.from(TRACE) },
  }));
  await producer.value.produce(topic, records);
  await producer.stop();
}

const status = (path: string): Promise<number | null> =>
  fetch(`${address}${path}`).then(
    ({ status: code }) => code,
    () => null,
  );
const scrape = async (): Promise<Sample[]> => samplesOf(await (await fetch(`${address}/metrics`)).text());

test('it becomes ready, and what it has counted is what stands in the topics', async () => {
  await fed();
  worker = app.start('run');
  await until('the worker to be ready', 40, async () => ((await status('/readyz')) === 200 ? true : undefined));
  expect(await status('/livez')).toBe(200);
  const samples = await until('all to be counted', 40, async () => {
    const now = await scrape();
    const taken = ['folded', 'dead'].reduce((sum, outcome) => sum + (sumOf(now, 'rapport_records_total', { outcome }) ?? 0), 0);
    return taken === GOOD + BROKEN && sumOf(now, 'rapport_input_lag') === 0 && sumOf(now, 'rapport_steps_to_apply') === 0 ? now : undefined;
  });
  expect(sumOf(samples, 'rapport_records_total', { outcome: 'folded' })).toBe(GOOD);
  expect(sumOf(samples, 'rapport_dead_letters_total', { reason: 'not_json' })).toBe(BROKEN);
  expect(sumOf(samples, 'rapport_shards_held')).toBe(SHARDS);
  for (const server of ['kafka', 'redis']) expect(sumOf(samples, 'rapport_server_up', { server }), server).toBe(1);
  expect(sumOf(samples, 'rapport_commit_seconds_count')).toBeGreaterThan(0);
  expect(sumOf(samples, 'rapport_watermark_delay_seconds')).toBeGreaterThan(0);
  expect(sumOf(samples, 'process_resident_memory_bytes')).toBeGreaterThan(1 << 20);
  expect(sumOf(samples, 'nodejs_eventloop_lag_p99_seconds')).not.toBeNull();
  expect(samples.every(({ labels }) => labels.application === app.config.applicationId)).toBe(true);

  const { segmentChanges, profiles, deadLetters, alerts } = app.config.topics;
  const counted = [segmentChanges, profiles, deadLetters, alerts];
  const records = new Map<string, LogRecord[]>(counted.map((topic) => [topic, []]));
  const reader = await followTopics(app.config, silent, counted, ({ topic }, record) => records.get(topic)?.push(record));
  try {
    // Alerts may still come by silence: what was counted is asked for together with what was read.
    await until('the topics to agree with the figures', 30, async () => {
      const now = await scrape();
      return counted.every((topic) => records.get(topic)?.length === (sumOf(now, 'rapport_outputs_total', { topic }) ?? 0))
        ? true
        : undefined;
    });
  } finally {
    await reader.stop();
  }
  expect(records.get(deadLetters)).toHaveLength(BROKEN);
  expect(records.get(segmentChanges)?.length).toBeGreaterThanOrEqual(10);
  const traces = (records.get(deadLetters) ?? []).map(({ headers }) => headers.find(({ key }) => key === 'traceparent')?.value.toString());
  expect(traces).toEqual(Array.from({ length: BROKEN }, () => TRACE));
});

test('a second one at the same port says so and which setting it is', async () => {
  const { code, stderr } = await app.run('run');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^rapport: 127\.0\.0\.1:\d+ cannot be listened at \(EADDRINUSE\).*RAPPORT_METRICS_PORT/m);
  expect(await status('/readyz')).toBe(200);
});

test('it stops with the worker', async () => {
  worker.process.kill('SIGTERM');
  expect((await worker.ended).code).toBe(0);
  expect(await status('/livez')).toBeNull();
});
