/**
 * The sink on three brokers, one of them behind a slow link, while leaders move in mid-send. One broker cannot show what kafkajs does wrong here: a send
 * over two brokers, one of which refuses and one is slow, it would repeat, and so write records twice or drop some (I2, I12).
 */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createAdmin } from '../../../src/adapters/kafka/index.ts';
import type { Instant } from '../../../src/domain/ids.ts';
import type { CommitOutcome, TransactionalSink } from '../../../src/engine/ports.ts';
import { startKafka } from '../../../src/stack/kafka.ts';
import { freePorts } from '../../../src/stack/ports.ts';
import { Recorder, record, texts, until } from '../../contract/recorder.ts';
import { sinkContract } from '../../contract/sink.ts';
import { type FaultyLink, startProxy } from '../../support/proxy.ts';
import { type KafkaWorld, kafkaWorld, log, MAX_RECORD_BYTES, settingsOf } from './world.ts';

const NOW = 1_700_000_000_000 as Instant;
const PATIENCE = 60_000;
const SLOW_MS = 60;
const SLOW_BROKER = 2;

describe('three brokers', () => {
  const proxies: FaultyLink[] = [];
  const stops: (() => Promise<void>)[] = [];
  let kafka: Awaited<ReturnType<typeof startKafka>>['value'];

  beforeAll(async () => {
    const ports = await freePorts(3);
    const listeners: { port: number; advertised: number }[] = [];
    for (const port of ports) {
      const proxy = await startProxy({ to: { host: '127.0.0.1', port } });
      proxies.push(proxy.value);
      stops.push(proxy.stop);
      listeners.push({ port, advertised: proxy.value.port });
    }
    const started = await startKafka({ brokers: 3, listeners, log: (line) => log.info(line) });
    stops.push(started.stop);
    kafka = started.value;
    proxies[SLOW_BROKER - 1]?.setDelay({ toServer: 0, toClient: SLOW_MS });
  });
  afterAll(async () => {
    for (const stop of stops.toReversed()) await stop();
  });

  sinkContract('kafka on three brokers, one slow', {
    maxRecordBytes: MAX_RECORD_BYTES,
    patience: PATIENCE,
    world: () => kafkaWorld(kafka.bootstrap),
  });

  /**
   * Commits steps while `more` of them are wanted, as the engine does: after any doubt a new sink, then a look at the journal whether the step is there. What must hold after it:
   * each step once and in order, in the journal and in every partition of the outputs.
   */
  async function commitSteps(world: KafkaWorld, output: string, partitions: number, more: (steps: number, doubts: number) => boolean) {
    // Looking at the journal asks a broker at random: one that is frozen costs some seconds, now and then twice in a row.
    const deadline = performance.now() + 200_000;
    let doubts = 0;
    let claims = 0;
    let why: unknown;
    let i = 0;
    let sink: TransactionalSink | null = null;
    while (more(i, doubts)) {
      if (performance.now() > deadline) throw new Error(`only ${i} steps in time, with ${doubts} doubts`, { cause: why });
      if (sink === null) {
        // A takeover: once a claim is committed, all before it is decided, and the journal tells which step is next.
        try {
          sink = await world.sinks.open(0);
        } catch (error) {
          why = error; // brokers are away for a moment; the deadline bounds it
          continue;
        }
        claims += 1;
        const claim = `claim ${claims}`;
        const claimed = await sink.commit([Buffer.from(claim)], [], NOW);
        if (claimed.outcome !== 'committed') {
          why = claimed.cause;
          await sink.close();
          sink = null;
          continue;
        }
        let journal: string[] = [];
        await until('the claim', PATIENCE, async () => {
          // A broker that hangs makes the looking fail, too: it is repeated, within the bound.
          journal = texts(await world.read({ topic: world.journal, partition: 0 }).catch(() => []));
          return journal.includes(claim);
        });
        i = journal.filter((text) => !text.startsWith('claim')).length;
        continue;
      }
      const records = Array.from({ length: partitions * 3 }, (_, n) =>
        record(output, n % partitions, `${i}.${Math.floor(n / partitions)}`),
      );
      const done: CommitOutcome = await sink.commit([Buffer.from(String(i))], records, NOW);
      if (done.outcome === 'committed') {
        i += 1;
        continue;
      }
      why = done.cause;
      doubts += 1;
      await sink.close();
      sink = null;
    }
    await sink?.close();
    return { steps: i, doubts };
  }

  async function expectEachOnce(world: KafkaWorld, output: string, partitions: number, steps: number): Promise<void> {
    const expected = Array.from({ length: steps }, (_, i) => String(i));
    const journal = { topic: world.journal, partition: 0 };
    await until('the last step', PATIENCE, async () => texts(await world.read(journal)).includes(String(steps - 1)));
    expect(texts(await world.read(journal)).filter((text) => !text.startsWith('claim'))).toEqual(expected);
    for (let partition = 0; partition < partitions; partition++) {
      const written = texts(await world.read({ topic: output, partition }));
      expect(written).toEqual(expected.flatMap((i) => [`${i}.0`, `${i}.1`, `${i}.2`]));
    }
  }

  it('I2 I12 leaders that move in mid-send: no record twice, none missing', { timeout: 180_000 }, async () => {
    const world = await kafkaWorld(kafka.bootstrap, { journalCopies: 1 });
    const output = `${world.settings.applicationId}.moving`;
    const partitions = 6;
    await world.admin.ensureTopics([{ topic: output, partitions, replicationFactor: 1, configs: { 'min.insync.replicas': '1' } }]);
    const admin = world.client.admin();
    await admin.connect();
    const move = async (topic: string, to: readonly number[]): Promise<void> => {
      const partitionAssignment = to.map((broker, partition) => ({ partition, replicas: [broker] }));
      await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] });
      await until('the move', PATIENCE, async () => (await admin.listPartitionReassignments({})).topics.length === 0);
    };
    // The journal lies behind the slow link: what the producer knew of the outputs' leaders is stale when the journal's answer is there.
    await move(world.journal, [SLOW_BROKER, SLOW_BROKER]);
    let moves = 0;
    let moving = true;
    let committed = 0;
    const mover = (async () => {
      for (let seen = 0; moving; seen = committed) {
        await move(
          output,
          Array.from({ length: partitions }, (_, partition) => 1 + ((partition + moves) % 3)),
        );
        moves += 1;
        // Without a pause hardly a step would find all leaders where it looked for them.
        await until('a step between two moves', PATIENCE, () => committed > seen || !moving);
      }
    })();
    const more = (steps: number, doubts: number): boolean => {
      committed = steps;
      return steps < 8 || doubts < 3;
    };
    const { steps } = await commitSteps(world, output, partitions, more).finally(() => {
      moving = false;
    });
    await mover;
    expect(moves).toBeGreaterThan(3);
    await expectEachOnce(world, output, partitions, steps);
    await admin.disconnect();
    await world.admin.deleteTopics([output]);
    await world.stop();
  });

  it('I2 I12 a broker killed, and another frozen, in mid-send: no record twice, none missing, and a reader sees all', {
    timeout: 320_000,
  }, async () => {
    for (const broker of kafka.brokers) {
      if (broker.pid === null) await broker.restart();
      else broker.thaw();
    }
    const world = await kafkaWorld(kafka.bootstrap, { settings: { transactionTimeoutMs: 5_000 } });
    const output = world.inputs[0]; // so that a reader of the application reads it, too
    const at = { topic: output, partition: 1 };
    const reader = new Recorder(world.source());
    reader.onAssigned = () => reader.read(at, Math.max(0, reader.reached(at)));
    await reader.source.start(reader);
    const admin = world.client.admin();
    await admin.connect();
    // On a busy machine a broker drops out of the replicas for a moment; a second fault then would leave none that has all.
    const whole = () =>
      until('all replicas in sync', PATIENCE, async () => {
        const { topics } = await admin.fetchTopicMetadata();
        return topics.every(({ partitions }) => partitions.every(({ isr, replicas }) => isr.length === replicas.length));
      });
    const leader = async () => {
      const { topics } = await admin.fetchTopicMetadata({ topics: [world.journal] });
      const led = topics[0]?.partitions.find(({ partitionId }) => partitionId === 0)?.leader ?? 0;
      const broker = kafka.brokers[led - 1];
      if (broker === undefined) throw new Error('the journal has no leader');
      return broker;
    };
    let over = false;
    let made = { steps: 0, doubts: 0 };
    const faults = (async () => {
      await until('some steps', PATIENCE, () => reader.of(at).length > 6);
      await whole();
      const first = await leader();
      await first.kill();
      const seen = reader.of(at).length;
      await until('steps without the first broker', PATIENCE, () => reader.of(at).length > seen + 6);
      await first.restart();
      await whole();
      // No step gets past the one that leads the journal.
      const frozen = await leader();
      frozen.freeze();
      const [before, beats] = [reader.of(at).length, reader.heartbeats];
      await until('steps without the frozen broker', 2 * PATIENCE, () => reader.of(at).length > before + 6).catch((cause: unknown) => {
        // Whether it is the sink or the reader that stands still.
        const [read, alive] = [reader.of(at).length, reader.heartbeats];
        throw new Error(
          `${made.steps} steps and ${made.doubts} doubts, ${read} records read (${before} before), ${alive - beats} heartbeats`,
          { cause },
        );
      });
      await until('heartbeats without it', PATIENCE, () => reader.heartbeats > beats + 5);
      frozen.thaw();
    })().finally(() => {
      over = true;
    });
    const more = (steps: number, doubts: number): boolean => {
      made = { steps, doubts };
      return !over;
    };
    const [{ steps, doubts }] = await Promise.all([commitSteps(world, output, 2, more), faults]);
    expect(doubts).toBeGreaterThan(0);
    await expectEachOnce(world, output, 2, steps);
    await until('the reader has all', PATIENCE, () => reader.of(at).length >= steps * 3);
    expect(texts(reader.of(at))).toEqual(texts(await world.read(at)));
    expect(reader.crash).toBeNull();
    await admin.disconnect();
    await world.stop();
  });

  it('many topics asked about at once, by clients that know none: each question is answered (correction 10)', async () => {
    const settings = settingsOf(kafka.bootstrap, 2);
    const topics = Array.from({ length: 13 }, (_, i) => `${settings.applicationId}.t${i}`);
    const first = createAdmin(settings, log);
    onTestFinished(async () => {
      await first.value.deleteTopics(topics);
      await first.stop();
    });
    await first.value.ensureTopics(topics.map((topic) => ({ topic, partitions: 2, configs: {} })));
    for (let i = 0; i < 20; i++) {
      const admin = createAdmin(settings, log);
      const ends = await Promise.all(topics.map((topic) => admin.value.ends(topic)));
      expect(ends).toEqual(topics.map(() => [0, 0].map(() => ({ start: 0, end: 0 }))));
      await admin.stop();
    }
  });
});
