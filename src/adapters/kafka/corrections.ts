/**
 * Fourteen corrections to kafkajs 2.2.4, made to its modules in memory when this one is loaded. No file of the package is touched, so they also hold where
 * the application was installed from a registry. 1, 2, 8 and 9 are held by tests (fetched, the contract of a client), 11, 12 and 14 by corrections.test.ts; 5 to 7 and 10 by the
 * frozen broker of cluster.test.ts; 3 and 13 (sent.test.ts) are speed, 4 silence.
 * 1. Record batches are decoded by fetched.ts, with bounds (I11).
 * 2. A batch of which everything was filtered out (markers, aborted records) reaches `eachBatch`, so that the position's guard sees its `fetchedOffset`.
 * 3. Initialising a transactional id waits 5 ms, not 300, before it looks again whether the predecessor's transaction has been aborted.
 * 4. A queue of requests sets a timer only while something waits in it; kafkajs sets one per answer, of a negative time, which Node warns about.
 * 5. A request that is not answered in time ends its connection, as in Kafka's own client; kafkajs goes on asking a machine that is gone.
 * 6. A member whose heartbeat fails so looks for its group's coordinator anew, instead of asking the one that it joined at for ever.
 * 7. A client that connects anew, or whose first question is not answered in time, goes on with the next address; kafkajs goes back to its first one, or stays with the
 *    one that it has, which may be the machine that hangs.
 * 8. Asked for the latest offset by its timestamp, −1, an admin answers with the log's end, undecided records included; kafkajs offers no way to ask.
 * 9. Records of aborted transactions are told by fetched.ts (I2). kafkajs's filter believes that a fetch lists these transactions by their beginning, and
 *    brokers list them by their end; that at most one begins with each record; and that a record with a marker's key is one. So it shows records of
 *    transactions that overlap, of those that a fetch begins within, and of those whose keys are the whole number 0.
 * 10. Who asks for metadata gets it for the topics that he has named: kafkajs gives him the answer to a question that was sent before, without them, and fails on it.
 * 11. A refresh of metadata whose connections were closed meanwhile fails as a lost connection does, not with a TypeError.
 * 12. A fetcher that was made while its consumer stopped ends: kafkajs lets it ask a stopped consumer for ever, and the event loop never turns again.
 * 13. Produce requests are encoded by sent.ts: kafkajs makes a buffer of 512 bytes for each record and each header, and copies each batch six times.
 * 14. A connection that is made anew forgets the answer that was cut off with the one before; kafkajs takes its beginning for that of the next answer, and from then on understands nothing.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { type AbortedTransaction, decodeFetched, type FetchedBatch, withoutAborted } from './fetched.ts';
import { producing } from './sent.ts';

const require = createRequire(import.meta.url);
const VERSION = '2.2.4';
/** of the size before an answer */
const SIZE_BYTES = 4;
/** Each question that went out before may have been sent by another, who named other topics. */
const MOST_ASKED = 20;

/** kafkajs's class of a partition's share of a fetch. */
interface Batch {
  rawMessages: readonly object[];
  isEmpty(): boolean;
}

/** kafkajs's decoder of a fetch's answer. */
interface FetchDecoder {
  decode(raw: object): Promise<{
    readonly responses: readonly {
      readonly partitions: { abortedTransactions: readonly AbortedTransaction[]; messages: readonly FetchedBatch[] }[];
    }[];
  }>;
}

/** The versions of a fetch that name aborted transactions. */
const FETCH_VERSIONS = [4, 5, 6, 7, 8, 9, 10, 11];

/** kafkajs's queue of one connection. */
interface RequestQueue {
  readonly pending: readonly object[];
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

interface Connection {
  isConnected(): boolean;
  connect(): Promise<unknown>;
  readonly socket?: Socket;
  send(request: object): Promise<unknown>;
}

interface ConsumerGroup {
  readonly cluster: { findGroupCoordinator(of: { groupId: string }): Promise<object>; refreshMetadata(): Promise<void> };
  readonly groupId: string;
  coordinator: object;
  heartbeat(options: object): Promise<void>;
}

interface Cluster {
  retry?: object;
  readonly targetTopics: ReadonlySet<string>;
  readonly brokerPool: BrokerPool;
  refreshMetadataIfNecessary(): Promise<void>;
  fetchTopicsOffset(topics: readonly { readonly fromTimestamp?: number }[]): Promise<unknown>;
}

interface BrokerPool {
  seedBroker: { connect(): Promise<void> } | undefined;
  metadata: { readonly topicMetadata: readonly { readonly topic: string }[] } | null;
  createSeedBroker(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(topics: readonly string[]): Promise<void>;
}

interface Runner {
  readonly running: boolean;
  fetch(nodeId: number): Promise<unknown>;
}

type KafkaError = new (message: string) => Error;

const isTimeout = (error: unknown): error is Error => error instanceof Error && error.name === 'KafkaJSRequestTimeoutError';
const isOfConnection = (error: unknown): boolean => error instanceof Error && /^KafkaJSConnection(Closed)?Error$/.test(error.name);

async function lookAgain(group: ConsumerGroup): Promise<void> {
  try {
    await group.cluster.refreshMetadata();
    group.coordinator = await group.cluster.findGroupCoordinator({ groupId: group.groupId });
  } catch {
    // Nobody knows it yet. What counts is the heartbeat's own failure: after it kafkajs tries again, and so does this.
  }
}

/** Puts something else in the place of what a module of kafkajs exports. */
function replace<T>(file: string, by: (original: T) => unknown): void {
  const original: T = require(file);
  const cached = require.cache[file];
  if (cached === undefined) throw new Error(`kafkajs’s ${file} is not where it was`);
  cached.exports = by(original);
}

function correct(): void {
  const { version }: { version: string } = require('kafkajs/package.json');
  if (version !== VERSION) throw new Error(`kafkajs is ${version}, the corrections in src/adapters/kafka are for ${VERSION}`);

  const errors: Record<'KafkaJSConnectionError' | 'KafkaJSConnectionClosedError' | 'KafkaJSMetadataNotLoaded', KafkaError> =
    require('kafkajs/src/errors');
  const { KafkaJSConnectionError, KafkaJSConnectionClosedError, KafkaJSMetadataNotLoaded } = errors;

  // kafkajs loads these with its first fetch and send, so what stands in the cache by then is what it gets.
  const decoder = require.resolve('kafkajs/src/protocol/requests/fetch/v4/decodeMessages');
  replace(decoder, () => decodeFetched);
  replace(require.resolve('kafkajs/src/protocol/requests/produce/v3/request'), producing);

  for (const version of FETCH_VERSIONS) {
    const response: FetchDecoder = require(`kafkajs/src/protocol/requests/fetch/v${version}/response`);
    const { decode } = response;
    response.decode = async (raw) => {
      const answer = await decode(raw);
      for (const { partitions } of answer.responses) {
        for (const share of partitions) {
          share.messages = withoutAborted(share.messages, share.abortedTransactions);
          share.abortedTransactions = [];
        }
      }
      return answer;
    };
  }

  const { prototype: batch }: { prototype: Batch } = require('kafkajs/src/consumer/batch');
  batch.isEmpty = function (this: Batch) {
    return this.rawMessages.length === 0;
  };

  const { prototype: queue }: { prototype: RequestQueue } = require('kafkajs/src/network/requestQueue');
  queue.scheduleCheckPendingRequests = function (this: RequestQueue) {
    if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return;
    const again = () => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    };
    this.throttleCheckTimeoutId = setTimeout(again, Math.max(10, this.throttledUntil - Date.now()));
  };

  const { prototype: connection }: { prototype: Connection } = require('kafkajs/src/network/connection');
  const { send, connect } = connection;
  connection.connect = function (this: Connection) {
    if (!this.isConnected()) Object.assign(this, { chunks: [], bytesBuffered: 0, bytesNeeded: SIZE_BYTES });
    return connect.call(this);
  };
  connection.send = async function (this: Connection, request) {
    const { socket } = this;
    try {
      return await send.call(this, request);
    } catch (error) {
      if (isTimeout(error)) socket?.destroy(error);
      throw error;
    }
  };

  const { prototype: group }: { prototype: ConsumerGroup } = require('kafkajs/src/consumer/consumerGroup');
  const { heartbeat } = group;
  group.heartbeat = async function (this: ConsumerGroup, options) {
    try {
      await heartbeat.call(this, options);
    } catch (error) {
      if (isTimeout(error) || isOfConnection(error)) {
        await lookAgain(this);
      }
      throw error;
    }
  };

  const { prototype: pool }: { prototype: BrokerPool } = require('kafkajs/src/cluster/brokerPool');
  const { createSeedBroker, disconnect, refreshMetadata } = pool;
  const closings = new WeakMap<BrokerPool, number>();
  pool.disconnect = async function (this: BrokerPool) {
    closings.set(this, (closings.get(this) ?? 0) + 1);
    await disconnect.call(this);
    this.seedBroker = undefined;
  };
  pool.createSeedBroker = async function (this: BrokerPool) {
    await createSeedBroker.call(this);
    const { seedBroker } = this;
    if (seedBroker === undefined) return;
    const connect = seedBroker.connect.bind(seedBroker);
    seedBroker.connect = async () => {
      try {
        await connect();
      } catch (error) {
        if (!isTimeout(error)) throw error;
        // After this error alone kafkajs goes on with the next address.
        throw new KafkaJSConnectionError(error.message);
      }
    };
  };
  pool.refreshMetadata = async function (this: BrokerPool, topics) {
    const before = closings.get(this);
    try {
      await refreshMetadata.call(this, topics);
    } catch (error) {
      if (closings.get(this) === before) throw error;
      throw new KafkaJSConnectionClosedError('the connections were closed while metadata was asked for');
    }
  };

  const { prototype: runner }: { prototype: Runner } = require('kafkajs/src/consumer/runner');
  const { fetch } = runner;
  runner.fetch = async function (this: Runner, nodeId) {
    if (!this.running) throw new KafkaJSConnectionClosedError('the consumer has stopped');
    return fetch.call(this, nodeId);
  };

  // The producer asks its cluster for `retry`, which kafkajs forgets to give it.
  const { prototype: cluster }: { prototype: Cluster } = require('kafkajs/src/cluster');
  cluster.retry = { initialRetryTime: 5, multiplier: 2, retries: 12, maxRetryTime: 1000 };

  const { refreshMetadataIfNecessary, fetchTopicsOffset } = cluster;
  cluster.refreshMetadataIfNecessary = async function (this: Cluster) {
    for (let asked = 0; asked < MOST_ASKED; asked++) {
      await refreshMetadataIfNecessary.call(this);
      const known = new Set(this.brokerPool.metadata?.topicMetadata.map(({ topic }) => topic));
      if ([...this.targetTopics].every((topic) => known.has(topic))) return;
    }
    throw new KafkaJSMetadataNotLoaded('the brokers do not name all topics that they were asked for');
  };
  cluster.fetchTopicsOffset = function (this: Cluster, topics) {
    const undecided = topics.some(({ fromTimestamp }) => fromTimestamp === -1);
    return fetchTopicsOffset.call(undecided ? Object.create(this, { isolationLevel: { value: 0 } }) : this, topics);
  };
}

correct();
