/**
 * What the contract of a Kafka client on several brokers (kafka-cluster.ts) asks for: brokers that can be hurt, each behind a link of its own, and topics whose leaders are told.
 * Boundary: real brokers only; holds no vendor's type.
 */
import type { Logs, Sinks, Source, TopicPartition } from '../../src/engine/ports.ts';
import type { Server } from '../../src/stack/process.ts';
import type { Resource } from '../../src/stack/resource.ts';
import type { Harness, LinkRig, World, WorldOptions } from './harness.ts';

export interface ClusterWorldOptions extends WorldOptions {
  /** of each partition; the brokers' default unless given */
  readonly copies?: number;
  /** the client's transactions; the harness's own unless given */
  readonly transactionTimeoutMs?: number;
}

export interface ClusterWorld extends World {
  /** The client under test once more, of the same application, before it has asked anybody anything. */
  client(): Resource<{ readonly sinks: Sinks; readonly logs: Logs; readonly source: Source }>;
  /** The number of the broker that leads a partition. */
  leader(of: TopicPartition): Promise<number>;
  /** Gives a topic of one copy to these brokers, partition by partition, and waits until they lead. */
  move(topic: string, to: readonly number[]): Promise<void>;
  /** Whether each replica of every partition in the cluster is in sync. */
  inSync(): Promise<boolean>;
}

export interface ClusterBroker {
  readonly server: Server;
  /** between the broker and the client under test; `World` and the strangers do not use it */
  readonly link: LinkRig['link'];
}

/** Three brokers of the suite's own, numbered from 1. */
export interface Cluster {
  broker(number: number): ClusterBroker;
  world(options?: ClusterWorldOptions): Promise<ClusterWorld>;
}

export interface ClusterHarness extends Omit<Harness, 'world'> {
  cluster(): Promise<Resource<Cluster>>;
}
