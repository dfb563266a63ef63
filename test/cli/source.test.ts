import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import avsc from 'avsc';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ended, program } from './application.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/mapping/${name}`, import.meta.url));

const SOURCES = `
policy: policy.yaml
sources:
  - type: purchase
    topic: orders.v1
    format: json
    map:
      when: { path: type, in: [PAID] }
      fields:
        eventId: id
        customerId: customer.id
        occurredAt: { path: at, unit: seconds }
        orderId: id
        amountMinor: { path: total, unit: major }
        currency: { value: EUR }
  - { topic: tracks, format: json, map: { preset: segment } }
  - { type: survey, topic: surveys, format: json }
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rapport-source-'));
  await put('rapport.yaml', SOURCES);
  await put(
    'policy.yaml',
    'preset: retail\ncurrency: EUR\nvalue: { high: 500 }\nlifetime: { gammaGamma: { v: 15 } }\nrates: [{ currency: USD, from: 2020-01-01, rate: 0.9 }, { currency: JPY, from: 2020-01-01, rate: 0.006 }]\n',
  );
});
afterAll(() => rm(folder, { recursive: true }));

async function put(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** Without any server: none is named. */
const run = (...args: string[]): Promise<Ended> =>
  program(['source', 'try', ...args], { RAPPORT_CONFIG: join(folder, 'rapport.yaml') }).ended;

const order = (over: object = {}) => ({ id: 'o-1', type: 'PAID', customer: { id: 42 }, at: 1_740_823_200, total: '49.90', ...over });
const EVENT =
  '{"type":"purchase","eventId":"o-1","customerId":"42","occurredAt":1740823200000,"orderId":"o-1","amountMinor":4990,"currency":"EUR"}';

test('each sample is shown as what becomes of it, errors with field and path; a sample that cannot be used makes the end 1', async () => {
  const samples = [
    order(),
    '',
    order({ type: 'DRAFT' }),
    order({ customer: { id: null } }),
    order({ at: 4_000_000_000 }),
    '{"a":',
    `{"id":"${'x'.repeat(600_000)}"}`,
  ];
  const file = await put(
    'samples.ndjson',
    samples.map((sample) => (typeof sample === 'string' ? sample : JSON.stringify(sample))).join('\n'),
  );
  const { code, stdout, stderr } = await run(file, '--topic', 'orders.v1');
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(stdout.split('\n')).toEqual([
    `${file}:1: ${EVENT}`,
    `${file}:3: passed over`,
    `${file}:4: invalid-record: customerId from customer.id is missing`,
    `${file}:5: future-event: occurredAt is more than 5 minutes ahead of this host`,
    `${file}:6: not-json: the value is not JSON`,
    `${file}:7: too-large: the line is longer than 524288 bytes`,
    '',
    'outcome                      samples',
    'purchase                           1',
    'passed over                        1',
    'dead letter: invalid-record        1',
    'dead letter: future-event          1',
    'dead letter: not-json              1',
    'dead letter: too-large             1',
    'all                                6',
    '',
  ]);
});

test('with --json there is one object a sample and the summary last; when all can be used the end is 0', async () => {
  const { code, stdout } = await run(fixture('segment.ndjson'), '--topic', 'tracks', '--json');
  const lines = stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(code).toBe(0);
  expect(lines).toHaveLength(16);
  expect(lines[0]).toMatchObject({
    at: `${fixture('segment.ndjson')}:1`,
    outcome: 'event',
    event: { type: 'purchase', amountMinor: 2250 },
  });
  expect(lines[4]).toEqual({ at: `${fixture('segment.ndjson')}:5`, outcome: 'passed' });
  expect(lines.at(-1)).toEqual({
    topic: 'tracks',
    samples: 15,
    events: { purchase: 3, engagement: 6, survey: 1, attributes: 1 },
    passed: 4,
    dead: 0,
    reasons: {},
  });
});

test('a list, one object over several lines, stdin and an Avro container file are samples too', async () => {
  const list = await put('list.json', JSON.stringify([order(), 7, order({ total: '1.234' })], null, 2));
  expect(await run(list, '--topic', 'orders.v1')).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(
      /list\.json\[0\]: \{"type":"purchase".*\n.*\[1\]: not-json: the value is not an object\n.*\[2\]: invalid-record: amountMinor from total has more/,
    ),
  });
  const one = await put('one.json', JSON.stringify(order(), null, 2));
  expect(await run(one, '--topic', 'orders.v1')).toMatchObject({ code: 0, stdout: expect.stringContaining(`${one}[0]: ${EVENT}`) });

  const piped = program(['source', 'try', '-', '--topic', 'orders.v1'], { RAPPORT_CONFIG: join(folder, 'rapport.yaml') });
  piped.process.stdin?.end(JSON.stringify(order()));
  expect(await piped.ended).toMatchObject({ code: 0, stdout: expect.stringContaining(`stdin:1: ${EVENT}`) });

  const fields = [
    { name: 'id', type: 'string' },
    { name: 'type', type: 'string' },
    { name: 'customer', type: { type: 'record', name: 'Customer', fields: [{ name: 'id', type: ['null', 'long'] }] } },
    { name: 'at', type: 'long' },
    { name: 'total', type: { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 } },
  ];
  const encoder = new avsc.streams.BlockEncoder({ type: 'record', name: 'Order', fields } as avsc.Schema, { codec: 'deflate' });
  const chunks: Buffer[] = [];
  encoder.on('data', (chunk: Buffer) => chunks.push(chunk));
  encoder.end(order({ total: Buffer.from([0x13, 0x7e]) }));
  await new Promise((resolve) => encoder.on('end', resolve));
  const container = await put('orders.avro', Buffer.concat(chunks));
  expect(await run(container, '--topic', 'orders.v1')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`${container}[0]: ${EVENT}`),
  });
  const cut = await put('cut.avro', Buffer.concat(chunks).subarray(0, -20));
  expect(await run(cut, '--topic', 'orders.v1')).toMatchObject({ code: 1, stdout: '' });
});

test('a source without a map is tried too', async () => {
  const file = await put('answers.ndjson', '{"eventId":"a","customerId":"anna","occurredAt":1,"surveyId":"s","kind":"NPS","score":11}');
  expect(await run(file, '--topic', 'surveys')).toMatchObject({
    code: 1,
    stdout: expect.stringContaining(':1: invalid-record: score is not between 0 and 10\n'),
  });
});

test('which source is meant must be clear; what is wrong with the configuration or the file is said', async () => {
  const file = fixture('segment.ndjson');
  const unclear = await run(file);
  expect(unclear).toMatchObject({ code: 2, stdout: '' });
  expect(unclear.stderr).toContain('say which source by --topic; there are: orders.v1, tracks, surveys');
  expect((await run(file, '--topic', 'nope')).stderr).toContain('no source has the topic nope; there are: orders.v1, tracks, surveys');
  expect(await run(join(folder, 'none'), '--topic', 'tracks')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/none cannot be read \(ENOENT\)/),
  });
  expect(await run(await put('empty', '\n\n'), '--topic', 'tracks')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('has no samples'),
  });
  const bad = await put('bad.yaml', 'sources:\n  - { topic: t, map: { preset: segmnt } }\n');
  expect(await run(file, '--config', bad)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`${bad}:2:32: sources.0.map.preset must be debezium or segment, but is "segmnt".`),
  });
  const single = await put(
    'single.yaml',
    'policy: policy.yaml\nsources:\n  - { topic: t, format: json, map: { preset: segment } }\n  - { type: survey, topic: s }\n',
  );
  expect(await run(file, '--config', single)).toMatchObject({ code: 0 });
});
