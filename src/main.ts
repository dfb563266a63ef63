#!/usr/bin/env node
/**
 * The composition root: the only file that sees everything. Binds the adapters to the commands.
 */
import { Command } from 'commander';
import {
  createCommandProducer,
  createKafka,
  createProbe as createKafkaProbe,
  createPlainProducer,
  followTopics,
  tailTopics,
} from './adapters/kafka/index.ts';
import { createProbe as createRedisProbe } from './adapters/redis/probe.ts';
import { startRedis } from './adapters/redis/start.ts';
import { createReader, startCommandEncoder, startRegistry } from './adapters/registry/index.ts';
import { createProbe as createRegistryProbe } from './adapters/registry/probe.ts';
import { calibrateCommand } from './cli/calibrate.ts';
import type { Connect, Connections, Resource } from './cli/connections.ts';
import { demoCommand } from './cli/demo.ts';
import { doctorCommand } from './cli/doctor.ts';
import type { Probe } from './cli/doctor-ports.ts';
import { fitCommand } from './cli/fit.ts';
import { generateCommand } from './cli/generate.ts';
import { inspectCommand } from './cli/inspect.ts';
import { loadCommand } from './cli/load.ts';
import { reshardCommand } from './cli/reshard.ts';
import { runCommand } from './cli/run.ts';
import type { StartHttp } from './cli/serve.ts';
import { serveCommand } from './cli/serve.ts';
import { shardsCommand } from './cli/shards.ts';
import { sourceCommand } from './cli/source.ts';
import { stackCommand } from './cli/stack.ts';
import { topicsCommand } from './cli/topics.ts';

const connect: Connect = async (config, log) => {
  const started: { stop(): Promise<void> }[] = [];
  /** Started at the first use; when that fails, the next use tries again. */
  const lazily = <T>(start: () => Promise<Resource<T>>): (() => Promise<T>) => {
    let pending: Promise<T> | null = null;
    return () => {
      pending ??= start().then(
        (resource) => {
          started.push(resource);
          return resource.value;
        },
        (error: unknown) => {
          pending = null;
          throw error;
        },
      );
      return pending;
    };
  };
  const kafka = createKafka(config, log);
  started.push(kafka);
  const redis = await startRedis(config.redis, config.applicationId, log);
  started.push(redis);
  const value: Connections = {
    ...kafka.value,
    store: redis.value,
    schemas: lazily(() => startRegistry(config)),
    producer: lazily(() => createPlainProducer(config, log)),
    commandProducer: lazily(async () => createCommandProducer(config, log)),
    commandEncoder: lazily(() => startCommandEncoder(config)),
    follow: async (topics, onRecord) => {
      const follower = { value: null, ...(await followTopics(config, log, topics, onRecord)) };
      started.push(follower);
      return follower;
    },
    tail: (topics, events) => tailTopics(config, log, topics, events),
    reader: lazily(async () => createReader(config)),
  };
  return {
    value,
    stop: async () => {
      for (const resource of started.splice(0).reverse()) await resource.stop();
    },
  };
};

/** Apart from the connections: a client of ours that waits or tries again would hide what is asked about. */
const probe: Probe = (config, log) => {
  const [kafka, redis, registry] = [
    createKafkaProbe(config, log),
    createRedisProbe(config.redis, config.applicationId),
    createRegistryProbe(config),
  ];
  return {
    value: { kafka: kafka.value, redis: redis.value, registry: registry.value },
    stop: async () => void (await Promise.all([kafka.stop(), redis.stop(), registry.stop()])),
  };
};

/** Loaded when it is needed: a worker needs no web server. */
const startHttp: StartHttp = async (...args) => (await import('./http/index.ts')).startHttp(...args);

const program = new Command('rapport').description(
  "keeps every customer's relationship with a business up to date, exactly once: from Kafka topics, through Redis, to Kafka topics",
);
program.addCommand(runCommand(connect));
// Loaded when it is asked for: no other command needs a server or SQLite, of which Node 22 says on stderr that it is experimental.
program.addCommand(serveCommand(connect, startHttp));
program.addCommand(topicsCommand(connect));
program.addCommand(generateCommand(connect));
program.addCommand(loadCommand(connect));
program.addCommand(fitCommand());
program.addCommand(calibrateCommand(connect));
program.addCommand(inspectCommand(connect));
program.addCommand(shardsCommand(connect));
program.addCommand(reshardCommand(connect));
program.addCommand(sourceCommand());
program.addCommand(doctorCommand(connect, probe));
program.addCommand(demoCommand(connect, startHttp));
program.addCommand(stackCommand());
/** Wrong usage ends with 2, whichever command it is of. */
function endWithTwo(command: Command): void {
  command.showHelpAfterError('(--help shows what there is)').exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  for (const sub of command.commands) endWithTwo(sub);
}
endWithTwo(program);
await program.parseAsync();
