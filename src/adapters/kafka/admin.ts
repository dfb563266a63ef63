/**
 * Questions and orders about topics and groups: the engine's `Logs`, and what the commands need to create, check, list and remove.
 * Boundary: one kafkajs admin, connected on first use; every failure leaves as a reaction (errors.ts).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Admin } from 'kafkajs';
import type { Logger } from 'pino';
import { Halt, Retryable } from '../../engine/errors.ts';
import type { Ends, Logs, TopicPartition } from '../../engine/ports.ts';
import { createAsker } from './ask.ts';
import type { KafkaSettings } from './client.ts';
import { isType, reactionTo } from './errors.ts';

export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  /** absent: the brokers' default */
  readonly replicationFactor?: number;
  /** of a topic that is created; one that exists keeps its own */
  readonly configs: Readonly<Record<string, string>>;
}

export interface KafkaAdmin extends Logs {
  /**
   * Creates what is missing and waits until every partition has a leader; says which were created. Throws Halt, before creating anything, when a topic
   * that exists has another number of partitions.
   */
  ensureTopics(specs: readonly TopicSpec[]): Promise<string[]>;
  /** Those that do not exist are passed over. Returns when they are gone. */
  deleteTopics(topics: readonly string[]): Promise<void>;
  /** The members of a group, each as `client id at host`; none when there is no such group. One that was killed counts until its session has run out. */
  groupMembers(group: string): Promise<string[]>;
  /** The group must have no members. One that does not exist is passed over. */
  deleteGroup(group: string): Promise<void>;
  listTopics(): Promise<string[]>;
  /** The number of partitions, or null when there is no such topic. */
  partitions(topic: string): Promise<number | null>;
  /** The topic's settings in force, defaults included. */
  topicConfig(topic: string): Promise<Record<string, string>>;
}

/** As a timestamp: the latest offset. With corrections.ts, undecided records included. */
const LOG_END = -1;
const LEADERS_MS = 20_000;
const POLL_MS = 50;

export function createAdmin(config: KafkaSettings, log: Logger): { value: KafkaAdmin; stop(): Promise<void> } {
  const { applicationId } = config;
  const { ask, stop } = createAsker(config, log);

  const partitionsOf = async (admin: Admin, topic: string): Promise<number[] | null> => {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const found = topics.find(({ name }) => name === topic);
      return found === undefined ? null : found.partitions.map(({ partitionId }) => partitionId);
    } catch (error) {
      if (isType(error, 'UNKNOWN_TOPIC_OR_PARTITION')) return null;
      if (isType(error, 'LEADER_NOT_AVAILABLE')) return [];
      throw error;
    }
  };

  const untilTrue = async (doing: string, holds: () => Promise<boolean>): Promise<void> => {
    const deadline = Date.now() + LEADERS_MS;
    while (!(await holds())) {
      if (Date.now() > deadline) throw new Retryable(`${doing} took more than ${LEADERS_MS} ms`);
      await sleep(POLL_MS);
    }
  };

  const offsetsOf = async (admin: Admin, topic: string): Promise<Ends[]> => {
    const offsets = await admin.fetchTopicOffsets(topic);
    const ends: Ends[] = [];
    // kafkajs asks for the last stable offset unless told otherwise, so `high` is that.
    for (const { partition, low, high } of offsets.toSorted((a, b) => a.partition - b.partition)) {
      if (partition === ends.length) ends.push({ start: Number(low), end: Number(high) });
    }
    if (ends.length === 0 || ends.length !== offsets.length) throw new Retryable(`the ends of ${topic} are not known yet`);
    return ends;
  };

  const value: KafkaAdmin = {
    ends: (topic) => ask(`asking for the ends of ${topic}`, (admin) => offsetsOf(admin, topic)),

    logEnd: ({ topic, partition }) =>
      ask(`asking for the end of ${topic} ${partition}`, async (admin) => {
        const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, LOG_END);
        const found = offsets.find((each) => each.partition === partition);
        if (found === undefined) throw new Retryable(`the end of ${topic} ${partition} is not known yet`);
        return Number(found.offset);
      }),

    deleteBefore: ({ topic, partition }: TopicPartition, offset) =>
      ask(`deleting records of ${topic} ${partition}`, async (admin) => {
        // kafkajs finds the partition's leader only after this question.
        const ends = await offsetsOf(admin, topic);
        if (offset <= (ends[partition]?.start ?? 0)) return;
        await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
      }),

    hasGroupOffsets: (partitions: readonly TopicPartition[]) =>
      ask('asking for the group’s offsets', async (admin) => {
        const topics = [...new Set(partitions.map(({ topic }) => topic))];
        const asked = new Set(partitions.map(({ topic, partition }) => `${topic} ${partition}`));
        const answers = await admin.fetchOffsets({ groupId: applicationId, topics });
        return answers.some(({ topic, partitions: of }) =>
          of.some(({ partition, offset }) => Number(offset) >= 0 && asked.has(`${topic} ${partition}`)),
        );
      }),

    ensureTopics: (specs: readonly TopicSpec[]) =>
      ask('creating topics', async (admin) => {
        const missing: TopicSpec[] = [];
        for (const spec of specs) {
          const count = (await partitionsOf(admin, spec.topic))?.length ?? null;
          if (count === null) missing.push(spec);
          else if (count > 0 && count !== spec.partitions) {
            throw new Halt(
              `the topic ${spec.topic} has ${count} partitions and needs ${spec.partitions}: set the number of shards to what the topics were created with, or use another application id`,
            );
          }
        }
        if (missing.length > 0) await create(admin, missing);
        await untilTrue('electing leaders of the topics', async () => {
          try {
            for (const { topic, partitions } of specs) {
              if ((await partitionsOf(admin, topic))?.length !== partitions) return false;
              // That a leader is named is not enough: it must know that it is one.
              await offsetsOf(admin, topic);
            }
            return true;
          } catch (error) {
            if (reactionTo(error, 'electing leaders') instanceof Retryable) return false;
            throw error;
          }
        });
        return missing.map(({ topic }) => topic);
      }),

    deleteTopics: (topics) =>
      ask('deleting topics', async (admin) => {
        const existing = new Set(await admin.listTopics());
        const doomed = topics.filter((topic) => existing.has(topic));
        if (doomed.length === 0) return;
        await admin.deleteTopics({ topics: doomed, timeout: 10_000 });
        await untilTrue('deleting topics', async () => {
          const left = new Set(await admin.listTopics());
          return doomed.every((topic) => !left.has(topic));
        });
      }),

    deleteGroup: (group) =>
      ask(`deleting the group ${group}`, async (admin) => {
        try {
          await admin.deleteGroups([group]);
        } catch (error) {
          const types = groupErrors(error);
          if (types.length === 0 || types.some((type) => type !== 'GROUP_ID_NOT_FOUND')) throw error;
        }
      }),

    groupMembers: (group) =>
      ask(`asking for the members of the group ${group}`, async (admin) => {
        const { groups } = await admin.describeGroups([group]);
        return groups.flatMap(({ members }) =>
          members.map(({ clientId, clientHost }) => `${clientId} at ${clientHost.replace(/^\//, '')}`),
        );
      }),

    listTopics: () => ask('listing topics', (admin) => admin.listTopics()),

    partitions: (topic) => ask(`asking about ${topic}`, async (admin) => (await partitionsOf(admin, topic))?.length ?? null),

    topicConfig: (topic) =>
      ask(`asking for the settings of ${topic}`, async (admin) => {
        const { resources } = await admin.describeConfigs({
          includeSynonyms: false,
          resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
        });
        return Object.fromEntries(
          resources.flatMap(({ configEntries }) => configEntries.map(({ configName, configValue }) => [configName, configValue])),
        );
      }),
  };

  const create = async (admin: Admin, missing: readonly TopicSpec[]): Promise<void> => {
    // Waiting for leaders is done by asking: kafkajs's own wait throws on clusters of several brokers.
    await admin.createTopics({
      waitForLeaders: false,
      timeout: 10_000,
      topics: missing.map(({ topic, partitions, replicationFactor, configs }) => ({
        topic,
        numPartitions: partitions,
        replicationFactor: replicationFactor ?? -1,
        configEntries: Object.entries(configs).map(([name, value]) => ({ name, value })),
      })),
    });
  };

  return { value, stop };
}

/** The types of what went wrong group by group, which kafkajs keeps in an array of its error. */
function groupErrors(error: unknown): string[] {
  const groups = error instanceof Error && 'groups' in error && Array.isArray(error.groups) ? error.groups : [];
  return groups.flatMap((group: unknown) => {
    const cause = typeof group === 'object' && group !== null && 'error' in group ? group.error : null;
    return cause instanceof Error && 'type' in cause && typeof cause.type === 'string' ? [cause.type] : ['UNKNOWN'];
  });
}
