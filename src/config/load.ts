/**
 * The environment and one file to one frozen object, or one error with every fault at once. Environment over file over default.
 * Boundary: looks at nothing but what it is given and the files that this names; connects to nothing.
 */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { PRESETS } from '../domain/policy.ts';
import type { Config, EventSource, EventType, Topics } from './config.ts';
import { takeKafka, takeRedis, takeRegistry } from './connections.ts';
import { ConfigError, didYouMean } from './fault.ts';
import { takeHttp } from './http.ts';
import { takeMetrics } from './metrics.ts';
import { isPreset, type ParsedPolicy, parsePolicy, presetPolicy } from './policy.ts';
import { codeOf, Reader } from './reader.ts';
import { seal } from './secrets.ts';
import { SETTINGS as S } from './settings.ts';
import { commandSource, topicsOf } from './topics.ts';
import { parseYaml } from './yaml.ts';

/**
 * Reads the configuration. `file` is used instead of `RAPPORT_CONFIG`. Throws ConfigError listing all faults, with the variable or
 * `file:line:column` of each; no secret is in it.
 */
export async function loadConfig(env: Readonly<Record<string, string | undefined>>, file?: string): Promise<Config> {
  const name = file ?? (env.RAPPORT_CONFIG || null);
  const reader = await open(env, name, file === undefined);
  reader.checkNames();

  const applicationId = (await reader.take(S.applicationId)) ?? 'rapport';
  const identity = await reader.take(S.identity);
  const shards = (await reader.take(S.shards)) ?? 12;
  const kafka = await takeKafka(reader);
  const redis = await takeRedis(reader);
  const registry = await takeRegistry(reader);
  const http = await takeHttp(reader, applicationId, name);
  const metrics = await takeMetrics(reader, http);
  const topics = topicsOf(applicationId);
  const sources = [...takeSources(reader, applicationId, topics), commandSource(applicationId)];
  const parsed = await takePolicy(reader, name);
  const logLevel = (await reader.take(S.logLevel)) ?? 'info';
  const guardMs = (await reader.take(S.guardMs)) ?? 2_000;
  const sessionTimeoutMs = (await reader.take(S.sessionTimeoutMs)) ?? 10_000;
  const transactionTimeoutMs = (await reader.take(S.transactionTimeoutMs)) ?? 15_000;
  if (transactionTimeoutMs > 60_000) {
    reader.warnings.push(
      `${reader.where(S.transactionTimeoutMs)}: after a crash, readers may wait ${transactionTimeoutMs / 1000} s for a transaction left open.`,
    );
  }

  if (reader.faults.length > 0 || !kafka || !redis || !registry || !parsed) throw new ConfigError(reader.faults);
  const { policy, text: policyText, hash: policyHash, warnings } = parsed;
  return seal({
    applicationId,
    ...(identity && { identity }),
    shards,
    kafka,
    redis,
    registry,
    http,
    metrics,
    sources,
    topics,
    // a copy: a preset is shared
    policy: structuredClone(policy),
    policyText,
    policyHash,
    guardMs,
    sessionTimeoutMs,
    transactionTimeoutMs,
    logLevel,
    warnings: [...reader.warnings, ...warnings],
  });
}

/**
 * Only what says how records are read: the sources and the policy, without the servers' addresses. Throws ConfigError as loadConfig does, of these
 * parts and of names that nothing reads.
 */
export async function loadSources(
  env: Readonly<Record<string, string | undefined>>,
  file?: string,
): Promise<Pick<Config, 'policy' | 'warnings'> & { readonly sources: readonly EventSource[] }> {
  const name = file ?? (env.RAPPORT_CONFIG || null);
  const reader = await open(env, name, file === undefined);
  reader.checkNames();
  const applicationId = (await reader.take(S.applicationId)) ?? 'rapport';
  const sources = takeSources(reader, applicationId, topicsOf(applicationId));
  const parsed = await takePolicy(reader, name);
  if (reader.faults.length > 0 || !parsed) throw new ConfigError(reader.faults);
  return seal({ sources, policy: structuredClone(parsed.policy), warnings: [...reader.warnings, ...parsed.warnings] });
}

async function open(env: Readonly<Record<string, string | undefined>>, name: string | null, fromEnv: boolean): Promise<Reader> {
  if (name === null) return new Reader(env, null);
  try {
    const { yaml, faults } = parseYaml(await readFile(name, 'utf8'), name);
    const reader = new Reader(env, yaml);
    reader.faults.push(...faults);
    return reader;
  } catch (error) {
    const reader = new Reader(env, null);
    const where = fromEnv ? 'RAPPORT_CONFIG' : name;
    reader.faults.push({ where, message: `names a file that cannot be read (${codeOf(error)}): check the path and its permissions.` });
    return reader;
  }
}

/** What is read where the configuration names no sources: the application's own topics. */
export function defaultSources(applicationId: string): readonly EventSource[] {
  const source = (type: EventType, topic: string): EventSource => ({
    type,
    topic: `${applicationId}.${topic}`,
    format: 'avro',
    keyedByCustomer: true,
  });
  return [
    source('purchase', 'purchases'),
    source('support', 'support'),
    source('survey', 'surveys'),
    source('engagement', 'engagement'),
    source('attributes', 'attributes'),
  ];
}

function takeSources(reader: Reader, applicationId: string, topics: Topics): readonly EventSource[] {
  const given = reader.takeSources();
  if (!given) return defaultSources(applicationId);
  const own = new Set([...Object.values(topics), commandSource(applicationId).topic]);
  const seen = new Set<string>();
  given.forEach(({ topic }, i) => {
    const message = own.has(topic)
      ? `the source topic ${topic} is one that rapport writes: name another topic, or choose another application id.`
      : seen.has(topic)
        ? `the topic ${topic} is listed twice: each source has a topic of its own.`
        : null;
    if (message) reader.faults.push({ where: reader.whereSource(i), message });
    seen.add(topic);
  });
  return given;
}

async function takePolicy(reader: Reader, configFile: string | null): Promise<ParsedPolicy | null> {
  const given = (await reader.take(S.policy)) ?? (reader.given(S.policy) ? null : 'retail');
  if (given === null || isPreset(given)) return given && presetPolicy(given);
  const fromFile = reader.where(S.policy) !== S.policy.variable && configFile !== null;
  const path = fromFile ? resolve(dirname(configFile), given) : given;
  try {
    return parsePolicy(await readFile(path, 'utf8'), path);
  } catch (error) {
    if (error instanceof ConfigError) reader.faults.push(...error.faults);
    else
      reader.fault(
        S.policy,
        `is neither a preset (${PRESETS.join(', ')}) nor a file that can be read (${codeOf(error)}).${didYouMean(given, PRESETS)}`,
      );
    return null;
  }
}
