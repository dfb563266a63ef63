import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../src/adapters/memory/clock.ts';
import { SystemClock } from '../../../src/engine/clock.ts';

describe('the manual clock', () => {
  it('wakes sleepers in the order of their instants, and those that fall asleep on the way', async () => {
    const clock = new ManualClock(1000);
    const woken: string[] = [];
    const sleep = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms);
      woken.push(`${name} at ${clock.monotonic()}`);
    };
    void sleep('late', 30);
    void sleep('first', 10).then(() => sleep('again', 10));
    void sleep('second', 10);
    await clock.advance(25);
    expect(woken).toEqual(['first at 10', 'second at 10', 'again at 20']);
    expect([clock.monotonic(), clock.wall(), clock.sleeping]).toEqual([25, 1025, 1]);
    await clock.advance(5);
    expect(woken.at(-1)).toBe('late at 30');
  });

  it('ends a sleep when the signal aborts, before or during it', async () => {
    const clock = new ManualClock(0);
    const controller = new AbortController();
    const sleeping = clock.sleep(10, controller.signal);
    controller.abort();
    await sleeping;
    await clock.sleep(10, controller.signal);
    expect(clock.sleeping).toBe(0);
  });

  it('shifts the wall clock alone', () => {
    const clock = new ManualClock(500);
    clock.shiftWall(-100);
    expect([clock.wall(), clock.monotonic()]).toEqual([400, 0]);
  });
});

describe('the system clock', () => {
  it('sleeps as long as it is told, and never rejects', async () => {
    const clock = new SystemClock();
    const before = clock.monotonic();
    await clock.sleep(20);
    // Timers may fire a fraction of a millisecond early.
    expect(clock.monotonic() - before).toBeGreaterThan(18);
    await clock.sleep(60_000, AbortSignal.abort());
    const controller = new AbortController();
    const sleeping = clock.sleep(60_000, controller.signal);
    controller.abort();
    await sleeping;
  });
});
