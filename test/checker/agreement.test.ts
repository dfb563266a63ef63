/** How much V8 must have compared where a part of the input is in order, and what it takes for out of order. */
import { expect, it } from 'vitest';
import type { Instant } from '../../src/domain/ids.ts';
import type { TypedRecord } from '../../src/sources/index.ts';
import { TestDriver } from '../../src/testing.ts';
import { type Checked, check } from './check.ts';
import { evidenceOf } from './from-driver.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 1);
/** what is older is in order */
const ORDERED = (NOW - 20 * DAY) as Instant;

function purchase(eventId: string, customerId: string, occurredAt: number): TypedRecord {
  const money = { amountMinor: 1_000, currency: 'USD', discountMinor: 0, costMinor: null };
  const how = { items: 1, channel: 'WEB', recurring: false, recommended: false, campaignId: null, orderedAt: null };
  return { type: 'purchase', record: { eventId, customerId, occurredAt, orderId: eventId, kind: 'PURCHASE', ...money, ...how } };
}

interface Told {
  readonly customers: number;
  /** how many of them get an event of ten days ago behind one of now, and one of their first again */
  readonly late: number;
  readonly orderedUntil?: Instant | null;
}

async function checked({ customers, late, orderedUntil = ORDERED }: Told): Promise<Checked> {
  const test = new TestDriver({ start: NOW });
  const first = (i: number): TypedRecord => purchase(`first-${i}`, `c${i}`, NOW - 40 * DAY + i);
  for (let i = 0; i < customers; i++) test.pipe(first(i));
  for (let i = 0; i < customers; i++) test.pipe(purchase(`second-${i}`, `c${i}`, NOW - 30 * DAY + i));
  try {
    await test.start();
    await test.settle();
    for (let i = 0; i < late; i++) {
      test.pipe(purchase(`now-${i}`, `c${i}`, NOW));
      test.pipe(purchase(`late-${i}`, `c${i}`, NOW - 10 * DAY));
      test.pipe(first(i));
    }
    await test.settle();
    await test.advance(10_000);
  } finally {
    await test.stop();
  }
  return check(evidenceOf(test, null, { orderedUntil }));
}

it('where a part of the input is in order, most customers must have been compared', async () => {
  const { violations, compared } = await checked({ customers: 20, late: 17 });
  expect(compared).toMatchObject({ customers: 3, skipped: 17 });
  expect(violations).toEqual([
    { check: 'V8', where: 'the run', what: '17 of 20 customers could not be compared: too little was taken in order' },
  ]);
});

it.each([
  ['a fifth of them is enough', { customers: 20, late: 16 }],
  ['of few customers all may be left out', { customers: 19, late: 19 }],
  ['where nothing is promised to be in order, all may be left out', { customers: 20, late: 20, orderedUntil: null }],
])('%s, and a redelivery of what was in order is no breach of it', async (_what, told) => {
  const { violations, compared } = await checked(told);
  expect(violations).toEqual([]);
  expect(compared.skipped).toBe(told.late);
});

it('what was promised to be in order, and was taken behind something later, is', async () => {
  const { violations } = await checked({ customers: 2, late: 1, orderedUntil: NOW as Instant });
  expect(violations).toEqual([
    { check: 'V8', where: 'c0', what: 'was not folded in the order of his events, though they stood in order in every input' },
  ]);
});
