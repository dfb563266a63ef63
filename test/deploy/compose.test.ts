/**
 * docker-compose.yml as compose itself understands it, without an engine: the stack alone for `npm run demo` and the tests, and with the profiles rapport, Prometheus and Grafana.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, type TestContext, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { httpFault } from '../../src/config/http.ts';
import { loadConfig } from '../../src/config/load.ts';
import { runTool } from '../../src/stack/tool.ts';
import { promtool } from '../telemetry/observability.ts';
import { FETCH_MS, find, needed, type Program } from './tools.ts';

const ROOT = join(import.meta.dirname, '../..');
let compose: Program | string;
beforeAll(async () => {
  compose = await find('compose');
}, FETCH_MS);

const service = z.looseObject({
  image: z.string(),
  profiles: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string().nullable()).default({}),
  ports: z.array(z.looseObject({ host_ip: z.string().optional(), target: z.int(), published: z.string() })).default([]),
  volumes: z.array(z.looseObject({ type: z.string(), source: z.string(), target: z.string() })).default([]),
});
const project = z.looseObject({ services: z.record(z.string(), service) });

const TOKENS = { RAPPORT_HTTP_READ_TOKEN: 'a'.repeat(48), RAPPORT_METRICS_TOKEN: 'b'.repeat(48) };

/** @param env beside PATH and HOME: what this machine has set must not show */
async function read(context: TestContext, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { PATH = '', HOME = '' } = process.env;
  const command = [...needed(context, compose), '-f', join(ROOT, 'docker-compose.yml'), ...args, 'config', '--format', 'json'];
  return project.parse(JSON.parse(await runTool(command, { env: { PATH, HOME, ...env } }))).services;
}
const ALL = ['--profile', '*'];
const STACK = ['kafka', 'redis', 'registry'];

test('without a profile it is the stack alone, and needs nothing from the environment', async (context) => {
  const services = await read(context, []);
  expect(Object.keys(services).toSorted()).toEqual(STACK);
  // As src/stack/docker.ts sets it, for several stacks side by side.
  const moved = await read(context, [], { RAPPORT_KAFKA_PORT: '19092', RAPPORT_REDIS_PORT: '16379', RAPPORT_REGISTRY_PORT: '18081' });
  expect(STACK.flatMap((name) => moved[name]?.ports.map(({ published }) => published))).toEqual(['19092', '16379', '18081']);
  expect(moved.kafka?.environment.KAFKA_ADVERTISED_LISTENERS).toContain('CLIENT://127.0.0.1:19092,');
});

test('everything that listens does so on loopback, and every image has a version', async (context) => {
  const services = await read(context, ALL);
  expect(Object.keys(services).toSorted()).toEqual(['grafana', 'kafka', 'prometheus', 'redis', 'registry', 'serve', 'topics', 'worker']);
  for (const [name, { ports, image }] of Object.entries(services)) {
    expect(
      ports.every(({ host_ip }) => host_ip === '127.0.0.1'),
      name,
    ).toBe(true);
    expect(image, name).toMatch(/^rapport:local$|^[\w./-]+:v?\d+\.\d+[\w.-]*$/);
  }
});

test('secrets come from the environment alone: none stands in the file, and none is needed to read it', async (context) => {
  const text = readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8');
  expect(text).not.toMatch(/(TOKEN|PASSWORD|SECRET)\w*: +\S/);
  expect(text.replace(/^#.*$/gm, '')).not.toContain(':?');
  const services = await read(context, ALL, TOKENS);
  expect(services.serve?.environment).toMatchObject({ ...TOKENS, RAPPORT_HTTP_ADMIN_TOKEN: null });
  expect(services.topics?.environment).not.toHaveProperty('RAPPORT_METRICS_TOKEN');
});

test('each container of rapport has a sound configuration, and reaches the servers by names that they have', async (context) => {
  const services = await read(context, ALL, TOKENS);
  for (const name of ['topics', 'worker', 'serve']) {
    const { environment = {} } = services[name] ?? {};
    const given = Object.entries(environment).flatMap(([variable, value]) => (value === null ? [] : [[variable, value] as const]));
    const config = await loadConfig(Object.fromEntries(given));
    expect(config.warnings, name).toEqual([]);
    const hosts = [config.kafka.brokers[0]?.split(':')[0], config.redis.nodes[0]?.host, new URL(config.registry.url).hostname];
    expect(hosts, name).toEqual(STACK);
    expect(services.kafka?.environment.KAFKA_ADVERTISED_LISTENERS, name).toContain(`://${config.kafka.brokers[0]},`);
    if (name === 'serve') expect(httpFault(config.http)).toBeNull();
    if (name === 'worker')
      expect([config.metrics.host, config.metrics.port, config.metrics.token]).toEqual(['0.0.0.0', 9464, TOKENS.RAPPORT_METRICS_TOKEN]);
  }
});

test('Prometheus asks each worker and the API, and every file that is mounted is there', async (context) => {
  const services = await read(context, ALL, TOKENS);
  const mounted = Object.values(services).flatMap(({ volumes }) => volumes.filter(({ type }) => type === 'bind'));
  expect(mounted.length).toBeGreaterThan(4);
  for (const { source } of mounted) expect(existsSync(source), source).toBe(true);
  const scraped: unknown = parse(readFileSync(join(ROOT, 'observability/compose/prometheus.yml'), 'utf8'));
  expect(scraped).toMatchObject({
    rule_files: [mounted.find(({ source }) => source.endsWith('rules.yaml'))?.target],
    scrape_configs: [
      { authorization: { credentials_file: '/run/secrets/metrics-token' }, dns_sd_configs: [{ names: ['worker'], port: 9464 }] },
      { authorization: { credentials_file: '/run/secrets/metrics-token' }, static_configs: [{ targets: ['serve:8080'] }] },
      {},
    ],
  });
  expect(services.prometheus).toMatchObject({ secrets: [{ source: 'metrics-token' }] });
});

test(
  'Prometheus takes its configuration',
  async ({ skip }) => {
    const tool = await promtool();
    if (tool === null) return skip('promtool is not here');
    const said = await runTool([tool, 'check', 'config', '--syntax-only', join(ROOT, 'observability/compose/prometheus.yml')]);
    expect(said).toContain('SUCCESS');
  },
  FETCH_MS,
);
