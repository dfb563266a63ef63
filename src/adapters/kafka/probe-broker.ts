/**
 * kafkajs's own class of a broker, connected to one address and to no other. Boundary: what kafkajs keeps to itself, as its version of corrections.ts has it.
 */
import { createRequire } from 'node:module';
import type { ISocketFactory, logCreator as LogCreator } from 'kafkajs';
import type { Logger } from 'pino';
import { clientSettings, type KafkaSettings } from './client.ts';
import type { Question } from './probe-requests.ts';

/** The parts of it that are used. */
export interface Broker {
  versions: Readonly<Record<number, { readonly maxVersion: number }>>;
  readonly connectionPool: { send<T>(question: Question<T>): Promise<T> };
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  findGroupCoordinator(of: { groupId: string; coordinatorType: 0 | 1 }): Promise<{ coordinator: { host: string; port: number } }>;
  endTxn(of: { transactionalId: string; producerId: string; producerEpoch: number; transactionResult: boolean }): Promise<unknown>;
  describeConfigs(of: object): Promise<{
    resources: readonly { configEntries: readonly { configName: string; configValue: string | null }[] }[];
  }>;
  fetch(of: object): Promise<{ responses: readonly { partitions: readonly { messages: readonly unknown[] }[] }[] }>;
}

export interface Connected {
  readonly broker: Broker;
  /** that it took */
  readonly ms: number;
}

const require = createRequire(import.meta.url);
const ConnectionPool: new (options: object) => object = require('kafkajs/src/network/connectionPool');
const BrokerClient: new (options: { connectionPool: object; logger: object }) => Broker = require('kafkajs/src/broker');
const { createLogger }: { createLogger(options: { level?: number; logCreator?: LogCreator }): object } = require('kafkajs/src/loggers');

/** Through TLS and SASL. `answerMs`: the longest wait for one answer. */
export async function connectBroker(
  config: KafkaSettings,
  log: Logger,
  address: string,
  answerMs: number,
  factory: ISocketFactory,
): Promise<Connected> {
  const options = { clientId: `${config.applicationId}-doctor`, requestTimeout: answerMs, retry: { initialRetryTime: 50, retries: 0 } };
  const { brokers: _, logLevel, logCreator, ...settings } = clientSettings(config.kafka, log, { ...options, socketFactory: factory });
  const logger = createLogger({
    ...(logLevel === undefined ? {} : { level: logLevel }),
    ...(logCreator === undefined ? {} : { logCreator }),
  });
  const colon = address.lastIndexOf(':');
  const connectionPool = new ConnectionPool({
    ...settings,
    enforceRequestTimeout: true,
    host: address.slice(0, colon),
    port: Number(address.slice(colon + 1)),
    logger,
  });
  const broker = new BrokerClient({ connectionPool, logger });
  const begun = performance.now();
  await broker.connect();
  return { broker, ms: Math.round(performance.now() - begun) };
}
