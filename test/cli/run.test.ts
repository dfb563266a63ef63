/** What `rapport run` refuses at its start, and how. */
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startRedis } from '../../src/stack/redis.ts';
import { type Application, application, program } from './application.ts';

let app: Application;
beforeAll(async () => {
  app = await application(2);
});
afterAll(() => app.stop());

it('a configuration that is missing or wrong: 2, with all faults at once', async () => {
  const { code, stderr } = await program(['run'], { RAPPORT_SHARDS: 'many', RAPPORT_KAFKA_BROKRS: 'localhost:1' }).ended;
  expect(code).toBe(2);
  for (const name of ['RAPPORT_SHARDS', 'RAPPORT_KAFKA_BROKRS', 'RAPPORT_KAFKA_BROKERS', 'RAPPORT_REDIS_URL', 'RAPPORT_REGISTRY_URL']) {
    expect(stderr).toContain(name);
  }
});

it('topics that are missing: 1, with the command that creates them', async () => {
  const { code, stderr } = await app.run('run');
  expect(code).toBe(1);
  expect(stderr).toMatch(/there is no topic .*\.journal.*`rapport topics create`/);
});

it('a Redis that would evict states: 1, with the setting', async () => {
  await app.run('topics', 'create');
  const redis = await startRedis({ mode: 'single', arguments: ['--maxmemory-policy', 'allkeys-lru'], log: () => {} });
  try {
    const env = {
      RAPPORT_APPLICATION_ID: app.config.applicationId,
      RAPPORT_SHARDS: '2',
      RAPPORT_KAFKA_BROKERS: inject('kafka'),
      RAPPORT_REDIS_URL: redis.value.url,
      RAPPORT_REGISTRY_URL: inject('registry'),
    };
    const { code, stderr } = await program(['run'], env).ended;
    expect(code).toBe(1);
    expect(stderr).toContain('noeviction');
  } finally {
    await redis.stop();
  }
});

it('topics with another number of partitions than there are shards: 1, with both numbers', async () => {
  const env = {
    RAPPORT_APPLICATION_ID: app.config.applicationId,
    RAPPORT_SHARDS: '3',
    RAPPORT_KAFKA_BROKERS: inject('kafka'),
    RAPPORT_REDIS_URL: inject('redis'),
    RAPPORT_REGISTRY_URL: inject('registry'),
  };
  const { code, stderr } = await program(['run'], env).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/RAPPORT_SHARDS is 3, but .* has 2/);
});
