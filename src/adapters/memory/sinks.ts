/**
 * The port `Sinks` on the in-memory Kafka, with faults to order. Keeps I1 (opening fences), I2 (one transaction), I12 (a sink is used up by its first
 * outcome that is not `committed`).
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Instant } from '../../domain/ids.ts';
import { Fenced } from '../../engine/errors.ts';
import type { CommitOutcome, OutRecord, Sinks, TransactionalSink } from '../../engine/ports.ts';
import { type MemoryKafka, type MemoryProducer, ProducerFenced, RecordRefused } from './kafka.ts';

/**
 * `unknown-committed`: it happened, the answer was lost. `unknown-aborted`: it did not. `unknown-open`: the records are written and nothing ends the
 * transaction until the id is initialised again. `refused`: likewise, and it would be refused again.
 */
export type CommitFault = 'unknown-committed' | 'unknown-aborted' | 'unknown-open' | 'refused';

export interface Attempt {
  readonly shard: number;
  readonly journal: readonly Buffer[];
  readonly records: readonly OutRecord[];
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

/** @param journal the journal topic */
export function memorySinks(kafka: MemoryKafka, applicationId: string, journal: string): MemorySinks {
  const faults: SinkFaults = { nextCommit: null, onCommit: null, beforeCommit: null, afterCommit: null, nextOpen: null };
  return {
    faults,
    async open(shard) {
      await turn();
      const error = faults.nextOpen;
      faults.nextOpen = null;
      if (error !== null) throw error;
      return new MemorySink(kafka, kafka.producer(`${applicationId}-${shard}`), shard, journal, faults);
    },
  };
}

class MemorySink implements TransactionalSink {
  readonly #kafka: MemoryKafka;
  readonly #producer: MemoryProducer;
  readonly #shard: number;
  readonly #journal: string;
  readonly #faults: SinkFaults;
  #usable = true;

  constructor(kafka: MemoryKafka, producer: MemoryProducer, shard: number, journal: string, faults: SinkFaults) {
    this.#kafka = kafka;
    this.#producer = producer;
    this.#shard = shard;
    this.#journal = journal;
    this.#faults = faults;
  }

  async commit(journal: readonly Buffer[], records: readonly OutRecord[], timestamp: Instant): Promise<CommitOutcome> {
    if (!this.#usable) throw new Error('this sink is used up, or busy with another commit');
    this.#usable = false;
    const attempt: Attempt = { shard: this.#shard, journal, records };
    const fault = this.#faults.nextCommit ?? this.#faults.onCommit?.(attempt) ?? null;
    this.#faults.nextCommit = null;
    try {
      const outcome = await this.#transaction(attempt, timestamp, fault);
      this.#usable = outcome.outcome === 'committed';
      return outcome;
    } catch (cause) {
      if (cause instanceof ProducerFenced) return { outcome: 'unknown', cause: new Fenced(cause.message, { cause }) };
      if (!(cause instanceof RecordRefused)) throw cause;
      // Left open, as the real one leaves it: opening the id again aborts it.
      return { outcome: 'refused', cause };
    }
  }

  async #transaction(attempt: Attempt, timestamp: Instant, fault: CommitFault | null): Promise<CommitOutcome> {
    // 1. the journal first and alone
    await turn();
    const to = { topic: this.#journal, partition: this.#shard };
    const parts = attempt.journal.map((value) => ({ key: null, value, headers: [], timestamp }));
    const [offset] = this.#producer.send(to, parts);
    const at = this.#kafka.now() as Instant;
    if (offset === undefined) throw new Error('a step without a journal record');
    // 2. all else
    await turn();
    for (const record of attempt.records) this.#producer.send(record, [{ ...record, timestamp }]);
    await this.#faults.beforeCommit?.(attempt);
    // 3. the end, or what a fault makes of it
    await turn();
    const unknown = (): CommitOutcome => ({ outcome: 'unknown', cause: new Error(`injected: ${fault}`) });
    if (fault === 'unknown-open') return unknown();
    if (fault === 'refused') return { outcome: 'refused', cause: new Error('injected: refused') };
    this.#producer.end(fault === 'unknown-aborted' ? 'aborted' : 'committed');
    await this.#faults.afterCommit?.(attempt);
    return fault === null ? { outcome: 'committed', offset, at } : unknown();
  }

  close(): Promise<void> {
    this.#usable = false;
    return Promise.resolve();
  }
}
