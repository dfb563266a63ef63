import { describe, expect, it } from 'vitest';
import { MemoryStore } from '../../../src/adapters/memory/store.ts';
import type { CustomerId, Instant } from '../../../src/domain/ids.ts';
import { Retryable } from '../../../src/engine/errors.ts';
import type { Chunk } from '../../../src/engine/ports.ts';
import { storeContract } from '../../contract/store.ts';

storeContract('memory', {
  runs: 200,
  open: async () => {
    const store = new MemoryStore();
    return { store, other: store, stop: () => store.stop() };
  },
});

const A = 'a' as CustomerId;
const chunk = (at: number, state: string): Chunk => ({
  generation: 1,
  at,
  from: 0,
  entries: [{ customer: A, offset: at, state: Buffer.from(state), due: at as Instant }],
  to: { next: at + 1, header: Buffer.from(state) },
});

async function begun(): Promise<MemoryStore> {
  const store = new MemoryStore();
  await store.build(0, 1, 2);
  await store.promote(0, 1, 2);
  return store;
}

describe('the state store in memory, for tests', () => {
  it('I7 rolls meta, states and timers back together, as often as wanted', async () => {
    const store = await begun();
    await store.apply(0, chunk(2, 'early'));
    const snapshot = store.snapshot();
    for (let again = 0; again < 2; again++) {
      expect(await store.apply(0, chunk(3, 'late'))).toBe('applied');
      store.restore(snapshot);
      const loaded = await store.load(0, 1, [A], 9 as Instant, 9);
      expect(loaded).toMatchObject({ meta: { next: 3 }, states: [{ offset: 2 }], due: [{ due: 2 }] });
    }
  });

  it('has nothing after a flush', async () => {
    const store = await begun();
    store.flush();
    expect(await store.meta(0)).toBeNull();
  });

  it('fails the next call before or after its effect', async () => {
    const store = await begun();
    store.faults.next = 'before';
    await expect(store.apply(0, chunk(2, 'x'))).rejects.toThrow(Retryable);
    expect((await store.meta(0))?.next).toBe(2);
    store.faults.next = 'after';
    await expect(store.apply(0, chunk(2, 'x'))).rejects.toThrow(Retryable);
    expect((await store.meta(0))?.next).toBe(3);
    store.faults.onCall = (call, shard) => (call === 'load' && shard === 0 ? 'before' : null);
    await expect(store.load(0, 1, [], 0 as Instant, 0)).rejects.toThrow(Retryable);
  });
});
