/**
 * Where shards stand: the header that Redis holds of each, against the ends of its logs. Read without joining the group; what is read at slightly
 * different instants may be off by a step.
 */
import { decodeHeader } from '../codec/journal.ts';
import type { Config } from '../config/config.ts';
import { Halt } from '../engine/errors.ts';
import type { Ends, TopicPartition } from '../engine/ports.ts';
import type { Connections } from './connections.ts';

export interface InputStanding extends TopicPartition, Ends {
  /** the next offset to take; null before the first claim */
  readonly position: number | null;
  /** offsets from the position to the end, transaction markers included */
  readonly lag: number;
}

export interface ShardStanding {
  readonly shard: number;
  readonly journal: Ends;
  /** null, as all that follows from the store, while Redis has nothing of the shard */
  readonly generation: number | null;
  /** the next journal offset to apply */
  readonly next: number | null;
  /** journal offsets that the store has not seen; the last step's marker does not count */
  readonly toApply: number;
  /** number of the last applied step or claim */
  readonly sequence: number | null;
  /** as of that step, ms; an idle shard writes none */
  readonly watermark: number | null;
  /** the owner's clock over its own inputs, rewritten each second, ms; null when there is none */
  readonly ownWatermark: number | null;
  /** ms that the newer of both lies behind this host's clock */
  readonly delayMs: number | null;
  readonly caughtUpAt: number | null;
  readonly policy: string | null;
  readonly inputs: readonly InputStanding[];
}

/** Throws Halt when a topic is missing or has another number of partitions than there are shards. */
export async function readShards(config: Config, { logs, store }: Connections): Promise<ShardStanding[]> {
  const { shards: count, topics, sources } = config;
  const names = [...new Set([...sources.map(({ topic }) => topic), topics.reroute])];
  const ends = await endsOf([topics.journal, ...names], logs);
  const journal = ends.get(topics.journal) ?? [];
  if (journal.length !== count) {
    throw new Halt(`RAPPORT_SHARDS is ${count}, but ${topics.journal} has ${journal.length} partitions: set it to what the topics have`);
  }
  const owns = await store.readOwns(count);
  const metas = await Promise.all(journal.map((_, shard) => store.meta(shard)));
  const now = Date.now();
  return journal.map((log, shard): ShardStanding => {
    const meta = metas[shard] ?? null;
    const header = meta === null ? null : decodeHeader(meta.header.subarray(8));
    const positions = new Map(header?.positions.map(({ topic, partition, next }) => [`${topic}-${partition}`, next]));
    const inputs = names.flatMap((topic) =>
      (ends.get(topic) ?? []).flatMap((of, partition): InputStanding[] => {
        if (partition % count !== shard) return [];
        const position = positions.get(`${topic}-${partition}`) ?? null;
        return [{ topic, partition, ...of, position, lag: Math.max(0, of.end - (position ?? of.start)) }];
      }),
    );
    // An owner that has just begun says 0.
    const ownWatermark = owns[shard] || null;
    const watermark = header?.watermark || null;
    const newest = Math.max(watermark ?? 0, ownWatermark ?? 0);
    const behind = log.end - Math.max(log.start, meta?.next ?? 0);
    return {
      shard,
      journal: log,
      generation: meta?.generation ?? null,
      next: meta?.next ?? null,
      toApply: meta !== null && behind <= 1 ? 0 : Math.max(0, behind),
      sequence: header?.sequence ?? null,
      watermark,
      ownWatermark,
      delayMs: newest === 0 ? null : Math.max(0, now - newest),
      caughtUpAt: header?.caughtUpAt ?? null,
      policy: header?.policy ?? null,
      inputs,
    };
  });
}

async function endsOf(topics: readonly string[], logs: Connections['logs']): Promise<Map<string, readonly Ends[]>> {
  const missing: string[] = [];
  for (const topic of topics) if ((await logs.partitions(topic)) === null) missing.push(topic);
  if (missing.length > 0) throw new Halt(`there is no topic ${missing.join(', ')}: create what is missing with \`rapport topics create\``);
  return new Map(await Promise.all(topics.map(async (topic) => [topic, await logs.ends(topic)] as const)));
}
