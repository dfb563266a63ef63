/**
 * The contract of a Kafka client on three brokers, one of them behind a slow link: what one broker cannot show. Leaders move and die in mid-send; and of a send over two brokers one
 * refuses at once while the other's answer is on its way, which a client that tries again would write twice, or in part (I2, I12).
 */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Resource } from '../../src/stack/resource.ts';
import type { Cluster, ClusterBroker, ClusterHarness, ClusterWorld } from './cluster-harness.ts';
import { Recorder, record, texts, until } from './recorder.ts';
import { sinkContract } from './sink.ts';
import { committed, expectDecided, journalOf, NOW } from './steps.ts';
import { commitThroughDoubt, expectEachOnce, type Progress } from './takeovers.ts';

const BROKERS = [1, 2, 3] as const;
const [PROMPT, SLOW, THIRD] = BROKERS;
const SLOW_MS = 60;
/** until the slow broker's answer, where another's refusal must be there long before it */
const LATE_MS = 700;

const MOVED_PARTITIONS = 6;
const MOVED_STEPS = 8;
const DOUBTS = 3;
/** A client that learns of each move in time has no doubts. */
const MOVES = 20;
/** A step that took so long has met the fault, whatever its outcome. */
const HELD_UP_MS = 1_000;
const CLIENTS = 10;

export function kafkaClusterContract(name: string, harness: ClusterHarness): void {
  describe(`${name} on three brokers`, () => {
    const { patience, maxRecordBytes } = harness;
    let resource: Resource<Cluster>;
    let cluster: Cluster;
    beforeAll(async () => {
      resource = await harness.cluster();
      cluster = resource.value;
      slow(SLOW_MS);
    });
    afterAll(() => resource.stop());
    const slow = (ms: number): void => cluster.broker(SLOW).link.setDelay({ toServer: 0, toClient: ms });

    sinkContract(`${name}, one broker slow`, { maxRecordBytes, patience, world: (options) => cluster.world(options) });

    describe('a send over two brokers, of which the prompt one refuses while the slow one’s answer is on its way', () => {
      const tooLarge = async (world: ClusterWorld) => ({
        refused: { ...record(world.output, 0, ''), value: Buffer.alloc(maxRecordBytes + 1) },
        outcomes: ['refused'],
      });
      const leadsNoLonger = async (world: ClusterWorld) => {
        await world.move(world.output, [THIRD, SLOW]);
        // Who looks for the new leader and sends that part alone again may commit.
        return { refused: record(world.output, 0, 'doubted'), outcomes: ['unknown', 'committed'] };
      };

      it.each([
        ['the record is too large', tooLarge],
        ['it leads the partition no longer', leadsNoLonger],
      ] as const)(
        'I2 I12 %s: the step is there once or not at all, and the next sink goes on',
        { timeout: 120_000 },
        async (_, prepare) => {
          const world = await cluster.world({ shards: 2, copies: 1 });
          await world.move(world.journal, [THIRD, THIRD]);
          await world.move(world.output, [PROMPT, SLOW]);
          const at = (partition: number) => ({ topic: world.output, partition });
          const write = (text: string) => [record(world.output, 0, text), record(world.output, 1, text)];
          let sink = await world.sinks.open(0);
          // Whom the partitions were just moved to may not know yet that it leads them.
          await until('a step before', patience, async () => {
            if ((await sink.commit([Buffer.from('before')], write('before'), NOW)).outcome === 'committed') return true;
            await sink.close();
            sink = await world.sinks.open(0);
            return false;
          });
          const { refused, outcomes } = await prepare(world);
          onTestFinished(() => slow(SLOW_MS));
          slow(LATE_MS);
          const { outcome } = await sink.commit([Buffer.from('doubted')], [refused, record(world.output, 1, 'doubted')], NOW);
          expect(outcomes).toContain(outcome);
          await sink.close();
          // At once: what is still on its way to or from the slow broker belongs to the epoch before.
          const next = await world.sinks.open(0);
          for (const partition of [0, 1]) await expectDecided(world, partition);
          slow(SLOW_MS);
          for (const text of ['after', 'last']) committed(await next.commit([Buffer.from(text)], write(text), NOW));
          await next.close();
          const journal = async (): Promise<string[]> => texts(await world.read(journalOf(world, 0)));
          await until('the last step', patience, async () => (await journal()).includes('last'));
          const written = await journal();
          const both = ['before', 'doubted', 'after', 'last'];
          expect([both, both.filter((text) => text !== 'doubted')]).toContainEqual(written);
          if (outcome !== 'unknown') expect(written.includes('doubted')).toBe(outcome === 'committed');
          for (const partition of [0, 1]) expect(texts(await world.read(at(partition)))).toEqual(written);
          await world.stop();
        },
      );
    });

    it('I2 I12 leaders that move in mid-send: no record twice, none missing', { timeout: 180_000 }, async () => {
      const world = await cluster.world({ shards: MOVED_PARTITIONS, copies: 1 });
      const partitions = Array.from({ length: MOVED_PARTITIONS }, (_, partition) => partition);
      // The journal lies behind the slow link: what the producer knew of the outputs' leaders is stale when the journal's answer is there.
      await world.move(
        world.journal,
        partitions.map(() => SLOW),
      );
      let moves = 0;
      let moving = true;
      let steps = 0;
      const mover = (async () => {
        for (let seen = 0; moving; seen = steps) {
          await world.move(
            world.output,
            partitions.map((partition) => BROKERS[(partition + moves) % BROKERS.length] ?? PROMPT),
          );
          moves += 1;
          // Without a pause hardly a step would find all leaders where it looked for them.
          await until('a step between two moves', 2 * patience, () => steps > seen || !moving);
        }
      })().finally(() => {
        moving = false;
      });
      const more = (progress: Progress): boolean => {
        steps = progress.steps;
        return moving && (steps < MOVED_STEPS || (progress.doubts < DOUBTS && moves < MOVES));
      };
      const [made] = await Promise.all([
        commitThroughDoubt(world, world.output, patience, more).finally(() => {
          moving = false;
        }),
        mover,
      ]);
      expect(moves).toBeGreaterThan(3);
      await expectEachOnce(world, world.output, patience, made.steps);
      await world.stop();
    });

    it('I2 I12 a broker killed, and another frozen, in mid-send: no record twice, none missing, and a reader sees all', {
      timeout: 320_000,
    }, async () => {
      const world = await cluster.world({ shards: 2, transactionTimeoutMs: 5_000 });
      const [output] = world.inputs; // so that a reader of the application reads it, too
      const at = { topic: output, partition: 1 };
      const reader = new Recorder(world.source());
      reader.onAssigned = () => reader.read(at, Math.max(0, reader.reached(at)));
      await reader.source.start(reader);
      // On a busy machine a broker drops out of the replicas for a moment; a second fault then would leave none that has all.
      const whole = () => until('all replicas in sync', patience, () => world.inSync());
      const leader = async (): Promise<ClusterBroker> => cluster.broker(await world.leader(journalOf(world, 0)));
      let over = false;
      let made: Progress = { steps: 0, doubts: 0, slowestMs: 0 };
      const faults = (async () => {
        await until('some steps', patience, () => reader.of(at).length > 6);
        await whole();
        const { server: first, link } = await leader();
        // A server that is gone refuses connections; the link before it does so only when it is cut.
        link.cut();
        await first.kill();
        const seen = reader.of(at).length;
        await until('steps without the first broker', patience, () => reader.of(at).length > seen + 6);
        await first.restart();
        await link.resume();
        await whole();
        // No step gets past the one that leads the journal.
        const { server: frozen } = await leader();
        const [before, beats] = [reader.of(at).length, reader.heartbeats];
        frozen.freeze();
        try {
          await until('steps without the frozen broker', 2 * patience, () => reader.of(at).length > before + 6);
          await until('heartbeats without it', patience, () => reader.heartbeats > beats + 5);
        } catch (cause) {
          // Whether it is the sink or the reader that stands still.
          const [read, alive] = [reader.of(at).length, reader.heartbeats - beats];
          const { steps, doubts } = made;
          throw new Error(`${steps} steps and ${doubts} doubts, ${read} records read (${before} before), ${alive} heartbeats`, { cause });
        } finally {
          frozen.thaw();
        }
      })().finally(() => {
        over = true;
      });
      const more = (progress: Progress): boolean => {
        made = progress;
        return !over;
      };
      const [{ steps, doubts, slowestMs }] = await Promise.all([commitThroughDoubt(world, output, patience, more), faults]);
      expect(doubts > 0 || slowestMs > HELD_UP_MS).toBe(true);
      await expectEachOnce(world, output, patience, steps);
      await until('the reader has all', patience, () => reader.of(at).length >= steps * 3);
      expect(texts(reader.of(at))).toEqual(texts(await world.read(at)));
      expect(reader.crash).toBeNull();
      await world.stop();
    });

    it('many topics asked about at once, by clients that know none: each question is answered', async () => {
      const worlds = await Promise.all([cluster.world({ shards: 2 }), cluster.world({ shards: 2 })]);
      const topics = worlds.flatMap(({ inputs, reroute, journal, output }) => [...inputs, reroute, journal, output]);
      for (let i = 0; i < CLIENTS; i++) {
        const client = worlds[0].client();
        const ends = await Promise.all(topics.map((topic) => client.value.logs.ends(topic)));
        expect(ends).toEqual(topics.map(() => [0, 0].map(() => ({ start: 0, end: 0 }))));
        await client.stop();
      }
      await Promise.all(worlds.map((world) => world.stop()));
    });
  });
}
