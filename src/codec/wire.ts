/**
 * The Confluent wire format: a zero byte, the schema's id (int32), the Avro bytes. Reading resolves the writer's schema against ours once
 * and decodes with avsc itself after that. Boundary: no network, no cache. Hostile bytes are refused with an Error, never followed:
 * lengths are checked before anything is made of them, and every byte must be used.
 */
import avsc from 'avsc';
import { needsWalk, type Skip, skipper } from './bounds.ts';
import { Reader } from './bytes.ts';
import { foreignType } from './foreign.ts';
import { type AvroType, avroType } from './schemas.ts';
import { SCHEMA_TEXTS, type SchemaName } from './types.ts';

const HEADER_BYTES = 5;

/** The id in a value's header; null when it is not the wire format. */
export function wireId(value: Buffer): number | null {
  return value.length >= HEADER_BYTES && value[0] === 0 ? value.readInt32BE(1) : null;
}

/** Decodes the Avro bytes behind the header. Throws an Error that says what is wrong. */
export type WireRead = (value: Buffer) => unknown;

/**
 * A reader of what `writer` wrote, as a record of our schema. Throws an Error when the two cannot be reconciled.
 * More is accepted than Avro's rules do: the record's own name does not matter, and the field of an enum may be a string or an enum
 * with other symbols, so that one new symbol makes one dead letter and not all of them. So an enum's value must be checked.
 */
export function wireReader(schema: SchemaName, writer: AvroType): WireRead {
  const ours = avroType(schema);
  const same = JSON.stringify(ours.schema()) === JSON.stringify(writer.schema());
  const reader = same ? ours : adapted(schema, writer);
  const resolver = same ? undefined : reader.createResolver(writer);
  const skip = needsWalk(writer) ? skipper(writer) : null;
  return (value) => {
    if (skip !== null) {
      const from = new Reader(value, HEADER_BYTES);
      skip(from);
      if (from.position !== value.length) throw new Error(`has ${value.length - from.position} bytes too many`);
    }
    return reader.fromBuffer(value.subarray(HEADER_BYTES), resolver);
  };
}

/**
 * A reader of what `writer` wrote, as the writer's schema says it; decimals are texts, whole numbers beyond 2^53 bigints. Throws an Error when that could not be read safely.
 */
export function foreignReader(writer: AvroType): WireRead {
  const skip = needsWalk(writer) ? skipper(writer) : null;
  const type = foreignType(writer.schema({ exportAttrs: true }));
  return (value) => {
    if (skip !== null) walk(skip, value);
    return type.fromBuffer(value.subarray(HEADER_BYTES));
  };
}

function walk(skip: Skip, value: Buffer): void {
  const from = new Reader(value, HEADER_BYTES);
  skip(from);
  if (from.position !== value.length) throw new Error(`has ${value.length - from.position} bytes too many`);
}

interface RecordSchema {
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly type: unknown }[];
}

/** Our schema under the writer's name, with the writer's own type for our enums. */
function adapted(schema: SchemaName, writer: AvroType): AvroType {
  if (!(writer instanceof avsc.types.RecordType)) throw new Error('the writer’s schema is not a record');
  const ours: RecordSchema = JSON.parse(SCHEMA_TEXTS[schema]);
  const fields = ours.fields.map((field) => {
    const written = writer.fields.find(({ name }) => name === field.name)?.type;
    const lenient = isEnum(field.type) && (written?.typeName === 'string' || written?.typeName === 'enum');
    return lenient ? { ...field, type: written.schema() } : field;
  });
  return avsc.Type.forSchema({ ...ours, type: 'record', namespace: '', name: writer.name ?? ours.name, fields } as avsc.Schema, {
    wrapUnions: 'never',
  });
}

const isEnum = (type: unknown): boolean => typeof type === 'object' && type !== null && 'type' in type && type.type === 'enum';

let scratch = Buffer.allocUnsafe(64 * 1024);

/** A record in the wire format. Throws when it does not fit the type: that is a defect, not bad input. */
export function encodeWire(id: number, type: AvroType, record: object): Buffer {
  let end = type.encode(record, scratch, HEADER_BYTES);
  while (end < 0) {
    scratch = Buffer.allocUnsafe(2 * (scratch.length - end));
    end = type.encode(record, scratch, HEADER_BYTES);
  }
  scratch[0] = 0;
  scratch.writeInt32BE(id, 1);
  return Buffer.from(scratch.subarray(0, end));
}
