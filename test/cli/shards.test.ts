/** `inspect`, `shards` and `shards accept` beside a processor that runs, halts, and runs again. The tests go on from each other. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shardOf } from '../../src/codec/murmur2.ts';
import { decodeState } from '../../src/codec/state.ts';
import { explain } from '../../src/domain/explain.ts';
import type { CustomerId } from '../../src/domain/ids.ts';
import { until } from '../../src/stack/until.ts';
import { type Application, application, type Ended, type Program } from './application.ts';

const SHARDS = 2;
const anna = 'anna' as CustomerId;
const shard = shardOf(anna, SHARDS);
const DAY = 86_400_000;
const now = Date.now();

const purchase = (id: string, at: number): string =>
  JSON.stringify({
    type: 'purchase',
    eventId: id,
    customerId: anna,
    occurredAt: at,
    orderId: id,
    amountMinor: 30_000,
    currency: 'USD',
    channel: 'WEB',
  });

let app: Application;
let processor: Program;

async function load(...lines: string[]): Promise<void> {
  const loading = app.start('load', '-');
  loading.process.stdin?.end(lines.join('\n'));
  expect((await loading.ended).code).toBe(0);
}
const orders = async (): Promise<number> => {
  const found = await app.store.readCustomer(shard, anna);
  return found?.stored ? decodeState(anna, found.stored.state).orders : 0;
};
const ordersReach = (count: number): Promise<true> =>
  until(`${count} orders`, 30, async () => ((await orders()) === count ? true : undefined));
const standing = async (): Promise<Record<string, unknown>[]> => JSON.parse((await app.run('shards', '--json')).stdout).shards;
async function stopped(): Promise<Ended> {
  processor.process.kill('SIGTERM');
  return processor.ended;
}

beforeAll(async () => {
  app = await application(SHARDS);
});
afterAll(() => app.stop());

test('before there are topics, and before a processor has run, shards and inspect say so', async () => {
  const without = await app.run('shards');
  expect(without).toMatchObject({ code: 1, stdout: '' });
  expect(without.stderr).toMatch(/^rapport: there is no topic [^\n]*`rapport topics create`\n$/);
  expect((await app.run('topics', 'create')).code).toBe(0);
  await load(purchase('o1', now - 40 * DAY), purchase('o2', now - 20 * DAY));

  const shards = await standing();
  expect(shards.map((each) => [each.shard, each.generation, each.watermark, each.delayMs, each.toApply])).toEqual([
    [0, null, null, null, 0],
    [1, null, null, null, 0],
  ]);
  expect(shards[shard]?.inputs).toContainEqual({
    topic: app.config.sources[0]?.topic,
    partition: shard,
    start: 0,
    end: 2,
    position: null,
    lag: 2,
  });
  const nobody = await app.run('inspect', anna);
  expect(nobody).toMatchObject({ code: 1, stdout: '' });
  expect(nobody.stderr).toContain(`shard ${shard} of ${app.config.applicationId} has no state in Redis`);
});

test('inspect shows a customer with evidence, facts and place, in JSON and for people', async () => {
  processor = app.start('run');
  await ordersReach(2);
  const found = await app.store.readCustomer(shard, anna);
  const state = decodeState(anna, found?.stored?.state ?? Buffer.of());

  const { code, stdout } = await app.run('inspect', anna, '--json');
  expect(code).toBe(0);
  const shown = JSON.parse(stdout);
  expect(shown).toMatchObject(JSON.parse(JSON.stringify(explain(state, app.config.policy))));
  expect(shown).toMatchObject({
    customer: anna,
    group: 'NEW',
    shard,
    generation: found?.meta.generation,
    journalOffset: found?.stored?.offset,
    next: found?.meta.next,
    facts: {
      orders: 2,
      revenue: 60_000,
      orders365: 2,
      revenue365: 60_000,
      purchaseDays: 2,
      firstOrderAt: Math.floor((now - 40 * DAY) / DAY) * DAY,
      lastOrderAt: Math.floor((now - 20 * DAY) / DAY) * DAY,
    },
  });
  const people = await app.run('inspect', anna);
  expect(people.stdout).toMatch(/^group +NEW since /m);
  expect(people.stdout).toMatch(/^value +600\.00 USD in 365 days, high \(high from 500\.00 USD, low again below 400\.00 USD\)$/m);
  expect(people.stdout).toMatch(/^next in silence +\d{4}-/m);
  expect(people.stdout).toMatch(/^rhythm +0\.25 +\d\.\d\d +\d+\.\d +gapDays 40, lastPurchaseAt \d{4}-/m);

  expect(await app.run('inspect', 'nobody')).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^rapport: \S+ knows no customer nobody \(shard \d, applied up to journal offset \d+\)\n$/),
  });
  expect(await app.run('inspect', 'a\nb')).toMatchObject({ code: 2, stdout: '' });
});

test('shards shows positions, lag and clocks; accept is refused while a worker is a member', async () => {
  const shards = await until('both shards to catch up', 30, async () => {
    const seen = await standing();
    return seen.every(({ generation, ownWatermark }) => generation !== null && ownWatermark !== null) ? seen : undefined;
  });
  const mine = shards[shard];
  expect(mine).toMatchObject({ toApply: 0, policy: app.config.policyHash, journal: { start: 0 } });
  expect(mine?.delayMs).toBeLessThan(30_000);
  expect(mine?.inputs).toContainEqual({
    topic: app.config.sources[0]?.topic,
    partition: shard,
    start: 0,
    end: 2,
    position: 2,
    lag: 0,
  });
  const people = await app.run('shards');
  expect(people.stdout.split('\n')[0]).toMatch(/^shard +journal .*lag purchases .*lag reroute +watermark +delay +caught up at$/);
  expect(people.stdout.trimEnd().split('\n').length).toBe(1 + SHARDS);

  const { code, stdout, stderr } = await app.run('shards', 'accept', '--shard', String(shard), '--reason', 'a test');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(/^rapport: the group \S+ has members \(.+\): stop all workers first\./);
});

test('shards accept moves a position whose records are gone, of that shard alone, records it, and the processor goes on', async () => {
  expect((await stopped()).code).toBe(0);
  await load(purchase('o3', now - 2 * DAY), purchase('o4', now - DAY));
  const topic = app.config.sources[0]?.topic ?? '';
  await app.admin.deleteBefore({ topic, partition: shard }, 3);
  const halted = await app.run('run');
  expect(halted.code).toBe(1);
  expect(halted.stderr).toContain(`\`rapport shards accept --shard ${shard} --reason …\``);
  expect((await standing())[shard]?.inputs).toContainEqual({ topic, partition: shard, start: 3, end: 4, position: 2, lag: 2 });

  const journals = await app.admin.ends(app.config.topics.journal);
  const accept = await app.run('shards', 'accept', '--shard', String(shard), '--reason', 'o3 was deleted', '--json');
  expect(accept.stderr).toBe('');
  expect(accept.code).toBe(0);
  expect(JSON.parse(accept.stdout)).toEqual({
    shard,
    sequence: expect.any(Number),
    accepted: { reason: 'o3 was deleted', what: expect.stringMatching(`^${topic}-${shard}: .*; from 2 to 3$`) },
  });
  // One claim and its marker, and not a step; nothing of other shards.
  const after = await app.admin.ends(app.config.topics.journal);
  expect(after.map(({ end }, each) => end - (journals[each]?.end ?? 0))).toEqual(journals.map((_, each) => (each === shard ? 2 : 0)));

  processor = app.start('run');
  await ordersReach(3);
  expect((await stopped()).code).toBe(0);

  const again = await app.run('shards', 'accept', '--shard', String(shard), '--reason', 'once more');
  expect(again).toEqual({ code: 0, stdout: `shard ${shard}: there was no gap to accept\n`, stderr: '' });
});

test.each([
  [['--shard', '2', '--reason', 'x'], 'there are 2 shards, from 0 to 1'],
  [['--shard', '0', '--reason', ' '], 'It is a text of 1 to 1000 characters'],
  [['--reason', 'x'], "required option '--shard <p>' not specified"],
])('shards accept %j is wrong usage: 2', async (wrong, said) => {
  const { code, stdout, stderr } = await app.run('shards', 'accept', ...wrong);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(said);
});
