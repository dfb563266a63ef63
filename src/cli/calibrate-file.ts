/**
 * A history of every kind of event, from a file: NDJSON as `rapport load` takes it, or the CSV of purchases that `rapport fit` takes. In NDJSON a
 * line that is no event is counted and passed over, as the processor would; CSV ends at the first line that is wrong.
 *
 * Money: by the given policy's currency and rates, or, without one, in the currency of the first purchase: purchases in others count, their
 * amounts do not.
 */
import { digitsOf } from '../config/currency.ts';
import type { CustomerEvent } from '../domain/event.ts';
import { type CustomerId, dayOf, hash, type Instant, type Minor, startOfDay } from '../domain/ids.ts';
import type { Policy } from '../domain/policy.ts';
import { Halt } from '../engine/errors.ts';
import { Gathering } from '../model/calibrate-gather.ts';
import { type CsvOrder, type CsvRow, csvReader } from '../model/csv.ts';
import { type Terms, termsOf, toEvent } from '../sources/index.ts';
import { parseLine } from '../sources/ndjson.ts';
import { bytesOf, type Format } from './history.ts';
import { type Line, readLines } from './lines.ts';
import { say } from './output.ts';
import { Progress } from './progress.ts';

const MOST_LINE = 1_000_000;

export interface Gathered {
  readonly gathering: Gathering;
  /** of the amounts in it */
  readonly currency: string;
  readonly warnings: readonly string[];
}

export interface Reading {
  readonly format: Format;
  /** of CSV amounts; with `keepsMoney` also of the events' */
  readonly policy: Policy;
  /** whether the policy's currency and rates hold, or the currency of the first purchase does */
  readonly keepsMoney: boolean;
  /** the last instant that may stand in it */
  readonly now: Instant;
  readonly mostEvents: number;
}

/** Reads the whole file, `-` for stdin. Throws Halt: not readable, or a line at fault. */
export async function readEvents(file: string, reading: Reading): Promise<Gathered> {
  const name = file === '-' ? 'stdin' : file;
  const progress = new Progress('calibrate', say);
  const gathering = new Gathering(reading.mostEvents);
  let taker: Events | Rows | null = null;
  for await (const lines of readLines(bytesOf(file), MOST_LINE)) {
    for (const line of lines) {
      taker ??= takerOf(line.text ?? '', reading, gathering);
      const fault = taker.take(line);
      if (fault !== null) throw new Halt(`${name}:${line.number}: ${fault}`);
    }
    progress.show(() => `${lines.at(-1)?.number ?? 0} lines read`);
  }
  return { gathering, currency: taker?.currency ?? reading.policy.currency, warnings: taker?.warnings ?? [] };
}

function takerOf(firstLine: string, reading: Reading, gathering: Gathering): Events | Rows {
  const isEvents = reading.format === 'ndjson' || (reading.format === 'auto' && firstLine.trimStart().startsWith('{'));
  return isEvents ? new Events(reading, gathering) : new Rows(reading, gathering);
}

/** CSV below its header: purchases, and refunds. */
class Rows {
  readonly currency: string;
  readonly warnings = ['the file has purchases alone: of feedback, engagement, programme, advocacy and support it says nothing'];
  readonly #gathering: Gathering;
  readonly #now: Instant;
  #row: CsvRow | null = null;

  constructor({ policy, now }: Reading, gathering: Gathering) {
    this.currency = policy.currency;
    this.#now = now;
    this.#gathering = gathering;
  }

  take({ number, text, fault }: Line): string | null {
    if (text === null) return fault;
    if (this.#row === null) {
      const reader = csvReader(text, digitsOf(this.currency) ?? 2);
      if (typeof reader === 'string') return `${reader}; if these are events, say --format ndjson`;
      this.#row = reader;
      return null;
    }
    const found = this.#row(text);
    if (typeof found === 'string') return found;
    if (found.day > dayOf(this.#now)) return 'date lies in the future: give days that have been';
    this.#gathering.add(purchaseOf(found, number));
    return null;
  }
}

/** Each line is an order of its own, at midnight of its day. */
function purchaseOf({ customer, day, amount }: CsvOrder, line: number): CustomerEvent {
  const id = hash(`line ${line}`);
  return {
    type: 'purchase',
    id,
    customer: customer as CustomerId,
    at: startOfDay(day),
    order: id,
    kind: amount < 0 ? 'REFUND' : 'PURCHASE',
    amount: Math.abs(amount) as Minor,
    discount: 0 as Minor,
    cost: 0 as Minor,
    items: 1,
    channel: '',
    recurring: false,
    recommended: false,
    campaign: null,
    orderedAt: null,
  };
}

/** NDJSON events. */
class Events {
  readonly #gathering: Gathering;
  readonly #reading: Reading;
  readonly #terms = new Map<string, Terms>();
  #currency: string | null = null;
  #refused = 0;
  #first: string | null = null;
  #foreign = 0;

  constructor(reading: Reading, gathering: Gathering) {
    this.#reading = reading;
    this.#gathering = gathering;
  }

  get currency(): string {
    return this.#currency ?? this.#reading.policy.currency;
  }

  get warnings(): string[] {
    const warnings: string[] = [];
    if (this.#refused > 0) warnings.push(`${this.#refused} lines are no events and were passed over, the first being ${this.#first}`);
    if (this.#foreign > 0) warnings.push(`${this.#foreign} purchases are not in ${this.currency}: they count, their amounts do not`);
    return warnings;
  }

  take({ number, text, fault }: Line): null {
    const found = text === null ? (fault ?? '') : this.#eventOf(text);
    if (typeof found === 'string') {
      this.#refused += 1;
      this.#first ??= `line ${number}: ${found}`;
    } else this.#gathering.add(found);
    return null;
  }

  #eventOf(text: string): CustomerEvent | string {
    const { keepsMoney, policy, now } = this.#reading;
    const parsed = parseLine(text);
    if (parsed.outcome === 'dead') return `${parsed.reason}: ${parsed.detail}`;
    const { value } = parsed;
    const currency = value.type === 'purchase' && !keepsMoney ? value.record.currency : policy.currency;
    const decoded = toEvent(value, this.#termsIn(currency));
    if (decoded.outcome === 'dead') return `${decoded.reason}: ${decoded.detail}`;
    const { event } = decoded;
    if (event.at > now) return 'occurredAt lies in the future';
    if (event.type !== 'purchase' || keepsMoney) return event;
    this.#currency ??= currency;
    if (currency === this.#currency) return event;
    this.#foreign += 1;
    return { ...event, amount: 0 as Minor, cost: 0 as Minor };
  }

  /** Terms of which the currency is the base, so that amounts stay as they are; an unknown one stays dead. */
  #termsIn(currency: string): Terms {
    const { keepsMoney, policy } = this.#reading;
    const base = keepsMoney || digitsOf(currency) === undefined ? policy.currency : currency;
    const terms = this.#terms.get(base) ?? termsOf(keepsMoney ? policy : { ...policy, currency: base, rates: [] });
    this.#terms.set(base, terms);
    return terms;
  }
}
