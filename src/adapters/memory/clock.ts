/**
 * A clock that stands still until it is told to go on, for tests. Boundary: the port `Clock`; sleepers wake in the order of their instants, each with a
 * turn of the event loop to itself, so that a run is the same every time.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Instant } from '../../domain/ids.ts';
import type { Clock } from '../../engine/ports.ts';

interface Sleeper {
  readonly at: number;
  wake(): void;
}

export class ManualClock implements Clock {
  #elapsed = 0;
  #origin: number;
  readonly #sleepers = new Set<Sleeper>();

  /** @param start the wall clock's first reading, ms since the epoch */
  constructor(start: number) {
    this.#origin = start;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  wall(): Instant {
    return (this.#origin + this.#elapsed) as Instant;
  }

  /** Moves the wall clock alone, as an operator or NTP does; sleepers don't notice. */
  shiftWall(ms: number): void {
    this.#origin += ms;
  }

  /** How many are asleep. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0 || signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper: Sleeper = {
        at: this.#elapsed + ms,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal?.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  /** Lets time pass. Sleepers that fall asleep on the way and should wake within it do. Resolves after what they started has had its turn. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    for (let next = this.#next(end); next !== null; next = this.#next(end)) {
      this.#elapsed = next.at;
      next.wake();
      await turn();
    }
    this.#elapsed = end;
    await turn();
  }

  /** The earliest sleeper at or before an instant; of several, the one that fell asleep first. */
  #next(end: number): Sleeper | null {
    let first: Sleeper | null = null;
    for (const sleeper of this.#sleepers) if (sleeper.at <= end && (first === null || sleeper.at < first.at)) first = sleeper;
    return first;
  }
}
