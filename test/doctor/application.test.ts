/** The checks of the application's own journals and workers; and the report of all. */
import { describe, expect, test } from 'vitest';
import { examine, reportOf } from '../../src/cli/doctor.ts';
import { checkApplication, rebuildBytes } from '../../src/cli/doctor-application.ts';
import { Checks } from '../../src/cli/doctor-check.ts';
import { type Claims, readClaims } from '../../src/cli/doctor-claims.ts';
import type { GroupFacts, KafkaProbe } from '../../src/cli/doctor-ports.ts';
import { reportText } from '../../src/cli/doctor-text.ts';
import { encodeHeader, encodeStep } from '../../src/codec/journal.ts';
import { Halt, Retryable } from '../../src/engine/errors.ts';
import type { JournalHeader } from '../../src/engine/journal.ts';
import type { Ends, LogRecord, Meta } from '../../src/engine/ports.ts';
import { configOf, EVERYTHING, ends, header, kafkaFacts, kafkaProbe, probesOf, SHARDS, settingsOf, textOf, wrongIn } from './stubs.ts';

const config = await configOf();
const facts = Promise.resolve(kafkaFacts(config));

const claimsOf = (more: Partial<JournalHeader> = {}, rest: Partial<Claims> = {}): Claims => ({
  headers: new Map([[0, header(config, more)]]),
  claimed: [0, 1],
  unread: 0,
  broken: [],
  ahead: [],
  ...rest,
});
const NONE: Claims = { headers: new Map(), claimed: [], unread: 0, broken: [], ahead: [] };

const look = (claims: Claims, probe: Partial<KafkaProbe> = {}, logs = { ends: ends() }) =>
  checkApplication(config, logs, kafkaProbe(config, probe), facts, Promise.resolve(claims));
const group = (more: Partial<GroupFacts>) => ({
  group: async () => ({ foreign: false, members: [], operations: EVERYTHING, ...more }),
});

describe('the application', () => {
  test('all is well, before the first worker and with one', async () => {
    expect((await look(NONE, group({}))).map(({ check, found }) => `${check}: ${found}`)).toEqual([
      'journal: empty: no worker has begun yet',
      'workers: none yet',
    ]);
    const found = await look(claimsOf());
    expect(wrongIn(found)).toEqual([]);
    expect(found.map(({ found }) => found)).toEqual(['1 of 2 shards begun, under the policy that is configured', '1: shop at 10.0.0.1']);
  });

  test.each<[string, Claims, Partial<KafkaProbe>, string, string]>([
    ['another number of shards', claimsOf({ shards: 6 }), {}, 'fault shards: 2 configured, 6 in the journal', 'Set RAPPORT_SHARDS to 6'],
    [
      'another policy',
      claimsOf({ policy: 'beef' }),
      {},
      `fault policy: ${config.policyHash} configured, beef in the journal`,
      'RAPPORT_POLICY',
    ],
    [
      'Redis that is ahead of the journal',
      claimsOf({}, { ahead: [{ shard: 1, next: 9, end: 4 }] }),
      {},
      'fault shard 1: Redis at journal offset 9, the journal ends at 4',
      'rapport shards accept --shard 1 --reason "why"',
    ],
    [
      'journals that cannot be read',
      claimsOf({}, { unread: 1 }),
      {},
      'skipped journal: the last steps of 1 shard could not be read now',
      '',
    ],
    [
      'brokers whose clock is ahead',
      claimsOf({ now: (Date.now() + 600_000) as JournalHeader['now'] }),
      {},
      'warning brokers’ clock: at least 9 min 59 s ahead of this host',
      'NTP',
    ],
    ['no worker', claimsOf(), group({}), 'warning workers: none', 'rapport run'],
    ['too many workers', claimsOf(), group({ members: ['a', 'b', 'c'] }), 'warning workers: 3, for 2 shards', 'Fewer will do'],
    [
      'a stranger in the group',
      claimsOf(),
      group({ members: ['x'], foreign: true }),
      'fault workers: the group shop is another consumer’s: x',
      'Stop that consumer',
    ],
  ])('%s', async (_, claims, probe, wrong, cure) => {
    const found = await look(claims, probe);
    // The clock goes on between the two.
    expect(wrongIn(found).map((line) => line.replace('10 min ', '9 min 59 s '))).toEqual([wrong]);
    expect(textOf(found)).toContain(cure);
  });

  test('a journal that this user may not see is not taken for an empty one', async () => {
    const hidden = kafkaFacts(config, (topic) =>
      topic.topic === config.topics.journal ? { ...topic, error: 'TOPIC_AUTHORIZATION_FAILED', partitions: [] } : topic,
    );
    const found = await checkApplication(config, { ends: ends() }, kafkaProbe(config), Promise.resolve(hidden), Promise.resolve(NONE));
    expect(wrongIn(found)).toEqual(['skipped journal, workers: the journal cannot be seen: TOPIC_AUTHORIZATION_FAILED']);
  });

  test('records that are gone before they were processed, and a topic that is another one', async () => {
    const cut = await look(claimsOf(), {}, { ends: ends({ start: 11, end: 20 }) });
    expect(wrongIn(cut)).toEqual(['fault shard 0: shop.purchases-0: next is 10, there is 11 to 20']);
    expect(textOf(cut)).toMatch(/Records were deleted[\s\S]*rapport shards accept --shard 0/);
    expect(textOf(await look(claimsOf(), {}, { ends: ends({ start: 0, end: 3 }) }))).toContain('deleted and created again');
  });

  test('a position that is newer than the end that was asked for is none', async () => {
    let asked = 0;
    const moving = async (): Promise<Ends[]> => ends({ start: 0, end: asked++ < config.sources.length ? 3 : 12 })();
    expect(wrongIn(await look(claimsOf(), {}, { ends: moving }))).toEqual([]);
  });

  test('what a rebuild reads is at most what the cleaner leaves', () => {
    const large = { stateBytes: 100 << 20, writtenBytes: 10_000 << 20 };
    expect(
      rebuildBytes(
        new Map([
          [0, header(config)],
          [1, header(config, large)],
        ]),
      ),
    ).toBe(3_000 + (300 << 20));
  });
});

describe('the last header of a journal', () => {
  const record = (offset: number, value: Buffer): LogRecord => ({ offset, timestamp: 0, key: null, value, headers: [] });
  const meta = (next: number, of: JournalHeader): Meta => ({
    generation: 1,
    next,
    header: Buffer.concat([Buffer.alloc(8), encodeHeader(of)]),
  });
  const log: LogRecord[] = [header(config, { sequence: 0, previous: null }), header(config, { sequence: 1, previous: 0 })].flatMap(
    (each, i) => encodeStep(each, [], 1 << 20).map((part) => record(i, part)),
  );
  const read: KafkaProbe['read'] = async (_of, from) => log.filter(({ offset }) => offset >= from);
  const claims = (stored: (shard: number) => Promise<Meta | null>, end = 3) =>
    readClaims(
      config,
      { logs: { ends: ends({ start: 0, end }) }, store: { meta: stored } },
      kafkaProbe(config, { read }),
      kafkaFacts(config),
    );

  test('comes from Redis where that has seen all, else from the journal, also when Redis is away', async () => {
    const seen = await claims(async () => meta(2, header(config, { sequence: 77 })));
    expect([...seen.headers.values()].map(({ sequence }) => sequence)).toEqual([77, 77]);
    for (const stored of [async () => meta(0, header(config)), async () => null, () => Promise.reject(new Retryable('away'))]) {
      expect((await claims(stored)).headers.get(1)?.sequence).toBe(1);
    }
  });

  test('a journal that no worker could read is told as such; one that cannot be read now is only passed over', async () => {
    const foreign: KafkaProbe['read'] = async () => [record(2, Buffer.from('?'))];
    const reading = (how: KafkaProbe['read']) =>
      readClaims(
        config,
        { logs: { ends: ends({ start: 0, end: 3 }) }, store: { meta: async () => null } },
        kafkaProbe(config, { read: how }),
        kafkaFacts(config),
      );
    const { broken, unread } = await reading(foreign);
    expect(broken.map(({ shard }) => shard)).toEqual([0, 1]);
    expect(unread).toBe(0);
    expect(wrongIn(await look(await reading(foreign)))).toEqual([
      'fault shard 0: its journal cannot be read',
      'fault shard 1: its journal cannot be read',
    ]);
    expect(await reading(() => Promise.reject(new Retryable('away')))).toMatchObject({ broken: [], unread: 2 });
  });

  test('none of an empty journal; Redis ahead of it is told', async () => {
    expect(await claims(async () => null, 0)).toEqual(NONE);
    const { ahead, headers } = await claims(async () => meta(9, header(config)));
    expect(ahead).toEqual([
      { shard: 0, next: 9, end: 3 },
      { shard: 1, next: 9, end: 3 },
    ]);
    expect(headers.size).toBe(0);
  });
});

describe('the report', () => {
  const connections = {
    logs: { ends: ends({ start: 0, end: 0 }), topicConfig: async (topic: string) => settingsOf(config, topic) },
    store: { meta: async () => null },
  };

  test('everything is looked at, in the order of the areas, and all is well', async () => {
    const report = reportOf(config, await examine(config, connections, probesOf(config)));
    expect(wrongIn(report.checks)).toEqual([]);
    expect(report).toMatchObject({ applicationId: 'shop', verdict: 'ok', counts: { warning: 0, fault: 0, skipped: 0 } });
    expect([...new Set(report.checks.map(({ area }) => area))]).toEqual(['host', 'kafka', 'topics', 'redis', 'registry', 'application']);
    expect(reportText(report)).toMatch(/\n\nshop: all is well \(\d+ checks\)$/);
  });

  test('one server that is away keeps nothing else from being looked at; a defect of a check is told as one', async () => {
    const probes = probesOf(config, {
      redis: { facts: () => Promise.reject(new Retryable('Redis is away')), refused: () => Promise.reject(new TypeError('oh')) },
    });
    const { checks, verdict } = reportOf(config, await examine(config, connections, probes));
    expect(verdict).toBe('fault');
    expect(wrongIn(checks)).toEqual(['fault server: no answer', 'skipped rights: Redis cannot be asked']);
    const [defect] = await new Checks('redis').attempt('rights', [], () => Promise.reject(new TypeError('oh')));
    expect(defect).toMatchObject({ verdict: 'fault', means: 'this check itself has failed: TypeError: oh' });
  });

  test('a check that takes too long is a fault within its time', async () => {
    const [late] = await new Checks('kafka', 20).attempt('broker', ['Look.'], () => new Promise(() => {}));
    expect(late).toMatchObject({ verdict: 'fault', found: 'no answer', means: 'no answer within 0.02 s', todo: ['Look.'] });
  });

  test('what means the same is told once; faults first; a command stands on a line of its own', () => {
    const [redis, topics] = [new Checks('redis'), new Checks('topics')];
    const long = 'Words '.repeat(30).trim();
    const text = reportText(
      reportOf(config, [
        redis.warning('b', 'second', long, 'rapport run', 'Then look.'),
        topics.fault('t1: x', 'one', 'Same.', 'kafka-configs.sh --one'),
        topics.fault('t2: x', 'two', 'Same.', 'kafka-configs.sh --two'),
      ]),
    );
    const [table, fault, warning, end] = text.split('\n\n');
    expect(table?.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['area', 'check', 'found', 'verdict'],
      ['topics', 't1: x', 'one', 'FAULT'],
      ['', 't2: x', 'two', 'FAULT'],
      ['redis', 'b', 'second', 'WARNING'],
    ]);
    expect(fault).toBe(
      'FAULT  topics, t1: x: one\n       topics, t2: x: two\n  Same.\n  > kafka-configs.sh --one\n  > kafka-configs.sh --two',
    );
    expect(warning).toMatch(/^WARNING {2}redis, b: second\n {2}Words [\w\s]+\n {2}> rapport run\n {2}→ Then look\.$/);
    expect(Math.max(...(warning ?? '').split('\n').map((line) => line.length))).toBeLessThan(112);
    expect(end).toBe('shop: 2 faults, 1 warning; 0 ok. Mend the faults first: workers cannot do their work with them.');
  });
});

test('a message that asks a person to act is shown as it is', async () => {
  const [said] = await new Checks('kafka').attempt('x', [], () => Promise.reject(new Halt('Correct the password.')));
  expect(said?.means).toBe('Correct the password.');
  expect(SHARDS).toBe(config.shards);
});
