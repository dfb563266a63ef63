/**
 * Record batches made by hand (kafka.apache.org/documentation, "Record Batch"), as a fetch brings them: for what no broker would send on request.
 */
export interface BatchSpec {
  readonly base: number;
  readonly records: readonly {
    readonly delta: number;
    readonly value: string | null;
    readonly headers?: readonly [string, string | null][];
  }[];
  /** the batch's last offset less its base; that of the last record unless given */
  readonly lastDelta?: number;
  readonly attributes?: number;
  readonly magic?: number;
  /** what the header says; the number of records unless given */
  readonly count?: number;
  readonly maxTimestamp?: number;
  readonly firstTimestamp?: number;
  /** compresses the records */
  readonly pack?: (records: Buffer) => Buffer;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let left = value >= 0 ? value * 2 : -value * 2 - 1; ; left = Math.floor(left / 128)) {
    bytes.push(left < 128 ? left : (left % 128) + 128);
    if (left < 128) return Buffer.from(bytes);
  }
}

const nullable = (text: string | null): Buffer =>
  text === null ? varint(-1) : Buffer.concat([varint(Buffer.byteLength(text)), Buffer.from(text)]);

export function batchOf(spec: BatchSpec): Buffer {
  const records = spec.records.map(({ delta, value, headers = [] }) => {
    const headerBytes = headers.flatMap(([key, text]) => [nullable(key), nullable(text)]);
    const body = Buffer.concat([
      Buffer.of(0),
      varint(delta),
      varint(delta),
      nullable(null),
      nullable(value),
      varint(headers.length),
      ...headerBytes,
    ]);
    return Buffer.concat([varint(body.length), body]);
  });
  const packed = (spec.pack ?? ((bytes) => bytes))(Buffer.concat(records));
  const header = Buffer.alloc(61);
  header.writeBigInt64BE(BigInt(spec.base), 0);
  header.writeInt32BE(49 + packed.length, 8);
  header.writeInt8(spec.magic ?? 2, 16);
  header.writeInt16BE(spec.attributes ?? 0, 21);
  header.writeInt32BE(spec.lastDelta ?? spec.records.at(-1)?.delta ?? 0, 23);
  header.writeBigInt64BE(BigInt(spec.firstTimestamp ?? 1_000), 27);
  header.writeBigInt64BE(BigInt(spec.maxTimestamp ?? 2_000), 35);
  header.writeBigInt64BE(7n, 43);
  header.writeInt32BE(spec.count ?? spec.records.length, 57);
  return Buffer.concat([header, packed]);
}

/** The part of kafkajs's decoder that is used, over a partition's share of a fetch. */
export function fetched(...batches: Buffer[]) {
  const set = Buffer.concat(batches);
  return {
    readInt32: () => set.length,
    canReadBytes: (length: number) => length <= set.length,
    readBytes: (length: number) => set.subarray(0, length),
  };
}

/** A copy of a log segment in which the records of the batch that holds the offset are overwritten, under a checksum that is right. */
export function damageBatch(segment: Buffer, offset: number): Buffer {
  const damaged = Buffer.from(segment);
  for (let at = 0; at + 61 <= damaged.length; ) {
    const batch = damaged.subarray(at, at + 12 + damaged.readInt32BE(at + 8));
    const last = Number(batch.readBigInt64BE(0)) + batch.readInt32BE(23);
    if (last >= offset) {
      batch.fill(0xff, 61);
      batch.writeUInt32BE(crc32c(batch.subarray(21)), 17);
      return damaged;
    }
    at += batch.length;
  }
  throw new Error(`no batch holds offset ${offset}`);
}

/** CRC-32C (Castagnoli, RFC 3720 appendix B.4), bit by bit. */
function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f63b78;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
