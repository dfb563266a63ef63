/**
 * Judges what a run has left on real servers: the checker, and beside it two things that only such a run can have wrong or tell. Boundary: what is right of the
 * evidence alone is the checker's. Nothing may write any more.
 */
import type { Instant } from '../../src/domain/ids.ts';
import type { Ends } from '../../src/engine/ports.ts';
import { until } from '../../src/stack/until.ts';
import { type Checked, check } from '../checker/check.ts';
import { checkDrain } from '../checker/ends.ts';
import type { Evidence, Partitions } from '../checker/evidence.ts';
import { Findings, type Report } from '../checker/findings.ts';
import { stepsOf } from '../checker/journal.ts';
import { type Application, POISON } from '../support/application.ts';

const ASK_SECONDS = 60;

/** How a run was when all had been healed and drained. */
export type Peace =
  /** By the brokers' clock: nobody had a reason to take a shard over after the first instant, and workers were told to stop at the second. */
  | { readonly settled: true; readonly from: Instant; readonly to: Instant }
  /** who held what in the end, in words */
  | { readonly settled: false; readonly held: string };

/** The checker's findings and, with them: inputs that could not be read whole (V1), and shards that were taken over in times of peace (V7). */
export async function judge({ admin, config }: Application, evidence: Evidence, peace: Peace | null = null): Promise<Checked> {
  const findings = new Findings();
  // Before the check, which keeps this process busy for longer than a broker's answer may take.
  for (const { topic } of config.sources) {
    const ends = await until(`the ends of ${topic}`, ASK_SECONDS, () => admin.ends(topic));
    checkWhole(topic, evidence.kept.get(topic) ?? [], ends, findings.of('V1'));
  }
  const { violations, compared } = await check(evidence);
  if (peace !== null) checkPeace(evidence, peace, findings.of('V7'));
  return { violations: [...violations, ...findings.violations], compared };
}

/**
 * What an input holds that is written without transactions and from which nothing is removed: each offset from its start to its end. A reader that passes a record over
 * deceives every check that trusts it.
 */
export function checkWhole(topic: string, partitions: Partitions, ends: readonly Ends[], report: Report): void {
  if (partitions.length !== ends.length) report(topic, `has ${ends.length} partitions, ${partitions.length} were read`);
  for (const [partition, { start, end }] of ends.entries()) {
    let next = start;
    for (const { offset } of partitions[partition] ?? []) {
      if (offset !== next) report(`${topic}-${partition}@${next}`, `could not be read: the next record that was read is ${offset}`);
      next = offset + 1;
    }
    if (next !== end) report(`${topic}-${partition}@${next}`, `could not be read: the partition ends at ${end}`);
  }
}

/** What is taken over when workers are told to stop, one before the other, is no breach of it. */
export function checkPeace(evidence: Evidence, peace: Peace, report: Report): void {
  if (!peace.settled) {
    report('the run', `did not settle after everything had been healed: ${peace.held}`);
    return;
  }
  const { from, to } = peace;
  const { journal } = evidence.settings.topics;
  const shards = (evidence.seen.get(journal) ?? []).map((records, shard) => {
    const steps = stepsOf(records, `${journal}-${shard}`, () => undefined).filter(({ appended }) => appended < to);
    return { shard, steps, versions: new Map() };
  });
  checkDrain({ evidence: { ...evidence, drainedAfterMs: 0, calmAfter: from }, shards }, report);
}

/** By the mark that whoever fed them gave them, so that it does not matter what a producer was told. */
export function poisonOf({ config }: Application, topics: ReadonlyMap<string, Partitions>): Evidence['poison'] {
  return config.sources.flatMap(({ topic }) =>
    (topics.get(topic) ?? []).flatMap((records, partition) =>
      records.filter(({ headers }) => headers.some(({ key }) => key === POISON)).map(({ offset }) => ({ topic, partition, offset })),
    ),
  );
}
