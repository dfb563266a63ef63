/**
 * What a soak measures: one worker's memory and handles, the journal, alone and over the states, the lag, what is left in Redis, the group. Boundary: reads; what growth is, trend.ts says.
 */
import { readdir, readFile } from 'node:fs/promises';
import { generationOf, keysOf } from '../../src/adapters/redis/keys.ts';
import { decodePart } from '../../src/codec/journal.ts';
import type { JournalHeader } from '../../src/engine/journal.ts';
import { redisCommand } from '../../src/stack/ask.ts';
import type { Cluster, Node } from '../chaos/cluster.ts';
import type { Follower } from '../chaos/follow.ts';
import type { Partitions } from '../checker/evidence.ts';
import type { Application } from '../support/application.ts';
import type { Rule, Series } from './trend.ts';

const MIB = 1 << 20;
/**
 * MiB. In twenty minutes at this load the collector may find no need to collect the old generation at all, and then what is promoted to it stays: 15 MiB in a run whose memory had fallen by 130 MiB
 * with the collection before.
 */
const MEMORY_LEAST = 24;
/** MiB. Customers come all the time, some twenty a minute, and their states with them; uncleaned, it would grow by 4 MiB a minute. */
const JOURNAL_LEAST = 4;
const JOURNAL_MOST = 16;

export interface Gauge extends Omit<Series, 'points'> {
  read(): Promise<number>;
}

export interface Watched {
  readonly cluster: Cluster;
  readonly app: Application;
  readonly follower: Follower;
  readonly pid: number;
  /** events a second */
  readonly rate: number;
}

export function gaugesOf({ cluster, app, follower, pid, rate }: Watched): readonly Gauge[] {
  const { topics, sources } = app.config;
  const gauge = (name: string, unit: string, rule: Rule, read: () => Promise<number>): Gauge => ({ name, unit, rule, read });
  const journals = (): Partitions => follower.seen.get(topics.journal) ?? [];
  /** bytes of what the cleaner has left, and of the states that it must keep */
  const sizes = async (): Promise<{ readonly kept: number; readonly states: number }> => {
    const ends = await app.admin.ends(topics.journal);
    let kept = 0;
    let states = 0;
    for (const [shard, records] of journals().entries()) {
      const start = ends[shard]?.start ?? 0;
      for (let i = records.length - 1; i >= 0 && (records[i]?.offset ?? -1) >= start; i--) kept += records[i]?.value?.length ?? 0;
      states += newest(records)?.stateBytes ?? 0;
    }
    return { kept, states };
  };
  return [
    gauge('memory', 'MiB', { by: 'slope', spreads: 1, least: MEMORY_LEAST, floor: true }, async () => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return (Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]) * 1_024) / MIB;
    }),
    gauge('open handles', '', { by: 'slope', spreads: 0, least: 3 }, async () => (await readdir(`/proc/${pid}/fd`)).length),
    gauge('journal over states', '', { by: 'slope', spreads: 0, least: 1, most: 6 }, async () => {
      const { kept, states } = await sizes();
      return kept / states;
    }),
    gauge('journal', 'MiB', { by: 'slope', spreads: 0, least: JOURNAL_LEAST, most: JOURNAL_MOST }, async () => (await sizes()).kept / MIB),
    gauge('lag', 'records', { by: 'thirds', least: 3 * rate }, async () => {
      const next = journals().flatMap((records) => newest(records)?.positions ?? []);
      const at = new Map(next.map((position) => [`${position.topic}-${position.partition}`, position.next]));
      const ends = await Promise.all(sources.map(async ({ topic }) => ({ topic, ends: await app.admin.ends(topic) })));
      const waiting = ends.flatMap((of) => of.ends.map(({ end }, partition) => end - (at.get(`${of.topic}-${partition}`) ?? 0)));
      return waiting.reduce((sum, each) => sum + Math.max(0, each), 0);
    }),
    gauge('keys left behind', '', { by: 'slope', spreads: 0, least: 50, most: 0 }, () => leftBehind(cluster, app)),
    gauge('group members', '', { by: 'slope', spreads: 0, least: 1, most: 2 }, async () => (await app.admin.groupMembers(app.id)).length),
  ];
}

/** The header of the last step: it stands in the step's first part. */
function newest(records: Partitions[number]): JournalHeader | null {
  for (let i = records.length - 1; i >= 0; i--) {
    const value = records[i]?.value ?? null;
    const header = value === null ? null : decodePart(value).header;
    if (header !== null) return header;
  }
  return null;
}

/** Keys of generations that are neither current nor being built, which are removed in the background; the application is alone on the cluster. */
export async function leftBehind({ redis }: Cluster, { id, config }: Application): Promise<number> {
  const of = async ({ server: { port } }: Node): Promise<number> => {
    if (!(await redisCommand(port, 'INFO replication')).includes('role:master')) return 0;
    const names = (await redisCommand(port, `EVAL "return table.concat(redis.call('keys', '*'), string.char(10))" 0`)).split('\n');
    let left = 0;
    for (let shard = 0; shard < config.shards; shard++) {
      const keys = keysOf(id, shard);
      const own = names.filter((name) => name.startsWith(keys.prefix));
      if (own.length === 0) continue;
      const fields = ['generation', 'building'].map((field) =>
        redisCommand(port, `EVAL "return redis.call('hget', KEYS[1], '${field}') or ''" 1 ${keys.meta}`),
      );
      // Empty: there is none.
      const read = new Set((await Promise.all(fields)).filter((field) => field !== '').map(Number));
      left += own.map((name) => generationOf(keys, name)).filter((generation) => generation !== null && !read.has(generation)).length;
    }
    return left;
  };
  return (await Promise.all(redis.map(of))).reduce((sum, each) => sum + each, 0);
}
