/**
 * The host's clocks behind the port `Clock`. Boundary: nothing here decides anything about events; event time comes from records, `now` from the broker.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { Instant } from '../domain/ids.ts';
import type { Clock } from './ports.ts';

export class SystemClock implements Clock {
  monotonic(): number {
    return performance.now();
  }

  wall(): Instant {
    return Date.now() as Instant;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  }
}
