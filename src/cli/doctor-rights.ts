/**
 * `rapport doctor`: what this user may do in Kafka, against what the application needs (docs/operations.md). Found without trying: brokers tell a user's
 * operations when they are asked for them; only the right to write under a transactional id takes a request of its own, which is always refused.
 */
import type { Config } from '../config/config.ts';
import { isCommands } from '../config/topics.ts';
import { Halt } from '../engine/errors.ts';
import { type Check, Checks, listText, plural } from './doctor-check.ts';
import { aclLine } from './doctor-cure.ts';
import type { KafkaFacts, KafkaProbe, Operation, TopicFacts } from './doctor-ports.ts';

const checks = new Checks('kafka');

/** Brokers make these at the first question for a coordinator. */
export const COORDINATED = { group: '__consumer_offsets', transaction: '__transaction_state' } as const;

/** Whether a question for a coordinator would make nothing new. A user who may not see the topic may well ask. */
export const mayBeAsked = ({ topics }: KafkaFacts, of: keyof typeof COORDINATED): boolean =>
  topics.find(({ topic }) => topic === COORDINATED[of])?.error !== 'UNKNOWN_TOPIC_OR_PARTITION';

const FORBIDDEN = 'TOPIC_AUTHORIZATION_FAILED';
const MISSING = 'UNKNOWN_TOPIC_OR_PARTITION';
export const isForbidden = ({ error }: Pick<TopicFacts, 'error'>): boolean => error === FORBIDDEN;
export const isMissing = ({ error }: Pick<TopicFacts, 'error'>): boolean => error === MISSING;

export async function checkRights(config: Config, kafka: KafkaProbe, facts: Promise<KafkaFacts>): Promise<Check[]> {
  const known = await facts.catch(() => null);
  if (known === null) return [checks.skipped('rights', 'no broker can be asked')];
  const asked = [checkGroup(config, kafka, known), checkTransactionalIds(config, kafka, known)];
  return [
    ...checkTopicRights(config, known),
    ...checkCommands(config, known),
    ...(await Promise.all(asked)).flat(),
    ...checkCluster(config, known),
  ];
}

function neededOn({ topics, sources }: Config, topic: string): Operation[] {
  if (sources.some((source) => source.topic === topic)) return ['Read', 'Describe', 'DescribeConfigs'];
  const consumed = topic === topics.journal || topic === topics.reroute;
  return ['Read', 'Write', 'Describe', 'DescribeConfigs', ...(consumed ? (['Delete'] as const) : [])];
}

function checkTopicRights(config: Config, { topics }: KafkaFacts): Check[] {
  const lacking = new Map<string, { topics: string[]; operations: Operation[] }>();
  let looked = 0;
  for (const { topic, error, operations } of topics) {
    const internal = topic === COORDINATED.group || topic === COORDINATED.transaction;
    const may = isForbidden({ error }) ? [] : operations;
    if (internal || isMissing({ error }) || may === null) continue;
    looked += 1;
    const missing = neededOn(config, topic).filter((operation) => !may.includes(operation));
    if (missing.length === 0) continue;
    const same = lacking.get(missing.join()) ?? { topics: [], operations: missing };
    same.topics.push(topic);
    lacking.set(missing.join(), same);
  }
  if (looked === 0) return [checks.skipped('rights on topics', 'there is no topic yet whose rights the brokers tell')];
  if (lacking.size === 0) return [checks.ok('rights on topics', `all that is needed, on ${plural(looked, 'topic')}`)];
  return [...lacking.values()].map((same) =>
    checks.fault(
      'rights on topics',
      `no ${same.operations.join(', ')} on ${listText(same.topics)}`,
      'Workers stop at the first thing that the brokers refuse.',
      aclLine(config, { topics: same.topics }, same.operations),
    ),
  );
}

/** Where an admin token is given this user may be that of `rapport serve`. A worker only reads commands, so what is missing is a warning. */
function checkCommands(config: Config, { topics }: KafkaFacts): Check[] {
  const commands = config.sources.find(isCommands);
  const facts = topics.find(({ topic }) => topic === commands?.topic);
  if (config.http.adminToken === null || facts === undefined || isMissing(facts) || (facts.operations ?? ['Write']).includes('Write'))
    return [];
  return [
    checks.warning(
      'rights of rapport serve',
      `no Write on ${facts.topic}`,
      'Alerts cannot be acknowledged by way of a `rapport serve` that runs as this user; workers do not need it.',
      aclLine(config, { topics: [facts.topic] }, ['Write']),
    ),
  ];
}

async function checkGroup(config: Config, kafka: KafkaProbe, facts: KafkaFacts): Promise<Check[]> {
  const name = 'rights on the group';
  const { applicationId: group } = config;
  if (!mayBeAsked(facts, 'group')) return [checks.skipped(name, 'there is no group in this cluster yet')];
  const refused = checks.fault(
    name,
    `no Read on the group ${group}`,
    'No worker can join the group.',
    aclLine(config, { group }, ['Read']),
  );
  return checks.attempt(name, [], async () => {
    try {
      const { operations } = await kafka.group(group);
      if (operations?.includes('Read') === false) return refused;
      return operations === null
        ? checks.skipped(name, 'the brokers do not tell them')
        : checks.ok(name, `all that is needed, on ${group}`);
    } catch (error) {
      if (error instanceof Halt && error.message.includes('GROUP_AUTHORIZATION_FAILED')) return refused;
      throw error;
    }
  });
}

async function checkTransactionalIds(config: Config, kafka: KafkaProbe, facts: KafkaFacts): Promise<Check[]> {
  const name = 'rights on transactional ids';
  const ids = `${config.applicationId}-`;
  if (!mayBeAsked(facts, 'transaction')) return [checks.skipped(name, 'there is no transaction in this cluster yet')];
  const refused = (what: Operation[]): Check =>
    checks.fault(
      name,
      `no ${what.join(', ')} on ids that begin with ${ids}`,
      'No shard can commit a step.',
      aclLine(config, { transactionalIds: ids }, what),
    );
  return checks.attempt(name, [], async () => {
    try {
      // An id that no shard has: whatever the answer, no worker is concerned.
      if (await kafka.mayWriteTransactions(`${ids}doctor`)) return checks.ok(name, `all that is needed, on ${ids}…`);
      return refused(['Write']);
    } catch (error) {
      if (error instanceof Halt && error.message.includes('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')) return refused(['Write', 'Describe']);
      throw error;
    }
  });
}

/** Needed by some commands only, so what is missing is a warning. */
function checkCluster(config: Config, { topics, operations }: KafkaFacts): Check[] {
  const name = 'rights on the cluster';
  if (operations === null) return [checks.skipped(name, 'to see them takes Describe on the cluster')];
  const own = new Set(Object.values(config.topics));
  const toCreate = topics.some(
    (topic) => isMissing(topic) && (own.has(topic.topic) || config.sources.some((source) => source.topic === topic.topic)),
  );
  const missing = (['IdempotentWrite', ...(toCreate ? (['Create'] as const) : [])] as const).filter(
    (needed) => !operations.includes(needed),
  );
  if (missing.length === 0) return [checks.ok(name, `all that is needed${toCreate ? ', and Create for the topics that are missing' : ''}`)];
  return [
    checks.warning(
      name,
      `no ${missing.join(', ')}`,
      `${missing.map((operation) => WHY[operation]).join(' ')} Rights to create topics by their names may be there all the same: they cannot be seen from here.`,
      aclLine(config, { cluster: true }, missing),
    ),
  ];
}

const WHY = {
  IdempotentWrite: '`rapport load` and `generate` need IdempotentWrite with brokers older than 2.8; workers do not.',
  Create: '`rapport topics create` needs Create.',
} as const;
