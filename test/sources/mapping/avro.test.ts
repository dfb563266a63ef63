import avsc from 'avsc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDecoder } from '../../../src/codec/decoder.ts';
import { LOGICAL_TYPES } from '../../../src/codec/foreign.ts';
import type { AvroType } from '../../../src/codec/schemas.ts';
import { avroType } from '../../../src/codec/schemas.ts';
import { encodeWire, foreignReader, wireReader } from '../../../src/codec/wire.ts';
import type { SourceConfig } from '../../../src/config/config.ts';
import type { SourceMap } from '../../../src/config/mapping/mapping.ts';
import { parseMap } from '../../../src/config/mapping/parse.ts';
import { hash } from '../../../src/domain/ids.ts';
import { type Decoded, type Passed, UNREADABLE_HEADER } from '../../../src/engine/ports.ts';
import { logRecord, purchaseRecord } from '../../codec/support.ts';
import { POLICY } from './support.ts';

const parse = (schema: object): AvroType => avsc.Type.forSchema(schema as avsc.Schema, { logicalTypes: LOGICAL_TYPES });
const decimal = (scale: number) => ({ type: 'bytes', logicalType: 'decimal', precision: 18, scale });

/** As other languages write a long. */
const LONG = avsc.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer(value: number | bigint) {
    const buffer = Buffer.alloc(8);
    buffer.writeBigInt64LE(BigInt(value));
    return buffer;
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: () => true,
  compare: () => 0,
});

const ROW = {
  type: 'record',
  name: 'Value',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'customer_id', type: ['null', 'int'], default: null },
    { name: 'status', type: { type: 'enum', name: 'Status', symbols: ['PAID', 'REFUNDED'] } },
    { name: 'total', type: ['null', decimal(4)], default: null },
    { name: 'currency', type: 'string' },
    { name: 'tags', type: { type: 'array', items: 'string' } },
    // As a column with a default has it: bytes, one character each.
    { name: 'shipping', type: decimal(2), default: '\u0001\u00f4' },
    { name: 'parent', type: ['null', 'Value'], default: null },
  ],
};
const ENVELOPE = parse({
  type: 'record',
  name: 'Envelope',
  namespace: 'shop.public.orders',
  fields: [
    { name: 'before', type: ['null', ROW], default: null },
    { name: 'after', type: ['null', 'Value'], default: null },
    {
      name: 'source',
      type: {
        type: 'record',
        name: 'Source',
        fields: [
          { name: 'ts_ms', type: 'long' },
          { name: 'ts_ns', type: 'long' },
        ],
      },
    },
    { name: 'op', type: 'string' },
  ],
});

const MAP = parseMap(
  {
    preset: 'debezium',
    fields: {
      eventId: { join: ['id', '$.op'] },
      customerId: 'customer_id',
      orderId: 'id',
      amountMinor: { path: 'total', unit: 'major' },
      currency: 'currency',
      kind: { path: 'status', table: { PAID: 'PURCHASE', REFUNDED: 'REFUND' } },
      items: { path: 'tags', count: true },
    },
  },
  'purchase',
  [],
) as SourceMap;

async function decode(
  format: 'avro' | 'json',
  value: Buffer | null,
  headers: { key: string; value: Buffer }[] = [],
): Promise<Decoded | Passed> {
  const source: SourceConfig = { type: 'purchase', topic: 'orders', format, keyedByCustomer: false, map: MAP };
  const decoder = createDecoder(
    { sources: [source], policy: POLICY },
    { find: async (id) => (id === 7 ? ENVELOPE : `schema ${id} is not registered`) },
  );
  const record = { ...logRecord(value), headers };
  await decoder.prepare('orders', [record]);
  return decoder.decode('orders', record);
}

const bytesOf = (minor: bigint): Buffer => {
  const bytes = Buffer.alloc(9);
  bytes.writeBigInt64BE(minor, 1);
  if (minor < 0n) bytes[0] = 0xff;
  return bytes;
};
/** As a writer would: a decimal is bytes to it. */
const PLAIN = avsc.Type.forSchema(ENVELOPE.schema() as avsc.Schema, { registry: { long: LONG } });
const event = (total: Buffer | null, over: object = {}) =>
  encodeWire(7, PLAIN, {
    before: null,
    after: {
      id: 7001,
      customer_id: 1004,
      status: 'PAID',
      total,
      currency: 'EUR',
      tags: ['a', 'b'],
      shipping: bytesOf(0n),
      parent: null,
      ...over,
    },
    // Since Debezium 2.6 there are nanoseconds, which a double does not hold.
    source: { ts_ms: 1_740_823_200_123, ts_ns: 1_740_823_200_123_456_789n },
    op: 'c',
  });

test('a Debezium event in Avro, by its own schema, is mapped; its decimals are exact', async () => {
  expect(await decode('avro', event(bytesOf(499_000n)))).toMatchObject({
    outcome: 'event',
    event: { type: 'purchase', customer: '1004', amount: 4990, items: 2, at: 1_740_823_200_123 },
  });
  expect(await decode('avro', event(null))).toMatchObject({ reason: 'invalid-record', detail: 'amountMinor from total is missing' });
  expect(await decode('avro', event(bytesOf(499_001n)))).toMatchObject({
    detail: expect.stringMatching(/^amountMinor from total has more than the 2 decimals/),
  });
  expect(await decode('avro', event(bytesOf(-499_000n)))).toMatchObject({ detail: 'amountMinor from total is negative' });
});

test('an id beyond 2^53 is the id that it was', async () => {
  const value = event(bytesOf(499_000n), { id: 1_234_567_890_123_456_789n });
  const other = event(bytesOf(499_000n), { id: 1_234_567_890_123_456_788n });
  const [one, two] = [await decode('avro', value), await decode('avro', other)];
  expect(one).toMatchObject({ outcome: 'event', event: { order: hash('1234567890123456789'), id: hash('1234567890123456789:c') } });
  expect(two).toMatchObject({ outcome: 'event', event: { order: hash('1234567890123456788') } });
});

test('what is not in the wire format, of no known schema, or cut off is a dead letter as in every Avro source', async () => {
  const value = event(bytesOf(1n));
  expect(await decode('avro', Buffer.from('{}'))).toMatchObject({ reason: 'not-avro' });
  expect(await decode('avro', encodeWire(8, PLAIN, PLAIN.fromBuffer(value.subarray(5))))).toMatchObject({ reason: 'unknown-schema' });
  for (let end = 5; end < value.length; end++)
    expect(await decode('avro', value.subarray(0, end))).toMatchObject({ outcome: 'dead', reason: 'not-avro' });
  expect(await decode('avro', Buffer.concat([value, Buffer.from([0])]))).toMatchObject({ reason: 'not-avro' });
});

test('in JSON too; a tombstone is passed over, a batch that could not be unpacked is not', async () => {
  const json = {
    after: { id: 1, customer_id: 2, status: 'PAID', total: '1.5', currency: 'EUR' },
    source: { ts_ms: 1_740_823_200_123 },
    op: 'c',
  };
  expect(await decode('json', Buffer.from(JSON.stringify(json)))).toMatchObject({ outcome: 'event', event: { amount: 150 } });
  expect(await decode('json', Buffer.from('[]'))).toMatchObject({ reason: 'not-json' });
  expect(await decode('json', Buffer.alloc(600_000, ' '))).toMatchObject({ reason: 'too-large' });
  for (const format of ['json', 'avro'] as const) {
    expect(await decode(format, null)).toEqual({ outcome: 'passed' });
    expect(await decode(format, null, [{ key: UNREADABLE_HEADER, value: Buffer.from('why') }])).toMatchObject({
      reason: 'unreadable-batch',
    });
  }
});

test('whatever bytes come, there is an answer', async () => {
  const sound = event(bytesOf(499_000n));
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('avro' as const, 'json' as const),
      fc.array(fc.tuple(fc.nat({ max: sound.length - 1 }), fc.nat({ max: 255 })), { maxLength: 6 }),
      async (format, changes) => {
        const value = Buffer.from(sound);
        for (const [at, byte] of changes) value[at] = byte;
        expect((await decode(format, value)).outcome).toMatch(/^(event|passed|dead)$/);
      },
    ),
  );
});

test('decimals as bytes, as a fixed, and with an impossible scale, which are bytes', () => {
  const money = { type: 'fixed', size: 4, name: 'Money', logicalType: 'decimal', precision: 9, scale: 3 };
  const schema = {
    type: 'record',
    name: 'R',
    fields: [
      { name: 'a', type: money, default: '\u0000\u0000\u0000\u0005' },
      { name: 'b', type: { ...decimal(-1) } },
    ],
  };
  const read = foreignReader(parse(schema));
  const value = encodeWire(1, avsc.Type.forSchema(parse(schema).schema() as avsc.Schema), {
    a: Buffer.from([0xff, 0xff, 0xff, 0xfe]),
    b: Buffer.from([1]),
  });
  expect({ ...Object(read(value)) }).toEqual({ a: '-0.002', b: Buffer.from([1]) });
  const long = foreignReader(parse(decimal(0)))(encodeWire(1, avsc.Type.forSchema('bytes'), Buffer.alloc(65)));
  expect(Buffer.isBuffer(long)).toBe(true);
});

test('a decimal is the number that it was, at any scale', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.nat({ max: 24 }), (value, scale) => {
      const text: unknown = parse(decimal(scale)).fromBuffer(avsc.Type.forSchema('bytes').toBuffer(bytesOf(value)));
      const [whole = '', fraction = ''] = String(text).split('.');
      expect(fraction).toHaveLength(scale);
      expect(BigInt(whole.replace('-', '') + fraction) * (whole.startsWith('-') ? -1n : 1n)).toBe(value);
    }),
  );
});

test('a decimal in a writer’s schema makes no difference to a source with our fields', () => {
  const fields = JSON.parse(JSON.stringify(avroType('in/purchase').schema())).fields as object[];
  const schema = { type: 'record', name: 'Purchase', fields: [{ name: 'exact', type: ['null', decimal(2)] }, ...fields] };
  const plain = avsc.Type.forSchema(schema as avsc.Schema);
  const value = encodeWire(1, plain, { ...purchaseRecord(), exact: bytesOf(5n) });
  expect({ ...Object(wireReader('in/purchase', parse(schema))(value)) }).toEqual(purchaseRecord());
});
