/**
 * Walks over an Avro value without making anything of it, and refuses lengths and counts that the bytes cannot hold. avsc itself trusts
 * them: a claimed billion array items are a billion turns of its loop, past the end of the buffer. So what may hold arrays or maps, or
 * nests in itself, is walked before avsc decodes it. Pure.
 */
import avsc from 'avsc';
import type { Reader } from './bytes.ts';
import type { AvroType } from './schemas.ts';

/** Moves the reader behind one value. Throws an Error that names the byte. */
export type Skip = (from: Reader) => void;

const { types } = avsc;

/** A walker over values of a type. Throws for a type whose arrays or maps could claim items that take no bytes. */
export function skipper(type: AvroType): Skip {
  return make(type, new Map());
}

function make(type: AvroType, made: Map<AvroType, Skip>): Skip {
  const known = made.get(type);
  if (known !== undefined) return known;
  // A type that holds itself meets this entry before its walker exists.
  let skip: Skip = (from) => skip(from);
  made.set(type, (from) => skip(from));
  skip = build(type, (inner) => make(inner, made));
  made.set(type, skip);
  return skip;
}

function build(type: AvroType, inner: (type: AvroType) => Skip): Skip {
  if (type instanceof types.LogicalType) return inner(type.underlyingType);
  if (type instanceof types.RecordType) {
    const fields = type.fields.map((field) => inner(field.type));
    return (from) => {
      for (const field of fields) field(from);
    };
  }
  if (type instanceof types.UnwrappedUnionType || type instanceof types.WrappedUnionType) {
    const branches = type.types.map(inner);
    return (from) => choice(branches, from.long(), from)(from);
  }
  if (type instanceof types.EnumType) {
    const { symbols } = type;
    return (from) => choice(symbols, from.long(), from);
  }
  if (type instanceof types.ArrayType) {
    if (mayBeEmpty(type.itemsType)) throw new Error('an array has items that may take no bytes');
    return blocks(inner(type.itemsType));
  }
  if (type instanceof types.MapType) {
    const value = inner(type.valuesType);
    return blocks((from) => {
      from.data();
      value(from);
    });
  }
  if (type instanceof types.FixedType) return skipFixed(type.size);
  return primitive(type.typeName);
}

function primitive(name: string): Skip {
  switch (name) {
    case 'null':
      return () => {};
    case 'boolean':
      return skipFixed(1);
    case 'int':
    case 'long':
      return (from) => from.varint();
    case 'float':
      return skipFixed(4);
    case 'double':
      return skipFixed(8);
    case 'bytes':
    case 'string':
      return (from) => from.skip(from.size());
    default:
      throw new Error(`cannot walk over ${name}`);
  }
}

const skipFixed =
  (size: number): Skip =>
  (from) =>
    from.skip(size);

/** Arrays and maps come in blocks, each with a count; a negative count is followed by the block's size in bytes. */
function blocks(item: Skip): Skip {
  return (from) => {
    for (let count = from.long(); count !== 0; count = from.long()) {
      const end = count < 0 ? from.size() + from.position : null;
      for (let left = Math.abs(count); left > 0; left--) item(from);
      if (end !== null && end !== from.position) throw new Error(`has a block of a wrong size before byte ${from.position}`);
    }
  };
}

function choice<T>(options: readonly T[], index: number, from: Reader): T {
  const option = options[index];
  if (option === undefined) throw new Error(`has no such branch or symbol before byte ${from.position}`);
  return option;
}

/** Whether values of a type can take no bytes at all; one that holds itself cannot, or it would never end. */
function mayBeEmpty(type: AvroType, within: readonly AvroType[] = []): boolean {
  if (type instanceof types.LogicalType) return mayBeEmpty(type.underlyingType, within);
  if (type instanceof types.FixedType) return type.size === 0;
  if (type instanceof types.RecordType) {
    return !within.includes(type) && type.fields.every((field) => mayBeEmpty(field.type, [...within, type]));
  }
  return type.typeName === 'null';
}

/** Whether avsc alone could be led astray by the bytes: there is an array or a map, or a record that holds itself. */
export function needsWalk(type: AvroType, within: readonly AvroType[] = []): boolean {
  if (within.includes(type)) return true;
  if (type instanceof types.ArrayType || type instanceof types.MapType) return true;
  if (type instanceof types.LogicalType) return needsWalk(type.underlyingType, within);
  if (type instanceof types.RecordType) return type.fields.some((field) => needsWalk(field.type, [...within, type]));
  if (type instanceof types.UnwrappedUnionType || type instanceof types.WrappedUnionType) {
    return type.types.some((branch) => needsWalk(branch, within));
  }
  return false;
}
