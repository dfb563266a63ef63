/**
 * What the contract of a Kafka client (kafka-client.ts) asks for beyond the harness of the single suites: strangers that compress and that commit
 * offsets, and a broker that the client under test reaches through a link that can be hurt, while all else reaches it directly.
 * Boundary: real brokers only; holds no vendor's type.
 */
import type { Logs, Sinks, Source, TopicPartition } from '../../src/engine/ports.ts';
import type { Resource } from '../../src/stack/resource.ts';
import type { FaultyLink } from '../support/proxy.ts';
import type { Harness, OpenTransaction, World, WorldOptions } from './harness.ts';

export interface ClientWorld extends World {
  /** Writes one record outside any transaction, in a batch of its own that a stranger has compressed by gzip. */
  gzip(to: TopicPartition, value: Buffer): Promise<void>;
  /** Puts offsets of the application's group into a transaction of a stranger, and leaves it open. */
  beginOffsets(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<OpenTransaction>;
}

export interface HurtWorld extends ClientWorld {
  /** The client under test once more, of the same application, as another worker has it: every connection of it goes through the rig's link. */
  readonly hurt: { readonly sinks: Sinks; readonly logs: Logs; source(): Source };
}

/** One broker of the suite's own. `World` and the strangers do not use the link, so what it holds back can be looked at from outside. */
export interface Rig {
  readonly link: FaultyLink;
  world(options?: WorldOptions): Promise<HurtWorld>;
  /** Kills the broker and starts it again on its data. */
  restart(): Promise<void>;
  /** `restart`; while it is down, the stored records of each partition's batch that holds the offset are overwritten (the checksum is right again). */
  damage(batches: readonly (TopicPartition & { readonly offset: number })[]): Promise<void>;
}

export interface ClientHarness extends Harness {
  /** ms: the client's transactions; the outcome of a commit is there within it */
  readonly transactionTimeoutMs: number;
  /** a batch that unpacks to more bytes than this is given as unreadable */
  readonly unpackedLimit: number;
  world(options?: WorldOptions): Promise<ClientWorld>;
  rig(): Promise<Resource<Rig>>;
}
