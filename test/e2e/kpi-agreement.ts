/**
 * KPIs on the topic against those of one fold over all events in time order: the same values for every day and dimension that can be told, each key's records
 * from states that never grow older (I7, docs/kpis.md "Offsets").
 */
import { pino } from 'pino';
import { expect } from 'vitest';
import { followTopics } from '../../src/adapters/kafka/index.ts';
import type { KpiRecord } from '../../src/codec/types.ts';
import { type CustomerState, fire } from '../../src/domain/customer.ts';
import type { Decision } from '../../src/domain/decision.ts';
import { dayOf, type Instant, startOfDay } from '../../src/domain/ids.ts';
import { Totals } from '../../src/domain/kpi-totals.ts';
import { kpiValues, METRICS, membersOf, Running } from '../../src/domain/kpi-values.ts';
import { type Booking, type Dimension, PARTS } from '../../src/domain/kpis.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { firstKept } from '../../src/engine/totals.ts';
import type { TypedRecord } from '../../src/sources/index.ts';
import { until } from '../../src/stack/until.ts';
import { foldAll } from '../engine/support/history.ts';
import type { Application } from '../support/app.ts';
import { decoded } from '../support/outputs.ts';

const YEAR = 365;
const YEARLY = new Set<string>(['churn12', 'retention12']);
const SECONDS = 30;
/** ms from a timer's instant until what it led to is on the topic, about: guard, look, commit */
const BEHIND = 3_500;

const dateOf = (day: number): string => new Date(startOfDay(day)).toISOString().slice(0, 10);

/**
 * Waits until the topic says what the fold says; time goes on meanwhile, and what silence changes is told seconds later.
 * @param events all that should have been folded, in the order of their time
 */
export async function expectKpis(app: Application, events: readonly TypedRecord[]): Promise<void> {
  const { policy, topics, shards } = app.config;
  const said = new Map<string, KpiRecord>();
  const older: unknown[] = [];
  const reader = await followTopics(app.config, pino({ level: 'silent' }), [topics.kpis], ({ partition }, record) => {
    const kpi = decoded<KpiRecord>('out/kpi', record);
    const key = String(record.key);
    const before = said.get(key);
    const isNewer =
      kpi.offsets.length === shards && kpi.offsets.every(({ offset }, shard) => offset >= (before?.offsets[shard]?.offset ?? 0));
    if (!isNewer || partition !== 0 || key !== `${kpi.day}|${kpi.dimension}`)
      older.push({ key, partition, before: before?.offsets, after: kpi.offsets });
    said.set(key, kpi);
  });
  try {
    const expected = new Expected(events, policy, Date.now() - BEHIND);
    let differing: readonly string[] = [];
    await until('the KPIs of one fold over all events', SECONDS, async () => {
      expected.goOn(Date.now() - BEHIND);
      differing = differences(expected, said);
      return differing.length === 0 ? true : undefined;
    }).catch((cause: unknown) => {
      throw new Error(`${differing.length} values differ:\n${differing.slice(0, 20).join('\n')}`, { cause });
    });
    expect(older).toEqual([]);
  } finally {
    await reader.stop();
  }
}

/** Names what stands on the topic and should not, or the other way round. */
function differences({ totals, policy, at }: Expected, said: ReadonlyMap<string, KpiRecord>): string[] {
  const today = dayOf(at as Instant);
  const horizon = totals.first ?? today;
  const kept = firstKept(at as Instant);
  const first = horizon < kept ? kept + policy.kpis.windowDays - 1 : horizon;
  const all = new Map<Dimension, Running>();
  for (const dimension of totals.dimensions) {
    const series = totals.series(dimension);
    if (series !== null) all.set(dimension, new Running(series, horizon, today));
  }
  const formulas = { policy, running: (dimension: Dimension) => all.get(dimension) ?? null, activeBefore: () => null };
  const found: string[] = [];
  const right = new Set<string>();
  for (const [dimension, running] of all) {
    const members = membersOf(dimension);
    if (members === null) throw new Error(`${dimension} is no dimension`);
    for (let day = Math.max(first, running.since); day <= today; day++) {
      const key = `${dateOf(day)}|${dimension}`;
      right.add(key);
      const record = said.get(key);
      if (record === undefined) {
        found.push(`${key} is missing`);
        continue;
      }
      const values = kpiValues(dimension, members, day, running, formulas);
      for (const name of METRICS) {
        // A year before days that lie further back than what is kept may not be known.
        if (YEARLY.has(name) && record[name] === null && day - YEAR < kept + 1) continue;
        if (!isClose(record[name], values[name])) found.push(`${key} ${name}: ${record[name]}, should be ${values[name]}`);
      }
      if (record.finished !== day < today) found.push(`${key} finished: ${record.finished}`);
    }
  }
  for (const [key, { day }] of said) if (day >= dateOf(first) && !right.has(key)) found.push(`${key} should not be there`);
  return found;
}

const isClose = (a: number | null, b: number | null): boolean =>
  a === null || b === null ? a === b : Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));

/** The fold, and what it books, as of an instant that moves on. */
class Expected {
  readonly totals = new Totals();
  readonly policy: Policy;
  at: number;
  readonly #states: readonly CustomerState[];
  readonly #cells = new Map<string, { readonly day: number; readonly dimension: Dimension; readonly amounts: number[] }>();

  constructor(events: readonly TypedRecord[], policy: Policy, at: number) {
    const bookings: Booking[] = [];
    this.policy = policy;
    this.at = at;
    this.#states = [...foldAll(events, policy, at, bookings).values()].map(({ state }) => state);
    this.#book(bookings);
  }

  goOn(at: number): void {
    const bookings: Booking[] = [];
    const out: Decision[] = [];
    for (const state of this.#states) fire(state, at as Instant, this.policy, out, bookings);
    this.at = at;
    this.#book(bookings);
  }

  #book(bookings: readonly Booking[]): void {
    const changed = new Set<string>();
    for (const { day, dimension, amounts } of bookings) {
      const key = `${day}|${dimension}`;
      const cell = this.#cells.get(key) ?? { day, dimension, amounts: PARTS.map(() => 0) };
      this.#cells.set(key, cell);
      for (const [part, amount] of amounts) cell.amounts[part] = (cell.amounts[part] ?? 0) + amount;
      changed.add(key);
    }
    for (const key of changed) {
      const cell = this.#cells.get(key);
      if (cell !== undefined) this.totals.put(0, cell);
    }
  }
}
