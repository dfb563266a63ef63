/**
 * What the contract suites share: records by their text, events of a source in the order they came, and bounded waits on a condition.
 */
import { SystemClock } from '../../src/engine/clock.ts';
import type { Clock, LogRecord, OutRecord, Records, Source, SourceEvents, TopicPartition } from '../../src/engine/ports.ts';
import { made } from '../../src/engine/records.ts';

export const record = (topic: string, partition: number, text: string): OutRecord => ({
  topic,
  partition,
  key: null,
  value: Buffer.from(text),
  headers: [],
});

export const texts = (records: readonly LogRecord[]): string[] => records.map(({ value }) => value?.toString() ?? '');

const SYSTEM = new SystemClock();

/** Asks again every few milliseconds until the condition holds; fails after `patience` ms. `clock`: a rig's, where a moment must not be missed. */
export async function until(what: string, patience: number, holds: () => boolean | Promise<boolean>, clock: Clock = SYSTEM): Promise<void> {
  const deadline = clock.monotonic() + patience;
  while (!(await holds())) {
    if (clock.monotonic() > deadline) throw new Error(`${what}: it did not happen within ${patience} ms`);
    await clock.sleep(10);
  }
}

type Accept = (records: Records) => number;

/** A member whose events are written down. Whatever is read from, is sought and resumed by hand or by `read`. */
export class Recorder implements SourceEvents {
  readonly source: Source;
  /** the current assignment, null while there is none */
  shards: readonly number[] | null = null;
  assignments = 0;
  rebalances = 0;
  heartbeats = 0;
  crash: Error | null = null;
  /** what was accepted, by `topic partition`, and the last `next` */
  readonly taken = new Map<string, LogRecord[]>();
  readonly next = new Map<string, number>();
  /** how many records of a batch to accept; all unless set */
  accept: Accept = (records) => records.length;
  /** called within `assigned` */
  onAssigned: (shards: readonly number[]) => void = () => undefined;

  constructor(source: Source) {
    this.source = source;
  }

  assigned(shards: readonly number[]): void {
    this.shards = shards;
    this.assignments += 1;
    this.onAssigned(shards);
  }

  rebalancing(): void {
    this.rebalances += 1;
  }

  heartbeat(): void {
    this.heartbeats += 1;
  }

  batch(from: TopicPartition, records: Records, next: number): number {
    const name = `${from.topic} ${from.partition}`;
    const accepted = this.accept(records);
    this.taken.set(name, [...(this.taken.get(name) ?? []), ...made(records.slice(0, accepted))]);
    this.next.set(name, accepted < records.length ? (records.at(accepted)?.offset ?? -1) : next);
    return accepted;
  }

  crashed(error: Error): void {
    this.crash = error;
  }

  of(from: TopicPartition): LogRecord[] {
    return this.taken.get(`${from.topic} ${from.partition}`) ?? [];
  }

  reached(from: TopicPartition): number {
    return this.next.get(`${from.topic} ${from.partition}`) ?? -1;
  }

  read(from: TopicPartition, offset: number): void {
    this.source.seek(from, offset);
    this.source.resume([from]);
  }
}
