/**
 * The avsc types of our own schemas, made once each. Boundary: nothing but parsing the texts that codec/types.ts holds.
 */
import avsc from 'avsc';
import { SCHEMA_TEXTS, type SchemaName } from './types.ts';

export type AvroType = avsc.Type;

const parsed = new Map<SchemaName, AvroType>();

/** The Avro type of one of our schemas. */
export function avroType(name: SchemaName): AvroType {
  const known = parsed.get(name);
  if (known !== undefined) return known;
  const type = avsc.Type.forSchema(JSON.parse(SCHEMA_TEXTS[name]), { wrapUnions: 'never' });
  parsed.set(name, type);
  return type;
}
