/** Takeovers that must not go on: each stops with its message, after a second look, and has a way out that works. */
import { describe, expect, it } from 'vitest';
import { encodeStep } from '../../src/codec/journal.ts';
import { shardOf } from '../../src/codec/murmur2.ts';
import type { CustomerId } from '../../src/domain/ids.ts';
import type { Ports } from '../../src/engine/engine.ts';
import { Halt } from '../../src/engine/errors.ts';
import type { TestDriver, WorkerOverrides } from '../../src/testing.ts';
import { agrees, driver, expected, SLOW, told, until, watermarkOf } from './support/drive.ts';
import { DAY, purchase, START, visit } from './support/history.ts';
import { journalOf } from './support/journal.ts';

const WAY_OUT = /`rapport shards accept --shard 0 --reason …`, the workers stopped/;
const first = [purchase('e1', 'anna', START), purchase('e2', 'anna', START + DAY), purchase('e3', 'ben', START + 2 * DAY)];

/** What happens next, now: written to the inputs. */
function more(test: TestDriver): typeof first {
  const second = [purchase('e4', 'anna', test.clock.wall()), purchase('e5', 'carl', test.clock.wall() + 1)];
  for (const record of second) test.pipe(record);
  return second;
}

/** A driver whose one shard has processed `first`, its worker stopped. */
async function used(): Promise<TestDriver> {
  const test = driver();
  for (const record of first) test.pipe(record);
  await test.start();
  await agrees(test, first);
  await test.advance(6_000);
  await test.stop();
  return test;
}

/** Starts a worker and returns the Halt that ends it, and how often it had claimed before. */
async function halts(test: TestDriver, overrides: WorkerOverrides = {}): Promise<{ message: string; opened: number }> {
  let opened = 0;
  const ports = (inner: Ports): Ports => {
    const given = overrides.ports?.(inner) ?? inner;
    const open = (shard: number) => {
      opened += 1;
      return given.sinks.open(shard);
    };
    return { ...given, sinks: { open } };
  };
  try {
    await test.start({ ...overrides, ports });
    await until(test, 'a Halt', () => false, 2_000);
  } catch (error) {
    if (!(error instanceof Halt)) throw error;
    await test.stop();
    return { message: error.message, opened };
  }
  throw new Error('it did not halt');
}

/** What `rapport shards accept` does, the workers stopped. */
async function accept(test: TestDriver): Promise<void> {
  const worker = await test.start({ accept: { shard: 0, reason: 'ticket 4711' } });
  await until(test, 'the takeover', () => worker.takeovers.length > 0);
  await test.stop();
  const { accepted } = journalOf(test, 0).findLast(({ header }) => header.kind === 'claim')?.header ?? {};
  expect(accepted).toMatchObject({ reason: 'ticket 4711' });
}

function recreate(test: TestDriver, topic: string, options = {}): void {
  const partitions = test.kafka.partitions(topic);
  test.kafka.deleteTopic(topic);
  test.kafka.createTopic(topic, partitions, options);
}

/** All was folded again, and said again: the states are those of one fold over everything. */
async function agreesAnew(test: TestDriver, records: typeof first): Promise<void> {
  await test.settle();
  await test.advance(10_000);
  expect(told(test).states).toEqual(expected(records, test.settings.policy, watermarkOf(test, 0)).states);
}

describe('I4 a position that its log does not have', () => {
  const faults: [string, RegExp, (test: TestDriver) => void][] = [
    ['lies after the end: the topic was recreated', /position 3 lies after its end 0/, (test) => recreate(test, 'test.purchase')],
    [
      'lies before the start: records were deleted unprocessed',
      /position 3 lies before its start 4/,
      (test) => {
        test.pipe(purchase('lost', 'anna', START + DAY));
        test.kafka.deleteBefore({ topic: 'test.purchase', partition: 0 }, 4);
      },
    ],
    [
      'has another record before it: the topic was recreated and filled',
      /record at offset 2 is not the one that was processed there|record at offset 2 is another one/,
      (test) => {
        recreate(test, 'test.purchase');
        for (const record of first) test.pipe(purchase(`other-${record.record.eventId}`, 'zoe', START));
      },
    ],
  ];
  it.each(faults)('%s: halts, and goes on at the log’s start when that is accepted', { timeout: SLOW }, async (_, message, fault) => {
    const test = await used();
    fault(test);
    const halt = await halts(test);
    expect(halt.message).toMatch(message);
    expect(halt.message).toMatch(/test\.purchase-0/);
    expect(halt.message).toMatch(/shards accept/);
    expect(halt.opened, 'claims: it looks a second time before it halts').toBe(2);

    await accept(test);
    const before = told(test).states.length;
    more(test);
    await test.start();
    await test.settle();
    expect(told(test).states.map(([customer]) => customer)).toEqual(expect.arrayContaining(['anna', 'ben', 'carl']));
    expect(told(test).states.length).toBeGreaterThan(before);
    expect(
      journalOf(test, 0)
        .at(-1)
        ?.header.positions.find(({ topic }) => topic === 'test.purchase')?.next,
    ).toBe(test.kafka.log({ topic: 'test.purchase', partition: 0 }).end);
  });

  it('is noticed also in a topic that is recreated under a running worker', { timeout: SLOW }, async () => {
    const test = driver();
    for (const record of first) test.pipe(record);
    await test.start();
    await agrees(test, first);
    recreate(test, 'test.purchase');
    more(test);
    await expect(until(test, 'a Halt', () => false, 2_000)).rejects.toThrow(/position 3 lies after its end 2/);
  });

  it('is none where only the record before it is gone: an idle topic outlives its retention', { timeout: SLOW }, async () => {
    const test = await used();
    test.kafka.deleteBefore({ topic: 'test.purchase', partition: 0 }, 3);
    const second = more(test);
    await test.start();
    await agrees(test, [...first, ...second]);
  });

  it('is none where the record before it is deleted while the shard is taken over', { timeout: SLOW }, async () => {
    const test = await used();
    let asked = 0;
    const ports = (inner: Ports): Ports => ({
      ...inner,
      logs: {
        ...inner.logs,
        ends: async (topic) => {
          const ends = await inner.logs.ends(topic);
          // after the takeover has listed it (the worker's check of the topics is the first)
          if (topic === 'test.purchase' && ++asked === 2) test.kafka.deleteBefore({ topic, partition: 0 }, 3);
          return ends;
        },
      },
    });
    await test.start({ ports });
    await until(test, 'the deletion', () => asked >= 2);
    const second = more(test);
    await agrees(test, [...first, ...second]);
  });
});

describe('I3 a journal that cannot be gone on from', () => {
  it('was written by another number of shards', { timeout: SLOW }, async () => {
    const test = driver({ shards: 2 });
    for (const record of first) test.pipe(record);
    await test.start();
    await test.settle();
    await test.stop();
    const settings = { shards: 1 };
    expect((await halts(test, { settings })).message).toMatch(/RAPPORT_SHARDS is 1, but test.journal has 2, .* partitions/);
    // The same where the topics would fit.
    const ports = (inner: Ports): Ports => ({
      ...inner,
      logs: { ...inner.logs, ends: async (topic) => (await inner.logs.ends(topic)).slice(0, 1) },
    });
    expect((await halts(test, { settings, ports })).message).toMatch(/journal was written with 2 shards, RAPPORT_SHARDS is 1/);
  });

  it('was written under another policy', { timeout: SLOW }, async () => {
    const test = await used();
    const { message, opened } = await halts(test, { settings: { policyHash: 'another' } });
    expect(message).toMatch(/written under policy test, the configured one is another\. Keep the old policy/);
    expect(opened).toBe(2);
    const second = more(test);
    await test.start();
    await agrees(test, [...first, ...second]);
  });

  it('was lost with Redis: begins anew when that is accepted', { timeout: SLOW }, async () => {
    const test = await used();
    recreate(test, 'test.journal', { appendTime: true });
    test.store.flush();
    const { message, opened } = await halts(test);
    expect(message).toMatch(/test\.journal-0 is new, but the group has offsets for its inputs: a journal was lost/);
    expect(message).toMatch(WAY_OUT);
    expect(opened).toBe(2);
    await accept(test);
    const second = more(test);
    await test.start();
    await agreesAnew(test, [...first, ...second]);
  });

  it('was emptied', { timeout: SLOW }, async () => {
    const test = await used();
    test.kafka.deleteBefore({ topic: 'test.journal', partition: 0 }, test.kafka.log({ topic: 'test.journal', partition: 0 }).end);
    test.store.flush();
    const { message } = await halts(test);
    expect(message).toMatch(/test\.journal-0 is empty but not new: a journal was lost/);
    expect(message).toMatch(WAY_OUT);
  });

  it('is behind Redis: names both, and the keys to delete; they deleted, accepting begins anew', { timeout: SLOW }, async () => {
    const test = await used();
    recreate(test, 'test.journal', { appendTime: true });
    const { message, opened } = await halts(test);
    expect(message).toMatch(/Redis stands at journal offset \d+, but test\.journal-0 ends at 0/);
    expect(message).toMatch(/delete the keys \{test:0\}:\* and run `rapport shards accept --shard 0/);
    expect(opened).toBe(2);
    test.store.flush();
    await accept(test);
    await test.start();
    await agreesAnew(test, first);
  });

  it('has a record that is not rapport’s', { timeout: SLOW }, async () => {
    const test = await used();
    const offset = test.kafka.append('test.journal', 0, { value: 'hello' });
    const { message, opened } = await halts(test);
    expect(message).toContain(`test.journal-0@${offset}: the journal is broken`);
    expect(opened).toBe(2);
  });

  it('has a step whose last part is missing', { timeout: SLOW }, async () => {
    const test = await used();
    const last = journalOf(test, 0).at(-1);
    if (last === undefined) throw new Error('no journal');
    const header = { ...last.header, kind: 'step' as const, sequence: last.header.sequence + 1, previous: last.offset };
    const entries = Array.from({ length: 9 }, () => ({
      customer: 'anna' as never,
      cause: 'event' as const,
      state: Buffer.alloc(300),
      due: null,
    }));
    const [part] = encodeStep(header, entries, 1_000);
    const offset = test.kafka.append('test.journal', 0, { value: part ?? null });
    const { message } = await halts(test);
    expect(message).toMatch(new RegExp(`test\\.journal-0@${offset}: the journal is broken: it has 1 of \\d+ parts`));
  });
});

describe('a rerouted record that is still foreign', () => {
  it('halts: the workers disagree about the number of shards', { timeout: SLOW }, async () => {
    const test = driver({ shards: 2 });
    const origin = Buffer.from(JSON.stringify(['test.purchase', 0, 7, START]));
    const home = 1 - shardOf('anna' as CustomerId, 2);
    test.pipe(purchase('e1', 'anna', START), home);
    const [record] = test.kafka.records('test.purchase', home);
    test.kafka.append('test.reroute', home, {
      key: 'anna',
      value: record?.value ?? null,
      headers: [{ key: 'rapport-origin', value: origin }],
    });
    const { message } = await halts(test);
    expect(message).toMatch(/test\.reroute-\d@0: a rerouted record belongs to shard \d, not \d.*RAPPORT_SHARDS/s);

    // Also where other records are processed between one look and the next: its own time comes after theirs.
    const other = driver({ shards: 2 });
    const local = ['l0', 'l1', 'l2', 'l3', 'l4', 'l5'].find((id) => shardOf(id as CustomerId, 2) === home) ?? '';
    other.pipe(purchase('e1', 'anna', other.clock.wall() + 250_000), home);
    const [late] = other.kafka.records('test.purchase', home);
    other.kafka.append('test.reroute', home, {
      key: 'anna',
      value: late?.value ?? null,
      headers: [{ key: 'rapport-origin', value: origin }],
    });
    other.kafka.deleteBefore({ topic: 'test.purchase', partition: home }, 1);
    const worker = await other.start();
    const going = async (): Promise<void> => {
      for (let i = 0; i < 3_000; i++) {
        if (i % 2 === 0) other.pipe(visit(`v${i}`, local, other.clock.wall()));
        await Promise.race([worker.ended, other.pace(5)]);
      }
    };
    await expect(going()).rejects.toThrow(/a rerouted record belongs to shard/);
    expect(other.reports.length, 'steps in between').toBeGreaterThan(0);
  });
});
