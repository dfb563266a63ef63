/** The stack with several nodes, as the fault tests use it. */
import { Cluster } from 'ioredis';
import kafkajs from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';
import { startKafka } from '../../src/stack/kafka.ts';
import { freePorts } from '../../src/stack/ports.ts';
import { startRedis } from '../../src/stack/redis.ts';
import { until } from '../../src/stack/until.ts';
import { startProxy } from '../support/proxy.ts';

test('three brokers, each behind a proxy: clients see only the proxies, and the loss of one broker is survived', async () => {
  const ports = await freePorts(3);
  const proxies = await Promise.all(ports.map((port) => startProxy({ to: { host: '127.0.0.1', port } })));
  for (const proxy of proxies) onTestFinished(proxy.stop);
  const listeners = ports.map((port, index) => ({ port, advertised: proxies[index]?.value.port ?? 0 }));
  const kafka = await startKafka({ brokers: 3, listeners, log: () => undefined });
  onTestFinished(kafka.stop);
  expect(kafka.value.bootstrap).toBe(proxies.map((proxy) => `127.0.0.1:${proxy.value.port}`).join(','));

  const retry = { initialRetryTime: 100, maxRetryTime: 500, retries: 60 };
  const client = new kafkajs.Kafka({ brokers: kafka.value.bootstrap.split(','), logLevel: kafkajs.logLevel.NOTHING, retry });
  const admin = client.admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  const { brokers } = await admin.describeCluster();
  expect(brokers.map((broker) => broker.port).sort()).toEqual(listeners.map((each) => each.advertised).sort());

  await admin.createTopics({ waitForLeaders: false, topics: [{ topic: 'three', numPartitions: 3 }] });
  const metadata = await until('leaders for all partitions', 20, async () => {
    const { topics } = await admin.fetchTopicMetadata({ topics: ['three'] });
    const partitions = topics[0]?.partitions ?? [];
    return partitions.length === 3 && partitions.every((each) => each.isr.length === 3) ? partitions : undefined;
  });
  expect(metadata.every((partition) => partition.replicas.length === 3)).toBe(true);

  const producer = client.producer();
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  const leader = metadata[0]?.leader ?? 0;
  await kafka.value.brokers[leader - 1]?.kill();
  proxies[leader - 1]?.value.cut();
  const [sent] = await producer.send({ topic: 'three', acks: -1, messages: [{ value: 'x', partition: 0 }] });
  expect(sent?.errorCode).toBe(0);
  await kafka.value.brokers[leader - 1]?.restart();
  expect(kafka.value.brokers[leader - 1]?.pid).not.toBeNull();
});

test('a Redis cluster of three masters and three replicas', async () => {
  const redis = await startRedis({ mode: 'cluster', log: () => undefined });
  onTestFinished(redis.stop);
  const cluster = new Cluster(redis.value.url.split(','));
  onTestFinished(() => cluster.disconnect());
  await Promise.all(Array.from({ length: 100 }, (_, index) => cluster.set(`key-${index}`, `${index}`)));
  expect(await cluster.get('key-42')).toBe('42');
  // Each range of slots: from, to, its master, its replica. A replica is listed when it has received something.
  const ranges = await until('three ranges with a replica each', 10, async () => {
    const found = await cluster.cluster('SLOTS');
    return found.length === 3 && found.every((range) => range.length === 4) ? found : undefined;
  });
  const ports = ranges.flatMap(([, , ...nodes]) => nodes.map(([, port]) => port));
  expect(new Set(ports).size).toBe(6);
});
