/**
 * The owner's states at hand: those of steps whose apply is outstanding, which Redis does not show yet and which must therefore stay (I8),
 * and the recently used, bounded in bytes. Emptied at every takeover.
 */
import { LRUCache } from 'lru-cache';
import type { CustomerId, Instant } from '../domain/ids.ts';

export interface Held {
  /** null when erased */
  readonly state: Buffer | null;
  readonly due: Instant | null;
  /** the journal offset that wrote it */
  readonly offset: number;
}

export class Cache {
  readonly #outstanding = new Map<CustomerId, Held>();
  readonly #recent: LRUCache<CustomerId, Held>;

  constructor(bytes: number) {
    this.#recent = new LRUCache({ maxSize: bytes, sizeCalculation: (held) => (held.state?.length ?? 0) + 160 });
  }

  get(customer: CustomerId): Held | undefined {
    return this.#outstanding.get(customer) ?? this.#recent.get(customer);
  }

  /** Loaded from the store: current, since the store had applied all that is not outstanding. */
  loaded(customer: CustomerId, held: Held): void {
    this.#recent.set(customer, held);
  }

  committed(customer: CustomerId, held: Held): void {
    this.#outstanding.set(customer, held);
  }

  /** The apply of the step at this offset is acknowledged. */
  applied(customer: CustomerId, offset: number): void {
    const held = this.#outstanding.get(customer);
    if (held === undefined || held.offset !== offset) return;
    this.#outstanding.delete(customer);
    this.#recent.set(customer, held);
  }

  isOutstanding(customer: CustomerId): boolean {
    return this.#outstanding.has(customer);
  }

  /** The least due of outstanding steps after an instant; infinite when there is none. */
  leastDueAfter(until: Instant): number {
    let least = Number.POSITIVE_INFINITY;
    for (const { due } of this.#outstanding.values()) if (due !== null && due > until && due < least) least = due;
    return least;
  }

  /** Customers of outstanding steps that are due at or before an instant. */
  *dueBy(until: Instant): Generator<CustomerId> {
    for (const [customer, held] of this.#outstanding) if (held.due !== null && held.due <= until) yield customer;
  }
}
