/**
 * What a processor has said about a small world, as its topics hold it: the real engine in memory, its real outputs, real batches with offsets and markers. Made once for
 * each file of tests.
 */

import { factsOf } from '../../../src/cli/inspect.ts';
import { localReader } from '../../../src/codec/local.ts';
import { shardOf } from '../../../src/codec/murmur2.ts';
import { decodeState } from '../../../src/codec/state.ts';
import { explain } from '../../../src/domain/explain.ts';
import type { CustomerId, Instant } from '../../../src/domain/ids.ts';
import { presets } from '../../../src/domain/presets.ts';
import type { Ends, LogRecord, TopicPartition } from '../../../src/engine/ports.ts';
import type { Feed, Found, Sources, TailEvents } from '../../../src/http/ports.ts';
import { TestDriver } from '../../../src/testing.ts';
import { generate } from '../../../src/world/generate.ts';

export const SHARDS = 2;
const DAYS = 240;
const UNTIL = Date.UTC(2026, 2, 1) as Instant;

/** Some inputs that nobody can use, for their dead letters. */
export const BROKEN = 40;

export async function saidByProcessor(customers = 60): Promise<TestDriver> {
  const driver = new TestDriver({ shards: SHARDS, kpis: true, start: UNTIL, policy: presets.retail });
  await driver.start();
  for (const item of generate({ customers, days: DAYS, seed: 11, until: UNTIL }))
    if (item.raw === undefined && item.type !== 'attributes')
      driver.pipe({ type: item.type, record: item.record } as Parameters<TestDriver['pipe']>[0]);
  for (let i = 0; i < BROKEN; i++) driver.kafka.append('test.purchase', i % SHARDS, { key: 'c-secret', value: 'mallory@example.com' });
  await driver.settle();
  await driver.advance(20_000);
  await driver.stop();
  return driver;
}

/** One partition as a reader meets it. */
interface Partition {
  readonly of: TopicPartition;
  readonly records: readonly LogRecord[];
  readonly ends: Ends;
}

const READ = ['profiles', 'segmentChanges', 'alerts', 'kpis', 'deadLetters'] as const;

export function partitionsOf(driver: TestDriver): Partition[] {
  return READ.flatMap((name) => {
    const topic = driver.settings.topics[name];
    return driver.kafka
      .ends(topic)
      .map((ends, partition) => ({ of: { topic, partition }, records: driver.kafka.records(topic, partition), ends }));
  });
}

/** A feed of what the topics hold, cut into batches as the test likes; `more` says that there is something new. */
export class MemoryFeed implements Feed {
  partitions: readonly Partition[];
  readonly #cut: (of: TopicPartition) => number;
  #tell: (() => void) | null = null;

  /** @param cut how many records the next batch has at most */
  constructor(partitions: readonly Partition[], cut: (of: TopicPartition) => number = () => 500) {
    this.partitions = partitions;
    this.#cut = cut;
  }

  async ends(topic: string): Promise<Ends[]> {
    return this.partitions.filter(({ of }) => of.topic === topic).map(({ ends }) => ends);
  }

  async reader() {
    return localReader();
  }

  more(): void {
    this.#tell?.();
  }

  async tail(topics: readonly string[], events: TailEvents): Promise<{ stop(): Promise<void> }> {
    let stopped = false;
    const places = new Map(this.partitions.map(({ of }) => [`${of.topic} ${of.partition}`, events.from(of)]));
    const work = async (): Promise<void> => {
      while (!stopped) {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#tell = resolve;
        for (const { of, records, ends } of this.partitions) {
          if (!topics.includes(of.topic)) continue;
          const name = `${of.topic} ${of.partition}`;
          for (let at = places.get(name) ?? 0; at < ends.end && !stopped; ) {
            const rest = records.filter(({ offset }) => offset >= at);
            const batch = rest.slice(0, this.#cut(of));
            // The last batch also covers the markers behind it.
            at = batch.length === rest.length ? ends.end : (batch.at(-1)?.offset ?? at) + 1;
            await events.batch(of, batch, at);
            places.set(name, at);
          }
        }
        await promise;
      }
    };
    const working = work().catch((error: unknown) => {
      if (!stopped) events.ended(error instanceof Error ? error : new Error(String(error)));
    });
    return {
      stop: async () => {
        stopped = true;
        this.more();
        await working;
      },
    };
  }
}

/** Customers as the driver's store has them, as `rapport inspect` would show them. */
export function sourcesOf(driver: TestDriver, feed: Feed, command: Sources['command'] = async () => {}): Sources {
  const { policy } = driver.settings;
  return {
    feed,
    async customer(id): Promise<Found | null> {
      const shard = shardOf(id as CustomerId, SHARDS);
      const meta = await driver.store.meta(shard);
      const { states } = await driver.store.load(shard, meta?.generation ?? 0, [id], 0 as Instant, 0);
      const stored = states[0];
      if (!stored) return null;
      const state = decodeState(id, stored.state);
      const explanation = explain(state, policy);
      if (explanation === null) return null;
      const shown = {
        ...explanation,
        currency: policy.currency,
        horizonDays: policy.churn.horizonDays,
        facts: factsOf(state, explanation.asOf),
        shard,
        watermark: explanation.asOf,
        policy: 'test',
      };
      return { shown: JSON.parse(JSON.stringify(shown)) as Found['shown'], state };
    },
    shards: async () => [],
    command,
  };
}
