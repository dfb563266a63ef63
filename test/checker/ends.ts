/** V7: it drained in time after the last fault was healed, and was at peace then. V10: what had to halt has halted with its message, and nothing else has. */
import type { Evidence } from './evidence.ts';
import type { Report } from './findings.ts';
import type { Run } from './run.ts';

/** ms */
const MOST_DRAIN = 60_000;

export function checkDrain({ evidence, shards }: Pick<Run, 'evidence' | 'shards'>, report: Report): void {
  const { drainedAfterMs, calmAfter = null } = evidence;
  if (drainedAfterMs === null) report('the run', 'was never drained');
  else if (drainedAfterMs > MOST_DRAIN)
    report('the run', `was drained ${drainedAfterMs} ms after the last fault, later than ${MOST_DRAIN}`);
  if (calmAfter === null) return;
  for (const { shard, steps } of shards) {
    const late = steps.filter(({ header, appended }) => header.kind === 'claim' && appended > calmAfter);
    // Once, since a request that was late may have fenced an idle owner, who notices with his next step.
    if (late.length > 1) report(`shard ${shard}`, `was taken over ${late.length} times after everything had been healed and settled`);
  }
}

export function checkEnds({ ends }: Evidence, report: Report): void {
  for (const { worker, code, said, expected } of ends) {
    const last = said.trim().split('\n').slice(-3).join(' | ');
    if (expected === null) report(worker, `ended with ${code}, and was not to end: ${last}`);
    else if (code !== 1) report(worker, `was to halt with code 1 and ${expected}, ended with ${code}: ${last}`);
    else if (!expected.test(said)) report(worker, `was to halt with ${expected}, said: ${last}`);
  }
}
