/**
 * Giving a command: a record to the application's topic of commands, in the customer's partition, within a bounded time. Boundary: what a command means is the domain's; whether
 * it makes sense, whoever gives it has looked at.
 */
import { shardOf } from '../codec/murmur2.ts';
import type { CommandRecord } from '../codec/types.ts';
import type { Config } from '../config/config.ts';
import { commandSource } from '../config/topics.ts';
import type { CustomerId } from '../domain/ids.ts';
import { Retryable } from '../engine/errors.ts';
import type { Connections } from './connections.ts';
import { within } from './doctor-check.ts';

/** ms, all in all; the producer's own bound is shorter */
const PATIENCE_MS = 8_000;

/** Throws Retryable when the servers did not answer in time: it may have been taken; Halt when it was refused. */
export async function give(command: CommandRecord, { applicationId }: Config, connections: Connections): Promise<void> {
  const { logs, commandEncoder, commandProducer } = connections;
  const { topic } = commandSource(applicationId);
  const giving = async (): Promise<void> => {
    const partitions = (await logs.partitions(topic)) ?? 0;
    if (partitions === 0) throw new Retryable(`there is no topic ${topic}: create what is missing with \`rapport topics create\``);
    const value = (await commandEncoder())(command);
    const customer = command.customerId as CustomerId;
    await (await commandProducer()).produce(topic, [{ partition: shardOf(customer, partitions), key: Buffer.from(customer), value }]);
  };
  const given = giving();
  // Whoever has stopped waiting for it need not hear of it.
  given.catch(() => undefined);
  await within(given, PATIENCE_MS);
}
