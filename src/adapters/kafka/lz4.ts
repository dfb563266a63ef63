/**
 * LZ4 frames, read only, within a bound. No published package has both a bound on the output and no native install script.
 * Source: the LZ4 frame format 1.6.x and block format (github.com/lz4/lz4, doc/). Checksums are skipped: Kafka's batch has its own.
 */
const MAGIC = 0x184d2204;

/** The unpacked frame; throws when it is corrupt or would be longer than `limit` bytes. */
export function unpackLz4(packed: Buffer, limit: number): Buffer {
  if (packed.length < 7 || packed.readUInt32LE(0) !== MAGIC) throw new Error('not an LZ4 frame');
  const flags = packed.readUInt8(4);
  if (flags >> 6 !== 1) throw new Error('an LZ4 frame of an unknown version');
  const blockChecksums = (flags & 0x10) !== 0;
  let at = 7 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4);
  let out = Buffer.allocUnsafe(Math.min(limit, Math.max(65_536, packed.length * 4)));
  let length = 0;

  const room = (more: number): void => {
    if (length + more > limit) throw new Error(`it unpacks to more than ${limit} bytes`);
    if (length + more <= out.length) return;
    const larger = Buffer.allocUnsafe(Math.min(limit, Math.max(length + more, out.length * 2)));
    out.copy(larger, 0, 0, length);
    out = larger;
  };

  const lengthFrom = (nibble: number, end: number): number => {
    let total = nibble;
    if (nibble < 15) return total;
    for (let byte = 255; byte === 255; ) {
      if (at >= end) throw new Error('a corrupt LZ4 block');
      byte = packed[at++] ?? 0;
      total += byte;
    }
    return total;
  };

  const block = (end: number): void => {
    while (at < end) {
      const token = packed[at++] ?? 0;
      const literals = lengthFrom(token >> 4, end);
      if (at + literals > end) throw new Error('a corrupt LZ4 block');
      room(literals);
      packed.copy(out, length, at, at + literals);
      length += literals;
      at += literals;
      if (at >= end) return; // the last sequence has literals only
      if (at + 2 > end) throw new Error('a corrupt LZ4 block');
      const distance = packed.readUInt16LE(at);
      at += 2;
      if (distance === 0 || distance > length) throw new Error('a corrupt LZ4 block');
      const match = lengthFrom(token & 15, end) + 4;
      room(match);
      if (distance >= match) out.copyWithin(length, length - distance, length - distance + match);
      else for (let i = 0; i < match; i++) out[length + i] = out[length + i - distance] ?? 0; // an overlap repeats what it writes
      length += match;
    }
  };

  for (;;) {
    if (at + 4 > packed.length) throw new Error('a truncated LZ4 frame');
    const size = packed.readUInt32LE(at);
    at += 4;
    if (size === 0) return out.subarray(0, length);
    const end = at + (size & 0x7fffffff);
    if (end > packed.length) throw new Error('a truncated LZ4 frame');
    if ((size & 0x80000000) === 0) block(end);
    else {
      room(end - at);
      packed.copy(out, length, at, end);
      length += end - at;
    }
    at = end + (blockChecksums ? 4 : 0);
  }
}
