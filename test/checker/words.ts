/**
 * V9: no log line names a customer; and the words that stand in customers' comments alone stand nowhere else: in no log line, no metric, no journal, no state, no output but a dead letter's copy
 * of the record. Inputs and reroute hold the records as they came. States in samples are the journal's (V4).
 */
import type { Evidence } from './evidence.ts';
import type { Report } from './findings.ts';
import type { Run } from './run.ts';

/** bytes that are searched at once */
const BLOCK = 1 << 20;

export function checkWords({ evidence, outputs, findings, compared }: Run): void {
  const report = findings.of('V9');
  const { canaries, customers = [], words, settings, seen, stores } = evidence;
  for (const { where, text } of words) for (const id of customers) if (text.includes(id)) report(where, `names the customer ${id}`);
  if (canaries.length === 0) return;
  const search = new Search(canaries, report);
  for (const { where, text } of words) {
    search.text(where, text);
    compared.searched += text.length;
  }
  const { topics } = settings;
  const unsearched: readonly string[] = [topics.reroute, topics.deadLetters];
  for (const topic of Object.values(topics)) {
    if (unsearched.includes(topic)) continue;
    for (const [partition, records] of (seen.get(topic) ?? []).entries()) {
      for (const { offset, key, value, headers } of records) {
        const where = (): string => `${topic}-${partition}@${offset}`;
        for (const bytes of [key, value, ...headers.map((header) => header.value)]) if (bytes !== null) search.bytes(where, bytes);
      }
    }
  }
  for (const { partition, offset, record } of outputs.letters) {
    if (record === null) continue;
    search.text(`${topics.deadLetters}-${partition}@${offset}`, `${record.reason}\n${record.detail}\n${record.reaction}`);
  }
  for (const [partition, records] of (seen.get(topics.deadLetters) ?? []).entries())
    for (const { offset, headers } of records)
      for (const { value } of headers) search.bytes(() => `${topics.deadLetters}-${partition}@${offset}`, value);
  for (const [shard, store] of stores.entries())
    for (const [customer, { state }] of store?.states ?? [])
      search.bytes(() => `Redis, shard ${shard}, ${JSON.stringify(customer)}`, state);
  search.finish();
}

/** Bytes are gathered into blocks, since most blocks hold nothing. */
class Search {
  readonly #report: Report;
  readonly #texts: readonly string[];
  /** as the UTF-8 of a canary looks when each byte is taken for a character */
  readonly #bytes: readonly string[];
  readonly #ascii: boolean;
  #block: { readonly where: () => string; readonly bytes: Buffer }[] = [];
  #size = 0;

  constructor(canaries: Evidence['canaries'], report: Report) {
    this.#report = report;
    this.#texts = canaries.map((canary) => canary.toLowerCase());
    this.#bytes = this.#texts.map((canary) => Buffer.from(canary).toString('latin1').toLowerCase());
    this.#ascii = this.#texts.every((canary, i) => canary === this.#bytes[i]);
  }

  text(where: string, text: string): void {
    if (holdsAny(text.toLowerCase(), this.#texts)) this.#report(where, 'holds words of a customer’s comment');
  }

  bytes(where: () => string, bytes: Buffer): void {
    this.#block.push({ where, bytes });
    this.#size += bytes.length;
    if (this.#size >= BLOCK) this.finish();
  }

  finish(): void {
    if (this.#holds(Buffer.concat(this.#block.map(({ bytes }) => bytes))))
      for (const { where, bytes } of this.#block) if (this.#holds(bytes)) this.#report(where(), 'holds words of a customer’s comment');
    this.#block = [];
    this.#size = 0;
  }

  #holds(bytes: Buffer): boolean {
    if (holdsAny(bytes.toString('latin1').toLowerCase(), this.#bytes)) return true;
    // In UTF-8 a capital letter beyond ASCII has other bytes.
    return !this.#ascii && holdsAny(bytes.toString().toLowerCase(), this.#texts);
  }
}

const holdsAny = (text: string, canaries: readonly string[]): boolean => canaries.some((canary) => text.includes(canary));
