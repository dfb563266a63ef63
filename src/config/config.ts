/**
 * The whole configuration as one frozen object. Made by config/load.ts from the environment and one file, validated together. Pure types.
 */
import type { Policy } from '../domain/policy.ts';
import type { SourceMap } from './mapping/mapping.ts';

export interface TlsConfig {
  /** PEM texts */
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

export type SaslConfig =
  | { readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; readonly username: string; readonly password: string }
  /** a token from a token endpoint by client credentials, or one given */
  | { readonly mechanism: 'oauthbearer'; readonly token: string }
  | {
      readonly mechanism: 'oauthbearer';
      readonly tokenEndpoint: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope: string | null;
    };

export interface KafkaConfig {
  readonly brokers: readonly string[];
  readonly tls: TlsConfig | null;
  readonly sasl: SaslConfig | null;
}

export interface RedisConfig {
  /** `host:port`; more than one, or one that INFO shows to be a cluster's, is a Redis Cluster */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly username: string | null;
  readonly password: string | null;
  readonly database: number;
  readonly tls: TlsConfig | null;
}

export interface RegistryConfig {
  readonly url: string;
  readonly username: string | null;
  readonly password: string | null;
  readonly ca: string | null;
}

export const EVENT_TYPES = ['purchase', 'support', 'survey', 'engagement', 'attributes'] as const;
export type EventType = (typeof EVENT_TYPES)[number];
/** What an input holds: events of a topic that is configured, or the commands of a topic of rapport's own. */
export type InputType = EventType | 'command';

interface AnySource {
  readonly topic: string;
  readonly format: 'avro' | 'json';
  /** false: any key, any number of partitions */
  readonly keyedByCustomer: boolean;
}

/** A topic whose records have rapport's fields. */
export interface DirectSource extends AnySource {
  readonly type: EventType;
  readonly map?: undefined;
}

/** The application's own topic of commands, always there. */
export interface CommandSource extends AnySource {
  readonly type: 'command';
  readonly format: 'avro';
  readonly map?: undefined;
}

/** A topic of somebody else's, whose records are mapped. rapport never writes to it. */
export interface MappedSource extends AnySource {
  /** null where the map's events say it */
  readonly type: EventType | null;
  readonly map: SourceMap;
}

export type EventSource = DirectSource | MappedSource;
export type SourceConfig = EventSource | CommandSource;

/** Of `rapport serve`. */
export interface HttpConfig {
  /** where it listens */
  readonly host: string;
  /** 0: any that is free */
  readonly port: number;
  /** path of the read model's file */
  readonly database: string;
  /** bearer tokens of the roles; null: nobody has the role by a token of its own */
  readonly readToken: string | null;
  readonly adminToken: string | null;
  /** the explicit choice to ask for no token, on loopback only */
  readonly open: boolean;
}

/** Where a worker tells how it is. */
export interface MetricsConfig {
  readonly host: string;
  /** null: nowhere; 0: any that is free */
  readonly port: number | null;
  /** bearer token of `/metrics`, of `rapport serve` too; null: on loopback without one */
  readonly token: string | null;
}

/** Names of the topics the application owns. */
export interface Topics {
  readonly journal: string;
  readonly reroute: string;
  readonly segmentChanges: string;
  readonly profiles: string;
  readonly alerts: string;
  readonly kpis: string;
  readonly thresholds: string;
  readonly deadLetters: string;
}

export interface Config {
  /** prefix of topics and keys, consumer group; `[a-z0-9][a-z0-9-]{0,62}` */
  readonly applicationId: string;
  /** what the ids of outputs are made of, where that is not the application id: the application that this one was moved from */
  readonly identity?: string;
  /** N, the number of shards and of partitions of every topic the application owns */
  readonly shards: number;
  readonly kafka: KafkaConfig;
  readonly redis: RedisConfig;
  readonly registry: RegistryConfig;
  readonly http: HttpConfig;
  readonly metrics: MetricsConfig;
  /** those that are configured, then that of the commands */
  readonly sources: readonly SourceConfig[];
  readonly topics: Topics;
  readonly policy: Policy;
  /** the policy's canonical text, and its hash (sha256, first 16 hex digits) */
  readonly policyText: string;
  readonly policyHash: string;
  /** ms that an event may be late behind the broker's clock while its input is at its end */
  readonly guardMs: number;
  /** ms: Kafka session time-out of the group */
  readonly sessionTimeoutMs: number;
  /** ms: `transaction.timeout.ms` */
  readonly transactionTimeoutMs: number;
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** what is allowed and probably not meant; each names its variable or line */
  readonly warnings: readonly string[];
}
