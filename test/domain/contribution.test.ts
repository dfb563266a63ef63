/**
 * KPIs: what customers add up to, by the bookings of the fold, is what a recomputation from the raw history gives, which knows no bookings: stocks as of
 * each customer's last evaluation, flows on their own days in the group of the moment, exact under refunds, moves, loss and recovery.
 */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { fire, fold, newCustomer } from '../../src/domain/customer.ts';
import type { Decision, Group } from '../../src/domain/decision.ts';
import type { CustomerEvent, Purchase } from '../../src/domain/event.ts';
import { type CustomerId, DAY } from '../../src/domain/ids.ts';
import { type Booking, PARTS, type Part, STOCKS } from '../../src/domain/kpis.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import { attributes, engagement, historyArb, on, policyArb, purchase, support, survey, takeBack } from './support/events.ts';
import { know } from './support/naive.ts';
import { measure } from './support/naive-risk.ts';

vi.setConfig({ testTimeout: 60_000 });
fc.configureGlobal({ interruptAfterTimeLimit: 45_000, markInterruptAsFailure: true });

const dayOf = (at: number): number => Math.floor(at / DAY);
const HOUR = 3_600_000;

/** What is known after an event or a timer. */
interface Look {
  readonly at: number;
  readonly group: Group;
  /** how many of the customer's events had happened */
  readonly events: number;
}

interface Played {
  readonly events: readonly CustomerEvent[];
  readonly looks: readonly Look[];
}

function run(customer: string, events: readonly CustomerEvent[], policy: Policy, until: number, bookings: Booking[]): Played {
  const state = newCustomer(customer as CustomerId);
  const looks: Look[] = [];
  const out: Decision[] = [];
  const look = (count: number): void => {
    looks.push({ at: state.asOf ?? 0, group: state.group ?? 'NEW', events: count });
  };
  const fireTo = (end: number, count: number): void => {
    while (state.due !== null && state.due <= end) {
      fire(state, state.due, policy, out, bookings);
      look(count);
    }
  };
  events.forEach((event, i) => {
    fireTo(event.at, i);
    fold(state, event, policy, out, bookings);
    look(i + 1);
  });
  fireTo(until, events.length);
  return { events, looks };
}

type Sums = Map<string, number>;
const keyOf = (day: number, dimension: string, part: Part): string => `${day - dayOf(on(0))} ${dimension} ${part}`;
const add = (sums: Sums, key: string, amount: number): void => {
  const sum = (sums.get(key) ?? 0) + amount;
  if (sum === 0) sums.delete(key);
  else sums.set(key, sum);
};

const attributesAt = (events: readonly CustomerEvent[], policy: Policy): string[] => {
  const known = new Map<string, string | null>();
  const at = new Map<string, number>();
  for (const event of events) {
    if (event.type !== 'attributes') continue;
    for (const [name, value] of event.attributes) {
      if (at.get(name) === event.at && (known.get(name) ?? '') >= (value ?? '')) continue;
      known.set(name, value);
      at.set(name, event.at);
    }
  }
  return [...known]
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `attribute:${name}=${policy.attributes[name]?.includes(value ?? '') ? value : 'other'}`);
};

/** Stocks of every day with a change, straight from the history. */
function naiveStocks({ events, looks }: Played, policy: Policy, sums: Sums): void {
  let before = new Map<string, number>();
  for (const { at, group, events: count } of looks) {
    const seen = events.slice(0, count);
    const known = know(seen, policy);
    const within = (from: number, to: number): boolean =>
      known.purchaseDays.some((day) => at >= (day + from) * DAY && at < (day + to) * DAY);
    const [active, earlier] = [within(-1e6, 365), within(365, 730)];
    const { lost } = measure(known, at, policy);
    const counts: Partial<Record<Part, boolean>> = { active, lost, retained: active && earlier, churned: lost && (active || earlier) };
    const now = new Map<string, number>();
    const attributes = attributesAt(seen, policy);
    for (const dimension of ['all', `group:${group}`, ...attributes]) {
      now.set(`${dimension} customers`, 1);
      for (const [part, is] of Object.entries(counts)) if (is) now.set(`${dimension} ${part}`, 1);
    }
    for (const attribute of attributes) now.set(`group:${group},${attribute} customers`, 1);
    for (const cell of new Set([...before.keys(), ...now.keys()])) {
      add(sums, `${dayOf(at) - dayOf(on(0))} ${cell}`, (now.get(cell) ?? 0) - (before.get(cell) ?? 0));
    }
    before = now;
  }
}

type Cells = readonly string[];

/** Flows, straight from the history. */
function naiveFlows({ events, looks }: Played, policy: Policy, until: number, sums: Sums): void {
  const after = (i: number): Group => looks.find(({ events: count }) => count === i + 1)?.group ?? 'NEW';
  /** where what the event leads to is booked */
  const placeOf = (i: number): Cells => ['all', `group:${after(i)}`, ...attributesAt(events.slice(0, i + 1), policy)];
  const orders = new Map<number, { cells: Cells; day: number; campaign: boolean }>();
  const tickets = new Map<
    number,
    { cells: Cells; opened: number | null; replied: number | null; resolved: number | null; reopened: number | null }
  >();
  const flow = (cells: Cells, day: number, part: Part, amount: number): void => {
    for (const dimension of cells) add(sums, keyOf(day, dimension, part), amount);
  };
  const order = (i: number, event: Purchase): void => {
    const sign = event.kind === 'PURCHASE' ? 1 : -1;
    const own = dayOf(event.at);
    const known = orders.get(event.order);
    const reached = known !== undefined && own - known.day <= 365 ? known : undefined;
    let day = reached?.day ?? own;
    if (event.kind === 'PURCHASE') day = own;
    else if (event.orderedAt !== null) day = Math.min(dayOf(event.orderedAt), own);
    const cells = event.kind === 'PURCHASE' ? placeOf(i) : (reached?.cells ?? placeOf(i));
    const campaign = event.kind === 'PURCHASE' ? event.campaign !== null : (reached?.campaign ?? false);
    flow(cells, day, 'revenue', sign * event.amount);
    if (event.kind !== 'REFUND') flow(cells, day, 'orders', sign);
    if (campaign) flow(cells, day, 'campaignRevenue', sign * event.amount);
    if (event.kind === 'PURCHASE' && !orders.has(event.order)) orders.set(event.order, { cells, day, campaign });
  };
  const csat = (i: number, at: number, score: number, most: number): void => {
    flow(placeOf(i), dayOf(at), 'csatResponses', 1);
    if (score >= most - 1) flow(placeOf(i), dayOf(at), 'csatSatisfied', 1);
    flow(placeOf(i), dayOf(at), 'csatScore', Math.round(((score - 1) / (most - 1)) * 1e6));
  };
  const told = (of: ReturnType<typeof tickets.get>, sign: number): void => {
    if (of === undefined || of.opened === null) return;
    const answers = [of.replied, of.resolved].filter((at) => at !== null);
    const answered = answers.length === 0 ? null : Math.min(...answers);
    const open = of.resolved === null || (of.reopened !== null && of.reopened > of.resolved);
    flow(of.cells, dayOf(of.opened), 'tickets', sign);
    if (answered !== null && answered >= of.opened) {
      flow(of.cells, dayOf(answered), 'firstReplies', sign);
      flow(of.cells, dayOf(answered), 'firstReplyMs', sign * (answered - of.opened));
    }
    if (of.resolved !== null && of.resolved >= of.opened && !open) {
      flow(of.cells, dayOf(of.resolved), 'resolutions', sign);
      flow(of.cells, dayOf(of.resolved), 'resolutionMs', sign * (of.resolved - of.opened));
    }
  };
  events.forEach((event, i) => {
    if (event.type === 'purchase') order(i, event);
    else if (event.type === 'survey' && event.kind === 'NPS') {
      flow(placeOf(i), dayOf(event.at), 'npsResponses', 1);
      if (event.score >= 9) flow(placeOf(i), dayOf(event.at), 'npsPromoters', 1);
      if (event.score <= 6) flow(placeOf(i), dayOf(event.at), 'npsDetractors', 1);
    } else if (event.type === 'survey' && event.kind === 'CSAT') csat(i, event.at, event.score, policy.feedback.csatMost);
    else if (event.type === 'engagement' && event.campaign !== null) flow(placeOf(i), dayOf(event.at), 'campaignCost', event.cost);
    else if (event.type === 'support') {
      if (event.satisfaction !== null) csat(i, event.at, event.satisfaction, 5);
      const of = tickets.get(event.ticket) ?? { cells: placeOf(i), opened: null, replied: null, resolved: null, reopened: null };
      if (tickets.has(event.ticket)) told(of, -1);
      if (event.status === 'OPENED') of.opened ??= event.at;
      else if (event.status === 'REPLIED') of.replied ??= event.at;
      else if (event.status === 'REOPENED') of.reopened = event.at;
      else of.resolved = event.at;
      tickets.set(event.ticket, of);
      told(of, 1);
    }
  });
  // moves, by the looks
  let group: Group | null = null;
  for (const look of looks) {
    if (look.group === group) continue;
    const from =
      group === null
        ? 'fromNone'
        : `from${group
            .split('_')
            .map((word) => word[0] + word.slice(1).toLowerCase())
            .join('')}`;
    const place = ['all', `group:${look.group}`, ...attributesAt(events.slice(0, look.events), policy)];
    for (const dimension of place) {
      add(sums, keyOf(dayOf(look.at), dimension, from as Part), 1);
      if (group !== null) add(sums, keyOf(dayOf(look.at), dimension, 'moves'), 1);
    }
    group = look.group;
  }
  expect(until).toBeGreaterThan(0);
}

const VALUES: readonly Part[] = ['historicValue', 'simpleValue', 'predictedValue'];

function booked(bookings: readonly Booking[], parts: (part: Part) => boolean): Sums {
  const sums: Sums = new Map();
  for (const { day, dimension, amounts } of bookings) {
    for (const [index, amount] of amounts) {
      const part = PARTS[index];
      expect(Number.isSafeInteger(amount)).toBe(true);
      if (part !== undefined && parts(part)) add(sums, keyOf(day, dimension, part), amount);
    }
  }
  return sums;
}

const sorted = (sums: Sums): [string, number][] => [...sums].sort(([a], [b]) => (a < b ? -1 : 1));

describe('the bookings of a history', () => {
  test('add up to what a recomputation from the raw history gives, for every day, dimension and part', () => {
    let cells = 0;
    fc.assert(
      fc.property(fc.array(historyArb(25), { minLength: 1, maxLength: 3 }), policyArb, (histories, policy) => {
        const bookings: Booking[] = [];
        const [stocks, flows]: Sums[] = [new Map(), new Map()];
        const until = Math.max(...histories.flat().map(({ at }) => at)) + 800 * DAY;
        histories.forEach((events, i) => {
          const played = run(`c${i}`, events, policy, until, bookings);
          naiveStocks(played, policy, stocks ?? new Map());
          naiveFlows(played, policy, until, flows ?? new Map());
        });
        const isStock = (part: Part): boolean => (STOCKS as readonly Part[]).includes(part);
        expect(sorted(booked(bookings, (part) => isStock(part) && !VALUES.includes(part)))).toEqual(sorted(stocks ?? new Map()));
        expect(sorted(booked(bookings, (part) => !isStock(part) && part !== 'lateTickets'))).toEqual(sorted(flows ?? new Map()));
        cells += (stocks?.size ?? 0) + (flows?.size ?? 0);
      }),
      { numRuns: 80 },
    );
    expect(cells).toBeGreaterThan(5_000);
  });

  test('a ticket that is closed before it is known to have been opened is booked where it stood then', () => {
    const policy = { ...presets.retail, attributes: { plan: ['gold'] } };
    const state = newCustomer('c' as CustomerId);
    const bookings: Booking[] = [];
    fold(state, support(on(0), null, 0, { status: 'CLOSED' }), policy, [], bookings);
    fold(state, attributes(on(0), [['plan', 'gold']]), policy, [], bookings);
    fold(state, support(on(0), null, 0, { status: 'OPENED' }), policy, [], bookings);
    const tickets = booked(bookings, (part) => part === 'tickets');
    expect([...tickets.keys()].sort()).toEqual(['0 all tickets', '0 group:NEW tickets']);
  });

  test('hold of lifetime values what each customer was last evaluated to be worth', () => {
    fc.assert(
      fc.property(historyArb(30), policyArb, (events, policy) => {
        const bookings: Booking[] = [];
        const state = newCustomer('c' as CustomerId);
        for (const event of events) {
          fire(state, event.at, policy, [], bookings);
          fold(state, event, policy, [], bookings);
          for (const part of VALUES) {
            let [all, group] = [0, 0];
            for (const [key, sum] of booked(bookings, (each) => each === part)) {
              if (key.includes(' all ')) all += sum;
              if (key.includes(` group:${state.group} `)) group += sum;
            }
            const held = state.contribution[part as 'simpleValue'];
            expect([all, group]).toEqual([held, held]);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test('tell of a ticket that it is late when its time is over, once, on the day it was opened, and take it back when a reply in time arrives late', () => {
    const policy = presets.retail;
    const state = newCustomer('c' as CustomerId);
    const bookings: Booking[] = [];
    const late = (): number =>
      [...booked(bookings, (part) => part === 'lateTickets')]
        .filter(([key]) => key === '0 all lateTickets')
        .reduce((sum, [, n]) => sum + n, 0);
    fold(state, support(on(0), null, 0, { status: 'OPENED' }), policy, [], bookings);
    fire(state, on(0, 24 * HOUR), policy, [], bookings);
    expect(late()).toBe(0);
    fire(state, on(0, 24 * HOUR + 1), policy, [], bookings);
    expect(late()).toBe(1);
    fire(state, on(9), policy, [], bookings);
    expect(late()).toBe(1);
    fold(state, support(on(0, HOUR), null, 0, { status: 'REPLIED' }), policy, [], bookings);
    expect(late()).toBe(0);
    // also when it was resolved in time, so long ago that it is forgotten at once
    const [forgotten, told]: [typeof state, Booking[]] = [newCustomer('c' as CustomerId), []];
    fold(forgotten, support(on(0), null, 0, { status: 'OPENED' }), policy, [], told);
    fold(forgotten, engagement(on(60), 'VISIT'), policy, [], told);
    fold(forgotten, support(on(0, HOUR), null, 0, { status: 'RESOLVED' }), policy, [], told);
    expect(forgotten.tickets).toEqual([]);
    const sum = [...booked(told, (part) => part === 'lateTickets')].reduce((total, [, n]) => total + n, 0);
    expect(sum).toBe(0);
  });

  test('follow a customer through purchase, refund, move, loss and recovery', () => {
    const policy = presets.retail;
    const order = purchase(on(0), 60_000);
    const events = [
      order,
      takeBack(on(20), 'REFUND', order, 15_000),
      survey(on(30), 'NPS', 10),
      engagement(on(40), 'VISIT'),
      purchase(on(500), 10_000),
    ];
    const bookings: Booking[] = [];
    run('c', events, policy, on(520), bookings);
    const sum = (part: Part, dimension: string, upTo: number): number =>
      bookings
        .filter((booking) => booking.dimension === dimension && booking.day <= dayOf(on(upTo)))
        .flatMap(({ amounts }) => amounts)
        .reduce((total, [index, amount]) => total + (PARTS[index] === part ? amount : 0), 0);
    expect([sum('revenue', 'all', 0), sum('revenue', 'group:NEW', 0)]).toEqual([45_000, 45_000]);
    expect([0, 364, 365, 499, 500].map((day) => sum('active', 'all', day))).toEqual([1, 1, 0, 0, 1]);
    expect([364, 365, 499, 500].map((day) => sum('lost', 'all', day))).toEqual([0, 1, 1, 0]);
    expect([364, 365, 499, 500].map((day) => sum('churned', 'all', day))).toEqual([0, 1, 1, 0]);
    // active a year before, on day 135
    expect(sum('retained', 'all', 500)).toBe(1);
    expect(sum('customers', 'group:NEW', 520)).toBe(0);
    expect(sum('customers', 'all', 520)).toBe(1);
  });
});
