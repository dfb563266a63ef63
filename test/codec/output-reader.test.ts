/** Outputs of this release and of others, and what is no output. */
import avsc from 'avsc';
import { expect, test } from 'vitest';
import { createOutputReader } from '../../src/codec/output-reader.ts';
import { SCHEMA_TEXTS } from '../../src/codec/types.ts';
import { encodeWire } from '../../src/codec/wire.ts';
import { Retryable } from '../../src/engine/errors.ts';

const letter = {
  reason: 'not_avro',
  detail: 'it is not in the wire format',
  reaction: 'send it so',
  origin: { topic: 'purchases', partition: 1, offset: 7, timestamp: 9 },
  detectedAt: 11,
  key: null,
  keyBytes: 0,
  value: null,
  valueBytes: 0,
  truncated: false,
};
const typeOf = (schema: object): avsc.Type => avsc.Type.forSchema(schema as avsc.Schema, { wrapUnions: 'never' });
const ours = JSON.parse(SCHEMA_TEXTS['out/dead-letter']);
/** As a newer release may have it: a further field, and a further reason. */
const newer = structuredClone(ours);
newer.fields.push({ name: 'shelf', type: 'string', default: 'none' });
newer.fields[0].type.symbols.push('too_odd');

const writers = new Map([
  [1, typeOf(ours)],
  [2, typeOf(newer)],
]);
const reader = createOutputReader({ find: async (id) => writers.get(id) ?? `schema ${id} is not registered` });

async function read(value: Buffer): Promise<unknown> {
  await reader.prepare('dead-letter', [value]);
  return reader.read('dead-letter', value);
}

test('a record of this release is read as it was written', async () => {
  expect(await read(encodeWire(1, typeOf(ours), letter))).toMatchObject(letter);
});

test('a record of a newer release is read by our schema, without what we do not know', async () => {
  const found = await read(encodeWire(2, typeOf(newer), { ...letter, shelf: 'top' }));
  expect(found).toMatchObject(letter);
  expect(found).not.toHaveProperty('shelf');
});

test('a word that we do not know is the default of its enum', async () => {
  expect(await read(encodeWire(2, typeOf(newer), { ...letter, reason: 'too_odd', shelf: 'top' }))).toMatchObject({
    ...letter,
    reason: 'unknown',
  });
});

test.each([
  ['without a schema', Buffer.from('hello'), /not in the wire format/],
  ['with a schema that nobody knows', encodeWire(3, typeOf(ours), letter), /schema 3 is not registered/],
  ['that is cut off', encodeWire(1, typeOf(ours), letter).subarray(0, 20), /./],
])('a value %s is told by an error', async (_, value, message) => {
  await expect(read(value)).rejects.toThrow(message);
});

test('a registry that is away is not a missing schema', async () => {
  const away = createOutputReader({ find: () => Promise.reject(new Retryable('away')) });
  await expect(away.prepare('alert', [encodeWire(9, typeOf(ours), letter)])).rejects.toThrow(Retryable);
});
