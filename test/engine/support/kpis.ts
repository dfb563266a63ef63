/** The KPI topic as a test compares it: what a reader of the compacted topic has in the end, and that no record on the way was from an older state. */
import { expect } from 'vitest';
import type { KpiRecord } from '../../../src/codec/types.ts';
import { dayOf, type Instant } from '../../../src/domain/ids.ts';
import { type KpiValues, METRICS } from '../../../src/domain/kpi-values.ts';
import type { Booking } from '../../../src/domain/kpis.ts';
import { firstKept } from '../../../src/engine/totals.ts';
import type { TypedRecord } from '../../../src/sources/index.ts';
import type { TestDriver } from '../../../src/testing.ts';
import { naiveValues } from '../../domain/support/kpis.ts';
import { expected, idle, until, watermarkOf } from './drive.ts';

const keyOf = ({ day, dimension }: KpiRecord): string => `${day}|${dimension}`;
export const kpisOf = (of: TestDriver): KpiRecord[] => of.outputs('kpis') as KpiRecord[];

/** The last record of each key; each record's offsets are at least those of every record of its key before, and so is the instant up to which it holds. */
export function compacted(of: TestDriver): Map<string, KpiRecord> {
  const last = new Map<string, KpiRecord>();
  for (const record of kpisOf(of)) {
    const key = keyOf(record);
    for (const { shard, offset } of last.get(key)?.offsets ?? [])
      expect(record.offsets[shard]?.offset, `${key} of shard ${shard}`).toBeGreaterThanOrEqual(offset);
    expect(record.at, key).toBeGreaterThanOrEqual(last.get(key)?.at ?? 0);
    expect(record.offsets.map(({ shard }) => shard)).toEqual(Array.from({ length: of.settings.shards }, (_, i) => i));
    last.set(key, record);
  }
  return last;
}

/** Lets time pass until nothing more is published. */
export async function published(of: TestDriver): Promise<void> {
  await idle(of);
  for (let before = -1; before !== kpisOf(of).length; ) {
    before = kpisOf(of).length;
    await of.advance(3_000);
    await until(of, 'the last publication', () => of.settled());
  }
}

const close = (a: number | null, b: number | null): boolean =>
  a === null || b === null ? a === b : Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b));

/** What stands in the topic is what the bookings of one fold over all events in time order say. */
export async function kpisAgree(of: TestDriver, records: readonly TypedRecord[]): Promise<void> {
  await published(of);
  const { policy, shards } = of.settings;
  const bookings: Booking[] = [];
  const watermarks = Array.from({ length: shards }, (_, shard) => watermarkOf(of, shard));
  expected(records, policy, Math.min(...watermarks), bookings);
  const topic = compacted(of);
  const today = dayOf(Math.max(...watermarks) as Instant);
  const told = firstKept(Math.max(...watermarks) as Instant) + policy.kpis.windowDays - 1;
  expect(topic.size).toBeGreaterThan(0);
  for (const dimension of new Set(bookings.map((booking) => booking.dimension))) {
    const of_ = bookings.filter((booking) => booking.dimension === dimension || dimension.includes(','));
    const first = Math.max(told, Math.min(...of_.map(({ day }) => day)));
    for (let day = first; day <= today; day++) {
      const key = `${new Date(day * 86_400_000).toISOString().slice(0, 10)}|${dimension}`;
      const record = topic.get(key);
      const naive = naiveValues(of_, day, dimension, policy);
      const off = METRICS.filter((name) => {
        // Of a day that lies further back than what is kept, a year before may not be known.
        if ((name === 'churn12' || name === 'retention12') && record?.[name] === null) return false;
        return record === undefined || !close(record[name], naive[name as keyof KpiValues]);
      });
      expect(off.map((name) => [key, name, record?.[name], naive[name]])).toEqual([]);
      expect(record?.finished, key).toBe(day < today);
    }
  }
}
