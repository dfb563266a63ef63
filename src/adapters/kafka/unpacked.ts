/**
 * Records that wait as the bytes of their batches: looked through once, when they come, and made when they are asked for.
 * Boundary: bytes behind the header of a record batch, magic 2; what comes of batches that are not sound is fetched.ts's.
 */
import type { Header, LogRecord, Records } from '../../engine/ports.ts';
import { Unreadable } from './codecs.ts';

/** One batch may hold so many records. */
const MOST_RECORDS = 200_000;
const NO_BYTES = Buffer.alloc(0);

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
export class Unpacked implements Records {
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
export class Share implements Records {
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
