/**
 * Scale: what more customers, more workers and more history cost, and how long a shard is nobody's.
 * - customers: every customer has ordered once before; then events drawn evenly from all of them, which is the worst for every cache;
 * - workers: 1, 2 and 4 processes of one group over the same history;
 * - takeover: a worker is killed; from when the other has joined the new generation to when it holds the last shard;
 * - rebuild: Redis is emptied; how fast a worker makes its states again from the journal;
 * - cleaner: one shard, over and over, until its journal has gone round ten times.
 */

import { DAY, type Instant } from '../src/domain/ids.ts';
import { redisCommand } from '../src/stack/ask.ts';
import { Random } from '../src/world/random.ts';
import { type Application, createApplication } from './application.ts';
import { type BenchEvent, changed, customerName, history } from './events.ts';
import { Loader, sentinelEvent } from './load.ts';
import { measure, type Run } from './measure.ts';
import { JOINED, REBUILDING, rapport, TAKEN_OVER } from './peers/peer.ts';
import type { PeerProcess } from './process.ts';
import { redisInfo } from './redis.ts';
import { say } from './say.ts';
import type { Servers } from './servers.ts';
import { pause } from './watch.ts';

export interface ScaleOptions {
  readonly partitions: number;
  readonly seed: number;
  /** share of the numbers below */
  readonly scaleBy: number;
}

const CUSTOMERS = [10_000, 100_000, 1_000_000];
const EVENTS = 500_000;
const WORKERS = [1, 2, 4];
const WORKERS_EVENTS = 1_000_000;
const TAKEOVER_EVENTS = 50_000;
const CLEANER_CUSTOMERS = 5_000;
const CLEANER_EVENTS = 200_000;
const ROUNDS = 10;
const MOST_LAPS = 40;
/** s */
const PATIENCE = 90;

export interface ScaleResult {
  readonly customers: readonly (Run & { readonly customers: number; readonly redisBytesPerCustomer: number })[];
  readonly rebuild: { readonly customers: number; readonly seconds: number };
  readonly workers: readonly (Run & { readonly workers: number })[];
  /** s: from the last join to the last shard; and all of it, from the kill on */
  readonly takeover: { readonly shards: number; readonly afterJoin: number; readonly afterKill: number };
  readonly cleaner: {
    readonly rounds: number;
    /** one for each lap of the events: bytes of journal on disk and of Redis, after it */
    readonly laps: readonly {
      readonly perSecond: number;
      readonly cpuPerMillion: number;
      readonly journal: number;
      readonly rounds: number;
    }[];
  };
}

export async function scale(servers: Servers, options: ScaleOptions): Promise<ScaleResult> {
  const sized = (count: number): number => Math.max(100, Math.ceil(count * options.scaleBy));
  const customers: (Run & { customers: number; redisBytesPerCustomer: number })[] = [];
  let rebuild = { customers: 0, seconds: 0 };
  for (const count of CUSTOMERS.map(sized)) {
    const last = count === sized(CUSTOMERS.at(-1) ?? 0);
    const { run, rebuilt } = await customersOf(servers, count, sized(EVENTS), options, last);
    customers.push(run);
    if (rebuilt !== null) rebuild = rebuilt;
  }
  const workers = await workersOf(servers, sized(WORKERS_EVENTS), options);
  const takeover = await takeoverOf(servers, sized(TAKEOVER_EVENTS), options);
  const laps = Math.max(2, Math.ceil(MOST_LAPS * Math.min(1, options.scaleBy)));
  const cleaner = await cleanerOf(servers, {
    customers: sized(CLEANER_CUSTOMERS),
    events: sized(CLEANER_EVENTS),
    most: laps,
    seed: options.seed,
  });
  return { customers, rebuild, workers, takeover, cleaner };
}

/** Seconds, roughly and on two cores: loading and processing 20,000 events a second each, and a start and an end of each run. */
export function scaleSeconds(scaleBy: number): number {
  const filled = CUSTOMERS.reduce((sum, count) => sum + count + EVENTS, 0);
  const events = filled + 2 * WORKERS_EVENTS + TAKEOVER_EVENTS + ROUNDS * 2 * CLEANER_EVENTS;
  const runs = CUSTOMERS.length * 2 + WORKERS.length + 2 + ROUNDS * 2;
  return (scaleBy * events) / 10_000 + runs * 15;
}

/** What is loaded lies in the day before, so that time passing is not what is measured. */
interface Spread {
  readonly from: number;
  readonly to: number;
}

async function customersOf(servers: Servers, customers: number, events: number, { partitions, seed }: ScaleOptions, last: boolean) {
  const id = `scale-${customers}`;
  const { value: app, stop } = await createApplication({ servers, id, inputs: `in-${id}`, partitions });
  try {
    const now = Date.now() - 10_000;
    const memoryBefore = await redisInfo(servers.redisPort, 'used_memory');
    await load(app, 'fill-', ordersOf(customers, { from: now - 2 * DAY, to: now - DAY }));
    await measure({ peer: rapport, app, servers, events: customers, tag: 'fill-' });
    const held = (await redisInfo(servers.redisPort, 'used_memory')) - memoryBefore;
    await load(app, 'run-', drawn({ events, customers, seed }, { from: now - DAY + 1, to: now }));
    const run = await measure({ peer: rapport, app, servers, events, tag: 'run-' });
    say(`${id}: ${Math.round(events / run.seconds)} events/s, ${Math.round(run.memory / 2 ** 20)} MiB`);
    const rebuilt = last ? { customers, seconds: await rebuildOf(servers, app) } : null;
    return { run: { ...run, customers, redisBytesPerCustomer: held / customers }, rebuilt };
  } finally {
    await stop();
  }
}

async function load(app: Application, tag: string, events: Iterable<BenchEvent>): Promise<void> {
  const loader = await Loader.create([{ app, most: Number.POSITIVE_INFINITY }]);
  try {
    for (const event of events) await loader.send(event);
    await loader.close(Date.now() as Instant, tag);
  } finally {
    await loader.stop();
  }
}

function* ordersOf(customers: number, { from, to }: Spread): Generator<BenchEvent> {
  for (let i = 0; i < customers; i++) {
    yield sentinelEvent('purchase', customerName(i), Math.floor(from + ((to - from) * i) / customers) as Instant);
  }
}

/** Events of the world's kinds and in its mix, each of a customer drawn evenly. */
function* drawn(
  of: { readonly events: number; readonly customers: number; readonly seed: number },
  { from, to }: Spread,
): Generator<BenchEvent> {
  const random = new Random(of.seed, 'evenly');
  let i = 0;
  for (const event of history({ ...of, until: to as Instant })) {
    const at = Math.floor(from + ((to - from) * i++) / of.events) as Instant;
    const customerId = customerName(random.integer(0, of.customers - 1));
    yield changed(event, { customerId, occurredAt: at });
  }
}

/** Seconds from the first shard that begins to rebuild to the last that is held. */
async function rebuildOf(servers: Servers, app: Application): Promise<number> {
  await redisCommand(servers.redisPort, 'FLUSHALL');
  const worker = await rapport.start(app);
  try {
    const shards = app.config.shards;
    await heldBy(worker, shards, 0);
    const began = linesOf(worker, REBUILDING);
    const held = linesOf(worker, TAKEN_OVER);
    if (began.length !== shards) throw new Error(`rebuild: ${began.length} of ${shards} shards were rebuilt`);
    return (Math.max(...held) - Math.min(...began)) / 1_000;
  } finally {
    await worker.stop();
  }
}

const linesOf = ({ kept }: PeerProcess, text: string): number[] => kept.filter(({ line }) => line.includes(text)).map(({ at }) => at);

/** Waits until the worker has taken over so many shards since that instant. */
async function heldBy(worker: PeerProcess, shards: number, since: number): Promise<void> {
  const deadline = performance.now() + PATIENCE * 1_000;
  while (linesOf(worker, TAKEN_OVER).filter((at) => at >= since).length < shards) {
    if (performance.now() > deadline) throw new Error(`a worker did not take over ${shards} shards within ${PATIENCE} s`);
    await Promise.race([pause(20), worker.died]);
  }
}

async function workersOf(servers: Servers, events: number, { partitions, seed }: ScaleOptions) {
  const until = (Date.now() - 10_000) as Instant;
  const runs: (Run & { workers: number })[] = [];
  const inputs = 'in-workers';
  for (const [i, workers] of WORKERS.entries()) {
    const { value: app, stop } = await createApplication({ servers, id: `workers-${workers}`, inputs, partitions });
    try {
      if (i === 0) await load(app, '', history({ events, customers: Math.ceil(events / 10), seed, until }));
      const run = await measure({ peer: rapport, app, servers, events, workers });
      runs.push({ ...run, workers });
      say(`${workers} workers: ${Math.round(events / run.seconds)} events/s`);
    } finally {
      await stop();
    }
  }
  return runs;
}

async function takeoverOf(servers: Servers, events: number, { partitions, seed }: ScaleOptions) {
  const until = (Date.now() - 10_000) as Instant;
  const { value: app, stop } = await createApplication({ servers, id: 'takeover', inputs: 'in-takeover', partitions });
  const started: PeerProcess[] = [];
  try {
    await load(app, '', history({ events, customers: Math.ceil(events / 10), seed, until }));
    await measure({ peer: rapport, app, servers, events });
    // That it has joined is said only at this level. A short session: the wait for it is Kafka's, not what is measured.
    const more = { RAPPORT_LOG_LEVEL: 'trace', RAPPORT_SESSION_TIMEOUT_MS: '4000' };
    const killed = await rapport.start(app, more);
    started.push(killed);
    await heldBy(killed, partitions, 0);
    const second = await rapport.start(app, more);
    started.push(second);
    const half = Math.floor(partitions / 2);
    await heldBy(second, half, 0);
    const killedAt = performance.now();
    await killed.kill();
    await heldBy(second, partitions - half, killedAt);
    const last = Math.max(...linesOf(second, TAKEN_OVER));
    const joined = Math.max(...linesOf(second, JOINED).filter((at) => at >= killedAt && at <= last));
    const takeover = { shards: partitions - half, afterJoin: (last - joined) / 1_000, afterKill: (last - killedAt) / 1_000 };
    say(
      `takeover of ${takeover.shards} shards: ${takeover.afterJoin.toFixed(2)} s after the join, ${takeover.afterKill.toFixed(1)} s after the kill`,
    );
    return takeover;
  } finally {
    for (const worker of started) await worker.kill();
    await stop();
  }
}

async function cleanerOf(
  servers: Servers,
  { customers, events, most, seed }: { readonly customers: number; readonly events: number; readonly most: number; readonly seed: number },
): Promise<ScaleResult['cleaner']> {
  const { value: app, stop } = await createApplication({ servers, id: 'cleaner', inputs: 'in-cleaner', partitions: 1 });
  try {
    const { journal } = app.config.topics;
    const laps: { perSecond: number; cpuPerMillion: number; journal: number; rounds: number }[] = [];
    let rounds = 0;
    /** a round is over when all that the journal held at its beginning is deleted */
    let turn = 0;
    for (let lap = 0; lap < most && rounds < ROUNDS; lap++) {
      const now = Date.now() - 10_000;
      const hours = DAY / 24;
      await load(app, `lap${lap}-`, renamed(drawn({ events, customers, seed: seed + lap }, { from: now - hours, to: now }), lap));
      const run = await measure({ peer: rapport, app, servers, events, tag: `lap${lap}-` });
      const [ends] = await app.admin.ends(journal);
      if (ends === undefined) throw new Error('the journal has no partition');
      if (ends.start > 0 && ends.start >= turn) {
        rounds += 1;
        turn = ends.end;
      }
      const held = [...(await servers.logs(app.config.applicationId))].filter(([file]) => file.startsWith(`${journal}-`));
      laps.push({
        perSecond: events / run.seconds,
        cpuPerMillion: (run.cpu.worker / events) * 1e6,
        journal: held.reduce((sum, [, size]) => sum + size, 0),
        rounds,
      });
      say(`lap ${lap + 1}: ${Math.round(events / run.seconds)} events/s, the journal has gone round ${rounds} times`);
    }
    return { rounds, laps };
  } finally {
    await stop();
  }
}

/** Another lap's events are other events. */
function* renamed(events: Iterable<BenchEvent>, lap: number): Generator<BenchEvent> {
  for (const event of events) yield changed(event, { eventId: `${event.record.eventId}-${lap}` });
}
