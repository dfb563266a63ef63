/** Relationship type and service mode: the first that holds, at the limits and at the instant at which what they rest on grows old. */
import { describe, expect, test } from 'vitest';
import { RELATIONSHIPS, type Relationship } from '../../src/domain/decision.ts';
import type { CustomerEvent } from '../../src/domain/event.ts';
import { hash, type Instant } from '../../src/domain/ids.ts';
import { viewOf } from '../../src/domain/outlook.ts';
import { type Policy, SERVICE_MODES, type ServiceMode } from '../../src/domain/policy.ts';
import { relationshipOf, serviceModeOf } from '../../src/domain/relationship.ts';
import { codes, doc, rowsOf } from '../support/markdown.ts';
import { engagement, on, purchase, support, survey } from './support/events.ts';
import { play } from './support/play.ts';
import { every, inOrder, TOLD } from './support/stories.ts';

const seen = (events: readonly CustomerEvent[], at: Instant, policy: Policy = TOLD) => {
  const { state } = play(events, policy, at);
  const view = viewOf(state, policy, at);
  return { relationship: relationshipOf(view), mode: serviceModeOf(view) };
};
const recommended = { recommended: true, channel: 'store' };
const plain = { channel: 'store' };
const post = (day: number) => engagement(on(day), 'COMMUNITY_POST');

test('the tables of the page are those of the code', () => {
  const rows = rowsOf(doc('docs/groups.md'));
  expect(rows.flatMap((row) => codes(row.get('type') ?? ''))).toEqual([...RELATIONSHIPS]);
  expect(rows.flatMap((row) => codes(row.get('mode') ?? ''))).toEqual([...SERVICE_MODES]);
});

describe('relationship type', () => {
  test.each<[string, CustomerEvent[], number, Relationship]>([
    ['a single purchase', [purchase(on(0), 5_000, plain)], 10, 'TRANSACTIONAL'],
    ['a prospect', [engagement(on(0), 'VISIT')], 10, 'TRANSACTIONAL'],
    ['half of the contacts in communities', [purchase(on(0), 5_000, plain), post(1)], 10, 'COMMUNITY'],
    ['a third of them', [purchase(on(0), 5_000, plain), purchase(on(1), 5_000, plain), post(1)], 10, 'TRANSACTIONAL'],
    ['community before personalized', [purchase(on(0), 5_000, recommended), post(1)], 10, 'COMMUNITY'],
    ['half of the orders recommended', [purchase(on(0), 5_000, recommended), purchase(on(1), 5_000, plain)], 10, 'PERSONALIZED'],
    ['or answering a campaign', [purchase(on(0), 5_000, { ...plain, campaign: hash('spring') })], 10, 'PERSONALIZED'],
    [
      'a third of them, and one recurring',
      [purchase(on(0), 5_000, recommended), purchase(on(1), 5_000, { ...plain, recurring: true }), purchase(on(2), 5_000, plain)],
      10,
      'LONG_TERM',
    ],
    ['personalized before long-term', [purchase(on(0), 5_000, { ...recommended, recurring: true })], 10, 'PERSONALIZED'],
    ['a recommended order of more than a year ago', [purchase(on(0), 5_000, recommended)], 365, 'TRANSACTIONAL'],
    ['the day before', [purchase(on(0), 5_000, recommended)], 364, 'PERSONALIZED'],
    ['a member of the programme', [purchase(on(0), 5_000, plain), engagement(on(1), 'LOYALTY_JOINED')], 10, 'LONG_TERM'],
    [
      'who has left it',
      [purchase(on(0), 5_000, plain), engagement(on(1), 'LOYALTY_JOINED'), engagement(on(2), 'LOYALTY_LEFT')],
      10,
      'TRANSACTIONAL',
    ],
    ['known for exactly 365 days, with six orders', every(70, 0, 350, (day) => purchase(on(day), 5_000, plain)), 365, 'TRANSACTIONAL'],
    ['and a day longer', every(70, 0, 350, (day) => purchase(on(day), 5_000, plain)), 366, 'LONG_TERM'],
    ['with five orders', every(70, 0, 280, (day) => purchase(on(day), 5_000, plain)), 366, 'TRANSACTIONAL'],
  ])('%s at day', (_, events, day, expected) => {
    expect(seen(events, on(day)).relationship).toBe(expected);
  });
});

describe('service mode', () => {
  const visit = (day: number, channel: string) => ({ ...engagement(on(day), 'VISIT'), channel });

  test.each<[string, CustomerEvent[], ServiceMode | null]>([
    ['nothing but mail from the business', [engagement(on(0), 'CAMPAIGN_SENT', 'spring')], null],
    ['a channel that the policy does not name', [visit(0, 'pigeon')], null],
    ['most contacts by the web', [visit(0, 'web'), visit(1, 'web'), visit(2, 'phone')], 'SELF_SERVICE'],
    ['a tie: the first in the table', [visit(0, 'forum'), visit(1, 'email'), visit(2, 'app'), visit(3, 'phone')], 'PERSONAL_ASSISTANCE'],
    ['a tie of two', [visit(0, 'forum'), visit(1, 'email')], 'AUTOMATED'],
    ['a post, whatever its channel', [{ ...post(0), channel: 'web' }], 'COMMUNITY'],
    [
      'a ticket counts when it is opened and opened again, not when it is answered',
      [
        ...(['OPENED', 'REPLIED', 'RESOLVED', 'REOPENED', 'REPLIED', 'RESOLVED', 'CLOSED'] as const).map((status, i) =>
          support(on(i), null, 0, { status, channel: 'phone' }),
        ),
        ...[0, 1, 2].map((day) => visit(day, 'web')),
      ],
      'SELF_SERVICE',
    ],
    [
      'an answer and an order are contacts',
      [survey(on(0), 'NPS', 9), purchase(on(1), 100, { channel: 'email' }), visit(2, 'web')],
      'AUTOMATED',
    ],
  ])('%s', (_, events, expected) => {
    expect(seen(inOrder(events), on(20)).mode).toBe(expected);
  });

  test('a contact counts for a year, rounded up to its span of 30 days', () => {
    const events = [visit(0, 'web')];
    expect(seen(events, on(364)).mode).toBe('SELF_SERVICE');
    expect(seen(events, on(365 + 30)).mode).toBeNull();
  });
});
