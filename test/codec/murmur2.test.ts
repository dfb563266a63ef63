import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { expect, test } from 'vitest';
import { murmur2, shardOf } from '../../src/codec/murmur2.ts';
import type { CustomerId } from '../../src/domain/ids.ts';

/** From Kafka's own UtilsTest.testMurmur2. */
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('murmur2 of %s is Kafka’s', (text, expected) => {
  expect(murmur2(Buffer.from(text))).toBe(expected);
});

const SHARDS = 12;
const partitioner = kafkajs.Partitioners.DefaultPartitioner();
const partitionMetadata = Array.from({ length: SHARDS }, (_, partitionId) => ({
  partitionErrorCode: 0,
  partitionId,
  leader: 0,
  replicas: [0],
  isr: [0],
}));

test('a customer’s shard is the partition that kafkajs’ Java-compatible partitioner chooses', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }), (id) => {
      const message = { key: Buffer.from(id), value: null };
      expect(shardOf(id as CustomerId, SHARDS)).toBe(partitioner({ topic: 't', partitionMetadata, message }));
    }),
    { numRuns: 500 },
  );
});

test('a reserved key longer than any customer id has a shard too', () => {
  const id = 'ä'.repeat(4_000);
  expect(shardOf(id as CustomerId, SHARDS)).toBe((murmur2(Buffer.from(id)) & 0x7fffffff) % SHARDS);
});
