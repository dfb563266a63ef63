/** What the doctor finds where all is well, to be spoilt one thing at a time. */

import type { Check } from '../../src/cli/doctor-check.ts';
import type {
  KafkaFacts,
  KafkaProbe,
  Operation,
  Probes,
  RedisFacts,
  RedisNode,
  SubjectFacts,
  TopicFacts,
} from '../../src/cli/doctor-ports.ts';
import { allTopics, topicSpecs } from '../../src/cli/topics.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { JournalHeader } from '../../src/engine/journal.ts';
import type { Ends } from '../../src/engine/ports.ts';

export const SHARDS = 2;

const ENVIRONMENT = {
  RAPPORT_APPLICATION_ID: 'shop',
  RAPPORT_SHARDS: String(SHARDS),
  RAPPORT_KAFKA_BROKERS: 'kafka:9092',
  RAPPORT_REDIS_URL: 'redis://redis:6379',
  RAPPORT_REGISTRY_URL: 'http://registry:8081',
};

export const configOf = (more: NodeJS.ProcessEnv = {}): Promise<Config> => loadConfig({ ...ENVIRONMENT, ...more });

export const EVERYTHING: readonly Operation[] = ['Read', 'Write', 'Create', 'Delete', 'Describe', 'DescribeConfigs', 'IdempotentWrite'];

type Partition = TopicFacts['partitions'][number];
export const partitions = (count: number, more: Partial<Partition> = {}): Partition[] =>
  Array.from({ length: count }, (_, partition) => ({ partition, leader: 1, replicas: [1, 2, 3], inSync: [1, 2, 3], ...more }));

const INTERNAL = ['__consumer_offsets', '__transaction_state'];

/** Three brokers, every topic with three replicas. `spoil` changes one of them. */
export function kafkaFacts(config: Config, spoil: (topic: TopicFacts) => TopicFacts = (topic) => topic): KafkaFacts {
  const topics = [...allTopics(config), ...INTERNAL].map((topic) =>
    spoil({ topic, error: null, partitions: partitions(SHARDS), operations: EVERYTHING }),
  );
  const brokers = ['kafka', 'kafka-2', 'kafka-3'].map((host, i) => ({ id: i + 1, host, port: 9092 }));
  return { brokers, topics, operations: EVERYTHING };
}

const BOUNDS = {
  'transaction.max.timeout.ms': '900000',
  'group.min.session.timeout.ms': '6000',
  'group.max.session.timeout.ms': '1800000',
  'message.max.bytes': '1048588',
};

export const kafkaProbe = (config: Config, more: Partial<KafkaProbe> = {}): KafkaProbe => ({
  broker: async () => ({ ms: 3, release: { text: '4.1', exact: true } }),
  metadata: async () => kafkaFacts(config),
  coordinator: async () => 'kafka:9092',
  group: async () => ({ foreign: false, members: ['shop at 10.0.0.1'], operations: EVERYTHING }),
  mayWriteTransactions: async () => true,
  brokerConfig: async () => BOUNDS,
  read: async () => [],
  ...more,
});

export const boundsWith =
  (more: Record<string, string>): KafkaProbe['brokerConfig'] =>
  async () => ({ ...BOUNDS, ...more });

/** The settings of a topic as `topics create` makes it, of an input as brokers do. */
export function settingsOf(config: Config, topic: string): Record<string, string> {
  const made = topicSpecs(config).find((spec) => spec.topic === topic)?.configs;
  const defaults = {
    'cleanup.policy': 'delete',
    'retention.ms': '604800000',
    'retention.bytes': '-1',
    'min.insync.replicas': '2',
    'max.message.bytes': '1048588',
    'message.timestamp.type': 'CreateTime',
    'segment.bytes': '1073741824',
  };
  return { ...defaults, ...made };
}

export const redisNode = (more: Partial<RedisNode> = {}): RedisNode => ({
  node: 'redis:6379',
  role: 'master',
  version: '7.2.4',
  tooOld: false,
  clock: { its: 1_000_000, ours: 1_000_400 },
  policy: 'noeviction',
  mayEvict: false,
  memory: { used: 10 << 20, max: 1 << 30, system: 4 * 2 ** 30 },
  evicted: 0,
  appendOnly: true,
  snapshots: '',
  persisting: true,
  replicas: 1,
  linked: true,
  pingMs: 0.3,
  ...more,
});

export const redisFacts = (...nodes: RedisFacts['nodes']): RedisFacts => ({
  cluster: null,
  nodes: nodes.length > 0 ? nodes : [redisNode()],
});

export const subject = (more: Partial<SubjectFacts> = {}): SubjectFacts => ({
  subject: 'shop.alerts-value',
  kind: 'output',
  registered: true,
  latest: 3,
  fault: null,
  level: 'BACKWARD',
  strictEnough: true,
  ...more,
});

export const input = (more: Partial<SubjectFacts> = {}): SubjectFacts =>
  subject({ subject: 'shop.purchases-value', kind: 'input', ...more });

export const probesOf = (config: Config, more: Partial<Probes> = {}): Probes => ({
  kafka: kafkaProbe(config),
  redis: { facts: async () => redisFacts(), refused: async () => ({ rules: [], writes: null }) },
  registry: { facts: async () => ({ ms: 4, clock: { its: 1_000_000, ours: 1_000_400 } }), subjects: async () => [subject(), input()] },
  ...more,
});

/** The last header of a shard that has taken the first 10 records of the first source. */
export const header = (config: Config, more: Partial<JournalHeader> = {}): JournalHeader => ({
  kind: 'step',
  sequence: 4,
  previous: 3,
  positions: [{ topic: config.sources[0]?.topic ?? '', partition: 0, next: 10, last: null, newest: null, end: null }],
  since: 0 as JournalHeader['since'],
  watermark: 0 as JournalHeader['watermark'],
  now: 0 as JournalHeader['now'],
  caughtUpAt: null,
  policy: config.policyHash,
  policyText: null,
  shards: SHARDS,
  refused: [],
  stateBytes: 1_000,
  writtenBytes: 3_000,
  notKeyed: [],
  accepted: null,
  read: [],
  thresholds: null,
  ...more,
});

export const ends =
  (of: Ends = { start: 0, end: 20 }): (() => Promise<Ends[]>) =>
  async () =>
    Array.from({ length: SHARDS }, () => of);

/** What is wrong, shortly: `fault check: found`. */
export const wrongIn = (checks: readonly Check[]): string[] =>
  checks.filter(({ verdict }) => verdict !== 'ok').map(({ verdict, check, found }) => `${verdict} ${check}: ${found}`);

/** Everything that a check tells people. */
export const textOf = (checks: readonly Check[]): string => checks.flatMap(({ means, todo }) => [means ?? '', ...todo]).join('\n');
