/** What is said of totals that change: everything once, nothing twice, and in the end what the totals say. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NO_STATE } from '../../src/codec/publisher-state.ts';
import { type Instant, startOfDay } from '../../src/domain/ids.ts';
import { Reporter, type ReportState } from '../../src/domain/kpi-report.ts';
import { BASE, Totals } from '../../src/domain/kpi-totals.ts';
import { endOfDay, type KpiValues } from '../../src/domain/kpi-values.ts';
import { ALL, type Booking } from '../../src/domain/kpis.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import { anyBookings, book, booking, naiveValues } from './support/kpis.ts';

const DAY0 = 20_000;
const policy: Policy = { ...presets.retail, kpis: { ...presets.retail.kpis, windowDays: 7, leastResponses: 1, leastCustomers: 1 } };
const noon = (day: number): Instant => (startOfDay(day) + 43_200_000) as Instant;

class Said {
  readonly totals = new Totals();
  readonly reporter = new Reporter(this.totals, policy);
  readonly values = new Map<string, KpiValues>();
  readonly finished = new Set<string>();
  state: ReportState = NO_STATE;
  count = 0;

  /** Says all there is, in portions. */
  say(until: Instant, most = 1_000, horizon = 0): string[] {
    const keys: string[] = [];
    for (let more = true; more; ) {
      const report = this.reporter.report(this.state, until, horizon, most);
      expect(report.kpis.length).toBeLessThanOrEqual(most);
      for (const { day, dimension, values, finished } of report.kpis) {
        const key = `${day - DAY0} ${dimension}`;
        keys.push(key);
        this.values.set(key, values);
        if (finished) this.finished.add(key);
      }
      this.state = report.state;
      more = report.more;
    }
    return keys;
  }
}

test('a day without any event has its record once it has begun, and another when it is over', () => {
  const said = new Said();
  book(said.totals, 0, [booking(DAY0, ALL, { customers: 1, orders: 1 })]);
  expect(said.say(noon(DAY0))).toEqual(['0 all']);
  expect(said.say(endOfDay(DAY0))).toEqual(['0 all', '1 all']);
  expect(said.say(noon(DAY0 + 3))).toEqual(['1 all', '2 all', '3 all']);
  expect([...said.finished]).toEqual(['0 all', '1 all', '2 all']);
  expect(said.values.get('3 all')).toMatchObject({ customers: 1, orders: 0, averageOrder: 0 });
});

test('what has not changed is not said again', () => {
  const said = new Said();
  book(said.totals, 0, [booking(DAY0, ALL, { customers: 1 }), booking(DAY0, 'group:NEW', { customers: 1 })]);
  said.say(noon(DAY0 + 5));
  expect(said.say(noon(DAY0 + 5))).toEqual([]);
  said.totals.forget(0);
  book(said.totals, 1, [booking(DAY0, ALL, { customers: 1 }), booking(DAY0, 'group:NEW', { customers: 1 })]);
  expect(said.say(noon(DAY0 + 5))).toEqual([]);
});

test('a late flow changes its day and the windows behind it, a late stock all days since', () => {
  const said = new Said();
  book(said.totals, 0, [booking(DAY0, ALL, { customers: 1 })]);
  said.say(noon(DAY0 + 20));
  book(said.totals, 1, [booking(DAY0 + 5, ALL, { tickets: 1 })]);
  expect(said.say(noon(DAY0 + 20))).toEqual([5, 6, 7, 8, 9, 10, 11].map((day) => `${day} all`));
  book(said.totals, 2, [booking(DAY0 + 17, ALL, { lost: 1 })]);
  expect(said.say(noon(DAY0 + 20))).toEqual([17, 18, 19, 20].map((day) => `${day} all`));
});

test('what lies ahead of the running day waits for it', () => {
  const said = new Said();
  book(said.totals, 0, [booking(DAY0, ALL, { customers: 1 }), booking(DAY0 + 2, 'group:NEW', { customers: 1 })]);
  expect(said.say(noon(DAY0 + 1))).not.toContain('2 group:NEW');
  expect(said.say(noon(DAY0 + 2))).toContain('2 group:NEW');
  expect(said.values.get('2 group:NEW')).toMatchObject({ customers: 1 });
});

test('with a base, only days are told whose windows lie within the cells', () => {
  const said = new Said();
  book(said.totals, 0, [booking(BASE, ALL, { customers: 9 }), booking(DAY0, ALL, { customers: 1 })]);
  expect(said.say(noon(DAY0 + 10), 1_000, DAY0)).toEqual([6, 7, 8, 9, 10].map((day) => `${day} all`));
});

test('the customers active a year before a day are remembered when their day has left the cells', () => {
  const said = new Said();
  book(said.totals, 0, [booking(DAY0, ALL, { active: 10 })]);
  said.say(noon(DAY0 + 390));
  expect(said.values.get('370 all')).toMatchObject({ retention12: 0 });
  const successor = new Said();
  successor.state = said.state;
  book(successor.totals, 0, [booking(BASE, ALL, { active: 10 }), booking(DAY0 + 371, ALL, { retained: 4 })]);
  successor.say(noon(DAY0 + 391), 1_000, DAY0 + 360);
  expect(successor.values.get('372 all')).toMatchObject({ active: 10, retention12: 0.4 });
});

test('what was said last is what a plain recomputation says, whatever came in between, late or in portions', () => {
  const step = fc.record({
    bookings: anyBookings(DAY0, 30).map((all) => all.slice(1, 9)),
    shard: fc.integer({ min: 0, max: 2 }),
    ahead: fc.integer({ min: 0, max: 6 }),
    most: fc.integer({ min: 1, max: 50 }),
  });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
      const said = new Said();
      const booked = new Map<number, Booking[]>([0, 1, 2].map((shard) => [shard, []]));
      booked.get(0)?.push(booking(DAY0, ALL, { customers: 50, active: 40 }));
      let today = DAY0;
      for (const { bookings, shard, ahead, most } of steps) {
        booked.get(shard)?.push(...bookings);
        for (const [each, list] of booked) {
          said.totals.forget(each);
          book(said.totals, each, list);
        }
        today += ahead;
        said.say(noon(today), most);
      }
      const all = [...booked.values()].flat();
      for (const dimension of new Set(all.map((each) => each.dimension))) {
        // It is told from its own first day on.
        const since = Math.min(...all.filter((each) => each.dimension === dimension).map((each) => each.day));
        for (let day = since; day <= today; day++) {
          const told = said.values.get(`${day - DAY0} ${dimension}`);
          const naive = naiveValues(all, day, dimension, policy);
          for (const [name, value] of Object.entries(naive)) {
            const found = told?.[name as keyof KpiValues];
            if (value === null || found === null || found === undefined)
              expect([day - DAY0, dimension, name, found]).toEqual([day - DAY0, dimension, name, value]);
            else expect(found, name).toBeCloseTo(value, 9);
          }
        }
      }
    }),
    { numRuns: 60 },
  );
});
