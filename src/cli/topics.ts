/**
 * `rapport topics create`: the topics as the engine needs them, and their schemas. Also the check of them at the start of a worker.
 * Topics that exist are left as they are; what is wrong with one is said.
 */
import { Command } from 'commander';
import type { Config } from '../config/config.ts';
import { Halt } from '../engine/errors.ts';
import { type Common, command, print } from './command.ts';
import type { Connect, TopicAdmin, TopicSpec } from './connections.ts';

const DAY = 86_400_000;
/** A journal part, a rerouted record and a dead letter may be larger than any input record by what is added to it. */
const HEADROOM = 64 << 10;
const INPUT_MOST = 1_048_588;

/** @param inputRetention of input topics that are created; absent: the brokers' default */
export function topicSpecs(config: Config, inputRetention?: string): TopicSpec[] {
  const { topics, shards, sources } = config;
  const large = { 'max.message.bytes': String(2 * INPUT_MOST) };
  const forever = { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '-1' };
  // Small segments: deleting records frees whole segments only.
  const journal = { ...forever, ...large, 'message.timestamp.type': 'LogAppendTime', 'segment.bytes': String(16 << 20) };
  const input = inputRetention === undefined ? {} : { 'retention.ms': inputRetention };
  const specs: [string, Record<string, string>][] = [
    [topics.journal, journal],
    [topics.reroute, { ...forever, ...large, 'segment.bytes': String(16 << 20) }],
    [topics.segmentChanges, {}],
    [topics.profiles, { 'cleanup.policy': 'compact' }],
    [topics.alerts, {}],
    [topics.kpis, { 'cleanup.policy': 'compact' }],
    [topics.thresholds, { 'cleanup.policy': 'compact' }],
    [topics.deadLetters, { ...large, 'retention.ms': String(14 * DAY) }],
    // What a customer is lasts: the newest record of each is kept. Of a foreign topic the key may be anything.
    ...sources.map(({ type, topic, map }): [string, Record<string, string>] => [
      topic,
      type === 'attributes' && map === undefined ? { 'cleanup.policy': 'compact' } : input,
    ]),
  ];
  return specs.map(([topic, configs]) => ({ topic, partitions: shards, configs }));
}

/** Creates the topics that are missing. An input that exists may have any number of partitions. */
export async function createTopics(admin: TopicAdmin, config: Config, inputRetention?: string): Promise<string[]> {
  const inputs = new Set(config.sources.map((source) => source.topic));
  const specs = await Promise.all(
    topicSpecs(config, inputRetention).map(async (spec) =>
      inputs.has(spec.topic) ? { ...spec, partitions: (await admin.partitions(spec.topic)) ?? spec.partitions } : spec,
    ),
  );
  return admin.ensureTopics(specs);
}

/** Every topic of the configuration: the application's own, then the inputs. */
export const allTopics = ({ topics, sources }: Config): string[] => [...Object.values(topics), ...sources.map((source) => source.topic)];

/** A setting of a topic with which records would be lost or refused. */
export interface TopicFault {
  readonly topic: string;
  readonly name: string;
  readonly found: string;
  /** the value to set, or with `atLeast` the lowest that will do */
  readonly want: string;
  readonly atLeast: boolean;
}

/** What is wrong with topics that exist. `of`: a setting of a topic; undefined where it is not known, which is no fault. */
export function topicFaults({ topics, sources }: Config, of: (topic: string, name: string) => string | undefined): TopicFault[] {
  const faults: TopicFault[] = [];
  const want = (topic: string, name: string, value: string): void => {
    const found = of(topic, name);
    if (found !== undefined && found !== value) faults.push({ topic, name, found, want: value, atLeast: false });
  };
  want(topics.journal, 'message.timestamp.type', 'LogAppendTime');
  for (const topic of [topics.journal, topics.reroute]) {
    want(topic, 'cleanup.policy', 'delete');
    want(topic, 'retention.ms', '-1');
  }
  const least = Math.max(...sources.map(({ topic }) => Number(of(topic, 'max.message.bytes') ?? 0))) + HEADROOM;
  for (const topic of [topics.journal, topics.reroute, topics.deadLetters]) {
    const found = of(topic, 'max.message.bytes');
    if (found !== undefined && Number(found) < least)
      faults.push({ topic, name: 'max.message.bytes', found, want: String(least), atLeast: true });
  }
  return faults;
}

/** Throws Halt with everything that is wrong with the topics, and the cure of each. */
export async function checkTopics(admin: TopicAdmin, config: Config): Promise<void> {
  const names = allTopics(config);
  const counts = await Promise.all(names.map((topic) => admin.partitions(topic)));
  const missing = names.filter((_, i) => counts[i] === null);
  if (missing.length > 0) throw new Halt(`there is no topic ${missing.join(', ')}: create what is missing with \`rapport topics create\``);
  const settings = new Map(await Promise.all(names.map(async (topic) => [topic, await admin.topicConfig(topic)] as const)));
  const faults = topicFaults(config, (topic, name) => settings.get(topic)?.[name] ?? '').map(
    ({ topic, name, found, want, atLeast }) => `${topic}: ${name} is ${found}, set it to ${atLeast ? 'at least ' : ''}${want}`,
  );
  if (faults.length > 0) throw new Halt(`the topics are not as they must be:\n  ${faults.join('\n  ')}`);
}

const EXAMPLE = `
Example:
  $ rapport topics create
  created rapport.journal
  …
`;

export function topicsCommand(connect: Connect): Command {
  const create = new Command('create')
    .description('create the topics that are missing and register the schemas, compatibility BACKWARD')
    .option('--config <file>', 'configuration file; the environment overrides it')
    .option('--json', 'print the names of the created topics as one JSON object')
    .addHelpText('after', EXAMPLE)
    .action((options: Common) =>
      command(options, connect, async ({ config, connections }) => {
        const created = await createTopics(connections.logs, config);
        await (await connections.schemas()).inputs();
        print(options, { created }, created.map((topic) => `created ${topic}`).join('\n') || 'all topics exist');
      }),
    );
  return new Command('topics').description('the topics of the application').addCommand(create);
}
