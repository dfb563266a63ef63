/**
 * One run: an application of its own on the cluster, fed, watched, hurt for a while, healed, drained, and then judged by the checker. Boundary: what hurts is troubles.ts's, what is right
 * is the checker's.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Instant } from '../../src/domain/ids.ts';
import { until } from '../../src/stack/until.ts';
import { Random } from '../../src/world/random.ts';
import type { Checked } from '../checker/check.ts';
import type { Evidence, Partitions, Violation } from '../checker/evidence.ts';
import { Application } from '../support/application.ts';
import { sparing } from '../weave/marks.ts';
import { woveBy } from '../weave/settings.ts';
import type { Cluster } from './cluster.ts';
import { Feed } from './feed.ts';
import { Fleet } from './fleet.ts';
import { type Follower, startFollower } from './follow.ts';
import { gather } from './gather.ts';
import { judge, type Peace } from './judge.ts';
import { type Plan, planOf } from './plan.ts';
import { startSampler } from './sample.ts';
import { type Tally, tallyOf } from './tally.ts';
import { type Befell, makeTrouble, type Stage } from './troubles.ts';

export interface RunOptions {
  readonly cluster: Cluster;
  readonly seed: number;
  /** of troubles; gathering and judging come on top */
  readonly seconds: number;
  /** whether journals are cleaned while they grow; drawn from the seed unless given */
  readonly cleaner?: boolean;
  /** troubles whose names match; all unless given */
  readonly only?: RegExp | null;
  /** whether it is left alone for a while when all has settled, to see that nothing is taken over then (V7) */
  readonly peace?: boolean;
  /** progress, a line at a time */
  readonly say: (line: string) => void;
}

export interface Happening {
  /** ms since the run began */
  readonly at: number;
  /** ISO 8601, as in the workers' logs */
  readonly time: string;
  readonly what: string;
}

export interface RunResult {
  readonly seed: number;
  readonly cleaner: boolean;
  /** names of those that were not in vain, and how often */
  readonly troubles: Readonly<Record<string, number>>;
  /** what these have hit, and how often */
  readonly hits: Readonly<Record<string, number>>;
  /** the part of the time of troubles in which there was none, from 0 to 1 */
  readonly quiet: number;
  /** journal records, and how many of them the cleaner has deleted */
  readonly steps: number;
  readonly deleted: number;
  /** of the inputs */
  readonly records: number;
  /** what the input had; null: it was not judged */
  readonly input: Tally | null;
  readonly samples: number;
  readonly drainedAfterMs: number | null;
  /** how long nothing was to be taken over, ms; null: it never settled, which is a violation, or was not waited for */
  readonly peaceMs: number | null;
  /** what the checker has compared; null: it was not judged */
  readonly compared: Checked['compared'] | null;
  readonly violations: readonly Violation[];
  /** what went wrong with the run itself, so that it says nothing about the program; null: nothing */
  readonly inconclusive: string | null;
  readonly history: readonly Happening[];
  /** of every worker */
  readonly logs: readonly { readonly worker: string; readonly lines: readonly string[] }[];
}

const SHARDS = 6;
const RATES = [10, 200] as const;
/** What comes later than V7 allows is waited for all the same, so that the other checks have a complete run to judge. */
const DRAIN_SECONDS = 180;
const SETTLE_SECONDS = 60;
const PEACE_MS = 5_000;
/** Timers are waited for up to a little before the end of the feed: the watermark is behind the clock. */
const GUARD_MS = 5_000;

export async function runChaos(options: RunOptions): Promise<RunResult> {
  const { cluster, seed } = options;
  const plan = planOf(seed, options.cleaner);
  const history: Happening[] = [];
  const began = performance.now();
  const note = (what: string): void => {
    history.push({ at: Math.round(performance.now() - began), time: new Date().toISOString(), what });
  };
  note(`seed ${seed}, ${JSON.stringify(plan)}`);
  options.say('creating topics');
  const app = await create(cluster, plan);
  const fleet = new Fleet(app, environmentOf(cluster, plan), note);
  const stops: (() => Promise<void>)[] = [() => app.stop()];
  const befell: Befell = { troubles: [], hits: [], ms: 0, quietMs: 0 };
  let left: Left | null = null;
  let input: Tally | null = null;
  let checked: Checked | null = null;
  let inconclusive: string | null = null;
  try {
    left = await perform({ ...options, plan, app, fleet, stops, befell, note });
    options.say('checking');
    checked = await judge(app, left.evidence, left.peace);
    input = await tallyOf(left.evidence, left.live);
  } catch (error) {
    inconclusive = error instanceof Error ? `${error.stack}${error.cause === undefined ? '' : `; ${String(error.cause)}`}` : String(error);
    note(inconclusive);
  } finally {
    for (const stop of stops.toReversed()) await stop().catch((error: unknown) => note(`while ending: ${String(error)}`));
  }
  const { journal } = app.config.topics;
  const { evidence = null, peace = null } = left ?? {};
  const steps = countOf(evidence?.seen.get(journal));
  return {
    seed,
    cleaner: plan.cleaner,
    troubles: timesOf(befell.troubles),
    hits: timesOf(befell.hits),
    quiet: befell.ms === 0 ? 0 : befell.quietMs / befell.ms,
    steps,
    deleted: steps - countOf(evidence?.kept.get(journal)),
    records: app.config.sources.reduce((sum, { topic }) => sum + countOf(evidence?.kept.get(topic)), 0),
    input,
    samples: evidence?.samples.length ?? 0,
    drainedAfterMs: evidence?.drainedAfterMs ?? null,
    peaceMs: peace?.settled ? peace.to - peace.from : null,
    compared: checked?.compared ?? null,
    violations: checked?.violations ?? [],
    inconclusive,
    history,
    logs: fleet.all.map(({ name, process }) => ({
      worker: name,
      lines: [...process.lines().map((line) => JSON.stringify(line)), process.stderr],
    })),
  };
}

interface Left {
  readonly evidence: Evidence;
  readonly peace: Peace | null;
  /** when the history was in the inputs */
  readonly live: Instant;
}

interface Performance extends RunOptions {
  readonly plan: Plan;
  readonly app: Application;
  readonly fleet: Fleet;
  /** gets what is to be stopped, whatever happens, in reverse */
  readonly stops: (() => Promise<void>)[];
  /** gets the troubles */
  readonly befell: Befell;
  readonly note: (what: string) => void;
}

async function perform(options: Performance): Promise<Left> {
  const { cluster, seed, seconds, only, say, plan, app, fleet, stops, befell, note } = options;
  const topics = [...app.config.sources.map(({ topic }) => topic), ...Object.values(app.config.topics)];
  const follow = (marks?: string): Promise<Follower> => startFollower({ kafka: app.config.kafka, admin: app.admin, topics, marks });
  const feed = new Feed({ app, seed, rates: RATES, canary: plan.canary, tidy: plan.tidy });
  const { redis, applicationId } = app.config;

  // 1. Readers before the first worker, a history, workers, what comes after it.
  const follower = await follow(cluster.folder);
  stops.push(() => follower.stop());
  await feed.history();
  const random = new Random(seed, 'samples');
  const sampler = startSampler({ applicationId, redis, natMap: cluster.natMap, customers: feed.customers, random });
  stops.push(
    () => sampler.stop(),
    () => feed.stop(),
    () => cluster.heal(),
  );
  for (let i = 0; i < plan.workers; i++) fleet.start();
  // The brokers' clock is this machine's.
  const live = Date.now() as Instant;
  feed.start();
  note('workers and feed have begun');

  // 2. Troubles, one after another, for a while.
  say(`hurting for ${seconds} s`);
  const over = new AbortController();
  const wait = async (ms: number): Promise<void> => {
    await sleep(ms, undefined, { signal: over.signal }).catch((error: unknown) => {
      if (!over.signal.aborted) throw error;
    });
  };
  const { sessionMs, transactionMs } = plan;
  const stage: Stage = { cluster, fleet, app, sessionMs, transactionMs, say: note, wait };
  const timer = setTimeout(() => over.abort(), seconds * 1_000);
  try {
    await makeTrouble(stage, seed, only ?? null, over.signal, befell);
  } finally {
    clearTimeout(timer);
  }

  // 3. No more input, everything healed: now it must drain.
  await feed.stop();
  await cluster.heal();
  note('healed');
  say('draining');
  const healed = performance.now();
  if (fleet.living.length === 0) fleet.start();
  const drainedAfterMs = await app.drained(Date.now() - GUARD_MS, DRAIN_SECONDS).then(
    () => Math.round(performance.now() - healed),
    (error: unknown) => {
      note(String(error));
      return null;
    },
  );
  note(`drained after ${drainedAfterMs} ms`);
  const peace = options.peace ? await atPeace(fleet, plan) : null;
  if (peace !== null) note(peace.settled ? `${peace.to - peace.from} ms of peace are over` : `it does not settle: ${peace.held}`);
  await sampler.stop();
  say('gathering');
  const evidence = await gather({
    app,
    fleet,
    feed,
    follower,
    follow,
    samples: sampler.samples,
    canary: plan.canary,
    drainedAfterMs,
  });
  return { evidence, peace, live };
}

/** Waits until every shard has one holder and every worker some shards, then until what is still under way is over, and then for a while. */
async function atPeace(fleet: Fleet, { sessionMs, transactionMs }: Plan): Promise<Peace> {
  const settled = await until('the workers to settle', SETTLE_SECONDS, async () => {
    const held = fleet.living.map(({ process }) => process.shards);
    return held.every(({ length }) => length > 0) && held.flat().sort().join() === [...Array(SHARDS).keys()].join() ? true : undefined;
  }).catch(() => false);
  if (!settled) {
    const held = fleet.living.map(({ name, process }) => `${name} holds ${process.shards.join(', ') || 'nothing'}`);
    return { settled: false, held: `after ${SETTLE_SECONDS} s ${held.join('; ') || 'no worker lives'}` };
  }
  // The brokers' clock is this machine's.
  const from = (Date.now() + sessionMs + transactionMs) as Instant;
  await sleep(from + PEACE_MS - Date.now());
  return { settled: true, from, to: Date.now() as Instant };
}

function create({ direct, proxied }: Cluster, { sessionMs, transactionMs }: Plan): Promise<Application> {
  return Application.create({
    shards: SHARDS,
    servers: direct,
    reachedAt: proxied,
    appendTime: true,
    environment: {
      RAPPORT_SESSION_TIMEOUT_MS: String(sessionMs),
      RAPPORT_TRANSACTION_TIMEOUT_MS: String(transactionMs),
      RAPPORT_LOG_LEVEL: 'debug',
    },
  });
}

const environmentOf = ({ folder }: Cluster, { limits }: Plan): Readonly<Record<string, string>> => ({
  ...woveBy({ limits, patches: [sparing(folder)] }),
  // Twice as quick a start, of which there are many.
  NODE_COMPILE_CACHE: folder,
});

const countOf = (partitions: Partitions | undefined): number => (partitions ?? []).reduce((sum, records) => sum + records.length, 0);

const timesOf = (names: readonly string[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(names, (name) => name)].map(([name, of]) => [name, of.length]));
