/** Produce requests, byte for byte those of kafkajs, which is slow and right. */
import { createRequire } from 'node:module';
import fc from 'fast-check';
import type { Message } from 'kafkajs';
import { expect, it } from 'vitest';
import { crc32c } from '../../../src/adapters/kafka/crc32c.ts';
import { type ProduceRequest, producing, Sent } from '../../../src/adapters/kafka/sent.ts';

const require = createRequire(import.meta.url);
const kafkajs: Parameters<typeof producing>[0] = require('kafkajs/src/protocol/requests/produce/v3/request');

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const name = fc.string({ unit: 'grapheme', maxLength: 70 });
const record = fc.record({
  key: fc.option(bytes),
  value: fc.option(fc.oneof(bytes, fc.constant(Buffer.alloc(20_000, 7)))),
  headers: fc.uniqueArray(fc.record({ key: name, value: bytes }), { selector: ({ key }) => key, maxLength: 4 }),
  at: fc.integer({ min: 1_000_000_000_000, max: 9_999_999_999_999 }),
});
const request = fc.record({
  transactionalId: fc.option(name),
  producerId: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  producerEpoch: fc.nat(32_767),
  timeout: fc.nat(),
  topics: fc.array(
    fc.record({ topic: name, partitions: fc.array(fc.array(record, { minLength: 1, maxLength: 150 }), { minLength: 1, maxLength: 3 }) }),
    { maxLength: 3 },
  ),
});
type Request = typeof request extends fc.Arbitrary<infer R> ? R : never;
type Record = Request['topics'][number]['partitions'][number][number];

const requestOf = ({ topics, ...rest }: Request, messageOf: (record: Record, partition: number) => Message): ProduceRequest => ({
  ...rest,
  acks: -1,
  topicData: topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((records, partition) => ({
      partition,
      firstSequence: 11,
      messages: records.map((each) => messageOf(each, partition)),
    })),
  })),
});
const plain = ({ key, value, headers, at }: Record, partition: number): Message => ({
  partition,
  key,
  value,
  timestamp: String(at),
  headers: Object.fromEntries(headers.map((header) => [header.key, header.value])),
});
const own = ({ at, ...rest }: Record, partition: number): Sent => new Sent({ partition, ...rest }, at);

it('are those of kafkajs', async () => {
  await fc.assert(
    fc.asyncProperty(request, async (of) => {
      // kafkajs gives an object's keys that are whole numbers in another order
      fc.pre(of.topics.every(({ partitions }) => partitions.flat().every(({ headers }) => headers.every(({ key }) => !/^\d+$/.test(key)))));
      const { buffer } = await producing(kafkajs)(requestOf(of, own)).encode();
      expect(buffer.equals((await kafkajs(requestOf(of, plain)).encode()).buffer)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

it('with other messages than our own are left to kafkajs', async () => {
  const of = { acks: -1, timeout: 1, topicData: [{ topic: 't', partitions: [{ partition: 0, messages: [{ value: 'text' }] }] }] };
  const { buffer } = await producing(kafkajs)(of).encode();
  expect(buffer.includes('text')).toBe(true);
});

it('carry headers of one name in their order', async () => {
  const headers = ['b', 'a', 'b'].map((key, i) => ({ key, value: Buffer.from(`${key}${i}`) }));
  const sent = new Sent({ partition: 0, key: null, value: null, headers }, 5);
  const of = { acks: -1, timeout: 1, topicData: [{ topic: 't', partitions: [{ partition: 0, messages: [sent] }] }] };
  const { buffer } = await producing(kafkajs)(of).encode();
  expect(buffer.toString('latin1')).toContain('\x02b\x04b0\x02a\x04a1\x02b\x04b2');
});

it('are checked by CRC-32C: the check value of its definition, and any length', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  const slow: (of: Buffer) => number = require('kafkajs/src/protocol/recordBatch/crc32C');
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (array) => crc32c(array) === slow(Buffer.from(array))));
});
