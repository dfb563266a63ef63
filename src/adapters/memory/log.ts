/**
 * One partition of the in-memory Kafka: an append-only log with transactions. Boundary: offsets, markers, the last stable offset, the log start; who may
 * write is decided in kafka.ts. As in Kafka, the end of a transaction leaves one control record in each partition it touched, so offsets have gaps.
 */
import type { LogRecord } from '../../engine/ports.ts';

export interface Transaction {
  state: 'open' | 'committed' | 'aborted';
  readonly touched: Set<MemoryLog>;
}

interface Slot {
  /** null: a marker */
  readonly record: LogRecord | null;
  readonly transaction: Transaction | null;
}

export interface Fetched {
  readonly records: LogRecord[];
  /** the offset after everything the answer covers */
  readonly next: number;
}

export class MemoryLog {
  #start = 0;
  /** every offset from `#start` on has its slot, so slot i is offset `#start + i` */
  #slots: Slot[] = [];
  /** open transactions and the first offset of each */
  readonly #open = new Map<Transaction, number>();

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#start + this.#slots.length;
  }

  /** The last stable offset: all before it is decided. */
  get stable(): number {
    return Math.min(this.end, ...this.#open.values());
  }

  append(record: Omit<LogRecord, 'offset'>, transaction: Transaction | null): number {
    const offset = this.end;
    this.#slots.push({ record: { ...record, offset }, transaction });
    if (transaction !== null) {
      transaction.touched.add(this);
      if (!this.#open.has(transaction)) this.#open.set(transaction, offset);
    }
    return offset;
  }

  /** The control record at the end of a transaction. */
  mark(transaction: Transaction): void {
    this.#slots.push({ record: null, transaction });
    this.#open.delete(transaction);
  }

  /** Committed records from an offset on, read_committed. The offset must lie within [start, end]. */
  read(from: number, limit = Number.POSITIVE_INFINITY): Fetched {
    const records: LogRecord[] = [];
    const stable = this.stable;
    let next = from;
    for (; next < stable && records.length < limit; next++) {
      const slot = this.#slots[next - this.#start];
      if (slot !== undefined && slot.record !== null && slot.transaction?.state !== 'aborted') records.push(slot.record);
    }
    return { records, next };
  }

  deleteBefore(offset: number): void {
    if (offset > this.stable) throw new Error(`offset ${offset} lies after the last stable offset ${this.stable}`);
    if (offset <= this.#start) return;
    this.#slots = this.#slots.slice(offset - this.#start);
    this.#start = offset;
  }
}
