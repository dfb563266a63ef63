/**
 * The consumer group's member. kafkajs decides when to fetch; this decides what counts: it keeps, for each assigned partition, the offset expected next,
 * and takes from a batch only what continues it (I3, I4). Anything else (a silent reset after OFFSET_OUT_OF_RANGE, positions forgotten by a rejoin, an
 * answer that a seek has overtaken) is dropped and the position sought again, so a gap never passes; an offset that its log no longer has shows in
 * `Logs.ends`, and stopping for it is the engine's part.
 * Handlers never wait: a waiting one stops all fetching from its broker.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Consumer, type ConsumerCrashEvent, type ConsumerGroupJoinEvent, type EachBatchPayload } from 'kafkajs';
import type { Logger } from 'pino';
import { Retryable } from '../../engine/errors.ts';
import type { Source, SourceEvents, TopicPartition } from '../../engine/ports.ts';
import { shardAssigner } from './assigner.ts';
import { createClient, createSockets, type KafkaSettings, type Sockets } from './client.ts';
import { asError, reactionTo } from './errors.ts';
import { type Fetched, isFetched, recordsOf } from './fetched.ts';
import { within } from './sinks.ts';

/** Short, since a seek or a resumed partition waits for the fetch under way. */
const MAX_WAIT_MS = 150;
const PARTITION_BYTES = 512 * 1024;
const FETCH_BYTES = 8 * 1024 * 1024;
/** Leaving the group politely may wait for a join under way. */
const STOP_MS = 10_000;
const COORDINATOR_MS = 20_000;
/** Nothing depends on group offsets, so nothing waits for them: kafkajs would try ten times, a worker that stops among them. */
const NOTE_MS = 2_000;
const POLL_MS = 50;

interface Assigned extends TopicPartition {
  /** the offset that the next batch must begin at, or hold; null until sought */
  expected: number | null;
  /** a batch that was already under way when its partition was paused is dropped */
  paused: boolean;
  /** the position last sought back to, which is logged once */
  soughtBack: number | null;
  /** counts seeks, so that one from within a handler is noticed */
  seeks: number;
}

const named = ({ topic, partition }: TopicPartition) => ({ topic, partitions: [partition] });
const nameOf = ({ topic, partition }: TopicPartition): string => `${topic} ${partition}`;

/** A join that meets the group's coordinator still loading (a broker that has just started) fails, and kafkajs is slow to try again: wait for it before. */
async function coordinated(consumer: Consumer): Promise<void> {
  for (const deadline = performance.now() + COORDINATOR_MS; ; ) {
    try {
      await consumer.describeGroup();
      return;
    } catch (error) {
      if (!(reactionTo(error, 'finding the group’s coordinator') instanceof Retryable) || performance.now() > deadline) throw error;
      await sleep(POLL_MS);
    }
  }
}

export function createSource(config: KafkaSettings, log: Logger): Source {
  const { applicationId, shards: n, sessionTimeoutMs, topics } = config;
  const subscription = [...new Set([...config.sources.map(({ topic }) => topic), topics.reroute, topics.journal])];
  const heartbeatInterval = Math.max(100, Math.min(1_000, Math.floor(sessionTimeoutMs / 6)));

  let consumer: Consumer | null = null;
  let sockets: Sockets | null = null;
  let events: SourceEvents | null = null;
  let stopping = false;
  let joined: Promise<unknown> = Promise.resolve();
  let owned: readonly number[] = [];
  let aliveAt = 0;
  let assigned = new Map<string, Assigned>();

  /** What was owned before a silence as long as a session is another's by now: claiming it would only move it. */
  const claims = (): readonly number[] => (Date.now() - aliveAt < sessionTimeoutMs ? owned : []);

  /** While kafkajs restarts its consumer it takes no orders; with its next join everything is paused and sought anew. */
  const tell = (order: (client: Consumer) => void): void => {
    if (consumer === null) return;
    try {
      order(consumer);
    } catch (error) {
      if (!(error instanceof kafkajs.KafkaJSNonRetriableError)) throw error;
      log.debug({ error: error.message }, 'the consumer is restarting');
    }
  };

  const known = (partitions: readonly TopicPartition[]): Assigned[] => partitions.flatMap((of) => assigned.get(nameOf(of)) ?? []);

  const onJoin = ({ payload }: ConsumerGroupJoinEvent): void => {
    if (stopping) return;
    aliveAt = Date.now();
    assigned = new Map();
    for (const [topic, partitions] of Object.entries(payload.memberAssignment)) {
      for (const partition of partitions) {
        assigned.set(nameOf({ topic, partition }), { topic, partition, expected: null, paused: true, soughtBack: null, seeks: 0 });
      }
    }
    // This runs before the first fetch of the new generation: not one batch comes through.
    tell((client) => client.pause([...assigned.values()].map(named)));
    owned = (payload.memberAssignment[topics.journal] ?? []).filter((shard) => shard < n).sort((a, b) => a - b);
    log.debug({ shards: owned, memberId: payload.memberId, duration: payload.duration }, 'joined the group');
    events?.assigned(owned);
  };

  const onCrash = ({ payload: { error, restart } }: ConsumerCrashEvent): void => {
    if (stopping) return;
    if (restart) {
      log.warn({ error: error.message }, 'the consumer lost its brokers and joins again');
      events?.rebalancing();
    } else events?.crashed(reactionTo(error, 'reading from Kafka'));
  };

  const seekBack = (one: Assigned, expected: number, batch: Fetched): void => {
    log.warn(
      { topic: one.topic, partition: one.partition, expected, fetched: batch.fetchedOffset },
      'a fetch does not continue the position: seeking back',
    );
    tell((client) => client.seek({ topic: one.topic, partition: one.partition, offset: String(expected) }));
  };

  const onBatch = (batch: Fetched, isStale: boolean, resolveOffset: (offset: string) => void): void => {
    const one = assigned.get(nameOf(batch));
    if (stopping || isStale || one === undefined || one.expected === null || one.paused || events === null) return;
    const { expected, seeks } = one;
    const next = Number(batch.lastOffset()) + 1;
    if (Number(batch.fetchedOffset) > expected || next <= expected) {
      seekBack(one, expected, batch);
      return;
    }
    const records = recordsOf(batch, expected);
    const accepted = events.batch({ topic: one.topic, partition: one.partition }, records, next);
    const after = accepted >= records.length ? next : (records.at(accepted)?.offset ?? next);
    // The engine may have sought from within: its word stands.
    if (one.seeks !== seeks || (accepted === 0 && records.length > 0)) return;
    one.expected = after;
    resolveOffset(String(after - 1));
  };

  return {
    async start(to) {
      if (consumer !== null) throw new Error('a source starts once');
      events = to;
      const own = createSockets();
      sockets = own;
      const started = createClient(config.kafka, log, {
        clientId: applicationId,
        requestTimeout: Math.max(2_000, Math.floor(sessionTimeoutMs / 2)),
        retry: { initialRetryTime: 50, retries: 10 },
        socketFactory: own.factory,
      }).consumer({
        groupId: applicationId,
        partitionAssigners: [shardAssigner(n, claims)],
        sessionTimeout: sessionTimeoutMs,
        rebalanceTimeout: Math.max(10_000, sessionTimeoutMs * 2),
        heartbeatInterval,
        maxWaitTimeInMs: MAX_WAIT_MS,
        maxBytesPerPartition: PARTITION_BYTES,
        maxBytes: FETCH_BYTES,
        // A broker that hangs is left behind only when metadata are fresh.
        metadataMaxAge: 10_000,
        allowAutoTopicCreation: false,
        retry: { initialRetryTime: 50, retries: 10 },
      });
      consumer = started;
      started.on(started.events.GROUP_JOIN, onJoin);
      started.on(started.events.REBALANCING, () => events?.rebalancing());
      started.on(started.events.CRASH, onCrash);
      started.on(started.events.HEARTBEAT, () => {
        aliveAt = Date.now();
        if (!stopping) events?.heartbeat();
      });
      joined = (async () => {
        await started.connect();
        await coordinated(started);
        await started.subscribe({ topics: subscription, fromBeginning: true });
        await started.run({
          autoCommit: false,
          eachBatchAutoResolve: false,
          eachBatch: async ({ batch, isStale, resolveOffset }: EachBatchPayload) => {
            if (!isFetched(batch)) throw new Error('kafkajs’s batch does not tell what was fetched');
            onBatch(batch, isStale(), resolveOffset);
          },
        });
      })();
      try {
        await joined;
      } catch (error) {
        consumer = null;
        void within(started.disconnect(), STOP_MS, 'closing the consumer')
          .catch((failure) => log.debug({ error: asError(failure).message }, 'the consumer did not close'))
          .finally(() => own.cut());
        throw reactionTo(error, 'joining the consumer group');
      }
    },
    seek(to, offset) {
      const one = assigned.get(nameOf(to));
      if (one === undefined) return;
      one.expected = offset;
      one.seeks += 1;
      tell((client) => client.seek({ topic: to.topic, partition: to.partition, offset: String(offset) }));
    },
    pause(partitions) {
      const running = known(partitions).filter((one) => !one.paused);
      for (const one of running) one.paused = true;
      if (running.length > 0) tell((client) => client.pause(running.map(named)));
    },
    resume(partitions) {
      const waiting = known(partitions).filter((one) => one.paused);
      for (const one of waiting) one.paused = false;
      if (waiting.length > 0) tell((client) => client.resume(waiting.map(named)));
    },
    async commitOffsets(offsets) {
      const mine = offsets.filter((of) => assigned.has(nameOf(of)));
      if (consumer === null || stopping || mine.length === 0) return;
      try {
        const told = consumer.commitOffsets(mine.map(({ topic, partition, offset }) => ({ topic, partition, offset: String(offset) })));
        await within(told, NOTE_MS, 'committing group offsets');
      } catch (error) {
        log.debug({ error: asError(error).message }, 'group offsets were not committed');
      }
    },
    async stop() {
      stopping = true;
      const stopped = consumer;
      if (stopped === null) return;
      // A member that is stopped while it joins would join all the same, so the join is waited for.
      const leave = joined.then(
        () => stopped.disconnect(),
        () => undefined,
      );
      await within(leave, STOP_MS, 'leaving the group').catch((error) =>
        log.warn({ error: asError(error).message }, 'the group was not left in time'),
      );
      // A consumer that was looking for its coordinator, or restarting, connects anew behind its own disconnection, and would keep the process.
      sockets?.cut();
    },
  };
}
