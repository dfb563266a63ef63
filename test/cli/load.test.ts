import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { parseLine } from '../../src/sources/ndjson.ts';
import { until } from '../../src/stack/until.ts';
import { type Application, application, program } from './application.ts';

let app: Application;
let before: number;
const countInputs = async (): Promise<number> => {
  const ends = await Promise.all(app.config.sources.map(({ topic }) => app.admin.ends(topic)));
  return ends.flat().reduce((sum, { end }) => sum + end, 0);
};
// JSON sources show what was written as it is; one of the five types has no source.
const SOURCES = `
sources:
  - { type: purchase, topic: APP.purchases, format: json }
  - { type: survey, topic: APP.surveys, format: json }
  - { type: engagement, topic: APP.engagement }
  - { type: attributes, topic: APP.attributes, format: json }
`;

beforeAll(async () => {
  app = await application(2, SOURCES);
  await app.admin.ensureTopics(app.config.sources.map(({ topic }) => ({ topic, partitions: 2, configs: {} })));
});
beforeEach(async () => {
  before = await countInputs();
});
afterAll(() => app.stop());

const purchase = (id: string, more: object = {}): string =>
  JSON.stringify({
    type: 'purchase',
    eventId: id,
    customerId: 'anna',
    occurredAt: 1_750_000_000_000,
    orderId: id,
    amountMinor: 100,
    currency: 'USD',
    channel: 'WEB',
    ...more,
  });

test('bad lines are named with their place and reason and passed over; the rest is in the topics in order; the end is 1', async () => {
  const file = join(app.folder, 'mixed.ndjson');
  const good = [
    purchase('e1', { occurredAt: '2025-05-01T00:00:00Z' }),
    purchase('e2', { amountMinor: -5 }),
    purchase('e3', { comment: 'é' }),
  ];
  const support = JSON.stringify({
    type: 'support',
    eventId: 's',
    customerId: 'anna',
    occurredAt: 0,
    ticketId: 't',
    status: 'OPENED',
    channel: 'WEB',
  });
  const engagement = JSON.stringify({ type: 'engagement', eventId: 'g', customerId: 'anna', occurredAt: 1, kind: 'VISIT', channel: 'WEB' });
  // Within the integers of JSON, but beyond those that Avro's library writes.
  const beyond = JSON.stringify({ ...JSON.parse(engagement), costMinor: Number.MAX_SAFE_INTEGER });
  const attributes = JSON.stringify({
    type: 'attributes',
    eventId: 'a',
    customerId: 'anna',
    occurredAt: 1,
    attributes: { region: 'north' },
  });
  const lines = [
    good[0],
    '',
    '{"type":"nope"}',
    '{"a":',
    good[1],
    purchase('e9', { occurredAt: '2025-05-01T00:00:00' }),
    support,
    beyond,
    engagement,
    attributes,
    attributes.replace('"north"', '7'),
  ];
  await writeFile(file, `${[...lines, 'x'.repeat(1_000_001), good[2]].join('\n')}`);
  const { code, stdout, stderr } = await app.run('load', file, '--json');
  expect(stderr.split('\n')).toEqual([
    `${file}:3: invalid-record: type is none of purchase, support, survey, engagement, attributes`,
    `${file}:4: not-json: the value is not JSON`,
    `${file}:6: invalid-time: occurredAt is not a time`,
    `${file}:7: the configuration has no source of support`,
    `${file}:8: invalid-record: it does not fit the schema of ${app.config.applicationId}.engagement`,
    `${file}:11: invalid-record: a value of attributes is not a string`,
    `${file}:12: the line is longer than 1000000 bytes`,
    '',
  ]);
  expect({ code, said: JSON.parse(stdout) }).toEqual({ code: 1, said: { lines: 12, written: 5, refused: 7 } });
  const taken = await app.inputs();
  const purchases = taken
    .filter(({ topic }) => topic.endsWith('.purchases'))
    .map(({ record }) => parseLine(record.value?.toString() ?? ''));
  expect(purchases).toEqual(good.map((line) => parseLine(line ?? '')));
  expect(new Set(taken.map(({ record }) => record.key?.toString()))).toEqual(new Set(['anna']));
});

test('--strict stops at the first bad line, with what came before it written', async () => {
  const loading = app.start('load', '-', '--strict');
  loading.process.stdin?.end(`${purchase('f1')}\nnonsense\n${purchase('f2')}\n`);
  const { code, stdout, stderr } = await loading.ended;
  expect({ code, stdout }).toEqual({ code: 1, stdout: '2 lines, 1 written, 1 refused\n' });
  expect(stderr).toBe('stdin:2: not-json: the value is not JSON\n');
  expect((await countInputs()) - before).toBe(1);
});

test('large lines of one customer go in batches that the brokers take', async () => {
  const file = join(app.folder, 'large.ndjson');
  const lines = Array.from({ length: 40 }, (_, i) =>
    JSON.stringify({
      type: 'survey',
      eventId: `l${i}`,
      customerId: 'anna',
      occurredAt: i,
      surveyId: 's',
      kind: 'NPS',
      score: 9,
      comment: 'ü'.repeat(150_000),
      channel: 'WEB',
    }),
  );
  await writeFile(file, lines.join('\n'));
  expect(await app.run('load', file)).toEqual({ code: 0, stdout: '40 lines, 40 written, 0 refused\n', stderr: '' });
  expect((await countInputs()) - before).toBe(40);
});

test('from a pipe, lines are written as they come; a signal ends it and says where', async () => {
  const loading = app.start('load', '-');
  loading.process.stdin?.write(`${purchase('p1')}\n${purchase('p2')}\n${purchase('p3').slice(0, 20)}`);
  await until('two records', 20, async () => ((await countInputs()) - before === 2 ? true : undefined));
  loading.process.kill('SIGINT');
  const { code, stdout, stderr } = await loading.ended;
  expect({ code, stdout, stderr }).toEqual({
    code: 1,
    stdout: '2 lines, 2 written, 0 refused\n',
    stderr: 'load: interrupted after stdin:2\n',
  });
});

test('a signal ends it with 1 within seconds also when a broker gives no answer', async () => {
  const connected = Promise.withResolvers<void>();
  const mute = createServer(() => connected.resolve());
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const address = mute.address();
  const broker = address === null || typeof address === 'string' ? '' : `127.0.0.1:${address.port}`;
  const loading = program(['load', '-'], {
    RAPPORT_KAFKA_BROKERS: broker,
    RAPPORT_REDIS_URL: 'redis://127.0.0.1:1',
    RAPPORT_REGISTRY_URL: 'http://127.0.0.1:1',
  });
  loading.process.stdin?.end(purchase('m1'));
  await connected.promise;
  const began = performance.now();
  loading.process.kill('SIGINT');
  const { code, stderr } = await loading.ended;
  mute.close();
  expect(performance.now() - began).toBeLessThan(15_000);
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'rapport: interrupted; what was under way could not be finished\n' });
});

test('a missing file and a missing topic are one line each and 1; a missing configuration is 2', async () => {
  const noFile = await app.run('load', join(app.folder, 'none.ndjson'));
  expect(noFile).toMatchObject({ code: 1, stdout: '' });
  expect(noFile.stderr).toMatch(/^rapport: \S+none\.ndjson cannot be read \(ENOENT\)[^\n]*\n$/);

  const file = join(app.folder, 'one.ndjson');
  await writeFile(file, purchase('q1'));
  await app.admin.deleteTopics([`${app.config.applicationId}.surveys`]);
  const noTopic = await app.run('load', file);
  expect(noTopic).toMatchObject({ code: 1, stdout: '' });
  expect(noTopic.stderr).toBe(
    `rapport: there is no topic ${app.config.applicationId}.surveys: create what is missing with \`rapport topics create\`\n`,
  );

  const noConfig = await program(['load', file]).ended;
  expect(noConfig).toMatchObject({ code: 2, stdout: '' });
  expect(noConfig.stderr).toContain('RAPPORT_KAFKA_BROKERS: is not set');
});
