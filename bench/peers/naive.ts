/**
 * The naive peer: what a team would write in an afternoon with the same packages. `eachMessage`, GET the state, fold, SET it, send what came of it; the fold is rapport's own, taken
 * as a library. No transaction, no timers but those of the customer at hand, at least once, KPIs left out.
 * Boundary: a process of its own, configured by the same variables as rapport; writes one JSON line when it processes.
 */
import { Redis } from 'ioredis';
import kafkajs from 'kafkajs';
import { startRegistry } from '../../src/adapters/registry/index.ts';
import { decodeState, encodeState } from '../../src/codec/state.ts';
import { loadConfig } from '../../src/config/load.ts';
import { eventSources } from '../../src/config/topics.ts';
import { fire, fold, newCustomer } from '../../src/domain/customer.ts';
import type { Decision } from '../../src/domain/decision.ts';
import type { Instant } from '../../src/domain/ids.ts';
import type { LogRecord, OutRecord } from '../../src/engine/ports.ts';

const { Kafka, logLevel } = kafkajs;

const config = await loadConfig(process.env);
const { decoder, encoder } = (await startRegistry(config)).value;
const [node] = config.redis.nodes;
if (node === undefined) throw new Error('there is no Redis');
const redis = new Redis(node);
const kafka = new Kafka({ clientId: config.applicationId, brokers: [...config.kafka.brokers], logLevel: logLevel.ERROR });
const producer = kafka.producer();
const consumer = kafka.consumer({ groupId: config.applicationId });

const send = ({ topic, partition, key, value, headers }: OutRecord): Promise<unknown> =>
  producer.send({ topic, messages: [{ partition, key, value, headers: Object.fromEntries(headers.map((h) => [h.key, h.value])) }] });

async function handle(topic: string, partition: number, record: LogRecord): Promise<void> {
  const context = {
    shard: partition,
    now: Date.now() as Instant,
    caughtUpAt: null,
    trigger: { topic, partition, offset: record.offset, timestamp: record.timestamp },
  };
  await decoder.prepare(topic, [record]);
  const decoded = decoder.decode(topic, record);
  if (decoded.outcome === 'dead') {
    const { reason, detail } = decoded;
    await send(encoder.deadLetter({ reason, detail, origin: context.trigger, key: record.key, value: record.value }, context));
    return;
  }
  if (decoded.outcome === 'passed') return;
  const { event } = decoded;
  const key = `${config.applicationId}:${event.customer}`;
  const bytes = await redis.getBuffer(key);
  const state = bytes === null ? newCustomer(event.customer) : decodeState(event.customer, bytes);
  const decisions: Decision[] = [];
  fire(state, event.at, config.policy, decisions);
  fold(state, event, config.policy, decisions);
  await redis.set(key, encodeState(state));
  for (const decision of decisions) await send(encoder.decision(decision, context));
}

await producer.connect();
await consumer.connect();
await consumer.subscribe({ topics: eventSources(config.sources).map(({ topic }) => topic), fromBeginning: true });
consumer.on(consumer.events.GROUP_JOIN, () => process.stdout.write(`${JSON.stringify({ state: 'RUNNING' })}\n`));
process.on('SIGTERM', () => {
  void consumer.disconnect().then(() => process.exit(0));
});
await consumer.run({
  eachMessage: ({ topic, partition, message }) =>
    handle(topic, partition, {
      offset: Number(message.offset),
      timestamp: Number(message.timestamp),
      key: message.key,
      value: message.value,
      headers: [],
    }),
});
