/** The contract of a Kafka client on order and isolation: what a reader of committed records sees of many transactions, wherever it begins. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Harness, OpenTransaction, World } from './harness.ts';
import { record, texts } from './recorder.ts';
import { committed, endOf, NOW, readAgain, readFrom } from './steps.ts';

/** Numerical Recipes' generator (Press et al., 3rd ed., ch. 7.1): whole numbers below `n`, the same ones for the same seed. */
function seeded(seed: number): (n: number) => number {
  let state = seed >>> 0;
  return (n) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

export function committedContract(name: string, harness: Harness): void {
  describe(`order and isolation of ${name}`, () => {
    let world: World;
    afterEach(() => world.stop());

    it('I3 keeps each partition’s order over several sends and steps, and the journal’s parts together', async () => {
      world = await harness.world();
      const [one, other] = world.inputs;
      const targets = [
        { topic: one, partition: 0 },
        { topic: one, partition: 1 },
        { topic: other, partition: 1 },
      ];
      const sink = await world.sinks.open(0);
      const expected = targets.map((): string[] => []);
      const parts: string[] = [];
      const next = seeded(1);
      for (let step = 0; step < 4; step++) {
        const records = Array.from({ length: 1_500 }, (_, i) => {
          const to = next(targets.length);
          const { topic, partition } = targets[to] ?? { topic: '', partition: 0 };
          // Some are long, so that sends end by their bytes as well as by their number.
          const text = `${step}.${i}${'·'.repeat(next(20) === 0 ? 5_000 : 0)}`;
          expected[to]?.push(text);
          return record(topic, partition, text);
        });
        const journal = [`${step} a`, `${step} b`];
        parts.push(...journal);
        committed(
          await sink.commit(
            journal.map((text) => Buffer.from(text)),
            records,
            NOW,
          ),
        );
      }
      await sink.close();
      const [first] = targets;
      if (first === undefined) throw new Error('no target');
      const reader = await readFrom(world.source(), first, 0);
      const written = await readAgain(world, reader, { topic: world.journal, partition: 0 }, 0, harness.patience);
      expect(texts(written)).toEqual(parts);
      for (let i = 0; i < written.length; i += 2) expect(written[i + 1]?.offset).toBe((written[i]?.offset ?? 0) + 1);
      for (const [i, at] of targets.entries()) {
        const found = await readAgain(world, reader, at, 0, harness.patience);
        expect(texts(found)).toEqual(expected[i]);
        const offsets = found.map(({ offset }) => offset);
        expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
      }
    });

    it('I2 shows none of several transactions that were aborted in another order than they began, from any offset', async () => {
      world = await harness.world();
      const at = { topic: world.inputs[0], partition: 0 };
      const write = (...values: string[]) => values.map((value) => record(at.topic, at.partition, value));
      const first = await world.begin(write('a0', 'a1')); // 0, 1
      const second = await world.begin(write('b0', 'b1')); // 2, 3
      await world.produce(write('between')); // 4
      await second.abort(); // 5
      await first.abort(); // 6
      await world.produce(write('after')); // 7
      const reader = await readFrom(world.source(), at, 0);
      for (let from = 0; from <= 7; from++) {
        const expected = from <= 4 ? ['between', 'after'] : ['after'];
        expect(texts(await readAgain(world, reader, at, from, harness.patience))).toEqual(expected);
      }
    });

    it('I2 shows none of an aborted transaction whose records have a marker’s key: four bytes of zero, as the whole number 0 has', async () => {
      world = await harness.world();
      const at = { topic: world.inputs[0], partition: 0 };
      const write = (text: string) => ({ ...record(at.topic, at.partition, text), key: Buffer.alloc(4) });
      const aborted = await world.begin(['a', 'b', 'c'].map(write));
      await aborted.abort();
      await (await world.begin(['d', 'e'].map(write))).commit();
      const reader = await readFrom(world.source(), at, 0);
      expect(texts(await readAgain(world, reader, at, 0, harness.patience))).toEqual(['d', 'e']);
    });

    it.each([1, 2, 3])('I2 interleaved transactions, seed %i: committed records only, in order, from any offset', async (seed) => {
      world = await harness.world();
      const at = { topic: world.inputs[0], partition: 0 };
      const next = seeded(seed);
      const open: { readonly transaction: OpenTransaction; readonly texts: readonly string[] }[] = [];
      const all: { readonly text: string; readonly offset: number }[] = [];
      const aborted = new Set<string>();
      const write = async (count: number): Promise<string[]> => {
        const offset = await world.logs.logEnd(at);
        const written = Array.from({ length: count }, (_, i) => ({ text: `r${all.length + i}`, offset: offset + i }));
        all.push(...written);
        return written.map(({ text }) => text);
      };
      const end = async (commit: boolean): Promise<void> => {
        const [ended] = open.splice(next(open.length), 1);
        if (ended === undefined) return;
        if (commit) await ended.transaction.commit();
        else {
          await ended.transaction.abort();
          for (const text of ended.texts) aborted.add(text);
        }
      };
      for (let i = 0; i < 18; i++) {
        const what = next(4);
        if (what === 0) await world.produce((await write(1 + next(3))).map((text) => record(at.topic, at.partition, text)));
        else if (what === 1 || open.length === 0) {
          const written = await write(2 + next(4));
          const transaction = await world.begin(written.map((text) => record(at.topic, at.partition, text)));
          open.push({ transaction, texts: written });
        } else await end(what === 2);
      }
      // The last stable offset is that of the first open transaction's first record: nothing from there on is shown.
      const stable = await endOf(world, at);
      const firstOpen = all.find(({ text }) => open.some((one) => one.texts.includes(text)));
      expect(stable).toBe(firstOpen?.offset ?? (await world.logs.logEnd(at)));
      const seen = (from: number, to: number): string[] =>
        all.filter(({ text, offset }) => offset >= from && offset < to && !aborted.has(text)).map(({ text }) => text);
      const reader = await readFrom(world.source(), at, 0);
      expect(texts(await readAgain(world, reader, at, 0, harness.patience))).toEqual(seen(0, stable));
      while (open.length > 0) await end(open.length % 2 === 0);
      const last = await endOf(world, at);
      expect(last).toBe(await world.logs.logEnd(at));
      expect(aborted.size).toBeGreaterThan(0);
      // From within aborted batches, within committed ones, and at markers.
      const begins = [
        0,
        ...Array.from({ length: 6 }, () => next(last)),
        ...all.filter(({ text }) => aborted.has(text)).map(({ offset }) => offset),
      ];
      for (const from of begins.slice(0, 14)) {
        expect(texts(await readAgain(world, reader, at, from, harness.patience))).toEqual(seen(from, last));
      }
    });
  });
}
