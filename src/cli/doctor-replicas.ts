/**
 * `rapport doctor`: the copies of the topics' partitions, who leads them, and how many of them a write waits for.
 */
import type { Config } from '../config/config.ts';
import { type Check, Checks, plural } from './doctor-check.ts';
import { configLine, describeLine } from './doctor-cure.ts';
import type { TopicFacts } from './doctor-ports.ts';
import type { Settings } from './doctor-settings.ts';

const checks = new Checks('topics');

export function leaderFaults(config: Config, { topic, partitions }: TopicFacts): Check[] {
  const headless = partitions.filter(({ leader }) => leader < 0).length;
  if (headless === 0) return [];
  return [
    checks.fault(
      `${topic}: leaders`,
      `none for ${plural(headless, 'partition')}`,
      'Nothing can be read from or written to them until the brokers that have them are back.',
      describeLine(config, topic),
    ),
  ];
}

/** How many copies there are, and how many a write waits for. */
export function replicaFaults(config: Config, { topic, partitions }: TopicFacts, settings: Settings | null, brokers: number): Check[] {
  const found: Check[] = [];
  const replicas = Math.min(...partitions.map((each) => each.replicas.length));
  const behind = partitions.filter((each) => each.inSync.length < each.replicas.length);
  const least = Number(settings?.['min.insync.replicas'] ?? Number.NaN);
  const own = Object.values(config.topics).includes(topic);
  const short = partitions.filter((each) => each.leader >= 0 && each.inSync.length < least);
  if (short.length > 0) {
    found.push(
      checks.fault(
        `${topic}: replicas`,
        `fewer in sync than min.insync.replicas (${least}) in ${plural(short.length, 'partition')}`,
        'The brokers take no writes to these partitions.',
        'Bring back the brokers that are away.',
        describeLine(config, topic),
      ),
    );
  } else if (behind.length > 0) {
    found.push(
      checks.warning(
        `${topic}: replicas`,
        `not all in sync, in ${plural(behind.length, 'partition')}`,
        'A broker is away or has not caught up yet; another failure may stop the work.',
        describeLine(config, topic),
      ),
    );
  }
  if (!own) return found;
  if (replicas === 1 && brokers > 1) {
    found.push(
      checks.warning(
        `${topic}: replication`,
        `1 replica, and ${brokers} brokers`,
        topic === config.topics.journal
          ? 'The journal is the truth: with the disk of one broker, the states of its shards are gone for good. While that broker is away its shards stand still.'
          : 'While that broker is away nothing is written; with its disk the records are gone.',
        `Give it ${Math.min(3, brokers)} replicas: kafka-reassign-partitions.sh with a plan that lists ${Math.min(3, brokers)} brokers for each partition.`,
      ),
    );
  } else if (replicas > 1 && least >= replicas) {
    found.push(
      checks.warning(
        `${topic}: min.insync.replicas`,
        `${least} of ${replicas} replicas`,
        'As soon as one of these brokers is away, nothing is written any more.',
        configLine(config, topic, 'min.insync.replicas', String(replicas - 1)),
      ),
    );
  } else if (replicas > 2 && least === 1) {
    found.push(
      checks.warning(
        `${topic}: min.insync.replicas`,
        `1 of ${replicas} replicas`,
        'A write may count that only one broker has: with the disk of that broker, what was committed is gone.',
        configLine(config, topic, 'min.insync.replicas', '2'),
      ),
    );
  }
  return found;
}
