/**
 * What a fetch brought, decoded: takes the place of kafkajs's own decoder of record batches (client.ts installs it), which has no bound on what a batch
 * unpacks to, fails on a batch of many small records, and does not move past offsets that compaction has emptied.
 * Also takes the place of its filter of aborted transactions (`withoutAborted`).
 * Boundary: bytes of the record batch format, magic 2 (kafka.apache.org/documentation, "Record Batch"); control records are left to kafkajs.
 * Keeps I11: a batch that cannot be read comes out as one record at its last offset, without a value and with a header that says why.
 */
import kafkajs, { type Batch } from 'kafkajs';
import { type Header, type LogRecord, UNREADABLE_HEADER } from '../../engine/ports.ts';
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

/** A record as kafkajs's filter of aborted transactions wants it, carrying the record as the engine wants it. */
export class FetchedMessage {
  readonly offset: string;
  readonly key: Buffer | null;
  readonly isControlRecord: boolean;
  readonly batchContext: BatchContext;
  readonly record: LogRecord;

  constructor(record: LogRecord, isControlRecord: boolean, batchContext: BatchContext) {
    this.offset = String(record.offset);
    this.key = record.key;
    this.isControlRecord = isControlRecord;
    this.batchContext = batchContext;
    this.record = record;
  }
}

/** The records of one partition's share of a fetch. What is cut off at the end is fetched again. */
export async function decodeFetched(decoder: Bytes): Promise<FetchedMessage[]> {
  const size = decoder.readInt32();
  if (size <= 0 || !decoder.canReadBytes(size)) return [];
  const set = decoder.readBytes(size);
  const found: FetchedMessage[] = [];
  let unpacked = 0;
  for (let at = 0; at + HEADER_BYTES <= set.length && unpacked < SHARE_BYTES; ) {
    const end = at + 12 + set.readInt32BE(at + 8);
    if (end > set.length) break;
    unpacked += await decodeBatch(set.subarray(at, end), found);
    at = end;
  }
  return found;
}

/** Appends the batch's records; the bytes that they took unpacked. */
async function decodeBatch(batch: Buffer, found: FetchedMessage[]): Promise<number> {
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
  let reached = base - 1;
  let bytes = batch.length;
  try {
    const records = await unpack(attributes & 0x07, batch.subarray(HEADER_BYTES));
    bytes = records.length;
    for (const record of readRecords(records, batch, base)) {
      found.push(new FetchedMessage(record, control, context));
      reached = record.offset;
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const why = Buffer.from(`${base} ${last} ${error.message}`);
    const record = { offset: last, timestamp: -1, key: null, value: null, headers: [{ key: UNREADABLE_HEADER, value: why }] };
    found.push(new FetchedMessage(record, false, context));
    return bytes;
  }
  if (reached < last) {
    // Compaction took the batch's last records: something must still carry the position past them.
    found.push(new FetchedMessage({ offset: last, timestamp: -1, key: null, value: null, headers: [] }, true, context));
  }
  return bytes;
}

function readRecords(bytes: Buffer, batch: Buffer, base: number): LogRecord[] {
  const count = batch.readInt32BE(57);
  if (count < 0 || count > MOST_RECORDS) throw new Unreadable(`it has ${count} records, more than ${MOST_RECORDS}`);
  const appendTime = (batch.readInt16BE(21) & 0x08) === 0 ? null : Number(batch.readBigInt64BE(35));
  const firstTime = Number(batch.readBigInt64BE(27));
  const cursor = new Cursor(bytes);
  const records: LogRecord[] = [];
  for (let i = 0; i < count; i++) {
    const end = cursor.varint() + cursor.at;
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
    if (cursor.at !== end) throw new Unreadable('its records are corrupt');
    records.push({ offset, timestamp: appendTime ?? time, key, value, headers });
  }
  return records;
}

class Cursor {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
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

  nullable(): Buffer | null {
    const length = this.varint();
    if (length < 0) return null;
    const end = this.at + length;
    if (end > this.#bytes.length) throw new Unreadable('its records are corrupt');
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
const isAbortMarker = ({ isControlRecord, key }: FetchedMessage): boolean =>
  isControlRecord && key !== null && key.length >= 4 && key.readInt16BE(2) === 0;

/**
 * The share of a fetch with the records of aborted transactions made control records, which pass on the position and nothing else (I2).
 * `aborted` in any order; a transaction of it may have begun before the first message.
 */
export function withoutAborted(messages: readonly FetchedMessage[], aborted: readonly AbortedTransaction[]): readonly FetchedMessage[] {
  if (aborted.length === 0) return messages;
  const coming = aborted
    .map(({ producerId, firstOffset }) => ({ producerId, firstOffset: Number(firstOffset) }))
    .sort((a, b) => b.firstOffset - a.firstOffset);
  const within = new Set<string>();
  return messages.map((message) => {
    for (let next = coming.at(-1); next !== undefined && next.firstOffset <= message.record.offset; next = coming.at(-1)) {
      within.add(next.producerId);
      coming.pop();
    }
    const { producerId, inTransaction } = message.batchContext;
    if (isAbortMarker(message)) within.delete(producerId);
    else if (inTransaction && within.has(producerId)) return new FetchedMessage(message.record, true, message.batchContext);
    return message;
  });
}

/** kafkajs's batch, with what its types leave out. */
export interface Fetched extends Batch {
  readonly fetchedOffset: string;
}

export const isFetched = (batch: Batch): batch is Fetched => 'fetchedOffset' in batch && typeof batch.fetchedOffset === 'string';

/** The records of a batch at or after an offset. */
export function recordsOf(batch: Batch, from: number): LogRecord[] {
  const records: LogRecord[] = [];
  for (const message of batch.messages) {
    if (!(message instanceof FetchedMessage)) throw new Error('a batch was not decoded by this adapter');
    if (message.record.offset >= from) records.push(message.record);
  }
  return records;
}
