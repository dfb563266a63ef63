/** The adapter against a real registry: what is registered there, and what is fetched from it. */
import { randomBytes } from 'node:crypto';
import avsc from 'avsc';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { createClient } from '../../../src/adapters/registry/client.ts';
import { startRegistry } from '../../../src/adapters/registry/index.ts';
import { avroType } from '../../../src/codec/schemas.ts';
import { SCHEMA_TEXTS } from '../../../src/codec/types.ts';
import { topicsOf } from '../../../src/config/topics.ts';
import type { Instant } from '../../../src/domain/ids.ts';
import { Halt } from '../../../src/engine/errors.ts';
import { AT, CONFIG, EXAMPLES, logRecord, purchaseRecord } from '../../codec/support.ts';

const app = `test-${randomBytes(6).toString('hex')}`;
const registry = { url: inject('registry'), username: null, password: null, ca: null };
const config = {
  ...CONFIG,
  registry,
  applicationId: app,
  topics: topicsOf(app),
  sources: CONFIG.sources.map((source) => ({ ...source, topic: `${app}.${source.topic}` })),
};
const subject = `${app}.other-value`;
const client = createClient(registry);

afterAll(async () => {
  const started = await startRegistry(config);
  await started.value.removeSubjects();
  await started.stop();
  await client.remove(subject);
  client.stop();
});

const ask = async (path: string, init?: RequestInit): Promise<unknown> =>
  (await fetch(`${registry.url}${path}`, { ...init, headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' } })).json();

test('outputs are registered at start as `<topic>-value`, BACKWARD, and once', async () => {
  const first = await startRegistry(config);
  const second = await startRegistry(config);
  const { segmentChanges, profiles, alerts, kpis, thresholds, deadLetters } = config.topics;
  for (const topic of [segmentChanges, profiles, alerts, kpis, thresholds, deadLetters]) {
    expect(await ask(`/subjects/${topic}-value/versions`)).toEqual([1]);
    expect(await ask(`/config/${topic}-value`)).toEqual({ compatibilityLevel: 'BACKWARD' });
  }
  await Promise.all([first.stop(), second.stop()]);
});

test('what the encoder writes, a stranger reads by the schema that the registry has', async () => {
  const { value, stop } = await startRegistry(config);
  const origin = { topic: 't', partition: 0, offset: 1, timestamp: AT };
  const context = { shard: 0, now: AT as Instant, caughtUpAt: null, trigger: null };
  const record = value.encoder.deadLetter({ reason: 'not-avro', detail: 'd', origin, key: null, value: null }, context);
  const bytes = record.value ?? Buffer.alloc(0);
  const answer = await ask(`/schemas/ids/${bytes.readInt32BE(1)}`);
  expect(answer).toMatchObject({ schema: expect.any(String) });
  const type = avsc.Type.forSchema(JSON.parse((answer as { schema: string }).schema));
  expect(type.fromBuffer(bytes.subarray(5))).toMatchObject({ reason: 'not_avro', detail: 'd' });
  await stop();
});

test('inputs are registered when asked, and every event comes back through another process’s decoder', async () => {
  const producer = await startRegistry(config);
  const encode = await producer.value.inputs();
  const consumer = await startRegistry(config);
  for (const event of EXAMPLES) {
    for (const source of config.sources.filter(({ type }) => type === event.type)) {
      const record = logRecord(encode(source, event));
      await consumer.value.decoder.prepare(source.topic, [record]);
      expect(consumer.value.decoder.decode(source.topic, record)).toMatchObject({
        outcome: 'event',
        event: { type: event.type, customer: 'anna' },
      });
    }
  }
  expect(await ask(`/config/${app}.purchase-value`)).toEqual({ compatibilityLevel: 'BACKWARD' });
  await Promise.all([producer.stop(), consumer.stop()]);
});

describe('writer schemas', () => {
  const topic = `${app}.purchase`;

  test('a producer’s own schema is resolved against ours; one that cannot be is a dead letter', async () => {
    const { value, stop } = await startRegistry(config);
    const theirs = JSON.parse(SCHEMA_TEXTS['in/purchase']);
    theirs.fields.push({ name: 'tags', type: { type: 'array', items: 'string' } });
    const id = await client.register(subject, JSON.stringify(theirs));
    const body = avsc.Type.forSchema(theirs).toBuffer({ ...purchaseRecord(), tags: ['a'] });
    const bad = await client.register(`${subject}-bad`, '{"type":"record","name":"Bad","fields":[{"name":"a","type":"int"}]}');
    const records = [id, bad].map((one) => {
      const header = Buffer.alloc(5);
      header.writeInt32BE(one, 1);
      return logRecord(Buffer.concat([header, body]));
    });
    await value.decoder.prepare(topic, records);
    expect(records.map((record) => value.decoder.decode(topic, record))).toMatchObject([
      { outcome: 'event', event: { customer: 'anna' } },
      { outcome: 'dead', reason: 'unknown-schema', detail: expect.stringContaining(`schema ${bad} cannot be read as a purchase`) },
    ]);
    await client.remove(`${subject}-bad`);
    await stop();
  });

  test.each([2_000_000_000, -1, 0])('the id %d is unknown', async (id) => {
    const { value, stop } = await startRegistry(config);
    const header = Buffer.alloc(5);
    header.writeInt32BE(id, 1);
    const record = logRecord(Buffer.concat([header, avroType('in/purchase').toBuffer(purchaseRecord())]));
    await value.decoder.prepare(topic, [record]);
    expect(value.decoder.decode(topic, record)).toEqual({
      outcome: 'dead',
      reason: 'unknown-schema',
      detail: `schema ${id} is not registered`,
    });
    await stop();
  });

  test('one that is not Avro cannot be used', async () => {
    const schema = '{"$schema":"http://json-schema.org/draft-07/schema#","type":"object"}';
    const answer = await ask(`/subjects/${subject}-json/versions`, {
      method: 'POST',
      body: JSON.stringify({ schemaType: 'JSON', schema }),
    });
    const { id } = answer as { id: number };
    expect(await client.find(id)).toBe(`schema ${id} is not Avro`);
    await client.remove(`${subject}-json`);
  });
});

describe('registering', () => {
  const put = (level: string): Promise<unknown> =>
    ask(`/config/${subject}`, { method: 'PUT', body: JSON.stringify({ compatibility: level }) });

  test('a schema that breaks what is registered stops the process with what to do', async () => {
    await client.register(subject, SCHEMA_TEXTS['in/purchase']);
    await expect(client.register(subject, SCHEMA_TEXTS['in/support'])).rejects.toThrow(Halt);
    await expect(client.register(subject, SCHEMA_TEXTS['in/support'])).rejects.toThrow(`subject ${subject}`);
  });

  test('workers that register at the same instant all get an id that is found, none is refused', async () => {
    const clients = Array.from({ length: 6 }, () => createClient(registry));
    for (let round = 0; round < 8; round++) {
      const fresh = `${subject}-${round}`;
      const ids = await Promise.all(clients.map((one) => one.register(fresh, SCHEMA_TEXTS['in/purchase'])));
      for (const id of ids) expect(await client.find(id)).toBeInstanceOf(avsc.Type);
      await client.remove(fresh);
    }
    for (const one of clients) one.stop();
  });

  test('a subject without compatibility gets BACKWARD, a stricter one keeps its own, a weaker one stops the process', async () => {
    const next = (name: string): string => JSON.stringify({ ...JSON.parse(SCHEMA_TEXTS['in/purchase']), doc: name });
    await put('NONE');
    await client.register(subject, next('a'));
    expect(await ask(`/config/${subject}`)).toEqual({ compatibilityLevel: 'BACKWARD' });
    await put('FULL');
    await client.register(subject, next('b'));
    expect(await ask(`/config/${subject}`)).toEqual({ compatibilityLevel: 'FULL' });
    await put('FORWARD');
    await expect(client.register(subject, next('c'))).rejects.toThrow(/compatibility FORWARD: set BACKWARD/);
  });
});

test('subjects are removed with the application, and removing them twice is no error', async () => {
  const gone = {
    ...config,
    topics: {
      ...config.topics,
      segmentChanges: `${app}.gone`,
      profiles: `${app}.gone-2`,
      deadLetters: `${app}.gone-3`,
      alerts: `${app}.gone-4`,
      kpis: `${app}.gone-5`,
      thresholds: `${app}.gone-6`,
    },
  };
  const { value, stop } = await startRegistry({ ...gone, sources: [] });
  expect(await ask('/subjects')).toContain(`${app}.gone-value`);
  await value.removeSubjects();
  await value.removeSubjects();
  const left = (await ask('/subjects')) as string[];
  expect(left.filter((name) => name.startsWith(`${app}.gone`))).toEqual([]);
  await stop();
});
