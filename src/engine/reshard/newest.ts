/**
 * Which entry of a journal is the newest of its customer, in 36 to 72 bytes a customer: a table of hashes and numbers, since the ids of ten million customers would not fit into
 * a map. Of each id 96 bits of SHA-256 are kept: among ten million, two agree with a probability of 10^-15.
 */
import { hash } from 'node:crypto';

const FIELDS = 3;

export class Newest {
  #capacity = 1 << 10;
  /** by slot: two halves of the hash, and 1 + the entry's number; 0 in a free slot */
  #slots = new Float64Array(this.#capacity * FIELDS);
  #size = 0;

  put(customer: string, entry: number): void {
    if (this.#size * 3 > this.#capacity * 2) this.#grow();
    const bytes = hashOf(customer);
    this.#set(bytes.readUIntBE(0, 6), bytes.readUIntBE(6, 6), entry + 1);
  }

  /** Whether this is the entry that was put last for its customer. */
  is(customer: string, entry: number): boolean {
    const bytes = hashOf(customer);
    const slot = this.#find(bytes.readUIntBE(0, 6), bytes.readUIntBE(6, 6));
    return this.#slots[slot + 2] === entry + 1;
  }

  #set(a: number, b: number, value: number): void {
    const slot = this.#find(a, b);
    if (this.#slots[slot + 2] === 0) this.#size += 1;
    this.#slots[slot] = a;
    this.#slots[slot + 1] = b;
    this.#slots[slot + 2] = value;
  }

  /** Where it stands, or would stand. */
  #find(a: number, b: number): number {
    for (let at = a % this.#capacity; ; at = (at + 1) % this.#capacity) {
      const slot = at * FIELDS;
      if (this.#slots[slot + 2] === 0 || (this.#slots[slot] === a && this.#slots[slot + 1] === b)) return slot;
    }
  }

  #grow(): void {
    const before = this.#slots;
    this.#capacity *= 2;
    this.#slots = new Float64Array(this.#capacity * FIELDS);
    this.#size = 0;
    for (let slot = 0; slot < before.length; slot += FIELDS) {
      const [a = 0, b = 0, value = 0] = before.subarray(slot, slot + FIELDS);
      if (value !== 0) this.#set(a, b, value);
    }
  }
}

const hashOf = (customer: string): Buffer => hash('sha256', customer, 'buffer');
