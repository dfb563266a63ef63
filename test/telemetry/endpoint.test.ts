/** The endpoint of a worker: who may ask what, and what is answered when it is not well. */
import { request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import type { MetricsConfig } from '../../src/config/config.ts';
import { until } from '../../src/stack/until.ts';
import { startEndpoint } from '../../src/telemetry/server.ts';
import type { Readiness } from '../../src/telemetry/worker.ts';

const TOKEN = 'a-token-for-metrics-only';
const WELL: Readiness = { ready: true, waiting: [] };

async function endpoint(config: Partial<MetricsConfig> = {}, readiness: () => Readiness = () => WELL, text = 'up 1\n') {
  const exposition = async () => ({ type: 'text/plain; version=0.0.4', text });
  const started = await startEndpoint({ host: '127.0.0.1', port: 0, token: null, ...config }, 0, { exposition, readiness });
  onTestFinished(() => started.stop());
  const { address } = started.value;
  return { address, get: (path: string, headers: Record<string, string> = {}) => fetch(`${address}${path}`, { headers }) };
}

/** fetch does not let anybody choose the name that is asked. */
const statusAs = (address: string, host: string): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(`${address}/metrics`, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end();
  });

test('answers metrics to this machine, and not to a page that lets its own name point here', async () => {
  const { address, get } = await endpoint();
  const answer = await get('/metrics');
  expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([200, 'text/plain; version=0.0.4', 'up 1\n']);
  expect(await statusAs(address, 'evil.example')).toBe(403);
  expect(await statusAs(address, 'localhost:1')).toBe(200);
});

test('with a token it answers metrics to that alone, and probes to everybody', async () => {
  const { get } = await endpoint({ token: TOKEN });
  for (const headers of [{}, { authorization: 'Bearer another-token-of-some-length' }, { authorization: `Basic ${TOKEN}` }]) {
    const refused = await get('/metrics', headers as Record<string, string>);
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toContain('Bearer');
    expect(await refused.text()).not.toContain(TOKEN);
  }
  expect((await get('/metrics', { authorization: `Bearer ${TOKEN}` })).status).toBe(200);
  expect((await get('/livez')).status).toBe(200);
  expect((await get('/readyz')).status).toBe(200);
});

test('is alive and not ready while something is waited for, and says what for', async () => {
  let is: Readiness = { ready: false, waiting: ['the group', 'shard 3'] };
  const { get } = await endpoint({}, () => is);
  expect((await get('/livez')).status).toBe(200);
  const starting = await get('/readyz');
  expect([starting.status, await starting.json()]).toEqual([503, { status: 'starting', waiting: ['the group', 'shard 3'] }]);
  is = WELL;
  const ready = await get('/readyz');
  expect([ready.status, await ready.json()]).toEqual([200, { status: 'ok' }]);
});

test('whoever asks while another is answered gets the same, from one look', async () => {
  let asked = 0;
  const { promise, resolve } = Promise.withResolvers<{ type: string; text: string }>();
  const exposition = () => {
    asked += 1;
    return promise;
  };
  const started = await startEndpoint({ host: '127.0.0.1', port: 0, token: null }, 0, { exposition, readiness: () => WELL });
  onTestFinished(() => started.stop());
  const answers = Array.from({ length: 5 }, () => fetch(`${started.value.address}/metrics`));
  await until('the first to ask', 5, async () => (asked > 0 ? true : undefined));
  // Behind all that were sent before it.
  expect((await fetch(`${started.value.address}/nothing`)).status).toBe(404);
  resolve({ type: 'text/plain', text: 'up 1\n' });
  expect(await Promise.all(answers.map(async (answer) => (await answer).text()))).toEqual(Array.from({ length: 5 }, () => 'up 1\n'));
  expect(asked).toBeLessThan(5);
});

test('takes no other method, and an address that is taken is a clear error', async () => {
  const { address } = await endpoint();
  expect((await fetch(`${address}/metrics`, { method: 'POST', body: 'x' })).status).toBe(405);
  const port = Number(new URL(address).port);
  const again = startEndpoint({ host: '127.0.0.1', port, token: null }, port, {
    exposition: () => Promise.reject(new Error()),
    readiness: () => WELL,
  });
  await expect(again).rejects.toThrow(/RAPPORT_METRICS_PORT/);
});

test('stops at once, whoever is still connected', async () => {
  const started = await startEndpoint({ host: '127.0.0.1', port: 0, token: null }, 0, {
    exposition: () => new Promise(() => {}),
    readiness: () => WELL,
  });
  const hanging = fetch(`${started.value.address}/metrics`);
  hanging.catch(() => {});
  expect((await fetch(`${started.value.address}/livez`)).status).toBe(200);
  await started.stop();
  await expect(hanging).rejects.toThrow();
});
