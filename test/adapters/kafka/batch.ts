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
