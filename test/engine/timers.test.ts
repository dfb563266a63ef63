/** I10 (with D3 and D4 through the engine): timers fire exactly when they are due, by W or before a later event, and once. */
import { describe, expect, it } from 'vitest';
import type { Policy } from '../../src/domain/policy.ts';
import { presets } from '../../src/domain/presets.ts';
import type { TestDriver } from '../../src/testing.ts';
import {
  agrees,
  driver,
  gate,
  idle,
  KEPT,
  leap,
  NOW,
  nextDue,
  nextDueNow,
  SLOW,
  told,
  until,
  watermarkOf,
  wrapped,
} from './support/drive.ts';
import { DAY, purchase, START, visit } from './support/history.ts';
import { journalOf } from './support/journal.ts';

/** Under it nothing about a silent customer changes in the first half year but the end of the time as new. */
const QUIET: Policy = {
  ...presets.retail,
  profileDays: 120,
  loyalty: { ...presets.retail.loyalty, programme: { ...presets.retail.loyalty.programme, enabled: false } },
  churn: { ...presets.retail.churn, p1: 0, p2: 0, p3: 0 },
  kpis: { ...presets.retail.kpis, evaluateDays: 365 },
};

const changesOf = (test: TestDriver): { customerId: string; at: number; detectedAt: number; cause: string; origin: string }[] =>
  test.outputs('segmentChanges') as never;

/** Workers are started anew some ms before tim's next instant; returns it. */
async function shortlyBefore(test: TestDriver, ms: number): Promise<number> {
  const due = await nextDue(test, 'tim');
  await leap(test, due, ms);
  await test.start();
  await test.settle();
  return due;
}

describe('I10 silence', () => {
  it('D3 D4 changes nothing before its instant and something at it, on a shard without any event', { timeout: SLOW }, async () => {
    const test = driver({ policy: QUIET });
    // 90 days of silence end the time as new.
    const records = [purchase('t1', 'tim', NOW - 89 * DAY)];
    for (const record of records) test.pipe(record);
    await test.start();
    const due = await shortlyBefore(test, 10_000);
    expect(changesOf(test)).toHaveLength(1);
    const old = told(test);
    await until(test, 'W to come near', () => watermarkOf(test, 0) > due - 1_000);
    expect(told(test)).toEqual(old);
    await until(test, 'the change', () => changesOf(test).length === 2);
    // The instant is the timer's own; that it was noticed later is said beside it.
    expect(changesOf(test)[1]).toMatchObject({ customerId: 'tim', at: due, cause: 'silence', origin: 'live' });
    // W follows the clock by the guard and one question (200 ms while a timer is near).
    const late = (changesOf(test)[1]?.detectedAt ?? 0) - due;
    expect(late).toBeGreaterThanOrEqual(2_000);
    expect(late).toBeLessThan(2_500);
    await agrees(test, records);
  });

  it('is over before a later event of the same customer, which it precedes in the outputs', { timeout: SLOW }, async () => {
    const test = driver({ policy: QUIET });
    const records = [purchase('t1', 'tim', START), purchase('t2', 'tim', START + 100 * DAY)];
    for (const record of records) test.pipe(record);
    await test.start();
    await agrees(test, records);
    const [first, silence] = changesOf(test);
    expect(first?.cause).toBe('event');
    expect(silence).toMatchObject({ cause: 'silence', at: START + 90 * DAY, origin: 'backfill' });
  });

  it('is told once for each episode, whatever crashes in between', { timeout: SLOW }, async () => {
    const test = driver({ policy: QUIET, limits: KEPT });
    test.pipe(purchase('t1', 'tim', NOW - 89 * DAY));
    await test.start();
    const due = await shortlyBefore(test, 6_000);
    for (const fault of ['unknown-committed', 'unknown-aborted', 'unknown-open'] as const) {
      const [worker] = test.workers;
      if (worker !== undefined)
        worker.sinks.faults.onCommit = ({ journal }) => (journal.some((part) => part.includes('tim')) ? fault : null);
      await test.pace(1_500);
      worker?.kill();
      test.kafka.group('test').expire();
      test.store.flush();
      await test.start();
    }
    await idle(test);
    expect(changesOf(test).map(({ at }) => at)).toEqual([NOW - 89 * DAY, due]);
    const fired = journalOf(test, 0).filter(({ entries }) =>
      entries.some(({ customer, cause }) => customer === 'tim' && cause === 'timer'),
    );
    expect(new Set(fired.map(({ entries }) => entries.find(({ customer }) => customer === 'tim')?.due)).size).toBe(fired.length);
  });

  it('fires for thousands who are due at one instant, in bounded steps, none forgotten', { timeout: SLOW }, async () => {
    const customers = 3_000;
    const test = driver({ policy: QUIET, limits: { stepTimers: 250 }, batchSize: 2_000 });
    const records = Array.from({ length: customers }, (_, i) => purchase(`e${i}`, `c${i}`, NOW - 89 * DAY));
    for (const record of [...records, purchase('t1', 'tim', NOW - 89 * DAY)]) test.pipe(record);
    await test.start();
    await idle(test);
    const due = await shortlyBefore(test, 5_000);
    expect(test.store.timers(0).filter((timer) => timer.due === due)).toHaveLength(customers + 1);
    const steps = test.reports.length;
    await test.advance(10_000);
    await idle(test);
    const fired = test.reports.slice(steps);
    expect(fired.reduce((sum, { timers }) => sum + timers, 0)).toBe(customers + 1);
    expect(Math.max(...fired.map(({ timers }) => timers))).toBe(250);
    expect(changesOf(test).filter(({ at }) => at === due)).toHaveLength(customers + 1);
  });

  it('fires among thousands of live events of others', { timeout: SLOW }, async () => {
    const test = driver({ policy: QUIET, limits: KEPT });
    const records = [purchase('t1', 'tim', NOW - 89 * DAY)];
    for (const record of records) test.pipe(record);
    await test.start();
    const due = await shortlyBefore(test, 5_000);
    while (test.clock.wall() < due + 5_000) {
      const record = visit(`v${records.length}`, `c${records.length % 9}`, test.clock.wall());
      records.push(record);
      test.pipe(record);
      await test.pace(7);
    }
    expect(changesOf(test).filter(({ cause }) => cause === 'silence')).toMatchObject([{ customerId: 'tim', at: due }]);
    await agrees(test, records);
  });

  it('is not forgotten when the store answers a load after it has acknowledged an apply', { timeout: SLOW }, async () => {
    const test = driver({ policy: QUIET, limits: KEPT });
    const tim = purchase('t1', 'tim', NOW - 89 * DAY);
    test.pipe(tim);
    await test.start();
    const due = await nextDue(test, 'tim');
    await leap(test, due, 30_000);
    const turns = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
    };
    // The store looks before the apply, and answers after it.
    const worker = await test.start({
      ports: (ports) => ({
        ...ports,
        store: wrapped(ports.store, {
          load: async (...question) => {
            const answer = await ports.store.load(...question);
            if (question[3] >= 0) await turns(40);
            return answer;
          },
          apply: async (...chunk) => {
            await turns(20);
            return ports.store.apply(...chunk);
          },
        }),
      }),
    });
    await test.settle();
    // ann's step hangs in its commit until tim is due; what comes meanwhile is loaded together with tim while ann's apply is under way.
    const annDue = due + 120_000;
    const first = annDue - test.settings.policy.profileDays * DAY;
    const [open, release] = gate();
    let hangs = false;
    worker.sinks.faults.beforeCommit = () => {
      hangs = true;
      return open;
    };
    for (const [i, id] of ['a1', 'a2'].entries()) test.pipe(visit(id, 'ann', first + i * 1_000));
    await until(test, 'the hang', () => hangs);
    await test.clock.advance(due + 5_000 - test.clock.wall());
    const bea = visit('b1', 'bea', test.clock.wall());
    test.pipe(bea);
    await test.pace(20);
    worker.sinks.faults.beforeCommit = null;
    release();
    await until(test, 'tim', () => changesOf(test).some(({ at }) => at === due));
    expect(nextDueNow(test, 'ann')).toBe(annDue);
    await test.clock.advance(150_000);
    await idle(test);
    expect(
      told(test)
        .profiles.find(([customer]) => customer === 'ann')?.[1]
        .at(-1),
    ).toContain(`@${annDue}`);
  });
});
