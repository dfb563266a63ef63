/**
 * Feeds the read model: output topics, batch by batch, from where the model stands. Boundary: decoding and waiting; what a record means to the model is model/writes.ts's.
 *
 * What is away is waited for, with one line. A model that the topics do not bear out any more begins anew. A record that cannot be read is passed over, with a line that
 * says where it stands.
 */
import { createHash } from 'node:crypto';
import type { OutputReader } from '../codec/output-reader.ts';
import type { AlertRecord, DeadLetterRecord, KpiRecord, ProfileRecord, SegmentChangeRecord } from '../codec/types.ts';
import type { Topics } from '../config/config.ts';
import { Retryable } from '../engine/errors.ts';
import type { Clock, Logger, LogRecord, TopicPartition } from '../engine/ports.ts';
import { type OutputType, topicOf } from '../outputs/index.ts';
import type { Entry, Said } from './model/entry.ts';
import { asksForRebuild, EndsBefore, type ReadModel } from './model/model.ts';
import type { Feed } from './ports.ts';

const READ = ['profile', 'segment-change', 'alert', 'kpi', 'dead-letter'] as const satisfies readonly OutputType[];
type Read = (typeof READ)[number];

const LEAST_MS = 100;
const MOST_MS = 5_000;
/** A topic that ends too early is asked about so often before it is believed. */
const DOUBTS = 5;

export interface Follower {
  readonly model: ReadModel;
  readonly feed: Feed;
  readonly topics: Topics;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Reads until `stopped` aborts. Rejects with what waiting does not mend: Halt, or a defect. */
export async function follow(follower: Follower, stopped: AbortSignal): Promise<void> {
  const { model, clock, log } = follower;
  let waiting = false;
  let doubts = 0;
  for (let pause = LEAST_MS; !stopped.aborted; ) {
    try {
      await once(follower, stopped, () => {
        if (waiting) log.info({}, 'the topics are read again');
        waiting = false;
        doubts = 0;
        pause = LEAST_MS;
      });
    } catch (error) {
      const doubtful = error instanceof EndsBefore && ++doubts < DOUBTS;
      if (asksForRebuild(error) && !doubtful) model.reset(error.message);
      else if (!(error instanceof Retryable || error instanceof EndsBefore)) throw error;
      else {
        if (!waiting) log.warn({ error: error.message }, 'waiting for the topics');
        waiting = true;
        await clock.sleep(pause, stopped);
        pause = Math.min(MOST_MS, pause * 2);
      }
    }
  }
}

/** From one start to the end of the reading. */
async function once({ model, feed, topics, log }: Follower, stopped: AbortSignal, began: () => void): Promise<void> {
  const types = new Map<string, Read>(READ.map((type) => [topicOf(type, topics), type]));
  const names = [...types.keys()];
  const reader = await feed.reader();
  model.expect(new Map(await Promise.all(names.map(async (topic) => [topic, await feed.ends(topic)] as const))));
  if (stopped.aborted) return;
  const over = Promise.withResolvers<void>();
  over.promise.catch(() => undefined); // it may break before anybody waits for it
  let current = true;
  const stop = (): void => over.resolve();
  stopped.addEventListener('abort', stop, { once: true });
  const tail = await feed.tail(names, {
    // From the last record on, not from behind it: by it a topic that was made anew is known.
    from: (of) => {
      const position = model.position(of);
      return position === null ? 0 : (position.last ?? position.next);
    },
    batch: async (of, records, next) => {
      const type = types.get(of.topic);
      if (type === undefined || stopped.aborted) return;
      await reader.prepare(
        type,
        records.map(({ value }) => value),
      );
      // What an earlier reading was still about must not reach a model that has begun anew.
      if (!current) return;
      model.apply(of, next, entriesOf(type, of, records, reader, log));
      began();
    },
    ended: over.reject,
  });
  try {
    await over.promise;
  } finally {
    current = false;
    stopped.removeEventListener('abort', stop);
    await tail.stop();
  }
}

function* entriesOf(type: Read, of: TopicPartition, records: readonly LogRecord[], reader: OutputReader, log: Logger): Generator<Entry> {
  for (const record of records) yield { offset: record.offset, digest: digestOf(record), said: saidOf(type, of, record, reader, log) };
}

function saidOf(type: Read, of: TopicPartition, { offset, key, value }: LogRecord, reader: OutputReader, log: Logger): Said | null {
  if (value === null)
    return key !== null && (type === 'profile' || type === 'kpi') ? { type: 'erased', of: type, key: key.toString() } : null;
  try {
    const record = reader.read(type, value);
    switch (type) {
      case 'profile':
        return { type, record: record as ProfileRecord };
      case 'segment-change':
        return { type, record: record as SegmentChangeRecord };
      case 'alert':
        return { type, record: record as AlertRecord };
      case 'kpi':
        return { type, record: record as KpiRecord };
      case 'dead-letter':
        return { type, record: record as DeadLetterRecord };
    }
  } catch (error) {
    log.warn(
      { ...of, offset, error: error instanceof Error ? error.message : String(error) },
      'a record cannot be read and is passed over',
    );
    return null;
  }
}

function digestOf({ timestamp, key, value }: LogRecord): string {
  const sum = createHash('sha256').update(String(timestamp));
  for (const bytes of [key, value]) sum.update(bytes === null ? '-' : `${bytes.length}:`).update(bytes ?? '');
  return sum.digest('base64url').slice(0, 16);
}
