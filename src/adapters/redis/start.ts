/**
 * The state store on Redis as a resource. Connects at the first call, so starting never fails: `check()` says whether the server is there (Retryable) and fit
 * to hold state (Halt). Whoever starts it decides how long to wait.
 *
 * The user of RAPPORT_REDIS_URL needs: +info +multi +exec +hmget +mget +get +set +mset +del +unlink +zadd +zrem +zrangebyscore +hset +hdel +eval +evalsha
 * +scan +ping, on a cluster +cluster, and the keys `{<application>:*`.
 */
import type { RedisConfig } from '../../config/config.ts';
import type { Logger } from '../../engine/ports.ts';
import { Connection, type Timeouts } from './connection.ts';
import { RedisStore } from './store.ts';

const TIMEOUTS: Timeouts = { command: 5000, connect: 5000 };

export async function startRedis(
  config: RedisConfig,
  applicationId: string,
  log: Logger,
  timeouts: Timeouts = TIMEOUTS,
): Promise<{ readonly value: RedisStore; stop(): Promise<void> }> {
  const value = new RedisStore(new Connection(config, timeouts), applicationId, log);
  return { value, stop: () => value.stop() };
}
