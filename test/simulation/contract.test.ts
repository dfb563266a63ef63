/** The simulated servers keep the contracts of the real ones, while messages take their time, partitions learn of an outcome one by one, and brokers share them. */
import { onTestFinished } from 'vitest';
import { MemoryStore } from '../../src/adapters/memory/store.ts';
import type { Resource } from '../../src/stack/resource.ts';
import { Random } from '../../src/world/random.ts';
import { committedContract } from '../contract/committed.ts';
import { inMemoryHarness, type Surroundings } from '../contract/in-memory.ts';
import { linkContract } from '../contract/link.ts';
import { logsContract } from '../contract/logs.ts';
import { pendingContract } from '../contract/pending.ts';
import { positionsContract } from '../contract/positions.ts';
import { sinkContract } from '../contract/sink.ts';
import { sourceContract } from '../contract/source.ts';
import { storeContract } from '../contract/store.ts';
import { CALM, Scheduler, SimProcess } from './scheduler.ts';

const WEATHER = { ...CALM, slow: 0.3, slowMs: 40 };
let worlds = 0;

/** A scheduler that goes on by itself until it is stopped. */
function goingOn(): Resource<Scheduler> {
  const scheduler = new Scheduler(new Random(++worlds, 'contract'), Date.now());
  scheduler.weather = WEATHER;
  let over = false;
  const go = async (): Promise<void> => {
    while (!over) await scheduler.run(1, () => over).then(() => new Promise(setImmediate));
  };
  void go();
  const stop = async (): Promise<void> => {
    over = true;
  };
  return { value: scheduler, stop };
}

function surroundings(): Resource<Surroundings> {
  const { value: scheduler, stop } = goingOn();
  const later = (what: string, action: () => void): void => scheduler.after(scheduler.delay(), what, action);
  const client = (name: string) => {
    const process = new SimProcess(name, scheduler);
    return { link: process, clock: process };
  };
  return { value: { clock: new SimProcess('the test', scheduler), servers: { brokers: 2, later, marker: later }, client }, stop };
}

const harness = inMemoryHarness(surroundings);
sourceContract('the simulation', harness);
sinkContract('the simulation', harness);
logsContract('the simulation', harness);
positionsContract('the simulation', harness);
committedContract('the simulation', harness);
pendingContract('the simulation', harness);
linkContract('the simulation', harness);
storeContract('the simulation', {
  runs: 20,
  open: async () => {
    const { value: scheduler, stop } = goingOn();
    const store = new MemoryStore(new SimProcess('a client', scheduler));
    const other = new MemoryStore(new SimProcess('another', scheduler), store);
    onTestFinished(stop);
    return { store, other, stop };
  },
});
