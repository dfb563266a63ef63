/**
 * The contract of a Kafka client on compressed topics. The broker itself packs what is written, with the codecs of the Java clients; a decompression
 * bomb becomes one record that says so (I11). Batches that are damaged: outage.ts.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { UNREADABLE_HEADER } from '../../src/engine/ports.ts';
import type { ClientHarness, ClientWorld } from './client-harness.ts';
import { record, texts, until } from './recorder.ts';
import { readAgain, readFrom } from './steps.ts';

export function codecsContract(name: string, harness: ClientHarness): void {
  describe(`compressed records, and ${name}`, () => {
    let world: ClientWorld;
    afterEach(() => world.stop());

    it.each(['gzip', 'snappy', 'lz4', 'zstd', 'uncompressed'])(
      'I2 I11 %s: records that shrink much and records that do not come out as they went in, and none of an aborted transaction',
      async (codec) => {
        world = await harness.world({ inputs: { 'compression.type': codec } });
        const at = { topic: world.inputs[0], partition: 0 };
        const similar = Array.from({ length: 1_500 }, (_, i) =>
          JSON.stringify({ customer: `c-${i % 7}`, amount: i, currency: 'EUR', note: 'the same words again and again' }),
        );
        let random = 1;
        const letter = (): string => {
          random = (random * 48_271) % 2_147_483_647;
          return String.fromCharCode(33 + (random % 90));
        };
        const noise = [0, 1, 2].map(() => Array.from({ length: 120_000 }, letter).join(''));
        const values = [...similar, ...noise, 'committed', 'too'];
        await world.produce(similar.map((value) => record(at.topic, at.partition, value)));
        for (const value of noise) await world.produce([record(at.topic, at.partition, value)]);
        await (await world.begin([record(at.topic, at.partition, 'aborted'), record(at.topic, at.partition, 'too')])).abort();
        await (await world.begin([record(at.topic, at.partition, 'committed'), record(at.topic, at.partition, 'too')])).commit();
        const reader = await readFrom(world.source(), at, 0);
        await until('all records', harness.patience, () => reader.of(at).length >= values.length);
        expect(texts(reader.of(at))).toEqual(values);
        // In the middle of a packed batch: what lies before in the same batch is left out.
        const rest = await readAgain(world, reader, at, 700, harness.patience);
        expect(rest[0]?.offset).toBe(700);
        expect(texts(rest)).toEqual(values.slice(700));
      },
    );

    it('I11 a decompression bomb comes out as one record that says so, and what follows comes too', async () => {
      world = await harness.world();
      const at = { topic: world.inputs[0], partition: 0 };
      await world.produce([record(at.topic, at.partition, 'before')]);
      await world.gzip(at, Buffer.alloc(harness.unpackedLimit + 1_000_000));
      await world.produce([record(at.topic, at.partition, 'after')]);
      const reader = await readFrom(world.source(), at, 0);
      await until('all three', harness.patience, () => reader.of(at).length >= 3);
      expect(texts(reader.of(at))).toEqual(['before', '', 'after']);
      const [, bomb] = reader.of(at);
      expect(bomb).toMatchObject({ offset: 1, key: null, value: null });
      expect(bomb?.headers.map(({ key }) => key)).toEqual([UNREADABLE_HEADER]);
      expect(bomb?.headers[0]?.value.toString()).toMatch(/^1 1 .*gzip/);
    });
  });
}
