/** A fresh application on the real servers, and the program on it as a process of its own. Removes all that it made. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { inject } from 'vitest';
import { createAdmin, followTopics, type KafkaAdmin } from '../../src/adapters/kafka/index.ts';
import { startRedis } from '../../src/adapters/redis/start.ts';
import type { RedisStore } from '../../src/adapters/redis/store.ts';
import { startRegistry } from '../../src/adapters/registry/index.ts';
import type { Config } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { LogRecord, TopicPartition } from '../../src/engine/ports.ts';
import { until } from '../../src/stack/until.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const silent = pino({ level: 'silent' });

export interface Ended {
  readonly code: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Program {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly stdout: () => string;
}

export type Taken = TopicPartition & { readonly record: LogRecord };

export interface Application {
  readonly config: Config;
  readonly admin: KafkaAdmin;
  readonly store: RedisStore;
  /** where the test may put files */
  readonly folder: string;
  start(...args: readonly string[]): Program;
  run(...args: readonly string[]): Promise<Ended>;
  /** Everything in the input topics, partition by partition in log order. */
  inputs(): Promise<Taken[]>;
  stop(): Promise<void>;
}

/** The program without servers; `env` replaces all of its variables. */
export function program(args: readonly string[], env: NodeJS.ProcessEnv = {}): Program {
  const plain = Object.entries(process.env).filter(([name]) => !name.startsWith('RAPPORT_'));
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...Object.fromEntries(plain), ...env }, stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (bytes: Buffer) => {
    stdout += bytes.toString();
  });
  child.stderr.on('data', (bytes: Buffer) => {
    stderr += bytes.toString();
  });
  // Whether it reads its stdin is its own affair.
  child.stdin.on('error', () => undefined);
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code: code ?? signal ?? 'unknown', stdout, stderr }));
  });
  return { process: child, ended, stdout: () => stdout };
}

/** @param file further settings, as the text of a configuration file; `APP` in it becomes the application id */
export async function application(shards: number, file = ''): Promise<Application> {
  const applicationId = `t${randomUUID().slice(0, 8)}`;
  const folder = await mkdtemp(join(tmpdir(), 'rapport-cli-'));
  await writeFile(join(folder, 'rapport.yaml'), `applicationId: ${applicationId}\n${file.replaceAll('APP', applicationId)}`);
  const env = {
    RAPPORT_CONFIG: join(folder, 'rapport.yaml'),
    RAPPORT_SHARDS: String(shards),
    RAPPORT_KAFKA_BROKERS: inject('kafka'),
    RAPPORT_REDIS_URL: inject('redis'),
    RAPPORT_REGISTRY_URL: inject('registry'),
    RAPPORT_SESSION_TIMEOUT_MS: '6000',
    RAPPORT_LOG_LEVEL: 'warn',
  };
  const config = await loadConfig(env);
  const admin = createAdmin(config, silent);
  const redis = await startRedis(config.redis, applicationId, silent);
  const programs: Program[] = [];
  const inputs = config.sources.map(({ topic }) => topic);
  const start = (...args: readonly string[]): Program => {
    const started = program(args, env);
    programs.push(started);
    return started;
  };
  return {
    config,
    admin: admin.value,
    store: redis.value,
    folder,
    start,
    run: (...args) => start(...args).ended,
    async inputs() {
      const ends = (await Promise.all(inputs.map((topic) => admin.value.ends(topic)))).flat();
      const expected = ends.reduce((sum, { start, end }) => sum + end - start, 0);
      const taken: Taken[] = [];
      const reader = await followTopics(config, silent, inputs, (from, record) => taken.push({ ...from, record }));
      await until(`${expected} input records`, 20, async () => (taken.length >= expected ? true : undefined)).finally(() => reader.stop());
      return taken;
    },
    async stop() {
      for (const { process: child } of programs) child.kill('SIGKILL');
      await Promise.all(programs.map(({ ended }) => ended));
      await admin.value.deleteTopics([...Object.values(config.topics), ...inputs]);
      // A member that was killed holds the group until its session has run out.
      await until('the group to be removed', 20, async () => {
        await admin.value.deleteGroup(applicationId);
        return true;
      });
      await redis.value.removeAll();
      const registry = await startRegistry(config);
      await registry.value.removeSubjects();
      await registry.stop();
      await redis.stop();
      await admin.stop();
      await rm(folder, { recursive: true });
    },
  };
}
