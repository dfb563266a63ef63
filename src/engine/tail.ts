/**
 * From journal records back to steps, and from steps to the store. Keeps I3 (each record names its predecessor) and I6 (the store
 * moves from a to b only if it is at a): consecutive steps may share an apply, in log order.
 */
import { decodePart, encodeHeader, type JournalPart } from '../codec/journal.ts';
import { isReserved } from '../codec/totals.ts';
import type { Limits, Ports } from './engine.ts';
import { Halt, Retryable } from './errors.ts';
import type { JournalEntry, JournalHeader } from './journal.ts';
import type { ApplyEntry, Ends, LogRecord } from './ports.ts';

/** One step or claim as it stands in the journal. */
export interface JournalStep {
  /** of its first part */
  readonly offset: number;
  /** after its last part */
  readonly next: number;
  readonly header: JournalHeader;
  readonly entries: readonly JournalEntry[];
}

interface Open {
  readonly offset: number;
  readonly of: number;
  parts: number;
  readonly header: JournalHeader;
  readonly entries: JournalEntry[];
}

/** Puts the parts of steps together. Reading may begin in the middle of a step only where `tolerant`: what comes before a first part is then passed over. */
export class Assembler {
  #open: Open | null = null;
  #previous: number | null = null;
  readonly #tolerant: boolean;
  readonly #where: string;

  constructor(where: string, tolerant = false) {
    this.#where = where;
    this.#tolerant = tolerant;
  }

  add(record: LogRecord): JournalStep | null {
    if (record.value === null) throw this.#broken(record.offset, 'it has no value');
    const { part, of, header, entries } = this.#decode(record.offset, record.value);
    if (part > 0 && this.#open === null && this.#tolerant) return null;
    const open = part === 0 ? this.#first(record.offset, of, header) : this.#following(record.offset, part, of);
    open.parts += 1;
    for (const entry of entries) open.entries.push(entry);
    this.#open = open.parts < open.of ? open : null;
    if (this.#open !== null) return null;
    this.#previous = open.offset;
    return { offset: open.offset, next: record.offset + 1, header: open.header, entries: open.entries };
  }

  #decode(offset: number, value: Buffer): JournalPart {
    try {
      return decodePart(value);
    } catch (error) {
      throw this.#broken(offset, error instanceof Error ? error.message : String(error));
    }
  }

  #first(offset: number, of: number, header: JournalHeader | null): Open {
    if (header === null) throw this.#broken(offset, 'a first part without a header');
    this.finish();
    if (this.#previous !== null && header.previous !== this.#previous) {
      throw this.#broken(offset, `it names ${header.previous} as its predecessor, not ${this.#previous}`);
    }
    return { offset, of, parts: 0, header, entries: [] };
  }

  #following(offset: number, part: number, of: number): Open {
    const open = this.#open;
    if (open === null) throw this.#broken(offset, 'a part without its first');
    if (open.parts !== part || open.of !== of) throw this.#broken(offset, `part ${part} of ${of} follows ${open.parts} of ${open.of}`);
    return open;
  }

  /** Call at the end of a read: a step whose parts did not all come is a broken journal. */
  finish(): void {
    if (this.#open !== null) throw this.#broken(this.#open.offset, `it has ${this.#open.parts} of ${this.#open.of} parts`);
  }

  #broken(offset: number, what: string): Halt {
    return new Halt(
      `${this.#where}@${offset}: the journal is broken: ${what}. Nothing but rapport may write to or delete from it; restore the topic, or start under a new application id.`,
    );
  }
}

/** The steps that stand in records of a stretch, which must begin at a step's first part. */
export async function* stepsIn(where: string, stretch: AsyncIterable<readonly LogRecord[]>): AsyncGenerator<JournalStep> {
  const assembler = new Assembler(where);
  for await (const records of stretch) {
    for (const record of records) {
      const step = assembler.add(record);
      if (step !== null) yield step;
    }
  }
  assembler.finish();
}

/**
 * The last step of a journal; null where none is in it. A step in parts may reach far back: looked for further and further until a whole one is found.
 * @param read all committed records from an offset to another
 */
export async function lastStep(
  where: string,
  { start, end }: Ends,
  read: (from: number, to: number) => AsyncIterable<readonly LogRecord[]>,
): Promise<JournalStep | null> {
  for (let back = 4; ; back *= 8) {
    const from = Math.max(start, end - back);
    const assembler = new Assembler(where, true);
    let last: JournalStep | null = null;
    for await (const records of read(from, end)) for (const record of records) last = assembler.add(record) ?? last;
    if (last !== null || from === start) return last;
  }
}

/** The header as the store keeps it: the step's own offset, 8 bytes, then the header's. */
export function toMeta(offset: number, header: JournalHeader): Buffer {
  const at = Buffer.alloc(8);
  at.writeBigInt64BE(BigInt(offset));
  return Buffer.concat([at, encodeHeader(header)]);
}

/** What applying needs of an engine. */
interface Applying {
  readonly ports: Pick<Ports, 'store'>;
  readonly limits: Pick<Limits, 'chunk'>;
}

/**
 * Applies one step in chunks; `at` is where the store stands, the last chunk moves it to `next`. All totals go into the last chunk: so they and the
 * position are never seen apart, and a reader that asks for what was written after an offset misses nothing of that offset. Throws Retryable when
 * the store stands elsewhere.
 */
export async function applyStep(
  { ports: { store }, limits }: Applying,
  shard: number,
  generation: number,
  at: number,
  entries: readonly ApplyEntry[],
  to: { next: number; header: Buffer },
): Promise<void> {
  const customers = entries.filter(({ customer }) => !isReserved(customer));
  const totals = customers.length === entries.length ? [] : entries.filter(({ customer }) => isReserved(customer));
  for (let from = 0; ; from += limits.chunk) {
    const last = from + limits.chunk >= customers.length;
    const some = customers.slice(from, from + limits.chunk);
    const chunk = { generation, at, from, entries: last && totals.length > 0 ? [...some, ...totals] : some, to: last ? to : null };
    if ((await store.apply(shard, chunk)) === 'rejected') {
      throw new Retryable(`shard ${shard}: the store is no longer at journal offset ${at} of generation ${generation}`);
    }
    if (last) return;
    // crash point: step-applied-chunk
  }
}

/**
 * Applies consecutive steps. While a generation is built, which nobody else writes to, several share an apply: each customer is written once per apply,
 * not once per step. On a current one each step has its own: a predecessor's late chunk of the first of several would pass at the same
 * offset and put an older state over a newer one (I6).
 */
export class Catchup {
  readonly #entries = new Map<string, ApplyEntry>();
  readonly #engine: Applying;
  readonly #shard: number;
  readonly #generation: number;
  readonly #gathers: boolean;
  #at: number;
  #last: JournalStep | null = null;

  constructor(engine: Applying, shard: number, generation: number, at: number, building: boolean) {
    this.#engine = engine;
    this.#shard = shard;
    this.#generation = generation;
    this.#at = at;
    this.#gathers = building;
  }

  /** where the store stands */
  get at(): number {
    return this.#at;
  }

  async add(step: JournalStep): Promise<void> {
    for (const { customer, state, due } of step.entries) this.#entries.set(customer, { customer, offset: step.offset, state, due });
    this.#last = step;
    if (!this.#gathers || this.#entries.size >= 4 * this.#engine.limits.chunk) await this.flush();
  }

  async flush(): Promise<void> {
    const last = this.#last;
    if (last === null) return;
    const to = { next: last.next, header: toMeta(last.offset, last.header) };
    await applyStep(this.#engine, this.#shard, this.#generation, this.#at, [...this.#entries.values()], to);
    // crash point: takeover-applied-tail
    this.#at = last.next;
    this.#entries.clear();
    this.#last = null;
  }
}
