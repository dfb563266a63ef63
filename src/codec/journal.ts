/**
 * The bytes of a journal record (engine/journal.ts says what it means): a version byte, then a `JournalPart` of
 * schemas/internal/journal.avsc. The header goes through avsc, the entries are written by hand in the same encoding: they are the hot
 * path. A record that would be too large is cut into parts, the header in the first only (I2: they are applied as one).
 */
import avsc from 'avsc';
import type { CustomerId, Instant } from '../domain/ids.ts';
import type { EntryCause, InputPosition, JournalEntry, JournalHeader } from '../engine/journal.ts';
import { skipper } from './bounds.ts';
import { longSize, Reader, Writer } from './bytes.ts';
import { avroType } from './schemas.ts';
import type { HeaderRecord, PositionRecord } from './types.ts';

const VERSION = 3;
const CAUSES: readonly EntryCause[] = ['event', 'timer', 'policy', 'carried', 'total'];
/** version, part, of, the header's branch, and the counts around the entries; each integer below 2^34 */
const FRAME = 1 + 5 + 5 + 1 + 5 + 1;

export interface JournalPart {
  /** from 0 */
  readonly part: number;
  readonly of: number;
  /** null in all parts but the first */
  readonly header: JournalHeader | null;
  /** `state` is a view into the part's bytes: copy it to keep it */
  readonly entries: readonly JournalEntry[];
}

/** The bytes of one journal record in parts of at most `mostBytes`; a part is larger only when its header or its one entry is. */
export function encodeStep(header: JournalHeader, entries: readonly JournalEntry[], mostBytes: number): Buffer[] {
  const headerBytes = HEADER.toBuffer(header);
  const sizes = entries.map(entrySize);
  const cuts = cut(sizes, headerBytes.length, mostBytes);
  return cuts.map(({ from, to, bytes }, part) => {
    const out = new Writer(FRAME + bytes);
    out.byte(VERSION);
    out.long(part);
    out.long(cuts.length);
    if (part === 0) {
      out.byte(2);
      out.data(headerBytes);
    } else {
      out.byte(0);
    }
    if (to > from) out.long(to - from);
    for (let i = from; i < to; i++) writeEntry(out, entries[i] as JournalEntry);
    out.byte(0);
    return out.bytes.subarray(0, out.position);
  });
}

/** Which entries go into which part, and how many bytes entries and header take there. */
function cut(sizes: readonly number[], headerSize: number, mostBytes: number): { from: number; to: number; bytes: number }[] {
  const cuts = [];
  let from = 0;
  let bytes = headerSize;
  for (const [i, size] of sizes.entries()) {
    const empty = i === from && cuts.length > 0;
    if (!empty && FRAME + bytes + size > mostBytes) {
      cuts.push({ from, to: i, bytes });
      from = i;
      bytes = 0;
    }
    bytes += size;
  }
  cuts.push({ from, to: sizes.length, bytes });
  return cuts;
}

function entrySize(entry: JournalEntry): number {
  const customer = Buffer.byteLength(entry.customer);
  const state = entry.state === null ? 0 : longSize(entry.state.length) + entry.state.length;
  return longSize(customer) + customer + 1 + 1 + state + 1 + (entry.due === null ? 0 : longSize(entry.due));
}

function writeEntry(out: Writer, entry: JournalEntry): void {
  out.string(entry.customer, Buffer.byteLength(entry.customer));
  out.byte(CAUSES.indexOf(entry.cause) * 2);
  if (entry.state === null) {
    out.byte(0);
  } else {
    out.byte(2);
    out.long(entry.state.length);
    out.data(entry.state);
  }
  if (entry.due === null) {
    out.byte(0);
  } else {
    out.byte(2);
    out.long(entry.due);
  }
}

/** One part. Throws an Error that says what is wrong with corrupt bytes. */
export function decodePart(bytes: Buffer): JournalPart {
  return corrupt('a journal record', () => {
    const from = versioned(bytes);
    const part = from.size();
    const of = from.size();
    if (part >= of) throw new Error(`is part ${part} of ${of}`);
    if (from.present() !== (part === 0)) throw new Error('has its header in the wrong part');
    const header = part === 0 ? readHeader(from) : null;
    const entries: JournalEntry[] = [];
    for (let count = from.size(); count > 0; count = from.size()) {
      for (let i = 0; i < count; i++) entries.push(readEntry(from));
    }
    ended(from);
    return { part, of, header, entries };
  });
}

function readEntry(from: Reader): JournalEntry {
  const customer = from.string() as CustomerId;
  const cause = CAUSES[from.size()];
  if (cause === undefined) throw new Error(`has no such cause at byte ${from.position - 1}`);
  const state = from.present() ? from.data() : null;
  const due = from.present() ? (from.size() as Instant) : null;
  return { customer, cause, state, due };
}

/** A header alone, as Redis keeps it. */
export function encodeHeader(header: JournalHeader): Buffer {
  return Buffer.concat([Buffer.of(VERSION), HEADER.toBuffer(header)]);
}

/** Throws an Error that says what is wrong with corrupt bytes. */
export function decodeHeader(bytes: Buffer): JournalHeader {
  return corrupt('a journal header', () => {
    const from = versioned(bytes);
    const header = readHeader(from);
    ended(from);
    return header;
  });
}

const PART = avroType('internal/journal');
const HEADER = headerType();
const skipHeader = skipper(HEADER);

function headerType(): avsc.Type {
  const union = PART instanceof avsc.types.RecordType ? PART.field('header').type : null;
  const header = union instanceof avsc.types.UnwrappedUnionType ? union.types[1] : undefined;
  if (header === undefined) throw new Error('schemas/internal/journal.avsc has no header');
  return header;
}

function readHeader(from: Reader): JournalHeader {
  const start = from.position;
  skipHeader(from);
  const { value } = HEADER.decode(from.bytes, start);
  const header: HeaderRecord = value;
  return {
    kind: header.kind,
    sequence: header.sequence,
    previous: header.previous,
    positions: header.positions.map(position),
    since: header.since as Instant,
    watermark: header.watermark as Instant,
    now: header.now as Instant,
    caughtUpAt: header.caughtUpAt as Instant | null,
    policy: header.policy,
    policyText: header.policyText,
    shards: header.shards,
    refused: header.refused.map(({ topic, partition, offset }) => ({ topic, partition, offset })),
    stateBytes: header.stateBytes,
    writtenBytes: header.writtenBytes,
    notKeyed: header.notKeyed,
    accepted: header.accepted === null ? null : { reason: header.accepted.reason, what: header.accepted.what },
    read: header.read.map(({ shard, offset }) => ({ shard, offset })),
    thresholds: header.thresholds === null ? null : { version: header.thresholds.version, high: header.thresholds.high },
  };
}

const position = (from: PositionRecord): InputPosition => ({
  topic: from.topic,
  partition: from.partition,
  next: from.next,
  last: from.last === null ? null : { offset: from.last.offset, digest: from.last.digest },
  newest: from.newest as Instant | null,
  end: from.end as Instant | null,
});

function versioned(bytes: Buffer): Reader {
  const from = new Reader(bytes);
  const version = from.byte();
  if (version !== VERSION) throw new Error(`has version ${version}, this release reads ${VERSION}`);
  return from;
}

function ended(from: Reader): void {
  const rest = from.bytes.length - from.position;
  if (rest > 0) throw new Error(`has ${rest} bytes too many`);
}

function corrupt<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(`${what} is corrupt: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
