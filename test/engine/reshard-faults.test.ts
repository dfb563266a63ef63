/** What can go wrong with a reshard: it is gone on from, or refused with what to do, and nothing runs before it is whole. */
import { expect, it } from 'vitest';
import { memorySinks } from '../../src/adapters/memory/sinks.ts';
import { decodePart, encodeStep } from '../../src/codec/journal.ts';
import { isReserved } from '../../src/codec/totals.ts';
import type { Halt } from '../../src/engine/errors.ts';
import type { TransactionalSink } from '../../src/engine/ports.ts';
import { COPIED } from '../../src/engine/reshard/units.ts';
import type { TestDriver } from '../../src/testing.ts';
import { agrees, driver, KEPT, SLOW, until, wrapped } from './support/drive.ts';
import { acknowledge, DAY, purchase, START } from './support/history.ts';
import { journalOf } from './support/journal.ts';
import { dyingAt, move } from './support/reshard.ts';

const RECORDS = Array.from({ length: 50 }, (_, i) => purchase(`e${i}`, `c${i % 13}`, START + i * DAY, { amountMinor: 9_000 }));

const each = <T>(of: TestDriver, ask: (shard: number) => T): T[] => Array.from({ length: of.settings.shards }, (_, shard) => ask(shard));
/** All that stands in its own topics. */
const topicsOf = (of: TestDriver): unknown[] =>
  Object.values(of.settings.topics).flatMap((topic) => each(of, (shard) => of.kafka.records(topic, shard)));

/** Two shards, stopped in the middle of a history whose topics have five partitions, with records waiting in reroute. */
async function stopped(): Promise<TestDriver> {
  const old = driver({ shards: 2, partitions: 5, keyedByCustomer: false, kpis: true, batchSize: 3, limits: { ...KEPT, stepRecords: 2 } });
  for (const record of RECORDS) old.pipe(record);
  await old.start();
  await until(old, 'records to wait in reroute', () => each(old, (shard) => waitingIn(old, shard)).every((waiting) => waiting > 1));
  await old.stop();
  return old;
}

function waitingIn(of: TestDriver, shard: number): number {
  const topic = of.settings.topics.reroute;
  const position = journalOf(of, shard)
    .at(-1)
    ?.header.positions.find((each) => each.topic === topic);
  return of.kafka.records(topic, shard).filter(({ offset }) => offset >= (position?.next ?? 0)).length;
}

const target = (old: TestDriver, application = 'moved', shards = 3): TestDriver =>
  driver({ application, shards, keyedByCustomer: false, kpis: true, limits: KEPT }, old);

const halt = (moving: Promise<unknown>): Promise<Halt> =>
  moving.then(
    () => expect.unreachable(),
    (error) => {
      expect(error).toMatchObject({ name: 'Halt' });
      return error;
    },
  );

/** Each customer once in all journals, and each output and each waiting record as often as in the old application. */
function expectWhole(old: TestDriver, moved: TestDriver): void {
  const customers = each(moved, (shard) => journalOf(moved, shard).flatMap(({ entries }) => entries)).flat();
  const ids = customers.map(({ customer }) => customer).filter((id) => !isReserved(id));
  expect(ids.length).toBe(new Set(ids).size);
  expect(ids.length).toBeGreaterThan(5);
  const valuesOf = (of: TestDriver, output: (typeof COPIED)[number]) =>
    each(of, (shard) => of.kafka.records(of.settings.topics[output], shard).map(({ value }) => value?.toString('hex'))).flat();
  for (const output of COPIED) expect(valuesOf(moved, output).sort(), output).toEqual(valuesOf(old, output).sort());
  const sum = (of: TestDriver): number => each(of, (shard) => waitingIn(of, shard)).reduce((a, b) => a + b, 0);
  expect(sum(moved)).toBe(sum(old));
}

it('I2 dies at any request, before it took effect or after, and the next run ends with each record once', { timeout: SLOW }, async () => {
  const old = await stopped();
  const before = topicsOf(old);
  const whole = dyingAt(Number.POSITIVE_INFINITY, false);
  const { new: sums } = await move(old, target(old), { link: whole });
  expect(whole.requests).toBeGreaterThan(50);
  // The last requests are those of the end of all; of the others one in seven.
  for (let request = 1; request <= whole.requests; request += request < whole.requests - 12 ? 7 : 1) {
    for (const after of [false, true]) {
      const moved = target(old, `moved-${request}-${after}`);
      await move(old, moved, { link: dyingAt(request, after) }).catch((error) => expect(String(error)).toContain('the process is dead'));
      for (const { settings, kafka } of [old, moved]) kafka.group(settings.applicationId).expire();
      const again = await move(old, moved);
      expect(again.already ? sums : again.new).toEqual(sums);
      expectWhole(old, moved);
      if (request % 9 !== 0) continue;
      await moved.start();
      await agrees(moved, RECORDS);
      await moved.stop();
    }
  }
  expect(topicsOf(old), 'nothing of the old application has changed').toEqual(before);
});

it('I12 goes on by itself after commits of unknown outcome', async () => {
  const old = await stopped();
  const moved = target(old);
  const faults = ['unknown-committed', null, 'unknown-aborted', 'unknown-open', null] as const;
  let commits = 0;
  await move(old, moved, {
    sinks: (sinks) => {
      sinks.faults.onCommit = () => faults[commits++ % faults.length] ?? null;
      return sinks;
    },
  });
  expect(commits).toBeGreaterThan(8);
  expectWhole(old, moved);
  await moved.start();
  await agrees(moved, RECORDS);
});

it('when it is told to stop, says so, and goes on where it was', async () => {
  const old = await stopped();
  const moved = target(old);
  const stop = new AbortController();
  let commits = 0;
  const counting = (most: number) => ({
    sinks: (sinks: Parameters<NonNullable<Parameters<typeof move>[2]>['sinks'] & object>[0]) => {
      sinks.faults.onCommit = () => {
        commits += 1;
        if (commits === most) stop.abort();
        return null;
      };
      return sinks;
    },
  });
  await expect(move(old, moved, { stopped: stop.signal, ...counting(6) })).rejects.toMatchObject({
    name: 'Retryable',
    message: 'interrupted',
  });
  const first = commits;
  await move(old, moved, counting(-1));
  expectWhole(old, moved);
  const moves = each(moved, (shard) => journalOf(moved, shard).length).reduce((a, b) => a + b, 0);
  expect(commits, 'nothing is written twice').toBeLessThanOrEqual(moves);
  expect(first).toBeGreaterThanOrEqual(6);
});

it('a worker halts at a journal that is not whole, and runs when it is', async () => {
  const old = await stopped();
  const moved = target(old);
  await move(old, moved, { link: dyingAt(90, false) }).catch(() => undefined);
  for (const { settings, kafka } of [old, moved]) kafka.group(settings.applicationId).expire();
  const worker = await moved.start();
  const left = topicsOf(moved);
  await expect(until(moved, 'a halt', () => false)).rejects.toMatchObject({
    name: 'Halt',
    message: expect.stringContaining('run `rapport reshard` again'),
  });
  await worker.ended.catch(() => undefined);
  await moved.stop();
  expect(topicsOf(moved), 'it has written nothing').toEqual(left);
  await move(old, moved);
  await moved.start();
  await agrees(moved, RECORDS);
});

it('I1 refuses while a worker of either application is a member', async () => {
  const old = await stopped();
  const moved = target(old);
  await old.start();
  expect((await halt(move(old, moved))).message).toMatch(/^the group test has another member/);
  await old.stop();
  await move(old, moved);
  await moved.start();
  expect((await halt(move(old, moved))).message).toMatch(/^the group moved has another member/);
});

it('is refused while commands wait: their topic is the application’s own', async () => {
  const old = await stopped();
  old.pipe(acknowledge('a1', 'c1', Date.UTC(2026, 0, 1)));
  const moved = target(old);
  expect((await halt(move(old, moved))).message).toMatch(/^1 commands wait in test\.commands-\d: /);
  await old.start();
  await old.settle();
  await old.stop();
  await move(old, moved);
  await moved.start();
  await agrees(moved, RECORDS);
  const positions = each(moved, (shard) => journalOf(moved, shard).at(-1)?.header.positions ?? []).flat();
  expect(positions.map(({ topic }) => topic)).toContain('moved.commands');
  expect(positions.map(({ topic }) => topic)).not.toContain('test.commands');
});

it('is refused where the old application has run since it was begun', async () => {
  const old = await stopped();
  const moved = target(old);
  await move(old, moved, { link: dyingAt(90, false) }).catch(() => undefined);
  for (const { settings, kafka } of [old, moved]) kafka.group(settings.applicationId).expire();
  await old.start();
  await old.settle();
  await old.stop();
  expect((await halt(move(old, moved))).message).toMatch(
    /^workers of the old application have run since the reshard to moved was begun\. Take another/,
  );
});

it('a worker of the old application that comes while it is under way ends it, and nothing is finished', async () => {
  const old = await stopped();
  const moved = target(old);
  let told = 0;
  const moving = move(old, moved, {
    progress: () => {
      told += 1;
      if (told === 4) void old.start();
    },
  });
  expect((await halt(moving)).message).toMatch(/another member|have run meanwhile|taken a shard over/);
  expect(
    each(moved, (shard) => journalOf(moved, shard).at(-1)?.header.policy ?? 'reshard of').every((policy) =>
      policy.startsWith('reshard of'),
    ),
  ).toBe(true);
});

it('I1 an owner of an old shard that came without a group while it was under way can write nothing afterwards', async () => {
  const old = await stopped();
  const moved = target(old);
  const sinks = memorySinks(old.kafka, 'test', old.settings.topics.journal);
  let zombie: TransactionalSink | null = null;
  await move(old, moved, {
    progress: () => {
      if (zombie === null) void sinks.open(1).then((sink) => (zombie = sink));
    },
  });
  const sink = zombie as TransactionalSink | null;
  const header = journalOf(old, 1).at(-1)?.header;
  if (sink === null || header === undefined) expect.unreachable();
  const outcome = await sink.commit(encodeStep(header, [], 1 << 20), [], old.clock.wall());
  expect(outcome).toMatchObject({ outcome: 'unknown', cause: { name: 'Fenced' } });
});

it.each([
  ['other arguments', 'was begun by another reshard, the reshard of test from 2 to 3 shards'],
  ['an application that has run', 'is not empty: moved has been in use'],
  ['what Redis knows', 'Redis has a state of shard 1 of moved'],
  ['outputs that are left', 'moved.alerts is not empty'],
  ['another policy', 'was written under policy test, the configured one is another'],
  ['another number of shards', 'was written with 2 shards, RAPPORT_SHARDS is 5'],
])('refuses %s', async (what, message) => {
  const old = await stopped();
  const moved = target(old);
  let from = old;
  if (what === 'other arguments') {
    await move(old, moved, { link: dyingAt(90, false) }).catch(() => undefined);
    for (const { settings, kafka } of [old, moved]) kafka.group(settings.applicationId).expire();
    from = target(old, 'another', 3);
    await move(old, from);
  } else if (what === 'an application that has run') {
    await moved.start();
    await moved.settle();
    await moved.stop();
  } else if (what === 'what Redis knows') {
    await moved.store.build(1, 7, 0);
    await moved.store.promote(1, 7, 0);
  } else if (what === 'outputs that are left') {
    moved.kafka.append(moved.settings.topics.alerts, 0, { value: 'left' });
  } else {
    const settings = { ...old.settings, ...(what === 'another policy' ? { policyHash: 'another' } : { shards: 5 }) };
    from = wrapped(old, {});
    Object.defineProperty(from, 'settings', { value: settings });
    if (what === 'another number of shards') for (const topic of Object.values(old.settings.topics)) old.kafka.addPartitions(topic, 5);
  }
  const before = topicsOf(moved);
  const error = await halt(move(from, moved));
  if (what === 'another number of shards') expect(error.message).toMatch(/was written with 2 shards, RAPPORT_SHARDS is 5|has never run/);
  else expect(error.message).toContain(message);
  expect(topicsOf(moved)).toEqual(before);
});

it('has been finished: says so, and changes nothing, also when the new application has run since', async () => {
  const old = await stopped();
  const moved = target(old);
  await move(old, moved);
  const before = topicsOf(moved);
  expect(await move(old, moved)).toEqual({ already: true, old: null, new: null, behind: [] });
  expect(topicsOf(moved)).toEqual(before);
  await moved.start();
  await moved.settle();
  await moved.stop();
  expect((await move(old, moved)).already).toBe(true);
});

it('compares what it has written with what it has read, and finishes nothing when they differ', async () => {
  const old = await stopped();
  const moved = target(old);
  let spoilt = false;
  const error = await halt(
    move(old, moved, {
      sinks: (sinks) => ({
        open: async (shard) => {
          const sink = await sinks.open(shard);
          return wrapped(sink, {
            commit: (journal, records, timestamp, at) => {
              const { header, entries } = decodePart(journal[0] ?? Buffer.of());
              if (spoilt || journal.length > 1 || header === null || entries.length === 0)
                return sink.commit(journal, records, timestamp, at);
              spoilt = true;
              return sink.commit(encodeStep(header, entries.slice(1), 1 << 20), records, timestamp, at);
            },
          });
        },
      }),
      limits: { journalPart: 1 << 20 },
    }),
  );
  expect(error.message).toContain('what was written is not what was read');
  expect(journalOf(moved, 0).at(-1)?.header.policy).toMatch(/^reshard of/);
});
