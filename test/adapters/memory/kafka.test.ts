/** The in-memory Kafka keeps the contracts of the real one, and has the faults that tests order. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ManualClock } from '../../../src/adapters/memory/clock.ts';
import { DIRECT } from '../../../src/adapters/memory/link.ts';
import { type CommitFault, memorySinks } from '../../../src/adapters/memory/sinks.ts';
import type { Instant } from '../../../src/domain/ids.ts';
import type { Resource } from '../../../src/stack/resource.ts';
import { committedContract } from '../../contract/committed.ts';
import { type InMemoryWorld, inMemoryHarness, type Surroundings } from '../../contract/in-memory.ts';
import { linkContract } from '../../contract/link.ts';
import { logsContract } from '../../contract/logs.ts';
import { pendingContract } from '../../contract/pending.ts';
import { positionsContract } from '../../contract/positions.ts';
import { Recorder, record, texts, until } from '../../contract/recorder.ts';
import { sinkContract } from '../../contract/sink.ts';
import { sourceContract } from '../../contract/source.ts';

const PATIENCE = 5_000;
const NOW = 1_700_000_000_000 as Instant;
const IN = { topic: 'in', partition: 0 };
const JOURNAL = { topic: 'journal', partition: 0 };

/** Nothing gets lost and nothing takes time but what a test delays; a turn of the event loop is a millisecond. */
function surroundings(): Resource<Surroundings> {
  const clock = new ManualClock(Date.now());
  let over = false;
  const go = async (): Promise<void> => {
    while (!over) await clock.advance(1);
  };
  void go();
  const stop = async (): Promise<void> => {
    over = true;
  };
  return { value: { clock, servers: {}, client: () => ({ link: DIRECT, clock }) }, stop };
}

const harness = inMemoryHarness(surroundings);
sinkContract('memory', harness);
sourceContract('memory', harness);
logsContract('memory', harness);
positionsContract('memory', harness);
committedContract('memory', harness);
pendingContract('memory', harness);
linkContract('memory', harness);

async function world(): Promise<InMemoryWorld> {
  const made = await harness.world();
  onTestFinished(() => made.stop());
  return made;
}

describe('the faults of the in-memory Kafka', () => {
  const commitWith = async (fault: CommitFault) => {
    const { kafka } = await world();
    const sinks = memorySinks(kafka, 'app', 'journal');
    const sink = await sinks.open(0);
    sinks.faults.nextCommit = fault;
    const { outcome } = await sink.commit([Buffer.from('j')], [record('out', 1, 'o')], NOW);
    await expect(sink.commit([Buffer.from('j')], [], NOW)).rejects.toThrow('used up');
    const visible = (): number[] => [kafka.records('journal', 0).length, kafka.records('out', 1).length];
    const stable = kafka.ends('journal')[0]?.end;
    const before = visible();
    await sinks.open(0);
    return { outcome, before, after: visible(), stable, end: kafka.ends('journal')[0]?.end };
  };

  it('unknown-committed: it happened', async () => {
    expect(await commitWith('unknown-committed')).toEqual({ outcome: 'unknown', before: [1, 1], after: [1, 1], stable: 2, end: 2 });
  });

  it('unknown-aborted: it did not happen', async () => {
    expect(await commitWith('unknown-aborted')).toEqual({ outcome: 'unknown', before: [0, 0], after: [0, 0], stable: 2, end: 2 });
  });

  it('unknown-open: it holds the last stable offset until the id is opened again', async () => {
    expect(await commitWith('unknown-open')).toEqual({ outcome: 'unknown', before: [0, 0], after: [0, 0], stable: 0, end: 2 });
  });

  it('refused: it did not happen', async () => {
    expect(await commitWith('refused')).toEqual({ outcome: 'refused', before: [0, 0], after: [0, 0], stable: 0, end: 2 });
  });

  it('I1 a worker that hangs inside its transaction is fenced by the next, and its commit answers unknown', async () => {
    const { kafka } = await world();
    const sinks = memorySinks(kafka, 'app', 'journal');
    const old = await sinks.open(0);
    let thaw = (): void => {};
    let hangs = false;
    sinks.faults.beforeCommit = () => {
      hangs = true;
      return new Promise((resolve) => {
        thaw = resolve;
      });
    };
    const zombie = old.commit([Buffer.from('zombie')], [], NOW);
    await until('the hang', PATIENCE, () => hangs);
    sinks.faults.beforeCommit = null;
    const young = await sinks.open(0);
    expect((await young.commit([Buffer.from('young')], [], NOW)).outcome).toBe('committed');
    thaw();
    expect((await zombie).outcome).toBe('unknown');
    expect(texts(kafka.records('journal', 0))).toEqual(['young']);
  });

  it('a journal record carries the append time, and a step says it', async () => {
    const { kafka, sinks } = await world();
    const outcome = await (await sinks.open(0)).commit([Buffer.from('j')], [record('out', 0, 'o')], NOW);
    expect(outcome).toMatchObject({ outcome: 'committed', offset: 0, at: kafka.records('journal', 0)[0]?.timestamp });
    expect(kafka.records('out', 0)[0]?.timestamp).toBe(NOW);
  });

  it('a killed member falls silent, and its shards go to the others when the group notices', async () => {
    const { kafka, source: member } = await world();
    const sources = [member(), member()];
    const recorders = sources.map((source) => new Recorder(source));
    for (const [i, source] of sources.entries()) await source.start(recorders[i] ?? new Recorder(source));
    const [one, two] = recorders;
    await until(
      'a share for both',
      PATIENCE,
      () => (one?.shards?.length ?? 0) + (two?.shards?.length ?? 0) === 3 && two?.shards?.length !== 3,
    );
    sources[0]?.kill();
    const frozen = { ...one };
    kafka.append('in', 0, { value: 'a' });
    await turn();
    expect(two?.shards?.length).toBeLessThan(3);
    kafka.group('g').expire();
    await until('all shards', PATIENCE, () => two?.shards?.length === 3);
    expect({ assignments: one?.assignments, rebalances: one?.rebalances }).toEqual({
      assignments: frozen.assignments,
      rebalances: frozen.rebalances,
    });
    await sources[1]?.stop();
  });

  it('I1 an evicted member goes on reading, without heartbeats, until it joins again', async () => {
    const { kafka, source: member } = await world();
    const source = member();
    const recorder = new Recorder(source);
    await source.start(recorder);
    await until('a heartbeat', PATIENCE, () => recorder.heartbeats > 1);
    recorder.read(IN, 0);
    source.evict();
    const beats = recorder.heartbeats;
    kafka.append('in', 0, { value: 'a' });
    await until('the record', PATIENCE, () => recorder.of(IN).length === 1);
    expect(recorder.heartbeats).toBe(beats);
    source.rejoin();
    await until('a heartbeat again', PATIENCE, () => recorder.heartbeats > beats);
    expect(recorder.assignments).toBe(2);
    await source.stop();
  });

  it('a position that the log no longer has gives nothing', async () => {
    const { kafka, source: member } = await world();
    for (const value of ['a', 'b', 'c']) kafka.append('in', 0, { value });
    kafka.deleteBefore(IN, 2);
    const source = member();
    const recorder = new Recorder(source);
    recorder.onAssigned = () => {
      recorder.read(IN, 0);
      recorder.read(JOURNAL, 0);
    };
    await source.start(recorder);
    kafka.append('journal', 0, { value: 'seen' });
    await until('another partition', PATIENCE, () => recorder.of(JOURNAL).length === 1);
    expect(recorder.of(IN)).toEqual([]);
    recorder.read(IN, 2);
    await until('what is there', PATIENCE, () => recorder.of(IN).length === 1);
    await source.stop();
  });
});
