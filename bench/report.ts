/**
 * Results as ratios and as tables for people. Pure. A ratio above 1 is better for rapport, everywhere.
 */
import { table } from '../src/cli/output.ts';
import type { LatencyRun } from './latency.ts';
import type { Run } from './measure.ts';
import type { ScaleResult } from './scale.ts';
import type { SilenceRun } from './silence.ts';
import { type Ratio, ratioOf } from './statistics.ts';

export interface Placed extends Run {
  readonly partitions: number;
  readonly round: number;
}

/** What is compared: how much better rapport is in it. */
const MEASURES: Readonly<Record<string, (ours: Run, theirs: Run) => readonly [above: number, below: number]>> = {
  throughput: (ours, theirs) => [ours.events / ours.seconds, theirs.events / theirs.seconds],
  cpu: (ours, theirs) => [theirs.cpu.worker / theirs.events, ours.cpu.worker / ours.events],
  brokerCpu: (ours, theirs) => [theirs.cpu.broker / theirs.events, ours.cpu.broker / ours.events],
  totalCpu: (ours, theirs) => [totalCpu(theirs) / theirs.events, totalCpu(ours) / ours.events],
  memory: (ours, theirs) => [theirs.memory, ours.memory],
  kafkaBytes: (ours, theirs) => [theirs.bytes.kafka / theirs.events, ours.bytes.kafka / ours.events],
};

const totalCpu = ({ cpu }: Run): number => cpu.worker + cpu.broker + cpu.redis;

/** By `<peer>.<measure>`, over pairs of the same round and number of partitions. */
export function ratiosOf(runs: readonly Placed[]): Record<string, Ratio> {
  const ratios: Record<string, Ratio> = {};
  for (const peer of new Set(runs.map((run) => run.peer))) {
    if (peer === 'rapport') continue;
    const pairs = runs
      .filter((run) => run.peer === peer)
      .flatMap((theirs) => {
        const ours = runs.find((run) => run.peer === 'rapport' && run.partitions === theirs.partitions && run.round === theirs.round);
        return ours === undefined ? [] : [[ours, theirs] as const];
      });
    for (const [name, of] of Object.entries(MEASURES)) {
      const ratio = ratioOf(pairs.map(([ours, theirs]) => of(ours, theirs)));
      if (ratio !== null) ratios[`${peer}.${name}`] = ratio;
    }
  }
  return ratios;
}

export const medians = (ratios: Readonly<Record<string, Ratio>>): Record<string, number> =>
  Object.fromEntries(Object.entries(ratios).map(([name, ratio]) => [name, rounded(ratio.median)]));

const rounded = (value: number): number => Number(value.toPrecision(4));

const perMillion = (seconds: number, events: number): string => ((seconds / events) * 1e6).toFixed(1);

export function runsTable(runs: readonly Placed[]): string {
  return table(
    [
      '#partitions',
      '#round',
      'peer',
      '#events',
      '#events/s',
      '#worker',
      '#broker',
      '#Redis',
      '#MiB',
      '#Kafka B/event',
      '#Redis B/event',
      '#events/change',
    ],
    runs.map((run) => [
      run.partitions,
      run.round,
      run.peer,
      run.events,
      Math.round(run.events / run.seconds),
      perMillion(run.cpu.worker, run.events),
      perMillion(run.cpu.broker, run.events),
      perMillion(run.cpu.redis, run.events),
      Math.round(run.memory / 2 ** 20),
      Math.round(run.bytes.kafka / run.events),
      Math.round(run.bytes.redis / run.events),
      run.changes === 0 ? null : Math.round(run.events / run.changes),
    ]),
  );
}

export const ratiosTable = (ratios: Readonly<Record<string, Ratio>>): string =>
  table(
    ['rapport against', '#median', '#least', '#most', '#pairs'],
    Object.entries(ratios).map(([name, { median, least, most, pairs }]) => [
      name,
      median.toFixed(2),
      least.toFixed(2),
      most.toFixed(2),
      pairs,
    ]),
  );

const PERCENTILES = ['p50', 'p99', 'p999'] as const;

/** `<peer>.p99At1000`: the peer's latency over rapport's at the same rate. */
export function latencyRatios(runs: readonly LatencyRun[]): Record<string, number> {
  const ratios: Record<string, number> = {};
  for (const { peer, rate, latency } of runs) {
    const ours = runs.find((run) => run.peer === 'rapport' && run.rate === rate);
    if (peer === 'rapport' || ours === undefined) continue;
    for (const name of PERCENTILES) ratios[`${peer}.${name}At${rate}`] = rounded(latency[name] / ours.latency[name]);
  }
  return ratios;
}

export const latencyTable = (runs: readonly LatencyRun[]): string =>
  table(
    ['#events/s', 'peer', '#p50 ms', '#p99 ms', '#p99.9 ms', '#most ms', '#probes', '#sent late, p99 ms'],
    runs.map(({ peer, rate, latency, sentLateP99 }) => [
      rate,
      peer,
      ...[latency.p50, latency.p99, latency.p999, latency.most].map((ms) => ms.toFixed(1)),
      latency.count,
      sentLateP99.toFixed(1),
    ]),
  );

export const silenceTable = (runs: readonly SilenceRun[]): string =>
  table(
    ['#customers', '#due within s', '#p50 ms', '#p99 ms', '#most ms', '#drained/s'],
    runs.map(({ customers, spread, delay, drained }) => [
      customers,
      spread,
      delay.p50.toFixed(0),
      delay.p99.toFixed(0),
      delay.most.toFixed(0),
      drained,
    ]),
  );

/** Of rapport against itself: a size or number against the first one's. */
export function scaleRatios({ customers, workers, cleaner }: ScaleResult): Record<string, number> {
  const rate = ({ events, seconds }: Run): number => events / seconds;
  const ratios: Record<string, number> = {};
  const [fewest] = customers;
  for (const run of customers)
    if (fewest !== undefined && run !== fewest) ratios[`customers.${run.customers}`] = rounded(rate(run) / rate(fewest));
  const [one] = workers;
  for (const run of workers) if (one !== undefined && run !== one) ratios[`workers.${run.workers}`] = rounded(rate(run) / rate(one));
  const [first, last] = [cleaner.laps[1], cleaner.laps.at(-1)];
  if (first !== undefined && last !== undefined) ratios['cleaner.cpu'] = rounded(first.cpuPerMillion / last.cpuPerMillion);
  return ratios;
}

export function scaleText({ customers, rebuild, workers, takeover, cleaner }: ScaleResult): string {
  const rate = (run: Run): number => Math.round(run.events / run.seconds);
  return [
    table(
      ['#customers', '#events/s', '#worker CPU s/M', '#MiB', '#Redis B/customer'],
      customers.map((run) => [
        run.customers,
        rate(run),
        perMillion(run.cpu.worker, run.events),
        Math.round(run.memory / 2 ** 20),
        Math.round(run.redisBytesPerCustomer),
      ]),
    ),
    `rebuild: ${rebuild.customers} customers in ${rebuild.seconds.toFixed(1)} s, ${Math.round(rebuild.customers / rebuild.seconds)} a second`,
    table(
      ['#workers', '#events/s', '#worker CPU s/M', '#MiB of the largest'],
      workers.map((run) => [run.workers, rate(run), perMillion(run.cpu.worker, run.events), Math.round(run.memory / 2 ** 20)]),
    ),
    `takeover of ${takeover.shards} shards: ${takeover.afterJoin.toFixed(2)} s after the join, ${takeover.afterKill.toFixed(1)} s after the kill`,
    table(
      ['#lap', '#events/s', '#worker CPU s/M', '#journal MiB', '#times round'],
      cleaner.laps.map((lap, i) => [
        i + 1,
        Math.round(lap.perSecond),
        lap.cpuPerMillion.toFixed(1),
        (lap.journal / 2 ** 20).toFixed(1),
        lap.rounds,
      ]),
    ),
  ].join('\n\n');
}
