/**
 * What the contract of a Kafka client (kafka-client.ts) asks for beyond the harness of the single suites: strangers that compress and that commit
 * offsets, and a broker that can be killed and damaged.
 * Boundary: real brokers only; holds no vendor's type.
 */
import type { TopicPartition } from '../../src/engine/ports.ts';
import type { LinkHarness, LinkRig, OpenTransaction, World, WorldOptions } from './harness.ts';

export interface ClientWorld extends World {
  /** Writes one record outside any transaction, in a batch of its own that a stranger has compressed by gzip. */
  gzip(to: TopicPartition, value: Buffer): Promise<void>;
  /** Puts offsets of the application's group into a transaction of a stranger, and leaves it open. */
  beginOffsets(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<OpenTransaction>;
}

export interface Rig extends LinkRig {
  /** Kills the broker and starts it again on its data. */
  restart(): Promise<void>;
  /** `restart`; while it is down, the stored records of each partition's batch that holds the offset are overwritten (the checksum is right again). */
  damage(batches: readonly (TopicPartition & { readonly offset: number })[]): Promise<void>;
}

export interface ClientHarness extends LinkHarness<Rig> {
  /** a batch that unpacks to more bytes than this is given as unreadable */
  readonly unpackedLimit: number;
  world(options?: WorldOptions): Promise<ClientWorld>;
}
