/**
 * What a send holds, encoded: takes the place of kafkajs's encoder of produce requests (corrections.ts installs it), which makes a buffer of 512 bytes for
 * each record and each header, and copies a batch six times. The request is measured, then written once.
 * Boundary: bytes of a produce request from version 3 on, its record batches of magic 2, not compressed (kafka.apache.org/protocol). A request with other
 * messages than `Sent` is left to kafkajs.
 */
import type { Message } from 'kafkajs';
import { longSize, Writer } from '../../codec/bytes.ts';
import type { Header } from '../../engine/ports.ts';
import { crc32c } from './crc32c.ts';

/** A record on its way. To kafkajs it is a message without a key and a value. */
export class Sent implements Message {
  readonly value = null;
  readonly partition: number;
  readonly record: SentRecord;
  /** ms */
  readonly at: number;

  constructor(record: SentRecord, at: number) {
    this.partition = record.partition;
    this.record = record;
    this.at = at;
  }
}

interface SentRecord {
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly Header[];
}

/** kafkajs's request, as far as it is used. */
export interface ProduceRequest {
  readonly acks: number;
  readonly timeout: number;
  readonly transactionalId?: string | null;
  /** a number that may be beyond 2^53 */
  readonly producerId?: { toString(): string };
  readonly producerEpoch?: number;
  readonly compression?: number;
  readonly topicData: readonly { readonly topic: string; readonly partitions: readonly Partition[] }[];
}

interface Partition {
  readonly partition: number;
  readonly firstSequence?: number;
  readonly messages: readonly Message[];
}

/** What kafkajs takes for one of its encoders. */
interface Encoded {
  readonly buf: Buffer;
  readonly buffer: Buffer;
}
type Protocol = (request: ProduceRequest) => { encode(): Promise<Encoded> };

/** bytes of a batch before its records; those of them that its own length does not count; where the bytes under the checksum begin */
const BATCH_BYTES = 61;
const UNCOUNTED = 12;
const CHECKED = 21;
const MAGIC = 2;
const TRANSACTIONAL = 0x10;

/** kafkajs's produce request, with its encoding replaced where all messages are our own. */
export function producing(original: Protocol): Protocol {
  return (request) => {
    const protocol = original(request);
    const { encode } = protocol;
    protocol.encode = async () => {
      const topics = request.compression ? null : batchesOf(request);
      if (topics === null) return encode();
      const bytes = encodeRequest(request, topics);
      return { buf: bytes, buffer: bytes };
    };
    return protocol;
  };
}

/** The records of one partition, measured. */
interface Measured {
  readonly of: Partition;
  readonly records: readonly Sent[];
  /** bytes of each record behind its own length */
  readonly sizes: readonly number[];
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/** Null when there are others among the messages. */
function batchesOf({ topicData }: ProduceRequest): { topic: string; batches: Measured[] }[] | null {
  const topics = [];
  for (const { topic, partitions } of topicData) {
    const batches = [];
    for (const of of partitions) {
      const records = of.messages.filter((message) => message instanceof Sent);
      if (records.length !== of.messages.length) return null;
      batches.push(measure(of, records));
    }
    topics.push({ topic, batches });
  }
  return topics;
}

function measure(of: Partition, records: readonly Sent[]): Measured {
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  for (const { at } of records) {
    if (at < first) first = at;
    if (at > last) last = at;
  }
  const sizes: number[] = [];
  let bytes = 0;
  for (const [delta, { record, at }] of records.entries()) {
    let size = 1 + longSize(at - first) + longSize(delta) + sizeOf(record.key) + sizeOf(record.value) + longSize(record.headers.length);
    for (const { key, value } of record.headers) {
      const length = Buffer.byteLength(key);
      size += longSize(length) + length + sizeOf(value);
    }
    sizes.push(size);
    bytes += longSize(size) + size;
  }
  return { of, records, sizes, bytes, first, last };
}

const sizeOf = (data: Buffer | null): number => (data === null ? 1 : longSize(data.length) + data.length);

function encodeRequest(request: ProduceRequest, topics: readonly { topic: string; batches: Measured[] }[]): Buffer {
  const id = request.transactionalId ?? null;
  let size = 2 + (id === null ? 0 : Buffer.byteLength(id)) + 2 + 4 + 4;
  for (const { topic, batches } of topics) {
    size += 2 + Buffer.byteLength(topic) + 4;
    for (const { bytes } of batches) size += 8 + BATCH_BYTES + bytes;
  }
  const out = new Writer(size);
  const { bytes } = out;
  const int16 = (value: number): void => {
    out.position = bytes.writeInt16BE(value, out.position);
  };
  const int32 = (value: number): void => {
    out.position = bytes.writeInt32BE(value, out.position);
  };
  const text = (value: string): void => {
    int16(Buffer.byteLength(value));
    out.position += bytes.write(value, out.position);
  };
  if (id === null) int16(-1);
  else text(id);
  int16(request.acks);
  int32(request.timeout);
  int32(topics.length);
  for (const { topic, batches } of topics) {
    text(topic);
    int32(batches.length);
    for (const batch of batches) {
      int32(batch.of.partition);
      int32(BATCH_BYTES + batch.bytes);
      writeBatch(out, request, batch);
    }
  }
  return bytes;
}

function writeBatch(out: Writer, request: ProduceRequest, { of, records, sizes, bytes, first, last }: Measured): void {
  const start = out.position;
  const head = out.bytes.subarray(start, start + BATCH_BYTES);
  head.fill(0);
  head.writeInt32BE(BATCH_BYTES - UNCOUNTED + bytes, 8);
  head.writeInt8(MAGIC, 16);
  head.writeInt16BE(request.transactionalId ? TRANSACTIONAL : 0, 21);
  head.writeInt32BE(records.length - 1, 23);
  head.writeBigInt64BE(BigInt(first), 27);
  head.writeBigInt64BE(BigInt(last), 35);
  head.writeBigInt64BE(BigInt(String(request.producerId ?? -1)), 43);
  head.writeInt16BE(request.producerEpoch ?? 0, 51);
  head.writeInt32BE(of.firstSequence ?? 0, 53);
  head.writeInt32BE(records.length, 57);
  out.position = start + BATCH_BYTES;
  for (const [delta, { record, at }] of records.entries()) {
    out.long(sizes[delta] ?? 0);
    out.byte(0); // a record's own attributes are unused
    out.long(at - first);
    out.long(delta);
    write(out, record.key);
    write(out, record.value);
    out.long(record.headers.length);
    for (const { key, value } of record.headers) {
      out.string(key, Buffer.byteLength(key));
      write(out, value);
    }
  }
  head.writeUInt32BE(crc32c(out.bytes.subarray(start + CHECKED, out.position)), 17);
}

/** A zigzag −1 says that there is nothing. */
function write(out: Writer, data: Buffer | null): void {
  if (data === null) {
    out.byte(1);
    return;
  }
  out.long(data.length);
  out.data(data);
}
