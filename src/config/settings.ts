/**
 * Every setting once: its variable, its place in the file, how it is written, whether it is a secret. load.ts reads by this table, faults
 * and unknown names are judged by it. Defaults stand where the parts are put together, in load.ts.
 */
import { z } from 'zod';
import { EVENT_TYPES } from './config.ts';
import { applicationId, brokers, choice, flag, httpUrl, integer, redisUrl, text, token, topicName } from './values.ts';

export interface Setting<T> {
  readonly variable: string;
  readonly path: readonly string[];
  readonly schema: z.ZodType<T>;
  /** never quoted; also from `<variable>_FILE`, in the file `<key>File` */
  readonly secret: boolean;
}

const setting = <T>(variable: string, path: string, schema: z.ZodType<T>): Setting<T> => ({
  variable,
  path: path.split('.'),
  schema,
  secret: false,
});
const secret = <T>(variable: string, path: string, schema: z.ZodType<T>): Setting<T> => ({
  ...setting(variable, path, schema),
  secret: true,
});

export const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'] as const;
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

export const SETTINGS = {
  applicationId: setting('RAPPORT_APPLICATION_ID', 'applicationId', applicationId),
  identity: setting('RAPPORT_IDENTITY', 'identity', applicationId),
  shards: setting('RAPPORT_SHARDS', 'shards', integer(1, 4096)),
  brokers: setting('RAPPORT_KAFKA_BROKERS', 'kafka.brokers', brokers),
  kafkaTls: setting('RAPPORT_KAFKA_TLS', 'kafka.tls.enabled', flag),
  kafkaTlsCa: setting('RAPPORT_KAFKA_TLS_CA', 'kafka.tls.ca', text),
  kafkaTlsCert: setting('RAPPORT_KAFKA_TLS_CERT', 'kafka.tls.cert', text),
  kafkaTlsKey: secret('RAPPORT_KAFKA_TLS_KEY', 'kafka.tls.key', text),
  saslMechanism: setting('RAPPORT_KAFKA_SASL_MECHANISM', 'kafka.sasl.mechanism', choice(SASL_MECHANISMS)),
  saslUsername: setting('RAPPORT_KAFKA_SASL_USERNAME', 'kafka.sasl.username', text),
  saslPassword: secret('RAPPORT_KAFKA_SASL_PASSWORD', 'kafka.sasl.password', text),
  saslToken: secret('RAPPORT_KAFKA_SASL_TOKEN', 'kafka.sasl.token', text),
  saslTokenEndpoint: setting('RAPPORT_KAFKA_SASL_TOKEN_ENDPOINT', 'kafka.sasl.tokenEndpoint', httpUrl),
  saslClientId: setting('RAPPORT_KAFKA_SASL_CLIENT_ID', 'kafka.sasl.clientId', text),
  saslClientSecret: secret('RAPPORT_KAFKA_SASL_CLIENT_SECRET', 'kafka.sasl.clientSecret', text),
  saslScope: setting('RAPPORT_KAFKA_SASL_SCOPE', 'kafka.sasl.scope', text),
  redisUrl: secret('RAPPORT_REDIS_URL', 'redis.url', redisUrl),
  redisTlsCa: setting('RAPPORT_REDIS_TLS_CA', 'redis.tls.ca', text),
  redisTlsCert: setting('RAPPORT_REDIS_TLS_CERT', 'redis.tls.cert', text),
  redisTlsKey: secret('RAPPORT_REDIS_TLS_KEY', 'redis.tls.key', text),
  registryUrl: secret('RAPPORT_REGISTRY_URL', 'registry.url', httpUrl),
  registryUsername: setting('RAPPORT_REGISTRY_USERNAME', 'registry.username', text),
  registryPassword: secret('RAPPORT_REGISTRY_PASSWORD', 'registry.password', text),
  registryCa: setting('RAPPORT_REGISTRY_CA', 'registry.ca', text),
  httpHost: setting('RAPPORT_HTTP_HOST', 'http.host', text),
  httpPort: setting('RAPPORT_HTTP_PORT', 'http.port', integer(0, 65_535)),
  httpDatabase: setting('RAPPORT_HTTP_DATABASE', 'http.database', text),
  httpReadToken: secret('RAPPORT_HTTP_READ_TOKEN', 'http.readToken', token),
  httpAdminToken: secret('RAPPORT_HTTP_ADMIN_TOKEN', 'http.adminToken', token),
  httpOpen: setting('RAPPORT_HTTP_OPEN', 'http.open', flag),
  metricsHost: setting('RAPPORT_METRICS_HOST', 'metrics.host', text),
  metricsPort: setting('RAPPORT_METRICS_PORT', 'metrics.port', integer(0, 65_535)),
  metricsToken: secret('RAPPORT_METRICS_TOKEN', 'metrics.token', token),
  policy: setting('RAPPORT_POLICY', 'policy', text),
  logLevel: setting('RAPPORT_LOG_LEVEL', 'logLevel', choice(LOG_LEVELS)),
  guardMs: setting('RAPPORT_GUARD_MS', 'guardMs', integer(0, 3_600_000)),
  sessionTimeoutMs: setting('RAPPORT_SESSION_TIMEOUT_MS', 'sessionTimeoutMs', integer(1_000, 1_800_000)),
  transactionTimeoutMs: setting('RAPPORT_TRANSACTION_TIMEOUT_MS', 'transactionTimeoutMs', integer(5_000, 900_000)),
} as const;

/** Only in the file. */
export const sourcesSchema = z.array(z.unknown()).min(1);

export const directSourceSchema = z.strictObject({
  type: z.enum(EVENT_TYPES),
  topic: topicName,
  format: z.enum(['avro', 'json']).default('avro'),
  keyedByCustomer: z.boolean().default(true),
});

/** `map` is read by mapping/parse.ts. A foreign topic's key is hardly ever the customer's id. */
export const mappedSourceSchema = directSourceSchema.extend({
  type: z.enum(EVENT_TYPES).optional(),
  keyedByCustomer: z.boolean().default(false),
  map: z.unknown(),
});

export const SOURCE_KEYS = ['type', 'topic', 'format', 'keyedByCustomer', 'map'] as const;

const ALL: readonly Setting<unknown>[] = Object.values(SETTINGS);

/** Read by docker-compose.yml, so they may well be in the environment too. */
const COMPOSE = ['RAPPORT_KAFKA_PORT', 'RAPPORT_REDIS_PORT', 'RAPPORT_REGISTRY_PORT'];

/** Variables with a meaning. */
export const VARIABLES: ReadonlySet<string> = new Set([
  'RAPPORT_CONFIG',
  ...COMPOSE,
  ...ALL.flatMap((s) => (s.secret ? [s.variable, `${s.variable}_FILE`] : [s.variable])),
]);

/** Places of the file with a meaning, joined by dots. */
export const FILE_KEYS: ReadonlySet<string> = new Set([
  'sources',
  ...ALL.flatMap((s) => (s.secret ? [s.path.join('.'), `${s.path.join('.')}File`] : [s.path.join('.')])),
]);

/**
 * Variables that Kubernetes puts into every container for a Service called `rapport…` (service links): not ours, and no fault.
 */
export function isServiceLink(name: string, value: string): boolean {
  return (
    /_SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)$/.test(name) ||
    /_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name) ||
    (/_PORT$/.test(name) && /^(tcp|udp|sctp):\/\//.test(value))
  );
}
