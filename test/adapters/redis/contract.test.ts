/** The contract of the state store on a Redis and on a Redis Cluster of three masters with a replica each. */
import { afterAll, beforeAll, describe } from 'vitest';
import { type Redis, startRedis } from '../../../src/stack/redis.ts';
import type { Resource } from '../../../src/stack/resource.ts';
import { storeContract } from '../../contract/store.ts';
import { configOf, freshApplication, storeOn } from './support.ts';

for (const mode of ['single', 'cluster'] as const) {
  describe(mode, () => {
    let redis: Resource<Redis>;
    beforeAll(async () => {
      redis = await startRedis({ mode, log: () => {} });
    });
    afterAll(() => redis.stop());

    storeContract(`Redis, ${mode}`, {
      runs: 40,
      open: async () => {
        const application = freshApplication();
        // Of a cluster one address is enough: INFO says what it is.
        const [url = ''] = redis.value.url.split(',');
        const store = await storeOn(configOf(url), application);
        const other = await storeOn(configOf(redis.value.url), application);
        const stop = async (): Promise<void> => {
          await store.removeAll();
          await store.stop();
          await other.stop();
        };
        return { store, other, stop };
      },
    });
  });
}
