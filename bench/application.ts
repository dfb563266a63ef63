/**
 * One peer's application on the bench's servers: a configuration of its own, its topics, and the names of the inputs that it shares with others.
 * Boundary: makes and removes; starts no process.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Logger, pino } from 'pino';
import { createAdmin, type KafkaAdmin } from '../src/adapters/kafka/index.ts';
import { createTopics } from '../src/cli/topics.ts';
import type { Config } from '../src/config/config.ts';
import { loadConfig } from '../src/config/load.ts';
import type { Resource } from '../src/stack/resource.ts';
import { atEnd, removeFolder } from '../src/stack/watchdog.ts';
import { TYPES } from './events.ts';
import type { Servers } from './servers.ts';

export const quiet: Logger = pino({ level: process.env.RAPPORT_BENCH_LOG ?? 'silent' });

export interface Application {
  readonly config: Config;
  /** all the RAPPORT_ variables that its processes see */
  readonly environment: Readonly<Record<string, string>>;
  readonly admin: KafkaAdmin;
  /** for its processes' files; removed with it */
  readonly folder: string;
}

const inputTopics = (inputs: string): { readonly type: (typeof TYPES)[number]; readonly topic: string }[] =>
  TYPES.map((type) => ({ type, topic: `${inputs}.${type}` }));

export interface ApplicationOptions {
  readonly servers: Servers;
  readonly id: string;
  /** prefix of the input topics, which may exist already */
  readonly inputs: string;
  readonly partitions: number;
}

/** Its stop removes the topics that it writes, not its inputs. */
export async function createApplication({ servers, id, inputs, partitions }: ApplicationOptions): Promise<Resource<Application>> {
  const folder = await mkdtemp(join(tmpdir(), 'rapport-bench-'));
  const release = atEnd(removeFolder(folder));
  const file = join(folder, 'rapport.yaml');
  const sources = inputTopics(inputs).map(({ type, topic }) => `  - { type: ${type}, topic: ${topic} }\n`);
  await writeFile(file, `applicationId: ${id}\nsources:\n${sources.join('')}`);
  const environment = {
    RAPPORT_CONFIG: file,
    RAPPORT_SHARDS: String(partitions),
    RAPPORT_KAFKA_BROKERS: servers.kafka,
    RAPPORT_REDIS_URL: servers.redis,
    RAPPORT_REGISTRY_URL: servers.registry,
  };
  const config = await loadConfig(environment);
  const admin = createAdmin(config, quiet);
  const stop = async (): Promise<void> => {
    const own = (await admin.value.listTopics()).filter((name) => name.startsWith(`${id}.`) || name.startsWith(`${id}-`));
    await admin.value.deleteTopics(own);
    await admin.stop();
    await rm(folder, { recursive: true, force: true });
    release();
  };
  try {
    await createTopics(admin.value, config, '-1');
  } catch (error) {
    await stop();
    throw error;
  }
  return { value: { config, environment, admin: admin.value, folder }, stop };
}
