/**
 * What customers and totals add up to, whatever shards they lie in and in whichever order they come: how a reshard is verified. Pure.
 *
 * A state counts with 64 bits of a hash of its customer, its bytes and its due instant. A total counts, for each of its parts, with the amount times a hash of the key and the
 * part: linear, so that a cell counts as much as the cells that it was summed of. All sums are modulo 2^64.
 */
import { createHash } from 'node:crypto';
import { decodeCell, isReserved, totalNameOf } from '../../codec/totals.ts';
import type { JournalEntry } from '../journal.ts';

export interface Sums {
  readonly customers: number;
  /** 16 hex digits each: over all customers, and over all totals */
  readonly states: string;
  readonly totals: string;
}

export class Tally {
  #customers = 0;
  #states = 0n;
  #totals = 0n;

  /** An entry that is its customer's current one. */
  add({ customer, state, due }: JournalEntry): void {
    if (state === null) return;
    const name = isReserved(customer) ? totalNameOf(customer) : null;
    if (name === null) {
      if (!isReserved(customer)) this.#customers += 1;
      this.#states = BigInt.asUintN(64, this.#states + weightOf(`${customer}\0${due}\0`, state));
    } else if (name.kind !== 'days') {
      // Which days a shard has cells of is no sum, and follows from the cells.
      for (const [part, amount] of decodeCell(state).entries()) {
        if (amount !== 0) this.#totals = BigInt.asUintN(64, this.#totals + BigInt(amount) * weightOf(`${customer}\0${part}`));
      }
    }
  }

  get sums(): Sums {
    return { customers: this.#customers, states: hex(this.#states), totals: hex(this.#totals) };
  }
}

export const sameSums = (a: Sums, b: Sums): boolean => a.customers === b.customers && a.states === b.states && a.totals === b.totals;

function weightOf(name: string, bytes?: Buffer): bigint {
  const sum = createHash('sha256').update(name);
  if (bytes !== undefined) sum.update(bytes);
  return sum.digest().readBigUInt64BE();
}

const hex = (sum: bigint): string => sum.toString(16).padStart(16, '0');
