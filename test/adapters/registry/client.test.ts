/** The adapter against registries that misbehave: none of it may become a dead letter (I11). */
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createClient, type RegistryClient } from '../../../src/adapters/registry/client.ts';
import { startRegistry } from '../../../src/adapters/registry/index.ts';
import { SCHEMA_TEXTS } from '../../../src/codec/types.ts';
import { Retryable } from '../../../src/engine/errors.ts';
import { CONFIG } from '../../codec/support.ts';

/** A throw-away key for 127.0.0.1, with its certificate, good from 2020 to 2120. */
const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgvPzGnN9c3LPspUmV
e3UU85MEzntkADRym777NiVbW1ehRANCAASHkXYOM2tC9jC1C46vVJ+kXUvFwhY+
G3Sjf3et2Q4tGq//NkYTw+OPLdNPbZox7S7RHsZpUwBAaURzeVQqaIpb
-----END PRIVATE KEY-----`;
const CERT = `-----BEGIN CERTIFICATE-----
MIIBWzCCAQKgAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABIeRdg4za0L2MLUL
jq9Un6RdS8XCFj4bdKN/d63ZDi0ar/82RhPD448t009tmjHtLtEexmlTAEBpRHN5
VCpoilujQzBBMA8GA1UdEQQIMAaHBH8AAAEwDwYDVR0TAQH/BAUwAwEB/zAdBgNV
HQ4EFgQU6MFKGzojXa0gRNWj1bRNVE9FUycwCgYIKoZIzj0EAwIDRwAwRAIgCFPt
u2s5yAFECOZr1ptQ6QgKjmCwr9Yib5GvBf8AvugCIDN/8AmvF/smyXgaR8POIKVx
kPeYjtKHeb5m228k7vj2
-----END CERTIFICATE-----`;

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function serve(handler: http.RequestListener, tls = false): Promise<string> {
  const server = tls ? https.createServer({ key: KEY, cert: CERT }, handler) : http.createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}/base`;
}

function clientOf(url: string, over: { username?: string; password?: string; ca?: string } = {}): RegistryClient {
  const client = createClient({ url, username: null, password: null, ca: null, ...over }, 300);
  stops.push(client.stop);
  return client;
}

const json =
  (status: number, body: unknown): http.RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
const page =
  (status: number): http.RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>a proxy</h1>');
  };

const CASES: readonly (readonly [string, http.RequestListener])[] = [
  ['answers with a fault of its own', json(500, { error_code: 50001, message: 'backend' })],
  ['is overloaded', json(429, { message: 'too many' })],
  ['refuses the user', json(401, { message: 'who?' })],
  ['is hidden behind a proxy that does not find it', page(404)],
  ['is hidden behind a proxy’s page', page(200)],
  ['never answers', () => {}],
  ['answers drop by drop without end', (_, response) => drip(response)],
  ['hangs up', (request) => request.socket.destroy()],
];

function drip(response: http.ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 50);
  response.on('close', () => clearInterval(timer));
}

describe('a registry that', () => {
  test.each(CASES)('%s is away: find and register are to be tried again', async (_, handler) => {
    const client = clientOf(await serve(handler));
    await expect(client.find(1)).rejects.toThrow(Retryable);
    await expect(client.register('s', '{}')).rejects.toThrow(Retryable);
    await expect(client.remove('s')).rejects.toThrow(Retryable);
  });

  test('is not there is away, in one clear line', async () => {
    const client = clientOf('http://127.0.0.1:1/apis');
    await expect(client.find(1)).rejects.toThrow(
      /^The schema registry at http:\/\/127.0.0.1:1\/apis cannot be used: connect ECONNREFUSED 127.0.0.1:1$/,
    );
  });

  test('refuses the user says which settings to look at', async () => {
    await expect(clientOf(await serve(json(403, { message: 'no' }))).find(1)).rejects.toThrow('RAPPORT_REGISTRY_PASSWORD');
  });
});

test('the start fails with Retryable while the registry is away', async () => {
  const registry = { url: 'http://127.0.0.1:1', username: null, password: null, ca: null };
  await expect(startRegistry({ ...CONFIG, registry })).rejects.toThrow(Retryable);
});

test('a schema that is no schema is known to be unusable: a dead letter, not a reason to wait', async () => {
  const client = clientOf(await serve(json(200, { schema: '{"type":"record"' })));
  expect(await client.find(7)).toMatch(/schema 7 cannot be used/);
});

test('user and password go with every request', async () => {
  const seen: unknown[] = [];
  const url = await serve((request, response) => {
    seen.push(request.headers.authorization);
    json(200, { schema: SCHEMA_TEXTS['in/survey'], id: 7 })(request, response);
  });
  const client = clientOf(url, { username: 'anna', password: 's:ecret' });
  await client.find(7);
  await client.register('s', '{}');
  const expected = `Basic ${Buffer.from('anna:s:ecret').toString('base64')}`;
  expect(seen).toEqual([expected, expected]);
});

test('TLS with a CA of one’s own; without it the certificate is refused', async () => {
  const handler = json(200, { schema: SCHEMA_TEXTS['in/survey'], id: 7 });
  const url = await serve(handler, true);
  expect(await clientOf(url, { ca: CERT }).find(7)).toMatchObject({ name: 'rapport.Survey' });
  expect(await clientOf(url, { ca: CERT }).register('s', '{}')).toBe(7);
  await expect(clientOf(url).find(7)).rejects.toThrow(/certificate/);
});

test('a path in the address is kept, with or without a slash at its end', async () => {
  const paths: unknown[] = [];
  const url = await serve((request, response) => {
    paths.push(request.url);
    json(404, { error_code: 40403, message: 'not found' })(request, response);
  });
  expect(await clientOf(`${url}/`).find(7)).toBe('schema 7 is not registered');
  await clientOf(url).remove('a/b');
  expect(paths).toEqual(['/base/schemas/ids/7', '/base/subjects/a%2Fb', '/base/subjects/a%2Fb?permanent=true']);
});
