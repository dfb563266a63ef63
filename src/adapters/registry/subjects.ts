/**
 * Which subjects a configuration's topics have, and the schema of ours that stands under each.
 */
import type { SchemaName } from '../../codec/types.ts';
import type { Config } from '../../config/config.ts';
import { OUTPUT_SCHEMAS, type OutputType, topicOf } from '../../outputs/index.ts';
import { INPUT_SCHEMAS } from '../../sources/index.ts';

export interface Subject {
  readonly subject: string;
  readonly schema: SchemaName;
}

export const subjectOf = (topic: string): string => `${topic}-value`;

export const outputSubject = (type: OutputType, topics: Config['topics']): Subject => ({
  subject: subjectOf(topicOf(type, topics)),
  schema: OUTPUT_SCHEMAS[type],
});

export const outputSubjects = ({ topics }: Pick<Config, 'topics'>): Subject[] =>
  (Object.keys(OUTPUT_SCHEMAS) as OutputType[]).map((type) => outputSubject(type, topics));

/** Of the inputs in Avro; those in JSON have none, and those that are mapped have somebody else's. */
export const inputSubjects = ({ sources }: Pick<Config, 'sources'>): Subject[] =>
  sources.flatMap(({ type, topic, format, map }) =>
    format === 'avro' && map === undefined ? [{ subject: subjectOf(topic), schema: INPUT_SCHEMAS[type] }] : [],
  );
