/** The checks of topics: nothing is said of those that `topics create` makes, and each fault with its cure. */
import { expect, test } from 'vitest';
import type { KafkaFacts, TopicFacts } from '../../src/cli/doctor-ports.ts';
import { checkTopicSettings } from '../../src/cli/doctor-topics.ts';
import { Halt, Retryable } from '../../src/engine/errors.ts';
import { configOf, kafkaFacts, partitions, SHARDS, settingsOf, textOf, wrongIn } from './stubs.ts';

const config = await configOf();
const DAY = 86_400_000;

const look = (facts: KafkaFacts, settings: (topic: string) => Record<string, string> = (topic) => settingsOf(config, topic)) =>
  checkTopicSettings(config, { topicConfig: async (topic) => settings(topic) }, Promise.resolve(facts));
const only = (name: string, change: Partial<TopicFacts>): KafkaFacts =>
  kafkaFacts(config, (topic) => (topic.topic === name ? { ...topic, ...change } : topic));
const withSetting = (name: string, change: Record<string, string>) =>
  look(kafkaFacts(config), (topic) => ({ ...settingsOf(config, topic), ...(topic === name ? change : {}) }));

test('all is well: one line for each topic, in the order of the configuration', async () => {
  const found = await look(kafkaFacts(config));
  expect(wrongIn(found)).toEqual([]);
  expect(found.map(({ check }) => check).slice(0, 3)).toEqual(['shop.journal', 'shop.reroute', 'shop.segment-changes']);
  expect(found[0]?.found).toBe('2 partitions, 3 replicas, kept for good');
  expect(found).toHaveLength(14);
});

const alter = (topic: string, setting: string): string =>
  `kafka-configs.sh --bootstrap-server kafka:9092 --alter --entity-type topics --entity-name ${topic} --add-config ${setting}`;

test.each<[string, Record<string, string>, string, string]>([
  ['shop.journal', { 'cleanup.policy': 'compact' }, 'fault shop.journal: cleanup.policy: compact, wanted delete', 'cleanup.policy=delete'],
  [
    'shop.journal',
    { 'retention.ms': '604800000' },
    'fault shop.journal: retention.ms: 604800000 (7 d), wanted -1 (for good)',
    'retention.ms=-1',
  ],
  [
    'shop.journal',
    { 'retention.bytes': '1000' },
    'fault shop.journal: retention.bytes: 1000 (1000 B), made as -1 (for good)',
    'retention.bytes=-1',
  ],
  [
    'shop.journal',
    { 'message.timestamp.type': 'CreateTime' },
    'fault shop.journal: message.timestamp.type: CreateTime, wanted LogAppendTime',
    'message.timestamp.type=LogAppendTime',
  ],
  [
    'shop.journal',
    { 'segment.bytes': '1073741824' },
    'warning shop.journal: segment.bytes: 1073741824 (1.0 GiB), made as 16777216 (16 MiB)',
    'segment.bytes=16777216',
  ],
  ['shop.reroute', { 'retention.ms': '1000' }, 'fault shop.reroute: retention.ms: 1000 (1 s), wanted -1 (for good)', 'retention.ms=-1'],
  [
    'shop.dead-letters',
    { 'max.message.bytes': '1048588' },
    'fault shop.dead-letters: max.message.bytes: 1048588 (1.0 MiB), wanted at least 1114124 (1.1 MiB)',
    'max.message.bytes=1114124',
  ],
  [
    'shop.profiles',
    { 'cleanup.policy': 'delete' },
    'warning shop.profiles: cleanup.policy: delete, made as compact',
    'cleanup.policy=compact',
  ],
  [
    'shop.purchases',
    { 'cleanup.policy': 'compact,delete' },
    'fault shop.purchases: cleanup.policy: compact,delete',
    'cleanup.policy=delete',
  ],
  ['shop.purchases', { 'retention.ms': String(2 * DAY) }, 'warning shop.purchases: retention.ms: 2 d', `retention.ms=${7 * DAY}`],
  [
    'shop.purchases',
    { 'retention.bytes': '1000' },
    'warning shop.purchases: retention.bytes: 1000 (1000 B) a partition',
    'retention.bytes=-1',
  ],
  ['shop.kpis', { 'min.insync.replicas': '3' }, 'warning shop.kpis: min.insync.replicas: 3 of 3 replicas', 'min.insync.replicas=2'],
  ['shop.kpis', { 'min.insync.replicas': '1' }, 'warning shop.kpis: min.insync.replicas: 1 of 3 replicas', 'min.insync.replicas=2'],
])('%s with %j', async (topic, settings, wrong, cure) => {
  const found = await withSetting(topic, settings);
  expect(wrongIn(found)).toEqual([wrong]);
  expect(found.flatMap(({ todo }) => todo)).toEqual([alter(topic, cure)]);
});

test.each<[string, KafkaFacts, string[], RegExp]>([
  [
    'a topic is missing',
    only('shop.alerts', { error: 'UNKNOWN_TOPIC_OR_PARTITION', partitions: [] }),
    ['fault missing: shop.alerts'],
    /^rapport topics create$/m,
  ],
  [
    'the brokers do not serve a topic',
    only('shop.alerts', { error: 'LEADER_NOT_AVAILABLE', partitions: [] }),
    ['fault shop.alerts: state: LEADER_NOT_AVAILABLE'],
    /--describe --topic shop\.alerts/,
  ],
  [
    'a topic that this user may not see is told with the rights, not here',
    only('shop.alerts', { error: 'TOPIC_AUTHORIZATION_FAILED', partitions: [] }),
    [],
    /^\s*$/,
  ],
  [
    'an input is not keyed as it is said to be',
    only('shop.surveys', { partitions: partitions(5) }),
    ['warning shop.surveys: partitions: 5, and 2 shards'],
    /keyedByCustomer: false/,
  ],
  [
    'one topic of ours has another number of partitions',
    only('shop.kpis', { partitions: partitions(3) }),
    ['fault shop.kpis: partitions: 3, wanted 2'],
    /find out which/,
  ],
  [
    'a partition has no leader',
    only('shop.kpis', { partitions: partitions(SHARDS, { leader: -1 }) }),
    ['fault shop.kpis: leaders: none for 2 partitions'],
    /--describe --topic shop\.kpis/,
  ],
  [
    'replicas are behind',
    only('shop.kpis', { partitions: partitions(SHARDS, { inSync: [1, 2] }) }),
    ['warning shop.kpis: replicas: not all in sync, in 2 partitions'],
    /--describe --topic shop\.kpis/,
  ],
  [
    'too few replicas are in sync for a write',
    only('shop.purchases', { partitions: partitions(SHARDS, { inSync: [1] }) }),
    ['fault shop.purchases: replicas: fewer in sync than min.insync.replicas (2) in 2 partitions'],
    /Bring back the brokers/,
  ],
  [
    'there is one replica and there are three brokers',
    only('shop.journal', { partitions: partitions(SHARDS, { replicas: [1], inSync: [1] }) }),
    [
      'fault shop.journal: replicas: fewer in sync than min.insync.replicas (2) in 2 partitions',
      'warning shop.journal: replication: 1 replica, and 3 brokers',
    ],
    /kafka-reassign-partitions\.sh/,
  ],
])('%s', async (_, facts, wrong, cure) => {
  const found = await look(facts);
  expect(wrongIn(found)).toEqual(wrong);
  expect(textOf(found)).toMatch(cure);
});

test('one replica is all that one broker can give', async () => {
  const facts = kafkaFacts(config, (topic) => ({ ...topic, partitions: partitions(SHARDS, { replicas: [1], inSync: [1] }) }));
  const alone = { ...facts, brokers: facts.brokers.slice(0, 1) };
  expect(wrongIn(await look(alone, (topic) => ({ ...settingsOf(config, topic), 'min.insync.replicas': '1' })))).toEqual([]);
});

test('all of our topics with another number: the number of shards is wrong, and nothing is said about inputs', async () => {
  const found = await look(kafkaFacts(config, (topic) => ({ ...topic, partitions: partitions(6) })));
  expect(wrongIn(found)).toHaveLength(8);
  expect(wrongIn(found)[0]).toBe('fault shop.journal: partitions: 6, wanted 2');
  expect(textOf(found)).toContain('Set RAPPORT_SHARDS to 6');
});

test('settings that this user may not see are looked at no further; no broker, nothing at all', async () => {
  const hidden = await checkTopicSettings(
    config,
    { topicConfig: () => Promise.reject(new Halt('Kafka refused it (TOPIC_AUTHORIZATION_FAILED)')) },
    Promise.resolve(kafkaFacts(config)),
  );
  expect(wrongIn(hidden)).toEqual(['skipped settings: this user may not see them: DescribeConfigs is missing']);
  const none = await checkTopicSettings(config, { topicConfig: async () => ({}) }, Promise.reject(new Retryable('away')));
  expect(wrongIn(none)).toEqual(['skipped topics: no broker can be asked']);
});
