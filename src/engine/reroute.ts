/**
 * A record of another shard's customer is forwarded there, in the step's transaction, as it came, with its origin in headers.
 * So a wrong partitioner, a null key, an order id as key or another partition count are all handled by one mechanism.
 */
import type { Item } from './input.ts';
import type { LogRecord, Origin, OutRecord, TopicPartition } from './ports.ts';

const ORIGIN = 'rapport-origin';

export function toReroute(topic: string, shard: number, item: Item): OutRecord {
  const { record, origin } = item;
  const value = Buffer.from(JSON.stringify([origin.topic, origin.partition, origin.offset, origin.timestamp]));
  return { topic, partition: shard, key: record.key, value: record.value, headers: [...record.headers, { key: ORIGIN, value }] };
}

/** Where a record read from `from` first entered: from its last origin header when it was rerouted, else where it was read. */
export function originOf(record: LogRecord, from: TopicPartition, rerouted: boolean): Origin {
  if (rerouted) {
    const header = record.headers.findLast((candidate) => candidate.key === ORIGIN);
    const parsed: unknown = header === undefined ? null : JSON.parse(header.value.toString());
    if (Array.isArray(parsed)) {
      const [topic, partition, offset, timestamp] = parsed;
      return { topic: String(topic), partition: Number(partition), offset: Number(offset), timestamp: Number(timestamp) };
    }
  }
  return { ...from, offset: record.offset, timestamp: record.timestamp };
}
