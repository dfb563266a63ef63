/**
 * A reader of all topics, read_committed, from their beginning and as they grow: what it saw is evidence. It keeps its own positions: when its consumer breaks or stands still, another goes
 * on where it was, and nothing is taken twice. Boundary: reads past the proxies; judges nothing.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { createClient, createSockets } from '../../src/adapters/kafka/client.ts';
import { recordsOf } from '../../src/adapters/kafka/fetched.ts';
import type { KafkaAdmin } from '../../src/adapters/kafka/index.ts';
import type { KafkaConfig } from '../../src/config/config.ts';
import type { LogRecord } from '../../src/engine/ports.ts';
import { made } from '../../src/engine/records.ts';
import { until } from '../../src/stack/until.ts';
import type { Partitions } from '../checker/evidence.ts';
import { mark } from '../weave/marks.ts';

export interface Follower {
  /** every record so far, by topic and partition, in offset order */
  readonly seen: ReadonlyMap<string, Partitions>;
  /**
   * Waits until all that is committed now has been seen. Throws at once where a partition's start has passed it by: what it saw has a gap there, since a worker
   * did not spare what it had still to read.
   */
  caughtUp(seconds: number): Promise<void>;
  stop(): Promise<void>;
}

export interface FollowOptions {
  readonly kafka: KafkaConfig;
  readonly admin: KafkaAdmin;
  readonly topics: readonly string[];
  /** a folder in which it marks how far it has read, for workers that are to delete nothing else (`sparing`); none: it does not */
  readonly marks?: string | undefined;
}

interface Reader {
  stop(): Promise<void>;
}

const log = pino({ level: process.env.RAPPORT_TEST_LOG ?? 'silent' });
const LOOK_MS = 500;
/** A consumer that has not moved for so long although there is something to read is replaced. */
const STALL_MS = 8_000;

export async function startFollower({ kafka, admin, topics, marks }: FollowOptions): Promise<Follower> {
  const seen = new Map<string, LogRecord[][]>();
  const next = new Map<string, number>();
  /** by topic and partition, in words */
  const passedBy = new Map<string, string>();
  for (const topic of topics) {
    const ends = await admin.ends(topic);
    seen.set(
      topic,
      ends.map(() => []),
    );
    for (const [partition, { start }] of ends.entries()) {
      next.set(`${topic}-${partition}`, start);
      if (marks !== undefined) mark(marks, { topic, partition }, start);
    }
  }
  let moved = performance.now();
  let broken = false;
  let over = false;

  const take = (topic: string, partition: number, records: readonly LogRecord[], after: number): void => {
    const name = `${topic}-${partition}`;
    const from = next.get(name) ?? 0;
    const into = seen.get(topic)?.[partition];
    for (const record of records) if (record.offset >= from) into?.push(record);
    if (after > from) {
      next.set(name, after);
      moved = performance.now();
      if (marks !== undefined) mark(marks, { topic, partition }, after);
    }
  };

  const open = async (): Promise<Reader> => {
    const groupId = `chaos-follow-${randomUUID().slice(0, 8)}`;
    const sockets = createSockets();
    const consumer = createClient(kafka, log, {
      clientId: groupId,
      requestTimeout: 4_000,
      retry: { initialRetryTime: 50, retries: 4 },
      socketFactory: sockets.factory,
    }).consumer({
      groupId,
      readUncommitted: false,
      maxWaitTimeInMs: 100,
      sessionTimeout: 6_000,
      allowAutoTopicCreation: false,
      // One that broke is replaced here: left to itself it would come back beside its successor.
      retry: { initialRetryTime: 50, retries: 4, restartOnFailure: async () => false },
    });
    let closed = false;
    // An answer that holds markers alone reaches no handler; only this says how far it went.
    consumer.on(consumer.events.START_BATCH_PROCESS, ({ payload: { topic, partition, lastOffset, batchSize } }) => {
      if (!closed && batchSize === 0) take(topic, partition, [], Number(lastOffset) + 1);
    });
    consumer.on(consumer.events.CRASH, () => {
      if (!closed) broken = true;
    });
    // A member that joins is sent to the beginning, which the cleaner may have moved: what was taken is passed over.
    consumer.on(consumer.events.GROUP_JOIN, ({ payload: { memberAssignment } }) => {
      for (const [topic, partitions] of Object.entries(memberAssignment)) {
        for (const partition of partitions) {
          consumer.seek({ topic, partition, offset: String(next.get(`${topic}-${partition}`) ?? 0) });
        }
      }
    });
    const close = async (): Promise<void> => {
      closed = true;
      await Promise.race([consumer.disconnect(), sleep(3_000)]);
      sockets.cut();
    };
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch }) => {
          if (!closed) take(batch.topic, batch.partition, made(recordsOf(batch)), Number(batch.lastOffset()) + 1);
        },
      });
    } catch (error) {
      await close();
      throw error;
    }
    return { stop: close };
  };

  const behind = async (): Promise<string | null> => {
    let found: string | null = null;
    for (const topic of topics) {
      for (const [partition, { start, end }] of (await admin.ends(topic)).entries()) {
        const name = `${topic}-${partition}`;
        const at = next.get(name) ?? 0;
        if (start > at && !passedBy.has(name)) passedBy.set(name, `${name}, which began at ${start} when it stood at ${at}`);
        if (at < end) found = `${name} at ${at} of ${end}`;
      }
    }
    return found;
  };

  const patient = async (): Promise<Reader> => until('a follower to be connected', 120, open);
  let reader = await patient();
  const watching = (async (): Promise<void> => {
    while (!over) {
      await sleep(LOOK_MS);
      try {
        if ((await behind()) === null) moved = performance.now();
      } catch (error) {
        log.debug({ error: String(error) }, 'the ends cannot be asked for now');
      }
      if (over || (!broken && performance.now() - moved < STALL_MS)) continue;
      broken = false;
      await reader.stop();
      reader = await patient();
      moved = performance.now();
    }
  })();

  return {
    seen,
    caughtUp: async (seconds) => {
      let where: string | null = null;
      await until('the follower to have seen everything', seconds, async () => {
        where = await behind();
        return where === null || passedBy.size > 0 ? true : undefined;
      }).catch((cause: unknown) => {
        throw new Error(`the follower has not seen everything within ${seconds} s: ${where}`, { cause });
      });
      if (passedBy.size > 0) throw new Error(`the follower came too late to ${[...passedBy.values()].join(', ')}`);
    },
    stop: async () => {
      over = true;
      await watching;
      await reader.stop();
    },
  };
}
