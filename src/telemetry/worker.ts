/**
 * The metrics of a worker: what its steps report, what its engine tells, and where its shards stand when it is asked. Boundary: looks on. One observation a step (engine/report.ts);
 * what only stands somewhere is read when it is scraped. Nothing here may break or slow a step.
 */
import { readFileSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import type { StepReport, Watch } from '../engine/engine.ts';
import type { Logs, StateStore } from '../engine/ports.ts';
import type { Shard } from '../engine/shard.ts';
import type { Steps } from '../engine/steps.ts';
import type { Worker } from '../engine/worker.ts';
import { METRICS } from './names.ts';
import { Reach, watched } from './reach.ts';
import { type Exposition, Metrics } from './registry.ts';

const M = METRICS.worker;
const SECOND = 1_000;

export type Of = Pick<Config, 'applicationId' | 'shards' | 'sources' | 'policyHash'>;

/** What of the worker is looked at. */
export type Seen = Pick<Worker, 'shards' | 'joined'>;

export interface Readiness {
  readonly ready: boolean;
  /** what it waits for, for people; no more than a few */
  readonly waiting: readonly string[];
}

/** The version of the package, beside the sources and in it. */
const versionOf = (): string => {
  const said: unknown = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return typeof said === 'object' && said !== null && 'version' in said ? String(said.version) : 'unknown';
};

export class WorkerMetrics {
  readonly #of: Of;
  readonly #metrics: Metrics;
  readonly #told: ReturnType<typeof toldBy>;
  readonly #stands: ReturnType<typeof standing>;
  readonly #reach = { kafka: new Reach(), redis: new Reach() };
  #worker: Seen | null = null;
  /** by the brokers' clock, of each shard that it holds or has held */
  readonly #takenAt = new Map<number, number>();
  /** what the engine is given */
  readonly watch: Watch;

  /** @param ofProcess with what is told of the process: memory, event loop, garbage collection */
  constructor(of: Of, { ofProcess = true }: { readonly ofProcess?: boolean } = {}) {
    this.#of = of;
    this.#metrics = new Metrics(of.applicationId, ofProcess);
    const told = toldBy(this.#metrics);
    this.#told = told;
    this.#stands = standing(this.#metrics);
    this.#stands.shards.set(of.shards);
    this.#stands.build.set({ version: versionOf(), node: process.version, policy: of.policyHash }, 1);
    this.watch = {
      commitFailed: (shard, outcome) => told.commitFailures.inc({ shard, outcome }),
      takenOver: (shard, ms, rebuilt) => {
        const kind = rebuilt ? 'rebuilt' : 'resumed';
        told.takeovers.inc({ shard, kind });
        told.takeover.observe({ kind }, ms / SECOND);
        this.#takenAt.delete(shard);
        this.#begin(shard);
      },
      broke: (shard, reaction) => told.breaks.inc({ shard, reaction }),
    };
  }

  /** The same ports, whose calls are watched: are the servers there, how long does Redis take. */
  watched<T extends { readonly logs: Logs; readonly store: StateStore }>(of: T): T {
    const observe = (call: string, ms: number): void => this.#told.redis.observe({ call }, ms / SECOND);
    const logs = watched(of.logs, this.#reach.kafka, []);
    const store = watched(of.store, this.#reach.redis, ['load', 'apply', 'meta', 'totals'], observe);
    return { ...of, logs, store };
  }

  attach(worker: Seen): void {
    this.#worker = worker;
  }

  observe(report: StepReport): void {
    const { shard, measured } = report;
    const told = this.#told;
    for (const [topic, { folded, duplicates, rerouted, passedOver, dead }] of measured.sources) {
      if (folded > 0) told.records.inc({ shard, topic, outcome: 'folded' }, folded);
      if (duplicates > 0) told.records.inc({ shard, topic, outcome: 'duplicate' }, duplicates);
      if (rerouted > 0) told.records.inc({ shard, topic, outcome: 'rerouted' }, rerouted);
      if (passedOver > 0) told.records.inc({ shard, topic, outcome: 'passed' }, passedOver);
      for (const [reason, count] of dead) {
        told.records.inc({ shard, topic, outcome: 'dead' }, count);
        // As the dead letter itself says it.
        told.deadLetters.inc({ shard, topic, reason: reason.replaceAll('-', '_') }, count);
      }
    }
    for (const [topic, count] of measured.topics) told.outputs.inc({ shard, topic }, count);
    told.changes.inc({ shard }, report.changes);
    told.alerts.inc({ shard }, report.alerts);
    told.timersFired.inc({ shard }, report.timers);
    told.timersDue.set({ shard }, measured.due);
    told.step.observe({ shard }, measured.ms / SECOND);
    told.commit.observe({ shard }, measured.commitMs / SECOND);
    told.stepRecords.observe({ shard }, report.records);
    told.journalWritten.inc({ shard }, measured.journalBytes);
    told.cache.inc({ shard, result: 'hit' }, measured.cacheHits);
    told.cache.inc({ shard, result: 'miss' }, measured.cacheMisses);
    if (measured.sinceOccurredMs !== null) told.eventLatency.observe({ shard }, measured.sinceOccurredMs / SECOND);
    if (measured.sinceAppendedMs !== null) told.appendLatency.observe({ shard }, measured.sinceAppendedMs / SECOND);
  }

  /** Ready: a member of the group, and no shard that it was given is without its steps. */
  readiness(): Readiness {
    const worker = this.#worker;
    if (worker === null) return { ready: false, waiting: ['the servers'] };
    const waiting = worker.joined ? [] : ['the group'];
    for (const [id, { steps }] of worker.shards) if (steps === null && waiting.length < 10) waiting.push(`shard ${id}`);
    return { ready: waiting.length === 0, waiting };
  }

  async exposition(): Promise<Exposition> {
    this.#look();
    return this.#metrics.exposition();
  }

  /** A counter that comes into being with its first count shows no increase: what alerts look at is there from the beginning. */
  #begin(shard: number): void {
    const { records, commitFailures, breaks } = this.#told;
    for (const { topic } of this.#of.sources) {
      for (const outcome of ['folded', 'duplicate', 'rerouted', 'passed', 'dead']) records.inc({ shard, topic, outcome }, 0);
    }
    for (const outcome of ['unknown', 'refused']) commitFailures.inc({ shard, outcome }, 0);
    for (const reaction of ['retryable', 'fenced', 'halt']) breaks.inc({ shard, reaction }, 0);
  }

  #look(): void {
    const stands = this.#stands;
    const { timersDue } = this.#told;
    const shards = this.#worker?.shards ?? new Map<number, Shard>();
    for (const gauge of stands.ofShards) gauge.reset();
    let held = 0;
    for (const [id, shard] of shards) {
      const { steps } = shard;
      stands.held.set({ shard: id }, steps === null ? 0 : 1);
      if (steps === null) continue;
      held += 1;
      this.#lookAt(id, shard, steps);
    }
    for (const id of this.#takenAt.keys()) {
      if (shards.has(id)) continue;
      this.#takenAt.delete(id);
      timersDue.remove({ shard: id });
    }
    stands.shardsHeld.set(held);
    stands.member.set(this.#worker?.joined === true ? 1 : 0);
    stands.ready.set(this.readiness().ready ? 1 : 0);
    for (const server of ['kafka', 'redis'] as const) {
      const up = this.#reach[server].up();
      if (up !== null) stands.serverUp.set({ server }, up ? 1 : 0);
    }
  }

  #lookAt(id: number, shard: Shard, steps: Steps): void {
    const stands = this.#stands;
    const { header, watermark, untilDue } = steps;
    const now = steps.clock.now();
    const since = this.#takenAt.get(id) ?? now;
    this.#takenAt.set(id, since);
    stands.watermark.set({ shard: id }, watermark / SECOND);
    stands.watermarkDelay.set({ shard: id }, Math.max(0, now - (watermark > 0 ? watermark : since)) / SECOND);
    // Not known yet: infinitely long ago.
    stands.timerOverdue.set({ shard: id }, Number.isFinite(untilDue) ? Math.max(0, -untilDue) / SECOND : 0);
    // What the last step saw it has fired, unless more are due.
    if (untilDue > 0) this.#told.timersDue.set({ shard: id }, 0);
    stands.journalBytes.set({ shard: id }, steps.journalBytes);
    stands.stateBytes.set({ shard: id }, Math.max(0, header.stateBytes));
    stands.applying.set({ shard: id }, steps.applying);
    for (const { topic, partition, next } of header.positions) {
      const end = shard.inputs.get(`${topic}-${partition}`)?.knownEnd ?? next;
      stands.lag.inc({ shard: id, topic }, Math.max(0, end - next));
    }
  }
}

/** What is told of each step, and now and then. */
const toldBy = (metrics: Metrics) => ({
  records: metrics.counter(M.records),
  deadLetters: metrics.counter(M.deadLetters),
  outputs: metrics.counter(M.outputs),
  changes: metrics.counter(M.changes),
  alerts: metrics.counter(M.alerts),
  step: metrics.histogram(M.step),
  commit: metrics.histogram(M.commit),
  stepRecords: metrics.histogram(M.stepRecords),
  commitFailures: metrics.counter(M.commitFailures),
  timersFired: metrics.counter(M.timersFired),
  timersDue: metrics.gauge(M.timersDue),
  eventLatency: metrics.histogram(M.eventLatency),
  appendLatency: metrics.histogram(M.appendLatency),
  journalWritten: metrics.counter(M.journalWritten),
  takeovers: metrics.counter(M.takeovers),
  takeover: metrics.histogram(M.takeover),
  breaks: metrics.counter(M.breaks),
  cache: metrics.counter(M.cache),
  redis: metrics.histogram(M.redis),
});

/** What is looked up when it is scraped; `ofShards` are those of shards that may have gone meanwhile. */
const standing = (metrics: Metrics) => {
  const ofShards = {
    held: metrics.gauge(M.held),
    watermark: metrics.gauge(M.watermark),
    watermarkDelay: metrics.gauge(M.watermarkDelay),
    timerOverdue: metrics.gauge(M.timerOverdue),
    journalBytes: metrics.gauge(M.journalBytes),
    stateBytes: metrics.gauge(M.stateBytes),
    applying: metrics.gauge(M.applying),
    lag: metrics.gauge(M.lag),
  };
  return {
    ...ofShards,
    ofShards: Object.values(ofShards),
    shards: metrics.gauge(M.shards),
    shardsHeld: metrics.gauge(M.shardsHeld),
    member: metrics.gauge(M.member),
    ready: metrics.gauge(M.ready),
    serverUp: metrics.gauge(M.serverUp),
    build: metrics.gauge(M.build),
  };
};
