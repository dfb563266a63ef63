/** The contract of `Logs`: where logs begin and end, and their deletion from the front. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Harness, World } from './harness.ts';
import { record, texts } from './recorder.ts';

export function logsContract(name: string, harness: Harness): void {
  describe(`logs of ${name}`, () => {
    let world: World;
    beforeEach(async () => {
      world = await harness.world();
    });
    afterEach(() => world.stop());

    it('gives start and end of every partition by its number', async () => {
      const [topic] = world.inputs;
      await world.produce([record(topic, 1, 'a'), record(topic, 1, 'b')]);
      const ends = await world.logs.ends(topic);
      expect(ends).toEqual(Array.from({ length: world.shards }, (_, shard) => ({ start: 0, end: shard === 1 ? 2 : 0 })));
    });

    it('the end is the last stable offset: an open transaction holds it back', async () => {
      const [topic] = world.inputs;
      await world.produce([record(topic, 0, 'a')]);
      const open = await world.begin([record(topic, 0, 'b')]);
      await world.produce([record(topic, 0, 'c')]);
      expect((await world.logs.ends(topic))[0]?.end).toBe(1);
      expect(await world.logs.logEnd({ topic, partition: 0 })).toBe(3);
      await open.commit();
      // a, b, c and at most one marker
      const end = (await world.logs.ends(topic))[0]?.end ?? 0;
      expect(end).toBeGreaterThanOrEqual(3);
      expect(end).toBeLessThanOrEqual(4);
      expect(await world.logs.logEnd({ topic, partition: 0 })).toBe(end);
      expect(texts(await world.read({ topic, partition: 0 }))).toEqual(['a', 'b', 'c']);
    });

    it('deletes what lies before an offset, and nothing else; again, or further back, changes nothing', async () => {
      const of = { topic: world.journal, partition: 1 };
      await world.produce(['a', 'b', 'c'].map((text) => record(of.topic, of.partition, text)));
      await world.logs.deleteBefore(of, 2);
      expect(await world.logs.ends(of.topic)).toContainEqual({ start: 2, end: 3 });
      await world.logs.deleteBefore(of, 2);
      await world.logs.deleteBefore(of, 1);
      expect((await world.logs.ends(of.topic))[1]).toEqual({ start: 2, end: 3 });
      expect(texts(await world.read(of))).toEqual(['c']);
    });

    it('knows of no group offsets before there are any', async () => {
      expect(await world.logs.hasGroupOffsets(world.inputs.map((topic) => ({ topic, partition: 0 })))).toBe(false);
    });
  });
}
