/**
 * The last header of each shard's journal, for `rapport doctor`: from Redis where it stands right behind the journal, else read from the journal itself.
 * Nothing is claimed for it; a shard whose last step cannot be read has none here.
 */
import { decodeHeader } from '../codec/journal.ts';
import type { Config } from '../config/config.ts';
import { Halt, Retryable } from '../engine/errors.ts';
import type { JournalHeader } from '../engine/journal.ts';
import type { LogRecord } from '../engine/ports.ts';
import { lastStep } from '../engine/tail.ts';
import type { Connections } from './connections.ts';
import { within } from './doctor-check.ts';
import type { KafkaFacts, KafkaProbe } from './doctor-ports.ts';

export interface Claims {
  /** of the shards that have one */
  readonly headers: ReadonlyMap<number, JournalHeader>;
  /** shards whose journal is not empty, and how many of them could not be read now */
  readonly claimed: readonly number[];
  readonly unread: number;
  /** shards whose journal cannot be read by a worker either, and why */
  readonly broken: readonly { readonly shard: number; readonly why: string }[];
  /** shards that Redis has further than their journal goes */
  readonly ahead: readonly { readonly shard: number; readonly next: number; readonly end: number }[];
}

/** ms for what Redis holds of all shards; a journal is asked then */
const STORE_MS = 1_500;
/** Journals that are read; the others are taken for their like. */
const MOST_READ = 32;

interface Asked {
  readonly logs: Pick<Connections['logs'], 'ends'>;
  readonly store: Pick<Connections['store'], 'meta'>;
}

/** Throws Retryable when Kafka is away. */
export async function readClaims(config: Config, { logs, store }: Asked, kafka: KafkaProbe, facts: KafkaFacts): Promise<Claims> {
  const { journal } = config.topics;
  const leaders = leadersOf(journal, facts);
  if (leaders.length === 0) return { headers: new Map(), claimed: [], unread: 0, broken: [], ahead: [] };
  const metas = await within(Promise.all(leaders.map((_, shard) => store.meta(shard))), STORE_MS).catch(() => null);
  const ends = await logs.ends(journal);
  const headers = new Map<number, JournalHeader>();
  const claimed = ends.flatMap(({ end }, shard) => (end > 0 ? [shard] : []));
  const ahead: Claims['ahead'][number][] = [];
  const broken: Claims['broken'][number][] = [];
  const toRead: number[] = [];
  for (const shard of claimed) {
    const { start, end } = ends[shard] ?? { start: 0, end: 0 };
    const meta = metas?.[shard] ?? null;
    if (meta !== null && meta.next > end) ahead.push({ shard, next: meta.next, end });
    else if (meta !== null && meta.next >= start && end - meta.next <= 1) headers.set(shard, decodeHeader(meta.header.subarray(8)));
    else toRead.push(shard);
  }
  const read = toRead.slice(0, MOST_READ).map(async (shard) => {
    const range = ends[shard];
    const from = async function* (at: number, to: number): AsyncGenerator<readonly LogRecord[]> {
      yield await kafka.read({ topic: journal, partition: shard }, at, to, leaders[shard] ?? '');
    };
    try {
      const last = range === undefined ? null : await lastStep(`${journal}-${shard}`, range, from);
      if (last !== null) headers.set(shard, last.header);
    } catch (error) {
      if (error instanceof Halt) broken.push({ shard, why: error.message });
      else if (!(error instanceof Retryable)) throw error;
    }
  });
  await Promise.all(read);
  return { headers, claimed, unread: toRead.filter((shard) => !headers.has(shard)).length - broken.length, broken, ahead };
}

/** `host:port` by partition; empty where there is none. */
function leadersOf(topic: string, { topics, brokers }: KafkaFacts): string[] {
  const partitions = topics.find((each) => each.topic === topic)?.partitions ?? [];
  return partitions
    .toSorted((a, b) => a.partition - b.partition)
    .map(({ leader }) => {
      const broker = brokers.find(({ id }) => id === leader);
      return broker === undefined ? '' : `${broker.host}:${broker.port}`;
    });
}
