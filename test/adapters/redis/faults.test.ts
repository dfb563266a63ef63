/** Faults of a single Redis, each by its name: what the engine is told, and that the work goes on afterwards. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Connection } from '../../../src/adapters/redis/connection.ts';
import { dueKey, keysOf } from '../../../src/adapters/redis/keys.ts';
import { run, SCRIPTS } from '../../../src/adapters/redis/scripts.ts';
import type { RedisStore } from '../../../src/adapters/redis/store.ts';
import type { CustomerId, Instant } from '../../../src/domain/ids.ts';
import { Halt, Retryable } from '../../../src/engine/errors.ts';
import type { ApplyEntry, Chunk } from '../../../src/engine/ports.ts';
import { redisCommand } from '../../../src/stack/ask.ts';
import type { Server } from '../../../src/stack/process.ts';
import { type Redis, startRedis } from '../../../src/stack/redis.ts';
import type { Resource } from '../../../src/stack/resource.ts';
import { until } from '../../../src/stack/until.ts';
import { configOf, freshApplication, Lines, storeOn } from './support.ts';

const A = 'a' as CustomerId;
const SHARD = 0;

function chunk(at: number, size = 10): Chunk {
  const entries = [{ customer: A, offset: at, state: Buffer.alloc(size, at), due: at as Instant }];
  return { generation: 1, at, from: 0, entries, to: { next: at + 1, header: Buffer.from('header') } };
}

describe('Redis', () => {
  let redis: Resource<Redis>;
  let server: Server;
  let store: RedisStore;
  let log: Lines;
  beforeAll(async () => {
    redis = await startRedis({ mode: 'single', appendOnly: true, arguments: ['--appendfsync', 'always'], log: () => {} });
    const [node] = redis.value.nodes;
    if (node === undefined) throw new Error('no server');
    server = node;
  });
  afterAll(() => redis.stop());
  beforeEach(async () => {
    log = new Lines();
    store = await storeOn(configOf(redis.value.url), freshApplication(), log);
    await store.build(SHARD, 1, 0);
    await store.promote(SHARD, 1, 0);
  });
  afterEach(() => store.stop());

  /** Asks until it answers; every failure on the way must be Retryable. */
  const eventually = async <T>(what: string, ask: () => Promise<T>): Promise<T> => {
    const { answer } = await until(what, 20, async () => {
      try {
        return { answer: await ask() };
      } catch (error) {
        if (error instanceof Retryable) return undefined;
        expect(error).toBeInstanceOf(Retryable);
        throw error;
      }
    });
    return answer;
  };

  it('away at the start: Retryable at once, and it works when it comes', async () => {
    await server.kill();
    const late = await storeOn(configOf(redis.value.url), freshApplication());
    await expect(late.check()).rejects.toThrow(/Redis is away: connect ECONNREFUSED/);
    await expect(late.check()).rejects.toBeInstanceOf(Retryable);
    await server.restart();
    await eventually('the check', () => late.check());
    await late.stop();
  });

  it('killed and restarted: Retryable meanwhile, then goes on where it stood, with one log line each way', async () => {
    expect(await store.apply(SHARD, chunk(0))).toBe('applied');
    await server.kill();
    for (let i = 0; i < 5; i++) await expect(store.apply(SHARD, chunk(1))).rejects.toBeInstanceOf(Retryable);
    await server.restart();
    expect(await eventually('the apply', () => store.apply(SHARD, chunk(1)))).toBe('applied');
    expect(await store.meta(SHARD)).toMatchObject({ next: 2 });
    await until('the line', 10, async () => {
      await store.meta(SHARD);
      return log.lines.some((line) => line.startsWith('info Redis is back')) ? true : undefined;
    });
    expect(log.lines.map((line) => line.slice(0, 18))).toEqual(['warn Redis is away', 'info Redis is back']);
  });

  it('killed with a call in flight: the call fails at once, it does not hang', async () => {
    server.freeze();
    const call = store.apply(SHARD, chunk(0)).then(
      () => null,
      (error: unknown) => error,
    );
    await server.kill();
    expect(await call).toBeInstanceOf(Retryable);
    await server.restart();
    expect(await eventually('the apply', () => store.apply(SHARD, chunk(0)))).toBe('applied');
  });

  it('I6 frozen: a call that timed out and happens afterwards changes nothing twice', async () => {
    server.freeze();
    await expect(store.apply(SHARD, chunk(0))).rejects.toBeInstanceOf(Retryable);
    server.thaw();
    await until('the late apply', 10, async () => ((await store.meta(SHARD))?.next === 1 ? true : undefined));
    expect(await store.apply(SHARD, chunk(0))).toBe('rejected');
    expect(await store.apply(SHARD, chunk(1))).toBe('applied');
  });

  it('FLUSHALL: there is no meta any more, and a new generation can be built', async () => {
    await store.apply(SHARD, chunk(0));
    await redisCommand(server.port, 'FLUSHALL');
    expect(await store.meta(SHARD)).toBeNull();
    expect(await store.load(SHARD, 1, [A], 9 as Instant, 9)).toEqual({ meta: null, states: [null], due: [], nextDue: null });
    expect(await store.apply(SHARD, chunk(1))).toBe('rejected');
    expect(await store.build(SHARD, 2, 0)).toBe('started');
  });

  it('SCRIPT FLUSH: scripts are sent again', async () => {
    await store.apply(SHARD, chunk(0));
    await redisCommand(server.port, 'SCRIPT FLUSH');
    expect(await store.apply(SHARD, chunk(1))).toBe('applied');
  });

  it('a maxmemory-policy that drops keys: Halt with the cure', async () => {
    await redisCommand(server.port, 'CONFIG SET maxmemory-policy allkeys-lru');
    await expect(store.check()).rejects.toThrow(/allkeys-lru.*Set it to noeviction/);
    await expect(store.check()).rejects.toBeInstanceOf(Halt);
    await redisCommand(server.port, 'CONFIG SET maxmemory-policy noeviction');
    await store.check();
  });

  it('full: Retryable that says so, nothing half applied, and it goes on when there is room', async () => {
    await store.apply(SHARD, chunk(0));
    await redisCommand(server.port, 'CONFIG SET maxmemory 1mb');
    await expect(store.apply(SHARD, chunk(1, 100_000))).rejects.toThrow(/Redis is full.*raise maxmemory/);
    await expect(store.apply(SHARD, chunk(1, 100_000))).rejects.toBeInstanceOf(Retryable);
    // A full server refuses even to queue reads in a MULTI.
    await expect(store.load(SHARD, 1, [A], 0 as Instant, 0)).rejects.toBeInstanceOf(Retryable);
    expect((await store.meta(SHARD))?.next).toBe(1);
    await redisCommand(server.port, 'CONFIG SET maxmemory 0');
    expect((await store.load(SHARD, 1, [A], 0 as Instant, 0)).states[0]?.offset).toBe(0);
    expect(await store.apply(SHARD, chunk(1, 100_000))).toBe('applied');
  });

  it('a replica in the address: Retryable, since a failover may be under way', async () => {
    await redisCommand(server.port, 'REPLICAOF 127.0.0.1 1');
    await expect(store.apply(SHARD, chunk(0))).rejects.toThrow(/READONLY/);
    await expect(store.apply(SHARD, chunk(0))).rejects.toBeInstanceOf(Retryable);
    await redisCommand(server.port, 'REPLICAOF NO ONE');
    expect(await store.apply(SHARD, chunk(0))).toBe('applied');
  });

  it('stopped: a call afterwards is Retryable, and stopping again is harmless', async () => {
    await store.stop();
    await store.stop();
    await expect(store.meta(SHARD)).rejects.toBeInstanceOf(Retryable);
  });

  it('I7 reads a customer with the meta of the same instant', async () => {
    expect(await store.readCustomer(SHARD + 1, A)).toBeNull();
    expect(await store.readCustomer(SHARD, A)).toMatchObject({ meta: { next: 0 }, stored: null });
    await store.apply(SHARD, chunk(0));
    expect(await store.readCustomer(SHARD, A)).toMatchObject({ meta: { next: 1 }, stored: { offset: 0, state: Buffer.alloc(10) } });
  });

  it('I7 a sweep leaves meta, own, and the keys of the current generation and of the one being built', async () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, i) => ({ ...chunk(0).entries[0], customer: `c${i}` as CustomerId }) as ApplyEntry);
    await store.apply(SHARD, { ...chunk(0), entries: many(2500) });
    for (const [generation, count] of [
      [2, 1],
      [3, 10],
      [4, 20],
    ] as const) {
      if (generation === 4) await store.promote(SHARD, 3, 1);
      await store.build(SHARD, generation, 0);
      await store.apply(SHARD, { ...chunk(0), generation, entries: many(count) });
    }
    await store.writeOwn(SHARD, null);
    await store.sweep(SHARD);
    expect(await store.removeAll()).toBe(2 + (10 + 1) + (20 + 1));
  });

  it('I7 the removal looks at meta itself: what a failover made current again stays', async () => {
    const connection = new Connection(configOf(redis.value.url), { command: 1000, connect: 1000 });
    const client = await connection.client();
    const keys = keysOf(freshApplication(), SHARD);
    const remove = async (generation: number): Promise<number> => {
      await client.set(dueKey(keys, generation), 'there');
      return run(client, SCRIPTS.sweep, [keys.meta, dueKey(keys, generation)], [generation]);
    };
    expect(await remove(1)).toBe(0);
    await client.hset(keys.meta, { generation: '5', next: '9', header: '', building: '7' });
    const removed: number[] = [];
    for (const generation of [4, 5, 6, 7, 8]) removed.push(await remove(generation));
    expect(removed).toEqual([1, 0, 1, 0, 0]);
    await client.del(keys.meta, ...[1, 5, 7, 8].map((generation) => dueKey(keys, generation)));
    await connection.stop();
  });

  it('removes every key of the application, and none of another', async () => {
    const name = freshApplication();
    const [one, two] = [await storeOn(configOf(redis.value.url), name), await storeOn(configOf(redis.value.url), `${name}-two`)];
    for (const each of [one, two]) {
      await each.build(7, 1, 0);
      await each.apply(7, chunk(0));
      await each.promote(7, 1, 1);
      await each.writeOwn(1, null);
    }
    expect(await one.removeAll()).toBe(4);
    expect(await one.meta(7)).toBeNull();
    expect(await two.meta(7)).not.toBeNull();
    expect(await two.removeAll()).toBe(4);
    await one.stop();
    await two.stop();
  });
});
