/**
 * The port `Source` on the in-memory Kafka: one member of a group. Boundary: fetching and membership; it knows nothing of what records mean. It is as
 * unhelpful as the real one: batches come on a later turn of the event loop, answers may hold no records, what was not accepted comes again, and a rejoin
 * forgets every position. After a rejoin every partition is paused and gives nothing until it has been sought and resumed.
 */
import type { Clock, Source, SourceEvents, TopicPartition } from '../../engine/ports.ts';
import type { Member } from './group.ts';
import type { MemoryKafka } from './kafka.ts';
import { DIRECT, type Link } from './link.ts';

export interface MemorySourceOptions {
  readonly group: string;
  /** all inputs, reroute and journal */
  readonly topics: readonly string[];
  /** N */
  readonly shards: number;
  /** records in a batch at most; 500 unless given */
  readonly batchSize?: number;
  /** paces the heartbeats */
  readonly clock: Clock;
  /** ms; 500 unless given */
  readonly heartbeatMs?: number;
  /** DIRECT unless given */
  readonly link?: Link;
}

interface Assigned extends TopicPartition {
  paused: boolean;
  /** null until sought */
  position: number | null;
}

const nameOf = (of: TopicPartition): string => `${of.topic}/${of.partition}`;

export class MemorySource implements Source, Member {
  readonly #kafka: MemoryKafka;
  readonly #options: MemorySourceOptions;
  readonly #link: Link;
  readonly #ended = new AbortController();
  #events: SourceEvents | null = null;
  #partitions = new Map<string, Assigned>();
  #shards: readonly number[] = [];
  #scheduled = false;
  #assignment = 0;
  #joining: Promise<unknown> = Promise.resolve();
  #unsubscribe: () => void = () => {};

  constructor(kafka: MemoryKafka, options: MemorySourceOptions) {
    this.#kafka = kafka;
    this.#options = options;
    this.#link = options.link ?? DIRECT;
  }

  async start(events: SourceEvents): Promise<void> {
    this.#events = events;
    this.#unsubscribe = this.#kafka.onChange(() => this.#schedule());
    this.#joining = this.#link.call('join', () => this.#kafka.group(this.#options.group).join(this, this.#options.shards));
    await this.#joining;
    void this.#beat();
  }

  seek(to: TopicPartition, offset: number): void {
    const partition = this.#partitions.get(nameOf(to));
    if (partition !== undefined) partition.position = offset;
    this.#schedule();
  }

  pause(partitions: readonly TopicPartition[]): void {
    this.#setPaused(partitions, true);
  }

  resume(partitions: readonly TopicPartition[]): void {
    this.#setPaused(partitions, false);
    this.#schedule();
  }

  async commitOffsets(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    await this.#link.call('commit group offsets', () => this.#kafka.group(this.#options.group).commit(offsets)).catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.kill();
    await this.#joining.catch(() => undefined);
    await this.#link.call('leave', () => this.#kafka.group(this.#options.group).leave(this)).catch(() => undefined);
  }

  /** Vanishes as a killed process does: no more callbacks, and the group notices only at its `expire()`. */
  kill(): void {
    this.#ended.abort();
    this.#unsubscribe();
  }

  /** Is dropped from the group without being told, and goes on with the shards that it believes it has. */
  evict(): void {
    this.#kafka.group(this.#options.group).evict(this);
  }

  /** Joins again after `evict`, as a client does that has noticed. */
  rejoin(): void {
    this.#kafka.group(this.#options.group).join(this, this.#options.shards);
  }

  get alive(): boolean {
    return !this.#ended.signal.aborted;
  }

  /** The shards of the last assignment. */
  get shards(): readonly number[] {
    return this.#shards;
  }

  onRebalancing(): void {
    this.#events?.rebalancing();
  }

  onAssigned(shards: readonly number[]): void {
    const order = ++this.#assignment;
    this.#link.soon('assignment', () => {
      if (this.alive && order === this.#assignment) this.#assigned(shards);
    });
  }

  #assigned(shards: readonly number[]): void {
    this.#shards = shards;
    this.#partitions = new Map();
    for (const topic of this.#options.topics) {
      for (let partition = 0; partition < this.#kafka.partitions(topic); partition++) {
        if (!shards.includes(partition % this.#options.shards)) continue;
        this.#partitions.set(nameOf({ topic, partition }), { topic, partition, paused: true, position: null });
      }
    }
    this.#events?.assigned(shards);
    this.#link.soon('heartbeat', () => {
      if (this.alive) this.#events?.heartbeat();
    });
  }

  /** One fetch of every partition that may be read. Runs by itself; public for tests that want no turn of the event loop in between. */
  pump(): void {
    for (const partition of [...this.#partitions.values()]) {
      if (!this.alive) return;
      this.#fetch(partition);
    }
  }

  #fetch(partition: Assigned): void {
    const { position } = partition;
    if (partition.paused || position === null || this.#partitions.get(nameOf(partition)) !== partition) return;
    const log = this.#kafka.log(partition);
    // As the real one: a position that the log does not have gives nothing, and shows in `Logs.ends`.
    if (position < log.start || position > log.end) return;
    const { records, next } = log.read(position, this.#options.batchSize ?? 500);
    if (next === position) return;
    const from = { topic: partition.topic, partition: partition.partition };
    // Marked as taken before the call, so that a seek from inside it wins.
    partition.position = next;
    const accepted = this.#events?.batch(from, records, next) ?? 0;
    if (accepted < records.length && partition.position === next) partition.position = records[accepted]?.offset ?? next;
    this.#schedule();
  }

  #setPaused(partitions: readonly TopicPartition[], paused: boolean): void {
    for (const of of partitions) {
      const partition = this.#partitions.get(nameOf(of));
      if (partition !== undefined) partition.paused = paused;
    }
  }

  #schedule(): void {
    if (this.#scheduled || !this.alive) return;
    this.#scheduled = true;
    this.#link.soon('fetch', () => {
      this.#scheduled = false;
      this.pump();
    });
  }

  async #beat(): Promise<void> {
    const { clock, heartbeatMs = 500 } = this.#options;
    for (;;) {
      await clock.sleep(heartbeatMs, this.#ended.signal);
      if (!this.alive) return;
      if (this.#kafka.group(this.#options.group).has(this)) this.#events?.heartbeat();
    }
  }
}
