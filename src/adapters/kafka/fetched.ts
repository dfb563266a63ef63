/**
 * What a fetch brought, decoded: takes the place of kafkajs's own decoder of record batches (client.ts installs it), which has no bound on what a batch
 * unpacks to, fails on a batch of many small records, and does not move past offsets that compaction has emptied. What kafkajs handles as a message is a whole record batch
 * here, whose records are made when they are looked at: it makes some objects of each message, and an inbox holds what would live long enough to burden the collector.
 * Also takes the place of its filter of aborted transactions (`withoutAborted`).
 * Boundary: bytes of the record batch format, magic 2 (kafka.apache.org/documentation, "Record Batch"); control records are left to kafkajs.
 * Keeps I11: a batch that cannot be read comes out as one record at its last offset, without a value and with a header that says why.
 */
import kafkajs, { type Batch } from 'kafkajs';
import { type Header, type LogRecord, type Records, UNREADABLE_HEADER } from '../../engine/ports.ts';
import { Unreadable, unpack } from './codecs.ts';

/** One batch may hold so many records; a partition's share of a fetch ends once so many bytes are unpacked. */
const MOST_RECORDS = 200_000;
const SHARE_BYTES = 16 * 1024 * 1024;

const HEADER_BYTES = 61;
const NO_BYTES = Buffer.alloc(0);

/** The part of kafkajs's decoder that is used. */
interface Bytes {
  readInt32(): number;
  readBytes(length: number): Buffer;
  canReadBytes(length: number): boolean;
}

interface BatchContext {
  readonly producerId: string;
  readonly inTransaction: boolean;
}

/** A record batch as kafkajs's filter of aborted transactions and of offsets wants a message. */
export class FetchedBatch {
  /** its last one, of a record that may be gone */
  readonly offset: string;
  /** of a control batch's only record */
  readonly key: Buffer | null;
  readonly isControlRecord: boolean;
  readonly batchContext: BatchContext;
  /** its first one */
  readonly base: number;
  readonly records: Records;

  constructor(base: number, last: number, records: Records, isControlRecord: boolean, batchContext: BatchContext) {
    this.offset = String(last);
    this.key = isControlRecord ? (records.at(0)?.key ?? null) : null;
    this.isControlRecord = isControlRecord;
    this.batchContext = batchContext;
    this.base = base;
    this.records = records;
  }
}

/** The record batches of one partition's share of a fetch. What is cut off at the end is fetched again. */
export async function decodeFetched(decoder: Bytes): Promise<FetchedBatch[]> {
  const size = decoder.readInt32();
  if (size <= 0 || !decoder.canReadBytes(size)) return [];
  const set = decoder.readBytes(size);
  const found: FetchedBatch[] = [];
  let unpacked = 0;
  for (let at = 0; at + HEADER_BYTES <= set.length && unpacked < SHARE_BYTES; ) {
    const end = at + 12 + set.readInt32BE(at + 8);
    if (end > set.length) break;
    const batch = await decodeBatch(set.subarray(at, end));
    found.push(batch);
    unpacked += batch.records.bytes ?? 0;
    at = end;
  }
  return found;
}

async function decodeBatch(batch: Buffer): Promise<FetchedBatch> {
  const magic = batch.readInt8(16);
  if (magic !== 2) {
    throw new kafkajs.KafkaJSNonRetriableError(
      `a partition holds records in message format ${magic}, older than Kafka 0.11: copy the topic with a current producer`,
    );
  }
  const base = Number(batch.readBigInt64BE(0));
  const attributes = batch.readInt16BE(21);
  const last = base + batch.readInt32BE(23);
  const control = (attributes & 0x20) !== 0;
  const context = { producerId: String(batch.readBigInt64BE(43)), inTransaction: (attributes & 0x10) !== 0 };
  try {
    const codec = attributes & 0x07;
    const packed = batch.subarray(HEADER_BYTES);
    // Copied where it is not unpacked: what waits would keep the whole answer, with the shares of all other partitions.
    const records = Unpacked.of(codec === 0 ? Buffer.from(packed) : await unpack(codec, packed), batch, base);
    return new FetchedBatch(base, last, records, control, context);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const why = Buffer.from(`${base} ${last} ${error.message}`);
    const record = { offset: last, timestamp: -1, key: null, value: null, headers: [{ key: UNREADABLE_HEADER, value: why }] };
    return new FetchedBatch(base, last, [record], false, context);
  }
}

/** What a record batch says of all its records. */
interface Common {
  readonly bytes: Buffer;
  readonly base: number;
  readonly firstTime: number;
  /** null: each has its own */
  readonly appendTime: number | null;
  /** where each record begins, and behind the last one */
  readonly starts: Int32Array;
}

/** A stretch of the records of one batch, sound from the first to the last. */
class Unpacked implements Records {
  readonly length: number;
  readonly #of: Common;
  readonly #from: number;

  private constructor(of: Common, from: number, to: number) {
    this.#of = of;
    this.#from = from;
    this.length = to - from;
  }

  /** Throws Unreadable, before any record is made. */
  static of(bytes: Buffer, batch: Buffer, base: number): Unpacked {
    const count = batch.readInt32BE(57);
    if (count < 0 || count > MOST_RECORDS) throw new Unreadable(`it has ${count} records, more than ${MOST_RECORDS}`);
    const appendTime = (batch.readInt16BE(21) & 0x08) === 0 ? null : Number(batch.readBigInt64BE(35));
    const firstTime = Number(batch.readBigInt64BE(27));
    const cursor = new Cursor(bytes);
    const starts = new Int32Array(count + 1);
    for (let i = 0; i < count; i++) {
      starts[i] = cursor.at;
      const end = cursor.varint() + cursor.at;
      cursor.passRecord();
      if (cursor.at !== end) throw new Unreadable('its records are corrupt');
    }
    starts[count] = cursor.at;
    return new Unpacked({ bytes, base, firstTime, appendTime, starts }, 0, count);
  }

  get bytes(): number {
    const { starts } = this.#of;
    return (starts[this.#from + this.length] ?? 0) - (starts[this.#from] ?? 0);
  }

  at(index: number): LogRecord | undefined {
    if (index < 0 || index >= this.length) return undefined;
    const { bytes, base, firstTime, appendTime, starts } = this.#of;
    const cursor = new Cursor(bytes, starts[this.#from + index]);
    cursor.varint();
    cursor.at += 1; // a record's own attributes are unused
    const time = firstTime + cursor.varint();
    const offset = base + cursor.varint();
    const key = cursor.nullable();
    const value = cursor.nullable();
    const headers: Header[] = [];
    for (let left = cursor.varint(); left > 0; left--) {
      const name = cursor.nullable()?.toString('utf8') ?? '';
      headers.push({ key: name, value: cursor.nullable() ?? NO_BYTES });
    }
    return { offset, timestamp: appendTime ?? time, key, value, headers };
  }

  slice(from: number, to: number): Unpacked {
    return new Unpacked(this.#of, this.#from + from, this.#from + to);
  }
}

/** Records of several batches, one behind the other. */
class Share implements Records {
  readonly length: number;
  readonly #parts: readonly Records[];
  /** the part that was looked into last, and the index of its first record */
  #part = 0;
  #first = 0;

  constructor(parts: readonly Records[]) {
    this.#parts = parts;
    this.length = parts.reduce((sum, { length }) => sum + length, 0);
  }

  get bytes(): number {
    return this.#parts.reduce((sum, { bytes = 0 }) => sum + bytes, 0);
  }

  at(index: number): LogRecord | undefined {
    if (index < this.#first) {
      this.#part = 0;
      this.#first = 0;
    }
    for (let part = this.#parts[this.#part]; part !== undefined; part = this.#parts[++this.#part]) {
      if (index < this.#first + part.length) return part.at(index - this.#first);
      this.#first += part.length;
    }
    return undefined;
  }

  slice(from: number, to: number): Share {
    let first = 0;
    const parts: Records[] = [];
    for (const part of this.#parts) {
      const [begin, end] = [Math.max(0, from - first), Math.min(part.length, to - first)];
      if (begin < end) parts.push(part.slice(begin, end));
      first += part.length;
      if (first >= to) break;
    }
    return new Share(parts);
  }
}

class Cursor {
  at: number;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** A zigzag number of up to ten bytes; beyond 2^53 it is only near. */
  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined || scale > 2 ** 63) throw new Unreadable('its records are corrupt');
      value += (byte & 0x7f) * scale;
      if (byte < 128) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
  }

  /** Over a record, behind its length. */
  passRecord(): void {
    this.at += 1;
    this.varint();
    this.varint();
    this.#pass();
    this.#pass();
    for (let left = this.varint(); left > 0; left--) {
      this.#pass();
      this.#pass();
    }
  }

  #pass(): void {
    const length = this.varint();
    if (length > 0) this.at += length;
    if (this.at > this.#bytes.length) throw new Unreadable('its records are corrupt');
  }

  nullable(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    const end = this.at + length;
    const bytes = this.#bytes.subarray(this.at, end);
    this.at = end;
    return bytes;
  }
}

/** A transaction as a fetch names it: brokers list those that were aborted in the order in which they ended. */
export interface AbortedTransaction {
  readonly producerId: string;
  readonly firstOffset: string;
}

/** The second half of a control record's key: what it marks. */
const isAbortMarker = ({ isControlRecord, key }: FetchedBatch): boolean =>
  isControlRecord && key !== null && key.length >= 4 && key.readInt16BE(2) === 0;

/**
 * The share of a fetch with the batches of aborted transactions made control batches, which pass on the position and nothing else (I2).
 * `aborted` in any order; a transaction of it may have begun before the first batch.
 */
export function withoutAborted(batches: readonly FetchedBatch[], aborted: readonly AbortedTransaction[]): readonly FetchedBatch[] {
  if (aborted.length === 0) return batches;
  const coming = aborted
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: Number(firstOffset) }))
    .sort((a, b) => b.firstOffset - a.firstOffset);
  const within = new Set<string>();
  return batches.map((batch) => {
    for (let next = coming.at(-1); next !== undefined && next.firstOffset <= batch.base; next = coming.at(-1)) {
      within.add(next.producerId);
      coming.pop();
    }
    const { producerId, inTransaction } = batch.batchContext;
    if (isAbortMarker(batch)) within.delete(producerId);
    else if (inTransaction && within.has(producerId))
      return new FetchedBatch(batch.base, Number(batch.offset), NONE, true, batch.batchContext);
    return batch;
  });
}

const NONE: Records = [];

/** kafkajs's batch, with what its types leave out. */
export interface Fetched extends Batch {
  readonly fetchedOffset: string;
}

export const isFetched = (batch: Batch): batch is Fetched => 'fetchedOffset' in batch && typeof batch.fetchedOffset === 'string';

function fetchedFrom(batch: object): number {
  if (!('fetchedOffset' in batch)) throw new Error('kafkajs’s batch does not tell what was fetched');
  return Number(batch.fetchedOffset);
}

/** What kafkajs calls messages. */
export const recordsIn = (messages: readonly object[]): Records =>
  new Share(
    messages.map((message) => {
      if (!(message instanceof FetchedBatch)) throw new Error('a batch was not decoded by this adapter');
      return message.records;
    }),
  );

/** The records of a fetch at or after an offset: unless given, that which was asked for. A record batch is fetched whole. */
export function recordsOf(batch: Pick<Batch, 'messages'>, from = fetchedFrom(batch)): Records {
  const records = recordsIn(batch.messages);
  let [before, behind] = [0, records.length];
  while (before < behind) {
    const middle = (before + behind) >> 1;
    if ((records.at(middle)?.offset ?? from) < from) before = middle + 1;
    else behind = middle;
  }
  return records.slice(before, records.length);
}
