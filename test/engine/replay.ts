/** The checker's second engine on a test driver (I9): each step of a shard made again, beside what its journal holds. A journal that was never cleaned, over inputs of which nothing is deleted. */
import type { CustomerId, Instant } from '../../src/domain/ids.ts';
import type { JournalEntry } from '../../src/engine/journal.ts';
import type { OutRecord } from '../../src/engine/ports.ts';
import type { TestDriver } from '../../src/testing.ts';
import { evidenceOf } from '../checker/from-driver.ts';
import { readInputs } from '../checker/inputs.ts';
import { replay as replaySteps } from '../checker/replay.ts';
import { journalOf } from './support/journal.ts';

export interface Replayed {
  /** by output topic, in order */
  readonly records: ReadonlyMap<string, readonly OutRecord[]>;
  readonly states: ReadonlyMap<CustomerId, Buffer>;
  /** entries of each step, carried ones left out: replayed, and as they stand in the journal */
  readonly entries: readonly {
    readonly offset: number;
    readonly replayed: readonly JournalEntry[];
    readonly journal: readonly JournalEntry[];
  }[];
  /** W at the last record of each step, and W after the step as its header says it: an end that was reached with the last record may lift it further */
  readonly watermarks: readonly { readonly offset: number; readonly last: Instant; readonly after: Instant }[];
}

export async function replay(of: TestDriver, shard: number): Promise<Replayed> {
  const evidence = evidenceOf(of);
  const records = new Map<string, OutRecord[]>();
  const states = new Map<CustomerId, Buffer>();
  const entries: Replayed['entries'][number][] = [];
  const watermarks: Replayed['watermarks'][number][] = [];
  const steps = journalOf(of, shard).map((step) => ({ ...step, next: step.offset + 1, appended: 0 }));
  for (const made of replaySteps(evidence, await readInputs(evidence), shard, steps)) {
    const { offset, header } = made.step;
    for (const record of made.records) records.set(record.topic, [...(records.get(record.topic) ?? []), record]);
    for (const { customer, state } of made.entries) {
      if (state === null) states.delete(customer);
      else states.set(customer, state);
    }
    entries.push({ offset, replayed: made.entries, journal: made.step.entries.filter(({ cause }) => cause !== 'carried') });
    watermarks.push({ offset, last: made.watermark, after: header.watermark });
  }
  return { records, states, entries, watermarks };
}
