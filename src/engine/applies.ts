/**
 * Brings committed steps to the store, in the background, one behind the other in log order (I5, I6), and says where the store may stand meanwhile.
 * Boundary: only steps of this holding of the shard; what was there before is the takeover's.
 */
import type { Cache } from './cache.ts';
import type { Engine } from './engine.ts';
import { Fenced, Retryable } from './errors.ts';
import type { JournalEntry, JournalHeader } from './journal.ts';
import type { Meta } from './ports.ts';
import { applyStep, toMeta } from './tail.ts';

/** A committed step on its way to the store. */
export interface Applying {
  readonly entries: readonly JournalEntry[];
  readonly offset: number;
  readonly next: number;
  readonly header: JournalHeader;
  /** what follows once the store has it */
  readonly then: () => Promise<void>;
}

export interface AppliesContext {
  readonly engine: Engine;
  readonly shard: number;
  readonly cache: Cache;
  /** Awaits and then checks that the shard is still held. */
  readonly held: <T>(promise: Promise<T>) => Promise<T>;
  /** ends the steps with this error */
  readonly fail: (error: unknown) => void;
}

export class Applies {
  readonly #context: AppliesContext;
  readonly generation: number;
  /** where the store stands for certain, and the ends of the steps being applied, in order */
  #applied: number;
  #applying: number[] = [];
  #chain: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(context: AppliesContext, generation: number, next: number) {
    this.#context = context;
    this.generation = generation;
    this.#applied = next;
  }

  /** steps under way */
  get count(): number {
    return this.#applying.length;
  }
  /** the offsets at which the store may stand now */
  get known(): readonly number[] {
    return [this.#applied, ...this.#applying];
  }

  queue({ entries, offset, next, header, then }: Applying): void {
    const { engine, shard, cache, held, fail } = this.#context;
    this.#applying.push(next);
    this.#chain = this.#chain.then(async () => {
      if (this.#stopped) return;
      const writes = entries.map(({ customer, state, due }) => ({ customer, offset, state, due }));
      const to = { next, header: toMeta(offset, header) };
      try {
        // crash point: step-applying
        await held(applyStep(engine, shard, this.generation, this.#applied, writes, to));
        // crash point: step-applied
        this.#applied = next;
        this.#applying.shift();
        for (const { customer } of entries) cache.applied(customer, offset);
        await then();
      } catch (error) {
        fail(error);
      }
    });
  }

  /** Resolves when nothing is under way; what broke an apply has been told to `fail`. */
  drained(): Promise<void> {
    return this.#chain;
  }

  /** Begins no further apply. */
  stop(): void {
    this.#stopped = true;
  }

  /** Asks the store, while nothing else does, whether it still stands where the last step left it: readers of an idle shard would see what was lost. */
  async look(): Promise<void> {
    const { engine, shard, fail } = this.#context;
    const applied = this.#applied;
    if (this.count > 0) return;
    const meta = await engine.ports.store.meta(shard);
    const stray = this.count === 0 && this.#applied === applied ? this.stray(meta, [applied]) : null;
    if (stray !== null) fail(stray);
  }

  /**
   * What is to be thrown when the store does not stand at one of these offsets. Beyond them only a successor can have moved it, or built a newer
   * generation: that is told like any other fence, so that an owner which is none any more waits for a heartbeat and claims nothing back.
   */
  stray(meta: Meta | null, known: readonly number[]): Fenced | Retryable | null {
    if (meta?.generation === this.generation && known.includes(meta.next)) return null;
    if (meta !== null && (meta.generation > this.generation || (meta.generation === this.generation && meta.next > Math.max(...known))))
      return new Fenced(
        `shard ${this.#context.shard}: another owner has moved Redis to offset ${meta.next} of generation ${meta.generation}`,
      );
    const found = meta === null ? 'nothing' : `offset ${meta.next} of generation ${meta.generation}`;
    return new Retryable(
      `shard ${this.#context.shard}: Redis stands at ${found}, not where the last steps left it; healing it from the journal`,
    );
  }
}
