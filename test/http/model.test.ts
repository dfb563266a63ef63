/** The read model: fed with what a processor has said, in any cuts, through deaths and foreign topics. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManualClock } from '../../src/adapters/memory/clock.ts';
import type { AlertRecord, KpiRecord, ProfileRecord, SegmentChangeRecord } from '../../src/codec/types.ts';
import { GROUPS } from '../../src/domain/decision.ts';
import { SystemClock } from '../../src/engine/clock.ts';
import { Halt, Retryable } from '../../src/engine/errors.ts';
import { follow } from '../../src/http/follow.ts';
import { findCustomers, sizesNow } from '../../src/http/model/customers.ts';
import { deadLetters, findAlerts, findChanges } from '../../src/http/model/history.ts';
import { findKpis, movesOver, sizesByDay } from '../../src/http/model/kpis.ts';
import { ReadModel } from '../../src/http/model/model.ts';
import { changeOf, customerOf } from '../../src/http/model/shapes.ts';
import { until } from '../../src/stack/until.ts';
import type { TestDriver } from '../../src/testing.ts';
import { BROKEN, MemoryFeed, partitionsOf, SHARDS, saidByProcessor } from './support/said.ts';

const folder = mkdtempSync(join(tmpdir(), 'rapport-http-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const identity = { applicationId: 'test', shards: SHARDS };
const log = pino({ level: 'silent' });
let files = 0;
const aFile = (): string => join(folder, `${++files}.sqlite`);

let driver: TestDriver;
beforeAll(async () => {
  driver = await saidByProcessor();
});

/** Reads until the model is ready; what breaks the reading is thrown. */
async function feed(model: ReadModel, of: MemoryFeed): Promise<void> {
  const stop = new AbortController();
  const following = follow({ model, feed: of, topics: driver.settings.topics, clock: new ManualClock(0), log }, stop.signal);
  let broken: unknown = null;
  following.catch((error: unknown) => {
    broken = error;
  });
  try {
    await until('the model to be ready', 20, async () => {
      return model.ready || broken !== null ? true : undefined;
    });
    if (broken !== null) throw broken;
  } finally {
    stop.abort();
    await following.catch(() => undefined);
  }
}

/** The file of a model that has read all of this and was closed, and the incarnation it had. */
async function modelOf(partitions: ReturnType<typeof partitionsOf>): Promise<{ readonly file: string; readonly incarnation: string }> {
  const file = aFile();
  const model = new ReadModel(file, identity, log);
  await feed(model, new MemoryFeed(partitions));
  const { incarnation } = model;
  model.close();
  return { file, incarnation };
}

/** Every row of every table but where and when it was made. */
function rowsOf(model: ReadModel): unknown {
  const tables = {
    customers: 'SELECT id, grp, level, lost, value, predicted, json FROM customers ORDER BY id',
    sizes: 'SELECT * FROM sizes WHERE customers <> 0 ORDER BY grp, level, lost',
    changes: 'SELECT customer, number, at, json FROM changes ORDER BY customer, number',
    alerts: 'SELECT id, kind, customer, open, opened, json FROM alerts ORDER BY id',
    kpis: 'SELECT day, dimension, json FROM kpis ORDER BY day, dimension',
    dead_letters: 'SELECT reason, topic, count FROM dead_letters ORDER BY reason, topic',
    positions: 'SELECT * FROM positions ORDER BY topic, partition',
  };
  return Object.fromEntries(Object.entries(tables).map(([name, sql]) => [name, model.db.all(sql)]));
}

const whole = { limit: 200, sort: 'id' } as const;
const outputs = <R>(topic: Parameters<TestDriver['outputs']>[0]): R[] => driver.outputs(topic) as R[];

test('what it answers is what the topics say', async () => {
  const model = new ReadModel(aFile(), identity, log);
  await feed(model, new MemoryFeed(partitionsOf(driver)));
  const profiles = new Map(outputs<ProfileRecord>('profiles').map((record) => [record.customerId, record]));
  const found = findCustomers(model.db, whole);
  expect(found.items).toEqual([...profiles.values()].map(customerOf).sort((a, b) => (a.id < b.id ? -1 : 1)));
  expect(profiles.size).toBeGreaterThan(30);

  const sizes = new Map(sizesNow(model.db).map((one) => [one.group, one]));
  for (const group of GROUPS) {
    const members = [...profiles.values()].filter((one) => one.group === group);
    expect(sizes.get(group)?.customers ?? 0, group).toBe(members.length);
    expect(sizes.get(group)?.predictedValue ?? 0, group).toBe(
      members.reduce((sum, { lifetimeValues }) => sum + lifetimeValues.predicted, 0),
    );
  }

  const changes = outputs<SegmentChangeRecord>('segmentChanges');
  const latest = findChanges(model.db, { limit: 200 });
  expect(latest.items.map(({ at }) => at)).toEqual(
    changes
      .map(({ at }) => at)
      .sort((a, b) => b - a)
      .slice(0, 200),
  );
  const { customerId } = changes[0] as SegmentChangeRecord;
  const ofOne = changes.filter((one) => one.customerId === customerId).map(changeOf);
  expect(findChanges(model.db, { customer: customerId, limit: 200 }).items).toEqual(ofOne.sort((a, b) => b.number - a.number));

  const alerts = outputs<AlertRecord>('alerts');
  const episodes = new Set(alerts.map(({ alertId }) => alertId));
  const closed = new Set(alerts.filter(({ event }) => event === 'closed').map(({ alertId }) => alertId));
  expect(episodes.size).toBeGreaterThan(5);
  expect(
    everyPage((cursor) => findAlerts(model.db, { limit: 7, ...cursor }))
      .map(({ alertId }) => alertId)
      .sort(),
  ).toEqual([...episodes].sort());
  const open = everyPage((cursor) => findAlerts(model.db, { open: true, limit: 7, ...cursor }));
  expect(open.map(({ alertId }) => alertId).sort()).toEqual([...episodes].filter((id) => !closed.has(id)).sort());

  const letters = deadLetters(model.db);
  expect(letters).toEqual([{ reason: 'not_avro', topic: 'test.purchase', count: BROKEN, lastAt: expect.any(Number) }]);
  model.close();
});

test('moves and sizes over time, from the KPIs, are those of the changes', async () => {
  const model = new ReadModel(aFile(), identity, log);
  await feed(model, new MemoryFeed(partitionsOf(driver)));
  const changes = outputs<SegmentChangeRecord>('segmentChanges');
  const { from, to, moves } = movesOver(model.db, {});
  const within = changes.filter(({ at }) => from !== null && to !== null && at >= Date.parse(from) && at < Date.parse(to) + 86_400_000);
  const counted = new Map<string, number>();
  for (const change of within) counted.set(`${change.from} ${change.to}`, (counted.get(`${change.from} ${change.to}`) ?? 0) + 1);
  expect(new Map(moves.map((move) => [`${move.from} ${move.to}`, move.count]))).toEqual(counted);
  expect(moves.length).toBeGreaterThan(3);

  const days = sizesByDay(model.db, {});
  expect(days.length).toBeLessThanOrEqual(90);
  const kpis = new Map(outputs<KpiRecord>('kpis').map((record) => [`${record.day}|${record.dimension}`, record]));
  for (const { day, sizes } of days)
    for (const group of GROUPS) expect(sizes[group], `${day} ${group}`).toBe(kpis.get(`${day}|group:${group}`)?.customers ?? null);
  const each = everyPage((cursor) => findKpis(model.db, { group: 'each', limit: 13, ...cursor }));
  expect(new Set(each.map(({ dimension, day }) => `${day}|${dimension}`)).size).toBe(each.length);
  expect(each.every(({ group, attribute }) => group !== null && attribute === null)).toBe(true);
  model.close();
});

function everyPage<T>(ask: (cursor: { cursor?: string }) => { readonly items: readonly T[]; readonly next: string | null }): T[] {
  const found: T[] = [];
  for (let next: string | null = ''; next !== null; ) {
    const page: { readonly items: readonly T[]; readonly next: string | null } = ask(next === '' ? {} : { cursor: next });
    found.push(...page.items);
    next = page.next;
  }
  return found;
}

test.each(['id', 'value', 'predictedValue'] as const)('pages sorted by %s visit every customer once, in order', async (sort) => {
  const model = new ReadModel(aFile(), identity, log);
  await feed(model, new MemoryFeed(partitionsOf(driver)));
  const all = findCustomers(model.db, whole).items;
  for (const filter of [
    {},
    { group: ['AT_RISK'] as const },
    { level: ['LOW'] as const },
    { group: ['AT_RISK', 'LOYALIST'] as const, lost: false },
  ]) {
    const { group, level, lost } = { group: undefined, level: undefined, lost: undefined, ...filter };
    const wanted = all.filter(
      (one) =>
        (group === undefined || group.some((name) => name === one.group)) &&
        (level === undefined || level.some((name) => name === one.level)) &&
        (lost === undefined || one.lost === lost),
    );
    const paged = everyPage((cursor) =>
      findCustomers(model.db, {
        sort,
        limit: 4,
        ...cursor,
        ...(group && { group: [...group] }),
        ...(level && { level: [...level] }),
        ...(lost !== undefined && { lost }),
      }),
    );
    expect(paged.map(({ id }) => id).sort()).toEqual(wanted.map(({ id }) => id).sort());
    if (sort !== 'id') expect(paged.map((one) => one[sort])).toEqual(paged.map((one) => one[sort]).sort((a, b) => b - a));
  }
  const [first] = all;
  expect(findCustomers(model.db, { ...whole, prefix: first?.id.slice(0, 5) ?? '' }).items.map(({ id }) => id)).toEqual(
    all.map(({ id }) => id).filter((id) => id.startsWith(first?.id.slice(0, 5) ?? '')),
  );
  model.close();
});

test('the same rows, however the topics are cut into batches and wherever the process dies', async () => {
  const partitions = partitionsOf(driver);
  const straight = new ReadModel(aFile(), identity, log);
  await feed(straight, new MemoryFeed(partitions));
  const expected = rowsOf(straight);
  straight.close();
  /** at which record of which output: counts are what is written twice when it is read twice */
  const death = fc.record({ type: fc.constantFrom('dead-letter', 'profile', 'segment-change', 'alert'), after: fc.nat(30) });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 20 }),
      fc.array(death, { maxLength: 4 }),
      async (cuts, deaths) => {
        const file = aFile();
        for (const end of [...deaths, null]) {
          const model = new ReadModel(file, identity, log);
          let i = 0;
          let left = end?.after ?? 0;
          const of = new MemoryFeed(partitions, () => cuts[i++ % cuts.length] ?? 1);
          const reader = of.reader.bind(of);
          of.reader = async () => {
            const real = await reader();
            // In mid-transaction: rows of the batch are written, and never committed.
            return { ...real, read: (type, value) => (type === end?.type && left-- === 0 ? dies() : real.read(type, value)) };
          };
          await feed(model, of).catch((error: unknown) => {
            if (!(error instanceof Died)) throw error;
          });
          if (end === null) expect(rowsOf(model)).toEqual(expected);
          model.close();
        }
        rmSync(file);
      },
    ),
    {
      numRuns: 8,
      examples: [
        [
          [90],
          [
            { type: 'dead-letter', after: 5 },
            { type: 'profile', after: 9 },
          ],
        ],
      ],
    },
  );
});

class Died extends Error {}
/** Gets past whoever passes over a record that cannot be read. */
function dies(): never {
  throw Object.defineProperty(new Died(), 'message', {
    get: () => {
      throw new Died();
    },
  });
}

test('goes on with what comes later, also when the first of it has been read before', async () => {
  const partitions = partitionsOf(driver);
  const half = partitions.map(({ of, records, ends }) => {
    const some = records.slice(0, records.length >> 1);
    return { of, records: some, ends: { ...ends, end: (some.at(-1)?.offset ?? -1) + 1 } };
  });
  const { file, incarnation } = await modelOf(half);
  const again = new ReadModel(file, identity, log);
  await feed(again, new MemoryFeed(partitions));
  expect(again.incarnation).toBe(incarnation);
  const straight = new ReadModel(aFile(), identity, log);
  await feed(straight, new MemoryFeed(partitions));
  expect(rowsOf(again)).toEqual(rowsOf(straight));
  for (const one of [again, straight]) one.close();
});

test('what is away is waited for, at the start and in mid-stream, and the reading goes on from there', async () => {
  const partitions = partitionsOf(driver);
  const straight = new ReadModel(aFile(), identity, log);
  await feed(straight, new MemoryFeed(partitions));
  const lines: string[] = [];
  const model = new ReadModel(aFile(), identity, log);
  const of = new MemoryFeed(partitions, () => 50);
  let batches = 0;
  const tail = of.tail.bind(of);
  let starts = 0;
  of.tail = async (topics, events) => {
    if (starts++ === 0) throw new Retryable('the brokers are away');
    return tail(topics, {
      ...events,
      batch: (where, records, next) =>
        ++batches % 25 === 0 ? Promise.reject(new Retryable('the registry is away')) : events.batch(where, records, next),
    });
  };
  const stop = new AbortController();
  const heard = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
  const following = follow({ model, feed: of, topics: driver.settings.topics, clock: new SystemClock(), log: heard }, stop.signal);
  await until('the model to be ready', 25, async () => (model.ready ? true : undefined));
  stop.abort();
  await following;
  expect(rowsOf(model)).toEqual(rowsOf(straight));
  const said = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect(said.slice(0, 4)).toEqual([
    'waiting for the topics',
    'the topics are read again',
    'waiting for the topics',
    'the topics are read again',
  ]);
  for (const one of [model, straight]) one.close();
});

test('a broker that does not know the end yet is asked again, and costs no rebuild', async () => {
  const partitions = partitionsOf(driver);
  const { file, incarnation } = await modelOf(partitions);
  const again = new ReadModel(file, identity, log);
  const of = new MemoryFeed(partitions);
  const ends = of.ends.bind(of);
  let asked = 0;
  of.ends = async (topic) => (++asked < 8 ? (await ends(topic)).map(({ start }) => ({ start, end: start })) : ends(topic));
  const stop = new AbortController();
  const following = follow({ model: again, feed: of, topics: driver.settings.topics, clock: new SystemClock(), log }, stop.signal);
  await until('the model to be ready', 20, async () => (again.ready ? true : undefined));
  stop.abort();
  await following;
  expect(again.incarnation).toBe(incarnation);
  again.close();
});

test('once it has caught up it is ready, also while it reads on after an interruption', async () => {
  const partitions = partitionsOf(driver);
  const model = new ReadModel(aFile(), identity, log);
  await feed(model, new MemoryFeed(partitions));
  const ofTopics = Map.groupBy(partitions, ({ of }) => of.topic);
  model.expect(new Map([...ofTopics].map(([topic, all]) => [topic, all.map(({ ends }) => ({ ...ends, end: ends.end + 5 }))])));
  expect(model.ready).toBe(true);
  model.reset('the test says so');
  expect(model.ready).toBe(false);
  model.close();
});

test('what was deleted before it was read is said', async () => {
  const partitions = partitionsOf(driver);
  const lines: string[] = [];
  const model = new ReadModel(aFile(), identity, pino({ level: 'info' }, { write: (line) => void lines.push(line) }));
  await feed(model, new MemoryFeed(partitions));
  const ofTopics = Map.groupBy(partitions, ({ of }) => of.topic);
  const moved = new Map([...ofTopics].map(([topic, all]) => [topic, all.map(({ ends: { end } }) => ({ start: end + 1, end: end + 2 }))]));
  model.expect(moved);
  expect(lines).toHaveLength(partitions.filter(({ ends }) => ends.end > 0).length);
  expect(lines[0]).toMatch(/deleted before they were read/);
  model.close();
});

test('a record that cannot be read is passed over, in a line that names its place and nothing of it', async () => {
  const partitions = partitionsOf(driver);
  const [first, ...others] = partitions;
  if (first === undefined) throw new Error('no partition');
  const junk = { offset: first.ends.end, timestamp: 1, key: Buffer.from('mallory'), value: Buffer.from('her diary'), headers: [] };
  const lines: string[] = [];
  const model = new ReadModel(aFile(), identity, log);
  const of = new MemoryFeed([{ ...first, records: [...first.records, junk], ends: { start: 0, end: junk.offset + 1 } }, ...others]);
  const stop = new AbortController();
  const heard = pino({ level: 'info' }, { write: (line) => void lines.push(line) });
  const following = follow({ model, feed: of, topics: driver.settings.topics, clock: new ManualClock(0), log: heard }, stop.signal);
  await until('the model to be ready', 20, async () => (model.ready ? true : undefined));
  stop.abort();
  await following;
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ ...first.of, offset: junk.offset });
  expect(lines[0]).not.toMatch(/mallory|diary/);
  expect(model.position(first.of)?.next).toBe(junk.offset + 1);
  model.close();
});

test.each([
  ['another application', { applicationId: 'other', shards: SHARDS }],
  ['another number of shards', { applicationId: 'test', shards: SHARDS + 1 }],
])('a file of %s is thrown away, in one line', async (_, other) => {
  const file = aFile();
  const first = new ReadModel(file, other, log);
  const { incarnation } = first;
  first.close();
  const lines: string[] = [];
  const second = new ReadModel(file, identity, pino({ level: 'info' }, { write: (line) => void lines.push(line) }));
  expect(second.incarnation).not.toBe(incarnation);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/rebuilt from the topics/);
  second.close();
});

test('a topic that was made anew is noticed, and the model begins anew', async () => {
  const partitions = partitionsOf(driver);
  const { file, incarnation } = await modelOf(partitions);
  const other = await saidByProcessor(25);
  const anew = partitionsOf(other);
  // As long as before, or longer: only what stands there tells.
  const padded = anew.map((partition, i) => ({
    ...partition,
    ends: { ...partition.ends, end: Math.max(partition.ends.end, partitions[i]?.ends.end ?? 0) },
  }));
  for (const [what, now] of [
    [
      'other records',
      padded.map((one, i) => ({
        ...one,
        records: one.records.map((r) => (r.offset === partitions[i]?.records.at(-1)?.offset ? { ...r, timestamp: 1 } : r)),
      })),
    ],
    ['an end that lies before what was read', anew.map((one) => ({ ...one, records: [], ends: { start: 0, end: 0 } }))],
  ] as const) {
    const copy = aFile();
    copyFileSync(file, copy);
    const lines: string[] = [];
    const again = new ReadModel(copy, identity, pino({ level: 'info' }, { write: (line) => void lines.push(line) }));
    await feedLoud(again, new MemoryFeed(now), lines);
    expect(again.incarnation, what).not.toBe(incarnation);
    expect(
      lines.filter((line) => line.includes('rebuilt')),
      what,
    ).toHaveLength(1);
    again.close();
  }
});

async function feedLoud(model: ReadModel, of: MemoryFeed, lines: string[]): Promise<void> {
  const stop = new AbortController();
  const following = follow({ model, feed: of, topics: driver.settings.topics, clock: new SystemClock(), log }, stop.signal);
  await until('the model to be rebuilt', 20, async () => (lines.length > 0 && model.ready ? true : undefined));
  stop.abort();
  await following;
}

test('a customer who is erased leaves nothing behind, and nobody else is touched', async () => {
  const model = new ReadModel(aFile(), identity, log);
  await feed(model, new MemoryFeed(partitionsOf(driver)));
  const id = outputs<AlertRecord>('alerts').find(({ customerId }) => customerId !== null)?.customerId ?? '';
  const counted = (): number[] =>
    ['customers', 'changes', 'alerts'].map((table) => Number(model.db.get(`SELECT count(*) AS n FROM ${table}`)?.n));
  const ofOne = (): unknown[] => [
    findCustomers(model.db, { ...whole, prefix: id }).items.filter((one) => one.id === id),
    findChanges(model.db, { customer: id, limit: 200 }).items,
    findAlerts(model.db, { customer: id, limit: 200 }).items,
  ];
  const before = counted();
  const own = ofOne().map((items) => (items as unknown[]).length);
  expect(Math.min(...own)).toBeGreaterThan(0);
  const { lastRow } = model;
  const of = { topic: driver.settings.topics.profiles, partition: 0 };
  const next = model.position(of)?.next ?? 0;
  model.apply(of, next + 1, [{ offset: next, digest: '', said: { type: 'erased', of: 'profile', key: id } }]);
  expect(ofOne()).toEqual([[], [], []]);
  expect(counted()).toEqual(before.map((n, i) => n - (own[i] ?? 0)));
  for (const table of ['customers', 'changes', 'alerts'])
    expect(JSON.stringify(model.db.all(`SELECT json FROM ${table}`)), table).not.toContain(`"${id}"`);
  expect(model.lastRow).toBe(lastRow);
  expect(sizesNow(model.db).reduce((sum, { customers }) => sum + customers, 0)).toBe((before[0] ?? 0) - 1);
  // The key of a tombstone that names nobody, which alerts about the business stand under.
  const some = counted();
  model.apply(of, next + 2, [{ offset: next + 1, digest: '', said: { type: 'erased', of: 'profile', key: '' } }]);
  expect(counted()).toEqual(some);
  model.close();
});

test('a file that is not a read model is left alone', () => {
  const file = aFile();
  writeFileSync(file, 'the only copy of a thesis');
  const { size } = statSync(file);
  expect(() => new ReadModel(file, identity, log)).toThrow(Halt);
  expect(statSync(file).size).toBe(size);
});

test('a damaged file is rebuilt, an empty one taken, one in use refused', () => {
  const damaged = aFile();
  new ReadModel(damaged, identity, log).close();
  const bytes = readFileSync(damaged);
  writeFileSync(damaged, bytes.fill(7, 100));
  const lines: string[] = [];
  new ReadModel(damaged, identity, pino({ level: 'info' }, { write: (line) => void lines.push(line) })).close();
  expect(lines.join()).toMatch(/rebuilt from the topics: it is damaged/);

  const empty = aFile();
  writeFileSync(empty, '');
  const model = new ReadModel(empty, identity, log);
  expect(() => new ReadModel(empty, identity, log)).toThrow(/is in use/);
  model.close();
  expect(existsSync(empty)).toBe(true);
});
