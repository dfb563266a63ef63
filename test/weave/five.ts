/** A step of five customers, applied in chunks of two to a store that only counts: a piece of the engine small enough to be seen woven. */

import { MemoryStore } from '../../src/adapters/memory/store.ts';
import type { CustomerId } from '../../src/domain/ids.ts';
import type { Chunk } from '../../src/engine/ports.ts';
import { applyStep } from '../../src/engine/tail.ts';

/** @param given told how many customers each chunk has */
export async function applyFive(given: (size: number) => void): Promise<void> {
  class Counting extends MemoryStore {
    override async apply(_shard: number, { entries }: Chunk): Promise<'applied'> {
      given(entries.length);
      return 'applied';
    }
  }
  const entries = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ customer: id as CustomerId, offset: 0, state: null, due: null }));
  await applyStep({ ports: { store: new Counting() }, limits: { chunk: 2 } }, 0, 0, 0, entries, { next: 1, header: Buffer.alloc(8) });
}
