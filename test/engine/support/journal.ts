/**
 * The journal of a shard as its readers see it, and an independent check of I3 and I4 over it: it shares no code with the engine but the bytes' codec.
 */
import { expect } from 'vitest';
import { decodePart } from '../../../src/codec/journal.ts';
import type { JournalEntry, JournalHeader } from '../../../src/engine/journal.ts';
import type { TestDriver } from '../../../src/testing.ts';

export interface Step {
  readonly offset: number;
  readonly header: JournalHeader;
  readonly entries: readonly JournalEntry[];
}

/** Claims and steps of a shard's journal, in order; each must be whole and contiguous. */
export function journalOf({ kafka, settings }: TestDriver, shard: number): Step[] {
  const steps: Step[] = [];
  let open: { offset: number; of: number; parts: number; header: JournalHeader; entries: JournalEntry[] } | null = null;
  for (const { offset, value } of kafka.records(settings.topics.journal, shard)) {
    if (value === null) throw new Error(`journal-${shard}@${offset} has no value`);
    const { part, of, header, entries } = decodePart(value);
    if (header !== null) {
      expect(open, `the step before journal-${shard}@${offset} is whole`).toBeNull();
      open = { offset, of, parts: 0, header, entries: [] };
    }
    if (open === null) throw new Error(`journal-${shard}@${offset} is a part without its first`);
    expect([part, of, offset]).toEqual([open.parts, open.of, open.offset + part]);
    open.parts += 1;
    open.entries.push(...entries);
    if (open.parts === of) {
      steps.push(open);
      open = null;
    }
  }
  expect(open, 'the last step is whole').toBeNull();
  return steps;
}

const named = ({ topic, partition }: { topic: string; partition: number }): string => `${topic}-${partition}`;

/**
 * I3 and I4 over a journal that was never cleaned: each record names its predecessor and continues its positions, the first claim stands at the logs'
 * starts, and what was taken altogether is all that the inputs hold. Each step that was reported has taken what lies between its positions, no more.
 */
export function expectChain(of: TestDriver): void {
  const reported = new Map(of.reports.map((report) => [`${report.shard}@${report.offset}`, report.records]));
  for (let shard = 0; shard < of.settings.shards; shard++) {
    let previous: Step | null = null;
    for (const step of journalOf(of, shard)) {
      expect(step.header.previous).toBe(previous?.offset ?? null);
      expect(step.header.sequence).toBe((previous?.header.sequence ?? -1) + 1);
      expect(step.header.watermark).toBeGreaterThanOrEqual(previous?.header.watermark ?? 0);
      const before: Map<string, number> = new Map(previous?.header.positions.map((position) => [named(position), position.next]));
      let taken = 0;
      let whole = true;
      for (const position of step.header.positions) {
        const from = before.get(named(position)) ?? 0;
        if (step.header.kind === 'claim') expect(position.next).toBe(from);
        expect(position.next).toBeGreaterThanOrEqual(from);
        const log = of.kafka.log(position);
        // what was rerouted is deleted once it is taken
        whole &&= log.start <= from;
        taken += log.read(Math.max(from, log.start)).records.filter(({ offset }) => offset < position.next).length;
      }
      const told = reported.get(`${shard}@${step.offset}`);
      if (told !== undefined && whole) expect(taken, `records of step ${step.offset} of shard ${shard}`).toBe(told);
      previous = step;
    }
    for (const position of previous?.header.positions ?? []) expect(of.kafka.log(position).read(position.next).records).toEqual([]);
  }
}
