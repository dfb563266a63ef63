/**
 * Reads the records of the output topics, also those that another release of the processor has written: the writer's schema is fetched by its id and resolved against ours.
 * Boundary: a bounded cache, no network of its own. Where writer schemas come from is the caller's.
 */
import { LRUCache } from 'lru-cache';
import { OUTPUT_SCHEMAS, type OutputType } from '../outputs/index.ts';
import { needsWalk, skipper } from './bounds.ts';
import { Reader } from './bytes.ts';
import type { WriterSchemas } from './decoder.ts';
import { type AvroType, avroType } from './schemas.ts';
import { type WireRead, wireId } from './wire.ts';

export interface OutputReader {
  /** Fetches what reading these values needs. Throws Retryable when the registry is away. */
  prepare(type: OutputType, values: readonly (Buffer | null)[]): Promise<void>;
  /** The record, as the schema of its output says; throws an Error that says why there is none, with nothing of its content. */
  read(type: OutputType, value: Buffer): unknown;
}

const MOST_READERS = 500;

export function createOutputReader(schemas: WriterSchemas): OutputReader {
  const readers = new LRUCache<string, WireRead | { readonly missing: string }>({ max: MOST_READERS });
  const keyOf = (type: OutputType, id: number): string => `${type} ${id}`;

  async function readerOf(type: OutputType, id: number): Promise<WireRead | { readonly missing: string }> {
    const writer = await schemas.find(id);
    if (typeof writer === 'string') return { missing: writer };
    try {
      return readerFor(avroType(OUTPUT_SCHEMAS[type]), writer);
    } catch (error) {
      return { missing: `schema ${id} does not fit ours: ${error instanceof Error ? error.message : String(error)}` };
    }
  }

  return {
    async prepare(type, values) {
      const ids = new Set(values.flatMap((value) => (value === null ? [] : (wireId(value) ?? []))));
      for (const id of ids) if (!readers.has(keyOf(type, id))) readers.set(keyOf(type, id), await readerOf(type, id));
    },
    read(type, value) {
      const id = wireId(value);
      if (id === null) throw new Error('it is not in the wire format');
      const reader = readers.get(keyOf(type, id));
      if (reader === undefined) throw new Error(`schema ${id} was not prepared`);
      if ('missing' in reader) throw new Error(reader.missing);
      return reader(value);
    },
  };
}

const HEADER_BYTES = 5;

/** By Avro's own rules: our enums have a default for the words that they do not know. Lengths are checked before anything is made of them. */
function readerFor(ours: AvroType, writer: AvroType): WireRead {
  const same = JSON.stringify(ours.schema()) === JSON.stringify(writer.schema());
  const resolver = same ? undefined : ours.createResolver(writer);
  const skip = needsWalk(writer) ? skipper(writer) : null;
  return (value) => {
    if (skip !== null) {
      const from = new Reader(value, HEADER_BYTES);
      skip(from);
      if (from.position !== value.length) throw new Error(`it has ${value.length - from.position} bytes too many`);
    }
    return ours.fromBuffer(value.subarray(HEADER_BYTES), resolver);
  };
}
