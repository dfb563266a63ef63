/** Steps as the suites of a Kafka client write them, and what must be in the logs after them. */
import { expect } from 'vitest';
import type { Instant } from '../../src/domain/ids.ts';
import type { CommitOutcome, LogRecord, Source, TopicPartition, TransactionalSink } from '../../src/engine/ports.ts';
import type { World } from './harness.ts';
import { Recorder, record, texts, until } from './recorder.ts';

export const NOW = 1_700_000_000_000 as Instant;

export const journalOf = (world: World, shard: number): TopicPartition => ({ topic: world.journal, partition: shard });
export const outputOf = (world: World, shard: number): TopicPartition => ({ topic: world.output, partition: shard });

/** One journal record of that name, and two outputs on the shard's partition. */
export const commitStep = (world: World, sink: TransactionalSink, shard: number, name: string): Promise<CommitOutcome> =>
  sink.commit([Buffer.from(name)], [record(world.output, shard, `${name}.0`), record(world.output, shard, `${name}.1`)], NOW);

export function committed(outcome: CommitOutcome) {
  if (outcome.outcome !== 'committed') throw new Error(`not committed: ${outcome.outcome}`, { cause: outcome.cause });
  return outcome;
}

/** The journal and the outputs hold these steps, whole, once and in this order (I2). The end of a transaction shows a moment after its answer. */
export async function expectSteps(world: World, shard: number, names: readonly string[], patience: number): Promise<void> {
  const options = { timeout: patience, interval: 20 };
  await expect.poll(async () => texts(await world.read(journalOf(world, shard))), options).toEqual(names);
  const outputs = names.flatMap((name) => [`${name}.0`, `${name}.1`]);
  await expect.poll(async () => texts(await world.read(outputOf(world, shard))), options).toEqual(outputs);
}

export const endOf = async (world: World, at: TopicPartition): Promise<number> =>
  (await world.logs.ends(at.topic))[at.partition]?.end ?? -1;

/** Nothing of the shard's journal and outputs is neither committed nor aborted. */
export async function expectDecided(world: World, shard: number): Promise<void> {
  for (const at of [journalOf(world, shard), outputOf(world, shard)]) {
    expect(await endOf(world, at)).toBe(await world.logs.logEnd(at));
  }
}

/** how long a join may take */
const JOIN_MS = 30_000;

/** Starts a member that reads one partition, from an offset and after each rejoin from where it stood. */
export async function readFrom(source: Source, at: TopicPartition, offset: number): Promise<Recorder> {
  const reader = new Recorder(source);
  reader.onAssigned = () => reader.read(at, Math.max(offset, reader.reached(at)));
  await source.start(reader);
  // What is sought before an assignment is forgotten with it.
  await until('the first assignment', JOIN_MS, () => reader.assignments > 0);
  return reader;
}

/** Seeks a member back to an offset and gives all from there to the log's end. */
export async function readAgain(
  world: World,
  reader: Recorder,
  at: TopicPartition,
  offset: number,
  patience: number,
): Promise<LogRecord[]> {
  const end = await endOf(world, at);
  reader.taken.clear();
  reader.next.clear();
  reader.read(at, offset);
  await until(`the end of ${at.topic} ${at.partition}, from ${offset}`, patience, () => reader.reached(at) >= end);
  return reader.of(at);
}
