/**
 * Avro's binary encoding by hand, for the one place where avsc's is too slow: the entries of a journal record.
 * Longs are zigzag varints of integers within ±2^53. Boundary: primitives only; the reader never reads beyond its buffer.
 */
const TWO_TO_28 = 268_435_456;

/** How many bytes a non-negative integer takes as an Avro long. */
export function longSize(value: number): number {
  let size = 1;
  for (let rest = value * 2; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Writes non-negative integers, strings and bytes one after another. The buffer is large enough, as its user has counted. */
export class Writer {
  readonly bytes: Buffer;
  position = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  byte(value: number): void {
    this.bytes[this.position++] = value;
  }

  /** A non-negative integer up to 2^53 − 1. */
  long(value: number): void {
    let rest = value;
    let low = (rest % 64) * 2;
    rest = Math.floor(rest / 64);
    while (rest > 0) {
      this.bytes[this.position++] = low | 0x80;
      low = rest % 128;
      rest = Math.floor(rest / 128);
    }
    this.bytes[this.position++] = low;
  }

  /** The string's UTF-8 length is known to the caller. */
  string(value: string, length: number): void {
    this.long(length);
    this.position += this.bytes.write(value, this.position, length, 'utf8');
  }

  data(value: Uint8Array): void {
    this.bytes.set(value, this.position);
    this.position += value.length;
  }
}

/** Reads what `Writer` or avsc has written; every fault is an Error that names the position. */
export class Reader {
  readonly bytes: Buffer;
  position: number;

  constructor(bytes: Buffer, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  byte(): number {
    const value = this.bytes[this.position];
    if (value === undefined) throw new Error(`ends at byte ${this.position}, in the middle of a value`);
    this.position++;
    return value;
  }

  /** A signed integer within ±2^53. */
  long(): number {
    const start = this.position;
    let byte = this.byte();
    let value = byte & 0x7f;
    for (let shift = 7; byte & 0x80; shift += 7) {
      byte = this.byte();
      value = shift < 28 ? value | ((byte & 0x7f) << shift) : value + (byte & 0x7f) * TWO_TO_28 * 2 ** (shift - 28);
      if (value > 2 * Number.MAX_SAFE_INTEGER) throw new Error(`has an integer beyond 2^53 at byte ${start}`);
    }
    return value % 2 === 1 ? -(value + 1) / 2 : value / 2;
  }

  /** A count or length: not negative. */
  size(): number {
    const start = this.position;
    const value = this.long();
    if (value < 0) throw new Error(`has a negative length at byte ${start}`);
    return value;
  }

  /** Passes over an integer of any size. */
  varint(): void {
    while (this.byte() & 0x80);
  }

  skip(length: number): void {
    const end = this.position + length;
    if (end > this.bytes.length) throw new Error(`claims ${length} bytes at byte ${this.position}, beyond its end`);
    this.position = end;
  }

  /** A view, not a copy. */
  data(): Buffer {
    const length = this.size();
    const start = this.position;
    this.skip(length);
    return this.bytes.subarray(start, this.position);
  }

  string(): string {
    return this.data().toString('utf8');
  }

  /** The branch of `["null", T]`: whether there is a value. */
  present(): boolean {
    const start = this.position;
    const branch = this.byte();
    if (branch !== 0 && branch !== 2) throw new Error(`has no such branch of a union at byte ${start}`);
    return branch === 2;
  }
}
