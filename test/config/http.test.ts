/** The `http` part: defaults, secrets, and what is refused before anything is connected. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { httpFault } from '../../src/config/http.ts';
import { loadConfig } from '../../src/config/load.ts';
import { redacted } from '../../src/config/secrets.ts';

const folder = mkdtempSync(join(tmpdir(), 'rapport-config-http-'));
afterAll(() => rmSync(folder, { recursive: true }));

const NEEDED = {
  RAPPORT_KAFKA_BROKERS: 'localhost:9092',
  RAPPORT_REDIS_URL: 'redis://localhost:6379',
  RAPPORT_REGISTRY_URL: 'http://localhost:8081',
};
const load = (env: Record<string, string>, file?: string) => loadConfig({ ...NEEDED, ...env }, file);
const TOKEN = 'abcdefgh01234567';

test('by itself it listens on loopback, and serve asks for a token', async () => {
  const { http } = await load({ RAPPORT_APPLICATION_ID: 'shop' });
  expect(http).toEqual({
    host: '127.0.0.1',
    port: 8080,
    database: 'shop.read-model.sqlite',
    readToken: null,
    adminToken: null,
    open: false,
  });
  expect(httpFault(http)).toMatchObject({ where: 'RAPPORT_HTTP_READ_TOKEN', message: expect.stringContaining('RAPPORT_HTTP_OPEN=true') });
});

test.each([{ RAPPORT_HTTP_READ_TOKEN: TOKEN }, { RAPPORT_HTTP_ADMIN_TOKEN: TOKEN }, { RAPPORT_HTTP_OPEN: 'true' }])(
  'serve may start with %o',
  async (env) => {
    expect(httpFault((await load(env)).http)).toBeNull();
  },
);

test.each([
  ['a short token', { RAPPORT_HTTP_READ_TOKEN: 'abcdefgh0123456' }, /RAPPORT_HTTP_READ_TOKEN: must be at least 16 characters/],
  [
    'a token that no header carries',
    { RAPPORT_HTTP_ADMIN_TOKEN: 'with blanks is no token' },
    /RAPPORT_HTTP_ADMIN_TOKEN: must be of letters/,
  ],
  [
    'one token for two roles',
    { RAPPORT_HTTP_READ_TOKEN: TOKEN, RAPPORT_HTTP_ADMIN_TOKEN: TOKEN },
    /is the same as RAPPORT_HTTP_READ_TOKEN/,
  ],
  ['no tokens on all addresses', { RAPPORT_HTTP_OPEN: 'true', RAPPORT_HTTP_HOST: '0.0.0.0' }, /RAPPORT_HTTP_HOST is not a loopback/],
  ['no tokens on a name like loopback', { RAPPORT_HTTP_OPEN: 'true', RAPPORT_HTTP_HOST: '127.0.0.1.example' }, /is not a loopback/],
  ['tokens and none', { RAPPORT_HTTP_OPEN: 'true', RAPPORT_HTTP_READ_TOKEN: TOKEN }, /RAPPORT_HTTP_OPEN: .* but there are tokens/],
  ['a port that is none', { RAPPORT_HTTP_PORT: '70000' }, /RAPPORT_HTTP_PORT: must be a whole number from 0 to 65535/],
])('%s is refused', async (_, env, message) => {
  await expect(load(env as Record<string, string>)).rejects.toThrow(message);
});

test('tokens come from files too, paths in the file are relative to it, and no token is shown', async () => {
  writeFileSync(join(folder, 'token'), `${TOKEN}\n`);
  const file = join(folder, 'rapport.yaml');
  writeFileSync(file, 'http: { port: 9000, database: data/model.sqlite, readTokenFile: token, adminToken: another-token-of-admins }\n');
  const config = await load({}, file);
  expect(config.http).toMatchObject({ port: 9000, database: join(folder, 'data/model.sqlite'), readToken: TOKEN });
  const shown = [JSON.stringify(redacted(config)), JSON.stringify(config), inspect(config.http)].join();
  expect(shown).not.toMatch(/abcdefgh|another-token/);
  expect(shown).toContain('[hidden]');
  await expect(load({ RAPPORT_HTTP_READ_TOKEN: 'too short secret' }, undefined)).rejects.not.toThrow(/too short secret/);
});
