/** Silence: the next instant is exact (D3, D4), against a brute-force evaluator that looks every hour and knows no timers. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { decodeState, encodeState } from '../../src/codec/state.ts';
import { type CustomerState, dueOf, fire } from '../../src/domain/customer.ts';
import { type Decision, SIGNALS } from '../../src/domain/decision.ts';
import { DAY, type Instant } from '../../src/domain/ids.ts';
import { viewOf } from '../../src/domain/outlook.ts';
import { presets } from '../../src/domain/presets.ts';
import { settle } from '../../src/domain/record.ts';
import { RULE_NAMES, RULES } from '../../src/domain/rules/index.ts';
import type { Rule } from '../../src/domain/rules/rule.ts';
import { SIGNAL_RULES } from '../../src/domain/signals/index.ts';
import { historyArb, on, policyArb, purchase } from './support/events.ts';
import { breakpointsOf, evaluateAt, know, type Memory, remember } from './support/naive.ts';
import { measure, newRisk, rememberRisk, riskBreakpoints } from './support/naive-risk.ts';
import { bytesOf, play } from './support/play.ts';

// properties over whole histories, on machines that may be slow; a failure is reported before its shrinking takes minutes
vi.setConfig({ testTimeout: 60_000 });
fc.configureGlobal({ interruptAfterTimeLimit: 45_000, markInterruptAsFailure: true });

const HOUR = 3_600_000;
const copy = (state: CustomerState): CustomerState => decodeState(state.id, encodeState(state));

describe('the next instant', () => {
  test('D3, D4 an evaluation every hour finds no change that the timers missed, and none at another instant', () => {
    let changes = 0;
    let silent = 0;
    let warnings = 0;
    fc.assert(
      fc.property(historyArb(30), policyArb, (events, policy) => {
        const end = (events.at(-1)?.at ?? 0) + 420 * DAY;
        const played = play(events, policy, end as Instant);

        const found: { at: number; from: string | null; to: string; cause: string }[] = [];
        const silentChanges = new Set<number>();
        const risks: { at: number; signals: string; level: string | null; lost: boolean }[] = [];
        const memory: Memory = { group: null, since: 0, valueHigh: false, loyaltyHigh: false };
        const risk = newRisk();
        const evaluate = (known: ReturnType<typeof know>, at: number, cause: string, bought = false): void => {
          const { group } = memory;
          const changed = remember(memory, evaluateAt(known, at, policy), at, policy);
          const warned = rememberRisk(risk, measure(known, at, policy), at, policy, bought);
          if ((changed || warned) && cause === 'silence') silentChanges.add(at);
          if (warned) risks.push({ at, ...risk });
          if (memory.group !== group && memory.group !== null) found.push({ at, from: group, to: memory.group, cause });
        };
        // the hours, and the millisecond before, at and after each timer
        const looks = new Set<number>();
        for (let at = Math.ceil((events[0]?.at ?? 0) / HOUR) * HOUR; at <= end; at += HOUR) looks.add(at);
        for (const at of played.fired) for (const near of [at - 1, at, at + 1]) looks.add(near);
        const grid = [...looks].sort((a, b) => a - b);

        let next = 0;
        let named = new Set<number>();
        const passed = new Set<number>();
        events.forEach((event, i) => {
          const before = know(events.slice(0, i), policy);
          for (; (grid[next] ?? Infinity) <= event.at; next++) {
            const at = grid[next] ?? 0;
            if (i > 0 && at > (events[i - 1]?.at ?? 0)) {
              if (named.has(at)) passed.add(at);
              evaluate(before, at, 'silence');
              if (memory.since === at) named = breakpointsOf(before, policy, at);
            }
          }
          const known = know(events.slice(0, i + 1), policy);
          evaluate(known, event.at, 'event', event.type === 'purchase' && event.kind === 'PURCHASE');
          named = breakpointsOf(known, policy, memory.since);
        });
        const known = know(events, policy);
        for (; next < grid.length; next++) {
          const at = grid[next] ?? 0;
          if (at <= (events.at(-1)?.at ?? 0) || at > end) continue;
          if (named.has(at)) passed.add(at);
          evaluate(known, at, 'silence');
          if (memory.since === at) named = breakpointsOf(known, policy, at);
        }

        expect(played.changes.map(({ at, from, to, cause }) => ({ at, from, to, cause }))).toEqual(found);
        // whatever silence changed, a timer fired there; and a timer that changed nothing passed a breakpoint or was the profile's own
        const fired = new Set<number>(played.fired);
        for (const at of silentChanges) expect(fired).toContain(at);
        const intervals = new Set<number>(played.profiles.map((profile) => profile.at + policy.profileDays * DAY));
        const evaluated = [...events.map((event): number => event.at), ...fired];
        for (const at of fired) {
          if (silentChanges.has(at) || passed.has(at) || intervals.has(at)) continue;
          const before = know(
            events.filter((event) => event.at < at),
            policy,
          );
          const named = evaluated.filter((then) => then < at).some((then) => riskBreakpoints(before, policy, then).has(at));
          // a threshold of the probability that the level had passed before counts as a breakpoint, too
          const [p, q] = [at - 1, at].map((then) => measure(before, then, policy).buyProbability ?? 1);
          const crossed = [policy.churn.p1, policy.churn.p2, policy.churn.p3].some((limit) => (p ?? 1) >= limit && (q ?? 1) < limit);
          expect(named || crossed).toBe(true);
        }
        // and the profiles tell of the same risk
        for (const { at, churn } of played.profiles) {
          const then = risks.findLast((known) => known.at <= at);
          const { level, signals, lost } = then ?? newRisk();
          if (events.some((event) => event.at === at)) continue;
          expect({ at, level: churn.level, signals: churn.signals.map(({ signal }) => signal).join(' '), lost: churn.lost }).toEqual({
            at,
            level,
            signals,
            lost,
          });
        }
        warnings += risks.length;
        changes += found.length;
        silent += found.filter((change) => change.cause === 'silence').length;
      }),
      { numRuns: 60 },
    );
    // the histories must be of a kind in which something happens
    expect(changes).toBeGreaterThan(100);
    expect(silent).toBeGreaterThan(40);
    expect(warnings).toBeGreaterThan(200);
  });

  test('D3 between asOf and the next instant nothing changes, not even asOf (I9); at it, asOf moves there (D4)', () => {
    fc.assert(
      fc.property(historyArb(), policyArb, fc.double({ min: 0, max: 1, noNaN: true }), (events, policy, share) => {
        play(events, policy, undefined, (state) => {
          const due = dueOf(state);
          const asOf = state.asOf ?? 0;
          if (due === null) return;
          expect(due).toBeGreaterThan(asOf);
          const bytes = bytesOf(state);
          for (const at of [asOf, asOf + Math.floor(share * (due - asOf - 1)), due - 1]) {
            expect(fire(state, at as Instant, policy, [])).toBe(false);
            expect(bytesOf(state)).toBe(bytes);
          }
          const later = copy(state);
          expect(fire(later, due, policy, [])).toBe(true);
          expect(later.asOf).toBe(due);
        });
      }),
      { numRuns: 150 },
    );
  });

  test('D1 how far each call fires makes no difference', () => {
    fc.assert(
      fc.property(historyArb(20), policyArb, fc.array(fc.nat(400 * DAY), { maxLength: 10 }), (events, policy, steps) => {
        const { state } = play(events, policy, null);
        const whole = copy(state);
        const out: Decision[] = [];
        const outWhole: Decision[] = [];
        let at = state.asOf ?? 0;
        for (const step of steps) {
          at += step;
          fire(state, at as Instant, policy, out);
        }
        fire(whole, at as Instant, policy, outWhole);
        expect(bytesOf(state)).toBe(bytesOf(whole));
        expect(out).toEqual(outWhole);
      }),
      { numRuns: 100 },
    );
  });

  test('D3, D4 a change behind more breakpoints than one search looks at is found all the same', () => {
    const events = Array.from({ length: 100 }, (_, day) => purchase(on(day, 5), 1_000));
    const { changes, fired } = play(events, { ...presets.retail, profileDays: 7 });
    // 40 orders of 10.00 are just enough to stay high; the 39 that are left after the 61st midnight are not
    expect(changes.at(-1)).toMatchObject({ from: 'POTENTIAL_CHAMPION', to: 'AT_RISK', at: on(60 + 365), cause: 'silence' });
    // the last order goes out of the year, and a year later out of the one before that; by then the customer has long been LOST
    expect(fired).toContain(on(99 + 730));
  });

  test('the timers of a silence come to an end', () => {
    fc.assert(
      fc.property(historyArb(), policyArb, (events, policy) => {
        const { state, fired } = play(events, policy);
        expect(state.due).toBeNull();
        expect(state.dirty).toBe(false);
        expect(fired.length).toBeLessThan(30 * events.length + 30);
      }),
      { numRuns: 100 },
    );
  });
});

describe.each([...RULE_NAMES, ...SIGNALS])('rule %s', (name) => {
  const rule: Rule = { ...RULES, ...SIGNAL_RULES }[name];
  test('D3 is what its cursor says at every instant of a silence, and jumps at its breakpoints only', () => {
    fc.assert(
      fc.property(
        historyArb(),
        policyArb,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
        (events, policy, shares) => {
          const { state } = play(events, policy, null);
          const from = state.asOf ?? (0 as Instant);
          const freshAt = (at: number): number | null => rule.open(viewOf(state, policy, at as Instant)).value;
          const settledAt = (at: number): number | null => {
            const later = copy(state);
            later.asOf = at as Instant;
            settle(later, policy, at as Instant, { flows: [], lapsed: [] });
            return rule.open(viewOf(later, policy, at as Instant)).value;
          };
          const cursor = rule.open(viewOf(state, policy, from));
          let at: number = from;
          for (let n = 0; n < 1000; n++) {
            expect(cursor.value).toBe(freshAt(at));
            expect(cursor.value).toBe(settledAt(at));
            expect(cursor.next).toBeGreaterThan(at);
            const end = Math.min(cursor.next, at + 2000 * DAY);
            let value = cursor.value;
            const inside = shares.map((share) => at + Math.floor(share * (end - 1 - at))).sort((a, b) => a - b);
            for (const t of [...inside, end - 1]) {
              const now = cursor.at(t);
              expect(now).toBe(freshAt(t));
              // rhythm falls between its breakpoints, and stands still after the last
              if (name === 'rhythm' && cursor.next !== Number.POSITIVE_INFINITY) expect(now ?? 0).toBeLessThanOrEqual(value ?? 0);
              else expect(now).toBe(value);
              value = now;
            }
            if (cursor.next === Number.POSITIVE_INFINITY) return;
            // one that is opened later may know better that nothing will come of it
            const later = rule.open(viewOf(state, policy, (cursor.next - 1) as Instant));
            if (later.next !== Number.POSITIVE_INFINITY) expect(later.next).toBe(cursor.next);
            else
              expect([cursor.value, freshAt(cursor.next), freshAt(cursor.next + 400 * DAY)]).toEqual([
                later.value,
                later.value,
                later.value,
              ]);
            at = cursor.next;
            cursor.advance();
          }
          expect.fail('the cursor has no end');
        },
      ),
      { numRuns: 40 },
    );
  });

  test('is finite and within its range', () => {
    fc.assert(
      fc.property(historyArb(), policyArb, (events, policy) => {
        play(events, policy, undefined, (state) => {
          const { value } = rule.open(viewOf(state, policy, state.asOf ?? (0 as Instant)));
          if (value === null) return;
          expect(Number.isFinite(value)).toBe(true);
          expect(value).toBeGreaterThanOrEqual(0);
          if (name !== 'value') expect(value).toBeLessThanOrEqual(1);
        });
      }),
      { numRuns: 25 },
    );
  });
});
