/** Acknowledgements: which ones count, what they change, and that they change nothing else, whenever and however often they come. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { decodeState, encodeState } from '../../src/codec/state.ts';
import { type CustomerState, fold, newCustomer } from '../../src/domain/customer.ts';
import type { Alert, Decision } from '../../src/domain/decision.ts';
import type { Command, CustomerEvent, InputEvent } from '../../src/domain/event.ts';
import { explain } from '../../src/domain/explain.ts';
import { DAY, hash, type Instant } from '../../src/domain/ids.ts';
import type { Policy } from '../../src/domain/policy.ts';
import { shorten } from '../../src/domain/state.ts';
import { acknowledge, CUSTOMER, engagement, historyArb, on, policyArb, purchase, support, survey } from './support/events.ts';
import { bytesOf, play } from './support/play.ts';
import { every, inOrder, member, TOLD } from './support/stories.ts';

// properties over whole histories, on machines that may be slow; a failure is reported before its shrinking takes minutes
vi.setConfig({ testTimeout: 60_000 });
fc.configureGlobal({ interruptAfterTimeLimit: 45_000, markInterruptAsFailure: true });

const alertsIn = (out: readonly Decision[]): Alert[] => out.filter((decision) => decision.type === 'alert');
const merged = (...lists: readonly (readonly InputEvent[])[]): InputEvent[] => lists.flat().sort((a, b) => a.at - b.at);
const lines = (out: readonly Decision[], kind: Alert['kind']): [number, string][] =>
  alertsIn(out)
    .filter((alert) => alert.kind === kind)
    .map(({ at, episode, number, event, end, by }) => [at, `${episode}.${number} ${event} ${end ?? by ?? ''}`.trim()]);

describe('one that counts', () => {
  const first = purchase(on(0, 7), 5_000);
  const due = { kind: 'FOLLOW_UP_DUE', subject: '', episode: 1, number: 1 } as const;
  const followUps = (events: readonly InputEvent[]) => lines(play(events, TOLD, on(60)).out, 'FOLLOW_UP_DUE');
  const opened: [number, string] = [on(14, 7), '1.1 opened'];

  test('is said once, with who and by which command, and what is said of the customer at that instant', () => {
    const command = acknowledge(on(20), due);
    const { out, state } = play([first, command], TOLD, null);
    expect(lines(out, 'FOLLOW_UP_DUE')).toEqual([opened, [on(20), '1.2 acknowledged Anna']]);
    expect(alertsIn(out).at(-1)).toMatchObject({ by: 'Anna', command: command.command, end: null, about: { group: 'NEW', level: 'LOW' } });
    expect(explain(state, TOLD)?.episodes).toEqual([
      { kind: 'FOLLOW_UP_DUE', subject: '', episode: 1, records: 2, acknowledged: { at: on(20), by: 'Anna' } },
    ]);
  });

  test('FOLLOW_UP_DUE closes with the number behind it, and the next episode is nobody’s', () => {
    const events = [first, acknowledge(on(20), due), engagement(on(30), 'CAMPAIGN_SENT', 'thanks')];
    expect(followUps(events)).toEqual([opened, [on(20), '1.2 acknowledged Anna'], [on(30), '1.3 closed contacted']]);
    expect(play(events, TOLD, on(60)).state.followUpAcknowledged).toBeNull();
  });

  test('SUPPORT_OVERDUE is told apart by its ticket, and closes with the number behind it', () => {
    const ticket = (at: Instant, status: 'OPENED' | 'RESOLVED', id: string) => support(at, null, 0, { status, ticket: hash(id) });
    const of = (id: string, episode: number) =>
      ({ kind: 'SUPPORT_OVERDUE', subject: String(shorten(hash(id))), episode, number: 1 }) as const;
    const opens = [ticket(on(0), 'OPENED', 'T-1'), ticket(on(0, 1), 'OPENED', 'T-2')];
    const takes = [acknowledge(on(2), of('T-2', 1)), acknowledge(on(2, 1), of('T-2', 2), 'Bo')];
    const { out } = play(merged(opens, takes, [ticket(on(3), 'RESOLVED', 'T-1'), ticket(on(4), 'RESOLVED', 'T-2')]), TOLD, on(5));
    expect(lines(out, 'SUPPORT_OVERDUE').slice(2)).toEqual([
      [on(2, 1), '2.2 acknowledged Bo'],
      [on(3), '1.2 closed resolved'],
      [on(4), '2.3 closed resolved'],
    ]);
  });

  describe('CHURN_RISK', () => {
    const base = [...every(30, 0, 360, (day) => purchase(on(day), 5_000)), ...member(0, 364)];
    const two = [engagement(on(365), 'UNSUBSCRIBED'), survey(on(370, 7), 'NPS', 2)];
    const worse = engagement(on(375), 'LOYALTY_LEFT');
    const risk = (number: number) => ({ kind: 'CHURN_RISK', subject: '', episode: 1, number }) as const;
    const risks = (...commands: Command[]) => lines(play(merged(base, two, [worse], commands), TOLD, on(376)).out, 'CHURN_RISK');
    const story = (...said: [number, string][]) => [[on(370, 7), '1.1 opened'], ...said];

    test('escalates all the same, and then waits for somebody again', () => {
      expect(risks(acknowledge(on(371), risk(1)))).toEqual(story([on(371), '1.2 acknowledged Anna'], [on(375), '1.3 escalated']));
      expect(risks(acknowledge(on(371), risk(1)), acknowledge(on(375, 9), risk(3), 'Bo')).at(-1)).toEqual([
        on(375, 9),
        '1.4 acknowledged Bo',
      ]);
    });

    test('is not acknowledged by who has not seen that it has escalated', () => {
      expect(risks(acknowledge(on(375, 9), risk(1)))).toEqual(story([on(375), '1.2 escalated']));
    });

    test('closes with the number behind it', () => {
      const mends = [engagement(on(371, 1), 'RESUBSCRIBED'), purchase(on(372), 5_000)];
      const { out, state } = play(merged(base, two, mends, [acknowledge(on(371), risk(1))]), TOLD, on(373));
      expect(lines(out, 'CHURN_RISK').at(-1)).toEqual([on(372), '1.3 closed purchase']);
      expect(state.riskAcknowledged).toBeNull();
    });
  });

  test('given by a clock that is behind, it is of the customer’s own instant', () => {
    const { out, state } = play([first], TOLD, on(20));
    expect(fold(state, acknowledge(on(1), due), TOLD, out)).toBe('folded');
    expect(lines(out, 'FOLLOW_UP_DUE').at(-1)).toEqual([state.asOf, '1.2 acknowledged Anna']);
  });

  test('of an event that comes later and is earlier, it makes no late one', () => {
    const events = [first, acknowledge(on(20), due)];
    const { state } = play(events, TOLD, null);
    const out: Decision[] = [];
    fold(state, engagement(on(19), 'CAMPAIGN_SENT', 'thanks'), TOLD, out);
    expect(alertsIn(out)).toMatchObject([{ event: 'closed', number: 3, end: 'contacted', at: on(19) }]);
  });
});

describe('one that does not', () => {
  const events = [purchase(on(0), 5_000)];
  const due = { kind: 'FOLLOW_UP_DUE', subject: '', episode: 1, number: 1 } as const;
  test.each<[string, Instant, Parameters<typeof acknowledge>[1]]>([
    ['before it has opened', on(13), due],
    ['of the next episode', on(20), { ...due, episode: 2 }],
    ['of a record that has not been', on(20), { ...due, number: 2 }],
    ['of a subject that it has not', on(20), { ...due, subject: 'x' }],
    ['of another kind', on(20), { ...due, kind: 'CHURN_RISK' }],
    ['of another kind, number 0', on(20), { ...due, kind: 'CHURN_RISK', episode: 0, number: 0 }],
    ['of no ticket', on(20), { ...due, kind: 'SUPPORT_OVERDUE', subject: '7', episode: 0 }],
    ['about the business', on(20), { ...due, kind: 'PORTFOLIO', subject: 'group:AT_RISK' }],
  ])('%s says nothing, and is remembered as an event that has come', (_, at, alert) => {
    const { out, state } = play([...events, acknowledge(at, alert)], TOLD, on(30));
    const without = play(events, TOLD, on(30));
    expect(out).toEqual(without.out);
    expect({ ...state, seen: [] }).toEqual({ ...without.state, seen: [] });
    expect(state.seen).toHaveLength(2);
  });

  test('after it has closed says nothing', () => {
    const closed = [...events, engagement(on(20), 'CAMPAIGN_SENT', 'thanks')];
    const { out } = play([...closed, acknowledge(on(21), due)], TOLD, on(30));
    expect(out).toEqual(play(closed, TOLD, on(30)).out);
  });

  test('a second one, by anybody, says nothing', () => {
    const { out } = play(
      [...events, acknowledge(on(20), due), acknowledge(on(21), due, 'Bo'), acknowledge(on(22), { ...due, number: 2 }, 'Bo')],
      TOLD,
      on(30),
    );
    expect(lines(out, 'FOLLOW_UP_DUE').map(([, what]) => what)).toEqual(['1.1 opened', '1.2 acknowledged Anna']);
  });

  test('of a customer who is not known it leaves no trace', () => {
    const state = newCustomer(CUSTOMER);
    const out: Decision[] = [];
    expect(fold(state, acknowledge(on(1), due), TOLD, out)).toBe('ignored');
    expect(out).toEqual([]);
    expect(state).toEqual(newCustomer(CUSTOMER));
  });
});

/* ------------------------------------------------------------------------------------------- whatever happens */

interface Told {
  readonly events: CustomerEvent[];
  readonly commands: Command[];
  readonly policy: Policy;
}

/** What is said is acknowledged: at once, later, twice, as it was not seen, before it was said; and some of it not at all. */
const toldArb: fc.Arbitrary<Told> = fc
  .tuple(
    historyArb(30),
    fc.array(fc.tuple(fc.nat(900 * DAY), fc.constantFrom('OPENED' as const, 'OPENED' as const, 'RESOLVED' as const), fc.nat(3)), {
      maxLength: 8,
    }),
    policyArb,
    fc.array(
      fc.record({ delay: fc.constantFrom(0, 1, DAY, 20 * DAY, -1), more: fc.constantFrom(0, 0, 1), times: fc.constantFrom(0, 1, 1, 2) }),
      {
        minLength: 8,
        maxLength: 8,
      },
    ),
  )
  .map(([history, tickets, policy, choices]) => {
    const asked = tickets.map(([at, status, ticket]) => support(on(0, at), null, 0, { status, ticket: hash(`ticket-${ticket}`) }));
    const events = inOrder(history, asked);
    const said = alertsIn(play(events, policy, on(1_200)).out);
    const commands = said.flatMap((alert, i) => {
      const { delay, more, times } = choices[i % choices.length] ?? { delay: 0, more: 0, times: 1 };
      const at = (alert.at + delay) as Instant;
      return Array.from({ length: times }, (_, n) => acknowledge(at, { ...alert, number: alert.number + more }, `person ${n}`));
    });
    return { events, commands, policy };
  });

const UNTIL = on(1_250);
/** Without who has taken it on, and by number: the records of an episode that nobody acknowledges. */
const bare = (out: readonly Decision[]): unknown[] =>
  out
    .filter((decision) => decision.type !== 'alert' || decision.event !== 'acknowledged')
    .map((decision) => (decision.type === 'alert' ? { ...decision, number: null } : decision));
function unclaimed(state: CustomerState): object {
  const { seen, riskRecords, riskAcknowledged, followUpAcknowledged, tickets, ...rest } = state;
  return { ...rest, tickets: tickets.map((ticket) => ({ ...ticket, acknowledged: null })) };
}

describe('whatever is acknowledged', () => {
  test('nothing else is otherwise: the same changes, profiles and episodes, the same facts and instants', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(toldArb, ({ events, commands, policy }) => {
        const [with_, without] = [play(merged(events, commands), policy, UNTIL), play(events, policy, UNTIL)];
        expect(bare(with_.out)).toEqual(bare(without.out));
        expect(unclaimed(with_.state)).toEqual(unclaimed(without.state));
        expect(with_.fired).toEqual(without.fired);
        for (const { event, kind } of alertsIn(with_.out)) if (event === 'acknowledged') seen.add(kind);
      }),
      { numRuns: 150 },
    );
    expect([...seen].sort()).toEqual(['CHURN_RISK', 'FOLLOW_UP_DUE', 'SUPPORT_OVERDUE']);
  });

  test('an episode’s records count without a gap, and it is somebody’s once between two that open or escalate it', () => {
    fc.assert(
      fc.property(toldArb, ({ events, commands, policy }) => {
        const { out, state } = play(merged(events, commands), policy, UNTIL);
        const latest = new Map<string, Alert>();
        const taken = new Map<string, boolean>();
        for (const alert of alertsIn(out)) {
          const key = `${alert.kind} ${alert.episode}`;
          expect(alert.number).toBe((latest.get(key)?.number ?? 0) + 1);
          expect(latest.get(key)?.event).not.toBe('closed');
          if (alert.event === 'acknowledged') expect(taken.get(key)).toBe(false);
          expect([alert.by === null, alert.command === null]).toEqual(Array(2).fill(alert.event !== 'acknowledged'));
          taken.set(key, alert.event === 'acknowledged');
          latest.set(key, alert);
        }
        for (const { kind, episode, records, acknowledged } of explain(state, policy)?.episodes ?? []) {
          const key = `${kind} ${episode}`;
          expect([records, acknowledged !== null]).toEqual([latest.get(key)?.number, taken.get(key)]);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('D2 a command that comes again changes nothing; the state’s bytes are the state, and no longer where nobody has acknowledged', () => {
    fc.assert(
      fc.property(toldArb, ({ events, commands, policy }) => {
        const given = new Map(commands.map((command) => [command.id, command]));
        const all = merged(events, commands);
        let known: Command[] = [];
        play(all, policy, UNTIL, (state) => {
          expect(decodeState(state.id, encodeState(state))).toEqual(state);
          const before = bytesOf(state);
          known = [...given.values()].filter(({ id }) => state.seen.includes(id % 2 ** 48));
          const out: Decision[] = [];
          for (const command of known) expect(fold(state, command, policy, out)).toBe('duplicate');
          expect(out).toEqual([]);
          expect(bytesOf(state)).toBe(before);
          const { riskAcknowledged, followUpAcknowledged, tickets } = state;
          const [longer, plain] = [
            encodeState(state),
            encodeState({
              ...state,
              riskAcknowledged: null,
              followUpAcknowledged: null,
              tickets: tickets.map((ticket) => ({ ...ticket, acknowledged: null })),
            }),
          ];
          const any =
            riskAcknowledged !== null || followUpAcknowledged !== null || tickets.some(({ acknowledged }) => acknowledged !== null);
          expect(longer.length > plain.length).toBe(any);
        });
      }),
      { numRuns: 60 },
    );
  });
});
