/** A shard's `now`: the broker's append time of its last commit, plus monotonic time since. Never goes back. */
import type { Instant } from '../domain/ids.ts';
import { LIMITS } from './engine.ts';
import type { Clock, Logger } from './ports.ts';

export class ShardClock {
  readonly #clock: Clock;
  #at: number;
  #mark: number;
  #warned = false;

  constructor(clock: Clock, at: Instant) {
    this.#clock = clock;
    this.#at = at;
    this.#mark = clock.monotonic();
  }

  now(): Instant {
    return this.at(this.#clock.monotonic());
  }

  /** The instant of a reading of the monotonic clock. */
  at(monotonic: number): Instant {
    return Math.floor(this.#at + (monotonic - this.#mark)) as Instant;
  }

  /** The broker has appended at this instant, just now. */
  appended(at: Instant, shard: number, log: Logger): void {
    const monotonic = this.#clock.monotonic();
    this.#at = Math.max(at, this.at(monotonic));
    this.#mark = monotonic;
    const skew = this.#clock.wall() - at;
    if (Math.abs(skew) > LIMITS.clockSkew && !this.#warned) {
      log.warn({ shard, skewMs: skew }, "this host's clock is off the broker's; only the broker's counts");
      this.#warned = true;
    }
  }
}
