/** The contract of a Kafka client on what is pending: never taken for committed, and never overlooked. (A sink's own: ambiguous.ts.) */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Halt, Retryable } from '../../src/engine/errors.ts';
import type { TopicPartition } from '../../src/engine/ports.ts';
import type { ClientHarness, ClientWorld } from './client-harness.ts';
import type { Harness, World } from './harness.ts';
import { record, until } from './recorder.ts';
import { endOf, journalOf, NOW } from './steps.ts';

export function pendingContract(name: string, harness: Harness): void {
  describe(`what is pending, and ${name}`, () => {
    let world: World;
    let at: TopicPartition;
    beforeEach(async () => {
      world = await harness.world();
      at = { topic: world.inputs[0], partition: 0 };
    });
    afterEach(() => world.stop());

    it('I2 the end stays before the first of several open transactions, whichever is decided first; the log’s end shows all', async () => {
      await world.produce([record(at.topic, at.partition, 'a')]);
      const first = await world.begin([record(at.topic, at.partition, 'b')]);
      const second = await world.begin([record(at.topic, at.partition, 'c')]);
      const third = await world.begin([record(at.topic, at.partition, 'd')]);
      const ends = async () => [await endOf(world, at), await world.logs.logEnd(at)];
      expect(await ends()).toEqual([1, 4]);
      await second.commit();
      expect(await ends()).toEqual([1, 5]);
      await first.abort();
      expect(await ends()).toEqual([3, 6]);
      await third.commit();
      expect(await ends()).toEqual([7, 7]);
    });
  });
}

export function pendingOffsetsContract(name: string, harness: ClientHarness): void {
  describe(`group offsets and append times that are not to be relied on, and ${name}`, () => {
    let world: ClientWorld;
    let at: TopicPartition;
    beforeEach(async () => {
      world = await harness.world();
      at = { topic: world.inputs[0], partition: 0 };
    });
    afterEach(() => world.stop());

    /** Asked once: the truth, or that it cannot be told yet. */
    const asked = (): Promise<boolean | null> =>
      world.logs.hasGroupOffsets([at]).catch((error: unknown) => {
        if (error instanceof Retryable) return null;
        throw error;
      });

    it('I4 group offsets of an open transaction do not count; they do once it is committed', async () => {
      const open = await world.beginOffsets([{ ...at, offset: 5 }]);
      for (let i = 0; i < 5; i++) expect(await asked()).not.toBe(true);
      await open.commit();
      await until('the offsets', harness.patience, async () => (await asked()) === true);
      expect(await world.logs.hasGroupOffsets([{ ...at, partition: 1 }])).toBe(false);
    });

    it('I4 group offsets of an aborted transaction never count', async () => {
      const aborted = await world.beginOffsets([{ ...at, offset: 5 }]);
      await aborted.abort();
      const committed = await world.beginOffsets([{ ...at, partition: 1, offset: 5 }]);
      await committed.commit();
      await until('the other’s offsets', harness.patience, async () => {
        expect(await asked()).not.toBe(true);
        return world.logs.hasGroupOffsets([{ ...at, partition: 1 }]).catch(() => false);
      });
      await until('no offsets', harness.patience, async () => (await asked()) === false);
    });

    it('I2 a journal without append times is a Halt before anything is committed', async () => {
      const wrong = await harness.world({ journalAppendTime: false });
      const sink = await wrong.sinks.open(0);
      const halted = await sink.commit([Buffer.from('x')], [], NOW).catch((error: unknown) => error);
      expect(halted).toBeInstanceOf(Halt);
      expect(String(halted)).toContain('LogAppendTime');
      await sink.close();
      await (await wrong.sinks.open(0)).close();
      expect(await wrong.read(journalOf(wrong, 0))).toEqual([]);
      await wrong.stop();
    });
  });
}
