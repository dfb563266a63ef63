/** The HTTP API by its answers: roles, problems, bounds, the contract, the questions that go to Redis. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { SegmentChangeRecord } from '../../src/codec/types.ts';
import { Retryable } from '../../src/engine/errors.ts';
import type { CustomerAnswer, GroupsAnswer, Page, StoryAnswer } from '../../src/http/api.ts';
import { until } from '../../src/stack/until.ts';
import type { TestDriver } from '../../src/testing.ts';
import { codes, doc, rowsOf, section } from '../support/markdown.ts';
import { ADMIN_TOKEN, type Api, READ_TOKEN, startApi } from './support/api.ts';
import { BROKEN, MemoryFeed, partitionsOf, saidByProcessor } from './support/said.ts';

const READ = [
  '/api/v1/customers',
  '/api/v1/changes',
  '/api/v1/alerts',
  '/api/v1/groups',
  '/api/v1/moves',
  '/api/v1/kpis',
  '/api/v1/goals',
  '/api/v1/policy',
  '/api/v1/shards',
  '/api/v1/access',
  '/api/v1/dead-letters',
  '/openapi.json',
];
const ADMIN = ['/api/v1/read-model'];
const ORDERS = ['/api/v1/alerts/{id}/acknowledgement'];
const FOR_ALL = ['/livez', '/readyz'];

let driver: TestDriver;
let api: Api;
beforeAll(async () => {
  driver = await saidByProcessor();
  api = await startApi(driver, new MemoryFeed(partitionsOf(driver)));
  await api.ready();
});
afterAll(() => api.stop());

const aCustomer = async (): Promise<string> => {
  const { body } = await api.get('/api/v1/customers?limit=1');
  return (body as Page<{ id: string }>).items[0]?.id ?? '';
};

describe('who may ask', () => {
  test.each([...READ, ...ADMIN, '/api/v1/customers/x', '/api/v1/customers/x/story', '/api/v1/changes/live', '/nowhere'])(
    '%s answers nobody without a token, nor with a wrong one',
    async (url) => {
      for (const token of [null, 'not-a-token-of-ours', `${READ_TOKEN}x`]) {
        const { status, headers, body } = await api.get(url, token);
        expect(status).toBe(401);
        expect(headers['www-authenticate']).toMatch(/^Bearer/);
        expect(headers['content-type']).toBe('application/problem+json');
        expect(body).toMatchObject({ type: 'about:blank', status: 401 });
      }
    },
  );

  test.each(READ)('%s answers either role', async (url) => {
    for (const token of [READ_TOKEN, ADMIN_TOKEN]) expect(await api.get(url, token)).toMatchObject({ status: 200 });
  });

  test.each(ADMIN)('%s answers the role admin only', async (url) => {
    expect(await api.get(url, READ_TOKEN)).toMatchObject({ status: 403 });
    expect(await api.get(url, ADMIN_TOKEN)).toMatchObject({ status: 200 });
  });

  test.each(FOR_ALL)('%s answers everybody', async (url) => {
    expect(await api.get(url, null)).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  test('every route of the contract is in these lists: a new one has to say who may ask', async () => {
    const { body } = await api.get('/openapi.json');
    const paths = Object.keys((body as { paths: object }).paths).filter((path) => !path.includes('{') && !path.endsWith('/live'));
    expect(paths.sort()).toEqual([...READ, ...ADMIN, ...FOR_ALL].filter((path) => path !== '/openapi.json').sort());
  });

  test('without tokens only requests that name this machine are answered', async () => {
    const open = await startApi(driver, new MemoryFeed(partitionsOf(driver)), { http: { readToken: null, adminToken: null, open: true } });
    for (const host of ['localhost:8080', '127.0.0.1:8080', '[::1]:8080'])
      expect(await open.get('/api/v1/policy', null, { host }), host).toMatchObject({ status: 200 });
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:80'])
      expect(await open.get('/api/v1/policy', null, { host }), host).toMatchObject({ status: 403 });
    await open.stop();
  });

  test('the pages of the dashboard are for everybody, the data they show is not', async () => {
    const pages = mkdtempSync(join(tmpdir(), 'rapport-pages-'));
    writeFileSync(join(pages, 'index.html'), '<title>rapport</title>');
    const served = await startApi(driver, new MemoryFeed(partitionsOf(driver)), { pages });
    const address = await served.address();
    const page = await fetch(`${address}/`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'self'/);
    expect(await page.text()).toBe('<title>rapport</title>');
    expect((await fetch(`${address}/api/v1/groups`)).status).toBe(401);
    expect((await fetch(`${address}/..%2f..%2fetc/passwd`)).status).not.toBe(200);
    await served.stop();
    rmSync(pages, { recursive: true });
  });
});

describe('what is wrong with a request', () => {
  test.each([
    ['/api/v1/customers?limit=0', 'limit'],
    ['/api/v1/customers?limit=1000000', 'limit'],
    ['/api/v1/customers?group=CHAMPIONS', 'group'],
    ['/api/v1/customers?minValue=-1', 'minValue'],
    ['/api/v1/customers?sort=name', 'sort'],
    ['/api/v1/customers?cursor=bm9uc2Vuc2U', 'cursor'],
    [`/api/v1/customers?prefix=${'x'.repeat(129)}`, 'prefix'],
    ['/api/v1/changes?from=yesterday', 'from'],
    ['/api/v1/kpis?from=2026-02-30', 'from'],
    ['/api/v1/kpis?from=2026-1-1', 'from'],
    ['/api/v1/groups?from=2001-01-01&to=2026-01-01', 'from'],
    ['/api/v1/groups?from=2026-02-01&to=2026-01-01', 'from'],
  ])('%s is refused by the name of the parameter', async (url, name) => {
    const { status, body } = await api.get(url);
    expect(status).toBe(400);
    expect(body).toMatchObject({ title: 'Bad request', status: 400, faults: [{ in: 'query', name, message: expect.any(String) }] });
  });

  test('a parameter that there is not is refused: a misspelt one must not be passed over', async () => {
    expect(await api.get('/api/v1/customers?grup=NEW')).toMatchObject({ status: 400, body: { detail: expect.stringContaining('grup') } });
    expect(await api.get('/api/v1/policy?x=1')).toMatchObject({ status: 400 });
  });

  test('a cursor is good for its own question only', async () => {
    const { body } = await api.get('/api/v1/customers?limit=1&sort=value');
    const { next } = body as Page<unknown>;
    expect(await api.get(`/api/v1/customers?limit=1&sort=value&cursor=${next}`)).toMatchObject({ status: 200 });
    expect(await api.get(`/api/v1/customers?limit=1&sort=id&cursor=${next}`)).toMatchObject({ status: 400 });
    expect(await api.get(`/api/v1/alerts?cursor=${next}`)).toMatchObject({ status: 400 });
  });

  test('an id that is none is refused, one that nobody has is not found', async () => {
    expect(await api.get('/api/v1/customers/a%00b')).toMatchObject({ status: 400 });
    expect(await api.get('/api/v1/customers/nobody')).toMatchObject({ status: 404, body: { title: 'Not found' } });
    expect(await api.get('/api/v1/customers/nobody/story')).toMatchObject({ status: 404 });
    const longest = encodeURIComponent('é'.repeat(64));
    expect(await api.get(`/api/v1/customers/${longest}`)).toMatchObject({ status: 404, body: { detail: 'no such customer is known' } });
    expect(await api.get(`/api/v1/customers/${longest}x`)).toMatchObject({ status: 400 });
    expect(await api.get('/api/v1/customers/a%2Fb')).toMatchObject({ status: 404, body: { detail: 'no such customer is known' } });
    expect(await api.get('/api/v1/nowhere')).toMatchObject({ status: 404 });
  });

  test('a defect shows nothing of the inside, and the log has it', async () => {
    const broken = await startApi(driver, new MemoryFeed(partitionsOf(driver)), { customer: 'fails' });
    const { status, body } = await broken.get('/api/v1/customers/c-1');
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toMatch(/hunter2|postgres|at .*\.ts/);
    expect(broken.lines.join()).toContain('a defect of the HTTP API');
    await broken.stop();
  });

  test('who asks too often is told to wait; probes are not counted', async () => {
    const busy = await startApi(driver, new MemoryFeed(partitionsOf(driver)));
    const statuses = new Set<number>();
    for (let i = 0; i < 650 && !statuses.has(429); i++) statuses.add((await busy.get('/api/v1/policy', null)).status);
    expect([...statuses]).toEqual([401, 429]);
    expect(await busy.get('/livez', null)).toMatchObject({ status: 200 });
    await busy.stop();
  });
});

describe('answers', () => {
  test('readyz says no until the topics have been read once', async () => {
    const feed = new MemoryFeed(partitionsOf(driver));
    const held = Promise.withResolvers<void>();
    const reader = feed.reader.bind(feed);
    feed.reader = async () => {
      await held.promise;
      return reader();
    };
    const starting = await startApi(driver, feed);
    expect(await starting.get('/readyz', null)).toMatchObject({ status: 503, body: { status: 'starting' } });
    expect(await starting.get('/livez', null)).toMatchObject({ status: 200 });
    held.resolve();
    await starting.ready();
    expect(await starting.get('/readyz', null)).toMatchObject({ status: 200 });
    await starting.stop();
  });

  test('a customer comes with the reasons, and with the group that silence will bring', async () => {
    const seen = new Set<string>();
    const { body: list } = await api.get('/api/v1/customers?limit=200');
    for (const { id, group } of (list as Page<{ id: string; group: string }>).items) {
      const { status, body } = await api.get(`/api/v1/customers/${encodeURIComponent(id)}`);
      expect(status).toBe(200);
      const one = body as CustomerAnswer;
      expect(one.group).toBe(group);
      const points = Object.values(one.components).map(({ contribution }) => contribution ?? 0);
      if (one.scores.loyalty !== null) expect(points.reduce((sum, part) => sum + part, 0)).toBeCloseTo(one.scores.loyalty, 4);
      if (one.inSilence !== null) {
        expect(one.inSilence.at).toBeGreaterThan(one.asOf);
        expect(one.inSilence.to).not.toBe(one.group);
        seen.add('silence');
      }
      expect(one.changesWhen.map(({ to }) => to)).not.toContain(one.group);
      for (const { conditions } of one.changesWhen)
        for (const { is, atLeast, below } of conditions) {
          expect((atLeast === null) !== (below === null)).toBe(true);
          if (is !== null && atLeast !== null) expect(is).toBeLessThan(atLeast);
          if (is !== null && below !== null) expect(is).toBeGreaterThanOrEqual(below);
          seen.add('condition');
        }
    }
    expect([...seen].sort()).toEqual(['condition', 'silence']);
  });

  test('a story has the changes, the alerts and the profile of one customer', async () => {
    const changes = driver.outputs('segmentChanges') as SegmentChangeRecord[];
    const id = await aCustomer();
    const { body } = await api.get(`/api/v1/customers/${encodeURIComponent(id)}/story?limit=1`);
    const story = body as StoryAnswer;
    const own = changes.filter(({ customerId }) => customerId === id);
    expect(story.changes.map(({ number }) => number)).toEqual([own.length]);
    expect(story.more.changes).toBe(own.length > 1);
    expect(story.profile?.id).toBe(id);
  });

  test('days after the newest that is known are none, and no mistake: a history may still be read', async () => {
    const late = '?from=2100-01-01';
    const groups = (await api.get(`/api/v1/groups${late}`)) as { status: number; body: GroupsAnswer };
    expect(groups).toMatchObject({ status: 200, body: { days: [] } });
    expect(groups.body.now.length).toBeGreaterThan(0);
    expect(await api.get(`/api/v1/kpis${late}`)).toMatchObject({ status: 200, body: { items: [], next: null } });
    expect(await api.get(`/api/v1/moves${late}`)).toMatchObject({ status: 200, body: { from: null, to: null, moves: [] } });
  });

  test('however many ask about the shards, Kafka and Redis are asked once at a time, and about once a second', async () => {
    let asked = 0;
    const answered = Promise.withResolvers<void>();
    const shards = async (): Promise<[]> => {
      asked += 1;
      await answered.promise;
      return [];
    };
    const busy = await startApi(driver, new MemoryFeed(partitionsOf(driver)), { shards });
    onTestFinished(() => busy.stop());
    const all = Array.from({ length: 20 }, () => busy.get('/api/v1/shards'));
    await until('the question', 5, async () => (asked > 0 ? true : undefined));
    const began = performance.now();
    answered.resolve();
    for (const { status } of await Promise.all(all)) expect(status).toBe(200);
    await until('another question', 10, async () => {
      await busy.get('/api/v1/shards');
      return asked > 1 ? true : undefined;
    });
    expect(performance.now() - began).toBeGreaterThan(900);
    expect(asked).toBe(2);
  });

  test('a failure about the shards is told to all who asked, and asked again later', async () => {
    let away = true;
    const shards = async (): Promise<[]> => {
      if (away) throw new Retryable('no broker');
      return [];
    };
    const troubled = await startApi(driver, new MemoryFeed(partitionsOf(driver)), { shards });
    onTestFinished(() => troubled.stop());
    for (const { status } of await Promise.all([troubled.get('/api/v1/shards'), troubled.get('/api/v1/shards')])) expect(status).toBe(503);
    away = false;
    await until('an answer', 10, async () => ((await troubled.get('/api/v1/shards')).status === 200 ? true : undefined));
  });

  test('dead letters are counted and never shown', async () => {
    const { body } = await api.get('/api/v1/dead-letters');
    expect(body).toEqual({ items: [{ reason: 'not_avro', topic: 'test.purchase', count: BROKEN, lastAt: expect.any(Number) }] });
    for (const table of ['customers', 'changes', 'alerts', 'kpis', 'dead_letters'])
      expect(JSON.stringify(api.model.db.all(`SELECT * FROM ${table}`))).not.toMatch(/mallory|c-secret/);
  });

  test('no answer may be stored by a cache, and none says what server it is', async () => {
    const { headers } = await api.get('/api/v1/customers');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers.server ?? headers['x-powered-by']).toBeUndefined();
  });

  test('the contract is OpenAPI 3.1 and describes every answer', async () => {
    const { body } = await api.get('/openapi.json');
    const { openapi, paths } = body as { openapi: string; paths: Record<string, Record<string, { responses: Record<string, unknown> }>> };
    expect(openapi).toBe('3.1.0');
    expect(Object.keys(paths).length).toBeGreaterThan(14);
    for (const [path, methods] of Object.entries(paths))
      for (const [method, { responses }] of Object.entries(methods))
        expect(responses[method === 'post' ? '202' : '200'], path).toBeDefined();
    expect(Object.keys(paths).filter((path) => paths[path]?.post !== undefined)).toEqual(ORDERS);
    expect(JSON.stringify(paths['/api/v1/customers'])).toContain('predictedValue');
  });
});

test('docs/api.md lists what there is, with its role and parameters, and nothing else', async () => {
  const { body } = await api.get('/openapi.json');
  const { paths } = body as { paths: Record<string, Record<string, { parameters?: { name: string; in: string }[] }>> };
  const sections = [/^## Questions/m, /^## Acknowledging/m].map((heading) => section(doc('docs/api.md'), heading));
  const rows = sections.flatMap((text) => rowsOf(text)).filter((row) => row.has('path'));
  const documented = new Map(rows.map((row) => [codes(row.get('path') ?? '')[0], row] as const));
  expect([...documented.keys()].sort()).toEqual([...Object.keys(paths), '/openapi.json'].sort());
  for (const [path, methods] of Object.entries(paths)) {
    const row = documented.get(path);
    const names = Object.values(methods).flatMap(({ parameters = [] }) =>
      parameters.filter((one) => one.in === 'query').map(({ name }) => name),
    );
    expect(codes(row?.get('parameters') ?? '').sort(), path).toEqual(names.sort());
    const role = FOR_ALL.includes(path) ? 'none' : [...ADMIN, ...ORDERS].includes(path) ? 'admin' : 'read';
    expect(row?.get('role'), path).toBe(role);
  }
});
