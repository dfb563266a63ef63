/**
 * Decoder and encoder without a registry: the schemas have fixed ids. For tests and the in-memory engine; all but where the schemas come
 * from is the code that runs with a registry.
 */
import type { Config, InputType } from '../config/config.ts';
import type { Decoder, Encoder } from '../engine/ports.ts';
import { OUTPUT_SCHEMAS } from '../outputs/index.ts';
import { INPUT_SCHEMAS, type InputRecord } from '../sources/index.ts';
import { createDecoder } from './decoder.ts';
import { createEncoder, type EncoderConfig } from './encoder.ts';
import { createOutputReader, type OutputReader } from './output-reader.ts';
import { type AvroType, avroType } from './schemas.ts';
import { encodeWire } from './wire.ts';

const INPUT_IDS: Readonly<Record<InputType, number>> = { purchase: 1, support: 2, survey: 3, engagement: 4, attributes: 5, command: 6 };
const OUTPUT_IDS = { 'segment-change': 11, profile: 12, 'dead-letter': 13, alert: 14, kpi: 15, thresholds: 16 };

const OUTPUT_TYPES = Object.keys(OUTPUT_IDS) as (keyof typeof OUTPUT_IDS)[];

export interface Codec {
  readonly decoder: Decoder;
  readonly encoder: Encoder;
  /** An input record's value in the wire format, as a producer would send it. */
  encodeEvent(event: InputRecord): Buffer;
}

/** `others`: further writer schemas by id. */
export function localCodec(config: EncoderConfig & Pick<Config, 'sources'>, others: ReadonlyMap<number, AvroType> = new Map()): Codec {
  const writers = new Map(others);
  for (const type of Object.keys(INPUT_IDS) as InputType[]) writers.set(INPUT_IDS[type], avroType(INPUT_SCHEMAS[type]));
  return {
    decoder: createDecoder(config, { find: async (id) => writers.get(id) ?? `schema ${id} is not registered` }),
    encoder: createEncoder(config, OUTPUT_IDS),
    encodeEvent: ({ type, record }) => encodeWire(INPUT_IDS[type], avroType(INPUT_SCHEMAS[type]), record),
  };
}

/** Reads what the encoder of a local codec has written, as readers of the topics do. */
export function localReader(): OutputReader {
  const writers = new Map(OUTPUT_TYPES.map((type) => [OUTPUT_IDS[type], avroType(OUTPUT_SCHEMAS[type])]));
  return createOutputReader({ find: async (id) => writers.get(id) ?? `schema ${id} is not registered` });
}

/** A record of the outputs back as what its schema says; for tests. */
export function readOutput(value: Buffer): { readonly type: keyof typeof OUTPUT_IDS; readonly record: unknown } {
  const id = value.readInt32BE(1);
  const type = OUTPUT_TYPES.find((name) => OUTPUT_IDS[name] === id);
  if (type === undefined) throw new Error(`schema ${id} is not of an output`);
  return { type, record: avroType(OUTPUT_SCHEMAS[type]).fromBuffer(value.subarray(5)) };
}
