/**
 * Silence: customers whose group changes by the passing of time alone. Each has praised the shop 365 days before its instant and ordered twice on a day 183 days before it: at
 * the instant the praise counts no more, to the millisecond, and a loyalist is at risk. The change may be told from the instant plus the guard on; measured is from there to the hands of a read_committed reader.
 * `spread` customers over a minute show the delay; very many within one second show how fast they are drained.
 */
import { followTopics } from '../src/adapters/kafka/index.ts';
import { avroType } from '../src/codec/schemas.ts';
import type { SegmentChangeRecord } from '../src/codec/types.ts';
import { type CustomerState, fire, fold, newCustomer } from '../src/domain/customer.ts';
import type { Decision } from '../src/domain/decision.ts';
import { DAY, type Instant } from '../src/domain/ids.ts';
import type { Policy } from '../src/domain/policy.ts';
import { termsOf, toEvent } from '../src/sources/index.ts';
import { type Application, createApplication, quiet } from './application.ts';
import { type BenchEvent, customerName } from './events.ts';
import { Loader, SENTINEL, sentinelEvent } from './load.ts';
import { rapport } from './peers/peer.ts';
import { say } from './say.ts';
import type { Servers } from './servers.ts';
import { type Latency, latencyOf } from './statistics.ts';
import { pause, stalled } from './watch.ts';

export interface SilenceRun {
  readonly customers: number;
  /** s: the time in which they come due */
  readonly spread: number;
  /** ms from the instant plus the guard */
  readonly delay: Latency;
  /** changes a second, from the first that could be told to the last that was; null when they come due one by one */
  readonly drained: number | null;
  readonly guardMs: number;
}

/** What is loaded and settled before the first comes due: seconds, and customers a second. */
const LEAD_SECONDS = 30;
const LEAD_RATE = 2_000;
const STALL_SECONDS = 60;

export const silenceSeconds = (customers: number, spread: number): number => LEAD_SECONDS + customers / LEAD_RATE + spread + 40;

export async function silence(
  servers: Servers,
  { customers, spread, partitions }: { readonly customers: number; readonly spread: number; readonly partitions: number },
): Promise<SilenceRun> {
  const id = `silence-${customers}-${spread}`;
  const { value: app, stop } = await createApplication({ servers, id, inputs: `in-${id}`, partitions });
  try {
    const { guardMs, policy } = app.config;
    const toldAt = new Map<string, { readonly at: number; readonly seen: number }>();
    const reader = await followTopics(app.config, quiet, [app.config.topics.segmentChanges], (_, { key, value }) => {
      const name = key?.toString() ?? '';
      if (value === null || name.startsWith(SENTINEL)) return;
      const seen = Date.now();
      const change: SegmentChangeRecord = avroType('out/segment-change').fromBuffer(value.subarray(5));
      if (change.to === 'AT_RISK') toldAt.set(name, { at: change.at, seen });
    });
    try {
      const first = Date.now() + Math.ceil(LEAD_SECONDS + customers / LEAD_RATE) * 1_000;
      const dueOf = (index: number): Instant => (first + Math.floor((index * spread * 1_000) / customers)) as Instant;
      if (!changesAt(policy, dueOf(0)) || !changesAt(policy, dueOf(customers - 1)))
        throw new Error('silence: the customers would not change when they should');
      // Before the worker starts: what it meets live is late, and by then time has passed for everyone.
      await loadLives(app, customers, dueOf);
      const worker = await rapport.start(app);
      try {
        const ready = await Promise.race([settled(app, first), worker.died]);
        if (!ready) throw new Error(`silence: the events of ${customers} customers were not processed before the first came due`);
        say(`${id}: waiting for the first instant, in ${Math.round((first - Date.now()) / 1_000)} s`);
        await pause(Math.max(0, first + spread * 1_000 - Date.now()));
        const over = new AbortController();
        const all = (async () => {
          while (toldAt.size < customers && !over.signal.aborted) await pause(50, over.signal);
        })();
        await Promise.race([
          all,
          worker.died,
          stalled(`${id}: ${toldAt.size} told`, () => toldAt.size, STALL_SECONDS, over.signal),
        ]).finally(() => over.abort());
        const delays: number[] = [];
        let last = 0;
        for (let index = 0; index < customers; index++) {
          const told = toldAt.get(customerName(index));
          if (told === undefined || told.at !== dueOf(index)) {
            throw new Error(
              `${id}: customer ${index} was to change at ${dueOf(index)}, but ${told === undefined ? 'did not' : `did at ${told.at}`}`,
            );
          }
          delays.push(told.seen - told.at - guardMs);
          last = Math.max(last, told.seen);
        }
        const run = {
          customers,
          spread,
          delay: latencyOf(delays),
          drained: spread > 1 ? null : Math.round((customers / Math.max(1, last - first - guardMs)) * 1_000),
          guardMs,
        };
        say(
          `${id}: p50 ${run.delay.p50} ms, p99 ${run.delay.p99} ms after instant and guard${run.drained === null ? '' : `; ${run.drained} a second`}`,
        );
        return run;
      } finally {
        await worker.stop();
      }
    } finally {
      await reader.stop();
    }
  } finally {
    await stop();
  }
}

const FEEDBACK_DAYS = 365;
const ORDERED_DAYS = 183;

/** The events of a customer whose group changes at that instant by silence alone, by the preset `retail`. */
function quietLife(customer: string, due: Instant): readonly [survey: BenchEvent, order: BenchEvent, another: BenchEvent] {
  const survey = sentinelEvent('survey', customer, (due - FEEDBACK_DAYS * DAY) as Instant);
  const order = sentinelEvent('purchase', customer, (due - ORDERED_DAYS * DAY) as Instant);
  if (survey.type !== 'survey' || order.type !== 'purchase') throw new Error('the events are of other types');
  return [
    { ...survey, record: { ...survey.record, eventId: `answer-of-${customer}`, kind: 'NPS', score: 10 } },
    order,
    { ...order, record: { ...order.record, eventId: `second-of-${customer}`, orderId: `second-order-of-${customer}` } },
  ];
}

/** Whether they do change the group at that instant, by the domain itself. */
export function changesAt(policy: Policy, due: Instant): boolean {
  let state: CustomerState | null = null;
  const said: Decision[] = [];
  for (const event of quietLife(customerName(0), due)) {
    const decoded = toEvent(event, termsOf(policy));
    if (decoded.outcome === 'dead') return false;
    state ??= newCustomer(decoded.event.customer);
    fire(state, decoded.event.at, policy, said);
    fold(state, decoded.event, policy, said);
  }
  if (state !== null) fire(state, due, policy, said);
  return said.some((decision) => decision.type === 'segment-change' && decision.at === due);
}

async function loadLives(app: Application, customers: number, dueOf: (index: number) => Instant): Promise<void> {
  const loader = await Loader.create([{ app, most: Number.POSITIVE_INFINITY }]);
  try {
    for (const which of [0, 1, 2] as const) {
      for (let index = 0; index < customers; index++) await loader.send(quietLife(customerName(index), dueOf(index))[which]);
    }
    await loader.flush();
  } finally {
    await loader.stop();
  }
}

/** Whether the journal has come to rest before the instant: all is folded, and what came due meanwhile has fired. */
async function settled({ admin, config }: Application, before: number): Promise<boolean> {
  const end = async (): Promise<number> => (await admin.ends(config.topics.journal)).reduce((sum, each) => sum + each.end, 0);
  for (let last = await end(), since = Date.now(); Date.now() < before; await pause(200)) {
    const now = await end();
    if (now !== last) since = Date.now();
    else if (Date.now() - since > 3_000) return true;
    last = now;
  }
  return false;
}
