/**
 * How to reach rapport's topics: a Kafka client, and records decoded by the schema that this program was written for. Reads the variables that rapport itself
 * reads (docs/configuration.md), so the same environment does for both.
 */
import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import kafkajs, { type Kafka, type KafkaConfig, type SASLOptions } from 'kafkajs';
import type { Environment } from './environment.ts';

export interface Rapport {
  readonly applicationId: string;
  readonly kafka: Kafka;
  /** The full name of a topic: `segment-changes` is `rapport.segment-changes` unless the application has another id. */
  topic(name: string): string;
  /**
   * Decodes values by a schema of ../../schemas/out. It is the reader's: fields that were added since are left out, fields that the writer does not have yet get
   * their defaults, and a word that is newer than the schema becomes `UNKNOWN`. So a new release of rapport breaks nothing here.
   */
  decoder<R>(schema: string): (value: Buffer) => Promise<R>;
}

export function rapportFrom(environment: Environment, name: string): Rapport {
  const applicationId = environment.text('RAPPORT_APPLICATION_ID', 'rapport');
  const brokers = environment.text('RAPPORT_KAFKA_BROKERS').split(',');
  const host = environment.url('RAPPORT_REGISTRY_URL') ?? environment.text('RAPPORT_REGISTRY_URL');
  const username = environment.optional('RAPPORT_REGISTRY_USERNAME');
  const password = environment.secret('RAPPORT_REGISTRY_PASSWORD');
  const settings: KafkaConfig = {
    clientId: `${applicationId}-${name}`,
    brokers,
    logLevel: kafkajs.logLevel.WARN,
    retry: { retries: 10 },
    ...securityFrom(environment),
  };
  // A registry that is away for a minute is no reason to stop: the records wait where they are.
  const retry = { retries: 12, initialRetryTimeInSecs: 0.1, maxRetryTimeInSecs: 10 };
  const registry = new SchemaRegistry({ host, retry, ...(username === null ? {} : { auth: { username, password: password ?? '' } }) });
  return {
    applicationId,
    kafka: new kafkajs.Kafka(settings),
    topic: (short) => `${applicationId}.${short}`,
    decoder: (schema) => {
      const readerSchema: { type: 'record'; name: string; fields: [] } = JSON.parse(
        readFileSync(new URL(`../../schemas/out/${schema}.avsc`, import.meta.url), 'utf8'),
      );
      return (value) => registry.decode(value, { AVRO: { readerSchema } });
    },
  };
}

function securityFrom(environment: Environment): Pick<KafkaConfig, 'ssl' | 'sasl'> {
  const ca = environment.file('RAPPORT_KAFKA_TLS_CA');
  const wanted = ca !== null || environment.optional('RAPPORT_KAFKA_TLS') === 'true';
  const mechanism = environment.optional('RAPPORT_KAFKA_SASL_MECHANISM');
  const username = environment.optional('RAPPORT_KAFKA_SASL_USERNAME') ?? '';
  const password = environment.secret('RAPPORT_KAFKA_SASL_PASSWORD') ?? '';
  const known = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
  const chosen = known.find((each) => each === mechanism);
  if (mechanism !== null && chosen === undefined)
    environment.fault(`RAPPORT_KAFKA_SASL_MECHANISM has to be one of ${known.join(', ')} here.`);
  const ssl: ConnectionOptions | null = wanted ? (ca === null ? {} : { ca: [ca] }) : null;
  const sasl: SASLOptions | null = chosen === undefined ? null : saslOf(chosen, username, password);
  return { ...(ssl === null ? {} : { ssl }), ...(sasl === null ? {} : { sasl }) };
}

const saslOf = (mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512', username: string, password: string): SASLOptions =>
  mechanism === 'plain' ? { mechanism, username, password } : { mechanism, username, password };
