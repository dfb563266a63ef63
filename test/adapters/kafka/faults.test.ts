/** Faults between the adapter and one broker: a link cut in mid-commit, positions that the log does not have, a restart of the broker. */
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { createAdmin, createKafka } from '../../../src/adapters/kafka/index.ts';
import type { Instant } from '../../../src/domain/ids.ts';
import { Halt, Retryable } from '../../../src/engine/errors.ts';
import { startKafka } from '../../../src/stack/kafka.ts';
import { freePorts } from '../../../src/stack/ports.ts';
import { Recorder, record, texts, until } from '../../contract/recorder.ts';
import { type FaultyLink, startProxy } from '../../support/proxy.ts';
import { type KafkaWorld, kafkaWorld, log, settingsOf } from './world.ts';

const NOW = 1_700_000_000_000 as Instant;
const PATIENCE = 30_000;

describe('a position that the log does not have', () => {
  let world: KafkaWorld | undefined;
  afterEach(async () => {
    await world?.stop();
    world = undefined;
  });

  it('I3 I4 never moves silently: nothing comes, and `ends` shows why', async () => {
    world = await kafkaWorld(inject('kafka'));
    const [deleted, short] = [0, 1].map((partition) => ({ topic: world?.inputs[0] ?? '', partition }));
    const live = { topic: world.inputs[1], partition: 0 };
    if (deleted === undefined || short === undefined) throw new Error('two partitions');
    for (const at of [deleted, short]) await world.produce(['a', 'b', 'c', 'd'].map((text) => record(at.topic, at.partition, text)));
    await world.logs.deleteBefore(deleted, 2);
    const one = new Recorder(world.source());
    await one.source.start(one);
    one.read(deleted, 1); // before the log's start
    one.read(short, 9); // after its end
    one.read(live, 0);
    await world.produce([record(live.topic, live.partition, 'x')]);
    await until('another partition goes on', PATIENCE, () => one.of(live).length === 1);
    await world.produce([record(short.topic, short.partition, 'e')]);
    const heartbeats = one.heartbeats;
    await until('the group is kept', PATIENCE, () => one.heartbeats > heartbeats + 1);
    expect([...one.taken.keys()]).toEqual([`${live.topic} 0`]);
    expect(await world.logs.ends(deleted.topic)).toEqual([
      { start: 2, end: 4 },
      { start: 0, end: 5 },
    ]);
    expect(one.crash).toBeNull();
    one.source.seek(deleted, 2);
    await until('what is left, once sought', PATIENCE, () => one.of(deleted).length === 2);
  });

  it('a log that is deleted under a reader gives no gap: the reader stays where it was', async () => {
    world = await kafkaWorld(inject('kafka'));
    const at = { topic: world.inputs[0], partition: 0 };
    await world.produce(['a', 'b'].map((text) => record(at.topic, at.partition, text)));
    const one = new Recorder(world.source());
    await one.source.start(one);
    one.read(at, 0);
    await until('both', PATIENCE, () => one.of(at).length === 2);
    one.source.pause([at]);
    await world.produce(['lost', 'c'].map((text) => record(at.topic, at.partition, text)));
    await world.logs.deleteBefore(at, 3);
    one.source.resume([at]);
    const heartbeats = one.heartbeats;
    await until('some fetches', PATIENCE, () => one.heartbeats > heartbeats + 1);
    expect(texts(one.of(at))).toEqual(['a', 'b']);
    expect((await world.logs.ends(at.topic))[0]?.start).toBeGreaterThan(one.reached(at));
  });
});

describe('a broker behind a link that fails', () => {
  let proxy: FaultyLink;
  let bootstrap = '';
  let world: KafkaWorld;
  let broker: Awaited<ReturnType<typeof startKafka>>['value']['brokers'][number];
  const stops: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    const started = await startProxy({ to: { host: '127.0.0.1', port } });
    proxy = started.value;
    const kafka = await startKafka({ brokers: 1, listeners: [{ port, advertised: proxy.port }], log: (line) => log.info(line) });
    bootstrap = kafka.value.bootstrap;
    const [first] = kafka.value.brokers;
    if (first === undefined) throw new Error('no broker');
    broker = first;
    stops.push(kafka.stop, started.stop);
    world = await kafkaWorld(bootstrap, { settings: { transactionTimeoutMs: 4_000, sessionTimeoutMs: 3_000 } });
  });
  afterAll(async () => {
    proxy.resume();
    await world.stop();
    for (const stop of stops) await stop();
  });

  const journal = (shard: number) => ({ topic: world.journal, partition: shard });
  const reads = (shard: number, expected: (string | RegExp)[]) =>
    expect
      .poll(async () => texts(await world.read(journal(shard))), { timeout: PATIENCE, interval: 100 })
      .toEqual(expected.map((one) => (typeof one === 'string' ? one : expect.stringMatching(one))));

  it('I12 a link cut at any moment of a commit: unknown, then whole or not at all, and the next sink goes on', async () => {
    const outcomes: string[] = [];
    let sink = await world.sinks.open(0);
    const committed: string[] = [];
    const uncertain = new Set<string>();
    for (let i = 0; i < 12; i++) {
      const name = `step ${i}`;
      const commit = sink.commit([Buffer.from(name)], [record(world.output, 0, name), record(world.output, 1, name)], NOW);
      // From 0 to some 20 ms into a commit, which takes about that long.
      const cut = setTimeout(() => proxy.cut(), i * 2);
      const { outcome } = await commit;
      clearTimeout(cut);
      outcomes.push(outcome);
      proxy.resume();
      if (outcome === 'committed') committed.push(name);
      else {
        expect(outcome).toBe('unknown');
        uncertain.add(name);
        await sink.close();
        sink = await world.sinks.open(0);
      }
    }
    expect(outcomes).toContain('unknown');
    const last = await sink
      .commit([Buffer.from('last')], [record(world.output, 0, 'last'), record(world.output, 1, 'last')], NOW)
      .catch(String);
    expect(last).toMatchObject({ outcome: 'committed' });
    await until('the last step', PATIENCE, async () => texts(await world.read(journal(0))).includes('last'));
    const written = texts(await world.read(journal(0)));
    expect(new Set(written).size).toBe(written.length);
    expect(written.filter((name) => !uncertain.has(name))).toEqual([...committed, 'last']);
    for (const partition of [0, 1]) expect(texts(await world.read({ topic: world.output, partition }))).toEqual(written);
    await sink.close();
  });

  it('a link that goes silent in mid-commit: unknown within the transaction’s time, and closing takes a second at most', async () => {
    const sink = await world.sinks.open(1);
    proxy.hold();
    const started = performance.now();
    const { outcome } = await sink.commit([Buffer.from('held')], [], NOW);
    expect(outcome).toBe('unknown');
    expect(performance.now() - started).toBeLessThan(5_000);
    const closing = performance.now();
    await sink.close();
    expect(performance.now() - closing).toBeLessThan(1_500);
    proxy.resume();
    const next = await world.sinks.open(1);
    expect(await next.commit([Buffer.from('next')], [], NOW)).toMatchObject({ outcome: 'committed' });
    await next.close();
    // What was held may have arrived, but under the old epoch: it is never committed.
    await reads(1, ['next']);
  });

  it('opening and asking while the broker is away: Retryable, within the time', async () => {
    proxy.cut();
    const away = createKafka({ ...world.settings, applicationId: `${world.settings.applicationId}-x` }, log);
    await expect(away.value.sinks.open(0)).rejects.toBeInstanceOf(Retryable);
    await expect(away.value.logs.ends(world.journal)).rejects.toBeInstanceOf(Retryable);
    await expect(away.value.source.start(new Recorder(away.value.source))).rejects.toBeInstanceOf(Retryable);
    proxy.resume();
    expect(await away.value.logs.ends(world.journal)).toHaveLength(2);
    await away.stop();
  });

  it('the reader goes on by itself after the broker was killed and came back, with no record lost or doubled', async () => {
    const at = { topic: world.inputs[0], partition: 0 };
    const one = new Recorder(world.source());
    one.onAssigned = () => one.read(at, Math.max(0, one.reached(at)));
    await one.source.start(one);
    await world.produce(['a', 'b'].map((text) => record(at.topic, at.partition, text)));
    await until('both', PATIENCE, () => one.of(at).length === 2);
    await broker.restart();
    await until('producing again', PATIENCE, async () =>
      world.produce([record(at.topic, at.partition, 'c')]).then(
        () => true,
        () => false,
      ),
    );
    await until('the third', PATIENCE, () => one.of(at).length >= 3);
    expect(texts(one.of(at)).filter((text) => text !== 'c')).toEqual(['a', 'b']);
    expect(one.crash).toBeNull();
    await one.source.stop();
  });
});

describe('orders and questions that cannot be met', () => {
  it('a topic that exists with another number of partitions is a Halt, before anything is created', async () => {
    const settings = settingsOf(inject('kafka'), 2);
    const { value: admin, stop } = createAdmin(settings, log);
    const name = settings.topics.journal;
    expect(await admin.ensureTopics([{ topic: name, partitions: 2, configs: { 'cleanup.policy': 'delete' } }])).toEqual([name]);
    expect(await admin.ensureTopics([{ topic: name, partitions: 2, configs: {} }])).toEqual([]);
    const wrong = admin.ensureTopics([
      { topic: settings.topics.reroute, partitions: 2, configs: {} },
      { topic: name, partitions: 3, configs: {} },
    ]);
    await expect(wrong).rejects.toThrow(Halt);
    expect(await admin.partitions(settings.topics.reroute)).toBeNull();
    const tooMany = admin.ensureTopics([{ topic: settings.topics.reroute, partitions: 2, replicationFactor: 99, configs: {} }]);
    await expect(tooMany).rejects.toThrow('smaller replication factor');
    const unheard = admin.ensureTopics([{ topic: settings.topics.reroute, partitions: 2, configs: { 'cleanup.policy': 'perhaps' } }]);
    await expect(unheard).rejects.toThrow('is not one that the brokers take');
    expect(await admin.partitions(name)).toBe(2);
    expect(await admin.topicConfig(name)).toMatchObject({ 'cleanup.policy': 'delete', 'message.timestamp.type': 'CreateTime' });
    await admin.deleteTopics([name, 'never-there']);
    expect(await admin.partitions(name)).toBeNull();
    await admin.deleteGroup(settings.applicationId);
    await stop();
  });

  it('I2 a journal topic without append times is a Halt before anything is committed', async () => {
    const world = await kafkaWorld(inject('kafka'));
    const settings = { ...world.settings, topics: { ...world.settings.topics, journal: world.output } };
    const sink = await createKafka(settings, log).value.sinks.open(0);
    await expect(sink.commit([Buffer.from('x')], [], NOW)).rejects.toThrow('LogAppendTime');
    await sink.close();
    await world.stop();
  });
});
