/**
 * What a mapping can fill: the fields of rapport's input schemas, and how each may be filled. From the schemas, so that a new field of one is known
 * here at once. Pure.
 */
import { SCHEMA_TEXTS, type SchemaName } from '../../codec/types.ts';
import type { EventType } from '../config.ts';

/** `amount`: minor units; `attributes`: texts by name */
export type TargetKind = 'text' | 'whole' | 'number' | 'flag' | 'time' | 'enum' | 'amount' | 'attributes';

export interface Target {
  readonly name: string;
  readonly kind: TargetKind;
  /** of an enum */
  readonly symbols: readonly string[];
  readonly required: boolean;
  /** a constant for all records would make no sense: what tells events apart */
  readonly own: boolean;
}

type FieldType =
  | string
  | readonly FieldType[]
  | { readonly type: string; readonly logicalType?: string; readonly symbols?: readonly string[] };

interface Schema {
  readonly fields: readonly { readonly name: string; readonly type: FieldType; readonly default?: unknown }[];
}

const PLAIN: Readonly<Record<string, TargetKind>> = {
  string: 'text',
  int: 'whole',
  long: 'amount',
  double: 'number',
  boolean: 'flag',
  enum: 'enum',
  map: 'attributes',
};
const OWN: ReadonlySet<string> = new Set(['eventId', 'customerId', 'occurredAt']);

function targetsOf(name: SchemaName): ReadonlyMap<string, Target> {
  const schema: Schema = JSON.parse(SCHEMA_TEXTS[name]);
  return new Map(
    schema.fields.map((field) => {
      const type = Array.isArray(field.type) ? (field.type[1] ?? 'null') : field.type;
      const target: Target = {
        name: field.name,
        kind: kindOf(type),
        symbols: (typeof type === 'object' && 'symbols' in type && type.symbols) || [],
        required: field.default === undefined,
        own: OWN.has(field.name),
      };
      return [field.name, target];
    }),
  );
}

function kindOf(type: FieldType): TargetKind {
  if (typeof type === 'object' && 'logicalType' in type && type.logicalType === 'timestamp-millis') return 'time';
  const name = typeof type === 'object' && 'type' in type ? type.type : String(type);
  const kind = PLAIN[name];
  if (kind === undefined) throw new Error(`schemas/in has a field of a type that mappings do not know: ${name}`);
  return kind;
}

/** The fields of each event type by name, in the schema's order. */
export const TARGETS: Readonly<Record<EventType, ReadonlyMap<string, Target>>> = {
  purchase: targetsOf('in/purchase'),
  support: targetsOf('in/support'),
  survey: targetsOf('in/survey'),
  engagement: targetsOf('in/engagement'),
  attributes: targetsOf('in/attributes'),
};

/** `attributes.region` fills one name of the field `attributes`. */
export const ATTRIBUTE = 'attributes.';

/** The field that a name means; null when the type has none. */
export function targetOf(type: EventType, name: string): Target | null {
  const known = TARGETS[type].get(name);
  if (known !== undefined) return known;
  const isOne = type === 'attributes' && name.startsWith(ATTRIBUTE) && name.length > ATTRIBUTE.length;
  return isOne ? { name, kind: 'text', symbols: [], required: false, own: false } : null;
}
