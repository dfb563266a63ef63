/**
 * What stood in the inputs and in reroute, decoded once: the records by partition and offset, and what each means. Boundary: decoding is the codec's; which
 * shard an input partition belongs to is written here anew (q mod N).
 */

import type { Decoded, LogRecord, Origin, Passed, TopicPartition } from '../../src/engine/ports.ts';
import { originOf } from '../../src/engine/reroute.ts';
import { dead } from '../../src/sources/decoded.ts';
import { indexAt } from './bytes.ts';
import type { Evidence } from './evidence.ts';

/** One partition of an input or of reroute. */
export interface Partition extends TopicPartition {
  readonly rerouted: boolean;
  readonly records: readonly LogRecord[];
  /** where each first entered, and what it means; as long as `records` */
  readonly origins: readonly Origin[];
  readonly decoded: readonly (Decoded | Passed)[];
}

export class Inputs {
  readonly all: readonly Partition[];
  readonly #shards: number;
  readonly #by = new Map<string, readonly Partition[]>();

  constructor(all: readonly Partition[], shards: number) {
    this.all = all;
    this.#shards = shards;
    for (const [topic, partitions] of Map.groupBy(all, ({ topic }) => topic)) this.#by.set(topic, partitions);
  }

  of({ topic, partition }: TopicPartition): Partition | null {
    return this.#by.get(topic)?.[partition] ?? null;
  }

  /** Partition and index of the record at an offset; null when there is none. */
  find(at: TopicPartition & { readonly offset: number }): { readonly partition: Partition; readonly index: number } | null {
    const partition = this.of(at);
    if (partition === null) return null;
    const index = indexAt(partition.records, at.offset);
    return partition.records[index]?.offset === at.offset ? { partition, index } : null;
  }

  /** The shard that an input partition belongs to; of reroute, its own. */
  shardOf({ partition }: TopicPartition): number {
    return partition % this.#shards;
  }

  ofShard(shard: number): readonly Partition[] {
    return this.all.filter((partition) => this.shardOf(partition) === shard);
  }
}

export async function readInputs({ settings, seen, decoder }: Evidence): Promise<Inputs> {
  const { sources, topics, shards } = settings;
  const bySource = new Map<string, LogRecord[]>(sources.map(({ topic }) => [topic, []]));
  const raw = [...bySource.keys(), topics.reroute].flatMap((topic) =>
    (seen.get(topic) ?? []).map((records, partition) => {
      const tp = { topic, partition };
      const rerouted = topic === topics.reroute;
      const origins = records.map((record) => originOf(record, tp, rerouted));
      for (const [i, record] of records.entries()) bySource.get(origins[i]?.topic ?? '')?.push(record);
      return { ...tp, rerouted, records, origins };
    }),
  );
  // Writer schemas are looked up once for all records of a source.
  for (const [topic, records] of bySource) if (records.length > 0) await decoder.prepare(topic, records);
  const all = raw.map((partition) => ({
    ...partition,
    decoded: partition.records.map((record, i): Decoded | Passed => {
      const topic = partition.origins[i]?.topic ?? partition.topic;
      return bySource.has(topic) ? decoder.decode(topic, record) : dead('invalid-record', `no source has the topic ${topic}`);
    }),
  }));
  return new Inputs(all, shards);
}
