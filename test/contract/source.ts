/** The contract of `Source`: membership, positions, back-pressure, and what a reader of committed records may see. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TopicPartition } from '../../src/engine/ports.ts';
import type { Harness, World } from './harness.ts';
import { Recorder, record, texts, until } from './recorder.ts';

export function sourceContract(name: string, harness: Harness): void {
  describe(`source of ${name}`, () => {
    let world: World;
    let at: TopicPartition;

    beforeEach(async () => {
      world = await harness.world();
      at = { topic: world.inputs[0], partition: 1 };
    });
    afterEach(() => world.stop());

    const join = async (recorder = new Recorder(world.source())): Promise<Recorder> => {
      await recorder.source.start(recorder);
      await until('the first assignment', harness.patience, () => recorder.shards !== null);
      return recorder;
    };
    const produce = (...values: string[]) => world.produce(values.map((value) => record(at.topic, at.partition, value)));

    it('gives a lone member every shard, and heartbeats', async () => {
      const one = await join();
      expect(one.shards).toEqual(Array.from({ length: world.shards }, (_, shard) => shard));
      await until('a heartbeat', harness.patience, () => one.heartbeats > 0);
    });

    it('I4 reads from the offset sought, in offset order, each record once', async () => {
      await produce('a', 'b', 'c', 'd');
      const one = await join();
      one.read(at, 1);
      await until('three records', harness.patience, () => one.of(at).length >= 3);
      await produce('e');
      await until('the fourth', harness.patience, () => one.of(at).length >= 4);
      expect(texts(one.of(at))).toEqual(['b', 'c', 'd', 'e']);
      expect(one.of(at).map(({ offset }) => offset)).toEqual([1, 2, 3, 4]);
      expect(one.reached(at)).toBe(5);
    });

    it('lets nothing through that was not resumed, though it was sought', async () => {
      await produce('a');
      const other = { topic: world.inputs[1], partition: 1 };
      await world.produce([record(other.topic, other.partition, 'seen')]);
      const one = await join();
      one.source.seek(at, 0);
      one.read(other, 0);
      await until('the resumed partition', harness.patience, () => one.of(other).length === 1);
      expect(one.of(at)).toEqual([]);
    });

    it('gives what was not accepted again, and goes on after the last accepted record', async () => {
      await produce('a', 'b', 'c');
      const one = new Recorder(world.source());
      let calls = 0;
      one.accept = (records) => (calls++ % 2 === 0 ? 0 : Math.min(1, records.length));
      await join(one);
      one.read(at, 0);
      await until('all three', harness.patience, () => one.of(at).length >= 3);
      expect(texts(one.of(at))).toEqual(['a', 'b', 'c']);
    });

    it('a pause from within a batch holds until it is resumed, and loses nothing', async () => {
      await produce('a', 'b');
      const one = new Recorder(world.source());
      let pause = true;
      one.accept = (records) => {
        if (pause) one.source.pause([at]);
        return Math.min(1, records.length);
      };
      await join(one);
      one.read(at, 0);
      await until('the first', harness.patience, () => one.of(at).length === 1);
      const other = { topic: world.inputs[1], partition: 0 };
      await world.produce([record(other.topic, other.partition, 'x')]);
      one.read(other, 0);
      await until('a fetch of another partition', harness.patience, () => one.of(other).length === 1);
      expect(texts(one.of(at))).toEqual(['a']);
      pause = false;
      one.source.resume([at]);
      await until('the second', harness.patience, () => one.of(at).length === 2);
      expect(texts(one.of(at))).toEqual(['a', 'b']);
    });

    it('a seek back reads again, a seek forward skips, and a seek from within a batch wins', async () => {
      await produce('a', 'b', 'c', 'd');
      const one = new Recorder(world.source());
      let back = true;
      one.accept = (records) => {
        if (back) one.source.seek(at, 2);
        back = false;
        return records.length;
      };
      await join(one);
      one.read(at, 3);
      await until('d, then c and d', harness.patience, () => one.of(at).length === 3);
      expect(texts(one.of(at))).toEqual(['d', 'c', 'd']);
      one.source.seek(at, 0);
      await until('all again', harness.patience, () => one.of(at).length === 7);
      await produce('e', 'f');
      await until('the new ones', harness.patience, () => one.of(at).length === 9);
      expect(texts(one.of(at)).slice(3)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    });

    it('I2 shows no record of an open or an aborted transaction, and moves past the aborted one', async () => {
      await produce('a');
      const open = await world.begin([record(at.topic, at.partition, 'hidden'), record(at.topic, at.partition, 'hidden too')]);
      await produce('b');
      const one = await join();
      one.read(at, 0);
      await until('what comes before the open transaction', harness.patience, () => one.of(at).length === 1);
      expect(one.reached(at)).toBe(1);
      await open.abort();
      await until('what comes after it', harness.patience, () => one.of(at).length === 2);
      expect(texts(one.of(at))).toEqual(['a', 'b']);
      const [, ends] = await world.logs.ends(at.topic);
      await until('the end', harness.patience, async () => one.reached(at) === ends?.end);
    });

    it('tells `next` past a tail of nothing but aborted records and markers', async () => {
      const start = await produce('a');
      const open = await world.begin([record(at.topic, at.partition, 'hidden')]);
      await open.abort();
      const [, ends] = await world.logs.ends(at.topic);
      expect(ends?.end).toBeGreaterThanOrEqual(start + 2);
      const one = await join();
      one.read(at, 1);
      await until('the end', harness.patience, () => one.reached(at) === ends?.end);
      expect(one.of(at)).toEqual([]);
      await produce('b');
      await until('what comes after', harness.patience, () => one.of(at).length === 1);
    });

    it('shows a committed transaction whole', async () => {
      const open = await world.begin([record(at.topic, at.partition, 'a'), record(at.topic, at.partition, 'b')]);
      await open.commit();
      const one = await join();
      one.read(at, 0);
      await until('both', harness.patience, () => one.of(at).length === 2);
      expect(texts(one.of(at))).toEqual(['a', 'b']);
    });

    it('shares the shards with a second member, and forgets positions at the rejoin', async () => {
      await produce('a', 'b');
      const one = await join();
      for (const shard of one.shards ?? []) one.read({ topic: at.topic, partition: shard }, 0);
      await until('both', harness.patience, () => one.of(at).length === 2);
      const two = new Recorder(world.source());
      await two.source.start(two);
      await until('a share for both', harness.patience, () => two.shards !== null && one.assignments === 2);
      expect(one.rebalances).toBeGreaterThan(0);
      expect([...(one.shards ?? []), ...(two.shards ?? [])].sort()).toEqual(Array.from({ length: world.shards }, (_, shard) => shard));
      expect(Math.abs((one.shards?.length ?? 0) - (two.shards?.length ?? 0))).toBeLessThanOrEqual(1);
      const owner = one.shards?.includes(at.partition) ? one : two;
      const before = owner.of(at).length;
      await produce('c');
      owner.read(at, 2);
      await until('the new record, and only that', harness.patience, () => owner.of(at).length > before);
      expect(texts(owner.of(at).slice(before))).toEqual(['c']);
      expect((owner === one ? two : one).of(at).length).toBe(owner === one ? 0 : 2);
    });

    it('a seek and a resume from within `assigned` count', async () => {
      await produce('a', 'b');
      const one = new Recorder(world.source());
      one.onAssigned = () => one.read(at, 1);
      await join(one);
      await until('the record', harness.patience, () => one.of(at).length === 1);
      expect(texts(one.of(at))).toEqual(['b']);
    });

    it('leaving hands the shards to the other member at once', async () => {
      const one = await join();
      const two = new Recorder(world.source());
      await two.source.start(two);
      await until('a share for both', harness.patience, () => two.shards !== null && one.assignments === 2);
      await two.source.stop();
      await until('all shards back', harness.patience, () => one.shards?.length === world.shards);
      expect(two.crash).toBeNull();
    });

    it('commits group offsets, which `logs` then knows of', async () => {
      await produce('a');
      const one = await join();
      expect(await world.logs.hasGroupOffsets([at])).toBe(false);
      await one.source.commitOffsets([{ ...at, offset: 1 }]);
      await until('the offset', harness.patience, () => world.logs.hasGroupOffsets([at]));
      expect(await world.logs.hasGroupOffsets([{ topic: at.topic, partition: 0 }])).toBe(false);
    });
  });
}
