/** Who owns which shard: properties of the pure function, and the bytes in the members' metadata. */
import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { assignShards, decodeOwned, encodeOwned, type Member, shardAssigner } from '../../../src/adapters/kafka/assigner.ts';

const { AssignerProtocol } = kafkajs;
const all = (n: number) => Array.from({ length: n }, (_, shard) => shard);

/** Members with any claims: of shards that do not exist, of the same shards twice, of each other's. */
const groups = fc.record({
  n: fc.integer({ min: 1, max: 24 }),
  members: fc
    .uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 })
    .chain((ids) =>
      fc.tuple(
        ...ids.map((id) =>
          fc.record({ id: fc.constant(id), owned: fc.array(fc.oneof(fc.integer({ min: -2, max: 26 }), fc.double()), { maxLength: 12 }) }),
        ),
      ),
    ),
});

/** The most shards that can stay, tried over every way to give the larger shares. */
function mostThatStay(n: number, owned: readonly number[]): number {
  const least = Math.floor(n / owned.length);
  const larger = n % owned.length;
  let best = 0;
  for (let mask = 0; mask < 1 << owned.length; mask++) {
    const quotas = owned.map((_, i) => least + ((mask >> i) & 1));
    if (quotas.reduce((sum, quota) => sum + quota, 0) !== least * owned.length + larger) continue;
    best = Math.max(
      best,
      owned.reduce((sum, count, i) => sum + Math.min(count, quotas[i] ?? 0), 0),
    );
  }
  return best;
}

describe('the assignment of shards', () => {
  it('gives each shard to exactly one member', () => {
    fc.assert(
      fc.property(groups, ({ n, members }) => {
        const given = [...assignShards(n, members).values()].flat();
        expect(given.sort((a, b) => a - b)).toEqual(all(n));
      }),
    );
  });

  it('is balanced within one', () => {
    fc.assert(
      fc.property(groups, ({ n, members }) => {
        const sizes = [...assignShards(n, members).values()].map(({ length }) => length);
        expect(sizes).toHaveLength(members.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it('is the same in whatever order members and claims come', () => {
    fc.assert(
      fc.property(groups, ({ n, members }) => {
        const turned = members.toReversed().map(({ id, owned }) => ({ id, owned: owned.toReversed() }));
        expect(assignShards(n, turned)).toEqual(assignShards(n, members));
      }),
    );
  });

  it('moves as few shards as balance allows', () => {
    fc.assert(
      fc.property(groups, fc.func(fc.nat(7)), ({ n, members }, owner) => {
        const held: Member[] = members.map(({ id }, i) => ({ id, owned: all(n).filter((shard) => owner(shard) % members.length === i) }));
        const after = assignShards(n, held);
        const stayed = held.reduce((sum, { id, owned }) => sum + owned.filter((shard) => after.get(id)?.includes(shard)).length, 0);
        expect(stayed).toBe(
          mostThatStay(
            n,
            held.map(({ owned }) => owned.length),
          ),
        );
      }),
    );
  });

  it('a member that leaves moves only its own shards', () => {
    const before = assignShards(
      12,
      ['a', 'b', 'c', 'd'].map((id) => ({ id, owned: [] })),
    );
    const after = assignShards(
      12,
      ['a', 'b', 'd'].map((id) => ({ id, owned: before.get(id) ?? [] })),
    );
    for (const id of ['a', 'b', 'd']) expect(after.get(id)).toEqual(expect.arrayContaining(before.get(id) ?? []));
  });

  it('an empty group has no assignment', () => {
    expect(assignShards(3, [])).toEqual(new Map());
  });
});

describe('the metadata of a member', () => {
  const metadata = (userData: Buffer) => AssignerProtocol.MemberMetadata.encode({ version: 1, topics: ['t'], userData });

  it('tells what it owns', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4_000_000_000 })), (owned) => {
        expect(decodeOwned(metadata(encodeOwned(owned)))).toEqual(owned);
      }),
    );
  });

  it('survives whatever a stranger put there', () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(bytes, (garbage) => {
        expect(Array.isArray(decodeOwned(garbage))).toBe(true);
        expect(Array.isArray(decodeOwned(metadata(garbage)))).toBe(true);
      }),
    );
    expect(decodeOwned(metadata(Buffer.from('sticky 1,2,3')))).toEqual([]);
    expect(decodeOwned(Buffer.alloc(0))).toEqual([]);
  });
});

describe('the assigner as kafkajs uses it', () => {
  it('gives the owner of shard p the partitions q with q mod N = p of every topic, each partition once', async () => {
    const counts: Readonly<Record<string, number>> = { journal: 4, reroute: 4, wide: 10, narrow: 3 };
    const cluster = {
      findTopicPartitionMetadata: (topic: string) =>
        all(counts[topic] ?? 0).map((partitionId) => ({ partitionId, partitionErrorCode: 0, leader: 0, replicas: [], isr: [] })),
    };
    const assigner = shardAssigner(4, () => [3, 1]);
    // Of a cluster the assigner uses this one method.
    const { assign, protocol } = Reflect.apply(assigner, undefined, [{ cluster, groupId: 'g', logger: null }]);
    const topics = Object.keys(counts);
    const stranger = AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.from('?') });
    const members = [
      { memberId: 'a', memberMetadata: stranger },
      { memberId: 'b', memberMetadata: protocol({ topics }).metadata },
    ];
    const found = new Map<string, Record<string, number[]>>();
    for (const { memberId, memberAssignment } of await assign({ members, topics })) {
      found.set(memberId, AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment ?? {});
    }
    expect(found.get('b')).toEqual({ journal: [1, 3], reroute: [1, 3], wide: [1, 3, 5, 7, 9], narrow: [1] });
    expect(found.get('a')).toEqual({ journal: [0, 2], reroute: [0, 2], wide: [0, 2, 4, 6, 8], narrow: [0, 2] });
  });
});
