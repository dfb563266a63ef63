import { describe, expect, test } from 'vitest';
import { hash } from '../../src/domain/ids.ts';
import { presets } from '../../src/domain/presets.ts';
import { termsOf, toEvent } from '../../src/sources/index.ts';
import { AT, engagementRecord, purchaseRecord, supportRecord, surveyRecord } from '../codec/support.ts';

const terms = termsOf({ ...presets.retail, rates: [{ currency: 'EUR', from: '2020-01-01', rate: 2 }] });

test('a purchase: every amount in the base currency, every id hashed', () => {
  const record = purchaseRecord({
    amountMinor: 500,
    currency: 'EUR',
    discountMinor: 50,
    costMinor: 5,
    items: 3,
    recurring: true,
    recommended: true,
    campaignId: 'spring',
    orderedAt: AT - 5,
  });
  expect(toEvent({ type: 'purchase', record }, terms)).toEqual({
    outcome: 'event',
    event: {
      type: 'purchase',
      id: hash('e-1'),
      customer: 'anna',
      at: AT,
      order: hash('o-1'),
      kind: 'PURCHASE',
      amount: 1000,
      discount: 100,
      cost: 10,
      items: 3,
      channel: 'web',
      recurring: true,
      recommended: true,
      campaign: hash('spring'),
      orderedAt: null,
    },
  });
});

test.each([
  ['as it says', AT - 1000, AT - 1000],
  ['never after the refund itself', AT + 1000, AT],
  ['unknown', null, null],
])('a refund’s order was placed: %s', (_, orderedAt, expected) => {
  const decoded = toEvent({ type: 'purchase', record: purchaseRecord({ kind: 'REFUND', orderedAt }) }, terms);
  expect(decoded).toMatchObject({ event: { kind: 'REFUND', orderedAt: expected } });
});

test('an amount that only the conversion makes too large is refused', () => {
  const record = purchaseRecord({ amountMinor: 6e11, currency: 'EUR' });
  expect(toEvent({ type: 'purchase', record }, terms)).toMatchObject({
    reason: 'invalid-record',
    detail: expect.stringContaining('base currency'),
  });
});

test('a ticket’s event; its comment is a number, and the words go nowhere', () => {
  const decoded = toEvent(
    { type: 'support', record: supportRecord({ satisfaction: 5, comment: 'my private words are great', costMinor: 7 }) },
    terms,
  );
  expect(decoded).toEqual({
    outcome: 'event',
    event: {
      type: 'support',
      id: hash('e-2'),
      customer: 'anna',
      at: AT,
      ticket: hash('t-1'),
      status: 'OPENED',
      channel: 'phone',
      priority: 'NORMAL',
      satisfaction: 5,
      sentiment: 3 / Math.sqrt(24),
      cost: 7,
    },
  });
});

test('a survey’s answer; its comment is a number, and the words go nowhere', () => {
  const decoded = toEvent({ type: 'survey', record: surveyRecord({ comment: 'my private words are terrible' }) }, terms);
  expect(decoded).toEqual({
    outcome: 'event',
    event: {
      type: 'survey',
      id: hash('e-3'),
      customer: 'anna',
      at: AT,
      survey: hash('s-1'),
      kind: 'NPS',
      score: 9,
      sentiment: -3 / Math.sqrt(24),
      channel: 'email',
    },
  });
});

test.each([
  ['NPS', 0],
  ['NPS', 10],
  ['CSAT', 1],
  ['CSAT', 5],
  ['REVIEW', 5],
  ['CES', 1],
  ['CES', 6.5],
] as const)('%s of %d is on its scale', (kind, score) => {
  expect(toEvent({ type: 'survey', record: surveyRecord({ kind, score }) }, terms)).toMatchObject({ event: { kind, score } });
});

test('the policy says how far CSAT and reviews go', () => {
  const ten = termsOf({ ...presets.retail, feedback: { csatMost: 10 } });
  expect(toEvent({ type: 'survey', record: surveyRecord({ kind: 'CSAT', score: 10 }) }, ten).outcome).toBe('event');
});

test('an engagement, of a campaign or of none', () => {
  const sent = engagementRecord({ kind: 'CAMPAIGN_SENT', campaignId: 'spring', costMinor: 3 });
  expect(toEvent({ type: 'engagement', record: sent }, terms)).toEqual({
    outcome: 'event',
    event: {
      type: 'engagement',
      id: hash('e-4'),
      customer: 'anna',
      at: AT,
      kind: 'CAMPAIGN_SENT',
      campaign: hash('spring'),
      channel: 'web',
      cost: 3,
    },
  });
  expect(toEvent({ type: 'engagement', record: engagementRecord() }, terms)).toMatchObject({ event: { campaign: null } });
});

test.each(['channel', 'priority'])('a %s of 65 bytes is refused, of 64 taken', (field) => {
  expect(toEvent({ type: 'support', record: supportRecord({ [field]: 'é'.repeat(32) }) }, terms).outcome).toBe('event');
  expect(toEvent({ type: 'support', record: supportRecord({ [field]: `${'é'.repeat(32)}x` }) }, terms)).toMatchObject({
    reason: 'invalid-record',
    detail: `${field} is longer than 64 bytes`,
  });
});

describe('comments', () => {
  test.each([
    ['no comment', null],
    ['an empty one', ''],
    ['one in a language that is not understood', 'Die Lieferung war sehr schlecht, nicht gut.'],
    ['one without a word that has a score', 'It came on Tuesday.'],
  ])('%s has no sentiment', (_, comment) => {
    expect(toEvent({ type: 'support', record: supportRecord({ comment }) }, terms)).toMatchObject({ event: { sentiment: null } });
    expect(toEvent({ type: 'survey', record: surveyRecord({ comment }) }, terms)).toMatchObject({ event: { sentiment: null } });
  });

  test('no event of any length of comment holds its words', () => {
    const comment = 'Zanzibar is a terrible secret. '.repeat(5_000);
    const decoded = [
      toEvent({ type: 'support', record: supportRecord({ comment }) }, terms),
      toEvent({ type: 'survey', record: surveyRecord({ comment }) }, terms),
      // a dead letter's reason neither
      toEvent({ type: 'survey', record: surveyRecord({ comment, score: 99 }) }, terms),
    ];
    expect(decoded.map(({ outcome }) => outcome)).toEqual(['event', 'event', 'dead']);
    expect(JSON.stringify(decoded)).not.toMatch(/zanzibar|secret/i);
  });
});
