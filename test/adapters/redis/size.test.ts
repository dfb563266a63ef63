/** What a typical customer takes in Redis, key, timer and all. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeState } from '../../../src/codec/state.ts';
import type { CustomerId, Instant } from '../../../src/domain/ids.ts';
import { presets } from '../../../src/domain/presets.ts';
import { type Redis as Started, startRedis } from '../../../src/stack/redis.ts';
import type { Resource } from '../../../src/stack/resource.ts';
import { on } from '../../domain/support/events.ts';
import { play } from '../../domain/support/play.ts';
import { typicalHistory } from '../../domain/support/typical.ts';
import { configOf, freshApplication, storeOn } from './support.ts';

let redis: Resource<Started>;
beforeAll(async () => {
  redis = await startRedis({ mode: 'single', log: () => {} });
});
afterAll(() => redis.stop());

const CUSTOMERS = 20_000;

test('a typical customer takes at most 800 bytes of memory', async () => {
  const store = await storeOn(configOf(redis.value.url), freshApplication());
  const client = new Redis(redis.value.url);
  const used = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]);
  const { state } = play(typicalHistory(1), presets.retail, on(365));
  const bytes = encodeState(state);
  await store.build(0, 1, 0);
  const before = await used();
  for (let from = 0; from < CUSTOMERS; from += 500) {
    const entries = Array.from({ length: 500 }, (_, i) => ({
      customer: `customer-${String(from + i).padStart(6, '0')}` as CustomerId,
      offset: 123_456,
      state: bytes,
      due: (on(400) + from + i) as Instant,
    }));
    await store.apply(0, { generation: 1, at: 0, from: 0, entries, to: null });
  }
  const each = ((await used()) - before) / CUSTOMERS;
  expect(each).toBeGreaterThan(bytes.length);
  expect(each).toBeLessThanOrEqual(800);
  client.disconnect();
  await store.stop();
});
