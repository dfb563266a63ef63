/** The contract of a Kafka client on large records: up to what a topic takes they pass, and no fetch is ever too small to go on (I4, I11). */
import { afterEach, describe, expect, it } from 'vitest';
import type { Harness, World } from './harness.ts';
import { record, texts, until } from './recorder.ts';
import { committed, NOW, readAgain, readFrom } from './steps.ts';

/** What a batch and its one record take beside the value, at most. */
const FRAME_BYTES = 100;
const MIB = 1024 * 1024;
const LARGE_TOPIC = 4 * MIB;
const PARTS = 9;

export function bigContract(name: string, harness: Harness): void {
  describe(`large records, and ${name}`, () => {
    let world: World;
    afterEach(() => world.stop());
    /** Bytes that differ all along, so that a piece out of place shows. */
    const bytes = (length: number, seed: number): Buffer => Buffer.alloc(length, `${seed}:0123456789abcdefghijklmnopqrstuvwxyz/`);

    it('I2 I11 just below what a topic takes is written and read; just above is refused, and the next sink goes on', async () => {
      world = await harness.world({ inputs: { 'max.message.bytes': String(harness.maxRecordBytes) } });
      const at = { topic: world.inputs[0], partition: 0 };
      const just = bytes(harness.maxRecordBytes - FRAME_BYTES, 1);
      const sink = await world.sinks.open(0);
      committed(await sink.commit([Buffer.from('one')], [{ ...record(at.topic, at.partition, ''), value: just }], NOW));
      const over = bytes(harness.maxRecordBytes, 2);
      const refused = await sink.commit([Buffer.from('two')], [{ ...record(at.topic, at.partition, ''), value: over }], NOW);
      expect(refused.outcome).toBe('refused');
      await sink.close();
      const next = await world.sinks.open(0);
      committed(await next.commit([Buffer.from('three')], [record(at.topic, at.partition, 'after')], NOW));
      await next.close();
      const reader = await readFrom(world.source(), at, 0);
      await until('both', harness.patience, () => reader.of(at).length >= 2);
      expect(reader.of(at)[0]?.value?.equals(just)).toBe(true);
      expect(texts(reader.of(at).slice(1))).toEqual(['after']);
    });

    it('I2 I3 a step of more than 4 MiB in several parts: contiguous, and each as it was written', async () => {
      world = await harness.world();
      const at = { topic: world.journal, partition: 0 };
      const parts = Array.from({ length: PARTS }, (_, i) => bytes(MIB / 2, i));
      const sink = await world.sinks.open(0);
      const { offset } = committed(await sink.commit(parts, [], NOW));
      committed(await sink.commit([Buffer.from('after')], [], NOW));
      await sink.close();
      const reader = await readFrom(world.source(), at, 0);
      const found = await readAgain(world, reader, at, offset, harness.patience);
      expect(found.slice(0, PARTS).map((one) => one.offset)).toEqual(parts.map((_, i) => offset + i));
      expect(found.slice(0, PARTS).every(({ value }, i) => parts[i] !== undefined && value?.equals(parts[i]))).toBe(true);
      expect(texts(found.slice(PARTS))).toEqual(['after']);
    });

    it('I4 I11 a record larger than a fetch asks for of one partition does not stop its reader', async () => {
      world = await harness.world({ inputs: { 'max.message.bytes': String(LARGE_TOPIC) } });
      const at = { topic: world.inputs[0], partition: 0 };
      const large = [3 * MIB, LARGE_TOPIC - FRAME_BYTES].map((length, i) => bytes(length, i));
      const sink = await world.sinks.open(0);
      for (const [i, value] of large.entries()) {
        const records = [record(at.topic, at.partition, `before ${i}`), { ...record(at.topic, at.partition, ''), value }];
        committed(await sink.commit([Buffer.from(String(i))], records, NOW));
      }
      committed(await sink.commit([Buffer.from('last')], [record(at.topic, at.partition, 'after')], NOW));
      await sink.close();
      const reader = await readFrom(world.source(), at, 0);
      await until('all five', harness.patience, () => reader.of(at).length >= 5);
      const found = reader.of(at);
      expect(found.map(({ value }) => value?.length)).toEqual([8, large[0]?.length, 8, large[1]?.length, 5]);
      for (const [i, value] of large.entries()) expect(found[i * 2 + 1]?.value?.equals(value)).toBe(true);
    });
  });
}
