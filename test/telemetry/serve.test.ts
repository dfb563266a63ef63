/** The metrics of `rapport serve`: who may ask, and figures that agree with what was asked and with the topics. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { Retryable } from '../../src/engine/errors.ts';
import { until } from '../../src/stack/until.ts';
import { type Served, ServeMetrics } from '../../src/telemetry/serve.ts';
import type { TestDriver } from '../../src/testing.ts';
import { ADMIN_TOKEN, READ_TOKEN, startApi } from '../http/support/api.ts';
import { MemoryFeed, partitionsOf, saidByProcessor } from '../http/support/said.ts';
import { samplesOf, sumOf } from './support.ts';

const TOKEN = 'metrics-token-of-a-test';

let driver: TestDriver;
beforeAll(async () => {
  driver = await saidByProcessor();
});
afterAll(() => driver.stop());

async function served() {
  const feed = new MemoryFeed(partitionsOf(driver));
  const api = await startApi(driver, feed, { metricsToken: TOKEN });
  onTestFinished(() => api.stop());
  await api.ready();
  const address = await api.address();
  const get = (path: string, token: string | null): Promise<Response> =>
    fetch(`${address}${path}`, { headers: token === null ? {} : { authorization: `Bearer ${token}` } });
  return { feed, get, scrape: async () => samplesOf(await (await get('/metrics', TOKEN)).text()) };
}

test('the token of metrics opens them and nothing else; those of the roles open them too', async () => {
  const { get } = await served();
  for (const token of [TOKEN, READ_TOKEN, ADMIN_TOKEN]) {
    const answer = await get('/metrics', token);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/plain')]);
  }
  expect((await get('/metrics', null)).status).toBe(401);
  expect((await get('/metrics', 'metrics-token-of-nobody')).status).toBe(401);
  for (const path of ['/api/v1/customers', '/api/v1/read-model', '/openapi.json', '/nowhere'])
    expect((await get(path, TOKEN)).status, path).toBe(403);
});

test('requests are counted by the pattern of their route and by status, never by what was asked', async () => {
  const { get, scrape } = await served();
  for (let i = 0; i < 3; i++) await (await get(`/api/v1/customers/nobody-${i}`, READ_TOKEN)).text();
  await (await get('/api/v1/groups', READ_TOKEN)).text();
  await (await get('/api/v1/groups', null)).text();
  await (await get('/nowhere/at/all', READ_TOKEN)).text();
  const samples = await scrape();
  expect(sumOf(samples, 'rapport_http_requests_total', { route: '/api/v1/customers/:id', status: '404' })).toBe(3);
  expect(sumOf(samples, 'rapport_http_requests_total', { route: '/api/v1/groups', status: '200' })).toBe(1);
  expect(sumOf(samples, 'rapport_http_requests_total', { route: '/api/v1/groups', status: '401' })).toBe(1);
  expect(sumOf(samples, 'rapport_http_requests_total', { route: 'none', status: '404' })).toBe(1);
  expect(sumOf(samples, 'rapport_http_request_seconds_count', { route: '/api/v1/groups' })).toBe(2);
  expect(JSON.stringify(samples)).not.toMatch(/nobody-|nowhere/);
});

test('live readers and the read model stand as they are', async () => {
  const { feed, get, scrape } = await served();
  const reader = await get('/api/v1/changes/live', READ_TOKEN);
  let samples = await scrape();
  expect(sumOf(samples, 'rapport_live_readers')).toBe(1);
  expect(sumOf(samples, 'rapport_read_model_ready')).toBe(1);
  expect(sumOf(samples, 'rapport_read_model_lag')).toBe(0);
  await reader.body?.cancel();
  // The topics go on, and nobody tells the model.
  feed.partitions = feed.partitions.map((partition) =>
    partition.of.topic === driver.settings.topics.profiles
      ? { ...partition, ends: { ...partition.ends, end: partition.ends.end + 7 } }
      : partition,
  );
  const two = feed.partitions.filter(({ of }) => of.topic === driver.settings.topics.profiles).length;
  const lag = (): number | null => sumOf(samples, 'rapport_read_model_lag', { topic: driver.settings.topics.profiles });
  await until('the ends to be asked for again', 10, async () => {
    samples = await scrape();
    return lag() === 0 ? undefined : true;
  });
  expect(lag()).toBe(7 * two);
  expect(sumOf(samples, 'rapport_read_model_lag')).toBe(7 * two);
});

test('while Kafka is away the last known lag stands, and a scrape is answered', async () => {
  let away = false;
  const of: Served = {
    model: { ready: true, positions: () => [{ topic: 'profiles', partition: 0, next: 5 }] },
    live: { readers: 0 },
    ends: async () => {
      if (away) throw new Retryable('no broker');
      return [{ end: 9 }];
    },
  };
  const metrics = new ServeMetrics('a', of, { ofProcess: false });
  expect(sumOf(samplesOf((await metrics.exposition()).text), 'rapport_read_model_lag')).toBe(4);
  away = true;
  expect(sumOf(samplesOf((await metrics.exposition()).text), 'rapport_read_model_lag')).toBe(4);
  const never = new ServeMetrics('a', { ...of, ends: () => new Promise(() => {}) }, { ofProcess: false });
  expect(sumOf(samplesOf((await never.exposition()).text), 'rapport_read_model_ready')).toBe(1);
});
