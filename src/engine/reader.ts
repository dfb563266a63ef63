/**
 * Reads a stretch of one partition through the consumer's own membership: sought, resumed, taken in batch by batch, paused again. Used for the
 * journal's tail, for the cleaner and to compare a position. One reader a partition, one read at a time, at most one fetch in memory.
 */
import { Fenced, Retryable } from './errors.ts';
import type { Clock, LogRecord, Records, Source, TopicPartition } from './ports.ts';
import { made } from './records.ts';
import { Signal } from './signal.ts';

/** ms without any answer from the broker */
const PATIENCE = 30_000;

export class PartitionReader {
  readonly tp: TopicPartition;
  readonly #source: Pick<Source, 'seek' | 'pause' | 'resume'>;
  readonly #clock: Clock;
  readonly #signal = new Signal();
  #batch: { records: readonly LogRecord[]; next: number } | null = null;
  #expected = -1;
  #active = false;

  constructor(tp: TopicPartition, source: Pick<Source, 'seek' | 'pause' | 'resume'>, clock: Clock) {
    this.tp = tp;
    this.#source = source;
    this.#clock = clock;
  }

  /** A batch of the source; returns how many records were accepted. */
  offer(records: Records, next: number): number {
    if (!this.#active || this.#batch !== null) return 0;
    if (next <= this.#expected) return records.length;
    this.#batch = { records: made(records).filter((record) => record.offset >= this.#expected), next };
    this.#expected = next;
    this.#source.pause([this.tp]);
    this.#signal.notify();
    return records.length;
  }

  /** After a rejoin the source has forgotten where it was. */
  rejoined(): void {
    if (!this.#active) return;
    this.#source.seek(this.tp, this.#expected);
    if (this.#batch === null) this.#source.resume([this.tp]);
  }

  /**
   * All committed records with `from` ≤ offset < `to`, a fetch at a time; `to` must not lie beyond the last stable offset. Ends with Fenced when `over` aborts: of a
   * shard that was dropped nothing comes any more, and the next read must find this one gone.
   */
  async *read(from: number, to: number, over: AbortSignal): AsyncGenerator<readonly LogRecord[]> {
    if (from >= to) return;
    const wake = (): void => this.#signal.notify();
    over.addEventListener('abort', wake);
    this.#expected = from;
    this.#batch = null;
    this.#active = true;
    this.#source.seek(this.tp, from);
    this.#source.resume([this.tp]);
    try {
      for (;;) {
        const { records, next } = await this.#next(over);
        const wanted = next > to ? records.filter((record) => record.offset < to) : records;
        if (wanted.length > 0) yield wanted;
        if (next >= to) return;
        this.#batch = null;
        this.#source.resume([this.tp]);
      }
    } finally {
      over.removeEventListener('abort', wake);
      this.#active = false;
      this.#batch = null;
      this.#source.pause([this.tp]);
    }
  }

  async #next(over: AbortSignal): Promise<{ records: readonly LogRecord[]; next: number }> {
    const patience = new AbortController();
    let late = false;
    void this.#clock.sleep(PATIENCE, patience.signal).then(() => {
      late = !patience.signal.aborted;
      this.#signal.notify();
    });
    try {
      for (;;) {
        if (over.aborted) throw new Fenced(`${this.tp.topic}-${this.tp.partition}: the read was given up`);
        const batch = this.#batch;
        if (batch !== null) return batch;
        if (late) throw new Retryable(`${this.tp.topic}-${this.tp.partition}: nothing came from the broker for ${PATIENCE / 1_000} s`);
        await this.#signal.wait();
      }
    } finally {
      patience.abort();
    }
  }
}
