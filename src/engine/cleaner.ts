/**
 * Bounds the journal. When it is several times larger than its states, it is read from its start, and each entry that is still its customer's
 * current one is carried: written again by one of the following steps. When that step has committed and is applied, what lies before is deleted.
 * The journal's start is the only cursor: a crash anywhere only makes it begin again at the start that is left.
 */
import type { CustomerId, Instant } from '../domain/ids.ts';
import type { Engine } from './engine.ts';
import type { PartitionReader } from './reader.ts';
import type { Signal } from './signal.ts';
import { Assembler } from './tail.ts';

export interface Candidate {
  readonly customer: CustomerId;
  readonly offset: number;
  readonly state: Buffer;
  readonly due: Instant | null;
}

/** What one step may carry, and what may be deleted once it is applied. */
export interface Load {
  readonly candidates: readonly Candidate[];
  /** everything before this offset has been handed out; null when no record has been finished */
  readonly before: number | null;
}

/** What an entry takes in the journal, about. */
export const weigh = (customer: CustomerId, state: Buffer | null): number =>
  state === null ? 0 : state.length + Buffer.byteLength(customer) + 16;

type Waiting = { readonly candidate: Candidate } | { readonly before: number; readonly written: number };

/** entries waiting at most, so that reading pauses when steps are slow */
const QUEUE = 8_000;
/** bytes handed out to a step at least: many entries to each that a small step writes */
const LEAST = 64 << 10;

export class Cleaner {
  readonly #engine: Engine;
  readonly #shard: number;
  readonly #reader: PartitionReader;
  readonly #wake: Signal;
  #start: number;
  /** what lies before has been handed out; it is deleted when it is applied */
  #handed: number;
  /** `writtenBytes` of the record at the journal's start; null until it has been read */
  #startBytes: number | null = null;
  #queue: Waiting[] = [];
  #running = false;
  readonly #over = new AbortController();
  #room: (() => void) | null = null;

  constructor(engine: Engine, shard: number, reader: PartitionReader, start: number, wake: Signal) {
    this.#engine = engine;
    this.#shard = shard;
    this.#reader = reader;
    this.#start = start;
    this.#handed = start;
    this.#wake = wake;
  }

  get waiting(): boolean {
    return this.#queue.length > 0;
  }

  /** Bytes between the journal's start and `writtenBytes`, as far as known: too many until the start has been read, which a round does as soon as it would matter. */
  bytes(writtenBytes: number): number {
    return writtenBytes - (this.#startBytes ?? 0);
  }

  /** Begins a round where one is due. `end`: the next journal offset; `failed` is told what a round broke on. */
  consider(writtenBytes: number, stateBytes: number, end: number, failed: (error: unknown) => void): void {
    if (this.#running || this.#over.signal.aborted || this.#queue.length > 0) return;
    const limit = Math.max(this.#engine.limits.journalLeast, this.#engine.limits.journalFactor * stateBytes);
    if (this.bytes(writtenBytes) <= limit) return;
    this.#running = true;
    // The newest stretch is left alone: most of it is current, and carrying it would gain nothing.
    this.#round(end, writtenBytes - (limit + stateBytes) / 2)
      .catch((error: unknown) => {
        if (!this.#over.signal.aborted) failed(error);
      })
      .finally(() => {
        this.#running = false;
      });
  }

  async #round(end: number, upTo: number): Promise<void> {
    const topic = `${this.#engine.settings.topics.journal}-${this.#shard}`;
    this.#engine.ports.log.debug({ shard: this.#shard, from: this.#handed, to: end }, 'cleaning the journal');
    const assembler = new Assembler(topic, true);
    for await (const records of this.#reader.read(this.#handed, end, this.#over.signal)) {
      for (const record of records) {
        const step = assembler.add(record);
        if (step === null) continue;
        this.#startBytes ??= step.header.writtenBytes;
        if (step.header.writtenBytes > upTo) return;
        // Its first part's offset: what lies before it is finished.
        this.#queue.push({ before: step.offset, written: step.header.writtenBytes });
        for (const { customer, state, due } of step.entries) {
          if (state !== null) this.#queue.push({ candidate: { customer, offset: step.offset, state, due } });
        }
      }
      this.#wake.notify();
      while (this.#queue.length > QUEUE && !this.#over.signal.aborted) {
        await new Promise<void>((resolve) => {
          this.#room = resolve;
        });
      }
      if (this.#over.signal.aborted) return;
    }
  }

  /**
   * Takes candidates for a step: twice the bytes that the last one wrote. Of what is handed out at most the current states are written again, so a round
   * over more than twice the states leaves less than it found, however fast the journal grows meanwhile.
   * @param written bytes of the last step in the journal
   */
  take(written: number): Load {
    const most = Math.max(LEAST, 2 * written);
    const candidates: Candidate[] = [];
    let before: number | null = null;
    let size = 0;
    let taken = 0;
    for (const waiting of this.#queue) {
      if ('before' in waiting) {
        before = waiting.before;
        this.#handed = before;
        this.#startBytes = waiting.written;
      } else {
        if (size >= most) break;
        candidates.push(waiting.candidate);
        size += weigh(waiting.candidate.customer, waiting.candidate.state);
      }
      taken += 1;
    }
    this.#queue.splice(0, taken);
    if (this.#queue.length <= QUEUE / 2) this.#room?.();
    return { candidates, before };
  }

  /** The step that carried a load is applied. */
  async applied(load: Load): Promise<void> {
    if (load.before === null || load.before <= this.#start) return;
    // crash point: cleaner-carried
    await this.#engine.ports.logs.deleteBefore({ topic: this.#engine.settings.topics.journal, partition: this.#shard }, load.before);
    // crash point: cleaner-deleted
    this.#start = load.before;
  }

  stop(): void {
    this.#over.abort();
    this.#room?.();
  }
}
