/**
 * `rapport doctor`: the topics. Whether they are there, with as many partitions as there are shards.
 * Boundary: their settings are doctor-settings.ts's, replicas doctor-replicas.ts's.
 */
import type { Config, SourceConfig } from '../config/config.ts';
import { Halt } from '../engine/errors.ts';
import type { TopicAdmin } from './connections.ts';
import { type Check, Checks, listText, plural, saidBy, within } from './doctor-check.ts';
import { describeLine } from './doctor-cure.ts';
import type { KafkaFacts, TopicFacts } from './doctor-ports.ts';
import { leaderFaults, replicaFaults } from './doctor-replicas.ts';
import { isForbidden, isMissing } from './doctor-rights.ts';
import { keptText, looseEnds, type Settings, settingFaults } from './doctor-settings.ts';
import { allTopics } from './topics.ts';

const checks = new Checks('topics');

export async function checkTopicSettings(
  config: Config,
  admin: Pick<TopicAdmin, 'topicConfig'>,
  facts: Promise<KafkaFacts>,
): Promise<Check[]> {
  const known = await facts.catch(() => null);
  if (known === null) return [checks.skipped('topics', 'no broker can be asked')];
  const all = new Set(allTopics(config));
  // In the order of the configuration: brokers answer in any.
  const listed = [...all].flatMap((name) => known.topics.find(({ topic }) => topic === name) ?? []);
  const there = listed.filter(({ error }) => error === null);
  const missing = listed.filter(isMissing).map(({ topic }) => topic);
  const asked = await Promise.all(there.map(({ topic }) => settingsOf(admin, topic)));
  const settings = new Map(there.map(({ topic }, i) => [topic, asked[i]?.settings ?? null]));
  const unseen = asked.flatMap(({ why }) => (why === null ? [] : [why]));
  const found = [
    ...missingOf(missing),
    ...listed.filter((each) => each.error !== null && !isMissing(each) && !isForbidden(each)).map((each) => unwellOf(config, each)),
    ...settingFaults(config, settings),
    ...countFaults(config, there),
    ...there.flatMap((each) => [
      ...leaderFaults(config, each),
      ...replicaFaults(config, each, settings.get(each.topic) ?? null, known.brokers.length),
    ]),
    ...there.flatMap(({ topic }) => looseEnds(config, topic, settings.get(topic) ?? null)),
  ];
  if (unseen.length > 0) found.push(checks.skipped('settings', `${listText([...new Set(unseen)], 1)}`));
  const wrong = new Set(found.map(({ check }) => check.split(':')[0]));
  const fine = there
    .filter(({ topic }) => !wrong.has(topic))
    .map((each) => checks.ok(each.topic, textOf(each, settings.get(each.topic) ?? null)));
  return [...fine, ...found];
}

/** Null, and why, where this user may not see them. */
async function settingsOf(
  admin: Pick<TopicAdmin, 'topicConfig'>,
  topic: string,
): Promise<{ settings: Settings | null; why: string | null }> {
  try {
    return { settings: await within(admin.topicConfig(topic)), why: null };
  } catch (error) {
    const forbidden = error instanceof Halt && error.message.includes('AUTHORIZATION');
    return { settings: null, why: forbidden ? 'this user may not see them: DescribeConfigs is missing' : saidBy(error) };
  }
}

function textOf({ partitions }: TopicFacts, settings: Settings | null): string {
  const replicas = partitions[0]?.replicas.length ?? 0;
  const kept = settings === null ? '' : `, ${keptText(settings)}`;
  return `${plural(partitions.length, 'partition')}, ${plural(replicas, 'replica')}${kept}`;
}

function missingOf(missing: readonly string[]): Check[] {
  if (missing.length === 0) return [];
  return [
    checks.fault(
      'missing',
      listText(missing),
      `No worker starts without ${missing.length === 1 ? 'it' : 'them'}: ${missing.join(', ')}.`,
      'rapport topics create',
    ),
  ];
}

const unwellOf = (config: Config, { topic, error }: TopicFacts): Check =>
  checks.fault(
    `${topic}: state`,
    error ?? 'unknown',
    'The brokers do not serve it as it is; it may be about to be made, or removed.',
    describeLine(config, topic),
  );

function countFaults({ topics, sources, shards }: Config, there: readonly TopicFacts[]): Check[] {
  const own = there.filter(({ topic }) => Object.values(topics).includes(topic));
  const counts = [...new Set(own.map(({ partitions }) => partitions.length))];
  const set =
    counts.length === 1
      ? `Set RAPPORT_SHARDS to ${counts[0]}`
      : 'Their numbers differ, so some of them are another application’s, or were changed: find out which';
  const wrong = own.filter(({ partitions }) => partitions.length !== shards);
  const found = wrong.map(({ topic, partitions }) =>
    checks.fault(
      `${topic}: partitions`,
      `${partitions.length}, wanted ${shards}`,
      'The application has one partition of its topics for each shard, fixed for the life of an application id. No worker starts.',
      `${set}; or choose a new RAPPORT_APPLICATION_ID and create its topics with \`rapport topics create\`.`,
    ),
  );
  // With the wrong number of shards nothing can be said about inputs.
  if (found.length > 0) return found;
  return there.flatMap(({ topic, partitions }) => {
    const source = sources.find((each) => each.topic === topic);
    return source?.keyedByCustomer && partitions.length !== shards ? notKeyed(shards, source, partitions.length) : [];
  });
}

function notKeyed(shards: number, { topic }: SourceConfig, count: number): Check {
  return checks.warning(
    `${topic}: partitions`,
    `${count}, and ${plural(shards, 'shard')}`,
    'It is named as keyed by customer, which it cannot be for this number of shards: records are found in the wrong shard and written once more, to be forwarded.',
    `Say \`keyedByCustomer: false\` of this source; or, before the application has run for the first time, set RAPPORT_SHARDS to ${count}.`,
  );
}
