/**
 * A history of every kind of event from the application's input topics: read_committed, from their beginnings to where they end when it is asked.
 * Decoded as the processor decodes them; what is a dead letter to it is counted and passed over.
 *
 * A log may end in offsets without records (markers of transactions): a topic that stays quiet is asked again, and is read when the brokers still
 * answer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { eventSources } from '../config/topics.ts';
import type { Instant } from '../domain/ids.ts';
import { Halt } from '../engine/errors.ts';
import type { LogRecord, TopicPartition } from '../engine/ports.ts';
import { Gathering } from '../model/calibrate-gather.ts';
import type { Gathered } from './calibrate-file.ts';
import type { Context } from './command.ts';
import { say } from './output.ts';
import { Progress } from './progress.ts';

const POLL_MS = 50;
/** Quiet for so long, the rest of the offsets have no records. */
const QUIET_MS = 10_000;

interface Partition {
  readonly end: number;
  next: number;
}

/** Throws Halt when a topic is missing; Retryable when a server is away. */
export async function readTopics({ config, connections }: Context, now: Instant, mostEvents: number): Promise<Gathered> {
  const { logs } = connections;
  const topics = [...new Set(eventSources(config.sources).map(({ topic }) => topic))];
  const partitions = new Map<string, Partition>();
  for (const topic of topics) {
    if ((await logs.partitions(topic)) === null)
      throw new Halt(`there is no topic ${topic}: create what is missing with \`rapport topics create\``);
    (await logs.ends(topic)).forEach(({ start, end }, partition) => {
      partitions.set(`${topic}-${partition}`, { end, next: start });
    });
  }
  const { decoder } = await connections.schemas();
  const gathering = new Gathering(mostEvents);
  const progress = new Progress('calibrate', say);
  const arrived: [TopicPartition, LogRecord][] = [];
  const left = (): number => [...partitions.values()].reduce((sum, { next, end }) => sum + Math.max(0, end - next), 0);
  let [records, dead, quietSince] = [0, 0, performance.now()];

  const follower = await connections.follow(topics, (from, record) => void arrived.push([from, record]));
  try {
    while (left() > 0) {
      if (arrived.length > 0) {
        await take(arrived.splice(0));
        quietSince = performance.now();
        progress.show((seconds) => `${records} records read, ${left()} to go, ${Math.round(records / seconds)}/s`);
      } else if (performance.now() - quietSince > QUIET_MS) {
        for (const topic of topics) await logs.ends(topic);
        break;
      } else await sleep(POLL_MS);
    }
  } finally {
    await follower.stop();
  }
  const warnings = left() > 0 ? [`the topics' last ${left()} offsets hold no records, or none came for ${QUIET_MS / 1_000} s`] : [];
  if (dead > 0) warnings.push(`${dead} records are no events, as for the processor, and were passed over`);
  return { gathering, currency: config.policy.currency, warnings };

  async function take(taken: readonly [TopicPartition, LogRecord][]): Promise<void> {
    for (const [topic, of] of Map.groupBy(taken, ([{ topic }]) => topic)) {
      await decoder.prepare(
        topic,
        of.map(([, record]) => record),
      );
      for (const [{ partition }, record] of of) {
        const known = partitions.get(`${topic}-${partition}`);
        if (known === undefined || record.offset < known.next || record.offset >= known.end) continue;
        known.next = record.offset + 1;
        records += 1;
        const decoded = decoder.decode(topic, record);
        if (decoded.outcome === 'event' && decoded.event.type !== 'command' && decoded.event.at <= now) gathering.add(decoded.event);
        else if (decoded.outcome !== 'passed') dead += 1;
      }
    }
  }
}
