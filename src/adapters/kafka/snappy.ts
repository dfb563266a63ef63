/**
 * Snappy, read only, within a bound: raw, and in the blocks of snappy-java, which the Java clients write. The published package in plain JavaScript takes a negative length from what
 * is corrupt, goes back by it and never ends. Source: Snappy's format description (github.com/google/snappy, format_description.txt).
 */

/** The framing of snappy-java: a magic of 8 bytes, two versions, then blocks with their lengths. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_BYTES = 16;

/** The unpacked bytes; throws when they are corrupt or would be more than `limit`. */
export function unpackSnappy(packed: Buffer, limit: number): Buffer {
  if (!packed.subarray(0, XERIAL.length).equals(XERIAL)) return unpackRaw(packed, limit);
  const blocks: Buffer[] = [];
  let left = limit;
  for (let at = XERIAL_BYTES; at < packed.length; ) {
    if (at + 4 > packed.length) throw corrupt();
    const end = at + 4 + packed.readUInt32BE(at);
    if (end > packed.length) throw corrupt();
    const block = unpackRaw(packed.subarray(at + 4, end), left);
    blocks.push(block);
    left -= block.length;
    at = end;
  }
  return Buffer.concat(blocks);
}

const corrupt = (): Error => new Error('it is corrupt');

function unpackRaw(packed: Buffer, limit: number): Buffer {
  let at = 0;
  /** A number of so many bytes, the least first. */
  const number = (bytes: number): number => {
    if (at + bytes > packed.length) throw corrupt();
    const value = packed.readUIntLE(at, bytes);
    at += bytes;
    return value;
  };
  const sizeOf = (): number => {
    for (let value = 0, scale = 1; scale < 2 ** 35; scale *= 128) {
      const byte = number(1);
      value += (byte & 0x7f) * scale;
      if (byte < 128) return value;
    }
    throw corrupt();
  };
  const size = sizeOf();
  if (size > limit) throw new Error(`it unpacks to ${size} bytes, more than ${limit}`);
  const out = Buffer.allocUnsafe(size);
  let length = 0;
  while (at < packed.length) {
    const tag = number(1);
    const kind = tag & 3;
    const high = tag >> 2;
    if (kind === 0) {
      // A literal: its length less one, in the tag or in the 1 to 4 bytes after it.
      const literal = (high < 60 ? high : number(high - 59)) + 1;
      if (at + literal > packed.length || length + literal > size) throw corrupt();
      packed.copy(out, length, at, at + literal);
      at += literal;
      length += literal;
      continue;
    }
    const copy = kind === 1 ? (high & 7) + 4 : high + 1;
    const distance = kind === 1 ? (tag >> 5) * 256 + number(1) : number(kind === 2 ? 2 : 4);
    if (distance === 0 || distance > length || length + copy > size) throw corrupt();
    if (distance >= copy) out.copyWithin(length, length - distance, length - distance + copy);
    else for (let i = 0; i < copy; i++) out[length + i] = out[length + i - distance] ?? 0; // an overlap repeats what it writes
    length += copy;
  }
  if (length !== size) throw corrupt();
  return out;
}
