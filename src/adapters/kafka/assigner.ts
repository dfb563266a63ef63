/**
 * Who owns which shard. `assignShards` is pure; around it stands what kafkajs asks of an assigner. The owner of shard p gets, of every topic, the
 * partitions q with q mod N = p: of journal and reroute, which have N, partition p. Sticky: each member tells in its metadata what it owns.
 * Membership is advisory (I1): a wrong or stale claim costs a needless move, never correctness.
 */
import kafkajs, { type PartitionAssigner } from 'kafkajs';

const { AssignerProtocol } = kafkajs;

/** By it a group of ours is known. */
export const ASSIGNER = 'rapport-shards';

export interface Member {
  readonly id: string;
  /** shards that it says it owns; anything a stranger may have written */
  readonly owned: readonly number[];
}

/**
 * Shards 0 … n−1 over the members: each shard once, balanced within one, with as few moves as balance allows, the same for any order of the members.
 * Two claims of one shard: the member with the lower id has it.
 */
export function assignShards(n: number, members: readonly Member[]): Map<string, number[]> {
  const ids = [...new Set(members.map(({ id }) => id))].sort();
  const result = new Map<string, number[]>(ids.map((id) => [id, []]));
  if (ids.length === 0) return result;

  const claimed = new Set<number>();
  const claims = ids.map((id) => {
    const said = members.filter((member) => member.id === id).flatMap(({ owned }) => owned);
    const owned = [...new Set(said)]
      .filter((shard) => Number.isInteger(shard) && shard >= 0 && shard < n && !claimed.has(shard))
      .sort((a, b) => a - b);
    for (const shard of owned) claimed.add(shard);
    return { id, owned };
  });

  // Who owns most keeps the one more that some must have: that moves fewest.
  const least = Math.floor(n / ids.length);
  const larger = n % ids.length;
  const quota = new Map(
    claims
      .toSorted((a, b) => b.owned.length - a.owned.length || (a.id < b.id ? -1 : 1))
      .map(({ id }, rank) => [id, rank < larger ? least + 1 : least]),
  );
  const kept = new Set<number>();
  for (const { id, owned } of claims) {
    for (const shard of owned.slice(0, quota.get(id))) {
      kept.add(shard);
      result.get(id)?.push(shard);
    }
  }
  const free = Array.from({ length: n }, (_, shard) => shard).filter((shard) => !kept.has(shard));
  for (const [id, shards] of result) {
    shards.push(...free.splice(0, (quota.get(id) ?? 0) - shards.length));
    shards.sort((a, b) => a - b);
  }
  return result;
}

/** One byte of version, then the shards as 32-bit numbers. */
export function encodeOwned(shards: readonly number[]): Buffer {
  const bytes = Buffer.alloc(1 + shards.length * 4);
  bytes.writeUInt8(1, 0);
  for (const [i, shard] of shards.entries()) bytes.writeUInt32BE(shard, 1 + i * 4);
  return bytes;
}

/** The shards that a member's metadata claims; none when it is not ours. */
export function decodeOwned(metadata: Buffer): number[] {
  try {
    const { userData } = AssignerProtocol.MemberMetadata.decode(metadata) ?? {};
    if (!Buffer.isBuffer(userData) || userData.length % 4 !== 1 || userData[0] !== 1) return [];
    return Array.from({ length: (userData.length - 1) / 4 }, (_, i) => userData.readUInt32BE(1 + i * 4));
  } catch {
    return []; // a stranger's metadata may be anything; it then owns nothing
  }
}

/** kafkajs's assigner for N shards. `owned` is asked for at each join. */
export const shardAssigner =
  (n: number, owned: () => readonly number[]): PartitionAssigner =>
  ({ cluster }) => ({
    name: ASSIGNER,
    version: 1,
    async assign({ members, topics }) {
      const shards = assignShards(
        n,
        members.map(({ memberId, memberMetadata }) => ({ id: memberId, owned: decodeOwned(memberMetadata) })),
      );
      const partitions = topics.map((topic) => ({
        topic,
        ids: cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId),
      }));
      return [...shards].map(([memberId, own]) => {
        const mine = new Set(own);
        const assignment = Object.fromEntries(
          partitions.map(({ topic, ids }) => [topic, ids.filter((id) => mine.has(id % n)).sort((a, b) => a - b)]),
        );
        return {
          memberId,
          memberAssignment: AssignerProtocol.MemberAssignment.encode({ version: 1, assignment, userData: Buffer.alloc(0) }),
        };
      });
    },
    protocol({ topics }) {
      return {
        name: ASSIGNER,
        metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: encodeOwned(owned()) }),
      };
    },
  });
