/**
 * What refusals by the broker have taught: a step that it refuses is halved until the record is found that it refuses alone, which becomes a dead letter
 * (I11). Outlives takeovers, since a refusal ends the holding of a shard.
 */
import { Halt } from './errors.ts';
import type { Item } from './input.ts';
import type { JournalHeader } from './journal.ts';
import type { Batch } from './merge.ts';

const coordinates = (item: Item): string => `${item.input.tp.topic}-${item.input.tp.partition}@${item.record.offset}`;

export class Lessons {
  readonly #limit: number;
  readonly #refused = new Set<string>();
  /** records of a step; less than the limit while the search goes on, and then nothing but records goes into one */
  #most: number;

  /** @param limit records of a step */
  constructor(limit: number) {
    this.#limit = limit;
    this.#most = limit;
  }

  get most(): number {
    return this.#most;
  }
  /** no refused step is being halved: timers, what the cleaner carries and what is published may go into a step */
  get whole(): boolean {
    return this.#most === this.#limit;
  }

  /** The record was refused alone. */
  refused(item: Item): boolean {
    return this.#refused.size > 0 && this.#refused.has(coordinates(item));
  }

  /** Those of a step, as its header names them. */
  refusedOf(batch: Batch): JournalHeader['refused'] {
    if (this.#refused.size === 0) return [];
    return batch.items.filter(({ item }) => this.refused(item)).map(({ item }) => ({ ...item.input.tp, offset: item.record.offset }));
  }

  /** There is nothing left to search in. */
  over(): void {
    this.#most = this.#limit;
  }

  committed(batch: Batch): void {
    this.#most = Math.min(this.#limit, this.#most * 2);
    if (this.#refused.size > 0) for (const { item } of batch.items) this.#refused.delete(coordinates(item));
  }

  /** The broker refuses this step as it is: take fewer records, and at last leave the one record out. `bare`: it holds records and nothing else. */
  learn(shard: number, batch: Batch, bare: boolean, cause: Error): void {
    const [first] = batch.items;
    if (first === undefined) {
      throw new Halt(
        `shard ${shard}: the broker refuses a step without input records: ${cause.message}. Raise max.message.bytes of the application's topics.`,
        { cause },
      );
    }
    if (batch.items.length === 1 && bare) this.#refused.add(coordinates(first.item));
    this.#most = Math.max(1, batch.items.length >> 1);
  }
}
