/**
 * Kafka, Redis or the registry away, at the start and in mid-stream: the worker lives, says so once, goes on by itself; nothing is lost, nothing doubled.
 */
import avsc from 'avsc';
import { expect, inject, onTestFailed, onTestFinished, test } from 'vitest';
import { SCHEMA_TEXTS } from '../../src/codec/types.ts';
import { encodeWire } from '../../src/codec/wire.ts';
import type { TypedRecord } from '../../src/sources/index.ts';
import { startKafka } from '../../src/stack/kafka.ts';
import type { Resource } from '../../src/stack/resource.ts';
import { purchase } from '../engine/support/history.ts';
import { Application } from '../support/app.ts';
import { type FaultyLink, startProxy } from '../support/proxy.ts';
import type { WorkerProcess } from '../support/worker-process.ts';
import { expectAgreement, historyOf, sound } from './agreement.ts';

const { items, until: end } = historyOf({ customers: 250, days: 730, seed: 13 });

/** How long a server is away: longer than a session and than the first pauses between attempts. */
const AWAY_SECONDS = 4;

/** An outage is a time; this is its end. */
function outage(worker: WorkerProcess): Promise<void> {
  const over = performance.now() + AWAY_SECONDS * 1_000;
  return worker.until('the end of the outage', AWAY_SECONDS + 5, () => performance.now() > over);
}

async function proxyTo(url: string): Promise<{ link: FaultyLink; url: string }> {
  const to = new URL(url);
  const proxy: Resource<FaultyLink> = await startProxy({ to: { host: to.hostname, port: Number(to.port) } });
  onTestFinished(() => proxy.stop());
  to.port = String(proxy.value.port);
  return { link: proxy.value, url: String(to).replace(/\/$/, '') };
}

/** Waits until it says that it waits for this server. */
const waitsFor = (worker: WorkerProcess, what: string, times = 1): Promise<void> =>
  worker.until(`the line that it waits for ${what}`, 30, () => worker.lines(`waiting for ${what}`).length >= times);

/** One line for all, and at most one more for each shard that lost its step; whatever the time that the server was away. */
function expectFewWords(worker: WorkerProcess, what: string, outages: number): void {
  expect(worker.lines(`waiting for ${what}`)).toHaveLength(outages);
  const { shards } = worker;
  for (const shard of shards)
    expect(worker.lines('the shard is taken over again').filter((line) => line.shard === shard).length).toBeLessThanOrEqual(2);
  expect(worker.warnings.length, JSON.stringify(worker.warnings)).toBeLessThanOrEqual(outages * 3 + shards.length);
}

async function stopped(worker: WorkerProcess): Promise<void> {
  worker.signal('SIGTERM');
  expect((await worker.ended).code).toBe(0);
}

test('Redis away at the start and in mid-stream', async () => {
  const { link, url } = await proxyTo(inject('redis'));
  const app = await Application.create({ reachedAt: { redis: url } });
  onTestFinished(() => app.stop());
  await app.feed(items);
  link.cut();
  const worker = app.start();
  await waitsFor(worker, 'Redis');
  await outage(worker);
  expectFewWords(worker, 'Redis', 1);
  await link.resume();
  await app.reaches(0.2, worker);
  link.cut();
  await waitsFor(worker, 'Redis', 2);
  await outage(worker);
  expectFewWords(worker, 'Redis', 2);
  await link.resume();
  await app.drained(end, 60, [worker]);
  await expectAgreement(app, sound(items), end);
  expectFewWords(worker, 'Redis', 2);
  await stopped(worker);
});

test('the registry away at the start, and when a record names a schema that has not been seen', async () => {
  const { link, url } = await proxyTo(inject('registry'));
  const app = await Application.create({ reachedAt: { registry: url } });
  onTestFinished(() => app.stop());
  const before = sound(items.slice(0, 2_000));
  await app.feed(before);
  link.cut();
  const worker = app.start();
  await waitsFor(worker, 'the schema registry');
  await outage(worker);
  expectFewWords(worker, 'the schema registry', 1);
  await link.resume();
  await app.drained(end, 60, [worker]);

  link.cut();
  const now = Date.now();
  const news = Array.from({ length: 40 }, (_, i): TypedRecord => purchase(`new-${i}`, `new-${i}`, now));
  const encode = await writerWithAField(app, 'purchase');
  await app.feed(news.map((event) => ({ ...event, raw: encode(event) })));
  await waitsFor(worker, 'the schema registry', 2);
  await outage(worker);
  expectFewWords(worker, 'the schema registry', 2);
  await link.resume();
  await app.drained(end, 60, [worker]);
  await expectAgreement(app, [...before, ...news], end);
  await stopped(worker);
});

/** Registers a version of a source's schema with one more field, and encodes by it. */
async function writerWithAField(app: Application, type: TypedRecord['type']): Promise<(event: TypedRecord) => Buffer> {
  const { topic } = app.sourceOf(type);
  const schema = JSON.parse(SCHEMA_TEXTS[`in/${type}`]);
  schema.fields.push({ name: 'till', type: 'string', default: '' });
  const answer = await fetch(`${inject('registry')}/subjects/${topic}-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: JSON.stringify(schema) }),
  });
  const { id }: { id: number } = JSON.parse(await answer.text());
  const writer = avsc.Type.forSchema(schema, { wrapUnions: 'never' });
  return ({ record }) => encodeWire(id, writer, { ...record, till: '7' });
}

test('Kafka away at the start and in mid-stream', { timeout: 240_000 }, async () => {
  const kafka = await startKafka({ brokers: 1, log: () => undefined });
  onTestFinished(() => kafka.stop());
  const [broker] = kafka.value.brokers;
  if (broker === undefined) throw new Error('no broker');
  const app = await Application.create({ servers: { kafka: kafka.value.bootstrap } });
  onTestFinished(() => app.stop());
  await app.feed(items);
  await broker.kill();
  const worker = app.start();
  onTestFailed(() => console.log(worker.lines().slice(-40)));
  await waitsFor(worker, 'Kafka');
  expectFewWords(worker, 'Kafka', 1);
  await broker.restart();
  await app.reaches(0.2, worker);
  await broker.kill();
  await waitsFor(worker, 'Kafka', 2);
  await broker.restart();
  await app.drained(end, 60, [worker]);
  await expectAgreement(app, sound(items), end);
  expectFewWords(worker, 'Kafka', 2);
  await stopped(worker);
});
