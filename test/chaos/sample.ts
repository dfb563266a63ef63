/**
 * Looks at Redis during a run, past the proxies: each look is one atomic read of a shard's meta and some customers' states, by the store's own question. What cannot be
 * answered now is not evidence.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster } from 'ioredis';
import { pino } from 'pino';
import { Connection } from '../../src/adapters/redis/connection.ts';
import { RedisStore } from '../../src/adapters/redis/store.ts';
import type { RedisConfig } from '../../src/config/config.ts';
import type { CustomerId, Instant } from '../../src/domain/ids.ts';
import type { Meta } from '../../src/engine/ports.ts';
import type { Random } from '../../src/world/random.ts';
import type { Sample } from '../checker/evidence.ts';

const EVERY_MS = 50;
const CUSTOMERS = 8;
const TIMEOUT_MS = 1_000;
const log = pino({ level: process.env.RAPPORT_TEST_LOG ?? 'silent' });

export interface SampleOptions {
  readonly applicationId: string;
  readonly redis: RedisConfig;
  readonly natMap: Readonly<Record<string, { readonly host: string; readonly port: number }>>;
  /** of each shard, some to choose from; may grow */
  readonly customers: readonly (readonly CustomerId[])[];
  readonly random: Random;
}

/** A connection to the nodes themselves, where the cluster tells of proxies. */
class Past extends Connection {
  readonly #cluster: Cluster;

  constructor(config: RedisConfig, natMap: SampleOptions['natMap']) {
    super(config, { command: TIMEOUT_MS, connect: TIMEOUT_MS });
    this.#cluster = new Cluster(Object.values(natMap), {
      natMap: { ...natMap },
      slotsRefreshInterval: 1_000,
      clusterRetryStrategy: () => 200,
      maxRedirections: 4,
      scaleReads: 'master',
      redisOptions: { commandTimeout: TIMEOUT_MS, connectTimeout: TIMEOUT_MS, maxRetriesPerRequest: 0 },
    });
    this.#cluster.on('error', (error: Error) => log.debug({ error: error.message }, 'the sampler has no cluster now'));
  }

  override client(): Promise<Cluster> {
    return Promise.resolve(this.#cluster);
  }

  override async stop(): Promise<void> {
    this.#cluster.disconnect();
  }
}

export function startSampler({ applicationId, redis, natMap, customers, random }: SampleOptions): {
  readonly samples: readonly Sample[];
  stop(): Promise<void>;
} {
  const store = new RedisStore(new Past(redis, natMap), applicationId, log);
  const samples: Sample[] = [];
  const known = new Map<number, Meta>();
  let over = false;

  const look = async (): Promise<void> => {
    const shard = random.integer(0, customers.length - 1);
    const of = customers[shard] ?? [];
    const asked = [...new Set(Array.from({ length: CUSTOMERS }, () => of[random.integer(0, of.length - 1)]))].filter(
      (id) => id !== undefined,
    );
    const generation = known.get(shard)?.generation ?? -1;
    const { meta, states } = await store.load(shard, generation, asked, 0 as Instant, 0);
    if (meta === null) known.delete(shard);
    else known.set(shard, meta);
    // Of another generation than was asked for there are no states; the next look has them.
    if (meta?.generation !== generation) return;
    samples.push({
      shard,
      meta,
      states: new Map(asked.map((customer, i) => [customer, states[i] ?? null])),
      at: Math.round(performance.now()) as Instant,
    });
  };

  const looking = (async (): Promise<void> => {
    while (!over) {
      await look().catch((error: unknown) => log.debug({ error: String(error) }, 'not sampled'));
      await sleep(EVERY_MS);
    }
  })();
  return {
    samples,
    stop: async () => {
      over = true;
      await looking;
      await store.stop();
    },
  };
}
