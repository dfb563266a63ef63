/** I1, I2, I12: who may extend the journal, what becomes visible together, and when a producer is thrown away. */
import { describe, expect, it } from 'vitest';
import type { Ports } from '../../src/engine/engine.ts';
import type { CommitOutcome, TopicPartition } from '../../src/engine/ports.ts';
import type { TypedRecord } from '../../src/sources/index.ts';
import type { DriverWorker, TestDriver } from '../../src/testing.ts';
import { agrees, driver, gate, KEPT, SLOW, told, until, wrapped } from './support/drive.ts';
import { DAY, purchase, START, visit } from './support/history.ts';
import { expectChain, journalOf } from './support/journal.ts';

const history = Array.from({ length: 60 }, (_, i) => purchase(`e${i}`, `c${i % 7}`, START + i * DAY));

/** All that readers of the topics and the store can see. */
const visible = (test: TestDriver) => ({
  topics: Object.values(test.settings.topics).map((topic) =>
    Array.from({ length: test.settings.shards }, (_, shard) => test.kafka.records(topic, shard).length),
  ),
  states: Array.from({ length: test.settings.shards }, (_, shard) => [...test.store.states(shard).keys()]),
});

/** Every sink that was opened: what became of it, and whether anything was asked of it after its first outcome that was not `committed`. */
function watchedSinks() {
  const sinks: {
    shard: number;
    outcomes: CommitOutcome['outcome'][];
    closed: boolean;
    usedAfter: number;
    busy: boolean;
    overlaps: number;
  }[] = [];
  const ports = (inner: Ports): Ports => ({
    ...inner,
    sinks: {
      open: async (shard) => {
        const sink = await inner.sinks.open(shard);
        const seen = { shard, outcomes: [] as CommitOutcome['outcome'][], closed: false, usedAfter: 0, busy: false, overlaps: 0 };
        sinks.push(seen);
        return {
          commit: async (journal, records, timestamp, at) => {
            if (seen.closed || seen.outcomes.some((outcome) => outcome !== 'committed')) seen.usedAfter += 1;
            if (seen.busy) seen.overlaps += 1;
            seen.busy = true;
            try {
              const outcome = await sink.commit(journal, records, timestamp, at);
              seen.outcomes.push(outcome.outcome);
              return outcome;
            } finally {
              seen.busy = false;
            }
          },
          close: () => {
            seen.closed = true;
            return sink.close();
          },
        };
      },
    },
  });
  return { sinks, ports };
}

/** New events, now, one pace apart. */
async function trickle(test: TestDriver, name: string, count: number): Promise<TypedRecord[]> {
  const records: TypedRecord[] = [];
  for (let i = 0; i < count; i++) {
    const record = visit(`${name}${i}`, `c${i % 7}`, test.clock.wall());
    records.push(record);
    test.pipe(record);
    await test.pace(3);
  }
  return records;
}

describe('I1 an owner that is no longer one', () => {
  it('cannot extend the journal: a commit that hung through a takeover is not in it', { timeout: SLOW }, async () => {
    const test = driver({ limits: KEPT });
    for (const record of history) test.pipe(record);
    const zombie = await test.start();
    await agrees(test, history);
    const [open, release] = gate();
    let hangs = false;
    zombie.sinks.faults.beforeCommit = () => {
      hangs = true;
      return open;
    };
    const first = await trickle(test, 'a', 3);
    await until(test, 'the hang', () => hangs);
    await test.start();
    zombie.source.evict();
    await until(test, 'the takeover', () => test.settled());
    const before = visible(test);
    release();
    await test.pace(50);
    expect(visible(test)).toEqual(before);
    await agrees(test, [...history, ...first]);
    expectChain(test);
  });

  it('and still believes coexists with its successor: outputs are the same, and both end up doing no harm', { timeout: SLOW }, async () => {
    const test = driver({ shards: 2, limits: KEPT });
    for (const record of history) test.pipe(record);
    const zombie = await test.start();
    await agrees(test, history);
    const successor = await test.start();
    await until(test, 'two owners', () => successor.takeovers.length > 0);
    zombie.source.evict();
    await until(test, 'a new owner of all', () => new Set(successor.takeovers).size === 2);
    const records = [...history, ...(await trickle(test, 'b', 40))];
    await agrees(test, records);
    expectChain(test);
    // It has noticed, and waits for a heartbeat before it would claim again: it fences nobody any more.
    const [claims, takeovers] = [claimsOf(test), zombie.takeovers.length];
    records.push(...(await trickle(test, 'd', 40)));
    await agrees(test, records);
    expect(claimsOf(test)).toBe(claims);
    expect(zombie.takeovers.length).toBe(takeovers);
    // Back in the group it takes its share again.
    zombie.source.rejoin();
    await agrees(test, [...records, ...(await trickle(test, 'e', 20))]);
    expect(zombie.takeovers.length).toBeGreaterThan(takeovers);
    expectChain(test);
  });

  it('and loses a shard while it reads the journal ends at once: nothing of it is left, and a stop waits for nothing', {
    timeout: SLOW,
  }, async () => {
    const test = driver({ shards: 2, limits: KEPT });
    for (const record of history) test.pipe(record);
    await test.start();
    await agrees(test, history);
    for (const each of [...test.workers]) each.kill();
    test.store.flush();
    test.kafka.group('test').expire();
    const { sinks, ports } = watchedSinks();
    let reads = 0;
    const deaf = (inner: Ports): Ports => {
      const resume = (partitions: readonly TopicPartition[]): void => {
        if (partitions.some(({ topic }) => topic === test.settings.topics.journal)) reads += 1;
        else inner.source.resume(partitions);
      };
      return ports({ ...inner, source: wrapped(inner.source, { resume }) });
    };
    const first = await test.start({ ports: deaf });
    await until(test, 'both shards to read', () => reads >= 2);
    await test.start();
    await until(test, 'a shard given away', () => first.worker.shards.size === 1);
    await test.pace(50);
    expect(sinks.filter(({ closed }) => closed)).toHaveLength(1);
    await expect(secondsToStop(test, first)).resolves.toBeLessThan(5);
    expect(sinks.every(({ closed }) => closed)).toBe(true);
    await agrees(test, history);
  });

  it('stops in seconds while it waits to be told', { timeout: SLOW }, async () => {
    const test = driver({ limits: KEPT });
    for (const record of history) test.pipe(record);
    const zombie = await test.start();
    await agrees(test, history);
    await test.start();
    zombie.source.evict();
    await test.pace(20);
    await agrees(test, [...history, ...(await trickle(test, 'a', 5))]);
    await expect(secondsToStop(test, zombie)).resolves.toBeLessThan(1);
  });
});

describe('I3 a takeover behind what is not decided yet', () => {
  it('waits without a claim until the broker has written the outcome, and goes on from there', { timeout: SLOW }, async () => {
    const test = driver({ shards: 2, limits: KEPT });
    for (const record of history) test.pipe(record);
    const first = await test.start();
    await agrees(test, history);
    first.kill();
    test.kafka.group('test').expire();
    const owing = test.kafka.producer('a coordinator that owes a marker');
    const journal = { topic: test.settings.topics.journal, partition: 1 };
    owing.send(journal, [{ key: null, value: Buffer.of(0), headers: [], timestamp: test.clock.wall() }]);
    const claims = claimsOf(test);
    const { sinks, ports } = watchedSinks();
    const second = await test.start({ ports });
    const tries = () => sinks.filter(({ shard }) => shard === 1).length;
    await until(test, 'more than one try', () => tries() > 2);
    expect(second.takeovers).not.toContain(1);
    expect(claimsOf(test)).toBe(claims + second.takeovers.length);
    owing.end('aborted');
    await agrees(test, [...history, ...(await trickle(test, 'a', 10))]);
    expectChain(test);
  });
});

const claimsOf = (test: TestDriver): number =>
  [0, 1].reduce((sum, shard) => sum + journalOf(test, shard).filter(({ header }) => header.kind === 'claim').length, 0);

async function secondsToStop(test: TestDriver, { worker }: DriverWorker): Promise<number> {
  const from = test.clock.monotonic();
  let stopped = false;
  const stopping = worker.stop().then(() => {
    stopped = true;
  });
  while (!stopped) await test.clock.advance(10);
  await stopping;
  return (test.clock.monotonic() - from) / 1_000;
}

describe('I2 a step', () => {
  it('shows neither outputs nor state nor position before its commit, and all of them after it', { timeout: SLOW }, async () => {
    const test = driver({ limits: KEPT });
    const worker = await test.start();
    await test.settle();
    const [open, release] = gate();
    let hangs = false;
    worker.sinks.faults.beforeCommit = () => {
      hangs = true;
      return open;
    };
    const before = visible(test);
    const [record] = await trickle(test, 'a', 1);
    await until(test, 'the hang', () => hangs);
    await test.pace(50);
    expect(visible(test)).toEqual(before);
    worker.sinks.faults.beforeCommit = null;
    release();
    await agrees(test, [record as TypedRecord]);
    expect(test.kafka.records('test.segment-changes', 0)).toHaveLength(1);
    expect(
      journalOf(test, 0)
        .at(-1)
        ?.header.positions.find(({ topic }) => topic === 'test.engagement')?.next,
    ).toBe(1);
  });

  it.each(['unknown-committed', 'unknown-aborted', 'unknown-open', 'refused'] as const)(
    'is there once or not at all when its outcome is %s',
    { timeout: SLOW },
    async (fault) => {
      const test = driver({ batchSize: 7, limits: KEPT });
      for (const record of history) test.pipe(record);
      const { sinks, ports } = watchedSinks();
      const worker = await test.start({ ports });
      let commits = 0;
      worker.sinks.faults.onCommit = () => (++commits % 3 === 0 && (fault !== 'refused' || commits === 3) ? fault : null);
      await until(test, 'some commits', () => commits > (fault === 'refused' ? 3 : 12));
      worker.sinks.faults.onCommit = null;
      await agrees(test, history);
      expectChain(test);
      // I12: each sink is used up by its first other outcome, closed, and never has two commits at a time.
      expect(sinks.length).toBeGreaterThan(1);
      expect(sinks.map(({ usedAfter, overlaps }) => usedAfter + overlaps)).toEqual(sinks.map(() => 0));
      for (const { outcomes } of sinks) expect(outcomes.slice(0, -1).every((outcome) => outcome === 'committed')).toBe(true);
      expect(sinks.slice(0, -1).every(({ closed }) => closed)).toBe(true);
    },
  );
});

it('I12 a step that hangs is waited for, also by a stop: nothing is started beside it', { timeout: SLOW }, async () => {
  const test = driver({ limits: KEPT });
  const { sinks, ports } = watchedSinks();
  const worker = await test.start({ ports });
  await test.settle();
  const [open, release] = gate();
  worker.sinks.faults.afterCommit = () => open;
  const records = await trickle(test, 'a', 5);
  expect(await secondsToStop(test, worker)).toBeLessThan(5);
  release();
  await test.pace(20);
  for (const each of [...test.workers]) each.kill();
  test.kafka.group('test').expire();
  await test.start();
  await agrees(test, records);
  expect(sinks.every(({ usedAfter, overlaps }) => usedAfter + overlaps === 0)).toBe(true);
  expect(told(test).states.length).toBeGreaterThan(0);
});
