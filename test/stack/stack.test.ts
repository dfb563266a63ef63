import { Redis } from 'ioredis';
import kafkajs from 'kafkajs';
import { expect, inject, test } from 'vitest';

test('the shared Kafka answers', async () => {
  const admin = new kafkajs.Kafka({ brokers: inject('kafka').split(','), logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    expect((await admin.describeCluster()).brokers.length).toBeGreaterThan(0);
  } finally {
    await admin.disconnect();
  }
});

test('the shared Redis answers and evicts nothing', async () => {
  const redis = new Redis(inject('redis').split(',')[0] ?? '');
  try {
    expect(await redis.info('memory')).toContain('maxmemory_policy:noeviction');
  } finally {
    redis.disconnect();
  }
});

test('the shared registry answers below its path', async () => {
  const answer = await fetch(`${inject('registry')}/config`);
  expect(await answer.json()).toMatchObject({ compatibilityLevel: 'BACKWARD' });
});
