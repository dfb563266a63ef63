/** Who may enter: passwords, ACL users, TLS. What only another configuration can cure is a Halt that names the variable. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisConfig } from '../../../src/config/config.ts';
import type { CustomerId, Instant } from '../../../src/domain/ids.ts';
import { Halt } from '../../../src/engine/errors.ts';
import { freePorts } from '../../../src/stack/ports.ts';
import { type Redis, startRedis } from '../../../src/stack/redis.ts';
import type { Resource } from '../../../src/stack/resource.ts';
import { configOf, freshApplication, storeOn } from './support.ts';

/** The permissions that start.ts asks for, no more. */
const COMMANDS = [
  ...['+info', '+multi', '+exec', '+hmget', '+mget', '+get', '+set', '+mset', '+del', '+unlink', '+zadd', '+zrem'],
  ...['+zrangebyscore', '+hset', '+hdel', '+eval', '+evalsha', '+scan', '+ping'],
];
const user = (name: string, ...rules: string[]): string[] => ['--user', name, 'on', '>secret', ...rules];

describe('access to Redis', () => {
  let redis: Resource<Redis>;
  beforeAll(async () => {
    const users = [...user('worker', '~{*', ...COMMANDS), ...user('reader', '~*', '+@all', '-evalsha', '-eval')];
    redis = await startRedis({ mode: 'single', arguments: users, log: () => {} });
  });
  afterAll(() => redis.stop());

  const open = (given: Partial<RedisConfig>) => storeOn(configOf(redis.value.url, given), freshApplication());

  it('a user with exactly the documented permissions can do everything', async () => {
    const store = await open({ username: 'worker', password: 'secret' });
    await store.check();
    await store.build(0, 1, 0);
    const entries = [
      { customer: 'a' as CustomerId, offset: 0, state: Buffer.from('s'), due: 5 as Instant },
      { customer: 'b' as CustomerId, offset: 0, state: null, due: null },
    ];
    expect(await store.apply(0, { generation: 1, at: 0, from: 0, entries, to: { next: 1, header: Buffer.alloc(0) } })).toBe('applied');
    expect(await store.promote(0, 1, 1)).toBe('promoted');
    await store.build(0, 2, 0);
    await store.promote(0, 2, 0);
    await store.sweep(0);
    await store.writeOwn(0, null);
    expect(await store.readOwns(1)).toEqual([null]);
    expect(await store.readCustomer(0, 'a' as CustomerId)).toMatchObject({ meta: { generation: 2 }, stored: null });
    expect(await store.removeAll()).toBe(2);
    await store.stop();
  });

  it('a wrong password: Halt that names RAPPORT_REDIS_URL', async () => {
    const store = await open({ username: 'worker', password: 'wrong' });
    await expect(store.check()).rejects.toThrow(/WRONGPASS.*RAPPORT_REDIS_URL/);
    await expect(store.check()).rejects.toBeInstanceOf(Halt);
    await store.stop();
  });

  it('a permission that is missing: Halt that names it', async () => {
    const store = await open({ username: 'reader', password: 'secret' });
    await store.check();
    await expect(store.build(0, 1, 0)).rejects.toThrow(/NOPERM.*evalsha.*RAPPORT_REDIS_URL/);
    await expect(store.build(0, 1, 0)).rejects.toBeInstanceOf(Halt);
    await store.stop();
  });

  it('a database that does not exist: Halt', async () => {
    const store = await open({ database: 99 });
    await expect(store.check()).rejects.toBeInstanceOf(Halt);
    await store.stop();
  });
});

describe('access to Redis by TLS', () => {
  let folder: string;
  let redis: Resource<Redis>;
  let nodes: RedisConfig['nodes'];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rapport-tls-'));
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject], { stdio: 'pipe' });
    const [port = 0] = await freePorts(1);
    nodes = [{ host: '127.0.0.1', port }];
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
    redis = await startRedis({ mode: 'single', arguments: ['--tls-port', `${port}`, ...files, '--tls-auth-clients', 'no'], log: () => {} });
  });
  afterAll(async () => {
    await redis?.stop();
    await rm(folder, { recursive: true });
  });

  it('with the authority given', async () => {
    const ca = await readFile(join(folder, 'cert.pem'), 'utf8');
    const store = await storeOn(configOf('', { nodes, tls: { ca, cert: null, key: null } }), freshApplication());
    await store.check();
    await store.stop();
  });

  it('with a certificate of an unknown authority: Halt', async () => {
    const store = await storeOn(configOf('', { nodes, tls: { ca: null, cert: null, key: null } }), freshApplication());
    await expect(store.check()).rejects.toThrow(/certificate.*RAPPORT_REDIS_URL/);
    await expect(store.check()).rejects.toBeInstanceOf(Halt);
    await store.stop();
  });
});
