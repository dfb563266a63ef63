import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startRegistry } from '../../src/adapters/registry/index.ts';
import { murmur2 } from '../../src/codec/murmur2.ts';
import type { Instant } from '../../src/domain/ids.ts';
import { formatLine, parseLine } from '../../src/sources/ndjson.ts';
import { until } from '../../src/stack/until.ts';
import type { WorldItem } from '../../src/world/item.ts';
import { World } from '../../src/world/world.ts';
import { type Application, application, program } from './application.ts';

const OPTIONS = ['--customers', '60', '--days', '60', '--seed', '7', '--until', '2026-01-01', '--broken', '0.05'];
const history = (): WorldItem[] => [
  ...new World({ customers: 60, days: 60, seed: 7, until: Date.UTC(2026, 0, 1) as Instant, broken: 0.05 }).history(),
];

// Support has no source; purchases have partitions of their own; surveys are JSON.
const SOURCES = `
sources:
  - { type: purchase, topic: APP.orders }
  - { type: survey, topic: APP.surveys, format: json }
  - { type: engagement, topic: APP.engagement }
  - { type: attributes, topic: APP.attributes }
`;

let app: Application;
beforeAll(async () => {
  app = await application(2, SOURCES);
  const topics = app.config.sources.map(({ type, topic }) => ({ topic, partitions: type === 'purchase' ? 3 : 2, configs: {} }));
  await app.admin.ensureTopics(topics);
});
afterAll(() => app.stop());

test('generate puts the seeded history into the topics: each customer in order, in the partition of the key, in the source’s format', async () => {
  const { code, stdout } = await app.run('generate', ...OPTIONS, '--json');
  const expected = history().filter(({ type }) => type !== 'support');
  const skipped = history().length - expected.length;
  expect(skipped).toBeGreaterThan(0);
  expect({ code, said: JSON.parse(stdout) }).toEqual({ code: 0, said: { events: expected.length, skipped, interrupted: false } });

  const taken = await app.inputs();
  const registry = await startRegistry(app.config);
  const encode = await registry.value.inputs();
  await registry.stop();
  for (const source of app.config.sources) {
    const count = (await app.admin.partitions(source.topic)) ?? 0;
    expect(count).toBe(source.type === 'purchase' ? 3 : 2);
    for (let partition = 0; partition < count; partition++) {
      const inPartition = expected
        .filter(({ type, customerId }) => type === source.type && (murmur2(Buffer.from(customerId)) & 0x7fffffff) % count === partition)
        .map((item) => [item.customerId, (item.raw === undefined ? encode(source, item) : Buffer.from(item.raw)).toString('hex')]);
      const found = taken
        .filter((one) => one.topic === source.topic && one.partition === partition)
        .map(({ record: { key, value } }) => [key?.toString(), value?.toString('hex')]);
      expect(found).toEqual(inPartition);
    }
  }
});

test('generate --out needs no configuration and gives the same lines each time; what is broken stays broken', async () => {
  const file = join(tmpdir(), `rapport-${process.pid}.ndjson`);
  const toFile = await program(['generate', ...OPTIONS, '--out', file]).ended;
  const toStdout = await program(['generate', ...OPTIONS, '--out', '-']).ended;
  const text = await readFile(file, 'utf8');
  await rm(file);
  expect([toFile.code, toStdout.code]).toEqual([0, 0]);
  expect(toStdout.stdout).toBe(text);
  const lines = text.split('\n').slice(0, -1);
  const items = history();
  expect(lines.length).toBe(items.length);
  for (const [i, item] of items.entries()) {
    if (item.raw === undefined) expect(lines[i]).toBe(formatLine(item));
    else expect(parseLine(lines[i] ?? '').outcome).toBe('dead');
  }
  expect(items.some(({ raw }) => raw !== undefined)).toBe(true);
});

test('generate --rate keeps to its pace, and a signal ends it with whole lines and 0', async () => {
  const began = performance.now();
  const running = program(['generate', '--customers', '500', '--rate', '100/s', '--out', '-']);
  await until('some lines', 20, async () => (running.stdout().split('\n').length > 20 ? true : undefined));
  running.process.kill('SIGINT');
  running.process.kill('SIGINT');
  const { code, stdout, stderr } = await running.ended;
  const lines = stdout.split('\n');
  expect(code).toBe(0);
  expect(stderr).toContain(`${lines.length - 1} events are in stdout; interrupted`);
  expect(lines.pop()).toBe('');
  expect(() => lines.map((line) => JSON.parse(line))).not.toThrow();
  expect(lines.length).toBeLessThanOrEqual((performance.now() - began) / 10 + 5);
});

test('whoever reads stdout may stop early', async () => {
  const running = program(['generate', '--customers', '20000', '--out', '-']);
  await until('output', 20, async () => (running.stdout() === '' ? undefined : true));
  running.process.stdout?.destroy();
  const { code, stderr } = await running.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test.each([[['--late', '1.5']], [['--until', '1980-01-01', '--days', '9000']]])('generate %j is wrong usage: 2', async (wrong) => {
  const { code, stdout, stderr } = await program(['generate', ...wrong, '--out', '-']).ended;
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^error: /);
});

test('a file that cannot be written is one line and 1', async () => {
  const { code, stderr } = await program(['generate', '--out', '/nowhere/history.ndjson']).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/^rapport: \/nowhere\/history\.ndjson cannot be written \(ENOENT\)[^\n]*\n$/);
});
