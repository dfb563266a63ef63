/** Compressed topics of a real broker: the broker itself packs what is written, with the codecs of the Java clients. */
import kafkajs from 'kafkajs';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { UNPACKED_LIMIT } from '../../../src/adapters/kafka/codecs.ts';
import { UNREADABLE_HEADER } from '../../../src/engine/ports.ts';
import { Recorder, record, texts, until } from '../../contract/recorder.ts';
import { type KafkaWorld, kafkaWorld } from './world.ts';

const PATIENCE = 20_000;

describe('compressed records', () => {
  let world: KafkaWorld | undefined;
  afterEach(async () => {
    await world?.stop();
    world = undefined;
  });

  it.each(['gzip', 'snappy', 'lz4', 'zstd', 'uncompressed'])(
    '%s: records that shrink much and records that do not come out as they went in',
    async (codec) => {
      world = await kafkaWorld(inject('kafka'), { configs: { 'compression.type': codec } });
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
      const values = [...similar, ...noise];
      await world.produce(similar.map((value) => record(at.topic, at.partition, value)));
      for (const value of noise) await world.produce([record(at.topic, at.partition, value)]);
      const one = new Recorder(world.source());
      await one.source.start(one);
      one.read(at, 0);
      await until('all records', PATIENCE, () => one.of(at).length >= values.length);
      expect(texts(one.of(at))).toEqual(values);
      // In the middle of a packed batch: what lies before in the same batch is left out.
      one.taken.clear();
      one.read(at, 700);
      await until('the rest', PATIENCE, () => one.of(at).length >= values.length - 700);
      expect(one.of(at)[0]?.offset).toBe(700);
    },
  );

  it('I11 a decompression bomb comes out as one record that says so, and what follows comes too', async () => {
    world = await kafkaWorld(inject('kafka'));
    const at = { topic: world.inputs[0], partition: 0 };
    await world.produce([record(at.topic, at.partition, 'before')]);
    const stranger = world.client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await stranger.connect();
    await stranger.send({
      topic: at.topic,
      compression: kafkajs.CompressionTypes.GZIP,
      messages: [{ partition: 0, value: Buffer.alloc(UNPACKED_LIMIT + 1_000_000) }],
    });
    await stranger.disconnect();
    await world.produce([record(at.topic, at.partition, 'after')]);
    const one = new Recorder(world.source());
    await one.source.start(one);
    one.read(at, 0);
    await until('all three', PATIENCE, () => one.of(at).length >= 3);
    expect(texts(one.of(at))).toEqual(['before', '', 'after']);
    const [, bomb] = one.of(at);
    expect(bomb?.headers[0]?.key).toBe(UNREADABLE_HEADER);
    expect(bomb?.headers[0]?.value.toString()).toMatch(/^1 1 compressed by gzip/);
  });
});
