/**
 * Input records as JSON: `{ "type": "purchase", …the fields of the schema }`, one a line in a file, or the value of a record of a JSON
 * source. Optional fields are plain values or null, defaults may be left out, `occurredAt` is epoch milliseconds or ISO 8601 with a
 * time zone, unknown fields are ignored. Driven by the schemas; what a field may mean beyond its type, the source checks. Pure.
 */
import { SCHEMA_TEXTS } from '../codec/types.ts';
import { EVENT_TYPES, type EventType } from '../config/config.ts';
import { type Dead, dead } from './decoded.ts';
import { INPUT_SCHEMAS, type TypedRecord } from './index.ts';
import { parseText } from './json.ts';
import { parseTime } from './time.ts';

/** A field's value as Avro wants it, or what is wrong with it. */
type Read = (value: unknown) => unknown;

class Fault {
  readonly dead: Dead;
  constructor(reason: Dead['reason'], detail: string) {
    this.dead = dead(reason, detail);
  }
}

interface Field {
  readonly name: string;
  readonly fallback: unknown;
  readonly read: Read;
}

type AvroFieldType =
  | string
  | readonly AvroFieldType[]
  | { readonly type: string; readonly logicalType?: string; readonly symbols?: string[] }
  | { readonly type: 'map'; readonly values: AvroFieldType };

interface Schema {
  readonly fields: readonly { readonly name: string; readonly type: AvroFieldType; readonly default?: unknown }[];
}

function fieldsOf(type: EventType): readonly Field[] {
  const schema: Schema = JSON.parse(SCHEMA_TEXTS[INPUT_SCHEMAS[type]]);
  return schema.fields.map((field) => ({
    name: field.name,
    fallback: field.default,
    read: reader(field.name, field.type),
  }));
}

function reader(name: string, type: AvroFieldType): Read {
  const invalid = (what: string): Fault => new Fault('invalid-record', `${name} ${what}`);
  if (Array.isArray(type)) {
    const read = reader(name, type[1]);
    return (value) => (value === null ? null : read(value));
  }
  if (typeof type === 'object' && 'type' in type) {
    if ('values' in type) return mapReader(name, type.values);
    if (type.logicalType === 'timestamp-millis') return (value) => parseTime(value) ?? new Fault('invalid-time', `${name} is not a time`);
    const symbols = new Set<unknown>(type.symbols);
    return (value) => (symbols.has(value) ? value : invalid(`is none of ${[...symbols].join(', ')}`));
  }
  // Adding 0 turns JSON's -0 into 0.
  switch (type) {
    case 'string':
      return (value) => (typeof value === 'string' ? value : invalid('is not a string'));
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? value : invalid('is not true or false'));
    case 'double':
      return (value) => (Number.isFinite(value) ? Number(value) + 0 : invalid('is not a finite number'));
    case 'int':
      return (value) => ((Number(value) | 0) === value ? value + 0 : invalid('is not a 32-bit integer'));
    case 'long':
      return (value) => (Number.isSafeInteger(value) ? Number(value) + 0 : invalid('is not an integer within 2^53'));
    default:
      throw new Error(`schemas/in has a field of a type that JSON records do not know: ${name}`);
  }
}

/** An object whose values are all of one type. Its names are own properties of the result, `__proto__` too. */
function mapReader(name: string, values: AvroFieldType): Read {
  const read = reader(`a value of ${name}`, values);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Fault('invalid-record', `${name} is not an object`);
    const entries: [string, unknown][] = [];
    for (const [key, given] of Object.entries(value)) {
      const made = read(given);
      if (made instanceof Fault) return made;
      entries.push([key, made]);
    }
    return Object.fromEntries(entries);
  };
}

const FIELDS: Readonly<Record<EventType, readonly Field[]>> = {
  purchase: fieldsOf('purchase'),
  support: fieldsOf('support'),
  survey: fieldsOf('survey'),
  engagement: fieldsOf('engagement'),
  attributes: fieldsOf('attributes'),
};

/** The record that an object means: of the type it names, or of `expected` where it names none; of no other than `expected`. */
export function recordOf(object: object, expected?: EventType): { readonly outcome: 'record'; readonly value: TypedRecord } | Dead {
  const named: unknown = own(object, 'type') ?? expected;
  const type = EVENT_TYPES.find((known) => known === named);
  if (type === undefined) return dead('invalid-record', `type is none of ${EVENT_TYPES.join(', ')}`);
  if (expected !== undefined && type !== expected) return dead('invalid-record', `type is not ${expected}`);
  const record: Record<string, unknown> = {};
  for (const { name, fallback, read } of FIELDS[type]) {
    const given = own(object, name);
    const value = given === undefined ? fallback : read(given);
    if (value === undefined) return dead('invalid-record', `${name} is missing`);
    if (value instanceof Fault) return value.dead;
    record[name] = value;
  }
  // Every field has just been read by the schema of this very type.
  return { outcome: 'record', value: { type, record } as object as TypedRecord };
}

const own = (object: object, name: string): unknown => Object.getOwnPropertyDescriptor(object, name)?.value;

/** One line of an NDJSON file. */
export function parseLine(line: string): { readonly outcome: 'record'; readonly value: TypedRecord } | Dead {
  const parsed = parseText(line);
  return parsed.outcome === 'dead' ? parsed : recordOf(parsed.value);
}

/** A record as one line, without the newline. Times are epoch milliseconds; fields that equal their default are left out. */
export function formatLine({ type, record }: TypedRecord): string {
  const values = new Map<string, unknown>(Object.entries(record));
  const fields = FIELDS[type].filter(({ name, fallback }) => values.get(name) !== fallback);
  return JSON.stringify({ type, ...Object.fromEntries(fields.map(({ name }) => [name, values.get(name)])) });
}
