/**
 * One run: an application of its own on the cluster, fed, watched, hurt for a while, healed, drained, and then judged by the checker. Boundary: what hurts is troubles.ts's, what is right
 * is the checker's.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../src/world/random.ts';
import { check } from '../checker/check.ts';
import type { Evidence, Partitions, Violation } from '../checker/evidence.ts';
import { Application } from '../support/application.ts';
import { woveBy } from '../weave/settings.ts';
import type { Cluster } from './cluster.ts';
import { Feed } from './feed.ts';
import { Fleet } from './fleet.ts';
import { type Follower, startFollower } from './follow.ts';
import { gather } from './gather.ts';
import { type Plan, planOf } from './plan.ts';
import { startSampler } from './sample.ts';
import type { Scene } from './scene.ts';
import { makeTrouble } from './troubles.ts';

export interface RunOptions {
  readonly cluster: Cluster;
  readonly seed: number;
  /** of troubles; gathering and judging come on top */
  readonly seconds: number;
  /** whether journals are cleaned while they grow; drawn from the seed unless given */
  readonly cleaner?: boolean;
  /** troubles whose names match; all unless given */
  readonly only?: RegExp | null;
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
  /** names and how often */
  readonly troubles: Readonly<Record<string, number>>;
  /** journal records, and how many of them the cleaner has deleted */
  readonly steps: number;
  readonly deleted: number;
  /** of the inputs */
  readonly records: number;
  readonly samples: number;
  readonly drainedAfterMs: number | null;
  readonly violations: readonly Violation[];
  /** what went wrong with the run itself, so that it says nothing about the program; null: nothing */
  readonly inconclusive: string | null;
  readonly history: readonly Happening[];
  /** of every worker */
  readonly logs: readonly { readonly worker: string; readonly lines: readonly string[] }[];
}

const SHARDS = 6;
const RATES = [10, 200] as const;
const DRAIN_SECONDS = 60;
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
  const troubles: string[] = [];
  let evidence: Evidence | null = null;
  let violations: readonly Violation[] = [];
  let inconclusive: string | null = null;
  try {
    evidence = await perform({ ...options, plan, app, fleet, stops, troubles, note });
    options.say('checking');
    violations = (await check(evidence)).violations;
  } catch (error) {
    inconclusive = error instanceof Error ? `${error.stack}${error.cause === undefined ? '' : `; ${String(error.cause)}`}` : String(error);
    note(inconclusive);
  } finally {
    for (const stop of stops.toReversed()) await stop().catch((error: unknown) => note(`while ending: ${String(error)}`));
  }
  const { journal } = app.config.topics;
  const steps = countOf(evidence?.seen.get(journal));
  return {
    seed,
    cleaner: plan.cleaner,
    troubles: Object.fromEntries([...Map.groupBy(troubles, (name) => name)].map(([name, of]) => [name, of.length])),
    steps,
    deleted: steps - countOf(evidence?.kept.get(journal)),
    records: app.config.sources.reduce((sum, { topic }) => sum + countOf(evidence?.kept.get(topic)), 0),
    samples: evidence?.samples.length ?? 0,
    drainedAfterMs: evidence?.drainedAfterMs ?? null,
    violations,
    inconclusive,
    history,
    logs: fleet.all.map(({ name, process }) => ({
      worker: name,
      lines: [...process.lines().map((line) => JSON.stringify(line)), process.stderr],
    })),
  };
}

interface Performance extends RunOptions {
  readonly plan: Plan;
  readonly app: Application;
  readonly fleet: Fleet;
  /** gets what is to be stopped, whatever happens, in reverse */
  readonly stops: (() => Promise<void>)[];
  /** gets the names */
  readonly troubles: string[];
  readonly note: (what: string) => void;
}

async function perform({ cluster, seed, seconds, only, say, plan, app, fleet, stops, troubles, note }: Performance): Promise<Evidence> {
  const topics = [...app.config.sources.map(({ topic }) => topic), ...Object.values(app.config.topics)];
  const follow = (): Promise<Follower> => startFollower({ kafka: app.config.kafka, admin: app.admin, topics });
  const feed = new Feed({ app, seed, rates: RATES, canary: plan.canary });
  const { redis, applicationId } = app.config;

  // 1. Readers before the first worker, a history, workers, what comes after it.
  const follower = await follow();
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
  const scene: Scene = { cluster, fleet, app, sessionMs, transactionMs, say: note, wait };
  const timer = setTimeout(() => over.abort(), seconds * 1_000);
  try {
    await makeTrouble(scene, seed, only ?? null, over.signal, troubles);
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
  await sampler.stop();
  say('gathering');
  return gather({ app, fleet, follower, follow, samples: sampler.samples, canary: plan.canary, drainedAfterMs });
}

function create({ direct, proxied }: Cluster, { sessionMs, transactionMs }: Plan): Promise<Application> {
  return Application.create({
    shards: SHARDS,
    servers: direct,
    reachedAt: proxied,
    environment: {
      RAPPORT_SESSION_TIMEOUT_MS: String(sessionMs),
      RAPPORT_TRANSACTION_TIMEOUT_MS: String(transactionMs),
      RAPPORT_LOG_LEVEL: 'debug',
    },
  });
}

const environmentOf = ({ folder }: Cluster, { limits }: Plan): Readonly<Record<string, string>> => ({
  ...woveBy({ limits }),
  // Twice as quick a start, of which there are many.
  NODE_COMPILE_CACHE: folder,
});

const countOf = (partitions: Partitions | undefined): number => (partitions ?? []).reduce((sum, records) => sum + records.length, 0);
