/** The contract of a Kafka client on positions that a log does not have: they never move silently (I3, I4); that they are gone shows in `ends`. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Harness, World } from './harness.ts';
import { Recorder, record, texts, until } from './recorder.ts';

export function positionsContract(name: string, harness: Harness): void {
  describe(`positions that the log does not have, and ${name}`, () => {
    let world: World;
    beforeEach(async () => {
      world = await harness.world();
    });
    afterEach(() => world.stop());

    it('I3 I4 never moves silently: nothing comes, and `ends` shows why', async () => {
      const [topic, other] = world.inputs;
      const deleted = { topic, partition: 0 };
      const short = { topic, partition: 1 };
      const live = { topic: other, partition: 0 };
      for (const at of [deleted, short]) await world.produce(['a', 'b', 'c', 'd'].map((text) => record(at.topic, at.partition, text)));
      await world.logs.deleteBefore(deleted, 2);
      const one = new Recorder(world.source());
      await one.source.start(one);
      await until('the assignment', harness.patience, () => one.shards !== null);
      one.read(deleted, 1); // before the log's start
      one.read(short, 9); // after its end
      one.read(live, 0);
      await world.produce([record(live.topic, live.partition, 'x')]);
      await until('another partition goes on', harness.patience, () => one.of(live).length === 1);
      await world.produce([record(short.topic, short.partition, 'e')]);
      const heartbeats = one.heartbeats;
      await until('the group is kept', harness.patience, () => one.heartbeats > heartbeats + 1);
      expect([...one.taken.keys()]).toEqual([`${live.topic} 0`]);
      expect((await world.logs.ends(topic)).slice(0, 2)).toEqual([
        { start: 2, end: 4 },
        { start: 0, end: 5 },
      ]);
      expect(one.crash).toBeNull();
      one.source.seek(deleted, 2);
      await until('what is left, once sought', harness.patience, () => one.of(deleted).length === 2);
    });

    it('I3 I4 a log that is deleted under a reader gives no gap: the reader stays where it was', async () => {
      const at = { topic: world.inputs[0], partition: 0 };
      await world.produce(['a', 'b'].map((text) => record(at.topic, at.partition, text)));
      const one = new Recorder(world.source());
      await one.source.start(one);
      await until('the assignment', harness.patience, () => one.shards !== null);
      one.read(at, 0);
      await until('both', harness.patience, () => one.of(at).length === 2);
      one.source.pause([at]);
      await world.produce(['lost', 'c'].map((text) => record(at.topic, at.partition, text)));
      await world.logs.deleteBefore(at, 3);
      one.source.resume([at]);
      const heartbeats = one.heartbeats;
      await until('some fetches', harness.patience, () => one.heartbeats > heartbeats + 1);
      expect(texts(one.of(at))).toEqual(['a', 'b']);
      expect((await world.logs.ends(at.topic))[0]?.start).toBeGreaterThan(one.reached(at));
    });
  });
}
