/**
 * What a case has left behind on real servers, for the checker. Boundary: gathers, judges nothing.
 */
import { unpackStored } from '../../src/adapters/redis/bytes.ts';
import { Connection } from '../../src/adapters/redis/connection.ts';
import { customerPrefix, dueKey, keysOf } from '../../src/adapters/redis/keys.ts';
import { mastersOf } from '../../src/adapters/redis/server.ts';
import { startRegistry } from '../../src/adapters/registry/index.ts';
import type { CustomerId, Instant } from '../../src/domain/ids.ts';
import { LIMITS } from '../../src/engine/engine.ts';
import type { DueCustomer, Stored } from '../../src/engine/ports.ts';
import { type Follower, startFollower } from '../chaos/follow.ts';
import { poisonOf } from '../chaos/judge.ts';
import type { Evidence, StoreImage } from '../checker/evidence.ts';
import type { Application } from '../support/application.ts';

const FOLLOW_SECONDS = 20;
const COUNT = 1_000;
const TIMEOUT_MS = 5_000;
/** There is one broker, whose end is what it has appended, and its clock is the workers'. */
const CLOCK_SLACK_MS = 1_000;

/** A reader of all topics as they grow; start it before the first worker. */
export function follow({ config, admin }: Application): Promise<Follower> {
  const topics = [...new Set([...config.sources.map(({ topic }) => topic), ...Object.values(config.topics)])];
  return startFollower({ kafka: config.kafka, admin, topics });
}

type Told = Pick<Evidence, 'words' | 'ends' | 'drainedAfterMs' | 'samples' | 'canaries' | 'customers' | 'orderedUntil'>;

/** Call it when no worker runs any more. The inputs have append times. */
export async function evidenceOf(app: Application, follower: Follower, told: Told): Promise<Evidence> {
  const { config } = app;
  const again = await follow(app);
  try {
    const [stores, registry] = await Promise.all([imagesOf(app), startRegistry(config)]);
    await registry.stop();
    for (const reader of [follower, again]) await reader.caughtUp(FOLLOW_SECONDS);
    const { decoder, encoder } = registry.value;
    const { foldedCells, future } = LIMITS;
    const kept = again.seen;
    return {
      settings: config,
      decoder,
      encoder,
      limits: { foldedCells, future },
      publishes: true,
      seen: follower.seen,
      kept,
      stores,
      poison: poisonOf(app, kept),
      clockSlackMs: CLOCK_SLACK_MS,
      ...told,
    };
  } finally {
    await again.stop();
  }
}

/** The current generation of each shard, key by key, from whichever server holds it. */
async function imagesOf({ config, id, store }: Application): Promise<(StoreImage | null)[]> {
  const connection = new Connection(config.redis, { command: TIMEOUT_MS, connect: TIMEOUT_MS });
  try {
    const client = await connection.client();
    return await Promise.all(
      Array.from({ length: config.shards }, async (_, shard) => {
        const meta = await store.meta(shard);
        if (meta === null) return null;
        const keys = keysOf(id, shard);
        const prefix = customerPrefix(keys, meta.generation);
        const names = new Set<string>();
        for (const node of mastersOf(client)) {
          let cursor = '0';
          do {
            const [next, found] = await node.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', COUNT);
            for (const name of found) names.add(name);
            cursor = next;
          } while (cursor !== '0');
        }
        const states = new Map<CustomerId, Stored>();
        for (const name of names) {
          const value = await client.getBuffer(name);
          if (value !== null) states.set(name.slice(prefix.length) as CustomerId, unpackStored(value));
        }
        return { meta, states, due: timersOf(await client.zrange(dueKey(keys, meta.generation), '0', '-1', 'WITHSCORES')) };
      }),
    );
  } finally {
    await connection.stop();
  }
}

/** Members and scores by turns. */
function timersOf(reply: readonly string[]): DueCustomer[] {
  const timers: DueCustomer[] = [];
  for (let i = 0; i < reply.length; i += 2) timers.push({ customer: reply[i] as CustomerId, due: Number(reply[i + 1]) as Instant });
  return timers;
}
