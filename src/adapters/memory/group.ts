/**
 * A consumer group of the in-memory Kafka: who owns which shard. Boundary: membership and assignment; what a member reads is its own affair (source.ts).
 * Ownership is advisory (I1): `evict` makes a member that still believes in its shards while another has them.
 */
import type { TopicPartition } from '../../engine/ports.ts';

/** Something that the cluster does by itself, a little later. */
export type Later = (what: string, action: () => void) => void;

export interface Member {
  /** false once it was killed: the group notices at `expire` */
  readonly alive: boolean;
  onRebalancing(): void;
  onAssigned(shards: readonly number[]): void;
}

export class MemoryGroup {
  readonly #members = new Map<Member, readonly number[]>();
  readonly #offsets = new Map<string, Map<number, number>>();
  #remembered: ReadonlyMap<string, ReadonlyMap<number, number>> = new Map();
  #shards = 0;
  #generation = 0;
  readonly #later: Later;

  constructor(later: Later) {
    this.#later = later;
  }

  join(member: Member, shards: number): void {
    this.#shards = shards;
    this.#members.set(member, []);
    this.rebalance();
  }

  /** Leaves: the others are told at once. */
  leave(member: Member): void {
    if (this.#members.delete(member)) this.rebalance();
  }

  /** What the session time-out does: killed members are dropped, their shards go to the others. */
  expire(): void {
    const dead = [...this.#members.keys()].filter((member) => !member.alive);
    for (const member of dead) this.#members.delete(member);
    if (dead.length > 0) this.rebalance();
  }

  /** Drops a member that is not told and goes on: a stalled worker, a cut link. */
  evict(member: Member): void {
    this.leave(member);
  }

  /** Whether a member's heartbeats succeed. */
  has(member: Member): boolean {
    return this.#members.has(member);
  }

  /** All members stop being sure of their shards, and are told the new ones a turn of the event loop later. */
  rebalance(): void {
    const generation = ++this.#generation;
    for (const member of this.#members.keys()) if (member.alive) member.onRebalancing();
    this.#later('assignment', () => {
      if (generation !== this.#generation) return;
      this.#assign();
      for (const [member, shards] of this.#members) if (member.alive && generation === this.#generation) member.onAssigned(shards);
    });
  }

  commit(offsets: readonly (TopicPartition & { readonly offset: number })[]): void {
    for (const { topic, partition, offset } of offsets) {
      const partitions = this.#offsets.get(topic) ?? new Map<number, number>();
      this.#offsets.set(topic, partitions.set(partition, offset));
    }
  }

  /** What an operator does who resets a group, or the time after which offsets expire. */
  forgetOffsets(): void {
    this.#offsets.clear();
  }

  /** What a coordinator that is cut off from now on goes on to answer. */
  remember(): void {
    this.#remembered = new Map([...this.#offsets].map(([topic, partitions]) => [topic, new Map(partitions)]));
  }

  /** @param stale as it was at the last `remember` */
  offset(of: TopicPartition, stale = false): number | null {
    return (stale ? this.#remembered : this.#offsets).get(of.topic)?.get(of.partition) ?? null;
  }

  /** Sticky and even: a member keeps what it has up to its fair share, what is left goes to those with the least. */
  #assign(): void {
    const count = this.#members.size;
    if (count === 0) return;
    const free = new Set(Array.from({ length: this.#shards }, (_, shard) => shard));
    const kept = [...this.#members].map(([member, shards]) => ({ member, shards: [...shards] }));
    const larger = this.#shards % count;
    kept.sort((a, b) => b.shards.length - a.shards.length);
    for (const [rank, entry] of kept.entries()) {
      entry.shards.length = Math.min(entry.shards.length, Math.floor(this.#shards / count) + (rank < larger ? 1 : 0));
      for (const shard of entry.shards) free.delete(shard);
    }
    for (const shard of free) kept.reduce((least, entry) => (entry.shards.length < least.shards.length ? entry : least)).shards.push(shard);
    for (const { member, shards } of kept)
      this.#members.set(
        member,
        shards.sort((a, b) => a - b),
      );
  }
}
