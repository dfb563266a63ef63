/** Faults of a Redis Cluster of three masters with a replica each. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RedisStore } from '../../../src/adapters/redis/store.ts';
import type { CustomerId, Instant } from '../../../src/domain/ids.ts';
import { Halt, Retryable } from '../../../src/engine/errors.ts';
import type { Chunk } from '../../../src/engine/ports.ts';
import { redisCommand } from '../../../src/stack/ask.ts';
import { type Redis, startRedis } from '../../../src/stack/redis.ts';
import type { Resource } from '../../../src/stack/resource.ts';
import { until } from '../../../src/stack/until.ts';
import { configOf, freshApplication, Lines, storeOn } from './support.ts';

const A = 'a' as CustomerId;
/** Enough that every master has some. */
const SHARDS = 12;

function chunk(at: number): Chunk {
  const entries = [{ customer: A, offset: at, state: Buffer.from([at]), due: at as Instant }];
  return { generation: 1, at, from: 0, entries, to: { next: at + 1, header: Buffer.from('header') } };
}

describe('a Redis Cluster', () => {
  let redis: Resource<Redis>;
  beforeAll(async () => {
    redis = await startRedis({ mode: 'cluster', log: () => {} });
  });
  afterAll(() => redis.stop());

  async function begun(log = new Lines()): Promise<RedisStore> {
    const store = await storeOn(configOf(redis.value.url), freshApplication(), log);
    for (let shard = 0; shard < SHARDS; shard++) {
      await store.build(shard, 1, 0);
      await store.promote(shard, 1, 0);
      expect(await store.apply(shard, chunk(0))).toBe('applied');
    }
    return store;
  }

  it('a database: Halt, a cluster has one', async () => {
    const store = await storeOn(configOf(redis.value.url, { database: 1 }), freshApplication());
    await expect(store.check()).rejects.toThrow(/RAPPORT_REDIS_URL/);
    await expect(store.check()).rejects.toBeInstanceOf(Halt);
    await store.stop();
  });

  it('one master that drops keys: Halt that names it', async () => {
    const store = await begun();
    const last = redis.value.nodes[2];
    await redisCommand(last?.port ?? 0, 'CONFIG SET maxmemory-policy volatile-ttl');
    await expect(store.check()).rejects.toThrow(`127.0.0.1:${last?.port}`);
    await redisCommand(last?.port ?? 0, 'CONFIG SET maxmemory-policy noeviction');
    await store.check();
    await store.removeAll();
    await store.stop();
  });

  it('a slot that moves: the same call finds it again', async () => {
    const store = await begun();
    const application = freshApplication();
    const moving = await storeOn(configOf(redis.value.url), application);
    await moving.check();
    // An empty slot is handed over by saying so; the client still believes the old map. Who imports it takes a higher epoch: without, a third master may believe the old owner for ever.
    const [from, to] = await ownersOf(`{${application}:0}:meta`);
    const slot = await redisCommand(from.port, `CLUSTER KEYSLOT {${application}:0}:meta`);
    const [giver, taker] = [await redisCommand(from.port, 'CLUSTER MYID'), await redisCommand(to.port, 'CLUSTER MYID')];
    await redisCommand(to.port, `CLUSTER SETSLOT ${slot} IMPORTING ${giver}`);
    await redisCommand(from.port, `CLUSTER SETSLOT ${slot} MIGRATING ${taker}`);
    for (const node of [to, from]) await redisCommand(node.port, `CLUSTER SETSLOT ${slot} NODE ${taker}`);
    expect(await moving.build(0, 1, 0)).toBe('started');
    expect(await moving.promote(0, 1, 0)).toBe('promoted');
    expect(await moving.load(0, 1, [A], 9 as Instant, 9)).toMatchObject({ meta: { generation: 1 }, states: [null] });
    await moving.sweep(0);
    await moving.removeAll();
    await moving.stop();
    await store.removeAll();
    await store.stop();
  });

  /** The master that holds a key, and another one. */
  async function ownersOf(key: string): Promise<[{ port: number }, { port: number }]> {
    const masters = redis.value.nodes.slice(0, 3);
    for (const [i, master] of masters.entries()) {
      const answer = await redisCommand(master.port, `GET ${key}`).catch((error: unknown) => String(error));
      const other = masters[(i + 1) % 3];
      if (!/MOVED/.test(answer) && other !== undefined) return [master, other];
    }
    throw new Error('no master holds the key');
  }

  it('a master killed: Retryable for its shards, the others go on, and its replica takes over, with few log lines', {
    timeout: 120_000,
  }, async () => {
    const log = new Lines();
    const store = await begun(log);
    await redis.value.nodes[0]?.kill();
    const failures: unknown[] = [];
    let worked = 0;
    const applied = new Set<number>();
    await until('all shards to go on', 30, async () => {
      for (let shard = 0; shard < SHARDS; shard++) {
        if (applied.has(shard)) continue;
        try {
          // A failover may lose the last writes: what the engine does then is start from the meta that is there.
          const meta = await store.meta(shard);
          if (meta === null || (await store.apply(shard, chunk(meta.next))) === 'applied') applied.add(shard);
          if (failures.length > 0) worked++;
        } catch (error) {
          failures.push(error);
        }
      }
      return applied.size === SHARDS ? true : undefined;
    });
    expect(failures.length).toBeGreaterThan(0);
    expect(failures.filter((error) => !(error instanceof Retryable))).toEqual([]);
    expect(worked).toBeGreaterThan(0);
    // A shard whose master lives may have been applied before the cluster was down: all of it must be up again.
    await until('the line', 30, async () => {
      await store.meta(0);
      return log.lines.some((line) => line.startsWith('info Redis is back')) ? true : undefined;
    });
    expect(log.lines.filter((line) => line.startsWith('warn')).length).toBeLessThanOrEqual(3);
    await redis.value.nodes[0]?.restart();
    await store.stop();
  });
});
