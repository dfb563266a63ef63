/**
 * What a fetch brought, decoded: takes the place of kafkajs's own decoder of record batches (client.ts installs it), which has no bound on what a batch
 * unpacks to, fails on a batch of many small records, and does not move past offsets that compaction has emptied. What kafkajs handles as a message is a whole record batch
 * here, whose records are made when they are looked at: it makes some objects of each message, and an inbox holds what would live long enough to burden the collector.
 * Also takes the place of its filter of aborted transactions (`withoutAborted`).
 * Boundary: bytes of the record batch format, magic 2 (kafka.apache.org/documentation, "Record Batch"); control records are left to kafkajs.
 * Keeps I11: a batch that cannot be read comes out as one record at its last offset, without a value and with a header that says why.
 */
import kafkajs, { type Batch } from 'kafkajs';
import { type Records, UNREADABLE_HEADER } from '../../engine/ports.ts';
import { Unreadable, unpack } from './codecs.ts';
import { Share, Unpacked } from './unpacked.ts';

/** A partition's share of a fetch ends once so many bytes are unpacked. */
const SHARE_BYTES = 16 * 1024 * 1024;

const HEADER_BYTES = 61;

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
    const records = Unpacked.of(await unpack(attributes & 0x07, batch.subarray(HEADER_BYTES)), batch, base);
    return new FetchedBatch(base, last, records, control, context);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    const why = Buffer.from(`${base} ${last} ${error.message}`);
    const record = { offset: last, timestamp: -1, key: null, value: null, headers: [{ key: UNREADABLE_HEADER, value: why }] };
    return new FetchedBatch(base, last, [record], false, context);
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
