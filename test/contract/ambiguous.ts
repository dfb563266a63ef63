/**
 * The contract of a Kafka client when a commit's answer is lost: `unknown` within the transaction's time, and the next `open` decides. The step is then
 * there whole or not at all (I2), never twice (I12), and nothing of it is pending. Each phase is found by looking at the broker past the link.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TransactionalSink } from '../../src/engine/ports.ts';
import type { HurtWorld, LinkHarness, LinkRig } from './harness.ts';
import { until } from './recorder.ts';
import { commitStep, committed, endOf, expectDecided, expectSteps, journalOf, outputOf } from './steps.ts';

/** Each answer waits so long: time to see what it would say, and to cut the link before it arrives. */
const ANSWER_MS = 400;

interface Phase {
  readonly phase: string;
  /** where the broker shows that it is reached; null: from the beginning */
  readonly reached: ((world: HurtWorld) => Promise<number>) | null;
  readonly whole: boolean;
  readonly pending: boolean;
}

const PHASES: readonly Phase[] = [
  { phase: 'before the journal’s record is sent', reached: null, whole: false, pending: false },
  {
    phase: 'after the journal’s record',
    reached: (world) => world.logs.logEnd(journalOf(world, 0)),
    whole: false,
    pending: true,
  },
  {
    phase: 'after the outputs',
    reached: (world) => world.logs.logEnd(outputOf(world, 0)),
    whole: false,
    pending: true,
  },
  {
    phase: 'after the end was decided, before its answer',
    reached: (world) => endOf(world, outputOf(world, 0)),
    whole: true,
    pending: false,
  },
];

export function ambiguousContract(harness: LinkHarness, rig: () => LinkRig): void {
  describe('a commit whose answer is lost', () => {
    let world: HurtWorld;
    const sinks: TransactionalSink[] = [];
    beforeEach(async () => {
      world = await rig().world();
    });
    afterEach(async () => {
      await Promise.all(sinks.splice(0).map((sink) => sink.close()));
      await world.stop();
    });
    const open = async (of: typeof world.sinks, shard = 0): Promise<TransactionalSink> => {
      const sink = await of.open(shard);
      sinks.push(sink);
      return sink;
    };

    it.each(PHASES)('I2 I12 the link is cut $phase: unknown, and the next open decides', async ({ reached, whole, pending }) => {
      const { link, clock } = rig();
      const sink = await open(world.hurt.sinks);
      // So that in the step to come nothing is asked for the first time.
      committed(await commitStep(world, sink, 0, 'before'));
      await expectSteps(world, 0, ['before'], harness.patience);
      const before = (await reached?.(world)) ?? 0;
      const end = await endOf(world, journalOf(world, 0));
      link.setDelay({ toServer: 0, toClient: ANSWER_MS });
      if (reached === null) link.cut();
      const commit = commitStep(world, sink, 0, 'doubted');
      if (reached !== null) {
        await until('the phase', harness.patience, async () => (await reached(world)) > before, clock);
        link.cut();
      }
      const cutAt = clock.monotonic();
      expect((await commit).outcome).toBe('unknown');
      expect(clock.monotonic() - cutAt).toBeLessThan(harness.transactionTimeoutMs + 1_000);
      // What is pending holds the end back, and is never taken for committed.
      if (pending) {
        expect(await endOf(world, journalOf(world, 0))).toBe(end);
        expect(await world.logs.logEnd(journalOf(world, 0))).toBe(end + 1);
        await expectSteps(world, 0, ['before'], harness.patience);
      }
      link.setDelay(0);
      await link.resume();
      const next = await open(world.sinks);
      await expectDecided(world, 0);
      committed(await commitStep(world, next, 0, 'after'));
      await expectSteps(world, 0, whole ? ['before', 'doubted', 'after'] : ['before', 'after'], harness.patience);
    });

    it('I12 a link cut at any moment of a commit: unknown or committed, each step whole or not at all, and the next sink goes on', async () => {
      const { link, clock } = rig();
      const doubted = new Set<string>();
      const sure: string[] = [];
      let sink = await open(world.hurt.sinks);
      for (let i = 0; i < 12; i++) {
        const commit = commitStep(world, sink, 0, `step ${i}`);
        // From 0 to some 20 ms into a commit, which takes about that long.
        const over = new AbortController();
        void clock.sleep(i * 2, over.signal).then(() => over.signal.aborted || link.cut());
        const { outcome } = await commit;
        over.abort();
        await link.resume();
        if (outcome === 'committed') sure.push(`step ${i}`);
        else {
          expect(outcome).toBe('unknown');
          doubted.add(`step ${i}`);
          await sink.close();
          sink = await open(world.hurt.sinks);
          await expectDecided(world, 0);
        }
      }
      expect(doubted.size).toBeGreaterThan(0);
      // The last cut may have come just behind the last answer.
      await sink.close();
      sink = await open(world.hurt.sinks);
      committed(await commitStep(world, sink, 0, 'last'));
      await until('the last step', harness.patience, async () =>
        (await world.read(journalOf(world, 0))).some(({ value }) => value?.toString() === 'last'),
      );
      const written = (await world.read(journalOf(world, 0))).map(({ value }) => value?.toString() ?? '');
      expect(new Set(written).size).toBe(written.length);
      expect(written.filter((name) => !doubted.has(name))).toEqual([...sure, 'last']);
      await expectSteps(world, 0, written, harness.patience);
    });

    it('I12 a link that goes silent in mid-commit: unknown within the transaction’s time, and closing takes a second at most', async () => {
      const { link, clock } = rig();
      const sink = await open(world.hurt.sinks, 1);
      link.hold();
      const started = clock.monotonic();
      expect((await commitStep(world, sink, 1, 'held')).outcome).toBe('unknown');
      expect(clock.monotonic() - started).toBeLessThan(harness.transactionTimeoutMs + 1_000);
      const closing = clock.monotonic();
      await sink.close();
      expect(clock.monotonic() - closing).toBeLessThan(1_500);
      await link.resume();
      committed(await commitStep(world, await open(world.hurt.sinks, 1), 1, 'next'));
      // What was held may have arrived, but under the old epoch: it is never committed.
      await expectSteps(world, 1, ['next'], harness.patience);
    });
  });
}
