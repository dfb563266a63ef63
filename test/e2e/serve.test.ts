/**
 * `rapport serve` beside a worker on real servers: killed in mid-stream and started again on its file, it says in the end what the topics and Redis say, and its live
 * readers have heard every change once.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { KpiRecord } from '../../src/codec/types.ts';
import type { Alert, Change, Customer, CustomerAnswer, GroupsAnswer, Kpi, Page, ShardsAnswer } from '../../src/http/api.ts';
import { changeOf, customerOf, kpiOf } from '../../src/http/model/shapes.ts';
import { until } from '../../src/stack/until.ts';
import { type Program, program } from '../cli/application.ts';
import { Application } from '../support/app.ts';
import { decoded } from '../support/outputs.ts';
import { historyOf } from './agreement.ts';

const TOKEN = 'a-token-of-the-e2e-test';
const ADMIN_TOKEN = 'an-admin-token-of-the-e2e-test';
const { items, until: end } = historyOf({ customers: 120, days: 300, seed: 5 });

interface Serving {
  readonly program: Program;
  get<T>(path: string): Promise<T>;
  post(path: string, body: object, token?: string): Promise<Response>;
  /** Reads live changes behind a bookmark into the list until the connection ends; resolves with the last bookmark. */
  listen(into: Change[], after: string | null): Promise<string>;
}

async function serve(app: Application, database: string): Promise<Serving> {
  const started = program(['serve', '--json'], {
    ...app.environment,
    RAPPORT_HTTP_PORT: '0',
    RAPPORT_HTTP_DATABASE: database,
    RAPPORT_HTTP_READ_TOKEN: TOKEN,
    RAPPORT_HTTP_ADMIN_TOKEN: ADMIN_TOKEN,
  });
  onTestFinished(async () => {
    started.process.kill('SIGKILL');
    await started.ended;
  });
  let gone: unknown = null;
  void started.ended.then((ended) => {
    gone = ended;
  });
  const address = await until('serve to say where it listens', 30, async () => {
    if (gone !== null) return `gone: ${JSON.stringify(gone)}`;
    return started.stdout().includes('\n') ? String(JSON.parse(started.stdout()).address) : undefined;
  });
  const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${address}${path}`, { headers: { authorization: `Bearer ${TOKEN}`, ...headers } });
  return {
    program: started,
    async get<T>(path: string) {
      const response = await ask(path);
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as T;
    },
    post: (path, body, token = ADMIN_TOKEN) =>
      fetch(`${address}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': 'once' },
        body: JSON.stringify(body),
      }),
    async listen(into, after) {
      const response = await ask('/api/v1/changes/live', after === null ? {} : { 'last-event-id': after });
      let bookmark = after ?? '';
      let rest = '';
      try {
        for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
          const blocks = (rest + chunk).split('\n\n');
          rest = blocks.pop() ?? '';
          for (const block of blocks) {
            const [, type] = /^event: (.*)$/m.exec(block) ?? [];
            bookmark = /^id: (.*)$/m.exec(block)?.[1] ?? bookmark;
            if (type === 'changes') into.push(...(JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? '[]') as Change[]));
            if (type === 'reset') throw new Error('a bookmark was not taken');
          }
        }
      } catch (error) {
        // The connection of a server that is killed ends in the midst of things.
        if (!(error instanceof TypeError)) throw error;
      }
      return bookmark;
    },
  };
}

async function everyPage<T>(serving: Serving, path: string): Promise<T[]> {
  const found: T[] = [];
  for (let next: string | null = ''; next !== null; ) {
    const page: Page<T> = await serving.get(`${path}${path.includes('?') ? '&' : '?'}limit=200${next === '' ? '' : `&cursor=${next}`}`);
    found.push(...page.items);
    next = page.next;
  }
  return found;
}

const learnt = async (serving: Serving): Promise<number> => (await everyPage<Change>(serving, '/api/v1/changes')).length;

test('what it answers is what topics and Redis say, through a kill in mid-stream', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rapport-serve-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const database = join(folder, 'model.sqlite');
  const app = await Application.create({ shards: 2 });
  onTestFinished(() => app.stop());
  const first = await serve(app, database);
  const heard: Change[] = [];
  const listening = first.listen(heard, null);
  await until('readyz', 30, async () => ((await fetchStatus(first)) === 200 ? true : undefined));

  const half = Math.floor(items.length / 2);
  await app.feed(items.slice(0, half));
  const worker = app.start();
  await until('some changes to be learnt', 60, async () => ((await learnt(first)) > 40 ? true : undefined));
  first.program.process.kill('SIGKILL');
  const bookmark = await listening;
  const inMidStream = heard.length;
  // However fast both are, there is more to come.
  await app.feed(items.slice(half));
  await app.drained(end, 90, [worker]);

  const second = await serve(app, database);
  const again = second.listen(heard, bookmark);
  const { changes, profiles, alerts } = await app.outputs();
  await until('all changes to be learnt', 30, async () => ((await learnt(second)) >= changes.length ? true : undefined));

  expect(inMidStream).toBeGreaterThan(0);
  expect(inMidStream).toBeLessThan(changes.length);
  const byId = (a: { readonly changeId: string }, b: { readonly changeId: string }): number => (a.changeId < b.changeId ? -1 : 1);
  expect((await everyPage<Change>(second, '/api/v1/changes')).sort(byId)).toEqual(changes.map(changeOf).sort(byId));
  await until('all changes to be heard', 10, async () => (heard.length >= changes.length ? true : undefined));
  expect(heard.map(({ changeId }) => changeId).sort()).toEqual(changes.map(({ changeId }) => changeId).sort());

  const latest = new Map(profiles.map((record) => [record.customerId, customerOf(record)]));
  const customers = await until('all profiles to be learnt', 30, async () => {
    const found = await everyPage<Customer>(second, '/api/v1/customers');
    return found.every((one) => one.at === latest.get(one.id)?.at) && found.length === latest.size ? found : undefined;
  });
  expect(customers).toEqual([...latest.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
  const { now } = await second.get<GroupsAnswer>('/api/v1/groups');
  for (const { group, customers: size } of now) expect(size, group).toBe([...latest.values()].filter((one) => one.group === group).length);

  const episodes = await everyPage<{ alertId: string; open: boolean }>(second, '/api/v1/alerts');
  expect(episodes.filter(({ alertId }) => alerts.some((one) => one.alertId === alertId && one.customerId !== null)).length).toBe(
    new Set(alerts.filter(({ customerId }) => customerId !== null).map(({ alertId }) => alertId)).size,
  );

  await acknowledged(app, second);

  const said = new Map<string, KpiRecord>();
  for (const { record } of await app.read(app.config.topics.kpis)) said.set(String(record.key), decoded<KpiRecord>('out/kpi', record));
  const finished = await everyPage<Kpi>(second, '/api/v1/kpis?group=each');
  const compared = finished.filter((one) => said.get(`${one.day}|${one.dimension}`)?.at === one.at);
  expect(compared.length).toBeGreaterThan(100);
  for (const one of compared) expect(one).toEqual(kpiOf(said.get(`${one.day}|${one.dimension}`) as KpiRecord));

  const [someone] = customers;
  const inspected = await program(['inspect', someone?.id ?? '', '--json'], { ...app.environment }).ended;
  const { group, scores, components, churn, due } = JSON.parse(inspected.stdout) as CustomerAnswer;
  expect(await second.get<CustomerAnswer>(`/api/v1/customers/${someone?.id}`)).toMatchObject({ group, scores, components, churn, due });
  const { shards } = await second.get<ShardsAnswer>('/api/v1/shards');
  expect(shards.map(({ shard, toApply }) => [shard, toApply])).toEqual([
    [0, expect.any(Number)],
    [1, expect.any(Number)],
  ]);

  second.program.process.kill('SIGTERM');
  expect(await second.program.ended).toMatchObject({ code: 0 });
  await again;
}, 240_000);

/** Somebody takes an alert on, twice: by Kafka to the worker, once; from its topic back to what is answered. */
async function acknowledged(app: Application, serving: Serving): Promise<void> {
  const open = (await everyPage<Alert>(serving, '/api/v1/alerts?open=true')).find(({ customer }) => customer !== null);
  const path = `/api/v1/alerts/${open?.alertId}`;
  expect((await serving.post(`${path}/acknowledgement`, { by: 'Anna' }, TOKEN)).status).toBe(403);
  const answers = [
    await serving.post(`${path}/acknowledgement`, { by: 'Anna' }),
    await serving.post(`${path}/acknowledgement`, { by: 'Anna' }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  const [{ commandId }, again] = (await Promise.all(answers.map((answer) => answer.json()))) as [{ commandId: string }, object];
  expect(again).toEqual({ commandId });
  const shown = await until('it to be acknowledged', 30, async () => {
    const alert = await serving.get<Alert>(path);
    return alert.acknowledged === null ? undefined : alert;
  });
  expect(shown).toMatchObject({ open: true, acknowledged: { by: 'Anna' } });
  expect((await serving.post(`${path}/acknowledgement`, { by: 'Anna' })).status).toBe(202);
  const { alerts } = await app.outputs();
  const records = alerts.filter(({ alertId }) => alertId === open?.alertId);
  expect(records.slice(open?.records.length)).toMatchObject([
    { event: 'acknowledged', by: 'Anna', commandId, at: shown.acknowledged?.at, trigger: { topic: `${app.id}.commands` } },
  ]);
}

const fetchStatus = async (serving: Serving): Promise<number> => {
  const { address } = JSON.parse(serving.program.stdout()) as { address: string };
  return (await fetch(`${address}/readyz`)).status;
};

test('topics whose beginnings retention has taken are read from where they begin now', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rapport-serve-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const app = await Application.create({ shards: 2 });
  onTestFinished(() => app.stop());
  await app.feed(items.slice(0, 3_000));
  const worker = app.start();
  await app.drained(0, 60, [worker]);
  worker.signal('SIGTERM');
  await worker.ended;
  const { segmentChanges, alerts } = app.config.topics;
  for (const topic of [segmentChanges, alerts]) {
    const [first] = await app.admin.ends(topic);
    // All of one partition, half of the other.
    await app.admin.deleteBefore({ topic, partition: 0 }, first?.end ?? 0);
    const [, second] = await app.admin.ends(topic);
    await app.admin.deleteBefore({ topic, partition: 1 }, Math.floor((second?.end ?? 0) / 2));
  }
  const left = await app.outputs();
  expect(left.changes.length).toBeGreaterThan(0);
  const serving = await serve(app, join(folder, 'model.sqlite'));
  await until('readyz', 30, async () => ((await fetchStatus(serving)) === 200 ? true : undefined));
  const found = await everyPage<Change>(serving, '/api/v1/changes');
  expect(found.map(({ changeId }) => changeId).sort()).toEqual(left.changes.map(({ changeId }) => changeId).sort());
  expect((await everyPage<Customer>(serving, '/api/v1/customers')).length).toBe(
    new Set(left.profiles.map(({ customerId }) => customerId)).size,
  );
}, 180_000);

test('without a token it does not start, and says what to do', async () => {
  const app = await Application.create({ shards: 2 });
  onTestFinished(() => app.stop());
  const ended = await program(['serve'], { ...app.environment }).ended;
  expect(ended.code).toBe(2);
  expect(ended.stderr).toMatch(/RAPPORT_HTTP_READ_TOKEN: is not set.*openssl rand/s);
});
