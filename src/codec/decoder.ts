/**
 * The engine's `Decoder`: a record's bytes to an event, or the reason why there is none (I11). Where writer schemas come from is the
 * caller's: the registry, or a fixed table. Boundary: bounded caches, no network of its own, no vendor but avsc behind codec/wire.ts.
 */
import { LRUCache } from 'lru-cache';
import type { Config, SourceConfig } from '../config/config.ts';
import { Halt, Retryable } from '../engine/errors.ts';
import { type Decoded, type Decoder, type LogRecord, UNREADABLE_HEADER } from '../engine/ports.ts';
import { type Dead, dead } from '../sources/decoded.ts';
import { INPUT_SCHEMAS, type Terms, type TypedRecord, termsOf, toEvent } from '../sources/index.ts';
import { parseObject } from '../sources/json.ts';
import { recordOf } from '../sources/ndjson.ts';
import type { AvroType } from './schemas.ts';
import { type WireRead, wireId, wireReader } from './wire.ts';

/** Where writer schemas are. */
export interface WriterSchemas {
  /** The schema of an id; a text says why there is none that could be used. Throws Retryable when it cannot be asked. */
  find(id: number): Promise<AvroType | string>;
}

/** The largest value that is decoded. It is also what one batch of a partition may hold, so that whatever is decoded can be rerouted. */
const MOST_VALUE_BYTES = 512 * 1024;
const MOST_READERS = 2_000;
const MOST_MISSES = 50_000;
/** ms until an id without a usable schema is asked for again: it may have been registered in between */
const ASK_AGAIN_MS = 5_000;
/** requests at a time while a batch is prepared */
const SIDE_BY_SIDE = 8;

interface Miss {
  readonly detail: string;
  readonly askedAt: number;
}

/** `now`: monotonic milliseconds; it only says when to ask again. */
export function createDecoder(
  config: Pick<Config, 'sources' | 'policy'>,
  schemas: WriterSchemas,
  now: () => number = () => performance.now(),
): Decoder {
  const terms = termsOf(config.policy);
  const sources = new Map(config.sources.map((source) => [source.topic, createSource(source, schemas, terms, now)]));
  const sourceOf = (topic: string): Decoder => {
    const source = sources.get(topic);
    if (source === undefined) throw new Halt(`Topic ${topic} is none of the configured sources: name it in the configuration, as it was.`);
    return source;
  };
  return {
    prepare: (topic, records) => sourceOf(topic).prepare(topic, records),
    decode(topic, record) {
      const source = sourceOf(topic);
      return record.value === null ? withoutValue(record) : source.decode(topic, record);
    },
  };
}

function createSource(source: SourceConfig, schemas: WriterSchemas, terms: Terms, now: () => number): Decoder {
  return source.format === 'json' ? jsonSource(source, terms) : avroSource(source, schemas, terms, now);
}

function jsonSource({ type }: SourceConfig, terms: Terms): Decoder {
  return {
    prepare: async () => {},
    decode(_topic, { value }) {
      if (value === null) return NO_VALUE;
      if (value.length > MOST_VALUE_BYTES) return TOO_LARGE;
      const parsed = parseObject(value);
      if (parsed.outcome === 'dead') return parsed;
      const record = recordOf(parsed.value, type);
      return record.outcome === 'dead' ? record : toEvent(record.value, terms);
    },
  };
}

function avroSource({ type }: SourceConfig, schemas: WriterSchemas, terms: Terms, now: () => number): Decoder {
  const readers = new LRUCache<number, WireRead>({ max: MOST_READERS });
  const misses = new LRUCache<number, Miss>({ max: MOST_MISSES });

  const ask = async (id: number): Promise<void> => {
    const found = await schemas.find(id);
    let detail: string;
    if (typeof found === 'string') {
      detail = found;
    } else {
      try {
        readers.set(id, wireReader(INPUT_SCHEMAS[type], found));
        misses.delete(id);
        return;
      } catch (cause) {
        detail = `schema ${id} cannot be read as a ${type}: ${messageOf(cause)}`;
      }
    }
    misses.set(id, { detail, askedAt: now() });
  };

  const isOpen = (id: number): boolean => {
    if (readers.has(id)) return false;
    const miss = misses.get(id);
    return miss === undefined || now() - miss.askedAt >= ASK_AGAIN_MS;
  };

  return {
    async prepare(_topic, records) {
      const ids = openIds(records, isOpen);
      await Promise.all(
        Array.from({ length: Math.min(SIDE_BY_SIDE, ids.length) }, async () => {
          for (let id = ids.pop(); id !== undefined; id = ids.pop()) await ask(id);
        }),
      );
    },
    decode(_topic, { value }) {
      if (value === null) return NO_VALUE;
      if (value.length > MOST_VALUE_BYTES) return TOO_LARGE;
      const id = wireId(value);
      if (id === null) return dead('not-avro', 'the value is not in the wire format: a zero byte and a schema id');
      const read = readers.get(id);
      if (read === undefined) return missing(id, misses.get(id));
      let record: unknown;
      try {
        record = read(value);
      } catch (cause) {
        return unreadable(id, cause);
      }
      // The reader has made it by the schema of this very type.
      return toEvent({ type, record } as TypedRecord, terms);
    },
  };
}

/** The ids of these records that have to be asked for, each once. */
function openIds(records: readonly LogRecord[], isOpen: (id: number) => boolean): number[] {
  const ids = new Set<number>();
  for (const { value } of records) {
    const id = value === null ? null : wireId(value);
    if (id !== null && !ids.has(id) && isOpen(id)) ids.add(id);
  }
  return [...ids];
}

const NO_VALUE = dead('invalid-record', 'the record has no value');

/** A tombstone means nothing in an input; a batch that could not be unpacked comes as one record without a value. */
function withoutValue({ headers }: LogRecord): Decoded {
  const unreadable = headers.find(({ key }) => key === UNREADABLE_HEADER);
  return unreadable === undefined ? NO_VALUE : dead('unreadable-batch', unreadable.value.toString());
}

const TOO_LARGE = dead('too-large', `the value is larger than ${MOST_VALUE_BYTES} bytes`);

function missing(id: number, miss: Miss | undefined): Dead {
  if (miss === undefined) throw new Retryable(`Schema ${id} is not in the cache: prepare its batch (again).`);
  return dead('unknown-schema', miss.detail);
}

function unreadable(id: number, cause: unknown): Decoded {
  const message = messageOf(cause);
  // avsc: a long beyond 2^53. Anything else says that the bytes are not what the schema says.
  if (message.includes('precision loss')) return dead('invalid-record', 'an integer is beyond 2^53');
  return dead('not-avro', `the bytes are not those of schema ${id}`);
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
