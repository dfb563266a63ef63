/** The metrics of a worker against what happened: topics, journal, states, reports of the engine in memory. */
import { expect, test } from 'vitest';
import { Retryable } from '../../src/engine/errors.ts';
import { WorkerMetrics } from '../../src/telemetry/worker.ts';
import { DEAD_LETTER_CASES } from '../engine/support/broken.ts';
import { gate, NOW, SLOW, SMALL, until, wrapped } from '../engine/support/drive.ts';
import { DAY, purchase, START } from '../engine/support/history.ts';
import { scene, sumOf } from './support.ts';

const SMALL_DRIVER = { start: NOW, limits: SMALL };

test('records, dead letters and outputs are counted as they stand in the topics', { timeout: SLOW }, async () => {
  const { driver, start, scrape } = scene({ ...SMALL_DRIVER, shards: 3 });
  for (const { write } of DEAD_LETTER_CASES) write(driver);
  const records = Array.from({ length: 30 }, (_, i) => purchase(`e${i}`, `c${i % 7}`, START + i * DAY));
  for (const [i, record] of records.entries()) driver.pipe(record, i % 5 === 0 ? i % 3 : undefined);
  for (const record of records) driver.pipe(record);
  await start();
  await driver.settle();
  const samples = await scrape();
  const count = (topic: string): number => [0, 1, 2].reduce((sum, shard) => sum + driver.kafka.records(topic, shard).length, 0);
  const { topics } = driver.settings;
  const rerouted = sumOf(samples, 'rapport_records_total', { outcome: 'rerouted' }) ?? 0;
  expect(rerouted).toBe(count(topics.reroute));
  expect(rerouted).toBeGreaterThan(0);
  // What was forwarded is counted again where it arrived, under the topic in which it first entered.
  expect(sumOf(samples, 'rapport_records_total')).toBe(count('test.purchase') + rerouted);
  expect(sumOf(samples, 'rapport_records_total', { topic: topics.reroute })).toBeNull();
  expect(sumOf(samples, 'rapport_records_total', { outcome: 'folded', topic: 'test.purchase' })).toBe(30);
  expect(sumOf(samples, 'rapport_records_total', { outcome: 'duplicate' })).toBe(30);
  expect(sumOf(samples, 'rapport_records_total', { outcome: 'dead' })).toBe(DEAD_LETTER_CASES.length);
  for (const reason of new Set(DEAD_LETTER_CASES.map((each) => each.reason))) {
    const letters = driver.outputs('deadLetters').filter((letter) => (letter as { reason: string }).reason === reason);
    expect(sumOf(samples, 'rapport_dead_letters_total', { reason }), reason).toBe(letters.length);
  }
  for (const topic of [topics.segmentChanges, topics.profiles, topics.deadLetters, topics.reroute])
    expect(sumOf(samples, 'rapport_outputs_total', { topic }), topic).toBe(count(topic));
  expect(sumOf(samples, 'rapport_segment_changes_total')).toBe(count(topics.segmentChanges));
  expect(samples.every(({ labels }) => labels.application === 'test')).toBe(true);
});

test('steps, timers and cache are counted as the engine reports them, and each step is observed once', { timeout: SLOW }, async () => {
  const { driver, start, scrape } = scene(SMALL_DRIVER);
  for (let i = 0; i < 40; i++) driver.pipe(purchase(`e${i}`, `c${i % 9}`, START + i * DAY));
  await start();
  await driver.settle();
  await driver.advance(20_000);
  const samples = await scrape();
  const { reports } = driver;
  const sum = (of: (report: (typeof reports)[number]) => number): number => reports.reduce((total, report) => total + of(report), 0);
  expect(reports.length).toBeGreaterThan(4);
  for (const name of ['rapport_step_seconds_count', 'rapport_commit_seconds_count', 'rapport_step_records_count'])
    expect(sumOf(samples, name), name).toBe(reports.length);
  expect(sumOf(samples, 'rapport_step_records_sum')).toBe(40);
  expect(sumOf(samples, 'rapport_timers_fired_total')).toBe(sum(({ timers }) => timers));
  expect(sum(({ timers }) => timers)).toBeGreaterThan(0);
  expect(sumOf(samples, 'rapport_timers_due')).toBe(0);
  expect(sumOf(samples, 'rapport_timer_overdue_seconds')).toBe(0);
  const written = driver.kafka.records('test.journal', 0).reduce((bytes, { value }) => bytes + (value?.length ?? 0), 0);
  expect(sumOf(samples, 'rapport_journal_written_bytes_total')).toBeLessThanOrEqual(written);
  expect(sumOf(samples, 'rapport_cache_keys_total', { result: 'miss' })).toBeGreaterThanOrEqual(9);
  expect(sumOf(samples, 'rapport_redis_seconds_count', { call: 'load' })).toBeGreaterThan(0);
  const [worker] = driver.workers;
  const steps = worker?.worker.shards.get(0)?.steps;
  expect(sumOf(samples, 'rapport_state_bytes')).toBe(steps?.header.stateBytes);
  expect(sumOf(samples, 'rapport_journal_bytes')).toBe(steps?.journalBytes);
});

test('lag and steps to apply grow while the work hangs, and go back to nothing', { timeout: SLOW }, async () => {
  const { driver, start, scrape } = scene(SMALL_DRIVER);
  const [commits, letCommit] = gate();
  const [applies, letApply] = gate();
  await start({
    ports: (ports) => ({
      ...ports,
      sinks: {
        open: async (shard) => {
          const sink = await ports.sinks.open(shard);
          return wrapped(sink, {
            commit: async (journal, records, ...rest) => {
              if (records.length > 0) await commits;
              return sink.commit(journal, records, ...rest);
            },
          });
        },
      },
      store: wrapped(ports.store, {
        apply: async (shard, chunk) => {
          if (chunk.entries.length > 0) await applies;
          return ports.store.apply(shard, chunk);
        },
      }),
    }),
  });
  await until(driver, 'the shard to be held', () => [...driver.workers].some(({ worker }) => worker.shards.get(0)?.steps != null));
  for (let i = 0; i < 20; i++) driver.pipe(purchase(`e${i}`, `c${i}`, START + i * DAY));
  await driver.clock.advance(3_000);
  await driver.pace(200);
  expect(sumOf(await scrape(), 'rapport_input_lag', { topic: 'test.purchase' })).toBe(20);
  letCommit();
  await until(driver, 'all to be committed', () => driver.reports.reduce((sum, { records }) => sum + records, 0) === 20);
  let samples = await scrape();
  expect(sumOf(samples, 'rapport_input_lag')).toBe(0);
  expect(sumOf(samples, 'rapport_steps_to_apply')).toBeGreaterThan(0);
  letApply();
  await driver.settle();
  samples = await scrape();
  expect(sumOf(samples, 'rapport_steps_to_apply')).toBe(0);
});

test('a live record is timed from its event and from its log; history is not', { timeout: SLOW }, async () => {
  const { driver, start, scrape } = scene(SMALL_DRIVER);
  driver.pipe(purchase('old', 'anna', START));
  await start();
  await driver.settle();
  await driver.advance(10_000);
  const before = await scrape();
  expect(sumOf(before, 'rapport_event_latency_seconds_count') ?? 0).toBe(0);
  driver.pipe(purchase('new', 'anna', driver.clock.wall() - 4_000));
  await driver.settle();
  const samples = await scrape();
  expect(sumOf(samples, 'rapport_event_latency_seconds_count')).toBe(1);
  const late = sumOf(samples, 'rapport_event_latency_seconds_sum') ?? 0;
  expect(late).toBeGreaterThanOrEqual(4);
  expect(sumOf(samples, 'rapport_append_latency_seconds_count')).toBe(1);
  expect(sumOf(samples, 'rapport_append_latency_seconds_sum')).toBeLessThan(late);
});

test('the watermark stands still and its delay grows while an input cannot be asked about', { timeout: SLOW }, async () => {
  const { driver, start, scrape } = scene(SMALL_DRIVER);
  let away = false;
  await start({
    ports: (ports) => ({
      ...ports,
      logs: wrapped(ports.logs, {
        ends: async (topic) => {
          if (away) throw new Retryable('a broker is away');
          return ports.logs.ends(topic);
        },
      }),
    }),
  });
  await driver.settle();
  await driver.advance(5_000);
  let samples = await scrape();
  expect(sumOf(samples, 'rapport_watermark_delay_seconds')).toBeLessThan(10);
  expect(sumOf(samples, 'rapport_server_up', { server: 'kafka' })).toBe(1);
  const at = sumOf(samples, 'rapport_watermark_timestamp_seconds') ?? 0;
  away = true;
  await driver.clock.advance(60_000);
  await driver.pace(50);
  samples = await scrape();
  expect(sumOf(samples, 'rapport_watermark_delay_seconds')).toBeGreaterThan(50);
  expect(sumOf(samples, 'rapport_watermark_timestamp_seconds')).toBeLessThan(at + 10);
  expect(sumOf(samples, 'rapport_server_up', { server: 'kafka' })).toBe(0);
});

test('a transaction of unknown outcome, the error and the takeover that follow, and a lost Redis that is rebuilt', {
  timeout: SLOW,
}, async () => {
  const { driver, start, scrape } = scene(SMALL_DRIVER);
  const { sinks } = await start();
  await driver.settle();
  const before = await scrape();
  expect(sumOf(before, 'rapport_commit_failures_total', { outcome: 'unknown' })).toBe(0);
  expect(sumOf(before, 'rapport_records_total', { outcome: 'dead', topic: 'test.survey' })).toBe(0);
  expect(sumOf(before, 'rapport_takeovers_total', { kind: 'resumed' })).toBe(1);
  sinks.faults.nextCommit = 'unknown-aborted';
  driver.pipe(purchase('e1', 'anna', START));
  await until(driver, 'the record to be taken', () => driver.reports.some(({ records }) => records === 1));
  await driver.settle();
  let samples = await scrape();
  expect(sumOf(samples, 'rapport_commit_failures_total', { outcome: 'unknown' })).toBe(1);
  expect(sumOf(samples, 'rapport_shard_breaks_total', { reaction: 'retryable' })).toBe(1);
  expect(sumOf(samples, 'rapport_takeovers_total', { kind: 'resumed' })).toBe(2);
  driver.store.flush();
  driver.pipe(purchase('e2', 'berta', START));
  await until(driver, 'the states to be made anew', () => driver.reports.filter(({ records }) => records === 1).length === 2);
  await driver.settle();
  samples = await scrape();
  expect(sumOf(samples, 'rapport_takeovers_total', { kind: 'rebuilt' })).toBe(1);
  expect(sumOf(samples, 'rapport_takeover_seconds_count')).toBe(3);
});

test('ready is who is in the group and makes steps in every shard; a shard that is gone is gone from the figures', {
  timeout: SLOW,
}, async () => {
  const { driver, metrics, start, scrape } = scene({ ...SMALL_DRIVER, shards: 2 });
  expect(metrics.readiness()).toEqual({ ready: false, waiting: ['the servers'] });
  const first = await start();
  await driver.settle();
  expect(metrics.readiness()).toEqual({ ready: true, waiting: [] });
  let samples = await scrape();
  expect(sumOf(samples, 'rapport_shards_held')).toBe(2);
  expect(sumOf(samples, 'rapport_ready')).toBe(1);
  await driver.start();
  await until(driver, 'the shards to be shared', () => first.worker.shards.size === 1);
  await driver.settle();
  samples = await scrape();
  expect(sumOf(samples, 'rapport_shards_held')).toBe(1);
  expect(sumOf(samples, 'rapport_shards')).toBe(2);
  expect(new Set(samples.filter(({ name }) => name === 'rapport_watermark_delay_seconds').map(({ labels }) => labels.shard)).size).toBe(1);
});

test('one that is given shards and cannot take them over is not ready, and says which', { timeout: SLOW }, async () => {
  const { driver, metrics, start, scrape } = scene({ ...SMALL_DRIVER, shards: 2 });
  const refuse = { open: () => Promise.reject(new Retryable('no coordinator')) };
  await start({ ports: (ports) => ({ ...ports, sinks: refuse }) });
  await driver.pace(100);
  expect(metrics.readiness()).toEqual({ ready: false, waiting: ['shard 0', 'shard 1'] });
  const samples = await scrape();
  expect(sumOf(samples, 'rapport_shard_held')).toBe(0);
  expect(sumOf(samples, 'rapport_group_member')).toBe(1);
});

test('a step costs one observation, whatever the number of records', () => {
  const metrics = new WorkerMetrics({ applicationId: 'a', shards: 1, sources: [], policyHash: 'p' }, { ofProcess: false });
  const counts = { folded: 2_000, duplicates: 0, rerouted: 0, passedOver: 0, dead: new Map() };
  const measured = {
    ...{
      ms: 30,
      commitMs: 9,
      journalBytes: 300_000,
      due: 0,
      cacheHits: 1_000,
      cacheMisses: 1_000,
      sinceOccurredMs: 900,
      sinceAppendedMs: 40,
    },
    sources: new Map([['purchases', counts]]),
    topics: new Map([['profiles', 2_000]]),
  };
  const report = {
    ...{ shard: 0, offset: 1, records: 2_000, fromReroute: 0, outputs: 2_000, folded: 2_000, duplicates: 0, rerouted: 0, deadLetters: 0 },
    ...{ passedOver: 0, timers: 0, changes: 3, alerts: 0, carried: 0, measured },
  };
  for (let i = 0; i < 200; i++) metrics.observe(report);
  const [rounds, begun] = [1_000, performance.now()];
  for (let i = 0; i < rounds; i++) metrics.observe(report);
  const microsARecord = ((performance.now() - begun) * 1_000) / rounds / report.records;
  // Folding a record takes tens of microseconds; this is far less than one of them, on a busy machine too.
  expect(microsARecord).toBeLessThan(0.5);
});
