/** What can go wrong between two paces of a run. Boundary: which of them, and when, is the test's. */
import type { TestDriver, WorkerOverrides } from '../../../src/testing.ts';

export type Trouble =
  | 'nothing'
  | 'kill'
  | 'join'
  | 'unknown-committed'
  | 'unknown-aborted'
  | 'unknown-open'
  | 'refused'
  | 'store before'
  | 'store after'
  | 'flush'
  | 'roll back'
  | 'snapshot'
  | 'evict'
  | 'rebalance';

/** The store as it was at the last `snapshot`, for `roll back`. */
export interface Memory {
  snapshot: ReturnType<TestDriver['store']['snapshot']>;
}

/** @param overrides of the workers that it starts */
export async function make(trouble: Trouble, test: TestDriver, memory: Memory, overrides: WorkerOverrides = {}): Promise<void> {
  const [first] = test.workers;
  if (first === undefined) throw new Error('no worker is left');
  switch (trouble) {
    case 'kill':
      first.kill();
      test.kafka.group('test').expire();
      await test.start(overrides);
      break;
    case 'join':
      await test.start(overrides);
      break;
    case 'flush':
      test.store.flush();
      break;
    case 'snapshot':
      memory.snapshot = test.store.snapshot();
      break;
    case 'roll back':
      test.store.restore(memory.snapshot);
      break;
    case 'store before':
    case 'store after':
      test.store.faults.next = trouble === 'store before' ? 'before' : 'after';
      break;
    case 'evict':
      if (test.workers.size > 1) first.source.evict();
      break;
    case 'rebalance':
      test.kafka.group('test').rebalance();
      break;
    case 'nothing':
      break;
    default:
      first.sinks.faults.nextCommit = trouble;
  }
}
