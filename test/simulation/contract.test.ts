/** The simulated servers keep the contracts of the real ones, while messages take their time, partitions learn of an outcome one by one, and brokers share them. */
import { onTestFinished } from 'vitest';
import { MemoryKafka } from '../../src/adapters/memory/kafka.ts';
import { memoryLogs } from '../../src/adapters/memory/logs.ts';
import { memorySinks } from '../../src/adapters/memory/sinks.ts';
import { MemorySource } from '../../src/adapters/memory/source.ts';
import { MemoryStore } from '../../src/adapters/memory/store.ts';
import type { OutRecord } from '../../src/engine/ports.ts';
import { Random } from '../../src/world/random.ts';
import { committedContract } from '../contract/committed.ts';
import type { Harness, World } from '../contract/harness.ts';
import { logsContract } from '../contract/logs.ts';
import { positionsContract } from '../contract/positions.ts';
import { sinkContract } from '../contract/sink.ts';
import { sourceContract } from '../contract/source.ts';
import { storeContract } from '../contract/store.ts';
import { CALM, Scheduler, SimProcess } from './scheduler.ts';

const PATIENCE = 10_000;
const MAX = 20_000;
const WEATHER = { ...CALM, slow: 0.3, slowMs: 40 };
let worlds = 0;

/** A scheduler that goes on by itself until it is stopped. */
function goingOn(): { readonly scheduler: Scheduler; stop(): void } {
  const scheduler = new Scheduler(new Random(++worlds, 'contract'), Date.now());
  scheduler.weather = WEATHER;
  let over = false;
  const go = async (): Promise<void> => {
    while (!over) await scheduler.run(1, () => over).then(() => new Promise(setImmediate));
  };
  void go();
  const stop = (): void => {
    over = true;
  };
  return { scheduler, stop };
}

async function world(): Promise<World> {
  const { scheduler, stop } = goingOn();
  const later = (what: string, action: () => void): void => scheduler.after(scheduler.delay(), what, action);
  const kafka = new MemoryKafka(() => scheduler.wall, { brokers: 2, later, marker: later });
  for (const topic of ['in', 'in-too', 'reroute', 'out']) kafka.createTopic(topic, 3, { maxMessageBytes: MAX });
  kafka.createTopic('journal', 3, { appendTime: true, maxMessageBytes: MAX });
  const link = new SimProcess('a client', scheduler);
  const members: MemorySource[] = [];
  let strangers = 0;
  const write = (record: OutRecord) => ({ ...record, timestamp: scheduler.wall });
  return {
    shards: 3,
    inputs: ['in', 'in-too'],
    reroute: 'reroute',
    journal: 'journal',
    output: 'out',
    sinks: memorySinks(kafka, 'app', 'journal', link),
    logs: memoryLogs(kafka, 'g', link),
    source: () => {
      const clock = new SimProcess(`member ${members.length}`, scheduler);
      const topics = ['in', 'in-too', 'reroute', 'journal'];
      const member = new MemorySource(kafka, { group: 'g', topics, shards: 3, clock, heartbeatMs: 20, link: clock });
      members.push(member);
      return member;
    },
    produce: async (records) => records.map((record) => kafka.append(record.topic, record.partition, write(record)))[0] ?? 0,
    begin: async (records) => {
      const producer = kafka.producer(`stranger-${++strangers}`);
      for (const record of records) producer.send(record, [write(record)]);
      const ended = async (state: 'committed' | 'aborted'): Promise<void> => {
        producer.end(state);
        while (producer.ending) await link.call('wait', () => undefined);
      };
      return { commit: () => ended('committed'), abort: () => ended('aborted') };
    },
    read: async ({ topic, partition }) => [...kafka.records(topic, partition)],
    stop: async () => {
      await Promise.all(members.filter(({ alive }) => alive).map((member) => member.stop()));
      stop();
    },
  };
}

const harness: Harness = { maxRecordBytes: MAX, patience: PATIENCE, world };
sourceContract('the simulation', harness);
sinkContract('the simulation', harness);
logsContract('the simulation', harness);
positionsContract('the simulation', harness);
committedContract('the simulation', harness);
storeContract('the simulation', {
  runs: 20,
  open: async () => {
    const { scheduler, stop } = goingOn();
    const store = new MemoryStore(new SimProcess('a client', scheduler));
    const other = new MemoryStore(new SimProcess('another', scheduler), store);
    onTestFinished(stop);
    return { store, other, stop: async () => stop() };
  },
});
