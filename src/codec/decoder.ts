/**
 * The engine's `Decoder`: a record's bytes to an event, or the reason why there is none (I11). Where writer schemas come from is the
 * caller's: the registry, or a fixed table. Boundary: bounded caches, no network of its own, no vendor but avsc behind codec/wire.ts.
 */
import type { Config, SourceConfig } from '../config/config.ts';
import { Halt } from '../engine/errors.ts';
import { type Decoded, type Decoder, type LogRecord, type Passed, UNREADABLE_HEADER } from '../engine/ports.ts';
import { dead, PASSED } from '../sources/decoded.ts';
import { INPUT_SCHEMAS, type InputRecord, type Terms, termsOf, toEvent } from '../sources/index.ts';
import { parseObject } from '../sources/json.ts';
import { compileMapping, type Mapping } from '../sources/mapping/index.ts';
import { recordOf } from '../sources/ndjson.ts';
import { type Asking, AT_ONCE, createReaders, messageOf, missing, type Readers, type WriterSchemas } from './readers.ts';
import { foreignReader, wireId, wireReader } from './wire.ts';

export type { WriterSchemas } from './readers.ts';

/** The largest value that is decoded. It is also what one batch of a partition may hold, so that whatever is decoded can be rerouted. */
const MOST_VALUE_BYTES = 512 * 1024;

export function createDecoder(config: Pick<Config, 'sources' | 'policy'>, schemas: WriterSchemas, asking: Asking = AT_ONCE): Decoder {
  const terms = termsOf(config.policy);
  const sources = new Map(config.sources.map((source) => [source.topic, createSource(source, schemas, terms, asking)]));
  const sourceOf = (topic: string): Source => {
    const source = sources.get(topic);
    if (source === undefined) throw new Halt(`Topic ${topic} is none of the configured sources: name it in the configuration, as it was.`);
    return source;
  };
  return {
    prepare: (topic, records) => sourceOf(topic).prepare(topic, records),
    decode(topic, record) {
      const source = sourceOf(topic);
      return record.value === null ? withoutValue(record, source) : source.decode(topic, record);
    },
  };
}

/** `passesTombstones`: a record without a value is passed over. */
type Source = Decoder & Partial<Pick<Mapping, 'passesTombstones'>>;

function createSource(source: SourceConfig, schemas: WriterSchemas, terms: Terms, asking: Asking): Source {
  const { type, map, format } = source;
  if (map !== undefined) {
    const mapping = compileMapping(map, terms);
    const { passesTombstones } = mapping;
    if (format === 'json') return { passesTombstones, ...jsonSource((value) => mapping.decode(value)) };
    return { passesTombstones, ...avroSource(createReaders(schemas, asking, foreignReader, 'safely'), (record) => mapping.decode(record)) };
  }
  if (format === 'json') {
    return jsonSource((value) => {
      const record = recordOf(value, type);
      return record.outcome === 'dead' ? record : toEvent(record.value, terms);
    });
  }
  const readers = createReaders(schemas, asking, (writer) => wireReader(INPUT_SCHEMAS[type], writer), `as a ${type}`);
  // The reader has made it by the schema of this very type.
  return avroSource(readers, (record) => toEvent({ type, record } as InputRecord, terms));
}

function jsonSource(understand: (value: object) => Decoded | Passed): Decoder {
  return {
    prepare: async () => {},
    decode(_topic, { value }) {
      if (value === null) return NO_VALUE;
      if (value.length > MOST_VALUE_BYTES) return TOO_LARGE;
      const parsed = parseObject(value);
      return parsed.outcome === 'dead' ? parsed : understand(parsed.value);
    },
  };
}

function avroSource({ readers, misses, prepare }: Readers, understand: (record: unknown) => Decoded | Passed): Decoder {
  return {
    prepare,
    decode(_topic, { value }) {
      if (value === null) return NO_VALUE;
      if (value.length > MOST_VALUE_BYTES) return TOO_LARGE;
      const id = wireId(value);
      if (id === null) return NOT_WIRE;
      const read = readers.get(id);
      if (read === undefined) return missing(id, misses.get(id));
      let record: unknown;
      try {
        record = read(value);
      } catch (cause) {
        return unreadable(id, cause);
      }
      return understand(record);
    },
  };
}

const NOT_WIRE = dead('not-avro', 'the value is not in the wire format: a zero byte and a schema id');
const NO_VALUE = dead('invalid-record', 'the record has no value');

/** A tombstone means nothing in an input; a batch that could not be unpacked comes as one record without a value. */
function withoutValue({ headers }: LogRecord, { passesTombstones }: Source): Decoded | Passed {
  const unreadable = headers.find(({ key }) => key === UNREADABLE_HEADER);
  if (unreadable === undefined && passesTombstones) return PASSED;
  return unreadable === undefined ? NO_VALUE : dead('unreadable-batch', unreadable.value.toString());
}

const TOO_LARGE = dead('too-large', `the value is larger than ${MOST_VALUE_BYTES} bytes`);

function unreadable(id: number, cause: unknown): Decoded {
  const message = messageOf(cause);
  // avsc: a long beyond 2^53. Anything else says that the bytes are not what the schema says.
  if (message.includes('precision loss')) return dead('invalid-record', 'an integer is beyond 2^53');
  return dead('not-avro', `the bytes are not those of schema ${id}`);
}
