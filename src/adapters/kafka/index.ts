/**
 * Kafka behind the engine's ports. Boundary: the only entry to this folder, and this folder the only one that imports kafkajs.
 */
import type { Logger } from 'pino';
import type { Sinks, Source } from '../../engine/ports.ts';
import { createAdmin, type KafkaAdmin } from './admin.ts';
import type { KafkaSettings } from './client.ts';
import { createSinks } from './sinks.ts';
import { createSource } from './source.ts';

export { createAdmin, type KafkaAdmin } from './admin.ts';
export type { KafkaSettings } from './client.ts';
export { createCommandProducer } from './command-producer.ts';
export { createProbe } from './probe.ts';
export { createPlainProducer, type PlainProducer, type PlainRecord } from './produce.ts';
export { followTopics } from './read.ts';
export { tailTopics } from './tail.ts';

export interface Kafka {
  /** Starts once; it is stopped with the rest at the latest. */
  readonly source: Source;
  readonly sinks: Sinks;
  /** The engine's `Logs`, and more. */
  readonly logs: KafkaAdmin;
}

/** Connects to nothing until used: unreachable brokers show in the first call, as Retryable. */
export function createKafka(config: KafkaSettings, log: Logger): { value: Kafka; stop(): Promise<void> } {
  const of = log.child({ adapter: 'kafka' });
  const source = createSource(config, of);
  const admin = createAdmin(config, of);
  return {
    value: { source, sinks: createSinks(config, of), logs: admin.value },
    async stop() {
      await source.stop();
      await admin.stop();
    },
  };
}
