/**
 * Behaviour has causes, and they are to be found in the events alone: what a business would look for in its own data.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { DAY, type Instant } from '../../src/domain/ids.ts';
import { presets } from '../../src/domain/presets.ts';
import { sentimentOf } from '../../src/sources/sentiment.ts';
import { generate } from '../../src/world/generate.ts';
import type { WorldItem } from '../../src/world/item.ts';
import { WORLD_ATTRIBUTES } from '../../src/world/traits.ts';

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
  const kinds = new Set(items.map(({ type, record }) => (type === 'attributes' ? type : type === 'support' ? record.status : record.kind)));
  expect(kinds.size).toBe(3 + 5 + 4 + 14 + 1);
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

describe('what signals and alerts look for is there', () => {
  const share = (some: number, all: number): number => some / Math.max(1, all);

  test('customers are lost for a year and more, and a few of them come back', () => {
    const all = [...orders.values()];
    const lost = all.filter((mine) => UNTIL - (mine.at(-1) ?? 0) > 365 * DAY).length;
    const back = all.filter((mine) => mine.some((at, i) => at - (mine[i - 1] ?? at) > 365 * DAY)).length;
    expect(share(lost, all.length)).toBeGreaterThan(0.1);
    expect(share(lost, all.length)).toBeLessThan(0.3);
    expect(share(back, all.length)).toBeGreaterThan(0.02);
    expect(share(back, all.length)).toBeLessThan(0.1);
  });

  test('some buy far less often than they did, and go on', () => {
    // n₁ and n₂ orders in two quarters, at which nobody would think of chance: P(Binomial(8, ½) ≤ 1) = 0.035
    const declined = [...orders.values()].filter((mine) =>
      mine.some((at) => {
        const before = mine.filter((one) => one > at - 90 * DAY && one <= at).length;
        const after = mine.filter((one) => one > at && one <= at + 90 * DAY).length;
        return before >= 7 && after === 1 && at + 90 * DAY < UNTIL;
      }),
    );
    expect(declined.length).toBeGreaterThan(15);
  });

  test('tickets are answered late, stay open for days, and are opened again', () => {
    const all = [...tickets.values()];
    const late = all.filter(({ openedAt, repliedAt }) => repliedAt - openedAt > DAY);
    expect(share(late.length, all.length)).toBeGreaterThan(0.05);
    expect(share(late.length, all.length)).toBeLessThan(0.2);
    expect(all.filter(({ openedAt, repliedAt }) => repliedAt - openedAt > 3 * DAY).length).toBeGreaterThan(20);
    expect(share(all.filter(({ reopened }) => reopened).length, all.length)).toBeGreaterThan(0.03);
  });

  test('weeks come in which support does not keep up', () => {
    const weeks = new Map<number, Ticket[]>();
    for (const ticket of tickets.values()) {
      const week = Math.floor(ticket.openedAt / (7 * DAY));
      weeks.set(week, [...(weeks.get(week) ?? []), ticket]);
    }
    const bad = [...weeks.values()].filter(
      (all) => all.length >= 10 && share(all.filter(({ openedAt, repliedAt }) => repliedAt - openedAt > DAY).length, all.length) > 0.2,
    );
    expect(bad.length).toBeGreaterThan(3);
    expect(share(bad.length, weeks.size)).toBeLessThan(0.3);
  });

  test('comments are good and bad, and some say nothing that is understood', () => {
    const said = items.flatMap(({ type, record }) =>
      (type === 'survey' || type === 'support') && record.comment !== null ? [sentimentOf(record.comment)] : [],
    );
    expect(share(said.filter((one) => one !== null && one <= -0.3).length, said.length)).toBeGreaterThan(0.1);
    expect(share(said.filter((one) => one !== null && one >= 0.3).length, said.length)).toBeGreaterThan(0.2);
    expect(said).toContain(null);
    // a score says the same as the words beside it
    const csat = (bad: boolean): number[] =>
      items.flatMap(({ type, record }) => {
        if (type !== 'survey' || record.kind !== 'CSAT' || record.comment === null) return [];
        const sentiment = sentimentOf(record.comment) ?? 0;
        return Math.abs(sentiment) >= 0.3 && sentiment < 0 === bad ? [record.score] : [];
      });
    expect(mean(csat(true))).toBeLessThan(mean(csat(false)) - 1);
  });

  test('some first orders are followed by a contact within two weeks, and some are not', () => {
    const contacts = new Map<string, number[]>();
    for (const { type, customerId, record } of items) {
      if (type === 'engagement' && record.kind === 'CAMPAIGN_SENT')
        contacts.set(customerId, [...(contacts.get(customerId) ?? []), record.occurredAt]);
    }
    const firsts = [...orders].flatMap(([customer, [at]]) => (at === undefined || at > UNTIL - 14 * DAY ? [] : [{ customer, at }]));
    const followed = firsts.filter(({ customer, at }) => contacts.get(customer)?.some((one) => one > at && one <= at + 14 * DAY));
    expect(share(followed.length, firsts.length)).toBeGreaterThan(0.6);
    expect(share(followed.length, firsts.length)).toBeLessThan(0.97);
  });

  test('prospects sign up, and some of them never buy', () => {
    const signedUp = items.filter(({ type, record }) => type === 'engagement' && record.kind === 'SIGNED_UP');
    const never = signedUp.filter(({ customerId }) => !orders.has(customerId));
    expect(share(never.length, signedUp.length)).toBeGreaterThan(0.04);
    expect(share(never.length, signedUp.length)).toBeLessThan(0.2);
  });
});

describe('relationships', () => {
  const bought = (): Extract<WorldItem, { type: 'purchase' }>['record'][] =>
    items.flatMap((item) => (item.type === 'purchase' && item.record.kind === 'PURCHASE' ? [item.record] : []));

  /** Of customers with 4 orders or more, the share for whom something holds of at least half of them. */
  function mostly(holds: (record: ReturnType<typeof bought>[number]) => boolean): number {
    const counts = new Map<string, [number, number]>();
    for (const record of bought()) {
      const [all, some] = counts.get(record.customerId) ?? [0, 0];
      counts.set(record.customerId, [all + 1, some + (holds(record) ? 1 : 0)]);
    }
    const regular = [...counts.values()].filter(([all]) => all >= 4);
    return regular.filter(([all, some]) => some >= all / 2).length / regular.length;
  }

  test('some follow recommendations and campaigns, some buy at a discount, some by subscription', () => {
    const shares = [
      mostly(({ recommended, campaignId }) => recommended || campaignId !== null),
      mostly(({ discountMinor }) => discountMinor > 0),
      mostly(({ recurring }) => recurring),
    ];
    for (const one of shares) {
      expect(one).toBeGreaterThan(0.02);
      expect(one).toBeLessThan(0.35);
    }
  });

  test('every class of service is the one that some customers prefer, and every channel has one', () => {
    const { channels } = presets.retail;
    const counts = new Map<string, Map<string, number>>();
    for (const { type, customerId, record } of items) {
      if (type === 'attributes' || (type === 'engagement' && record.kind === 'CAMPAIGN_SENT')) continue;
      const mode = channels[record.channel.toLowerCase()];
      expect(mode, record.channel).toBeDefined();
      const mine = counts.get(customerId) ?? new Map<string, number>();
      counts.set(customerId, mine.set(mode ?? '', (mine.get(mode ?? '') ?? 0) + 1));
    }
    const preferred = [...counts.values()].map((mine) => [...mine].toSorted(([, a], [, b]) => b - a)[0]?.[0]);
    for (const mode of ['PERSONAL_ASSISTANCE', 'SELF_SERVICE', 'AUTOMATED', 'COMMUNITY'])
      expect(preferred.filter((one) => one === mode).length / preferred.length, mode).toBeGreaterThan(0.06);
  });

  test('campaigns cost something and bring in more', () => {
    const cost = items.reduce((sum, { type, record }) => sum + (type === 'engagement' ? (record.costMinor ?? 0) : 0), 0);
    const revenue = bought().reduce((sum, record) => sum + (record.campaignId === null ? 0 : record.amountMinor), 0);
    expect(cost).toBeGreaterThan(0);
    expect(revenue).toBeGreaterThan(2 * cost);
  });
});

test('attributes: most customers tell some of theirs, of those there are; a few change them or take one back', () => {
  const told = new Map<string, Readonly<Record<string, string | null>>[]>();
  for (const { type, customerId, record } of items)
    if (type === 'attributes') told.set(customerId, [...(told.get(customerId) ?? []), record.attributes]);
  expect(told.size / 3000).toBeGreaterThan(0.5);
  const values: Readonly<Record<string, readonly string[]>> = WORLD_ATTRIBUTES;
  for (const [name, value] of [...told.values()].flat().flatMap(Object.entries)) if (value !== null) expect(values[name]).toContain(value);
  expect([...told.values()].flat().some((attributes) => attributes.interest === null)).toBe(true);
  // the topic is compacted: each names all that the one before it has named
  for (const mine of told.values()) {
    for (const [i, attributes] of mine.entries())
      expect(Object.keys(attributes)).toEqual(expect.arrayContaining(Object.keys(mine[i - 1] ?? {})));
  }
});
