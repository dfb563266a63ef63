/**
 * The engine's `Encoder`: decisions and dead letters to records, under the schema ids that the caller has registered.
 * Boundary: no network; all that is said is decided in outputs/.
 */
import type { Config } from '../config/config.ts';
import type { Encoder } from '../engine/ports.ts';
import { type Application, deadLetter, OUTPUT_SCHEMAS, type Output, type OutputType, toOutput, topicOf } from '../outputs/index.ts';
import type { OutRecord } from '../outputs/record.ts';
import { avroType } from './schemas.ts';
import { encodeWire } from './wire.ts';

export type OutputIds = Readonly<Record<OutputType, number>>;

export type EncoderConfig = Pick<Config, 'applicationId' | 'identity' | 'topics' | 'policy' | 'policyHash'>;

export function createEncoder(config: EncoderConfig, ids: OutputIds): Encoder {
  const app: Application = { id: config.identity ?? config.applicationId, currency: config.policy.currency, policy: config.policyHash };
  const encode = (type: OutputType, { key, record, headers }: Output<object>, partition: number): OutRecord => ({
    topic: topicOf(type, config.topics),
    partition,
    key,
    value: encodeWire(ids[type], avroType(OUTPUT_SCHEMAS[type]), record),
    headers,
  });
  return {
    decision: (decision, context) => encode(decision.type, toOutput(decision, context, app), context.shard),
    deadLetter: (letter, context) => encode('dead-letter', deadLetter(letter, context, app), context.shard),
  };
}
