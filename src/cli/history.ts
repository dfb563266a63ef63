/**
 * A file of purchases, line by line, into a history: NDJSON events as `rapport load` takes them, or CSV. In NDJSON a line that is no event is
 * counted and passed over, as the processor would; CSV is made for this and ends at the first line that is wrong. A day that has not come yet is
 * wrong: a single one would stretch the hold-out, or every customer's silence, to it.
 */
import { createReadStream } from 'node:fs';
import { digitsOf } from '../config/currency.ts';
import type { Purchase } from '../domain/event.ts';
import { dayOf } from '../domain/ids.ts';
import type { Policy } from '../domain/policy.ts';
import { Halt } from '../engine/errors.ts';
import { type CsvRow, csvReader } from '../model/csv.ts';
import { History } from '../model/history.ts';
import { type Terms, termsOf } from '../sources/index.ts';
import { parseLine } from '../sources/ndjson.ts';
import { purchase } from '../sources/purchase.ts';
import { type Line, readLines } from './lines.ts';
import { say } from './output.ts';
import { Progress } from './progress.ts';

export const FORMATS = ['auto', 'csv', 'ndjson'] as const;
export type Format = (typeof FORMATS)[number];

const MOST_LINE = 1_000_000;
const READ_BYTES = 512 << 10;

interface Purchases {
  readonly history: History;
  /** of the amounts in it */
  readonly currency: string;
  readonly warnings: readonly string[];
}

interface Taker {
  /** what is wrong with the line and ends the reading, or null */
  take(line: Line): string | null;
  done(): Purchases;
}

/** Reads the whole file, `-` for stdin. `today` is the last day that may stand in it. `policy` gives the currency of CSV amounts. Throws Halt: not readable, or a line at fault. */
export async function readHistory(file: string, format: Format, policy: Policy, today: number): Promise<Purchases> {
  const name = file === '-' ? 'stdin' : file;
  const progress = new Progress('fit', say);
  let taker: Taker | null = null;
  for await (const lines of readLines(bytesOf(file), MOST_LINE)) {
    for (const line of lines) {
      taker ??= takerOf(format, line.text ?? '', policy, today);
      const fault = taker.take(line);
      if (fault !== null) throw new Halt(`${name}:${line.number}: ${fault}`);
    }
    progress.show(() => `${lines.at(-1)?.number ?? 0} lines`);
  }
  return (taker ?? new Rows(policy, today)).done();
}

function takerOf(format: Format, firstLine: string, policy: Policy, today: number): Taker {
  const isEvents = format === 'ndjson' || (format === 'auto' && firstLine.trimStart().startsWith('{'));
  return isEvents ? new Events(policy, today) : new Rows(policy, today);
}

/** CSV below its header. */
class Rows implements Taker {
  readonly #history = new History();
  readonly #policy: Policy;
  readonly #today: number;
  #row: CsvRow | null = null;

  constructor(policy: Policy, today: number) {
    this.#policy = policy;
    this.#today = today;
  }

  take({ text, fault }: Line): string | null {
    if (text === null) return fault;
    if (this.#row === null) {
      const reader = csvReader(text, digitsOf(this.#policy.currency) ?? 2);
      if (typeof reader === 'string') return `${reader}; if these are events, say --format ndjson`;
      this.#row = reader;
      return null;
    }
    const found = this.#row(text);
    if (typeof found === 'string') return found;
    const { customer, day, amount } = found;
    if (day > this.#today) return 'date lies in the future: give days that have been';
    if (amount >= 0) this.#history.order(customer, null, day, amount);
    else this.#history.takeBack({ customer, order: 0, kind: 'REFUND', day, amount: -amount, ordered: null });
    return null;
  }

  done(): Purchases {
    return { history: this.#history, currency: this.#policy.currency, warnings: [] };
  }
}

/** NDJSON events. The first purchase decides the currency; purchases in others count as purchases of nothing. */
class Events implements Taker {
  readonly #history = new History();
  readonly #policy: Policy;
  readonly #today: number;
  readonly #terms = new Map<string, Terms>();
  /** ids of the refunds and cancellations seen: an order is told apart by its own id */
  readonly #seen = new Set<number>();
  #currency: string | null = null;
  #refused = 0;
  #first: string | null = null;
  #foreign = 0;

  constructor(policy: Policy, today: number) {
    this.#policy = policy;
    this.#today = today;
  }

  take({ number, text, fault }: Line): null {
    const found = text === null ? (fault ?? '') : this.#purchaseOf(text);
    if (typeof found === 'string') {
      this.#refused += 1;
      this.#first ??= `line ${number}: ${found}`;
    } else if (found !== null) this.#add(found.event, found.currency);
    return null;
  }

  /** The purchase that a line is, null for another event, or why it is none. */
  #purchaseOf(text: string): { readonly event: Purchase; readonly currency: string } | string | null {
    const parsed = parseLine(text);
    if (parsed.outcome === 'dead') return `${parsed.reason}: ${parsed.detail}`;
    const { value } = parsed;
    if (value.type !== 'purchase') return null;
    const { currency } = value.record;
    const decoded = purchase(value.record, this.#termsIn(currency));
    if (decoded.outcome === 'dead') return `${decoded.reason}: ${decoded.detail}`;
    if (dayOf(decoded.event.at) > this.#today) return 'occurredAt lies in the future';
    return decoded.event.type === 'purchase' ? { event: decoded.event, currency } : null;
  }

  #add(event: Purchase, currency: string): void {
    this.#currency ??= currency;
    if (currency !== this.#currency) this.#foreign += 1;
    const amount = currency === this.#currency ? event.amount : 0;
    const day = dayOf(event.at);
    const { customer, order, kind, orderedAt } = event;
    if (kind === 'PURCHASE') this.#history.order(customer, order, day, amount);
    else if (!this.#seen.has(event.id)) {
      this.#seen.add(event.id);
      this.#history.takeBack({ customer, order, kind, day, amount, ordered: orderedAt === null ? null : dayOf(orderedAt) });
    }
  }

  done(): Purchases {
    const currency = this.#currency ?? this.#policy.currency;
    const warnings: string[] = [];
    if (this.#refused > 0) warnings.push(`${this.#refused} lines are no events and were passed over, the first being ${this.#first}`);
    if (this.#foreign > 0) warnings.push(`${this.#foreign} purchases are not in ${currency}: they count, their amounts do not`);
    return { history: this.#history, currency, warnings };
  }

  /** Terms of which the currency is the base, so that amounts stay as they are; an unknown one stays dead. */
  #termsIn(currency: string): Terms {
    const base = digitsOf(currency) === undefined ? this.#policy.currency : currency;
    const terms = this.#terms.get(base) ?? termsOf({ ...this.#policy, currency: base, rates: [] });
    this.#terms.set(base, terms);
    return terms;
  }
}

/** The bytes of a file, `-` for stdin. Throws Halt that says so when it cannot be read. */
export async function* bytesOf(file: string): AsyncGenerator<Buffer, void> {
  try {
    yield* file === '-' ? process.stdin : createReadStream(file, { highWaterMark: READ_BYTES });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new Halt(`${file} cannot be read (${String(error.code)}): check the path and its permissions`, { cause: error });
  }
}
