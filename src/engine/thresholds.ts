/**
 * How a worker learns which version of the thresholds is in force: shard 0 made it, in a step of its own, and it stands in the store among that shard's states, so what
 * is read was committed (I5). Asked at most once a second, with one question. A store that was rolled back or is being rebuilt answers with an older
 * version or none: the steps keep the greatest that they know.
 */
import { decodeThresholds, THRESHOLDS_KEY } from '../codec/thresholds.ts';
import type { Instant } from '../domain/ids.ts';
import type { Thresholds, ThresholdsVersion } from '../domain/thresholds.ts';
import { Retryable } from './errors.ts';
import type { Clock, StateStore } from './ports.ts';

/** ms between two questions */
const PAUSE = 1_000;
const NONE = -1;

/** What the store has of a generation of shard 0, and which generation is current. */
async function versionIn(
  store: Pick<StateStore, 'load'>,
  generation: number,
): Promise<{ readonly generation: number | null; readonly version: ThresholdsVersion | null }> {
  const { meta, states } = await store.load(0, generation, [THRESHOLDS_KEY], NONE as Instant, 0);
  const [stored] = states;
  if (stored === null || stored === undefined) return { generation: meta?.generation ?? null, version: null };
  try {
    return { generation, version: decodeThresholds(stored.state) };
  } catch (cause) {
    // bytes of a later release, while releases change over
    throw new Retryable('the thresholds in Redis cannot be read', { cause });
  }
}

export class ThresholdsInForce {
  readonly #store: Pick<StateStore, 'load'>;
  readonly #clock: Pick<Clock, 'monotonic'>;
  #generation = NONE;
  #next = Number.NEGATIVE_INFINITY;

  constructor(store: Pick<StateStore, 'load'>, clock: Pick<Clock, 'monotonic'>) {
    this.#store = store;
    this.#clock = clock;
  }

  /** What the store says now; null when it says nothing, or it is too early to ask again. */
  async look(): Promise<Thresholds | null> {
    const at = this.#clock.monotonic();
    if (at < this.#next) return null;
    this.#next = at + PAUSE;
    for (;;) {
      const { generation, version } = await versionIn(this.#store, this.#generation);
      if (generation === null) return null;
      if (generation === this.#generation) return version && { version: version.version, high: version.high };
      this.#generation = generation;
    }
  }
}
