/**
 * Holds the tables of docs/groups.md to the code by stories: each group's typical customer lands there, by the drivers and with the strategies that the
 * page names, and each early warning is raised by the behaviour that the page names, by nothing else, and ends as it says.
 */
import { describe, expect, test } from 'vitest';
import { GROUPS, type Group, SIGNALS, type Signal } from '../../src/domain/decision.ts';
import type { CustomerEvent } from '../../src/domain/event.ts';
import { DAY, hash, type Instant, type Minor } from '../../src/domain/ids.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { codes, doc, rowsOf } from '../support/markdown.ts';
import { engagement, on, purchase, support, survey } from './support/events.ts';
import { play } from './support/play.ts';
import { every, inOrder, mailed, member, TOLD } from './support/stories.ts';

const HOUR = 3_600_000;
const rows = rowsOf(doc('docs/groups.md'));
const discounted = { discount: 500 as Minor };

describe('groups', () => {
  interface Story {
    readonly told: string;
    readonly events: CustomerEvent[];
    readonly until: number;
    /** the early warnings that hold when the customer gets there */
    readonly signals: readonly Signal[];
    /** the strategies that come first */
    readonly first: readonly string[];
  }
  const STORIES: Readonly<Record<Group, Story>> = {
    CHAMPION: {
      told: 'buys every month for much, reviews well, answers mails, uses the programme, recommends',
      events: inOrder(
        every(30, 0, 300, (day) => purchase(on(day), 9_000)),
        [survey(on(100), 'NPS', 10), survey(on(200), 'REVIEW', 5), engagement(on(210), 'REFERRAL')],
        member(0, 300),
        mailed(0, 300, true),
      ),
      until: 300,
      signals: [],
      first: ['personal communication'],
    },
    POTENTIAL_CHAMPION: {
      told: 'has bought for much, at a discount only; complains, and does not come back',
      events: inOrder(
        [0, 20, 40].map((day) => purchase(on(day), 30_000, discounted)),
        member(0, 120),
        [survey(on(35), 'NPS', 9), survey(on(120), 'CSAT', 2)],
      ),
      until: 200,
      signals: ['OVERDUE', 'NEGATIVE_FEEDBACK', 'PRICE_SENSITIVE'],
      first: ['personal offer for a repeat purchase', 'better service for their concerns', 'targeted loyalty programme'],
    },
    LOYALIST: {
      told: 'buys every month for little, content, uses the programme',
      events: inOrder(
        every(30, 0, 300, (day) => purchase(on(day), 1_500)),
        [survey(on(100), 'CSAT', 5), survey(on(250), 'NPS', 9)],
        member(0, 300),
      ),
      until: 300,
      signals: [],
      first: ['relationship building'],
    },
    AT_RISK: {
      told: 'bought little, was content once; a bad answer, then silence',
      events: inOrder(
        [0, 20, 40].map((day) => purchase(on(day), 1_500)),
        member(0, 120),
        [survey(on(35), 'NPS', 9), survey(on(120), 'NPS', 2)],
      ),
      until: 200,
      signals: ['OVERDUE', 'NEGATIVE_FEEDBACK'],
      first: ['targeted retention or phasing out', 'review of service interactions'],
    },
    NEW: { told: 'a first purchase', events: [purchase(on(0), 80_000)], until: 20, signals: [], first: ['welcome mail'] },
  };

  test.each(GROUPS)('%s: the typical customer lands there, moved by what the table names', (group) => {
    const { told, events, until, signals, first } = STORIES[group];
    const change = play(events, TOLD, on(until)).changes.at(-1);
    expect(change?.to, told).toBe(group);
    expect(change?.about.signals).toEqual(signals);
    const by = rows.find((row) => codes(row.get('group') ?? '')[0] === group)?.get('typically moved there by') ?? '';
    const named = [...by.matchAll(/`(\w+)` (up|down)/g)];
    expect(named.length).toBeGreaterThan(0);
    for (const [, name, way] of named) {
      const driver = change?.drivers.find((each) => each.name === name);
      expect(Math.sign(driver?.difference ?? 0), `${name} ${way} of ${group}`).toBe(way === 'up' ? 1 : -1);
    }
    const actions = change?.about.strategies.map(({ action }) => action) ?? [];
    const table = rows.filter((row) => row.has('strategy') && codes(row.get('for') ?? '')[0] === group).map((row) => row.get('strategy'));
    expect(actions.toSorted()).toEqual(table.toSorted());
    expect(actions.slice(0, first.length)).toEqual(first);
  });
});

describe('early warnings', () => {
  /** Buys every month at full price and uses the programme: nothing to warn of, and the level is LOW. */
  const steady = (until = 360): CustomerEvent[] => every(30, 0, until, (day) => purchase(on(day), 5_000));
  const gap = (60 + 360) / 13;
  const ticket = (at: Instant, status: 'OPENED' | 'REPLIED' | 'RESOLVED' | 'REOPENED') =>
    support(at, null, 0, { status, ticket: hash('t-1') });

  interface Story {
    readonly told: string;
    readonly signal: Signal;
    readonly events: readonly CustomerEvent[];
    /** exact: it holds from the first on, and no longer from the second */
    readonly from: Instant;
    readonly to: Instant;
    readonly policy?: Policy;
  }
  const late = (hours: number): Instant => on(365, hours * HOUR + 1);
  const STORIES: readonly Story[] = [
    {
      told: 'three gaps of silence, ended by a purchase',
      signal: 'OVERDUE',
      events: inOrder(steady(), member(0, 600), purchase(on(470), 5_000)),
      from: Math.ceil(on(360) + 3 * gap * DAY) as Instant,
      to: on(470),
    },
    {
      told: 'twelve orders in a quarter, then three',
      signal: 'DECLINING_FREQUENCY',
      events: inOrder(
        every(15, 0, 345, (day) => purchase(on(day), 2_500)),
        every(15, 0, 345, (day) => purchase(on(day, HOUR), 2_500)),
        every(30, 360, 540, (day) => purchase(on(day), 5_000)),
        member(0, 600),
      ),
      from: on(435),
      to: on(465),
    },
    ...(
      [
        ['NPS', 6, 10],
        ['CSAT', 2, 4],
        ['REVIEW', 2, 3],
      ] as const
    ).flatMap(([kind, bad, good]): Story[] => [
      {
        told: `${kind} ${bad}, for 90 days, though another kind of answer is good`,
        signal: 'NEGATIVE_FEEDBACK',
        events: inOrder(steady(), [survey(on(365, 7), kind, bad), survey(on(366), 'CES', 7)], steady(480).slice(13), member(0, 480)),
        from: on(365, 7),
        to: on(455, 7),
      },
      {
        told: `${kind} ${bad}, ended by ${kind} ${good}`,
        signal: 'NEGATIVE_FEEDBACK',
        events: inOrder(steady(), [survey(on(365), kind, bad), survey(on(370, 3), kind, good)], member(0, 480)),
        from: on(365),
        to: on(370, 3),
      },
    ]),
    {
      told: 'bitter words, ended by kinder ones',
      signal: 'NEGATIVE_FEEDBACK',
      events: inOrder(
        steady(),
        [
          support(on(365), null, 0, { status: 'RESOLVED', sentiment: -0.3 }),
          support(on(370), null, 0, { status: 'RESOLVED', sentiment: 0.1 }),
        ],
        member(0, 480),
      ),
      from: on(365),
      to: on(370),
    },
    {
      told: 'unsubscribed, and back',
      signal: 'DISENGAGED',
      events: inOrder(steady(), [engagement(on(365, 1), 'UNSUBSCRIBED'), engagement(on(380), 'RESUBSCRIBED')], member(0, 480)),
      from: on(365, 1),
      to: on(380),
    },
    {
      // mails of days 0, 14, … 154 are answered: when that of day 126 leaves the last window two of four are left, all of those before were;
      // when that of day 140 leaves the window before, one answer is left there
      told: 'answered every mail, then none; ended when nobody can say any more what was before',
      signal: 'DISENGAGED',
      events: inOrder(steady(), mailed(0, 154, true), mailed(168, 322, false), member(0, 480)),
      from: on(126 + 7 + 60),
      to: on(140 + 7 + 120),
    },
    {
      told: 'a member idle for 90 days, ended by earning',
      signal: 'LOYALTY_INACTIVE',
      events: inOrder(steady(480), member(0, 300), engagement(on(400), 'LOYALTY_EARNED')),
      from: on(390, 1),
      to: on(400),
    },
    {
      told: 'a member who has left, and joins again',
      signal: 'LOYALTY_INACTIVE',
      events: inOrder(steady(), member(0, 330), [engagement(on(365), 'LOYALTY_LEFT'), engagement(on(372), 'LOYALTY_JOINED')]),
      from: on(365),
      to: on(372),
    },
    {
      told: 'has not joined 180 days after the first purchase, and then does',
      signal: 'LOYALTY_INACTIVE',
      events: inOrder(steady(), engagement(on(200), 'LOYALTY_JOINED')),
      from: on(180),
      to: on(200),
    },
    {
      told: 'no answer within 24 hours; resolved, and 30 days over',
      signal: 'SUPPORT_PAIN',
      events: inOrder(steady(480), [ticket(on(365), 'OPENED'), ticket(on(367), 'RESOLVED')], member(0, 480)),
      from: late(24),
      to: on(397),
    },
    {
      told: 'answered in time, open for more than 72 hours',
      signal: 'SUPPORT_PAIN',
      events: inOrder(
        steady(480),
        [ticket(on(365), 'OPENED'), ticket(on(365, HOUR), 'REPLIED'), ticket(on(370), 'RESOLVED')],
        member(0, 480),
      ),
      from: late(72),
      to: on(400),
    },
    {
      told: 'resolved at once, opened again',
      signal: 'SUPPORT_PAIN',
      events: inOrder(
        steady(480),
        [ticket(on(365), 'OPENED'), ticket(on(365, HOUR), 'RESOLVED'), ticket(on(366), 'REOPENED'), ticket(on(366, HOUR), 'RESOLVED')],
        member(0, 480),
      ),
      from: on(366),
      to: on(396, HOUR),
    },
    {
      told: 'half of all orders at a discount, until the share falls',
      signal: 'PRICE_SENSITIVE',
      events: inOrder(
        every(30, 0, 330, (day) => purchase(on(day), 5_000, day >= 180 ? discounted : {})),
        purchase(on(360), 5_000),
        member(0, 480),
      ),
      from: on(330),
      to: on(360),
    },
  ];

  test('every signal of the page has stories, and every signal is on the page', () => {
    const listed = rows.filter((row) => row.has('signal')).flatMap((row) => codes(row.get('signal') ?? '')[0] ?? []);
    expect(listed).toEqual([...SIGNALS]);
    expect(new Set(STORIES.map(({ signal }) => signal))).toEqual(new Set(SIGNALS));
  });

  test('a steady customer raises none, and is LOW', () => {
    play(inOrder(steady(), member(0, 360)), TOLD, on(400), (state) => {
      if (state.orders < 3) return;
      expect(state.signals).toEqual(SIGNALS.map(() => null));
      expect(state.level).toBe('LOW');
    });
  });

  test.each(STORIES.map((story) => [story.signal, story.told, story] as const))('%s: %s', (_, __, { signal, events, from, to, policy }) => {
    /** the signals that hold once all that happens up to an instant has happened */
    const at = (until: number) => {
      const { state } = play(
        events.filter((event) => event.at <= until),
        policy ?? TOLD,
        until as Instant,
      );
      return { state, on: SIGNALS.filter((_, i) => state.signals[i] !== null) };
    };
    expect(at(from - 1).on).toEqual([]);
    const raised = at(from);
    expect(raised.on).toEqual([signal]);
    expect(raised.state.signals[SIGNALS.indexOf(signal)]).toBe(from);
    expect(raised.state.level).toBe(signal === 'PRICE_SENSITIVE' ? 'LOW' : 'MEDIUM');
    expect(at(to - 1).on).toEqual([signal]);
    expect(at(to).on).toEqual([]);
  });

  test('OVERDUE ends with LOST too', () => {
    const { state } = play(inOrder(steady(), member(0, 800)), TOLD, on(360 + 365));
    expect(state.lost).toBe(true);
    expect(state.signals[SIGNALS.indexOf('OVERDUE')]).toBeNull();
  });
});
