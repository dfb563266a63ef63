/**
 * `npm run soak`: one application under a steady load for long, hurt lightly about once a minute. One of its two workers is never hurt itself, but takes over from the other again and again: its
 * memory and handles, the journal, the lag and what is left in Redis must stay as they are (trend.ts), and in the end nothing is lost, doubled or invented (the checker).
 * Boundary: what is measured is gauges.ts's, what growth is trend.ts's, what hurts faults.ts's; servers and feed are those of chaos.
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import { interrupted } from '../../src/cli/command.ts';
import { positive, whole } from '../../src/cli/options.ts';
import type { Limits } from '../../src/engine/engine.ts';
import { until } from '../../src/stack/until.ts';
import { Random } from '../../src/world/random.ts';
import { type Cluster, startCluster } from '../chaos/cluster.ts';
import { Feed } from '../chaos/feed.ts';
import { Fleet } from '../chaos/fleet.ts';
import { type Follower, startFollower } from '../chaos/follow.ts';
import { gather } from '../chaos/gather.ts';
import { judge as judgeRun } from '../chaos/judge.ts';
import { planOf } from '../chaos/plan.ts';
import { comparedOf, emptyOf } from '../chaos/report.ts';
import type { Scene } from '../chaos/scene.ts';
import type { Checked } from '../checker/check.ts';
import type { Partitions, Violation } from '../checker/evidence.ts';
import { Application } from '../support/application.ts';
import { sparing } from '../weave/marks.ts';
import { woveBy } from '../weave/settings.ts';
import { faultsOf } from './faults.ts';
import { type Gauge, gaugesOf, leftBehind } from './gauges.ts';
import { judge, lineOf, type Point, type Series, type Trend } from './trend.ts';

interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly json?: true;
  readonly keep?: string;
}

/** What a run leaves behind; filled as it goes, so that an interrupted one has what was measured so far. */
interface Soaked {
  readonly seed: number;
  /** measured */
  seconds: number;
  readonly faults: string[];
  /** what happened when: `>` a fault begins, `<` it is over, `!` a worker did what it was not to do */
  readonly history: string[];
  readonly series: Series[];
  trends: readonly Trend[];
  /** of the inputs; journal records, and how many of them the cleaner has deleted */
  records: number;
  steps: number;
  deleted: number;
  drainedAfterMs: number | null;
  /** what the checker has compared; null: nothing yet */
  compared: Checked['compared'] | null;
  /** keys of Redis that nobody reads, some time after the drain */
  leftBehind: number;
  violations: readonly Violation[];
  /** why it was not judged to the end; null: it was */
  broken: string | null;
}

const SHARDS = 6;
/** events a second */
const RATE = 100;
const SAMPLE_MS = 5_000;
const PROGRESS_MS = 30_000;
/** between two faults; less in a short run, so that it has some */
const FAULT_SECONDS = 60;
const FEWEST_FAULTS = 5;
const SESSION_MS = 4_000;
const TRANSACTION_MS = 10_000;
/** What comes later than V7 allows is waited for all the same, so that the other checks have a complete run to judge. */
const DRAIN_SECONDS = 180;
const LEFT_SECONDS = 60;
const GUARD_MS = 5_000;
/** so small that journals and caches are at their bounds before the warm-up is over */
const BOUNDS: Partial<Limits> = { journalLeast: 64 << 10, cacheBytes: 256 << 10 };
const INTERRUPTED = 130;
/** of what the checker could compare: Redis is not sampled for so long */
const NOT_TAKEN = ['samples'] as const;

const EXAMPLE = `
Three Kafka brokers, a Redis Cluster of 3 + 3 and a schema registry are started as child processes; two workers live on ${RATE} events a second.
The first third is warm-up. Exits with 1 when something grew or was not right, with 2 where there is no /proc to measure a process by. Ctrl-C ends it with what was measured so far.

Example:
  $ npm run soak -- --minutes 30 --seed 1 --keep soak-out
`;

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

async function soak({ minutes, seed, json, keep }: Options): Promise<void> {
  if (!existsSync('/proc/self/fd')) {
    say('There is no /proc on this machine: memory and handles of a worker cannot be measured.');
    process.exitCode = 2;
    return;
  }
  const over = new AbortController();
  const interruption = new Error('interrupted');
  void interrupted().then(() => over.abort(interruption));
  const aborted = new Promise<never>((_, reject) => {
    over.signal.addEventListener('abort', () => reject(over.signal.reason));
  });
  const soaked: Soaked = {
    seed,
    seconds: 0,
    faults: [],
    history: [],
    series: [],
    trends: [],
    records: 0,
    steps: 0,
    deleted: 0,
    drainedAfterMs: null,
    compared: null,
    leftBehind: 0,
    violations: [],
    broken: null,
  };
  const stops: (() => Promise<void>)[] = [];
  if (keep !== undefined) stops.push(() => write(keep, 'soak.json', JSON.stringify(soaked)));
  try {
    await Promise.race([perform({ seconds: minutes * 60, soaked, over, stops, keep }), aborted]);
  } catch (error) {
    soaked.broken = error === interruption ? 'interrupted' : error instanceof Error ? `${error.stack}` : String(error);
    if (error instanceof Error && error.cause !== undefined) soaked.broken += `; ${String(error.cause)}`;
  }
  soaked.trends = soaked.series.map((series) => judge(series, soaked.seconds));
  for (const stop of stops.toReversed()) await stop().catch((error: unknown) => say(`while ending: ${String(error)}`));
  process.stdout.write(`${json ? JSON.stringify(soaked) : textOf(soaked)}\n`);
  const clean =
    soaked.violations.length === 0 &&
    emptyOf(soaked.compared, NOT_TAKEN).length === 0 &&
    soaked.leftBehind === 0 &&
    soaked.trends.every(({ grew }) => grew === null);
  if (over.signal.reason === interruption) process.exitCode = INTERRUPTED;
  else if (soaked.broken !== null || !clean) process.exitCode = 1;
}

interface Performance {
  readonly seconds: number;
  readonly soaked: Soaked;
  readonly over: AbortController;
  /** gets what is to be stopped, whatever happens, in reverse */
  readonly stops: (() => Promise<void>)[];
  readonly keep: string | undefined;
}

async function perform({ seconds, soaked, over, stops, keep }: Performance): Promise<void> {
  const { seed } = soaked;
  const note = (what: string): void => {
    soaked.history.push(`${new Date().toISOString()} ${what}`);
  };
  const { canary } = planOf(seed);
  say('starting three brokers, six Redis nodes and a registry');
  const { value: cluster, stop: stopCluster } = await startCluster((line) => say(`stack: ${line}`));
  stops.push(stopCluster);
  const app = await create(cluster);
  stops.push(() => app.stop());
  const topics = [...app.config.sources.map(({ topic }) => topic), ...Object.values(app.config.topics)];
  const follow = (marks?: string): Promise<Follower> => startFollower({ kafka: app.config.kafka, admin: app.admin, topics, marks });
  const fleet = new Fleet(app, environmentOf(cluster), (what) => {
    note(`! ${what}`);
    say(what);
  });
  if (keep !== undefined) {
    stops.push(async () => {
      for (const { name, process: worker } of fleet.all) {
        const lines = [...worker.lines().map((line) => JSON.stringify(line)), worker.stderr];
        await write(keep, `${name.replaceAll(' ', '-')}.log`, lines.join('\n'));
      }
    });
  }
  // Ended here, not with the application: one that it does not ask to end is replaced.
  stops.push(() => fleet.close());

  // 1. A reader before the first worker, a history, workers, what comes after it.
  const follower = await follow(cluster.folder);
  stops.push(() => follower.stop());
  const feed = new Feed({ app, seed, rates: [RATE, RATE], canary });
  await feed.history();
  stops.push(
    () => feed.stop(),
    () => cluster.heal(),
  );
  const measured = fleet.start();
  fleet.start();
  void measured.process.ended.then(({ code }) => {
    if (!measured.asked) over.abort(new Error(`${measured.name}, which is measured, ended with ${code}: ${measured.process.stderr}`));
  });
  feed.start();

  // 2. Light faults, one after another, while everything is measured.
  const began = performance.now();
  const elapsed = (): number => (performance.now() - began) / 1_000;
  const ending = AbortSignal.any([over.signal, AbortSignal.timeout(seconds * 1_000)]);
  const wait = async (ms: number): Promise<void> => {
    await sleep(Math.max(0, ms), undefined, { signal: ending }).catch((error: unknown) => {
      if (!ending.aborted) throw error;
    });
  };
  const gauges = gaugesOf({ cluster, app, follower, pid: measured.process.pid, rate: RATE });
  const watching = watch(gauges, soaked, { elapsed, ending, wait, holds: () => measured.process.shards.length });
  watching.catch((error: unknown) => over.abort(error));
  const scene: Scene = {
    cluster,
    fleet,
    app,
    sessionMs: SESSION_MS,
    transactionMs: TRANSACTION_MS,
    say: note,
    inVain: note,
    hit: () => undefined,
    wait,
  };
  const every = Math.min(FAULT_SECONDS, seconds / (FEWEST_FAULTS + 1));
  const faults = faultsOf(measured, seed);
  for (let round = 1; ; round++) {
    await wait((round * every - elapsed()) * 1_000);
    if (ending.aborted) break;
    const fault = faults(round);
    soaked.faults.push(fault.name);
    note(`> ${fault.name}`);
    await fault.run(scene, new Random(seed, `fault ${round}`));
    note(`< ${fault.name}`);
  }
  await watching;
  over.signal.throwIfAborted();

  // 3. No more input, everything healed: now it must drain, and be right.
  say('draining');
  await feed.stop();
  await cluster.heal();
  const healed = performance.now();
  soaked.drainedAfterMs = await app.drained(Date.now() - GUARD_MS, DRAIN_SECONDS).then(
    () => Math.round(performance.now() - healed),
    (error: unknown) => {
      say(String(error));
      return null;
    },
  );
  soaked.leftBehind = await until('Redis to keep nothing that nobody reads', LEFT_SECONDS, async () =>
    (await leftBehind(cluster, app)) === 0 ? 0 : undefined,
  ).catch(() => leftBehind(cluster, app));
  say('gathering and checking');
  const evidence = await gather({ app, fleet, feed, follower, follow, samples: [], canary, drainedAfterMs: soaked.drainedAfterMs });
  const { violations, compared } = await judgeRun(app, evidence);
  Object.assign(soaked, { violations, compared });
  const { journal } = app.config.topics;
  soaked.records = app.config.sources.reduce((sum, { topic }) => sum + countOf(evidence.kept.get(topic)), 0);
  soaked.steps = countOf(evidence.seen.get(journal));
  soaked.deleted = soaked.steps - countOf(evidence.kept.get(journal));
}

const create = ({ direct, proxied }: Cluster): Promise<Application> =>
  Application.create({
    shards: SHARDS,
    servers: direct,
    reachedAt: proxied,
    appendTime: true,
    environment: { RAPPORT_SESSION_TIMEOUT_MS: String(SESSION_MS), RAPPORT_TRANSACTION_TIMEOUT_MS: String(TRANSACTION_MS) },
  });

const environmentOf = ({ folder }: Cluster): Readonly<Record<string, string>> => ({
  ...woveBy({ limits: BOUNDS, patches: [sparing(folder)] }),
  NODE_COMPILE_CACHE: folder,
});

interface Watch {
  readonly elapsed: () => number;
  readonly ending: AbortSignal;
  readonly wait: (ms: number) => Promise<void>;
  /** shards of the worker that is measured */
  readonly holds: () => number;
}

/** Reads all gauges every few seconds until the end. What cannot be read now, while something is hurt, is not a point. */
async function watch(gauges: readonly Gauge[], soaked: Soaked, { elapsed, ending, wait, holds }: Watch): Promise<void> {
  const series = gauges.map(({ name, unit, rule }) => ({ name, unit, rule, points: [] as Point[] }));
  soaked.series.push(...series);
  let told = 0;
  for (let sample = 1; !ending.aborted; sample++) {
    const at = elapsed();
    await Promise.allSettled(
      gauges.map(async (gauge, i) => {
        const value = await gauge.read();
        if (Number.isFinite(value)) series[i]?.points.push({ at, value });
      }),
    );
    soaked.seconds = elapsed();
    if (at * 1_000 >= told + PROGRESS_MS) {
      told = at * 1_000;
      const now = series.map(({ name, unit, points }) => `${name} ${Number(points.at(-1)?.value.toFixed(1))} ${unit}`.trim());
      say(`${Math.round(at)} s: ${now.join(', ')}; holds ${holds()} of ${SHARDS} shards; ${soaked.faults.at(-1) ?? 'no fault yet'}`);
    }
    await wait(sample * SAMPLE_MS - elapsed() * 1_000);
  }
}

async function write(folder: string, name: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), `${text}\n`);
}

const countOf = (partitions: Partitions | undefined): number => (partitions ?? []).reduce((sum, records) => sum + records.length, 0);

function textOf(soaked: Soaked): string {
  const { seed, seconds, faults, history, trends, records, steps, deleted, drainedAfterMs, leftBehind, compared, violations, broken } =
    soaked;
  const hurt = [...Map.groupBy(faults, (name) => name)].map(([name, of]) => `${of.length} × ${name}`).join(', ');
  const checked =
    broken === null
      ? [
          `checker: ${violations.length} violations; ${records} records, ${steps} steps (${deleted} deleted), drained ${drainedAfterMs === null ? 'never' : `after ${drainedAfterMs} ms`}`,
          comparedOf(compared),
          ...emptyOf(compared, NOT_TAKEN).map((name) => `NOTHING COMPARED OF ${name}`),
          ...(leftBehind > 0 ? [`${leftBehind} keys of Redis are left behind`] : []),
          ...violations.map(({ check: name, where, what }) => `  ${name} ${where}: ${what}`),
        ]
      : [`NOT JUDGED TO THE END: ${broken}`];
  const odd = history.filter((line) => line.includes(' ! '));
  return [`seed ${seed}, ${Math.round(seconds)} s; ${hurt || 'no fault'}`, ...trends.map(lineOf), ...odd, ...checked].join('\n');
}

await new Command('soak')
  .description('a long run under light faults: nothing grows, and in the end nothing is wrong')
  .option('--minutes <n>', 'how long it is fed, hurt and measured', positive, 30)
  .option('--seed <n>', 'seed of the input and of the faults', whole, 1)
  .option('--json', 'the result as JSON, with every point that was measured')
  .option('--keep <folder>', 'where the result and the logs of the workers are kept')
  .addHelpText('after', EXAMPLE)
  .action(soak)
  .parseAsync();
// As in main.ts: a loop left behind in the client library must not hold up the exit code.
process.exit();
