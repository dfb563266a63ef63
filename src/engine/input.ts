/**
 * One input partition of a shard: what waits in its bounded inbox, how far it has been fetched and taken, and what it says about time.
 * Keeps I4 (the next record taken is the position's) and I11 (no record is skipped): a batch that does not join on is not accepted.
 */
import type { Instant } from '../domain/ids.ts';
import { digest } from './digest.ts';
import type { Limits } from './engine.ts';
import { Halt } from './errors.ts';
import type { InputPosition } from './journal.ts';
import type { Decoded, Ends, LogRecord, Origin, Passed, Records, TopicPartition } from './ports.ts';
import { made } from './records.ts';

/** A record waiting in an inbox, decoded. */
export interface Item {
  readonly input: Input;
  readonly record: LogRecord;
  /** where it first entered: another topic when it was rerouted */
  readonly origin: Origin;
  readonly decoded: Decoded | Passed;
}

interface Piece {
  readonly records: Records;
  readonly bytes: number;
  /** the offset after all that it covers, markers included */
  readonly next: number;
}

const sizeOf = (record: LogRecord): number => (record.key?.length ?? 0) + (record.value?.length ?? 0) + 64;

const sizesOf = (records: readonly LogRecord[]): number => records.reduce((sum, record) => sum + sizeOf(record), 0);
const bytesOf = (records: Records): number => records.bytes ?? sizesOf(made(records));

export class Input {
  readonly tp: TopicPartition;
  readonly #limits: Limits;
  /** batches as they came, not yet decoded */
  #raw: Piece[] = [];
  /** decoded, in offset order; taken from `#head` on */
  #items: Item[] = [];
  #head = 0;
  /** where the batch that each tail of `#items` belongs to ends: [index after its last item, next] */
  #marks: [number, number][] = [];
  #records = 0;
  #bytes = 0;
  /** the next offset expected from the source */
  fetchNext = 0;
  /** the next offset to be taken by a step (I4) */
  position = 0;
  last: InputPosition['last'] = null;
  /** running maximum of event time taken */
  newest: Instant | null = null;
  /** the bound its end gave, while it is not behind */
  end: Instant | null = null;
  /** when the question was sent whose answer gave `end` */
  endAsked: Instant | null = null;
  /** an answer about its end that the position has not reached yet */
  #asked: { readonly bound: Instant; readonly end: number; readonly sent: Instant } | null = null;
  /** the furthest end it was told of; a log never ends before it */
  #furthest = 0;
  #verify: InputPosition['last'] = null;
  paused = true;
  /** records taken since what waits was last decoded, and how many are decoded ahead: twice as many, since more decoded records than needed only burden the collector */
  #took = 0;
  #ahead: number;

  constructor(position: InputPosition, limits: Limits) {
    this.#limits = limits;
    this.#ahead = limits.decodeRecords;
    this.tp = { topic: position.topic, partition: position.partition };
    this.position = position.next;
    this.last = position.last;
    this.newest = position.newest;
    this.#verify = position.last;
    this.fetchNext = position.last === null ? position.next : position.last.offset;
  }

  /** What stands in the journal after a step that has taken up to here; `end` is the bound in force while the step took. */
  toPosition(end: Instant | null): InputPosition {
    return { ...this.tp, next: this.position, last: this.last, newest: this.newest, end };
  }

  get waiting(): boolean {
    return this.#raw.length > 0 || this.#head < this.#items.length;
  }
  /** the furthest end that is known of its log */
  get knownEnd(): number {
    return Math.max(this.#furthest, this.fetchNext);
  }
  get full(): boolean {
    return this.#records >= this.#limits.inboxRecords || this.#bytes >= this.#limits.inboxBytes;
  }
  get belowHalf(): boolean {
    return this.#records < this.#limits.inboxRecords / 2 && this.#bytes < this.#limits.inboxBytes / 2;
  }

  /** Takes in a batch of the source, in pieces until it is full; returns how many of its records were accepted. Never waits. */
  offer(records: Records, next: number): number {
    if (next <= this.fetchNext) return records.length;
    if (this.full) return 0;
    const { decodeRecords, inboxRecords } = this.#limits;
    let upTo = 0;
    let first = records.at(0);
    while (first !== undefined && first.offset < this.fetchNext) first = records.at(++upTo);
    upTo += this.#verified(first) ? 1 : 0;
    do {
      const piece = records.slice(upTo, Math.min(upTo + decodeRecords, upTo + inboxRecords - this.#records, records.length));
      upTo += piece.length;
      const last = upTo === records.length ? undefined : piece.at(piece.length - 1);
      this.fetchNext = last === undefined ? next : last.offset + 1;
      const bytes = bytesOf(piece);
      this.#raw.push({ records: piece, bytes, next: this.fetchNext });
      this.#records += piece.length;
      this.#bytes += bytes;
    } while (upTo < records.length && !this.full);
    return upTo;
  }

  /** After a takeover the source is sought to the record before the position; here it is compared, and whether it is that record is returned. */
  #verified(first: LogRecord | undefined): boolean {
    const known = this.#verify;
    if (known === null || first === undefined) return false;
    this.#verify = null;
    // Compaction may have removed it; but nothing can stand between it and the position.
    if (first.offset >= this.position) return false;
    if (first.offset === known.offset && digest(first) === known.digest) return true;
    throw new Halt(
      `${this.tp.topic}-${this.tp.partition}: the record at offset ${known.offset} is not the one that was processed there: the topic was deleted and created again. ` +
        'Restore it, or accept the gap with `rapport shards accept`, or start under a new application id.',
    );
  }

  /** The next piece to decode, while what is decoded is less than a step may take from here; `decodedBatch` must follow. */
  nextRaw(): { readonly records: readonly LogRecord[]; readonly next: number } | undefined {
    const { decodeRecords, stepRecords } = this.#limits;
    if (this.#took > 0) this.#ahead = Math.min(stepRecords, Math.max(decodeRecords, 2 * this.#took));
    this.#took = 0;
    const piece = this.#items.length - this.#head < this.#ahead ? this.#raw.shift() : undefined;
    if (piece === undefined) return undefined;
    const records = made(piece.records);
    this.#bytes += sizesOf(records) - piece.bytes;
    return { records, next: piece.next };
  }

  decodedBatch(items: readonly Item[], next: number): void {
    for (const item of items) this.#items.push(item);
    this.#marks.push([this.#items.length, next]);
    this.#pass();
  }

  peek(): Item | undefined {
    return this.#items[this.#head];
  }

  /** The place of its next item in the merge order: the running maximum of event time. A record without a valid time takes its predecessor's. */
  orderOf(item: Item, future: Instant): number {
    const at = timeOf(item, future);
    const newest = this.newest ?? Number.NEGATIVE_INFINITY;
    return at === null ? newest : Math.max(newest, at);
  }

  /** Takes the item that `peek` shows. */
  take(item: Item, future: Instant): void {
    const at = timeOf(item, future);
    if (at !== null && (this.newest === null || at > this.newest)) this.newest = at;
    this.#head += 1;
    this.#took += 1;
    this.#records -= 1;
    this.#bytes -= sizeOf(item.record);
    this.position = item.record.offset + 1;
    this.#pass();
  }

  /** Moves the position over markers behind what has been taken whole. */
  #pass(): void {
    while (this.#marks.length > 0 && (this.#marks[0]?.[0] ?? 0) <= this.#head)
      this.position = Math.max(this.position, this.#marks.shift()?.[1] ?? 0);
    if (this.#head > 1_024 && this.#head * 2 > this.#items.length) {
      this.#items.splice(0, this.#head);
      for (const mark of this.#marks) mark[0] -= this.#head;
      this.#head = 0;
    }
  }

  /** Remembers the last record that a step took, for the journal. */
  remember(record: LogRecord): void {
    this.last = { offset: record.offset, digest: digest(record) };
  }

  /** What does not fit between the log's bounds and what has been read of it, or null: what is left to read is gone, or the log is another one. */
  misfit({ start, end }: Ends): string | null {
    if (end < this.#furthest) return `it ends at ${end}, and has ended at ${this.#furthest}`;
    this.#furthest = end;
    return start > this.fetchNext && !this.waiting ? `it begins at ${start}, after ${this.fetchNext}, which was to be read next` : null;
  }

  /** An answer to a question sent at `sent`: records behind `end` will have event times above `bound`. Holds once the position has reached `end`. */
  ended(bound: Instant, end: number, sent: Instant): void {
    this.#asked ??= { bound, end, sent };
    this.settle();
  }

  /** Whether the position has reached an end it was told of; call after each take. */
  settle(): void {
    if (this.#asked === null || this.position < this.#asked.end) return;
    if (this.end === null || this.#asked.bound > this.end) this.end = this.#asked.bound;
    this.endAsked = this.#asked.sent;
    this.#asked = null;
  }

  /** Whether its end was last confirmed longer ago than this, and there is something before the end. */
  stalled(now: Instant, limit: number): boolean {
    return this.endAsked !== null && now - this.endAsked > limit && (this.waiting || this.#asked !== null);
  }

  /** The input has stalled: it is behind again until an end is reached. */
  fallBehind(): void {
    this.end = null;
    this.endAsked = null;
  }
}

/** An item's event time, or null when it has none that may move a clock. */
function timeOf(item: Item, future: Instant): Instant | null {
  return item.decoded.outcome === 'event' && item.decoded.event.at <= future ? item.decoded.event.at : null;
}
