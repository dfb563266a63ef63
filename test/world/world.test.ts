import { describe, expect, test, vi } from 'vitest';
import { avroType } from '../../src/codec/schemas.ts';
import { DAY, type Instant } from '../../src/domain/ids.ts';
import { presets } from '../../src/domain/presets.ts';
import { INPUT_SCHEMAS, termsOf, toEvent } from '../../src/sources/index.ts';
import { parseObject } from '../../src/sources/json.ts';
import { recordOf } from '../../src/sources/ndjson.ts';
import { generate, live, retimed } from '../../src/world/generate.ts';
import type { WorldItem, WorldOptions } from '../../src/world/item.ts';
import { World } from '../../src/world/world.ts';

// thousands of events a test, on machines that others use too
vi.setConfig({ testTimeout: 60_000 });

const UNTIL = Date.UTC(2026, 10, 15) as Instant;
const OPTIONS: WorldOptions = { customers: 60, days: 400, seed: 7, until: UNTIL, late: 0.05, duplicates: 0.05, broken: 0.05 };
const CLEAN: WorldOptions = { ...OPTIONS, late: 0, duplicates: 0, broken: 0 };

const isDuplicate = (() => {
  const seen = new WeakMap<readonly WorldItem[], Set<WorldItem>>();
  return (items: readonly WorldItem[], item: WorldItem): boolean => {
    let second = seen.get(items);
    if (!second) {
      const ids = new Set<string>();
      second = new Set(items.filter(({ record: { eventId } }) => ids.has(eventId) || !ids.add(eventId)));
      seen.set(items, second);
    }
    return second.has(item);
  };
})();

describe('the history', () => {
  const items = [...generate(OPTIONS)];
  const sound = items.filter((item) => item.broken === undefined);

  test('is the same for the same options, and another for another seed', () => {
    expect(JSON.stringify([...generate({ ...OPTIONS })])).toBe(JSON.stringify(items));
    expect(JSON.stringify([...generate({ ...OPTIONS, seed: 8 })])).not.toBe(JSON.stringify(items));
    expect(items.length).toBeGreaterThan(1000);
  });

  test('comes in the order of delivery, and lies between start and until', () => {
    for (const [i, item] of items.entries()) {
      expect(item.deliveredAt).toBeGreaterThanOrEqual(items[i - 1]?.deliveredAt ?? 0);
      expect(item.deliveredAt).toBeGreaterThanOrEqual(item.record.occurredAt);
      expect(item.record.occurredAt).toBeGreaterThan(UNTIL - OPTIONS.days * DAY);
    }
    expect(items.at(-1)?.deliveredAt).toBeLessThanOrEqual(UNTIL);
  });

  test('has every event on its schema, and accepted by its source', () => {
    const terms = termsOf(presets.retail);
    for (const item of sound) {
      expect(avroType(INPUT_SCHEMAS[item.type]).isValid(item.record), JSON.stringify(item)).toBe(true);
      expect(toEvent(item, terms)).toMatchObject({ outcome: 'event', event: { customer: item.customerId, at: item.record.occurredAt } });
    }
  });

  test('has no two events of a customer at one instant, so that their order is beyond doubt', () => {
    const instants = new Set([...generate(CLEAN)].map((item) => `${item.customerId} ${item.record.occurredAt}`));
    expect(instants.size).toBe([...generate(CLEAN)].length);
  });

  test('has late events, minutes to weeks after, about as many as asked for', () => {
    const late = sound.filter((item) => !isDuplicate(sound, item) && item.deliveredAt > item.record.occurredAt);
    const delays = late.map((item) => item.deliveredAt - item.record.occurredAt);
    expect(late.length / sound.length).toBeGreaterThan(0.03);
    expect(late.length / sound.length).toBeLessThan(0.07);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(2 * 60_000);
    expect(Math.max(...delays)).toBeGreaterThan(7 * DAY);
    expect(Math.max(...delays)).toBeLessThanOrEqual(21 * DAY + 1);
  });

  test('has duplicates: the same record again, within the hour', () => {
    const again = sound.filter((item) => isDuplicate(sound, item));
    expect(again.length / sound.length).toBeGreaterThan(0.03);
    expect(again.length / sound.length).toBeLessThan(0.07);
    for (const item of again) {
      const first = sound.find((other) => other.record.eventId === item.record.eventId);
      expect(first?.record).toEqual(item.record);
      expect(item.deliveredAt - (first?.deliveredAt ?? 0)).toBeLessThanOrEqual(DAY / 24);
    }
  });

  test('has broken events of every kind, each a copy beside the sound one, and none of them passes', () => {
    const terms = termsOf(presets.retail);
    const all = [...generate({ ...OPTIONS, customers: 150, broken: 0.3 })];
    const broken = all.filter((item) => item.broken !== undefined);
    const ids = new Set([...generate({ ...CLEAN, customers: 150 })].map((item) => item.record.eventId));
    expect(new Set(broken.map((item) => item.broken))).toEqual(
      new Set(['bytes', 'missing-field', 'negative-amount', 'unknown-currency', 'impossible-score']),
    );
    for (const item of broken) {
      expect(ids).toContain(item.record.eventId.replace(/-broken$/, ''));
      expect(ids).not.toContain(item.record.eventId);
      if (item.raw) {
        expect(item.raw[0]).not.toBe(0);
        const parsed = parseObject(item.raw);
        expect(parsed.outcome === 'object' ? recordOf(parsed.value, item.type).outcome : parsed.outcome).toBe('dead');
      } else expect(toEvent(item, terms).outcome).toBe('dead');
      if (item.broken === 'missing-field') expect(JSON.parse(new TextDecoder().decode(item.raw))).not.toHaveProperty('occurredAt');
    }
  });

  test('with all rates at 0 has none of these, and is otherwise the same life', () => {
    const clean = [...generate(CLEAN)];
    for (const item of clean) {
      expect(item.broken).toBeUndefined();
      expect(item.deliveredAt).toBe(item.record.occurredAt);
    }
    const key = (all: readonly WorldItem[]) => all.map((item) => JSON.stringify(item.record)).sort();
    const ids = new Set(clean.map((item) => item.record.eventId));
    expect(ids.size).toBe(clean.length);
    // what was still under way at the end is missing, and nothing else
    const delivered = new Set(key(sound));
    const missing = clean.filter((item) => !delivered.has(JSON.stringify(item.record)));
    expect(missing.every((item) => UNTIL - item.record.occurredAt < 21 * DAY)).toBe(true);
    expect(missing.length).toBeLessThan(clean.length * 0.01);
  });

  test('has refunds and cancellations of real orders of the same customer, not above their amounts', () => {
    const orders = new Map(
      sound.flatMap((item) => (item.type === 'purchase' && item.record.kind === 'PURCHASE' ? [[item.record.orderId, item.record]] : [])),
    );
    const back = [...generate({ ...CLEAN, customers: 300 })].filter((item) => item.type === 'purchase');
    for (const { record } of back) if (record.kind === 'PURCHASE') orders.set(record.orderId, record);
    const taken = back.filter(({ record }) => record.kind !== 'PURCHASE');
    expect(new Set(taken.map(({ record }) => record.kind))).toEqual(new Set(['REFUND', 'CANCELLATION']));
    for (const { record } of taken) {
      const order = orders.get(record.orderId);
      expect(order).toMatchObject({ customerId: record.customerId, currency: record.currency });
      expect(record.occurredAt).toBeGreaterThan(order?.occurredAt ?? Number.POSITIVE_INFINITY);
      expect(record.amountMinor).toBeLessThanOrEqual(order?.amountMinor ?? 0);
      if (record.orderedAt !== null) expect(record.orderedAt).toBe(order?.occurredAt);
    }
  });

  test('pays in other currencies only when asked to', () => {
    const currencies = (options: WorldOptions) =>
      new Set([...generate(options)].flatMap((item) => (item.type === 'purchase' ? [item.record.currency] : [])));
    expect(currencies(CLEAN)).toEqual(new Set(['USD']));
    expect(currencies({ ...CLEAN, currencies: { EUR: 0.3, GBP: 0.2 } })).toEqual(new Set(['USD', 'EUR', 'GBP']));
  });

  test('streams: what is held is a few plans for each customer', () => {
    const world = new World({ ...CLEAN, customers: 200, days: 730 });
    let most = 0;
    let events = 0;
    for (const _ of world.history()) {
      events++;
      most = Math.max(most, world.planned);
    }
    expect(events).toBeGreaterThan(10_000);
    expect(most).toBeLessThan(200 * 8);
  });

  test.each([
    [{ customers: 0 }, /customers/],
    [{ customers: 1.5 }, /customers/],
    [{ days: 0 }, /days/],
    [{ days: 40_000 }, /days/],
    [{ seed: 0.5 }, /seed/],
    [{ late: 1.1 }, /late/],
    [{ broken: Number.NaN }, /broken/],
    [{ currencies: { EUR: 1.2 } }, /currencies/],
  ])('refuses %o', (options, expected) => {
    expect(() => [...generate({ ...CLEAN, ...options })]).toThrow(expected);
  });
});

describe('the live part', () => {
  const take = (items: Generator<WorldItem>, count: number): WorldItem[] =>
    Array.from({ length: count }, () => items.next().value as WorldItem);

  test('goes on where the history ended, with the same customers and new ones', () => {
    const world = new World(CLEAN);
    const history = [...world.history()];
    const after = take(world.live(), 3000);
    expect(after).toEqual(take(live(CLEAN), 3000));
    expect(after[0]?.deliveredAt).toBeGreaterThan(UNTIL);
    const known = new Set(history.map((item) => item.customerId));
    const ids = new Set(history.map((item) => item.record.eventId));
    expect(after.some((item) => known.has(item.customerId))).toBe(true);
    expect(after.some((item) => !known.has(item.customerId))).toBe(true);
    expect(after.some((item) => ids.has(item.record.eventId))).toBe(false);
  });

  test('can be given the times of now: what is on time stays so, what is late stays as late, and no order lies in the future', () => {
    const now = (UNTIL + 5 * DAY) as Instant;
    for (const item of take(live({ ...OPTIONS, customers: 200 }), 5000)) {
      const moved = retimed(item, now, UNTIL);
      expect(moved.deliveredAt - moved.record.occurredAt).toBe(item.deliveredAt - item.record.occurredAt);
      expect(moved).toMatchObject({ deliveredAt: now, customerId: item.customerId, record: { eventId: item.record.eventId } });
      if (moved.type === 'purchase') expect(moved.record.orderedAt ?? 0).toBeLessThanOrEqual(UNTIL);
    }
  });
});
