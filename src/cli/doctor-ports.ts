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
  /** One broker by itself. */
  broker(address: string): Promise<BrokerFacts>;
  /** Asks the first of the configured brokers that answers. */
  metadata(topics: readonly string[]): Promise<KafkaFacts>;
  /** `host:port` of the broker that looks after a group or a transactional id. */
  coordinator(of: 'group' | 'transaction', id: string): Promise<string>;
  /** As the group's coordinator has it. */
  group(id: string): Promise<GroupFacts>;
  /** Whether this user may write under a transactional id: asks for the end of a transaction of a producer that cannot be (id −1), which is always refused. */
  mayWriteTransactions(id: string): Promise<boolean>;
  /** The settings in force of one broker; it may forbid this user to see them. */
  brokerConfig(address: string, id: number): Promise<Record<string, string>>;
  /** The committed records of one partition from an offset up to an end, from its leader. */
  read(of: TopicPartition, from: number, to: number, leader: string): Promise<LogRecord[]>;
}

/** What a clock said, and this host's when it did; ms. */
export interface ClockFacts {
  readonly its: number;
  readonly ours: number;
}

export interface RedisNode {
  /** `host:port` */
  readonly node: string;
  readonly role: 'master' | 'replica';
  readonly version: string;
  readonly tooOld: boolean;
  /** null when it does not say */
  readonly clock: ClockFacts | null;
  readonly policy: string;
  readonly mayEvict: boolean;
  /** bytes; `max` 0: no bound but the machine's memory, `system` */
  readonly memory: { readonly used: number; readonly max: number; readonly system: number };
  /** keys dropped for want of memory since it started */
  readonly evicted: number;
  readonly appendOnly: boolean;
  /** `save` in its settings; null when this user may not see it */
  readonly snapshots: string | null;
  /** whether the last write of the append-only file and the last snapshot went well */
  readonly persisting: boolean;
  /** of a master, the replicas that are connected; of a replica, whether it is connected to its master */
  readonly replicas: number;
  readonly linked: boolean;
  /** the fastest of some PINGs, ms: how far it is, whatever this host is busy with */
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
  /** What this user may not do, as ACL rules that would permit it (`+hset`, `~{rapport:*`), and why writes are refused to all, or null. */
  refused(): Promise<{ readonly rules: readonly string[]; readonly writes: string | null }>;
}

export interface SubjectFacts {
  readonly subject: string;
  readonly kind: 'output' | 'input';
  /** whether our schema is one of its versions */
  readonly registered: boolean;
  /** the number of its last version; null when there is no such subject */
  readonly latest: number | null;
  /** of an output that is not registered: why it could not be; of an input: why records of the last version cannot be read; null when it could, and they can */
  readonly fault: string | null;
  /** its own compatibility; null when it has none of its own */
  readonly level: string | null;
  /** whether a next version under that level is sure to be one that readers can take */
  readonly strictEnough: boolean;
}

export interface RegistryFacts {
  readonly ms: number;
  /** to the second; null when it does not say */
  readonly clock: ClockFacts | null;
}

export interface RegistryProbe {
  facts(): Promise<RegistryFacts>;
  /** In the order of the topics, outputs first. */
  subjects(): Promise<readonly SubjectFacts[]>;
}

export interface Probes {
  readonly kafka: KafkaProbe;
  readonly redis: RedisProbe;
  readonly registry: RegistryProbe;
}

export type Probe = (config: Config, log: Logger) => Resource<Probes>;
