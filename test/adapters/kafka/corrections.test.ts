/** Corrections to kafkajs that the other tests would meet by chance only: each fails without its correction. */
import { createRequire } from 'node:module';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import '../../../src/adapters/kafka/corrections.ts';

const require = createRequire(import.meta.url);

it('7 an address that accepts and stays silent is followed by the next one', async () => {
  const met: number[] = [];
  const sockets = new Set<Socket>();
  const mute = async (index: number): Promise<string> => {
    const server = createServer((socket) => {
      sockets.add(socket);
      met.push(index);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const brokers = await Promise.all([mute(0), mute(1)]);
  const client = new kafkajs.Kafka({
    brokers,
    requestTimeout: 200,
    retry: { initialRetryTime: 1, retries: 1 },
    logLevel: kafkajs.logLevel.NOTHING,
  });
  await expect(client.admin().connect()).rejects.toThrow();
  for (const socket of sockets) socket.destroy();
  expect(met).toEqual([0, 1]);
});

it('11 a refresh of metadata, closed under way, fails as a lost connection does', async () => {
  const BrokerPool: new (
    options: object,
  ) => Record<string, unknown> & { refreshMetadata(topics: readonly string[]): Promise<void>; disconnect(): Promise<void> } =
    require('kafkajs/src/cluster/brokerPool');
  const logger = { namespace: () => logger, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const brokers = [1, 2].map((nodeId) => ({ nodeId, host: `broker-${nodeId}`, port: 9092, rack: null }));
  const connectionPoolBuilder = {
    build: async ({ host, port }: { host: string; port: number }) => {
      await sleep(5);
      return { host, port, destroy: async () => undefined };
    },
  };
  const pool = new BrokerPool({ connectionPoolBuilder, logger, retry: { retries: 0 }, metadataMaxAge: 1_000 });
  const broker = { metadata: async () => ({ brokers, topicMetadata: [], controllerId: 1 }), disconnect: async () => undefined };
  Object.assign(pool, {
    findConnectedBroker: async () => broker,
    seedBroker: { ...broker, connectionPool: { host: 'broker-2', port: 9092 } },
  });
  const asked = pool.refreshMetadata(['a']);
  asked.catch(() => undefined);
  await sleep(1);
  await pool.disconnect();
  await expect(asked).rejects.toMatchObject({ name: 'KafkaJSConnectionClosedError' });
});

it('12 a fetcher that is made while its consumer stops ends, and the event loop goes on', async () => {
  const createFetchManager: (options: object) => {
    start(): Promise<void>;
    stop(): Promise<void>;
  } = require('kafkajs/src/consumer/fetchManager');
  const { prototype }: { prototype: { fetch(nodeId: number): Promise<unknown> } } = require('kafkajs/src/consumer/runner');
  const logger = { ...pino({ level: 'silent' }), namespace: () => logger, debug: () => {}, info: () => {} };
  const runner = { running: true, logger, consumerGroup: {} };
  let nodes = [1, 2];
  let idle = 0;
  const manager = createFetchManager({
    logger,
    getNodeIds: () => nodes,
    handler: async () => undefined,
    fetch: async (nodeId: number) => {
      if (!runner.running) {
        idle += 1;
        if (idle > 1_000) throw new Error('a stopped consumer is asked without end');
        return prototype.fetch.call(runner, nodeId);
      }
      await sleep(nodeId === 1 ? 10 : 120);
      return [];
    },
  });
  const ended = manager.start();
  ended.catch(() => undefined);
  await sleep(30);
  nodes = [1, 2, 3]; // a broker has come back: fetchers are made anew, once the slow one has its answer
  await sleep(50);
  runner.running = false;
  await manager.stop();
  await expect(ended).rejects.toMatchObject({ name: 'KafkaJSConnectionClosedError' });
  expect(idle).toBeGreaterThan(0);
});

it('14 a connection that is made anew understands its answers, though the one before was cut off in the middle of one', async () => {
  const Connection: new (
    options: object,
  ) => { isConnected(): boolean; connect(): Promise<unknown>; disconnect(): Promise<unknown>; send(request: object): Promise<unknown> } =
    require('kafkajs/src/network/connection');
  const createSocket = require('kafkajs/src/network/socketFactory')();
  const answer = (to: Buffer): Buffer => {
    const bytes = Buffer.alloc(208);
    bytes.writeInt32BE(204);
    to.copy(bytes, 4, 8, 12);
    return bytes;
  };
  let met = 0;
  const server = createServer((socket) => {
    const first = met++ === 0;
    socket.on('error', () => undefined);
    socket.on('data', (request) => {
      if (first) socket.write(answer(request).subarray(0, 100));
      else socket.write(answer(request));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const logger = { ...pino({ level: 'silent' }), namespace: () => logger, debug: () => {}, info: () => {}, error: () => {} };
  const { port } = server.address() as AddressInfo;
  const connection = new Connection({
    host: '127.0.0.1',
    port,
    logger,
    socketFactory: createSocket,
    connectionTimeout: 1_000,
    requestTimeout: 200,
  });
  onTestFinished(() => void connection.disconnect());
  const ask = async (): Promise<unknown> => {
    await connection.connect();
    return connection.send({
      request: { apiKey: 3, apiVersion: 0, apiName: 'ApiVersions', encode: async () => new (require('kafkajs/src/protocol/encoder'))() },
      response: { decode: async (payload: Buffer) => payload, parse: async (payload: Buffer) => payload.length },
    });
  };
  await expect(ask()).rejects.toThrow('timed out');
  await expect.poll(() => connection.isConnected()).toBe(false);
  await expect(ask()).resolves.toBe(200);
});
