/**
 * The journal of a shard as the checker reads it: parts put together to steps, and each customer's states one after the other. Boundary: shares the bytes'
 * codec with the engine and nothing else; whether the chain is whole is chain.ts.
 */
import { decodePart } from '../../src/codec/journal.ts';
import type { CustomerId, Instant } from '../../src/domain/ids.ts';
import type { JournalEntry, JournalHeader } from '../../src/engine/journal.ts';
import type { LogRecord } from '../../src/engine/ports.ts';
import type { Report } from './findings.ts';

export interface Step {
  /** of its first part; `next`: after its last */
  readonly offset: number;
  readonly next: number;
  readonly header: JournalHeader;
  readonly entries: readonly JournalEntry[];
  /** append time of its first part, ms */
  readonly appended: number;
}

/** Claims and steps in order. What is broken is reported and passed over. */
export function stepsOf(records: readonly LogRecord[], journal: string, report: Report): Step[] {
  const steps: Step[] = [];
  let open: { readonly offset: number; readonly of: number; readonly header: JournalHeader; readonly appended: number } | null = null;
  let parts = 0;
  let entries: JournalEntry[] = [];
  for (const { offset, value, timestamp } of records) {
    const where = `${journal}@${offset}`;
    if (value === null) {
      report(where, 'a journal record without a value');
      continue;
    }
    let read: ReturnType<typeof decodePart>;
    try {
      read = decodePart(value);
    } catch (error) {
      report(where, error instanceof Error ? error.message : String(error));
      continue;
    }
    if (read.header !== null) {
      if (open !== null) report(where, `the step at ${open.offset} has ${parts} of ${open.of} parts`);
      open = { offset, of: read.of, header: read.header, appended: timestamp };
      parts = 0;
      entries = [];
    }
    if (open === null) {
      report(where, 'a part without its first');
      continue;
    }
    if (read.part !== parts || read.of !== open.of || offset !== open.offset + read.part) {
      report(where, `part ${read.part} of ${read.of} follows ${parts} of ${open.of} of the step at ${open.offset}: parts are contiguous`);
      open = null;
      continue;
    }
    parts += 1;
    entries = parts === 1 ? [...read.entries] : entries.concat(read.entries);
    if (parts < open.of) continue;
    steps.push({ offset: open.offset, next: offset + 1, header: open.header, entries, appended: open.appended });
    open = null;
  }
  if (open !== null) report(`${journal}@${open.offset}`, `the last step has ${parts} of ${open.of} parts`);
  return steps;
}

/** What a key holds from a step on. */
export interface Version {
  /** the step's index in the chain, and its offset, which the store keeps beside the state */
  readonly step: number;
  readonly offset: number;
  /** null: erased, or set right without a state */
  readonly state: Buffer | null;
  readonly due: Instant | null;
}

/** Of each customer and total, all that was ever committed, in order; what was carried is a version too. */
export type Versions = ReadonlyMap<CustomerId, readonly Version[]>;

export function versionsOf(steps: readonly Step[]): Versions {
  const versions = new Map<CustomerId, Version[]>();
  for (const [step, { offset, entries }] of steps.entries()) {
    for (const { customer, state, due } of entries) {
      const version = { step, offset, state, due };
      const known = versions.get(customer);
      if (known === undefined) versions.set(customer, [version]);
      else known.push(version);
    }
  }
  return versions;
}

/** The last version at or before a step. */
export function versionAt(versions: readonly Version[] | undefined, step: number): Version | null {
  if (versions === undefined) return null;
  let low = 0;
  let high = versions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((versions[middle]?.step ?? 0) <= step) low = middle + 1;
    else high = middle;
  }
  return versions[low - 1] ?? null;
}
