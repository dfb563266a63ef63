/** The contract of `Sinks` and `TransactionalSink`: fencing, atomicity, order, refusal. Each test cites the invariant that it holds the adapter to. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Instant } from '../../src/domain/ids.ts';
import { Fenced } from '../../src/engine/errors.ts';
import type { CommitOutcome, TopicPartition, TransactionalSink } from '../../src/engine/ports.ts';
import type { Harness, World } from './harness.ts';
import { record, texts } from './recorder.ts';

const NOW = 1_700_000_000_000 as Instant;

export function sinkContract(name: string, harness: Harness): void {
  describe(`sink of ${name}`, () => {
    let world: World;
    let sinks: TransactionalSink[] = [];

    beforeEach(async () => {
      world = await harness.world();
    });
    afterEach(async () => {
      await Promise.all(sinks.map((sink) => sink.close()));
      sinks = [];
      await world.stop();
    });

    const open = async (shard: number): Promise<TransactionalSink> => {
      const sink = await world.sinks.open(shard);
      sinks.push(sink);
      return sink;
    };
    const journal = (shard: number) => ({ topic: world.journal, partition: shard });
    const step = (sink: TransactionalSink, name: string, records = [record(world.output, 0, name)]): Promise<CommitOutcome> =>
      sink.commit([Buffer.from(name)], records, NOW);
    const committed = (outcome: CommitOutcome) => {
      if (outcome.outcome !== 'committed') throw new Error(`not committed: ${outcome.outcome}`, { cause: outcome.cause });
      return outcome;
    };

    /** The end of a transaction becomes visible a moment after it is answered. */
    const reads = (from: TopicPartition, expected: string[]) =>
      expect.poll(async () => texts(await world.read(from)), { timeout: harness.patience, interval: 20 }).toEqual(expected);

    it('I2 a committed step has its journal record and its outputs, in order', async () => {
      const sink = await open(0);
      const before = Date.now();
      const outcome = committed(
        await step(sink, 'one', [record(world.output, 0, 'a'), record(world.output, 1, 'b'), record(world.output, 0, 'c')]),
      );
      await reads(journal(0), ['one']);
      expect((await world.read(journal(0)))[0]?.offset).toBe(outcome.offset);
      await reads({ topic: world.output, partition: 0 }, ['a', 'c']);
      await reads({ topic: world.output, partition: 1 }, ['b']);
      expect(outcome.at).toBeGreaterThanOrEqual(before - 60_000);
    });

    it('writes key, value, headers and timestamp as they are, null and repeated header included', async () => {
      const sink = await open(0);
      const headers = [
        { key: 'h', value: Buffer.from('1') },
        { key: 'h', value: Buffer.from('2') },
        { key: 'empty', value: Buffer.alloc(0) },
      ];
      const key = Buffer.from('k');
      committed(await step(sink, 'one', [{ topic: world.output, partition: 0, key, value: null, headers }]));
      await reads({ topic: world.output, partition: 0 }, ['']);
      const [written] = await world.read({ topic: world.output, partition: 0 });
      expect(written).toMatchObject({ key, value: null, timestamp: NOW });
      expect(written?.headers).toEqual(headers);
    });

    it('I12 many steps one after the other, each after the one before it', async () => {
      const sink = await open(1);
      const offsets: number[] = [];
      for (let i = 0; i < 10; i++) offsets.push(committed(await step(sink, `step ${i}`)).offset);
      expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
      await reads(
        journal(1),
        offsets.map((_, i) => `step ${i}`),
      );
      expect((await world.read(journal(1))).map(({ offset }) => offset)).toEqual(offsets);
      await reads(
        { topic: world.output, partition: 0 },
        offsets.map((_, i) => `step ${i}`),
      );
    });

    it('a step with nothing but its journal record commits', async () => {
      committed(await step(await open(0), 'alone', []));
      await reads(journal(0), ['alone']);
    });

    it('the parts of one step are contiguous, and `offset` is the first part’s', async () => {
      const sink = await open(0);
      committed(await step(sink, 'before'));
      const parts = ['p0', 'p1', 'p2'].map((text) => Buffer.from(text));
      const { offset } = committed(await sink.commit(parts, [record(world.output, 0, 'x')], NOW));
      await reads(journal(0), ['before', 'p0', 'p1', 'p2']);
      const written = (await world.read(journal(0))).slice(1);
      expect(written.map((one) => one.offset)).toEqual([offset, offset + 1, offset + 2]);
    });

    it('I3 what was to stand elsewhere in the journal is not committed, and the next sink goes on', async () => {
      const sink = await open(0);
      const { offset } = committed(await step(sink, 'first'));
      const [{ end } = { end: -1 }] = await world.logs.ends(world.journal);
      const elsewhere = await sink.commit([Buffer.from('second')], [record(world.output, 0, 'second')], NOW, end - 1);
      expect(elsewhere.outcome).toBe('unknown');
      const next = await open(0);
      const [{ end: now } = { end: -1 }] = await world.logs.ends(world.journal);
      expect(now).toBeGreaterThan(offset);
      const { offset: at } = committed(await next.commit([Buffer.from('third')], [], NOW, now));
      expect(at).toBe(now);
      await reads(journal(0), ['first', 'third']);
      expect((await world.read({ topic: world.output, partition: 0 })).map(({ value }) => String(value))).not.toContain('second');
    });

    it('keeps the order of more records than one send takes', async () => {
      const sink = await open(0);
      const many = Array.from({ length: 1_733 }, (_, i) => record(world.output, i % 3 === 0 ? 1 : 0, String(i)));
      committed(await step(sink, 'many', many));
      for (const partition of [0, 1]) {
        const expected = many.filter((one) => one.partition === partition).map(({ value }) => value?.toString() ?? '');
        await reads({ topic: world.output, partition }, expected);
      }
    });

    it('I1 opening fences the holder before: it answers unknown, and none of its step is there', async () => {
      const old = await open(0);
      committed(await step(old, 'old'));
      const young = await open(0);
      expect((await step(old, 'zombie')).outcome).toBe('unknown');
      committed(await step(young, 'young'));
      await reads(journal(0), ['old', 'young']);
      await reads({ topic: world.output, partition: 0 }, ['old', 'young']);
    });

    it('I1 of two that open at once one commits at most per record, and the journal has no foreign record', async () => {
      const opened = await Promise.allSettled([open(0), open(0)]);
      const outcomes: string[] = [];
      for (const [i, one] of opened.entries()) {
        if (one.status === 'fulfilled') {
          if ((await step(one.value, `of ${i}`)).outcome === 'committed') outcomes.push(`of ${i}`);
        } else expect(one.reason).toBeInstanceOf(Fenced);
      }
      await reads(journal(0), outcomes);
      expect(outcomes.length).toBeGreaterThanOrEqual(1);
    });

    it('I1 shards do not fence each other', async () => {
      const [zero, one] = [await open(0), await open(1)];
      committed(await step(zero, 'zero'));
      committed(await step(one, 'one'));
      committed(await step(zero, 'zero again'));
    });

    it('a record too large is refused, nothing of the step is there, and the next sink goes on', async () => {
      const sink = await open(0);
      committed(await step(sink, 'before'));
      const large = record(world.output, 1, 'x'.repeat(harness.maxRecordBytes + 1));
      const outcome = await step(sink, 'large', [record(world.output, 0, 'beside'), large]);
      expect(outcome.outcome).toBe('refused');
      committed(await step(await open(0), 'after'));
      await reads(journal(0), ['before', 'after']);
      await reads({ topic: world.output, partition: 0 }, ['before', 'after']);
      await reads({ topic: world.output, partition: 1 }, []);
    });

    it('I12 a sink is used up by an outcome that is not committed', async () => {
      const old = await open(0);
      await open(0);
      expect((await step(old, 'zombie')).outcome).toBe('unknown');
      await expect(step(old, 'again')).rejects.toThrow('used up');
    });

    it('closing is quick and harmless, also twice and after trouble', async () => {
      const old = await open(0);
      await open(0);
      await step(old, 'zombie');
      const started = performance.now();
      await old.close();
      await old.close();
      expect(performance.now() - started).toBeLessThan(harness.patience);
      await reads(journal(0), []);
    });
  });
}
