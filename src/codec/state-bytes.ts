/**
 * Packed numbers for the state's bytes: small ones small. Varints of 7 bits a byte, exact for every whole double (also beyond 2^53,
 * where sums of money could end up), hashes, doubles. Boundary: primitives; the layout is in state.ts.
 */

/** The largest whole double, 2^1024, takes this many bytes. */
const LONGEST = 148;

/** Up to here a number is taken apart by shifts, which are much faster than divisions. */
const MOST_BITS = 0x7fff_ffff;

/** One scratch buffer that grows; `take` copies what was written since `clear`. */
export class Packer {
  private bytes = Buffer.allocUnsafe(16_384);
  private end = 0;

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.end++] = value;
  }

  /** A whole number ≥ 0. */
  uint(value: number): void {
    this.reserve(LONGEST);
    const { bytes } = this;
    let rest = value;
    while (rest > MOST_BITS) {
      const high = Math.floor(rest / 128);
      bytes[this.end++] = rest - high * 128 + 128;
      rest = high;
    }
    while (rest >= 128) {
      bytes[this.end++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    bytes[this.end++] = rest;
  }

  /** A whole number: the first byte holds 6 bits and the sign, so that no bit of a large one is shifted out. */
  int(value: number): void {
    const size = Math.abs(value);
    const sign = value < 0 ? 64 : 0;
    if (size < 64) {
      this.byte(size + sign);
      return;
    }
    const rest = size > MOST_BITS ? Math.floor(size / 64) : size >>> 6;
    this.byte((size > MOST_BITS ? size - rest * 64 : size & 63) + sign + 128);
    this.uint(rest);
  }

  /** A whole number ≥ 0 of `size` bytes, at most 6. */
  fixed(value: number, size: number): void {
    this.reserve(size);
    this.end = this.bytes.writeUIntLE(value, this.end, size);
  }

  /** UTF-8 of at most 255 bytes, after its length. */
  string(value: string): void {
    const bytes = Buffer.from(value);
    this.reserve(bytes.length + 1);
    this.bytes[this.end++] = bytes.length;
    this.end += bytes.copy(this.bytes, this.end);
  }

  double(value: number): void {
    this.reserve(8);
    this.end = this.bytes.writeDoubleLE(value, this.end);
  }

  clear(): void {
    this.end = 0;
  }

  take(): Buffer {
    return Buffer.from(this.bytes.subarray(0, this.end));
  }

  private reserve(size: number): void {
    if (this.end + size <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(this.bytes.length * 2);
    this.bytes.copy(larger, 0, 0, this.end);
    this.bytes = larger;
  }
}

/** Reads what a Packer wrote. Throws a RangeError or Error at the end of the bytes. */
export class Unpacker {
  private readonly bytes: Buffer;
  private position = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.position;
  }

  byte(): number {
    const value = this.bytes[this.position];
    if (value === undefined) throw new Error(`state bytes end at ${this.position}, in the middle of a value`);
    this.position++;
    return value;
  }

  uint(): number {
    let byte = this.byte();
    if (byte < 128) return byte;
    let value = byte & 127;
    for (let shift = 7; shift < 28; shift += 7) {
      byte = this.byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    let unit = 2 ** 28;
    do {
      byte = this.byte();
      value += (byte & 127) * unit;
      unit *= 128;
    } while (byte >= 128);
    return value;
  }

  int(): number {
    const first = this.byte();
    const size = (first & 63) + (first >= 128 ? this.uint() * 64 : 0);
    return (first & 64) === 0 ? size : -size;
  }

  fixed(size: number): number {
    const value = this.bytes.readUIntLE(this.position, size);
    this.position += size;
    return value;
  }

  string(): string {
    const length = this.byte();
    if (length > this.left) throw new Error(`state bytes claim a string of ${length} bytes in ${this.left}`);
    const value = this.bytes.toString('utf8', this.position, this.position + length);
    this.position += length;
    return value;
  }

  double(): number {
    const value = this.bytes.readDoubleLE(this.position);
    this.position += 8;
    return value;
  }
}
