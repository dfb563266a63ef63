/**
 * The states that a step works on, as the steps before left them (I8): from the owner's cache, else from the store, in one atomic read with the store's
 * position, which must be the end of a step that this owner knows. Made anew for each step.
 */
import type { CustomerId, Instant } from '../domain/ids.ts';
import type { Applies } from './applies.ts';
import type { Cache } from './cache.ts';
import type { Engine } from './engine.ts';

const NEVER = Number.POSITIVE_INFINITY;

export interface LoadingContext {
  readonly engine: Engine;
  readonly shard: number;
  readonly cache: Cache;
  readonly applies: Applies;
  /** Awaits and then checks that the shard is still held. */
  readonly held: <T>(promise: Promise<T>) => Promise<T>;
}

export class Loading {
  readonly #context: LoadingContext;
  readonly #states = new Map<CustomerId, Buffer | null>();
  readonly #offsets = new Map<CustomerId, number>();
  /** keys that were at hand, and that the store was asked for */
  hits = 0;
  misses = 0;

  constructor(context: LoadingContext) {
    this.#context = context;
  }

  /** Of what was loaded; null for what is not there. */
  state(key: CustomerId): Buffer | null {
    return this.#states.get(key) ?? null;
  }

  /** The journal offset that wrote it; undefined for what is not there. */
  offset(key: CustomerId): number | undefined {
    return this.#offsets.get(key);
  }

  /** Loads these, customers or totals, with one question at most. */
  async load(keys: Iterable<CustomerId>): Promise<void> {
    const missing = this.#look(keys);
    if (missing.length > 0) await this.#read(missing, null);
  }

  /** Loads these, and the customers due up to `until`; says who they are, in order, and the least instant after that, infinite when there is none. */
  async loadDue(keys: Iterable<CustomerId>, until: Instant): Promise<{ readonly due: readonly CustomerId[]; readonly leastDue: number }> {
    const { cache } = this.#context;
    const missing = this.#look(keys);
    const outstanding = [...cache.dueBy(until)];
    // Before the question: what is applied while it is answered may be missing in both the answer and what is outstanding then.
    const later = cache.leastDueAfter(until);
    missing.push(...this.#look(outstanding));
    const found = await this.#read(missing, until);
    const due = [...outstanding, ...found.due.map(({ customer }) => customer).filter((customer) => !cache.isOutstanding(customer))];
    await this.load(due);
    return { due: [...new Set(due)], leastDue: Math.min(found.nextDue ?? NEVER, later) };
  }

  /** Takes what the cache has; returns what is still to be asked for, each once. */
  #look(keys: Iterable<CustomerId>): CustomerId[] {
    const missing: CustomerId[] = [];
    for (const key of keys) {
      if (this.#states.has(key)) continue;
      const held = this.#context.cache.get(key);
      this.#states.set(key, held?.state ?? null);
      if (held === undefined) missing.push(key);
      else {
        this.hits += 1;
        this.#offsets.set(key, held.offset);
      }
    }
    this.misses += missing.length;
    return missing;
  }

  async #read(missing: readonly CustomerId[], until: Instant | null) {
    const { engine, shard, cache, applies, held } = this.#context;
    const { known } = applies;
    const found = await held(
      engine.ports.store.load(shard, applies.generation, missing, until ?? (-1 as Instant), until === null ? 0 : engine.limits.stepTimers),
    );
    const stray = applies.stray(found.meta, known);
    if (stray !== null) throw stray;
    missing.forEach((key, i) => {
      const stored = found.states[i] ?? null;
      this.#states.set(key, stored?.state ?? null);
      if (stored === null) return;
      this.#offsets.set(key, stored.offset);
      cache.loaded(key, { state: stored.state, due: null, offset: stored.offset });
    });
    return found;
  }
}
