/**
 * A test driver with small bounds, stopped when its test ends, and the one question most tests end with: do topics and store say what one fold
 * over all events in time order says?
 */
import fc from 'fast-check';
import { expect, onTestFinished } from 'vitest';
import { shardOf } from '../../../src/codec/murmur2.ts';
import type { CustomerState } from '../../../src/domain/customer.ts';
import type { CustomerId, Instant } from '../../../src/domain/ids.ts';
import type { Booking } from '../../../src/domain/kpis.ts';
import type { Ports } from '../../../src/engine/engine.ts';
import type { Steps } from '../../../src/engine/steps.ts';
import { firstKept } from '../../../src/engine/totals.ts';
import type { InputRecord } from '../../../src/sources/index.ts';
import { TestDriver } from '../../../src/testing.ts';
import { alertLineOf, DAY, foldAll, lineOf, profileLineOf, START, stateOf } from './history.ts';
import { amountsOf, amountsToldBy, customersIn } from './totals.ts';

type Options = NonNullable<ConstructorParameters<typeof TestDriver>[0]>;

/** Bounds that make many steps of little. */
export const SMALL = {
  stepRecords: 9,
  inboxRecords: 25,
  decodeRecords: 4,
  cacheBytes: 2_000,
  chunk: 3,
  journalPart: 900,
  journalLeast: 3_000,
  stepTimers: 4,
};

/** The same with a journal that is kept whole. */
export const KEPT = { ...SMALL, journalLeast: 1 << 30 };

/** Long after the histories that start at START, and enough for a loaded machine. */
export const NOW = START + 600 * DAY;
export const SLOW = 60_000;

export function driver(options: Options = {}, of?: TestDriver): TestDriver {
  const made = new TestDriver({ start: NOW, limits: SMALL, ...options }, of);
  onTestFinished(() => made.stop());
  return made;
}

/** Runs a property on drivers of their own, each stopped when its run ends. */
export async function forAll<Ts extends [unknown, ...unknown[]]>(
  arbitraries: { [K in keyof Ts]: fc.Arbitrary<Ts[K]> },
  runs: number,
  holds: (make: (options?: Options, of?: TestDriver) => TestDriver, ...values: Ts) => Promise<void>,
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.tuple<Ts>(...arbitraries), async (values) => {
      const made: TestDriver[] = [];
      try {
        await holds(
          (options = {}, of) => made[made.push(new TestDriver({ start: NOW, limits: SMALL, ...options }, of)) - 1] as TestDriver,
          ...values,
        );
      } finally {
        for (const each of made) await each.stop();
      }
    }),
    { numRuns: runs },
  );
}

/** What the topics and the store say, by customer. */
export interface Told {
  readonly changes: [string, string[]][];
  readonly profiles: [string, string[]][];
  /** about customers */
  readonly alerts: [string, string[]][];
  readonly states: [string, CustomerState][];
}

const sorted = <T>(map: Map<string, T>): [string, T][] => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

function linesBy<T extends { customerId: string }>(records: readonly T[], line: (record: T) => string): [string, string[]][] {
  const lines = new Map<string, string[]>();
  for (const record of records) lines.set(record.customerId, [...(lines.get(record.customerId) ?? []), line(record)]);
  return sorted(lines);
}

export function told(of: TestDriver): Told {
  type Change = Parameters<typeof lineOf>[0] & { customerId: string };
  type Profile = Parameters<typeof profileLineOf>[0] & { customerId: string };
  type Alert = Parameters<typeof alertLineOf>[0] & { customerId: string };
  const isOfCustomer = (alert: Alert | { customerId: null }): alert is Alert => alert.customerId !== null;
  const states = new Map<string, CustomerState>();
  for (let shard = 0; shard < of.settings.shards; shard++) {
    for (const [customer, { state }] of customersIn(of.store.states(shard))) states.set(customer, stateOf(customer, state));
  }
  return {
    changes: linesBy(of.outputs('segmentChanges') as Change[], lineOf),
    profiles: linesBy(of.outputs('profiles') as Profile[], profileLineOf),
    alerts: linesBy((of.outputs('alerts') as (Alert | { customerId: null })[]).filter(isOfCustomer), alertLineOf),
    states: sorted(states),
  };
}

/** The same from one fold over all events in time order. */
export function expected(
  records: readonly InputRecord[],
  policy: TestDriver['settings']['policy'],
  until: number,
  bookings: Booking[] = [],
): Told {
  const all = foldAll(records, policy, until, bookings);
  const withAny = (lines: 'changes' | 'profiles' | 'alerts'): [string, string[]][] =>
    sorted(new Map([...all].filter(([, folded]) => folded[lines].length > 0).map(([customer, folded]) => [customer, folded[lines]])));
  return {
    changes: withAny('changes'),
    profiles: withAny('profiles'),
    alerts: withAny('alerts'),
    // Of a customer about whom there were only commands nothing is kept.
    states: sorted(new Map([...all].filter(([, { state }]) => state.asOf !== null).map(([customer, { state }]) => [customer, state]))),
  };
}

/** A port with some calls of its own. */
export const wrapped = <T extends object>(port: T, calls: Partial<T>): T =>
  new Proxy(port, {
    get: (of, name) => {
      const own: unknown = Reflect.get(calls, name);
      const value: unknown = own ?? Reflect.get(of, name);
      return typeof value === 'function' ? value.bind(of) : value;
    },
  });

/** A promise, and what resolves it: something hangs until then. */
export function gate(): [Promise<void>, () => void] {
  const { promise, resolve } = Promise.withResolvers<void>();
  return [promise, resolve];
}

/** W of a shard, by the worker that holds it. */
export function watermarkOf(of: TestDriver, shard: number): number {
  for (const { worker } of of.workers) {
    const steps = worker.shards.get(shard)?.steps;
    if (steps != null) return steps.watermark;
  }
  throw new Error(`nobody holds shard ${shard}`);
}

/** All that is in the inputs is processed and applied, all timers up to W have fired, and W has come to the time of the question. */
export async function idle(of: TestDriver): Promise<void> {
  await of.settle();
  await of.advance(10_000);
  const shards = (): (Steps | null)[] => [...of.workers].flatMap(({ worker }) => [...worker.shards.values()].map(({ steps }) => steps));
  await until(of, 'the last timer', () => of.settled() && shards().every((steps) => steps === null || steps.caughtUp));
}

/** Settles, lets timers come due, and compares everything, totals included, with one fold over all events in time order. */
export async function agrees(of: TestDriver, records: readonly InputRecord[]): Promise<void> {
  await idle(of);
  const watermarks = Array.from({ length: of.settings.shards }, (_, shard) => watermarkOf(of, shard));
  const bookings: Booking[] = [];
  expect(told(of)).toEqual(expected(records, of.settings.policy, Math.min(...watermarks), bookings));
  const first = firstKept(Math.max(...watermarks) as Instant);
  expect(amountsToldBy(of, first)).toEqual(amountsOf(bookings, first));
}

/** Lets turns and time pass until a condition holds; throws what breaks a worker, and when it does not come to hold. */
export async function until(of: TestDriver, what: string, holds: () => boolean, paces = 5_000): Promise<void> {
  for (let pace = 0; pace < paces; pace++) {
    for (const { ended } of of.workers) await Promise.race([ended, Promise.resolve()]);
    if (holds()) return;
    await of.pace(5);
  }
  throw new Error(`never came: ${what}`);
}

/** Stops all workers and lets time pass to some ms before an instant: with workers, months would be millions of turns. */
export async function leap(of: TestDriver, to: number, before: number): Promise<void> {
  await of.stop();
  await of.clock.advance(to - before - of.clock.wall());
}

/** When the store says that a customer is due; null for never. */
export const nextDueNow = (of: TestDriver, customer: string): number | null =>
  of.store.timers(shardOf(customer as CustomerId, of.settings.shards)).find((timer) => timer.customer === customer)?.due ?? null;

/** The same once all that has happened is applied. */
export async function nextDue(of: TestDriver, customer: string): Promise<number> {
  await of.settle();
  await of.advance(5_000);
  const due = nextDueNow(of, customer);
  if (due === null) throw new Error(`${customer} is never due`);
  return due;
}

/** A broker that refuses whatever names the customer `poison`. */
export const refusingPoison = (ports: Ports): Ports => ({
  ...ports,
  sinks: {
    open: async (shard) => {
      const sink = await ports.sinks.open(shard);
      return wrapped(sink, {
        commit: async (journal, records, timestamp, at) =>
          journal.some((part) => part.includes('poison'))
            ? { outcome: 'refused', cause: new Error('it names poison') }
            : sink.commit(journal, records, timestamp, at),
      });
    },
  },
});
