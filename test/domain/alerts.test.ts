/** Alerts about a customer: each way in which an episode opens, escalates and closes, to the millisecond; and what holds of all episodes whatever happens. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type Alert, LEVELS } from '../../src/domain/decision.ts';
import type { CustomerEvent, Support } from '../../src/domain/event.ts';
import { explain } from '../../src/domain/explain.ts';
import { DAY, hash, type Instant } from '../../src/domain/ids.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { shorten } from '../../src/domain/state.ts';
import { engagement, historyArb, on, policyArb, purchase, support, survey, takeBack } from './support/events.ts';
import { play } from './support/play.ts';
import { every, inOrder, member, TOLD } from './support/stories.ts';

// properties over whole histories, on machines that may be slow; a failure is reported before its shrinking takes minutes
vi.setConfig({ testTimeout: 60_000 });
fc.configureGlobal({ interruptAfterTimeLimit: 45_000, markInterruptAsFailure: true });

const HOUR = 3_600_000;
const alertsOf = (events: readonly CustomerEvent[], until: Instant | undefined, kind: Alert['kind'], policy: Policy = TOLD): Alert[] =>
  play(events, policy, until).out.filter((decision) => decision.type === 'alert' && decision.kind === kind) as Alert[];
/** What was said: when, which record of which episode, and its end. */
const said = (alerts: readonly Alert[]) =>
  alerts.map(({ at, episode, number, event, end }) => [at, `${episode}.${number} ${event}${end === null ? '' : ` ${end}`}`]);

describe('CHURN_RISK', () => {
  const steady = every(30, 0, 360, (day) => purchase(on(day), 5_000));
  const base = [...steady, ...member(0, 364)];
  const two = [engagement(on(365), 'UNSUBSCRIBED'), survey(on(370, 7), 'NPS', 2)];
  const mended = [engagement(on(380), 'RESUBSCRIBED'), survey(on(380), 'NPS', 10), engagement(on(380), 'LOYALTY_JOINED')];
  const opened = [on(370, 7), '1.1 opened'];
  const risks = (events: CustomerEvent[], until: number, policy = TOLD) =>
    said(alertsOf(inOrder(base, events), on(until), 'CHURN_RISK', policy));

  test('opens at HIGH, with the picture of that instant', () => {
    const [alert, ...more] = alertsOf(inOrder(base, two), on(371), 'CHURN_RISK');
    expect(more).toEqual([]);
    expect(said(alert === undefined ? [] : [alert])).toEqual([opened]);
    expect(alert?.about).toMatchObject({ level: 'HIGH', signals: ['NEGATIVE_FEEDBACK', 'DISENGAGED'], group: 'CHAMPION' });
    expect(alert?.about?.strategies[0]?.action).toBe('proactive service');
  });

  test('escalates to CRITICAL; recovers when the level, falling a step in 14 days, has been at most MEDIUM for 14', () => {
    expect(risks([...two, engagement(on(375), 'LOYALTY_LEFT'), ...mended], 450)).toEqual([
      opened,
      [on(375), '1.2 escalated'],
      [on(380 + 14 + 14 + 14), '1.3 closed recovered'],
    ]);
  });

  test('does not escalate twice to one level', () => {
    const again = [engagement(on(400), 'LOYALTY_LEFT'), survey(on(400), 'NPS', 0), engagement(on(400), 'UNSUBSCRIBED')];
    expect(risks([...two, engagement(on(375), 'LOYALTY_LEFT'), ...mended, ...again], 410).map(([, what]) => what)).toEqual([
      '1.1 opened',
      '1.2 escalated',
    ]);
  });

  test('closes at a purchase that brings the level to MEDIUM', () => {
    expect(risks([...two, engagement(on(371), 'RESUBSCRIBED'), purchase(on(372, 5), 5_000)], 380)).toEqual([
      opened,
      [on(372, 5), '1.2 closed purchase'],
    ]);
  });

  test('not at a purchase that leaves it HIGH', () => {
    expect(risks([...two, purchase(on(372), 5_000)], 380)).toEqual([opened]);
  });

  test('closes at a purchase while the level is MEDIUM already', () => {
    expect(risks([...two, engagement(on(371), 'RESUBSCRIBED'), purchase(on(388), 5_000)], 400)).toEqual([
      opened,
      [on(388), '1.2 closed purchase'],
    ]);
  });

  test('a level that rises again before it is quiet keeps the episode open, and the quiet begins anew', () => {
    const relapse = [survey(on(400), 'NPS', 2), engagement(on(400), 'UNSUBSCRIBED')];
    const better = [survey(on(402), 'NPS', 10), engagement(on(402), 'RESUBSCRIBED')];
    expect(risks([...two, ...mended, ...relapse, ...better], 450)).toEqual([opened, [on(402 + 14 + 14), '1.2 closed recovered']]);
  });

  test('closes as lost, at the instant of LOST', () => {
    const alerts = risks([], 800);
    expect(alerts.at(0)?.[1]).toBe('1.1 opened');
    expect(alerts.at(-1)).toEqual([on(360 + 365), `1.${alerts.length} closed lost`]);
  });

  test('a customer with one order has none; of two it is the second that makes one', () => {
    const silence = (...events: CustomerEvent[]) => alertsOf(events, on(360), 'CHURN_RISK');
    expect(silence(purchase(on(0), 5_000))).toEqual([]);
    expect(silence(purchase(on(0), 5_000), purchase(on(0, 1), 5_000))[0]).toMatchObject({ event: 'opened', episode: 1 });
  });

  test('reaching LOST outside an episode opens none', () => {
    const calm: Policy = { ...TOLD, churn: { ...TOLD.churn, p1: 0, p2: 0, p3: 0 } };
    const events = inOrder(steady, member(0, 800), []);
    const { state } = play(events, calm, on(800));
    expect(state).toMatchObject({ lost: true, risks: 0 });
  });

  test('a second episode counts on', () => {
    const first = [...two, engagement(on(371), 'RESUBSCRIBED'), purchase(on(372), 5_000)];
    expect(risks([...first, engagement(on(380, 9), 'UNSUBSCRIBED')], 381).at(-1)).toEqual([on(380, 9), '2.1 opened']);
  });
});

describe('FOLLOW_UP_DUE', () => {
  const followUps = (events: CustomerEvent[], until: number, policy = TOLD) =>
    said(alertsOf(inOrder(events), on(until), 'FOLLOW_UP_DUE', policy));
  const first = purchase(on(0, 7), 5_000);
  const opened = [on(14, 7), '1.1 opened'];

  test('opens exactly 14 days after a first purchase, not a millisecond before', () => {
    const early = (on(14, 6) - on(0)) / DAY;
    expect(followUps([first], early)).toEqual([]);
    expect(followUps([first], 15)).toEqual([opened]);
  });

  test.each<[string, CustomerEvent]>([
    ['a campaign sent', engagement(on(10), 'CAMPAIGN_SENT', 'thanks')],
    ['a ticket answered', support(on(10), null, 0, { status: 'REPLIED' })],
    ['a ticket resolved', support(on(10), null)],
  ])('%s within the time is a contact: none opens', (_, contact) => {
    expect(followUps([first, contact], 60)).toEqual([]);
  });

  test.each<[string, CustomerEvent]>([
    ['a visit', engagement(on(10), 'VISIT')],
    ['a ticket opened', support(on(10), null, 0, { status: 'OPENED' })],
    ['a campaign sent before the purchase', engagement(on(0, 6), 'CAMPAIGN_SENT', 'before')],
  ])('%s is none', (_, event) => {
    expect(followUps([first, event], 60)).toEqual([opened]);
  });

  test('closes as contacted, resolved, or lost', () => {
    expect(followUps([first, engagement(on(20), 'CAMPAIGN_SENT', 'late')], 60)).toEqual([opened, [on(20), '1.2 closed contacted']]);
    expect(followUps([first, takeBack(on(20), 'CANCELLATION', first, 5_000)], 60)).toEqual([opened, [on(20), '1.2 closed resolved']]);
    expect(followUps([first], 400)).toEqual([opened, [on(365), '1.2 closed lost']]);
  });

  test('one is open at a time; the next is for a purchase more than 90 days after the follow-up', () => {
    const contact = engagement(on(30), 'CAMPAIGN_SENT', 'thanks');
    const close = [opened, [on(30), '1.2 closed contacted']];
    expect(followUps([first, purchase(on(20), 5_000)], 60)).toEqual([opened]);
    expect(followUps([first, contact, purchase(on(120), 5_000)], 200)).toEqual(close);
    expect(followUps([first, contact, purchase(on(120, 1), 5_000)], 200)).toEqual([...close, [on(134, 1), '2.1 opened']]);
  });
});

describe('SUPPORT_OVERDUE', () => {
  const id = hash('T-1001');
  const ticket = (at: Instant, status: Support['status'], of = id) => support(at, null, 0, { status, ticket: of });
  const overdue = (events: CustomerEvent[], until: number) => said(alertsOf(events, on(until), 'SUPPORT_OVERDUE'));
  const opened = [on(1, 1), '1.1 opened'];

  test('opens a millisecond after 24 hours without an answer, and closes when the ticket is resolved', () => {
    expect(overdue([ticket(on(0), 'OPENED')], 1)).toEqual([]);
    const [alert] = alertsOf([ticket(on(0), 'OPENED')], on(2), 'SUPPORT_OVERDUE');
    expect(alert).toMatchObject({ at: on(1, 1), subject: String(shorten(id)) });
    expect(overdue([ticket(on(0), 'OPENED'), ticket(on(2), 'RESOLVED')], 9)).toEqual([opened, [on(2), '1.2 closed resolved']]);
  });

  test('a late answer does not close it', () => {
    expect(overdue([ticket(on(0), 'OPENED'), ticket(on(2), 'REPLIED')], 9)).toEqual([opened]);
  });

  test('an answer in time that comes late does', () => {
    const events = [ticket(on(0), 'OPENED'), engagement(on(2), 'VISIT'), ticket(on(0, HOUR), 'REPLIED')];
    expect(overdue(events, 2)).toEqual([opened, [on(2), '1.2 closed resolved']]);
  });

  test('so does a resolution that comes so late that the ticket is forgotten at once', () => {
    const events = [ticket(on(0), 'OPENED'), engagement(on(90), 'VISIT'), ticket(on(0, HOUR), 'RESOLVED')];
    expect(overdue(events, 90)).toEqual([opened, [on(90), '1.2 closed resolved']]);
  });

  test('answered in time it opens a millisecond after 72 hours', () => {
    expect(overdue([ticket(on(0), 'OPENED'), ticket(on(0, HOUR), 'REPLIED')], 9)).toEqual([[on(3, 1), '1.1 opened']]);
  });

  test('resolved in time it does not open; opened again it has 72 hours again', () => {
    const events = [ticket(on(0), 'OPENED'), ticket(on(0, HOUR), 'RESOLVED')];
    expect(overdue(events, 9)).toEqual([]);
    expect(overdue([...events, ticket(on(5), 'REOPENED')], 9)).toEqual([[on(8, 1), '1.1 opened']]);
  });

  test('opened again it is not held against it that its first answer was late', () => {
    const events = [ticket(on(0), 'OPENED'), ticket(on(2), 'RESOLVED'), ticket(on(5), 'REOPENED')];
    expect(overdue(events, 8).slice(2)).toEqual([]);
    expect(overdue(events, 9).slice(2)).toEqual([[on(8, 1), '2.1 opened']]);
  });

  test('each ticket has its own, told apart by subject', () => {
    const other = hash('T-1002');
    const events = [ticket(on(0), 'OPENED'), ticket(on(0, 1), 'OPENED', other), ticket(on(2), 'RESOLVED', other)];
    const alerts = alertsOf(events, on(9), 'SUPPORT_OVERDUE');
    expect(said(alerts)).toEqual([opened, [on(1, 2), '2.1 opened'], [on(2), '2.2 closed resolved']]);
    expect(alerts.map(({ subject }) => subject)).toEqual([id, other, other].map((of) => String(shorten(of))));
  });

  test('the oldest of 33 open tickets is no longer told apart: its episode expires', () => {
    const events = Array.from({ length: 33 }, (_, i) => ticket(on(0, i * 48 * HOUR), 'OPENED', hash(`T-${i}`)));
    const { out, state } = play(events, TOLD, on(64));
    const closed = out.filter((decision) => decision.type === 'alert' && decision.event === 'closed');
    expect(closed).toMatchObject([
      { kind: 'SUPPORT_OVERDUE', episode: 1, number: 2, end: 'expired', subject: String(shorten(hash('T-0'))) },
    ]);
    expect(state.openDropped).toBe(1);
  });
});

describe('all episodes', () => {
  const ticketArb = fc.record({
    at: fc.nat(900 * DAY),
    status: fc.constantFrom<Support['status'][]>('OPENED', 'OPENED', 'REPLIED', 'RESOLVED', 'REOPENED', 'CLOSED'),
    ticket: fc.nat(4).map((n) => hash(`ticket-${n}`)),
  });
  /** Histories with tickets, in order or with some of it up to a year late. */
  const eventsArb = fc.tuple(historyArb(30), fc.array(ticketArb, { maxLength: 15 }), fc.boolean()).map(([history, tickets, ordered]) => {
    const asked = tickets.map(({ at, status, ticket }) => support(on(0, at), null, 0, { status, ticket }));
    return ordered ? inOrder(history, asked) : [...history, ...asked];
  });

  test('each is opened once and closed at most once; numbers have no gap; CHURN_RISK and FOLLOW_UP_DUE one at a time; time never goes back', () => {
    const seen = new Map<string, number>();
    fc.assert(
      fc.property(eventsArb, policyArb, (events, policy) => {
        const { out, state } = play(events, policy, on(1_200));
        const open = new Map<string, Alert>();
        const episodes = new Map<string, number>();
        let last = Number.NEGATIVE_INFINITY;
        for (const decision of out) {
          expect(decision.at).toBeGreaterThanOrEqual(last);
          last = decision.at;
          if (decision.type !== 'alert') continue;
          const { kind, episode, number, event, end, subject } = decision;
          seen.set(`${kind} ${end ?? event}`, 1);
          const key = `${kind} ${episode}`;
          const before = open.get(key);
          if (event === 'opened') {
            expect(number).toBe(1);
            expect(episode).toBe((episodes.get(kind) ?? 0) + 1);
            episodes.set(kind, episode);
            const others = [...open.values()].filter((each) => each.kind === kind && each.subject === subject);
            expect(others).toEqual([]);
          } else {
            expect(number).toBe((before?.number ?? Number.NaN) + 1);
            expect(subject).toBe(before?.subject);
          }
          expect(end === null).toBe(event !== 'closed');
          if (event === 'escalated')
            expect(LEVELS.indexOf(decision.about?.level ?? 'LOW')).toBeGreaterThan(LEVELS.indexOf(before?.about?.level ?? 'LOW'));
          if (event === 'closed') open.delete(key);
          else open.set(key, decision);
        }
        // what people are shown to be open is what has been opened and not closed
        const shown = explain(state, policy)?.episodes.map(({ kind, episode, records }) => `${kind} ${episode}.${records}`) ?? [];
        expect(shown.toSorted()).toEqual([...open.values()].map(({ kind, episode, number }) => `${kind} ${episode}.${number}`).toSorted());
      }),
      { numRuns: 300 },
    );
    expect([...seen.keys()]).toEqual(
      expect.arrayContaining([
        'CHURN_RISK opened',
        'CHURN_RISK escalated',
        'CHURN_RISK purchase',
        'CHURN_RISK lost',
        'FOLLOW_UP_DUE contacted',
        'FOLLOW_UP_DUE lost',
        'SUPPORT_OVERDUE opened',
        'SUPPORT_OVERDUE resolved',
      ]),
    );
  });
});
