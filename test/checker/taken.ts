/** Which input records the steps have taken as their customers' own, in which order, and under which W (V2 finds it, V8 asks). */
import { shardOf } from '../../src/codec/murmur2.ts';
import type { Instant } from '../../src/domain/ids.ts';
import type { TakenItem } from '../../src/engine/merge.ts';
import { named } from './bytes.ts';
import type { Report } from './findings.ts';
import type { Inputs, Partition } from './inputs.ts';

interface Place {
  /** counts what its shard took */
  readonly rank: number;
  /** W just before it */
  readonly watermark: Instant;
}

export class Taken {
  readonly #inputs: Inputs;
  readonly #shards: number;
  readonly #places = new Map<Partition, Place[]>();
  readonly #counts: number[] = [];
  readonly #report: Report;
  #ahead = 0;

  /** @param report told of what is taken twice */
  constructor(inputs: Inputs, shards: number, report: Report) {
    this.#inputs = inputs;
    this.#shards = shards;
    this.#report = report;
  }

  /** The furthest that an event was ahead of its step's clock, within what is accepted, ms. */
  get ahead(): number {
    return this.#ahead;
  }

  /**
   * A record that is forwarded is noted where it arrives.
   * @param now of its step
   * @param where its step is
   */
  note(shard: number, { item: { origin, decoded }, watermark }: TakenItem, now: Instant, future: number, where: string): void {
    if (decoded.outcome !== 'event') return;
    const ahead = decoded.event.at - now;
    if (ahead > this.#ahead && ahead <= future) this.#ahead = ahead;
    if (shardOf(decoded.event.customer, this.#shards) !== shard) return;
    const found = this.#inputs.find(origin);
    if (found === null) return;
    const rank = this.#counts[shard] ?? 0;
    this.#counts[shard] = rank + 1;
    let places = this.#places.get(found.partition);
    if (places === undefined) {
      places = [];
      this.#places.set(found.partition, places);
    }
    if (places[found.index] !== undefined) this.#report(where, `takes ${named(origin)}@${origin.offset}, which was taken before`);
    places[found.index] = { rank, watermark };
  }

  of(partition: Partition, index: number): Place | null {
    return this.#places.get(partition)?.[index] ?? null;
  }
}
