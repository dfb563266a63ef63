/**
 * Holds asyncapi.yaml to the AsyncAPI specification and to the code: topics, schemas, keys and headers. Keys and headers are compared with those of records that the engine
 * writes in memory, so an output without a channel, or a channel that says something else, fails. Needs no server.
 */
import { globSync } from 'node:fs';
import specifications from '@asyncapi/specs';
import { Ajv } from 'ajv';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { topicSpecs } from '../src/cli/topics.ts';
import { readOutput } from '../src/codec/local.ts';
import type { Config } from '../src/config/config.ts';
import { getIn } from '../src/config/data.ts';
import { loadConfig } from '../src/config/load.ts';
import { presets } from '../src/domain/presets.ts';
import { publishKpis } from '../src/engine/publisher.ts';
import { OUTPUT_SCHEMAS, type OutputType, topicOf } from '../src/outputs/index.ts';
import type { OutRecord } from '../src/outputs/record.ts';
import { TestDriver } from '../src/testing.ts';
import { DAY, purchase, START } from './engine/support/history.ts';
import { ROOT, read } from './support/markdown.ts';

interface Channel {
  readonly address: string;
  readonly messages: Readonly<Record<string, { readonly $ref: string }>>;
  readonly bindings?: { readonly kafka: { readonly topicConfiguration: Readonly<Record<string, unknown>> } };
}

interface Key {
  readonly 'x-key-of'?: readonly string[];
  readonly anyOf?: readonly Key[];
}

/** Nobody's to read but rapport's: not described. */
const INTERNAL = ['journal', 'reroute'];

const document: {
  readonly info: { readonly version: string };
  readonly channels: Readonly<Record<string, Channel>>;
  readonly operations: Readonly<Record<string, { readonly action: string; readonly channel: { readonly $ref: string } }>>;
} = parse(read('asyncapi.yaml'));
const channels = Object.values(document.channels);
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema(document, 'asyncapi.yaml');

const at = (ref: string): unknown => getIn(document, ref.slice(2).split('/'));
const addressOf = ({ address }: Channel): string => address.replace('{applicationId}', 'rapport');
const channelOf = (topic: string): Channel | undefined => channels.find((channel) => addressOf(channel) === topic);
/** The one message of a topic, by its place in the document. */
const messageOf = (topic: string): string => {
  const refs = Object.values(channelOf(topic)?.messages ?? {}).map(({ $ref }) => $ref);
  expect(refs, topic).toHaveLength(1);
  return refs[0] ?? '';
};
const payloadOf = (topic: string): unknown => getIn(at(messageOf(topic)), ['payload', 'schema', '$ref']);

let config: Config;
beforeAll(async () => {
  config = await loadConfig({ RAPPORT_KAFKA_BROKERS: 'a:1', RAPPORT_REDIS_URL: 'redis://a:1', RAPPORT_REGISTRY_URL: 'http://a:1' });
});

/** With what its references to schemas stand for in their places. */
function resolved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolved);
  if (typeof value !== 'object' || value === null) return value;
  const ref = '$ref' in value && typeof value.$ref === 'string' && value.$ref.startsWith('./') ? value.$ref : null;
  return ref === null ? Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, resolved(inner)])) : JSON.parse(read(ref));
}

const refsIn = (value: unknown): string[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([name, inner]) => (name === '$ref' && typeof inner === 'string' ? [inner] : refsIn(inner)));

describe('asyncapi.yaml', () => {
  test('is AsyncAPI 3.0, its schemas included, and what it refers to is there', () => {
    const specification: object = specifications.schemasWithoutId['3.0.0'];
    const isValid = new Ajv({ strict: false, validateFormats: false, allErrors: false }).compile(specification);
    expect(isValid(resolved(document)) ? [] : isValid.errors).toEqual([]);
    expect(isValid({ ...document, channels: { wrong: { address: 7 } } })).toBe(false);
    for (const ref of refsIn(document).filter((each) => each.startsWith('#/'))) expect(at(ref), ref).toBeDefined();
    expect(document.info.version).toBe(JSON.parse(read('package.json')).version);
  });

  test('has a channel for every topic that is written for readers or read, with its retention, and no other', () => {
    const outputs = Object.entries(config.topics).flatMap(([name, topic]) => (INTERNAL.includes(name) ? [] : [topic]));
    const inputs = config.sources.map(({ topic }) => topic);
    expect(channels.map(addressOf).toSorted()).toEqual([...outputs, ...inputs].toSorted());
    for (const { topic, configs } of topicSpecs(config)) {
      const { 'cleanup.policy': cleanup, 'retention.ms': retention } = configs;
      const wanted = {
        ...(cleanup === undefined ? {} : { 'cleanup.policy': [cleanup] }),
        ...(retention === undefined ? {} : { 'retention.ms': Number(retention) }),
      };
      const channel = channelOf(topic);
      if (channel !== undefined) expect(channel.bindings?.kafka.topicConfiguration ?? {}, topic).toEqual(wanted);
    }
    const actions = Object.values(document.operations).map(({ action, channel }) => `${action} ${getIn(at(channel.$ref), ['address'])}`);
    const short = (topic: string): string => topic.replace('rapport.', '{applicationId}.');
    expect(actions.toSorted()).toEqual(
      [...outputs.map((topic) => `send ${short(topic)}`), ...inputs.map((topic) => `receive ${short(topic)}`)].sort(),
    );
  });

  test('names the schema of every topic, and every schema of a topic', () => {
    const types = Object.keys(OUTPUT_SCHEMAS) as OutputType[];
    for (const type of types) expect(payloadOf(topicOf(type, config.topics)), type).toBe(`./schemas/${OUTPUT_SCHEMAS[type]}.avsc`);
    for (const { type, topic } of config.sources) expect(payloadOf(topic), topic).toBe(`./schemas/in/${type}.avsc`);
    const named = refsIn(document).filter((ref) => ref.startsWith('./'));
    expect(named.toSorted()).toEqual(
      globSync('schemas/{in,out}/*.avsc', { cwd: ROOT })
        .map((file) => `./${file}`)
        .sort(),
    );
  });

  test('says of keys and headers what the engine writes', { timeout: 60_000 }, async () => {
    const policy = { ...presets.retail, value: { ...presets.retail.value, percentile: 60 } };
    const driver = new TestDriver({ start: START + 100 * DAY + DAY / 2, shards: 2, policy, kpis: true });
    for (let i = 0; i < 40; i++) driver.pipe(purchase(`e${i}`, `c${i}`, START, { amountMinor: (i + 1) * 1_000 }));
    driver.kafka.append('test.purchase', 0, { key: 'anna', value: Buffer.from('no Avro') });
    const { topics } = driver.settings;
    const recordsOf = (type: OutputType): readonly OutRecord[] =>
      [0, 1].flatMap((shard) =>
        driver.kafka.records(topicOf(type, topics), shard).map((record) => ({ topic: '', partition: shard, ...record })),
      );
    const types = Object.keys(OUTPUT_SCHEMAS) as OutputType[];
    try {
      await driver.start({ publisherOf: publishKpis({ patience: 5_000 }) });
      for (let i = 0; i < 100 && types.some((type) => recordsOf(type).length === 0); i++) await driver.advance(5_000);
    } finally {
      await driver.stop();
    }
    for (const type of types) {
      const records = recordsOf(type);
      expect(records.length, type).toBeGreaterThan(0);
      const message = messageOf(topicOf(type, config.topics));
      const key = `${String(getIn(at(message), ['bindings', '$ref']))}/kafka/key`;
      const [isHeaders, isKey] = [`${message}/headers`, key].map((place) => ajv.compile({ $ref: `asyncapi.yaml${place}` }));
      for (const record of records) {
        const headers = Object.fromEntries(record.headers.map(({ key: name, value }) => [name, value.toString()]));
        expect(isHeaders?.(headers) ? [] : isHeaders?.errors, `headers of ${type}`).toEqual([]);
        expect(headers.ce_type).toBe(`rapport.${type}`);
        expect(isKey?.(record.key?.toString()) ? [] : isKey?.errors, `key of ${type}`).toEqual([]);
        const { record: fields } = readOutput(record.value ?? Buffer.alloc(0));
        const written = keysBy(at(key) as Key, fields);
        if (written.length > 0) expect(written, `key of ${type}`).toContain(record.key?.toString());
      }
    }
  });
});

/** The keys that a record may have by what its binding says of its fields; none: it says nothing. */
const keysBy = ({ 'x-key-of': of, anyOf = [] }: Key, record: unknown): string[] => [
  ...(of === undefined ? [] : [of.map((field) => String(getIn(record, [field]))).join('|')]),
  ...anyOf.flatMap((key) => keysBy(key, record)),
];
