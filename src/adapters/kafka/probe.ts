/**
 * What `rapport doctor` asks of Kafka: each broker by itself, what this user may do, what stands at a log's end. Changes nothing: no topic, no group, no
 * transaction comes into being.
 * Boundary: one connection for each address, made once, by kafkajs's own class of a broker; every failure leaves as a reaction (errors.ts).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import type { Logger } from 'pino';
import type { KafkaProbe } from '../../cli/doctor-ports.ts';
import { Retryable } from '../../engine/errors.ts';
import type { LogRecord } from '../../engine/ports.ts';
import { made } from '../../engine/records.ts';
import { ASSIGNER } from './assigner.ts';
import { createSockets, type KafkaSettings } from './client.ts';
import { isProtocolError, isType, reactionTo } from './errors.ts';
import { FetchedBatch } from './fetched.ts';
import { type Broker, type Connected, connectBroker } from './probe-broker.ts';
import { features, groupOf, metadataOf } from './probe-requests.ts';
import { releaseOf } from './release.ts';
import { within } from './sinks.ts';

const ANSWER_MS = 4_000;
const SETTLE_MS = 1_000;
const POLL_MS = 100;
const API_VERSIONS = 18;
const NO_PRODUCER = { producerId: '-1', producerEpoch: -1, transactionResult: false };
const FETCH_BYTES = 1 << 20;

export function createProbe(config: KafkaSettings, log: Logger): { value: KafkaProbe; stop(): Promise<void> } {
  const sockets = createSockets();
  const open = new Map<string, Promise<Connected>>();

  const connect = (address: string): Promise<Connected> => {
    const known = open.get(address);
    if (known !== undefined) return known;
    const made = connectBroker(config, log, address, ANSWER_MS, sockets.factory);
    made.catch(() => undefined);
    open.set(address, made);
    return made;
  };

  const asked = async <T>(doing: string, question: () => Promise<T>): Promise<T> => {
    const giveUp = performance.now() + SETTLE_MS;
    for (;;) {
      try {
        return await within(question(), ANSWER_MS, doing);
      } catch (error) {
        const reaction = reactionTo(error, doing);
        // A broker that has just begun to lead something, or just stopped, says so for a moment.
        if (!(reaction instanceof Retryable) || !isProtocolError(error) || performance.now() > giveUp) throw reaction;
        await sleep(POLL_MS);
      }
    }
  };

  /** The first that answers; when none does, what the first of the list says. */
  const anyBroker = async (): Promise<Broker> => {
    const all = config.kafka.brokers.map(connect);
    const first = await Promise.any(all).catch((error: AggregateError) => Promise.reject(error.errors[0]));
    return first.broker;
  };

  const value: KafkaProbe = {
    broker: (address) =>
      asked(`connecting to ${address}`, async () => {
        const { broker, ms } = await connect(address);
        const supported = (broker.versions[API_VERSIONS]?.maxVersion ?? 0) >= 3 ? await broker.connectionPool.send(features()) : null;
        return { ms, release: releaseOf(new Set(Object.keys(broker.versions).map(Number)), supported?.get('metadata.version')) };
      }),

    metadata: (topics) => asked('asking for the topics', async () => (await anyBroker()).connectionPool.send(metadataOf(topics))),

    coordinator: (of, id) =>
      asked(`asking for the coordinator of ${id}`, async () => {
        const { coordinator } = await (await anyBroker()).findGroupCoordinator({ groupId: id, coordinatorType: of === 'group' ? 0 : 1 });
        return addressOf(coordinator);
      }),

    group: (id) =>
      asked(`asking about the group ${id}`, async () => {
        const { broker } = await connect(await value.coordinator('group', id));
        const found = await broker.connectionPool.send(groupOf(id));
        if (found === undefined) throw new Retryable(`Kafka says nothing about the group ${id}`);
        return { ...found, foreign: found.protocol !== '' && found.protocol !== ASSIGNER };
      }),

    mayWriteTransactions: (id) =>
      asked(`asking about the transactional id ${id}`, async () => {
        const { broker } = await connect(await value.coordinator('transaction', id));
        try {
          await broker.endTxn({ transactionalId: id, ...NO_PRODUCER });
          return true;
        } catch (error) {
          if (isType(error, 'INVALID_PRODUCER_ID_MAPPING')) return true;
          if (isType(error, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED')) return false;
          throw error;
        }
      }),

    brokerConfig: (address, id) =>
      asked(`asking for the settings of broker ${id}`, async () => {
        const { broker } = await connect(address);
        const resources = [{ type: kafkajs.ConfigResourceTypes.BROKER, name: String(id) }];
        const answer = await broker.describeConfigs({ resources, includeSynonyms: false });
        const entries = answer.resources.flatMap(({ configEntries }) => configEntries);
        return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue ?? '']));
      }),

    read: ({ topic, partition }, from, to, leader) =>
      asked(`reading ${topic} ${partition}`, async () => {
        const { broker } = await connect(leader);
        const found: LogRecord[] = [];
        for (let at = from; at < to; ) {
          const partitions = [{ partition, fetchOffset: String(at), maxBytes: FETCH_BYTES }];
          const answer = await broker.fetch({
            replicaId: -1,
            isolationLevel: 1,
            maxWaitTime: 100,
            minBytes: 1,
            maxBytes: FETCH_BYTES,
            topics: [{ topic, partitions }],
          });
          const messages = answer.responses.flatMap((response) => response.partitions.flatMap((each) => each.messages));
          let reached = at;
          for (const message of messages) {
            if (!(message instanceof FetchedBatch)) continue;
            reached = Math.max(reached, Number(message.offset) + 1);
            if (!message.isControlRecord) found.push(...made(message.records).filter(({ offset }) => offset >= at));
          }
          // What is left are records that were aborted.
          if (reached === at) break;
          at = reached;
        }
        return found;
      }),
  };

  return {
    value,
    async stop() {
      const all = await Promise.allSettled(open.values());
      for (const one of all) if (one.status === 'fulfilled') await one.value.broker.disconnect();
      sockets.cut();
    },
  };
}

const addressOf = ({ host, port }: { readonly host: string; readonly port: number }): string => `${host}:${port}`;
