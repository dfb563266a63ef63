/** What is away for a while heals by itself: every call of every port, and the ways in which a worker comes and goes. */
import { describe, expect, it } from 'vitest';
import type { Call } from '../../src/adapters/memory/store.ts';
import type { Ports } from '../../src/engine/engine.ts';
import { Retryable } from '../../src/engine/errors.ts';
import type { Logger } from '../../src/engine/ports.ts';
import type { TypedRecord } from '../../src/sources/index.ts';
import type { TestDriver } from '../../src/testing.ts';
import { agrees, driver, KEPT, SLOW, SMALL } from './support/drive.ts';
import { DAY, purchase, START, visit } from './support/history.ts';
import { expectChain, journalOf } from './support/journal.ts';

const records = Array.from({ length: 80 }, (_, i) => purchase(`e${i}`, `c${i % 9}`, START + i * DAY));

/** Processes `records` with a port that fails now and then: the first calls of all, and every so many. */
async function survives(
  limits: object,
  every: number,
  fail: (test: TestDriver, due: () => boolean) => (ports: Ports) => Ports,
): Promise<number> {
  const test = driver({ shards: 2, batchSize: 9, limits });
  const all: TypedRecord[] = [...records];
  for (const record of records) test.pipe(record);
  let calls = 0;
  let failures = 0;
  let over = false;
  const due = (): boolean => {
    if (over || (calls++ > 1 && calls % every !== 0)) return false;
    failures += 1;
    return true;
  };
  const ports = fail(test, due);
  await test.start({ ports });
  let live = false;
  for (let i = 0; i < 40; i++) {
    await test.pace(60);
    live ||= test.settled();
    if (live) {
      const record = visit(`v${i}`, `c${i % 9}`, test.clock.wall());
      all.push(record);
      test.pipe(record);
    }
    // a takeover now and then, so that its calls fail too
    const [worker] = test.workers;
    if (i % 8 === 5 && worker !== undefined) worker.sinks.faults.nextCommit = 'unknown-open';
    if (i % 8 === 7) test.store.flush();
  }
  over = true;
  await agrees(test, all);
  if (limits === KEPT) expectChain(test);
  return failures;
}

const failing = (what: string): never => {
  throw new Retryable(`injected: ${what} is away`);
};

describe('a port that is away now and then', () => {
  const calls: Call[] = ['check', 'meta', 'load', 'apply', 'build', 'promote', 'sweep', 'writeOwn', 'readOwns'];
  it.each(calls.flatMap((call) => (['before', 'after'] as const).map((when) => [call, when] as const)))(
    'loses and doubles nothing: the store’s %s, %s its effect',
    { timeout: SLOW },
    async (call, when) => {
      const failures = await survives(call === 'load' ? KEPT : SMALL, 3, (test, due) => {
        test.store.faults.onCall = (name) => (name === call && due() ? when : null);
        return (ports) => ports;
      });
      if (call !== 'readOwns') expect(failures).toBeGreaterThan(0);
    },
  );

  const others: [string, (due: () => boolean) => (ports: Ports) => Ports][] = [
    [
      'opening a sink',
      (due) => (ports) => ({ ...ports, sinks: { open: async (shard) => (due() ? failing('Kafka') : ports.sinks.open(shard)) } }),
    ],
    [
      'the ends of logs',
      (due) => (ports) => ({
        ...ports,
        logs: { ...ports.logs, ends: async (topic) => (due() ? failing('Kafka') : ports.logs.ends(topic)) },
      }),
    ],
    [
      'the deletion of records',
      (due) => (ports) => ({
        ...ports,
        logs: { ...ports.logs, deleteBefore: async (of, offset) => (due() ? failing('Kafka') : ports.logs.deleteBefore(of, offset)) },
      }),
    ],
    [
      'the group’s offsets',
      (due) => (ports) => ({
        ...ports,
        logs: { ...ports.logs, hasGroupOffsets: async (of) => (due() ? failing('Kafka') : ports.logs.hasGroupOffsets(of)) },
      }),
    ],
    [
      'the schema registry',
      (due) => (ports) => ({
        ...ports,
        decoder: {
          prepare: async (topic, of) => (due() ? failing('the registry') : ports.decoder.prepare(topic, of)),
          decode: ports.decoder.decode,
        },
      }),
    ],
  ];
  it.each(others)('loses and doubles nothing: %s', { timeout: SLOW }, async (_, fail) => {
    expect(await survives({ ...SMALL, journalLeast: 800, journalFactor: 1 }, 17, (_test, due) => fail(due))).toBeGreaterThan(0);
  });

  it('is waited for at the start with one line, not one for each try, and nothing is claimed meanwhile', { timeout: SLOW }, async () => {
    const lines: string[] = [];
    const log: Logger = { debug: () => {}, info: () => {}, warn: (_, line) => lines.push(line), error: () => {} };
    const test = driver({ log });
    for (const record of records) test.pipe(record);
    let away = true;
    test.store.faults.onCall = () => (away ? 'before' : null);
    const starting = test.start();
    await test.clock.advance(60_000);
    expect(lines).toEqual(['waiting for Redis']);
    expect(journalOf(test, 0)).toEqual([]);
    away = false;
    await starting;
    await agrees(test, records);
    // and in mid-stream
    lines.length = 0;
    away = true;
    const last = purchase('l1', 'c1', test.clock.wall());
    test.pipe(last);
    await test.clock.advance(60_000);
    expect(lines.filter((line) => line === 'waiting for Redis')).toHaveLength(1);
    expect(lines.length).toBeLessThan(5);
    away = false;
    await agrees(test, [...records, last]);
  });
});

describe('a worker', () => {
  it('that is stopped in mid-stream ends in seconds and loses nothing; the group knows where it was', { timeout: SLOW }, async () => {
    for (const paces of [1, 7, 20, 45, 90]) {
      const test = driver({ shards: 2, batchSize: 5, limits: KEPT });
      for (const record of records) test.pipe(record);
      await test.start();
      await test.pace(paces);
      const from = test.clock.monotonic();
      await test.stop();
      expect(test.clock.monotonic() - from).toBeLessThan(1_000);
      for (let shard = 0; shard < 2; shard++) {
        const last = journalOf(test, shard).at(-1);
        if (last === undefined) continue;
        expect(test.store.standing(shard)?.next, 'what is committed is applied').toBeGreaterThan(last.offset);
        for (const position of last.header.positions) expect(test.kafka.group('test').offset(position)).toBe(position.next);
      }
      await test.start();
      await agrees(test, records);
      expectChain(test);
    }
  });

  it('whose Redis is away stops in seconds all the same', { timeout: SLOW }, async () => {
    const test = driver();
    for (const record of records) test.pipe(record);
    await test.start();
    await test.pace(20);
    test.store.faults.onCall = () => 'before';
    await test.clock.advance(10_000);
    const from = test.clock.monotonic();
    await test.stop();
    expect(test.clock.monotonic() - from).toBeLessThan(5_000);
    test.store.faults.onCall = null;
    await test.start();
    await agrees(test, records);
  });

  it('keeps its shards over a rebalance: no second takeover, nothing lost or doubled', { timeout: SLOW }, async () => {
    const test = driver({ shards: 3, batchSize: 4, limits: KEPT });
    for (const record of records) test.pipe(record);
    const worker = await test.start();
    for (let i = 0; i < 25; i++) {
      await test.pace(1 + (i % 6));
      test.kafka.group('test').rebalance();
    }
    await agrees(test, records);
    expect([...worker.takeovers].sort()).toEqual([0, 1, 2]);
    for (const shard of [0, 1, 2]) expect(journalOf(test, shard).filter(({ header }) => header.kind === 'claim')).toHaveLength(1);
    expectChain(test);
  });

  it('gives and gets shards as others come and go, in mid-stream', { timeout: SLOW }, async () => {
    const test = driver({ shards: 4, batchSize: 4, limits: KEPT });
    const all: TypedRecord[] = [...records];
    for (const record of records) test.pipe(record);
    for (let i = 0; i < 14; i++) {
      if (i % 3 !== 2 || test.workers.size < 2) await test.start();
      else {
        const [worker] = test.workers;
        if (i % 2 === 0) worker?.kill();
        else await worker?.worker.stop();
        test.kafka.group('test').expire();
      }
      await test.pace(9);
    }
    for (const worker of [...test.workers]) if (!worker.source.alive) worker.kill();
    await test.settle();
    for (let i = 0; i < 10; i++) {
      const record = visit(`v${i}`, `c${i % 9}`, test.clock.wall());
      all.push(record);
      test.pipe(record);
    }
    await agrees(test, all);
    expectChain(test);
  });

  it('takes over again with growing pauses while nothing commits: a broker that never answers gets no flood of claims', {
    timeout: SLOW,
  }, async () => {
    const test = driver({ limits: KEPT });
    for (const record of records) test.pipe(record);
    const worker = await test.start();
    worker.sinks.faults.onCommit = ({ journal, records: out }) => (out.length > 0 || journal.length > 1 ? 'unknown-aborted' : null);
    for (let i = 0; i < 2_000; i++) await test.pace(10);
    const claims = journalOf(test, 0).filter(({ header }) => header.kind === 'claim').length;
    expect(claims).toBeGreaterThan(3);
    expect(claims).toBeLessThan(14);
    const from = test.clock.monotonic();
    await test.stop();
    expect(test.clock.monotonic() - from, 'it does not wait for the pause to end').toBeLessThan(1_000);
    await test.start();
    await agrees(test, records);
    expectChain(test);
  });
});
