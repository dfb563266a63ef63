/**
 * Latency: a steady, open load, and how long an event takes from the instant at which it was to be sent to its effect in the hands of a read_committed reader.
 * The load is the same world's, its events happening now; every tenth event is a new customer's first order, which makes a change of group that bears that
 * customer's key: so the output answers to that very event, with every peer. An event that could not be sent in time counts from when it should have been.
 */
import { followTopics } from '../src/adapters/kafka/index.ts';
import type { Instant } from '../src/domain/ids.ts';
import { type Application, createApplication, quiet } from './application.ts';
import { type BenchEvent, changed, history } from './events.ts';
import { Loader, sentinelEvent } from './load.ts';
import type { Peer } from './peers/peer.ts';
import { say } from './say.ts';
import type { Servers } from './servers.ts';
import { type Latency, latencyOf } from './statistics.ts';
import { pause, stalled } from './watch.ts';

export interface LatencyOptions {
  readonly peers: readonly Peer[];
  /** events a second, one rate after another */
  readonly rates: readonly number[];
  readonly seconds: number;
  readonly customers: number;
  readonly partitions: number;
  readonly seed: number;
}

export interface LatencyRun {
  readonly peer: string;
  readonly rate: number;
  /** ms */
  readonly latency: Latency;
  /** ms: how late the producer itself sent, at its 99th percentile: a part of the latency */
  readonly sentLateP99: number;
}

/** Sent before it counts: caches, compilers and connections. */
export const WARM_UP_SECONDS = 10;
const PROBE = 'probe-';
const EVERY = 10;
/** ms between two looks at what is to be sent */
const TICK_MS = 1;
const STALL_SECONDS = 60;

export async function latency(servers: Servers, options: LatencyOptions): Promise<LatencyRun[]> {
  const runs: LatencyRun[] = [];
  for (const rate of options.rates) {
    for (const peer of options.peers) {
      const id = `${peer.name}-at-${rate}`;
      const { value: app, stop } = await createApplication({ servers, id, inputs: `live-${id}`, partitions: options.partitions });
      try {
        const run = await measureAt(peer, app, rate, options);
        runs.push(run);
        const { p50, p99, p999, most, count } = run.latency;
        say(`${id}: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)}, p99.9 ${p999.toFixed(1)}, most ${most.toFixed(1)} (${count} probes)`);
      } finally {
        await stop();
      }
    }
  }
  return runs;
}

async function measureAt(peer: Peer, app: Application, rate: number, options: LatencyOptions): Promise<LatencyRun> {
  const warm = rate * WARM_UP_SECONDS;
  const total = warm + rate * options.seconds;
  const seenAt = new Map<number, number>();
  const reader = await followTopics(app.config, quiet, [app.config.topics.segmentChanges], (_, { key }) => {
    const name = key?.toString() ?? '';
    if (!name.startsWith(PROBE)) return;
    const index = Number(name.slice(PROBE.length));
    if (!seenAt.has(index)) seenAt.set(index, performance.now());
  });
  try {
    const worker = await peer.start(app);
    try {
      const loader = await Loader.create([{ app, most: Number.POSITIVE_INFINITY }]);
      try {
        const sent = await Promise.race([play(loader, eventsOf(options, total), rate), worker.died]);
        const probes = sent.due.flatMap((due, index) => (index % EVERY === 0 && index >= warm ? [[index, due] as const] : []));
        if (probes.length === 0) throw new Error(`latency: no probe in ${total} events`);
        const over = new AbortController();
        const answered = async (): Promise<void> => {
          while (!over.signal.aborted && probes.some(([index]) => !seenAt.has(index))) await pause(100, over.signal);
        };
        const what = `${peer.name} at ${rate}/s: not all of ${probes.length} probes were answered`;
        const standstill = stalled(what, () => seenAt.size, STALL_SECONDS, over.signal);
        await Promise.race([answered(), worker.died, standstill]).finally(() => over.abort());
        return {
          peer: peer.name,
          rate,
          latency: latencyOf(probes.map(([index, due]) => (seenAt.get(index) ?? Number.NaN) - due)),
          sentLateP99: latencyOf(probes.map(([index, due]) => (sent.at[index] ?? Number.NaN) - due)).p99,
        };
      } finally {
        await loader.stop();
      }
    } finally {
      await worker.stop();
    }
  } finally {
    await reader.stop();
  }
}

/** As many events as are needed, every tenth one a probe; each happens when it is sent. */
function* eventsOf({ customers, seed }: LatencyOptions, total: number): Generator<(at: Instant) => BenchEvent, void, undefined> {
  const until = Date.now() as Instant;
  let index = 0;
  for (const event of history({ events: Math.ceil(total * 1.05), customers, seed, until })) {
    while (index % EVERY === 0 && index < total) {
      const name = `${PROBE}${index++}`;
      yield (at) => sentinelEvent('purchase', name, at);
    }
    if (index >= total) return;
    if (event.raw !== undefined) continue;
    index += 1;
    yield (at) => changed(event, { occurredAt: at });
  }
}

interface Played {
  /** `performance.now` when each event was to be sent, and when it was */
  readonly due: readonly number[];
  readonly at: readonly number[];
}

/** Sends each event at its instant, whatever becomes of those before it. */
async function play(loader: Loader, events: Iterator<(at: Instant) => BenchEvent>, rate: number): Promise<Played> {
  const due: number[] = [];
  const at: number[] = [];
  // The history before it is played unseen at the first question: that must not count.
  let next = events.next();
  const began = performance.now() + 100;
  const clock = Date.now() - performance.now();
  while (!next.done) {
    const now = performance.now();
    for (let instant = began + (due.length * 1_000) / rate; instant <= now && !next.done; instant = began + (due.length * 1_000) / rate) {
      due.push(instant);
      at.push(now);
      loader.put(next.value(Math.floor(clock + now) as Instant));
      next = events.next();
    }
    loader.pump();
    await pause(TICK_MS);
  }
  await loader.drained();
  return { due, at };
}
