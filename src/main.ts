#!/usr/bin/env node
/**
 * The composition root: the only file that sees everything. Binds the adapters to the commands.
 */
import { Command } from 'commander';
import { createKafka, createPlainProducer, followTopics } from './adapters/kafka/index.ts';
import { startRedis } from './adapters/redis/start.ts';
import { startRegistry } from './adapters/registry/index.ts';
import { calibrateCommand } from './cli/calibrate.ts';
import type { Connect, Connections, Resource } from './cli/connections.ts';
import { demoCommand } from './cli/demo.ts';
import { fitCommand } from './cli/fit.ts';
import { generateCommand } from './cli/generate.ts';
import { inspectCommand } from './cli/inspect.ts';
import { loadCommand } from './cli/load.ts';
import { runCommand } from './cli/run.ts';
import { shardsCommand } from './cli/shards.ts';
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
    follow: async (topics, onRecord) => {
      const follower = { value: null, ...(await followTopics(config, log, topics, onRecord)) };
      started.push(follower);
      return follower;
    },
  };
  return {
    value,
    stop: async () => {
      for (const resource of started.splice(0).reverse()) await resource.stop();
    },
  };
};

const program = new Command('rapport').description(
  "keeps every customer's relationship with a business up to date, exactly once: from Kafka topics, through Redis, to Kafka topics",
);
program.addCommand(runCommand(connect));
program.addCommand(topicsCommand(connect));
program.addCommand(generateCommand(connect));
program.addCommand(loadCommand(connect));
program.addCommand(fitCommand());
program.addCommand(calibrateCommand(connect));
program.addCommand(inspectCommand(connect));
program.addCommand(shardsCommand(connect));
program.addCommand(demoCommand(connect));
program.addCommand(stackCommand());
/** Wrong usage ends with 2, whichever command it is of. */
function endWithTwo(command: Command): void {
  command.showHelpAfterError('(--help shows what there is)').exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  for (const sub of command.commands) endWithTwo(sub);
}
endWithTwo(program);
await program.parseAsync();
