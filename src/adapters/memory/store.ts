/**
 * The port `StateStore` in memory, with what tests need to hurt it: snapshots to roll back to, a flush, faults. Boundary: the rules are those of the Redis
 * scripts, and one contract suite holds both to them. Keeps I6 (a chunk applies only at its `at`) and I7 (meta, states and timers roll back together).
 */
import { isReserved } from '../../codec/totals.ts';
import type { CustomerId, Instant } from '../../domain/ids.ts';
import { Retryable } from '../../engine/errors.ts';
import type { Chunk, DueCustomer, Meta, StateStore, Stored, StoredTotal } from '../../engine/ports.ts';
import { DIRECT, type Link } from './link.ts';

interface Generation {
  readonly meta: Meta;
  /** entries of the step at `meta.next` that are there */
  applied: number;
  readonly states: Map<CustomerId, Stored>;
  readonly due: Map<CustomerId, Instant>;
}

interface Shard {
  current: Generation | null;
  building: Generation | null;
  /** what is neither, until a sweep */
  readonly left: Map<number, Generation>;
  own: Instant | null | undefined;
}

export type Call = Exclude<keyof StateStore, 'stop'>;

export interface StoreFaults {
  /** the next call fails with Retryable, without or with its effect; taken once */
  next: 'before' | 'after' | null;
  /** asked at every call, after `next` */
  onCall: ((call: Call, shard: number | null) => 'before' | 'after' | null) | null;
}

declare const opaque: unique symbol;
/** All shards as they were; give it back to `restore`, as often as wanted. */
export interface StoreSnapshot {
  readonly [opaque]: true;
}

type Load = Awaited<ReturnType<StateStore['load']>>;
type Totals = Awaited<ReturnType<StateStore['totals']>>;

const copyOf = (generation: Generation): Generation => ({
  meta: generation.meta,
  applied: generation.applied,
  states: new Map(generation.states),
  due: new Map(generation.due),
});

function copyOfShards(shards: ReadonlyMap<number, Shard>): Map<number, Shard> {
  const copy = new Map<number, Shard>();
  for (const [number, shard] of shards) {
    const current = shard.current && copyOf(shard.current);
    const building = shard.building && copyOf(shard.building);
    copy.set(number, { ...shard, current, building, left: new Map([...shard.left].map(([key, left]) => [key, copyOf(left)])) });
  }
  return copy;
}

/** As a Redis sorted set: by score, then by the member's bytes. */
const byDue = (a: DueCustomer, b: DueCustomer): number => a.due - b.due || byBytes(a.customer, b.customer);
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

export class MemoryStore implements StateStore {
  readonly faults: StoreFaults = { next: null, onCall: null };
  readonly #snapshots = new WeakMap<StoreSnapshot, Map<number, Shard>>();
  readonly #link: Link;
  /** one Map for all clients of the same data */
  readonly #shards: Map<number, Shard>;

  /** @param of another one, of whose data this is a further client */
  constructor(link: Link = DIRECT, of?: MemoryStore) {
    this.#link = link;
    this.#shards = of === undefined ? new Map() : of.#shards;
  }

  snapshot(): StoreSnapshot {
    const snapshot = {} as StoreSnapshot;
    this.#snapshots.set(snapshot, copyOfShards(this.#shards));
    return snapshot;
  }

  /** Everything is again as it was at the snapshot, or one shard is: a failover that lost writes, a restored backup. */
  restore(snapshot: StoreSnapshot, only?: number): void {
    const shards = this.#snapshots.get(snapshot);
    if (shards === undefined) throw new Error('the snapshot is of another store');
    const copy = copyOfShards(shards);
    for (const shard of only === undefined ? [...this.#shards.keys(), ...copy.keys()] : [only]) {
      const was = copy.get(shard);
      if (was === undefined) this.#shards.delete(shard);
      else this.#shards.set(shard, was);
    }
  }

  /** FLUSHALL. */
  flush(): void {
    this.#shards.clear();
  }

  /** For assertions: all states of the current generation, totals first, then in the order of the customers' ids. */
  states(shard: number): Map<CustomerId, Stored> {
    return new Map([...(this.#shards.get(shard)?.current?.states ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** For assertions: where the current generation stands, without a call that a fault could meet. */
  standing(shard: number): Meta | null {
    return this.#shards.get(shard)?.current?.meta ?? null;
  }

  /** For assertions: all timers of the current generation, in the order of a load. */
  timers(shard: number): readonly DueCustomer[] {
    return timersOf(this.#shards.get(shard)?.current ?? null);
  }

  check(): Promise<void> {
    return this.#call('check', null, () => {});
  }

  meta(shard: number): Promise<Meta | null> {
    return this.#call('meta', shard, () => this.#shard(shard).current?.meta ?? null);
  }

  load(shard: number, generation: number, customers: readonly CustomerId[], until: Instant, limit: number): Promise<Load> {
    return this.#call('load', shard, () => {
      const { current } = this.#shard(shard);
      const meta = current?.meta ?? null;
      if (current === null || current.meta.generation !== generation)
        return { meta, states: customers.map(() => null), due: [], nextDue: null };
      const timers = timersOf(current);
      const due = timers.filter((timer) => timer.due <= until).slice(0, limit);
      const states = customers.map((customer) => current.states.get(customer) ?? null);
      return { meta, states, due, nextDue: timers[due.length]?.due ?? null };
    });
  }

  totals(shard: number, after: number, limit: number): Promise<Totals> {
    return this.#call('totals', shard, () => {
      const { current } = this.#shard(shard);
      if (current === null) return { meta: null, cells: [], more: false };
      const later = [...current.states]
        .filter(([key, { offset }]) => isReserved(key) && offset > after)
        .map(([key, stored]): StoredTotal => ({ key, ...stored }))
        .sort((a, b) => a.offset - b.offset || byBytes(a.key, b.key));
      const last = later[limit - 1]?.offset ?? Number.POSITIVE_INFINITY;
      const cells = later.filter(({ offset }) => offset <= last);
      return { meta: current.meta, cells, more: cells.length < later.length };
    });
  }

  apply(number: number, chunk: Chunk): Promise<'applied' | 'rejected'> {
    return this.#call('apply', number, () => {
      const shard = this.#shard(number);
      const target = [shard.current, shard.building].find((each) => each?.meta.generation === chunk.generation) ?? null;
      if (target === null || target.meta.next !== chunk.at || chunk.from > target.applied) return 'rejected';
      for (const { customer, offset, state, due } of chunk.entries) {
        if (state === null) target.states.delete(customer);
        else target.states.set(customer, { offset, state: Buffer.from(state) });
        if (isReserved(customer)) continue;
        if (due === null) target.due.delete(customer);
        else target.due.set(customer, due);
      }
      target.applied = Math.max(target.applied, chunk.from + chunk.entries.length);
      if (chunk.to === null) return 'applied';
      const moved = { ...target, applied: 0, meta: { ...target.meta, next: chunk.to.next, header: Buffer.from(chunk.to.header) } };
      if (target === shard.current) shard.current = moved;
      else shard.building = moved;
      return 'applied';
    });
  }

  build(number: number, generation: number, from: number): Promise<'started' | 'rejected'> {
    return this.#call('build', number, () => {
      const shard = this.#shard(number);
      const greatest = Math.max(shard.current?.meta.generation ?? -1, shard.building?.meta.generation ?? -1);
      if (generation <= greatest) return 'rejected';
      if (shard.building !== null) shard.left.set(shard.building.meta.generation, shard.building);
      shard.building = { meta: { generation, next: from, header: Buffer.alloc(0) }, applied: 0, states: new Map(), due: new Map() };
      return 'started';
    });
  }

  promote(number: number, generation: number, at: number): Promise<'promoted' | 'rejected'> {
    return this.#call('promote', number, () => {
      const shard = this.#shard(number);
      if (shard.current?.meta.generation === generation) return 'promoted';
      if (shard.building?.meta.generation !== generation || shard.building.meta.next !== at) return 'rejected';
      if (shard.current !== null) shard.left.set(shard.current.meta.generation, shard.current);
      shard.current = shard.building;
      shard.building = null;
      return 'promoted';
    });
  }

  sweep(shard: number): Promise<void> {
    return this.#call('sweep', shard, () => this.#shard(shard).left.clear());
  }

  writeOwn(shard: number, watermark: Instant | null): Promise<void> {
    return this.#call('writeOwn', shard, () => {
      this.#shard(shard).own = watermark;
    });
  }

  readOwns(shards: number): Promise<readonly (Instant | null | undefined)[]> {
    return this.#call('readOwns', null, () => Array.from({ length: shards }, (_, shard) => this.#shards.get(shard)?.own));
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }

  /** Every call goes over the link. */
  async #call<T>(call: Call, shard: number | null, effect: () => T): Promise<T> {
    const fault = this.faults.next ?? this.faults.onCall?.(call, shard) ?? null;
    this.faults.next = null;
    return this.#link.call(call, () => {
      const result = fault === 'before' ? null : { value: effect() };
      if (fault !== null || result === null) throw new Retryable(`injected ${fault} the effect of ${call}`);
      return result.value;
    });
  }

  #shard(number: number): Shard {
    let shard = this.#shards.get(number);
    if (shard === undefined) {
      shard = { current: null, building: null, left: new Map(), own: undefined };
      this.#shards.set(number, shard);
    }
    return shard;
  }
}

function timersOf(generation: Generation | null): readonly DueCustomer[] {
  return [...(generation?.due ?? [])].map(([customer, due]) => ({ customer, due })).sort(byDue);
}
