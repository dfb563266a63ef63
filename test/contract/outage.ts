/** The contract of a Kafka client when the broker is away for a while: reactions that name it, readers that go on by themselves, stored bytes that are damaged. */
import { afterEach, describe, expect, it } from 'vitest';
import { Retryable } from '../../src/engine/errors.ts';
import { UNREADABLE_HEADER } from '../../src/engine/ports.ts';
import type { ClientHarness, Rig } from './client-harness.ts';
import type { HurtWorld } from './harness.ts';
import { Recorder, record, texts, until } from './recorder.ts';
import { endOf, readAgain, readFrom } from './steps.ts';

export function outageContract(harness: ClientHarness, rig: () => Rig): void {
  describe('an outage', () => {
    let world: HurtWorld;
    afterEach(() => world.stop());

    it('opening, asking and joining while the broker is away: Retryable, and all goes on when it is back', async () => {
      const { link } = rig();
      world = await rig().world();
      link.cut();
      const source = world.hurt.source();
      const tried = await Promise.allSettled([
        world.hurt.sinks.open(0),
        world.hurt.logs.ends(world.journal),
        world.hurt.logs.logEnd({ topic: world.journal, partition: 0 }),
        world.hurt.logs.hasGroupOffsets([{ topic: world.journal, partition: 0 }]),
        source.start(new Recorder(source)),
      ]);
      for (const one of tried) expect(one.status === 'rejected' && one.reason).toBeInstanceOf(Retryable);
      await link.resume();
      expect(await world.hurt.logs.ends(world.journal)).toHaveLength(world.shards);
      await (await world.hurt.sinks.open(0)).close();
    });

    it('opening over a link that is silent: Retryable, within the transaction’s time', async () => {
      const { link } = rig();
      world = await rig().world();
      link.hold();
      const started = performance.now();
      await expect(world.hurt.sinks.open(0)).rejects.toBeInstanceOf(Retryable);
      expect(performance.now() - started).toBeLessThan(harness.transactionTimeoutMs + 1_000);
    });

    it('noting group offsets over a link that is silent: given up within seconds', async () => {
      const { link } = rig();
      world = await rig().world();
      const at = { topic: world.inputs[0], partition: 0 };
      const source = world.hurt.source();
      await readFrom(source, at, 0);
      link.hold();
      const started = performance.now();
      await source.commitOffsets([{ ...at, offset: 0 }]);
      expect(performance.now() - started).toBeLessThan(4_000);
      await link.resume();
    });

    it('I3 I4 a reader whose link is cut, and then silent, goes on by itself, with no record lost or doubled', async () => {
      const { link } = rig();
      world = await rig().world();
      const at = { topic: world.inputs[0], partition: 0 };
      const reader = await readFrom(world.hurt.source(), at, 0);
      const faults = [['a', () => undefined] as const, ['b', () => link.cut()] as const, ['c', () => link.hold()] as const];
      for (const [i, [text, fault]] of faults.entries()) {
        fault();
        await world.produce([record(at.topic, at.partition, text)]);
        await link.resume();
        await until(text, harness.patience, () => reader.of(at).length > i);
      }
      expect(texts(reader.of(at))).toEqual(['a', 'b', 'c']);
      expect(reader.crash).toBeNull();
    });

    it('I3 I4 a reader goes on by itself after the broker was killed and came back, with no record lost or doubled', async () => {
      world = await rig().world();
      const at = { topic: world.inputs[0], partition: 0 };
      const produce = (...values: string[]) => world.produce(values.map((value) => record(at.topic, at.partition, value)));
      const reader = await readFrom(world.source(), at, 0);
      await produce('a', 'b');
      await until('both', harness.patience, () => reader.of(at).length === 2);
      await rig().restart();
      const again = () =>
        produce('c').then(
          () => true,
          () => false,
        );
      await until('producing again', harness.patience, again);
      await until('the third', harness.patience, () => reader.of(at).length >= 3);
      // A producer that was not answered may have written its record twice.
      expect(texts(reader.of(at)).filter((text) => text !== 'c')).toEqual(['a', 'b']);
      const offsets = reader.of(at).map(({ offset }) => offset);
      expect(offsets).toEqual(offsets.map((_, i) => i));
      expect(reader.crash).toBeNull();
      await reader.source.stop();
    });

    it('I11 a stored batch that is damaged, of any codec, comes out as one record that says so, and what follows comes too', async () => {
      const codecs = ['gzip', 'snappy', 'lz4', 'zstd', 'uncompressed'];
      const worlds: HurtWorld[] = [];
      for (const codec of codecs) worlds.push(await rig().world({ inputs: { 'compression.type': codec } }));
      const stored = worlds.map((of) => ({ topic: of.inputs[0], partition: 0 }));
      for (const [i, of] of worlds.entries()) {
        const { topic, partition } = stored[i] ?? { topic: '', partition: 0 };
        for (const name of ['before', 'damaged', 'after']) {
          await of.produce(Array.from({ length: 50 }, (_, n) => record(topic, partition, `${name} ${n}`)));
        }
      }
      await rig().damage(stored.map((at) => ({ ...at, offset: 50 })));
      for (const [i, of] of worlds.entries()) {
        const at = stored[i] ?? { topic: '', partition: 0 };
        await until('the broker serves', harness.patience, () =>
          endOf(of, at).then(
            (end) => end === 150,
            () => false,
          ),
        );
        const found = await readAgain(of, await readFrom(of.source(), at, 0), at, 0, harness.patience);
        expect(found.map(({ offset }) => offset)).toEqual(Array.from({ length: 150 }, (_, n) => n).filter((n) => n < 50 || n >= 99));
        const unreadable = found.find(({ offset }) => offset === 99);
        expect(unreadable).toMatchObject({ key: null, value: null });
        expect(unreadable?.headers.map(({ key }) => key)).toEqual([UNREADABLE_HEADER]);
        expect(unreadable?.headers[0]?.value.toString()).toMatch(/^50 99 ./);
        expect(texts(found.slice(51)).at(-1)).toBe('after 49');
      }
      for (const of of worlds.slice(1)) await of.stop();
      world = worlds[0] ?? world;
    });
  });
}
