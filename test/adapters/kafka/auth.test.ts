/** TLS and SASL against a broker with a listener for each; and the reaction to what is refused. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAdmin } from '../../../src/adapters/kafka/index.ts';
import { tokensFrom } from '../../../src/adapters/kafka/oauth.ts';
import type { KafkaConfig } from '../../../src/config/config.ts';
import { Halt, Retryable } from '../../../src/engine/errors.ts';
import { startKafka } from '../../../src/stack/kafka.ts';
import { freePorts } from '../../../src/stack/ports.ts';
import { runTool } from '../../../src/stack/tool.ts';
import { log, settingsOf } from './world.ts';

const oneLine = (pem: string): string => pem.trim().replaceAll('\n', '\\n');
/** A token that Kafka takes where nothing verifies its signature. */
const unsigned = (): string => {
  const part = (json: object): string => Buffer.from(JSON.stringify(json)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  return `${part({ alg: 'none' })}.${part({ sub: 'rapport', iat: now, exp: now + 3_600 })}.`;
};

/** A token endpoint, answering what it is told to. */
async function tokenEndpoint(answer: () => { status: number; body: string }): Promise<{ url: string; asked: string[]; stop(): void }> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      asked.push(`${request.headers.authorization} ${body}`);
      const { status, body: text } = answer();
      response.writeHead(status).end(text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { url: `http://127.0.0.1:${address.port}/token`, asked, stop: () => server.close() };
}

describe('the way to a broker', () => {
  let cert = '';
  let key = '';
  let ports: number[] = [];
  const stops: (() => Promise<unknown>)[] = [];

  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rapport-auth-'));
    stops.push(() => rm(folder, { recursive: true }));
    const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    await runTool([
      'openssl',
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      ...subject,
      '-keyout',
      keyFile,
      '-out',
      certFile,
    ]);
    key = await readFile(keyFile, 'utf8');
    cert = await readFile(certFile, 'utf8');
    ports = await freePorts(6);
    const [plain, tls, sasl, token, internal, controller] = ports;
    if (plain === undefined) throw new Error('no port');
    const at = (port: number | undefined) => `127.0.0.1:${port}`;
    const jaas = 'org.apache.kafka.common.security';
    const outside = `CLIENT://${at(plain)},TLS://${at(tls)},USER://${at(sasl)},TOKEN://${at(token)},INTERNAL://${at(internal)}`;
    const kafka = await startKafka({
      brokers: 1,
      listeners: [{ port: plain, advertised: plain }],
      properties: {
        listeners: `${outside},CONTROLLER://${at(controller)}`,
        'advertised.listeners': outside,
        'controller.quorum.voters': `1@${at(controller)}`,
        'listener.security.protocol.map':
          'CLIENT:PLAINTEXT,TLS:SSL,USER:SASL_PLAINTEXT,TOKEN:SASL_PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.key': oneLine(key),
        'ssl.keystore.certificate.chain': oneLine(cert),
        'ssl.truststore.type': 'PEM',
        'ssl.truststore.certificates': oneLine(cert),
        'listener.name.tls.ssl.client.auth': 'required',
        'listener.name.user.sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.user.plain.sasl.jaas.config': `${jaas}.plain.PlainLoginModule required user_rapport="right";`,
        'listener.name.token.sasl.enabled.mechanisms': 'OAUTHBEARER',
        'listener.name.token.oauthbearer.sasl.jaas.config': `${jaas}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";`,
      },
      log: (line) => log.info(line),
    });
    stops.unshift(kafka.stop);
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
  });

  const ask = async (listener: number, way: Partial<KafkaConfig>): Promise<string[]> => {
    const settings = settingsOf(`127.0.0.1:${ports[listener]}`, 1);
    const admin = createAdmin({ ...settings, kafka: { ...settings.kafka, ...way } }, log);
    try {
      return await admin.value.listTopics();
    } finally {
      await admin.stop();
    }
  };

  it('TLS with a client’s certificate works; with a CA that does not hold it is a Halt that says so', async () => {
    await expect(ask(1, { tls: { ca: cert, cert, key } })).resolves.toEqual([]);
    const refused = ask(1, { tls: { ca: null, cert, key } });
    await expect(refused).rejects.toThrow('check the CA');
    await expect(refused).rejects.toBeInstanceOf(Halt);
  });

  it('SASL PLAIN works; a wrong password is a Halt that does not show it', async () => {
    await expect(ask(2, { sasl: { mechanism: 'plain', username: 'rapport', password: 'right' } })).resolves.toEqual([]);
    const refused = ask(2, { sasl: { mechanism: 'plain', username: 'rapport', password: 'wrong-secret' } });
    await expect(refused).rejects.toBeInstanceOf(Halt);
    await expect(refused).rejects.toThrow('check the user');
    await expect(refused).rejects.not.toThrow('wrong-secret');
  });

  it('a mechanism that the broker does not have is a Halt', async () => {
    await expect(ask(2, { sasl: { mechanism: 'scram-sha-512', username: 'rapport', password: 'right' } })).rejects.toBeInstanceOf(Halt);
  });

  it('SASL OAUTHBEARER works with a given token, and with one from a token endpoint', async () => {
    await expect(ask(3, { sasl: { mechanism: 'oauthbearer', token: unsigned() } })).resolves.toEqual([]);
    const endpoint = await tokenEndpoint(() => ({ status: 200, body: JSON.stringify({ access_token: unsigned(), expires_in: 3_600 }) }));
    const way = { mechanism: 'oauthbearer', tokenEndpoint: endpoint.url, clientId: 'id', clientSecret: 's', scope: 'kafka' } as const;
    await expect(ask(3, { sasl: way })).resolves.toEqual([]);
    expect(endpoint.asked).toEqual([`Basic ${Buffer.from('id:s').toString('base64')} grant_type=client_credentials&scope=kafka`]);
    endpoint.stop();
  });

  it('a token endpoint that refuses is a Halt; one that is away is Retryable', async () => {
    const endpoint = await tokenEndpoint(() => ({ status: 401, body: '' }));
    const way = { mechanism: 'oauthbearer', tokenEndpoint: endpoint.url, clientId: 'id', clientSecret: 's', scope: null } as const;
    await expect(ask(3, { sasl: way })).rejects.toBeInstanceOf(Halt);
    endpoint.stop();
    await expect(ask(3, { sasl: { ...way, tokenEndpoint: 'http://127.0.0.1:1/token' } })).rejects.toBeInstanceOf(Retryable);
  });
});

describe('tokens', () => {
  it('are kept until a fifth of their life is left, then asked for anew; answers that are no tokens are a Halt', async () => {
    let body = JSON.stringify({ access_token: 'one', expires_in: 100 });
    const endpoint = await tokenEndpoint(() => ({ status: 200, body }));
    let now = 0;
    const token = tokensFrom({ tokenEndpoint: endpoint.url, clientId: 'a:b', clientSecret: 'c', scope: null }, () => now);
    expect([await token(), await token()]).toEqual(['one', 'one']);
    now = 79_999;
    body = JSON.stringify({ access_token: 'two', expires_in: 100 });
    expect(await token()).toBe('one');
    now = 80_000;
    expect(await token()).toBe('two');
    expect(endpoint.asked).toHaveLength(2);
    now = 1_000_000;
    for (body of ['', '[]', '{"access_token":5}']) await expect(token()).rejects.toBeInstanceOf(Halt);
    endpoint.stop();
  });
});
