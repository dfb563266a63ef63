/**
 * Throughput: every peer over the same history, in turn, one application after another, on a broker that holds nothing else that moves. Ratios are of runs of
 * the same round. Whether the outputs are the same is looked at with the first number of partitions, in the first round. The naive peer runs in the first round alone.
 */

import type { Instant } from '../src/domain/ids.ts';
import { createApplication } from './application.ts';
import { type Comparison, compare, type Said } from './compare.ts';
import { history } from './events.ts';
import { Loader } from './load.ts';
import { measure, type Run } from './measure.ts';
import { readOutputs } from './outputs.ts';
import type { Peer } from './peers/peer.ts';
import { say } from './say.ts';
import type { Servers } from './servers.ts';

export interface ThroughputOptions {
  readonly peers: readonly Peer[];
  readonly events: number;
  readonly customers: number;
  readonly partitions: readonly number[];
  readonly rounds: number;
  /** a round that would not end within so many from now is left out, but never the first */
  readonly minutes: number;
  readonly seed: number;
  /** the history's last instant */
  readonly until: Instant;
}

export interface ThroughputResult {
  readonly customers: number;
  readonly runs: readonly (Run & { readonly partitions: number; readonly round: number })[];
  readonly comparisons: readonly (Comparison & { readonly peer: string; readonly partitions: number })[];
}

/** The naive peer's share: more would only take long. */
const NAIVE_MOST = 50_000;
export const eventsFor = (peer: string, events: number): number => (peer === 'naive' ? Math.min(NAIVE_MOST, events) : events);

interface InputSet {
  readonly inputs: string;
  readonly partitions: number;
  readonly most: number;
}

export async function throughput(servers: Servers, options: ThroughputOptions): Promise<ThroughputResult> {
  const { peers, events, partitions, rounds, minutes } = options;
  const end = performance.now() + minutes * 60_000;
  const setOf = (peer: Peer, count: number): InputSet => {
    const most = eventsFor(peer.name, events);
    return { inputs: `in-${count}-${most}`, partitions: count, most };
  };
  const sets = new Map(partitions.flatMap((count) => peers.map((peer) => [setOf(peer, count).inputs, setOf(peer, count)] as const)));
  const customers = await load(servers, [...sets.values()], options);
  const runs: (Run & { partitions: number; round: number })[] = [];
  const comparisons: (Comparison & { peer: string; partitions: number })[] = [];
  let longest = 0;
  for (let round = 1; round <= rounds; round++) {
    for (const count of partitions) {
      const began = performance.now();
      if (round > 1 && began + longest > end) {
        say(`round ${round} with ${count} partitions is left out: it would not end in time`);
        continue;
      }
      let ours: Said | null = null;
      for (const peer of peers.filter(({ name }) => round === 1 || name !== 'naive')) {
        const { inputs, most } = setOf(peer, count);
        const id = `${peer.name}-${count}-${round}`;
        const { value: app, stop } = await createApplication({ servers, id, inputs, partitions: count });
        try {
          const run = await measure({ peer, app, servers, events: most });
          runs.push({ ...run, partitions: count, round });
          say(`${id}: ${lineOf(run)}`);
          // The same job? Looked at once: the other runs do it again.
          if (round > 1 || count !== partitions[0]) continue;
          if (peer.name === 'rapport') ours = await readOutputs(app, options.until);
          else if (ours !== null && peer.name.startsWith('streams')) {
            const comparison = compare(ours, await readOutputs(app, options.until));
            comparisons.push({ ...comparison, peer: peer.name, partitions: count });
            say(`${id}: ${comparison.compared} outputs compared with rapport's, ${comparison.differences} differ`);
          }
        } finally {
          await stop();
        }
      }
      longest = Math.max(longest, performance.now() - began);
    }
  }
  return { customers, runs, comparisons };
}

async function load(servers: Servers, sets: readonly InputSet[], options: ThroughputOptions): Promise<number> {
  const began = performance.now();
  const apps = await Promise.all(
    sets.map(({ inputs, partitions }) => createApplication({ servers, id: `loads-${inputs}`, inputs, partitions })),
  );
  const loader = await Loader.create(apps.map(({ value: app }, i) => ({ app, most: sets[i]?.most ?? 0 })));
  try {
    const customers = new Set<string>();
    let sent = 0;
    let said = began;
    for (const event of history(options)) {
      await loader.send(event);
      customers.add(event.record.customerId);
      sent += 1;
      if (performance.now() - said > 5_000) {
        said = performance.now();
        say(`loading: ${sent} of ${options.events} events`);
      }
    }
    if (sent === 0) throw new Error('there is nothing to process: 0 events');
    await loader.close((options.until + 1_000) as Instant);
    say(`loaded ${sent} events of ${customers.size} customers into ${sets.length} sets of topics in ${seconds(performance.now() - began)}`);
    return customers.size;
  } finally {
    await loader.stop();
    for (const { stop } of apps) await stop();
  }
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

const lineOf = ({ events, seconds: taken, cpu, memory, changes }: Run): string =>
  `${events} events in ${taken.toFixed(1)} s, ${Math.round(events / taken)}/s, ${((cpu.worker / events) * 1e6).toFixed(1)} CPU s per million, ` +
  `${Math.round(memory / 2 ** 20)} MiB, one change per ${(events / Math.max(1, changes)).toFixed(0)} events`;
