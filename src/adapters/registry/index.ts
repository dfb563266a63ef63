/**
 * Decoder and encoder with a schema registry that speaks Confluent's protocol. The outputs' schemas are registered at start, as
 * `<topic>-value`, BACKWARD; writer schemas are fetched by id when a record first names them.
 * Boundary: what bytes mean is codec/'s; this folder says where schemas come from. A registry that is away is Retryable: the engine waits.
 */
import { createDecoder } from '../../codec/decoder.ts';
import { createEncoder } from '../../codec/encoder.ts';
import { createOutputReader, type OutputReader } from '../../codec/output-reader.ts';
import { AT_ONCE } from '../../codec/readers.ts';
import { avroType } from '../../codec/schemas.ts';
import { type CommandRecord, SCHEMA_TEXTS } from '../../codec/types.ts';
import { encodeWire } from '../../codec/wire.ts';
import type { Config, SourceConfig } from '../../config/config.ts';
import { commandSource } from '../../config/topics.ts';
import type { Decoder, Encoder } from '../../engine/ports.ts';
import type { OutputType } from '../../outputs/index.ts';
import { INPUT_SCHEMAS, type InputRecord } from '../../sources/index.ts';
import { formatLine } from '../../sources/ndjson.ts';
import { createClient } from './client.ts';
import { outputSubject, outputSubjects, subjectOf } from './subjects.ts';

/** A registry's followers learn of a new schema within a second, so says experience; twice that. */
const PATIENCE_MS = 2_000;

export interface Registry {
  readonly decoder: Decoder;
  readonly encoder: Encoder;
  /** Registers the schemas of the inputs, for producers of ours; the function makes a record's value in its source's format. */
  inputs(): Promise<EncodeInput>;
  /** Removes the subjects of this configuration's topics for good: for an application that is thrown away. */
  removeSubjects(): Promise<void>;
}

export type EncodeInput = (source: SourceConfig, event: InputRecord) => Buffer;

type RegistryPart = Pick<Config, 'registry' | 'sources' | 'policy' | 'policyHash' | 'applicationId' | 'topics'>;

/** For those who only read outputs: registers nothing, asks only when a record names a schema. */
export function createReader(config: Pick<Config, 'registry'>): { readonly value: OutputReader; stop(): Promise<void> } {
  const client = createClient(config.registry);
  return { value: createOutputReader(client), stop: async () => client.stop() };
}

/** Makes a command's value. The schema is looked up, and registered only where it is not yet; throws as startRegistry does. */
export async function startCommandEncoder(
  config: RegistryPart,
): Promise<{ readonly value: (record: CommandRecord) => Buffer; stop(): Promise<void> }> {
  const client = createClient(config.registry);
  try {
    const { topic } = commandSource(config.applicationId);
    const id = await client.register(subjectOf(topic), SCHEMA_TEXTS['in/command']);
    return { value: (record) => encodeWire(id, avroType('in/command'), record), stop: async () => client.stop() };
  } catch (error) {
    client.stop();
    throw error;
  }
}

/** Throws Retryable when the registry is away, Halt when it refuses our schemas. */
export async function startRegistry(config: RegistryPart): Promise<{ readonly value: Registry; stop(): Promise<void> }> {
  const client = createClient(config.registry);
  try {
    const encoder = createEncoder(config, {
      'segment-change': await registerOutput('segment-change'),
      profile: await registerOutput('profile'),
      alert: await registerOutput('alert'),
      kpi: await registerOutput('kpi'),
      thresholds: await registerOutput('thresholds'),
      'dead-letter': await registerOutput('dead-letter'),
    });
    const decoder = createDecoder(config, client, { ...AT_ONCE, patienceMs: PATIENCE_MS });
    return { value: { decoder, encoder, inputs, removeSubjects }, stop: async () => client.stop() };
  } catch (error) {
    client.stop();
    throw error;
  }

  function registerOutput(type: OutputType): Promise<number> {
    const { subject, schema } = outputSubject(type, config.topics);
    return client.register(subject, SCHEMA_TEXTS[schema]);
  }

  async function inputs(): Promise<EncodeInput> {
    const ids = new Map<string, number>();
    for (const { type, topic, format, map } of config.sources) {
      if (format === 'avro' && map === undefined)
        ids.set(topic, await client.register(subjectOf(topic), SCHEMA_TEXTS[INPUT_SCHEMAS[type]]));
    }
    return (source, event) => {
      if (source.map !== undefined) throw new Error(`${source.topic} is mapped: it has no format of ours`);
      if (event.type !== source.type) throw new Error(`${source.topic} takes ${source.type} events, not ${event.type}`);
      const id = ids.get(source.topic);
      if (id !== undefined) return encodeWire(id, avroType(INPUT_SCHEMAS[event.type]), event.record);
      if (event.type === 'command') throw new Error('commands are in Avro');
      return Buffer.from(formatLine(event));
    };
  }

  async function removeSubjects(): Promise<void> {
    const inputs = config.sources.filter(({ map }) => map === undefined).map(({ topic }) => subjectOf(topic));
    for (const subject of [...inputs, ...outputSubjects(config).map((output) => output.subject)]) await client.remove(subject);
  }
}
