import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import avsc from 'avsc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { generate } from '../../src/codec/generate.ts';
import { avroType } from '../../src/codec/schemas.ts';
import { SCHEMA_TEXTS, type SchemaName } from '../../src/codec/types.ts';

const NAMES = Object.keys(SCHEMA_TEXTS) as SchemaName[];

test('types.ts is what the schemas generate: run `node src/codec/generate.ts` when this fails', () => {
  expect(readFileSync(join(import.meta.dirname, '../../src/codec/types.ts'), 'utf8')).toBe(generate());
});

/** Any value of a type, from the type alone. */
function anyOf(type: avsc.Type): fc.Arbitrary<unknown> {
  const { types } = avsc;
  if (type instanceof types.LogicalType) return anyOf(type.underlyingType);
  if (type instanceof types.RecordType) return fc.record(Object.fromEntries(type.fields.map((field) => [field.name, anyOf(field.type)])));
  if (type instanceof types.UnwrappedUnionType) return fc.oneof(...type.types.map(anyOf));
  if (type instanceof types.EnumType) return fc.constantFrom(...type.symbols);
  if (type instanceof types.ArrayType) return fc.array(anyOf(type.itemsType), { maxLength: 4 });
  // avsc assigns what it reads, and to assign to this one key is to set the prototype: it is lost.
  if (type instanceof types.MapType)
    return fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      anyOf(type.valuesType),
      { maxKeys: 3 },
    );
  switch (type.typeName) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'int':
      return fc.integer();
    case 'long':
      return fc.integer({ min: -(2 ** 51), max: 2 ** 52 });
    case 'double':
    case 'float':
      return fc.double({ noNaN: true });
    case 'string':
      return fc.string({ unit: 'grapheme' });
    case 'bytes':
      return fc.uint8Array().map((bytes) => Buffer.from(bytes));
    default:
      throw new Error(`no values of ${type.typeName}`);
  }
}

test.each(NAMES)('%s comes back as it was written', (name) => {
  const type = avroType(name);
  fc.assert(
    fc.property(anyOf(type), (value) => {
      expect(type.fromBuffer(type.toBuffer(value))).toEqual(value);
    }),
    { numRuns: 50 },
  );
});

test.each(NAMES)('%s is in the namespace rapport, and says what it is for', (name) => {
  const schema = JSON.parse(SCHEMA_TEXTS[name]);
  expect(schema.namespace).toMatch(/^rapport(\.internal)?$/);
  expect(schema.doc).toBeTruthy();
});

test.each(NAMES.filter((name) => name.startsWith('in/')))('%s: only ids, time and what identifies the event must be given', (name) => {
  const schema: { fields: { name: string; default?: unknown }[] } = JSON.parse(SCHEMA_TEXTS[name]);
  const required = schema.fields.filter((field) => !('default' in field)).map((field) => field.name);
  expect(required.slice(0, 3)).toEqual([name === 'in/command' ? 'commandId' : 'eventId', 'customerId', 'occurredAt']);
  expect(required.slice(3)).toEqual(
    {
      'in/purchase': ['orderId', 'amountMinor', 'currency'],
      'in/support': ['ticketId', 'status'],
      'in/survey': ['surveyId', 'kind', 'score'],
      'in/engagement': ['kind'],
      'in/attributes': ['attributes'],
      'in/command': ['kind', 'alert', 'episode', 'number', 'by'],
    }[name as string],
  );
});

test('an older reader of an output makes the default symbol of a group or cause that it does not know', () => {
  const ours = avroType('out/segment-change');
  const text = SCHEMA_TEXTS['out/segment-change']
    .replace('"AT_RISK"]', '"AT_RISK","FRIEND"]')
    .replace('"thresholds"]', '"thresholds","merge"]');
  const newer = avsc.Type.forSchema(JSON.parse(text), { wrapUnions: 'never' });
  const components = { frequency: null, rhythm: null, feedback: null, engagement: null, programme: null, advocacy: null };
  const bytes = newer.toBuffer({
    changeId: 'c',
    customerId: 'anna',
    number: 1,
    to: 'FRIEND',
    at: 0,
    detectedAt: 0,
    origin: 'live',
    cause: 'merge',
    currency: 'USD',
    after: { value: 0, components },
    policy: 'p',
  });
  expect(ours.fromBuffer(bytes, ours.createResolver(newer))).toMatchObject({ to: 'UNKNOWN', cause: 'unknown' });
});
