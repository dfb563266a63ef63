/** V3: a reader during the run and one after it saw the same; of journal and reroute the second sees the end that is left. */

import type { LogRecord } from '../../src/engine/ports.ts';
import { named, sameContent } from './bytes.ts';
import type { Report } from './findings.ts';
import type { Run } from './run.ts';

export function checkReaders({ evidence, findings, compared }: Run): void {
  const { topics, sources } = evidence.settings;
  const { seen, kept } = evidence;
  const report = findings.of('V3');
  const cut = new Set([topics.journal, topics.reroute]);
  for (const topic of new Set([...sources.map((source) => source.topic), ...Object.values(topics)])) {
    const before = seen.get(topic);
    const after = kept.get(topic);
    if (before === undefined || after === undefined) {
      report(topic, `was not read ${before === undefined ? 'during' : 'after'} the run`);
      continue;
    }
    for (let partition = 0; partition < Math.max(before.length, after.length); partition++)
      compared.readTwice += compare(named({ topic, partition }), before[partition] ?? [], after[partition] ?? [], cut.has(topic), report);
  }
}

/** @returns how many records both have seen */
function compare(name: string, before: readonly LogRecord[], after: readonly LogRecord[], cut: boolean, report: Report): number {
  rising(`${name}, during the run`, before, report);
  rising(`${name}, after the run`, after, report);
  const [first] = after;
  // An offset that is left must have been seen; what lies before the first may have been deleted.
  const from = !cut ? 0 : first === undefined ? before.length : before.findIndex(({ offset }) => offset >= first.offset);
  const seen = from < 0 ? [] : before.slice(from);
  const length = Math.max(seen.length, after.length);
  for (let i = 0; i < length; i++) {
    const [was, is] = [seen[i], after[i]];
    if (was === is) continue;
    if (was === undefined || is === undefined || was.offset !== is.offset) {
      report(
        name,
        `during the run offset ${was?.offset} followed here, after it ${is?.offset}; ${seen.length} and ${after.length} records`,
      );
      return i;
    }
    if (!sameContent(was, is) || was.timestamp !== is.timestamp)
      report(`${name}@${was.offset}`, 'is another record after the run than during it');
  }
  return length;
}

function rising(name: string, records: readonly LogRecord[], report: Report): void {
  let last = -1;
  for (const { offset } of records) {
    if (offset <= last) report(`${name}@${offset}`, offset === last ? 'is there twice' : `comes after ${last}`);
    last = offset;
  }
}
