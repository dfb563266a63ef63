/**
 * What `rapport doctor` asks, beside what every command works through: questions that only it has. Each is answered without changing anything.
 * Errors: Halt where a person has to act, Retryable where a server is away.
 */
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { LogRecord, TopicPartition } from '../engine/ports.ts';
import type { Resource } from './connections.ts';

/** Kafka's operations of an ACL, as its tools write them. */
export type Operation = 'Read' | 'Write' | 'Create' | 'Delete' | 'Describe' | 'DescribeConfigs' | 'IdempotentWrite';

/** `exact`: that minor release; else that or a later one. */
interface Release {
  readonly text: string;
  readonly exact: boolean;
}

export interface BrokerFacts {
  /** until it had answered: connection, TLS, SASL */
  readonly ms: number;
  /** null: older than 2.4 */
  readonly release: Release | null;
}

export interface TopicFacts {
  readonly topic: string;
  /** the protocol's name of what is wrong: it is missing, or may not be seen */
  readonly error: string | null;
  readonly partitions: readonly {
    readonly partition: number;
    /** broker; −1: there is none now */
    readonly leader: number;
    readonly replicas: readonly number[];
    readonly inSync: readonly number[];
  }[];
  /** what this user may do; null when the broker does not say */
  readonly operations: readonly Operation[] | null;
}

export interface KafkaFacts {
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[];
  readonly topics: readonly TopicFacts[];
  /** on the cluster; null for who may not Describe it */
  readonly operations: readonly Operation[] | null;
}

export interface GroupFacts {
  /** members of another kind use it */
  readonly foreign: boolean;
  readonly members: readonly string[];
  readonly operations: readonly Operation[] | null;
}

export interface KafkaProbe {
  broker(address: string): Promise<BrokerFacts>;
  metadata(topics: readonly string[]): Promise<KafkaFacts>;
  coordinator(of: 'group' | 'transaction', id: string): Promise<string>;
  group(id: string): Promise<GroupFacts>;
  mayWriteTransactions(id: string): Promise<boolean>;
  brokerConfig(address: string, id: number): Promise<Record<string, string>>;
  read(of: TopicPartition, from: number, to: number, leader: string): Promise<LogRecord[]>;
}

/** What a clock said, and this host's when it did; ms. */
export interface ClockFacts {
  readonly its: number;
  readonly ours: number;
}

export interface RedisNode {
  readonly node: string;
  readonly role: 'master' | 'replica';
  readonly version: string;
  readonly tooOld: boolean;
  readonly clock: ClockFacts | null;
  readonly policy: string;
  readonly mayEvict: boolean;
  /** bytes; `max` 0: no bound but the machine's memory, `system` */
  readonly memory: { readonly used: number; readonly max: number; readonly system: number };
  readonly evicted: number;
  readonly appendOnly: boolean;
  /** null when this user may not see it */
  readonly snapshots: string | null;
  /** the last write of each kind went well */
  readonly persisting: boolean;
  readonly replicas: number;
  readonly linked: boolean;
  readonly pingMs: number;
}

export interface RedisFacts {
  /** null: one server */
  readonly cluster: { readonly state: string; readonly slots: number } | null;
  /** in place of what a node says, why it says nothing */
  readonly nodes: readonly (RedisNode | (Pick<RedisNode, 'node' | 'role'> & { readonly error: string }))[];
}

export interface RedisProbe {
  facts(): Promise<RedisFacts>;
  /** ACL rules that would permit what this user may not do; why writes are refused to all, or null */
  refused(): Promise<{ readonly rules: readonly string[]; readonly writes: string | null }>;
}

export interface SubjectFacts {
  readonly subject: string;
  readonly kind: 'output' | 'input';
  readonly registered: boolean;
  readonly latest: number | null;
  /** of an output: why it could not be registered; of an input: why records of the last version cannot be read */
  readonly fault: string | null;
  readonly level: string | null;
  readonly strictEnough: boolean;
}

export interface RegistryProbe {
  facts(): Promise<{ readonly ms: number; readonly clock: ClockFacts | null }>;
  subjects(): Promise<readonly SubjectFacts[]>;
}

export interface Probes {
  readonly kafka: KafkaProbe;
  readonly redis: RedisProbe;
  readonly registry: RegistryProbe;
}

export type Probe = (config: Config, log: Logger) => Resource<Probes>;
