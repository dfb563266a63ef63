import avsc from 'avsc';
import { expect, test } from 'vitest';
import { skipper } from '../../src/codec/bounds.ts';
import { Reader } from '../../src/codec/bytes.ts';
import { avroType } from '../../src/codec/schemas.ts';
import { SCHEMA_TEXTS } from '../../src/codec/types.ts';
import { encodeWire, wireId, wireReader } from '../../src/codec/wire.ts';
import { purchaseRecord, surveyRecord } from './support.ts';

interface Field {
  readonly name: string;
  readonly type: unknown;
  readonly default?: unknown;
}

/** Our purchase schema as somebody else would write it. */
function writer(change: (fields: Field[]) => Field[], name = 'rapport.Purchase'): avsc.Type {
  const schema = JSON.parse(SCHEMA_TEXTS['in/purchase']);
  return avsc.Type.forSchema({ ...schema, namespace: '', name, fields: change(schema.fields) }, { wrapUnions: 'never' });
}

const wire = (type: avsc.Type, record: object, ...tail: number[]): Buffer =>
  Buffer.concat([Buffer.of(0, 0, 0, 0, 1), type.toBuffer(record), Buffer.from(tail)]);

const set = (name: string, type: unknown) => (fields: Field[]) => fields.map((field) => (field.name === name ? { name, type } : field));
const add = (name: string, type: unknown) => (fields: Field[]) => [{ name, type }, ...fields];
const ORDER = purchaseRecord({ eventId: 'zwölf', amountMinor: 2 ** 40 });

test('a record in the wire format comes back, with the id before it', () => {
  const value = encodeWire(305_419_896, avroType('in/purchase'), ORDER);
  expect(wireId(value)).toBe(305_419_896);
  expect(wireReader('in/purchase', avroType('in/purchase'))(value)).toEqual(ORDER);
});

test('a record larger than the scratch buffer is written whole', () => {
  const large = surveyRecord({ comment: 'x'.repeat(300_000) });
  const value = encodeWire(1, avroType('in/survey'), large);
  expect(wireReader('in/survey', avroType('in/survey'))(value)).toEqual(large);
});

test('what is not the wire format has no id', () => {
  expect(wireId(Buffer.from('{"a":1}'))).toBeNull();
  expect(wireId(Buffer.of(0, 0, 0, 1))).toBeNull();
  expect(wireId(Buffer.alloc(0))).toBeNull();
});

test('a writer may leave out what has a default, and add what we do not know', () => {
  const type = writer((fields) => add('tags', { type: 'array', items: 'string' })(fields.filter(({ name }) => name !== 'items')));
  const read = wireReader('in/purchase', type);
  expect(read(wire(type, { ...ORDER, tags: ['a', 'b'] }))).toEqual({ ...ORDER, items: 1 });
});

test('a writer may call its record what it likes, and its numbers may be narrower', () => {
  const type = writer(set('amountMinor', 'int'), 'com.shop.Order');
  expect(wireReader('in/purchase', type)(wire(type, { ...ORDER, amountMinor: 7 }))).toEqual({ ...ORDER, amountMinor: 7 });
});

test('a writer’s enum may be a string or have further symbols: the value is for the source to check', () => {
  const asString = writer(set('kind', 'string'));
  expect(wireReader('in/purchase', asString)(wire(asString, { ...ORDER, kind: 'GIFT' }))).toMatchObject({ kind: 'GIFT' });
  const wider = writer(set('kind', { type: 'enum', name: 'Kind', symbols: ['GIFT', 'REFUND', 'PURCHASE'] }));
  expect(wireReader('in/purchase', wider)(wire(wider, { ...ORDER, kind: 'REFUND' }))).toMatchObject({ kind: 'REFUND' });
  expect(wireReader('in/purchase', wider)(wire(wider, { ...ORDER, kind: 'GIFT' }))).toMatchObject({ kind: 'GIFT' });
});

test.each([
  ['without a field that must be there', writer((fields) => fields.filter(({ name }) => name !== 'orderId'))],
  ['with another type', writer(set('amountMinor', 'string'))],
  ['of another event', avroType('in/support')],
  ['that is no record', avsc.Type.forSchema('string')],
  ['with arrays of nothing', writer(add('holes', { type: 'array', items: 'null' }))],
])('a writer’s schema %s is refused', (_, type) => {
  expect(() => wireReader('in/purchase', type)).toThrow();
});

test('every byte must be used, and none be missing', () => {
  for (const type of [avroType('in/purchase'), writer(add('tags', { type: 'array', items: 'string' }))]) {
    const read = wireReader('in/purchase', type);
    const whole = wire(type, { ...ORDER, tags: ['a'] });
    expect(read(whole)).toEqual(ORDER);
    expect(() => read(Buffer.concat([whole, Buffer.of(0)]))).toThrow();
    for (let length = 5; length < whole.length; length++) expect(() => read(whole.subarray(0, length))).toThrow();
  }
});

const BILLION = [0x80, 0xa8, 0xd6, 0xb9, 0x07];
const NEGATIVE_BILLION = [0xff, 0xa7, 0xd6, 0xb9, 0x07];

test.each([
  ['array items', { type: 'array', items: 'int' }, BILLION],
  ['map entries', { type: 'map', values: 'int' }, BILLION],
  ['array items in a block of no bytes', { type: 'array', items: 'int' }, [...NEGATIVE_BILLION, 0]],
  ['a block that ends before it begins', { type: 'array', items: 'int' }, [1, 5, 0]],
  ['bytes', 'bytes', BILLION],
  ['a string', 'string', BILLION],
  ['a string of a negative length', 'string', [3]],
  ['nested arrays', { type: 'array', items: { type: 'array', items: 'int' } }, [2, ...BILLION]],
])('a claimed length that the bytes cannot hold is refused at once: %s', (_, type, bytes) => {
  const read = wireReader('in/purchase', writer(add('hostile', type)));
  const start = performance.now();
  expect(() => read(Buffer.concat([Buffer.of(0, 0, 0, 0, 1), Buffer.from(bytes)]))).toThrow();
  expect(performance.now() - start).toBeLessThan(500);
});

test('a record that nests in itself half a million deep is refused, not followed to the end of the stack', () => {
  const list = { type: 'record', name: 'List', fields: [{ name: 'next', type: ['null', 'List'] }] };
  const read = wireReader('in/purchase', writer(add('list', list)));
  expect(() => read(Buffer.concat([Buffer.of(0, 0, 0, 0, 1), Buffer.alloc(500_000, 2)]))).toThrow();
  const type = writer(add('list', list));
  expect(read(wire(type, { ...ORDER, list: { next: { next: null } } }))).toEqual(ORDER);
});

test('the walk ends where avsc’s decoding ends, for every kind of type', () => {
  const type = avsc.Type.forSchema({
    type: 'record',
    name: 'All',
    fields: [
      { name: 'flag', type: 'boolean' },
      { name: 'number', type: 'float' },
      { name: 'double', type: 'double' },
      { name: 'fixed', type: { type: 'fixed', name: 'Four', size: 4 } },
      { name: 'map', type: { type: 'map', values: ['null', 'long', 'string'] } },
      { name: 'symbols', type: { type: 'array', items: { type: 'enum', name: 'Letter', symbols: ['A', 'B'] } } },
      { name: 'time', type: { type: 'long', logicalType: 'timestamp-millis' } },
    ],
  });
  const value = {
    flag: true,
    number: 0.5,
    double: -1e300,
    fixed: Buffer.from('four'),
    map: { a: null, b: 2 ** 50, c: 'drei' },
    symbols: ['B', 'A'],
    time: -5,
  };
  const bytes = type.toBuffer(value);
  const from = new Reader(Buffer.concat([bytes, Buffer.alloc(9)]));
  skipper(type)(from);
  expect(from.position).toBe(bytes.length);
});

test('a number beyond 2^53 is refused, not rounded', () => {
  const type = avroType('in/purchase');
  const bytes = type.toBuffer({ ...ORDER, amountMinor: 2 ** 50 });
  // The last byte of 2^50 as a long is 4; 32 in its place makes it 2^53.
  const at = bytes.indexOf(Buffer.from('8080808080808004', 'hex'));
  expect(at).toBeGreaterThan(0);
  bytes[at + 7] = 0x20;
  expect(() => wireReader('in/purchase', type)(Buffer.concat([Buffer.of(0, 0, 0, 0, 1), bytes]))).toThrow('precision loss');
});
