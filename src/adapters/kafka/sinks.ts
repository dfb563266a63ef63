/**
 * The transactional sinks: one producer per shard under `<application>-<shard>`, good until its first outcome that is not `committed`.
 * Keeps I1 (initialising fences the predecessor), I2 (one transaction a step), I12 (no data send is ever repeated, EndTxn is sent once, and no request
 * is in flight when a transaction starts: what is not known to have succeeded ends with the producer's connections cut).
 * A transaction that must not commit is never aborted by hand, since an abort could overtake a send that is still in flight: the next `open` of the
 * id aborts it under a new epoch, and the broker does when its time-out passes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Transaction } from 'kafkajs';
import type { Logger } from 'pino';
import type { Instant } from '../../domain/ids.ts';
import { Fenced, Halt, Retryable } from '../../engine/errors.ts';
import type { CommitOutcome, OutRecord, Sinks, TransactionalSink } from '../../engine/ports.ts';
import { faultOf, offsetOf, type Receipt, type Round, roundsOf } from './chunks.ts';
import { createClient, createSockets, type KafkaSettings } from './client.ts';
import { asError, isRefusal, isType, reactionTo } from './errors.ts';
import { Sent } from './sent.ts';

/** The previous transaction's markers may still be on their way when the next one begins: a few milliseconds, rarely more. */
const FIRST_SEND_ATTEMPTS = 200;
const FIRST_SEND_PAUSE_MS = 5;
/** Polite closing may wait for answers; afterwards the connections are cut. */
const CLOSE_MS = 1_000;

export function createSinks(config: KafkaSettings, log: Logger): Sinks {
  return { open: (shard) => openSink(config, log.child({ shard }), shard) };
}

async function openSink(config: KafkaSettings, log: Logger, shard: number): Promise<TransactionalSink> {
  const { applicationId, transactionTimeoutMs, topics } = config;
  // An answer that takes longer ends the producer: the step is decided, one way or the other, before the broker's patience ends.
  const requestTimeout = Math.floor(transactionTimeoutMs / 3);
  const sockets = createSockets();
  const transactionalId = `${applicationId}-${shard}`;
  const producer = createClient(config.kafka, log, {
    clientId: transactionalId,
    requestTimeout,
    retry: { initialRetryTime: 5, retries: 8 },
    socketFactory: sockets.factory,
  }).producer({
    transactionalId,
    transactionTimeout: transactionTimeoutMs,
    retry: { retries: 0 },
    allowAutoTopicCreation: false,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition ?? Number.NaN,
  });

  let closed: Promise<void> | null = null;
  /** A producer of which anything is in doubt is cut off at once, and closed in the background. */
  const close = (politely: boolean): Promise<void> => {
    if (!politely) sockets.cut();
    closed ??= within(producer.disconnect(), CLOSE_MS, 'closing the producer')
      .catch((error) => log.debug({ error: asError(error).message }, 'a producer did not close in time'))
      .finally(() => sockets.cut());
    return closed;
  };

  let transaction: Transaction | null;
  try {
    const initialise = producer.connect().then(() => producer.transaction());
    transaction = await within(initialise, requestTimeout * 2, `initialising ${transactionalId}`);
  } catch (error) {
    void close(false);
    throw reactionTo(error, `initialising the transactional id ${transactionalId}`);
  }

  const send = async (open: Transaction, round: Round, now: Instant): Promise<Receipt[]> => {
    const topicMessages = round.map(({ to, records }) => ({
      topic: to.topic,
      messages: records.map((record) => new Sent(record, now)),
    }));
    return open.sendBatch({ topicMessages, acks: -1, timeout: requestTimeout });
  };

  const attempt = async (
    parts: readonly Buffer[],
    records: readonly OutRecord[],
    now: Instant,
    at: number | undefined,
  ): Promise<{ offset: number; at: Instant }> => {
    const open = transaction ?? (await producer.transaction());
    transaction = null;
    // crash point: transaction-begun
    let first: { offset: number; at: Instant } | null = null;
    for (const [i, value] of parts.entries()) {
      const to = { topic: topics.journal, partition: shard };
      const round: Round = [{ to, records: [{ ...to, key: null, value, headers: [] }] }];
      const receipts = i === 0 ? await firstSend(() => send(open, round, now)) : await send(open, round, now);
      const receipt = journalReceipt(round, receipts, topics.journal);
      const { offset } = receipt;
      first ??= receipt;
      if (first.offset !== (at ?? first.offset))
        throw new Retryable(
          `shard ${shard}: the journal goes on at offset ${first.offset}, not ${at}: who was asked for its end did not lead it`,
        );
      if (offset !== first.offset + i)
        throw new Error(`the journal's parts are not contiguous: part ${i} of ${first.offset} is at ${offset}`);
    }
    if (first === null) throw new Error('a transaction must have a journal record');
    // crash point: transaction-journal-sent
    for (const round of roundsOf(records)) {
      const fault = faultOf(round, await send(open, round, now));
      if (fault !== null) throw new Error(fault);
    }
    // crash point: transaction-outputs-sent
    await open.commit();
    // crash point: transaction-ended
    return first;
  };

  let usedUp = false;
  return {
    async commit(parts, records, now, at): Promise<CommitOutcome> {
      if (usedUp || closed !== null) throw new Error('this sink is used up: an outcome other than committed ends it');
      usedUp = true; // also while this commit runs: a second one beside it would be a defect
      try {
        const done = await within(attempt(parts, records, now, at), transactionTimeoutMs, 'committing a step');
        usedUp = false;
        return { outcome: 'committed', ...done };
      } catch (error) {
        void close(false);
        const cause = asError(error);
        const reaction = reactionTo(error, `committing a step of shard ${shard}`);
        if (reaction instanceof Halt) throw reaction;
        if (isRefusal(error)) return { outcome: 'refused', cause };
        return { outcome: 'unknown', cause: reaction instanceof Fenced ? reaction : cause };
      }
    },
    close: () => close(!usedUp),
  };
}

/** Only the broker's word that the previous transaction is still ending leads to another attempt: it says so before it takes any record. */
async function firstSend(send: () => Promise<Receipt[]>): Promise<Receipt[]> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await send();
    } catch (error) {
      if (!isType(error, 'CONCURRENT_TRANSACTIONS') || attempts === FIRST_SEND_ATTEMPTS) throw error;
      await sleep(FIRST_SEND_PAUSE_MS);
    }
  }
}

function journalReceipt(round: Round, receipts: readonly Receipt[], topic: string): { offset: number; at: Instant } {
  const [receipt] = receipts;
  const fault = faultOf(round, receipts);
  if (fault !== null || receipt === undefined) throw new Error(fault ?? 'no answer');
  const at = Number(receipt.logAppendTime ?? -1);
  // Nothing is committed yet, so stopping here loses nothing.
  if (at < 0) throw new Halt(`the topic ${topic} must have message.timestamp.type=LogAppendTime: set it, then start again`);
  return { offset: offsetOf(receipt) ?? -1, at: at as Instant };
}

/** The promise's outcome, or a Retryable after `ms`; what it does later is of no interest. */
export async function within<T>(promise: Promise<T>, ms: number, doing: string): Promise<T> {
  const stop = new AbortController();
  try {
    return await Promise.race([
      promise,
      sleep(ms, undefined, { signal: stop.signal }).then(() => {
        throw new Retryable(`${doing} took more than ${ms} ms`);
      }),
    ]);
  } finally {
    stop.abort();
  }
}
