/**
 * Behaviour has causes, and they are to be found in the events alone: what a business would look for in its own data.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { DAY, type Instant } from '../../src/domain/ids.ts';
import { generate } from '../../src/world/generate.ts';
import type { WorldItem } from '../../src/world/item.ts';

const UNTIL = Date.UTC(2026, 10, 15) as Instant;

interface Ticket {
  readonly customer: string;
  readonly openedAt: number;
  repliedAt: number;
  reopened: boolean;
  closedAt: number;
  satisfaction: number | null;
}

let items: WorldItem[];
const orders = new Map<string, number[]>();
const tickets = new Map<string, Ticket>();

beforeAll(() => {
  items = [...generate({ customers: 3000, days: 730, seed: 11, until: UNTIL, late: 0, duplicates: 0, broken: 0 })];
  for (const { type, record } of items) {
    if (type === 'purchase' && record.kind === 'PURCHASE')
      orders.set(record.customerId, [...(orders.get(record.customerId) ?? []), record.occurredAt]);
    if (type !== 'support') continue;
    const at = record.occurredAt;
    const known = tickets.get(record.ticketId);
    if (!known) {
      tickets.set(record.ticketId, {
        customer: record.customerId,
        openedAt: at,
        repliedAt: 0,
        reopened: false,
        closedAt: 0,
        satisfaction: null,
      });
    } else if (record.status === 'REPLIED') known.repliedAt ||= at;
    else if (record.status === 'REOPENED') known.reopened = true;
    else if (record.status === 'CLOSED') Object.assign(known, { closedAt: at, satisfaction: record.satisfaction });
  }
}, 60_000);

const ordersIn = (customer: string, from: number, to: number): number =>
  (orders.get(customer) ?? []).filter((at) => at >= from && at < to).length;
const isBad = (ticket: Ticket): boolean => ticket.reopened || ticket.repliedAt - ticket.openedAt > DAY;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('support', () => {
  /** closed, with half a year to watch afterwards, of customers who were buying */
  const watched = (bad: boolean): Ticket[] =>
    [...tickets.values()].filter(
      (ticket) =>
        ticket.closedAt > 0 &&
        ticket.closedAt < UNTIL - 180 * DAY &&
        isBad(ticket) === bad &&
        ordersIn(ticket.customer, ticket.closedAt - 120 * DAY, ticket.closedAt) >= 2,
    );

  test('handled badly drives customers away', () => {
    const left = (bad: boolean): number =>
      mean(watched(bad).map(({ customer, closedAt }) => (ordersIn(customer, closedAt, closedAt + 180 * DAY) === 0 ? 1 : 0)));
    expect(watched(true).length).toBeGreaterThan(40);
    expect(watched(false).length).toBeGreaterThan(100);
    expect(left(true)).toBeGreaterThan(2 * left(false));
  });

  test('handled badly is rated lower, and so are later surveys', () => {
    const rated = (bad: boolean): number =>
      mean([...tickets.values()].flatMap((ticket) => (isBad(ticket) === bad && ticket.satisfaction !== null ? [ticket.satisfaction] : [])));
    expect(rated(true)).toBeLessThan(rated(false) - 0.5);
    const bad = new Map<string, number>();
    for (const ticket of tickets.values()) if (ticket.closedAt > 0 && isBad(ticket)) bad.set(ticket.customer, ticket.closedAt);
    const scores = (after: boolean): number[] =>
      items.flatMap(({ type, record }) => {
        if (type !== 'survey' || record.kind !== 'NPS') return [];
        const closedAt = bad.get(record.customerId);
        const isAfter = closedAt !== undefined && record.occurredAt > closedAt && record.occurredAt < closedAt + 90 * DAY;
        return isAfter === after ? [record.score] : [];
      });
    expect(scores(true).length).toBeGreaterThan(10);
    expect(mean(scores(true))).toBeLessThan(mean(scores(false)) - 0.5);
  });
});

test('a click on a campaign brings orders', () => {
  const clicks = items.filter(
    (item) => item.type === 'engagement' && item.record.kind === 'CAMPAIGN_CLICKED' && item.record.occurredAt < UNTIL - 4 * DAY,
  );
  const around = (from: number, to: number): number =>
    mean(clicks.map(({ customerId, record: { occurredAt: at } }) => ordersIn(customerId, at + from, at + to)));
  expect(around(0, 3 * DAY)).toBeGreaterThan(1.5 * around(-3 * DAY, 0));
});

test('campaigns are answered by orders that name them, after they were sent', () => {
  const sent = new Map<string, number>();
  let answered = 0;
  for (const { type, customerId, record } of items) {
    if (type === 'engagement' && record.kind === 'CAMPAIGN_SENT') sent.set(`${customerId} ${record.campaignId}`, record.occurredAt);
    if (type !== 'purchase' || record.campaignId === null) continue;
    answered++;
    expect(sent.get(`${customerId} ${record.campaignId}`)).toBeLessThan(record.occurredAt);
  }
  expect(answered).toBeGreaterThan(300);
});

test('the year and the week have seasons', () => {
  const days = new Map<number, number>();
  const weekdays = [0, 0, 0, 0, 0, 0, 0];
  for (const all of orders.values()) {
    for (const at of all) {
      const date = new Date(at);
      const month = date.getUTCFullYear() * 12 + date.getUTCMonth();
      days.set(month, (days.get(month) ?? 0) + 1);
      const weekday = date.getUTCDay();
      weekdays[weekday] = (weekdays[weekday] ?? 0) + 1;
    }
  }
  expect(days.get(2025 * 12 + 11) ?? 0).toBeGreaterThan(1.15 * (days.get(2026 * 12 + 1) ?? 0));
  expect(weekdays[6] ?? 0).toBeGreaterThan(1.15 * (weekdays[2] ?? 0));
});

test('few customers bring much of the revenue', () => {
  const revenue = new Map<string, number>();
  for (const { type, record } of items) {
    if (type === 'purchase' && record.kind === 'PURCHASE')
      revenue.set(record.customerId, (revenue.get(record.customerId) ?? 0) + record.amountMinor);
  }
  const sorted = [...revenue.values()].sort((a, b) => b - a);
  const total = sorted.reduce((sum, value) => sum + value, 0);
  const top = sorted.slice(0, Math.floor(sorted.length / 10)).reduce((sum, value) => sum + value, 0);
  expect(top / total).toBeGreaterThan(0.35);
  expect(top / total).toBeLessThan(0.75);
});

test('every kind of event happens, and customers arrive over the whole history', () => {
  const kinds = new Set(items.map(({ type, record }) => (type === 'support' ? record.status : record.kind)));
  expect(kinds.size).toBe(3 + 5 + 4 + 14);
  const firsts = new Map<string, number>();
  for (const item of items) if (!firsts.has(item.customerId)) firsts.set(item.customerId, item.record.occurredAt);
  for (let quarter = 0; quarter < 8; quarter++) {
    const from = UNTIL - (730 - quarter * 91) * DAY;
    const arrived = [...firsts.values()].filter((at) => at >= from && at < from + 91 * DAY).length;
    expect(arrived).toBeGreaterThan(150);
  }
  expect(items.length).toBeGreaterThan(150_000);
  expect(items.length).toBeLessThan(260_000);
});
