/** The `metrics` part: defaults, the secret, and what is refused before anything is connected. */
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { redacted } from '../../src/config/secrets.ts';

const NEEDED = {
  RAPPORT_KAFKA_BROKERS: 'localhost:9092',
  RAPPORT_REDIS_URL: 'redis://localhost:6379',
  RAPPORT_REGISTRY_URL: 'http://localhost:8081',
};
const load = (env: Record<string, string>) => loadConfig({ ...NEEDED, ...env });
const TOKEN = 'abcdefgh01234567';

test('by itself a worker tells nothing; with a port, on loopback and to everybody there', async () => {
  expect((await load({})).metrics).toEqual({ host: '127.0.0.1', port: null, token: null });
  expect((await load({ RAPPORT_METRICS_PORT: '9464' })).metrics).toEqual({ host: '127.0.0.1', port: 9464, token: null });
});

test('off loopback a token is needed, and the fault says how to make one', async () => {
  const open = { RAPPORT_METRICS_HOST: '0.0.0.0', RAPPORT_METRICS_PORT: '9464' };
  await expect(load(open)).rejects.toThrow(/RAPPORT_METRICS_HOST: .*RAPPORT_METRICS_TOKEN is not set.*openssl rand/);
  expect((await load({ ...open, RAPPORT_METRICS_TOKEN: TOKEN })).metrics).toEqual({ host: '0.0.0.0', port: 9464, token: TOKEN });
  // Without a port nothing listens there.
  expect((await load({ RAPPORT_METRICS_HOST: '0.0.0.0' })).metrics.port).toBeNull();
});

test.each(['RAPPORT_HTTP_READ_TOKEN', 'RAPPORT_HTTP_ADMIN_TOKEN'])(
  'the token of %s is no token of metrics: it opens customers',
  async (variable) => {
    await expect(load({ [variable]: TOKEN, RAPPORT_METRICS_TOKEN: TOKEN })).rejects.toThrow(
      new RegExp(`RAPPORT_METRICS_TOKEN: is the same as ${variable}`),
    );
  },
);

test('the token is shown to no log', async () => {
  const config = await load({ RAPPORT_METRICS_TOKEN: TOKEN });
  expect(config.metrics.token).toBe(TOKEN);
  for (const shown of [inspect(config, { depth: 9 }), JSON.stringify(config), JSON.stringify(redacted(config))])
    expect(shown).not.toContain(TOKEN);
});
