/**
 * Kafka Streams as a peer: the Java program beside this file, built when it is not there yet, told by a file what to do.
 */
import { existsSync, globSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createClient } from '../../src/adapters/registry/client.ts';
import { SCHEMA_TEXTS } from '../../src/codec/types.ts';
import { eventSources } from '../../src/config/topics.ts';
import { OUTPUT_SCHEMAS } from '../../src/outputs/index.ts';
import { runTool } from '../../src/stack/tool.ts';
import type { Application } from '../application.ts';
import { startProcess } from '../process.ts';
import { say } from '../say.ts';
import type { Peer } from './peer.ts';

const FOLDER = fileURLToPath(new URL('./kafka-streams/', import.meta.url));
const TARGET = join(FOLDER, 'target');
const JAR = join(TARGET, 'kafka-streams-peer.jar');

const OUTPUTS = {
  segmentChanges: 'segment-change',
  profiles: 'profile',
  alerts: 'alert',
  kpis: 'kpi',
  deadLetters: 'dead-letter',
} as const;

export interface StreamsOptions {
  readonly name: Peer['name'];
  readonly threads: number;
  /** 100 is its default under exactly-once */
  readonly commitIntervalMs: number;
}

export const streams = ({ name, threads, commitIntervalMs }: StreamsOptions): Peer => ({
  name,
  async prepare() {
    if (isBuilt()) return;
    say('building the Kafka Streams peer with Maven');
    await runTool(['mvn', '-q', '-B', '-f', join(FOLDER, 'pom.xml'), 'package']);
  },
  async start(app) {
    const file = join(app.folder, 'streams.json');
    const stateDir = join(app.folder, 'streams-state');
    await mkdir(stateDir, { recursive: true });
    await writeFile(file, JSON.stringify(await configOf(app, { threads, commitIntervalMs, stateDir })));
    return startProcess({
      name: `${name} (${app.config.applicationId})`,
      command: ['java', ...JVM, '-cp', `${JAR}:${join(TARGET, 'libs')}/*`, 'rapport.bench.Main', file],
      environment: {},
      isReady: (line) => line.includes('"RUNNING"'),
    });
  },
});

/** Whether there is a program that is newer than all that it is made of. */
function isBuilt(): boolean {
  if (!existsSync(JAR)) return false;
  const built = statSync(JAR).mtimeMs;
  const sources = globSync('{pom.xml,src/main/**/*.java}', { cwd: FOLDER });
  return sources.every((file) => statSync(join(FOLDER, file)).mtimeMs <= built);
}

/** Room for caches, and the collector that throughput wants on few cores. */
const JVM = ['-Xms1g', '-Xmx1g', '-XX:+UseParallelGC'];

async function configOf({ config }: Application, given: { threads: number; commitIntervalMs: number; stateDir: string }): Promise<object> {
  const registry = createClient(config.registry);
  try {
    const outputs: Record<string, string> = {};
    const outputSchemaIds: Record<string, number> = {};
    for (const [name, type] of Object.entries(OUTPUTS)) {
      const topic = config.topics[name as keyof typeof OUTPUTS];
      outputs[name] = topic;
      outputSchemaIds[name] = await registry.register(`${topic}-value`, SCHEMA_TEXTS[OUTPUT_SCHEMAS[type]]);
    }
    return {
      bootstrap: config.kafka.brokers.join(','),
      applicationId: config.applicationId,
      ...given,
      registry: config.registry.url,
      sources: eventSources(config.sources).map(({ topic, type }) => ({ topic, type })),
      outputs,
      outputSchemaIds,
      policy: config.policy,
      policyHash: config.policyHash,
      guardMs: config.guardMs,
    };
  } finally {
    registry.stop();
  }
}
