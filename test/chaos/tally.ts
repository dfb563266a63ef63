/** What the input of a run has had, counted from the topics: so that a feed which has ceased to send what hurts shows. Boundary: pure; what is right of it is the checker's. */
import { shardOf } from '../../src/codec/murmur2.ts';
import type { Instant } from '../../src/domain/ids.ts';
import type { Evidence } from '../checker/evidence.ts';
import { readInputs } from '../checker/inputs.ts';
import { HOT } from './feed.ts';

export interface Tally {
  /** records that nobody may take */
  readonly poison: number;
  /** events that had stood in the inputs before */
  readonly duplicates: number;
  /** events of more than a minute before they were appended, of those as of now */
  readonly late: number;
  /** events in a partition of another shard than their customer's */
  readonly foreign: number;
  /** the hot customer's part of the events as of now, from 0 to 1 */
  readonly hot: number;
}

const LATE_MS = 60_000;

/** @param live what was appended before is history */
export async function tallyOf(evidence: Evidence, live: Instant): Promise<Tally> {
  const { shards } = evidence.settings;
  const known = new Set<string>();
  let [events, duplicates, late, foreign, hot] = [0, 0, 0, 0, 0];
  for (const { rerouted, partition, records, decoded } of (await readInputs(evidence)).all) {
    if (rerouted) continue;
    for (const [i, each] of decoded.entries()) {
      if (each.outcome !== 'event') continue;
      const { customer, id, at } = each.event;
      const name = `${id} ${customer}`;
      if (known.has(name)) duplicates += 1;
      known.add(name);
      if (shardOf(customer, shards) !== partition % shards) foreign += 1;
      const appended = records[i]?.timestamp ?? 0;
      if (appended < live) continue;
      events += 1;
      if (customer === HOT) hot += 1;
      if (at < appended - LATE_MS) late += 1;
    }
  }
  return { poison: evidence.poison.length, duplicates, late, foreign, hot: events === 0 ? 0 : hot / events };
}
