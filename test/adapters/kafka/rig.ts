/**
 * A broker with two listeners: one for everybody, one that is advertised as a proxy's port, so that a client that begins there stays behind the proxy.
 * Also what no broker does on request: damage to what it has stored.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import kafkajs from 'kafkajs';
import { SystemClock } from '../../../src/engine/clock.ts';
import type { Source, TopicPartition } from '../../../src/engine/ports.ts';
import { startKafka } from '../../../src/stack/kafka.ts';
import { freePorts } from '../../../src/stack/ports.ts';
import type { Resource } from '../../../src/stack/resource.ts';
import type { Rig } from '../../contract/client-harness.ts';
import type { HurtWorld, WorldOptions } from '../../contract/harness.ts';
import { startProxy } from '../../support/proxy.ts';
import { damageBatch } from './batch.ts';
import { type CreateClient, kafkaWorld, log } from './world.ts';

const SESSION_MS = 3_000;

/** `port`: of the link, where a client begins that is to stay behind it. */
export async function startRig(create: CreateClient, transactionTimeoutMs: number): Promise<Resource<Rig & { readonly port: number }>> {
  const [port = 0, behind = 0, internal = 0, controller = 0] = await freePorts(4);
  const proxy = await startProxy({ to: { host: '127.0.0.1', port: behind } });
  const link = proxy.value;
  const kafka = await startKafka({
    brokers: 1,
    listeners: [{ port, advertised: port }],
    properties: {
      'controller.quorum.voters': `1@127.0.0.1:${controller}`,
      'listener.security.protocol.map': 'CLIENT:PLAINTEXT,HURT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
      listeners: `CLIENT://127.0.0.1:${port},HURT://127.0.0.1:${behind},INTERNAL://127.0.0.1:${internal},CONTROLLER://127.0.0.1:${controller}`,
      'advertised.listeners': `CLIENT://127.0.0.1:${port},HURT://127.0.0.1:${link.port},INTERNAL://127.0.0.1:${internal}`,
    },
    log: (line) => log.info(line),
  }).catch(async (error: unknown) => {
    await proxy.stop();
    throw error;
  });
  const { bootstrap, brokers } = kafka.value;
  const [broker] = brokers;
  if (broker === undefined) throw new Error('no broker');

  const world = async (options: WorldOptions = {}): Promise<HurtWorld> => {
    const direct = await kafkaWorld(bootstrap, { ...options, create, settings: { transactionTimeoutMs, sessionTimeoutMs: SESSION_MS } });
    const settings = { ...direct.settings, kafka: { ...direct.settings.kafka, brokers: [`127.0.0.1:${link.port}`] } };
    const clients = [create(settings, log)];
    const [first] = clients;
    if (first === undefined) throw new Error('no client');
    const source = (): Source => {
      const another = create(settings, log);
      clients.push(another);
      return another.value.source;
    };
    return {
      ...direct,
      hurt: { sinks: first.value.sinks, logs: first.value.logs, source },
      async stop() {
        link.setDelay(0);
        await link.resume();
        await Promise.all(clients.map((client) => client.stop()));
        await direct.stop();
      },
    };
  };

  const dataFolder = async (): Promise<string> => {
    const admin = new kafkajs.Kafka({ clientId: 'stranger', brokers: [bootstrap], logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    const type = kafkajs.ConfigResourceTypes.BROKER;
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type, name: '1', configNames: ['log.dirs'] }],
    });
    await admin.disconnect();
    return resources[0]?.configEntries[0]?.configValue ?? '';
  };

  const damage = async (batches: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> => {
    const folder = await dataFolder();
    await broker.kill();
    for (const { topic, partition, offset } of batches) {
      const file = join(folder, `${topic}-${partition}`, '00000000000000000000.log');
      await writeFile(file, damageBatch(await readFile(file), offset));
    }
    await broker.restart();
  };

  return {
    value: { link, port: link.port, clock: new SystemClock(), world, restart: () => broker.restart(), damage },
    async stop() {
      await kafka.stop();
      await proxy.stop();
    },
  };
}
