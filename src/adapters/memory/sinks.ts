/**
 * The port `Sinks` on the in-memory Kafka, with faults to order. Keeps I1 (opening fences), I2 (one transaction), I12 (a sink is used up by its first
 * outcome that is not `committed`).
 */
import type { Instant } from '../../domain/ids.ts';
import { Fenced, Retryable } from '../../engine/errors.ts';
import type { CommitOutcome, OutRecord, Sinks, TransactionalSink } from '../../engine/ports.ts';
import { type MemoryKafka, type MemoryProducer, ProducerFenced, RecordRefused, TransactionEnding } from './kafka.ts';
import { DIRECT, type Link } from './link.ts';

/**
 * `unknown-committed`: it happened, the answer was lost. `unknown-aborted`: it did not. `unknown-open`: the records are written and nothing ends the
 * transaction until the id is initialised again. `refused`: likewise, and it would be refused again.
 */
export type CommitFault = 'unknown-committed' | 'unknown-aborted' | 'unknown-open' | 'refused';

export interface Attempt {
  readonly shard: number;
  readonly journal: readonly Buffer[];
  readonly records: readonly OutRecord[];
  /** where the first part must come to stand */
  readonly at?: number;
}

export interface SinkFaults {
  /** the next commit's fault; taken once */
  nextCommit: CommitFault | null;
  /** asked at every commit, after `nextCommit` */
  onCommit: ((attempt: Attempt) => CommitFault | null) | null;
  /** awaited between writing and committing: a promise that stays open is a worker that hangs inside its transaction */
  beforeCommit: ((attempt: Attempt) => Promise<void>) | null;
  /** awaited between committing and answering */
  afterCommit: ((attempt: Attempt) => Promise<void>) | null;
  /** thrown by the next `open`; taken once */
  nextOpen: Error | null;
}

export interface MemorySinks extends Sinks {
  readonly faults: SinkFaults;
}

/** How often it is asked again while the outcome of the transaction before is being written. */
const ATTEMPTS = 200;

/** A request that the broker puts off while a transaction is ending. */
async function persistently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof TransactionEnding)) throw error;
      if (attempt === ATTEMPTS) throw new Retryable('the transaction before is still ending', { cause: error });
    }
  }
}

/** @param journal the journal topic */
export function memorySinks(kafka: MemoryKafka, applicationId: string, journal: string, link: Link = DIRECT): MemorySinks {
  const faults: SinkFaults = { nextCommit: null, onCommit: null, beforeCommit: null, afterCommit: null, nextOpen: null };
  return {
    faults,
    async open(shard) {
      const error = faults.nextOpen;
      faults.nextOpen = null;
      if (error !== null) throw error;
      const producer = await persistently(() => link.call('initialise', () => kafka.producer(`${applicationId}-${shard}`)));
      return new MemorySink({ kafka, producer, shard, journal, faults, link });
    },
  };
}

interface SinkContext {
  readonly kafka: MemoryKafka;
  readonly producer: MemoryProducer;
  readonly shard: number;
  readonly journal: string;
  readonly faults: SinkFaults;
  readonly link: Link;
}

class MemorySink implements TransactionalSink {
  readonly #context: SinkContext;
  #usable = true;

  constructor(context: SinkContext) {
    this.#context = context;
  }

  async commit(journal: readonly Buffer[], records: readonly OutRecord[], timestamp: Instant, at?: number): Promise<CommitOutcome> {
    if (!this.#usable) throw new Error('this sink is used up, or busy with another commit');
    this.#usable = false;
    const { shard, faults } = this.#context;
    const attempt: Attempt = { shard, journal, records, ...(at !== undefined && { at }) };
    const fault = faults.nextCommit ?? faults.onCommit?.(attempt) ?? null;
    faults.nextCommit = null;
    try {
      const outcome = await this.#transaction(attempt, timestamp, fault);
      this.#usable = outcome.outcome === 'committed';
      return outcome;
    } catch (cause) {
      if (cause instanceof ProducerFenced) return { outcome: 'unknown', cause: new Fenced(cause.message, { cause }) };
      if (cause instanceof Retryable) return { outcome: 'unknown', cause };
      if (!(cause instanceof RecordRefused)) throw cause;
      // Left open, as the real one leaves it: opening the id again aborts it.
      return { outcome: 'refused', cause };
    }
  }

  async #transaction(attempt: Attempt, timestamp: Instant, fault: CommitFault | null): Promise<CommitOutcome> {
    const { kafka, producer, shard, journal, faults, link } = this.#context;
    // 1. the journal first and alone
    const to = { topic: journal, partition: shard };
    const parts = attempt.journal.map((value) => ({ key: null, value, headers: [], timestamp }));
    const sent = await persistently(() =>
      link.call('produce the journal', () => ({ offsets: producer.send(to, parts), at: kafka.now() as Instant })),
    );
    const [offset] = sent.offsets;
    if (offset === undefined) throw new Error('a step without a journal record');
    if (offset !== (attempt.at ?? offset)) throw new Retryable(`the journal goes on at offset ${offset}, not ${attempt.at}`);
    // 2. all else: a request to each broker, side by side; what one of them answers counts when all have
    const byBroker = Map.groupBy(attempt.records, (record) => kafka.leader(record));
    const requests = [...byBroker].map(([broker, records]) =>
      link.call(`produce to broker ${broker}`, () => {
        for (const record of records) producer.send(record, [{ ...record, timestamp }]);
      }),
    );
    for (const answer of await Promise.allSettled(requests)) if (answer.status === 'rejected') throw answer.reason;
    await faults.beforeCommit?.(attempt);
    // 3. the end, or what a fault makes of it
    const unknown = (): CommitOutcome => ({ outcome: 'unknown', cause: new Error(`injected: ${fault}`) });
    if (fault === 'unknown-open') return unknown();
    if (fault === 'refused') return { outcome: 'refused', cause: new Error('injected: refused') };
    await link.call('end the transaction', () => producer.end(fault === 'unknown-aborted' ? 'aborted' : 'committed'));
    await faults.afterCommit?.(attempt);
    return fault === null ? { outcome: 'committed', offset, at: sent.at } : unknown();
  }

  close(): Promise<void> {
    this.#usable = false;
    return Promise.resolve();
  }
}
