/** Live changes: what a reader gets, and again after it was away; what becomes of one that does not read. */
import { once } from 'node:events';
import { IncomingMessage, ServerResponse } from 'node:http';
import net from 'node:net';
import { afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import type { SegmentChangeRecord } from '../../src/codec/types.ts';
import type { Change, ReadModelAnswer } from '../../src/http/api.ts';
import { Live } from '../../src/http/live.ts';
import { until } from '../../src/stack/until.ts';
import type { TestDriver } from '../../src/testing.ts';
import { ADMIN_TOKEN, type Api, READ_TOKEN, startApi } from './support/api.ts';
import { MemoryFeed, partitionsOf, saidByProcessor } from './support/said.ts';

let driver: TestDriver;
beforeAll(async () => {
  driver = await saidByProcessor();
});
let api: Api;
afterEach(() => api.stop());

interface Event {
  readonly type: string;
  readonly id: string;
  readonly data: string;
}

/** A reader by fetch, as the dashboard is one. */
class Listener {
  readonly events: Event[] = [];
  readonly #stop = new AbortController();
  readonly #reading: Promise<void>;

  constructor(response: Response) {
    this.#reading = this.#read(response).catch(() => undefined);
  }

  static async open(address: string, after: string | null = null): Promise<Listener> {
    const headers = { authorization: `Bearer ${READ_TOKEN}`, ...(after !== null && { 'last-event-id': after }) };
    const response = await fetch(`${address}/api/v1/changes/live`, { headers });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const listener = new Listener(response);
    await until('the first event', 5, async () => (listener.events.length > 0 ? true : undefined));
    return listener;
  }

  get changes(): Change[] {
    return this.events.filter(({ type }) => type === 'changes').flatMap(({ data }) => JSON.parse(data) as Change[]);
  }

  get bookmark(): string {
    return this.events.at(-1)?.id ?? '';
  }

  has(count: number): Promise<true> {
    return until(`${count} changes`, 20, async () => (this.changes.length >= count ? true : undefined));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#reading;
  }

  async #read(response: Response): Promise<void> {
    const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream(), { signal: this.#stop.signal }).getReader();
    for (let rest = ''; ; ) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1] ?? '';
        if (field('event') !== '') this.events.push({ type: field('event'), id: field('id'), data: field('data') });
      }
    }
  }
}

const idsOf = (changes: readonly { readonly changeId: string }[]): string[] => changes.map(({ changeId }) => changeId);
const all = (): string[] => idsOf(driver.outputs('segmentChanges') as SegmentChangeRecord[]).sort();

/** The topics with a share of their records: the rest comes later. */
function upTo(share: number): ReturnType<typeof partitionsOf> {
  return partitionsOf(driver).map(({ of, records, ends }) => {
    const some = records.slice(0, Math.floor(records.length * share));
    return { of, records: some, ends: { ...ends, end: (some.at(-1)?.offset ?? -1) + 1 } };
  });
}

async function moreOf(feed: MemoryFeed, share: number): Promise<void> {
  feed.partitions = upTo(share);
  feed.more();
}

const learnt = (api: Api): string[] =>
  api.model.db.all('SELECT json FROM changes ORDER BY row').map(({ json }) => (JSON.parse(String(json)) as Change).changeId);

test('a reader gets every change that comes, once, in the order in which it was learnt; and after it was away what it has missed', async () => {
  const feed = new MemoryFeed(upTo(0.2), () => 3);
  api = await startApi(driver, feed);
  await api.ready();
  const before = learnt(api);
  const address = await api.address();
  const first = await Listener.open(address);
  expect(first.events[0]).toMatchObject({ type: 'ready' });
  await moreOf(feed, 0.5);
  await until('half of the changes', 10, async () => (learnt(api).length >= Math.floor(all().length * 0.5) - 2 ? true : undefined));
  const half = learnt(api).length;
  await first.has(half - before.length);
  const { bookmark } = first;
  await first.close();
  await moreOf(feed, 1);
  await until('all changes', 10, async () => (learnt(api).length === all().length ? true : undefined));
  const second = await Listener.open(address, bookmark);
  await second.has(all().length - half);
  expect(idsOf([...first.changes, ...second.changes])).toEqual(learnt(api).slice(before.length));
  expect([...learnt(api)].sort()).toEqual(all());
  await second.close();
});

test('that alerts have gone on is said, once however many there are; which ones is asked for', async () => {
  const feed = new MemoryFeed(upTo(0.2), () => 3);
  api = await startApi(driver, feed, { live: { alertsMs: 50 } });
  await api.ready();
  const listener = await Listener.open(await api.address());
  const before = await api.get('/api/v1/alerts?limit=200');
  await moreOf(feed, 1);
  const told = await until('the word', 10, async () => listener.events.find(({ type }) => type === 'alerts'));
  expect(told).toMatchObject({ data: '{}', id: expect.stringMatching(/^[0-9a-f]{12}-\d+$/) });
  await until('all changes', 10, async () => (learnt(api).length === all().length ? true : undefined));
  expect((await api.get('/api/v1/alerts?limit=200')).body).not.toEqual(before.body);
  const heard = listener.events.filter(({ type }) => type === 'alerts').length;
  expect(heard).toBeLessThan(api.model.db.all('SELECT row FROM alerts').length / 2);
  await listener.close();
});

test('whoever was away is told that alerts may have gone on; whoever is new, or asks for all anew, needs not be', async () => {
  api = await startApi(driver, new MemoryFeed(partitionsOf(driver)), { live: { alertsMs: 60_000 } });
  await api.ready();
  const address = await api.address();
  const first = await Listener.open(address);
  const again = await Listener.open(address, first.bookmark);
  await until('the word', 5, async () => (again.events.length > 1 ? true : undefined));
  expect(again.events).toEqual([
    { type: 'ready', id: first.bookmark, data: '{}' },
    { type: 'alerts', id: first.bookmark, data: '{}' },
  ]);
  const other = await Listener.open(address, 'nonsense');
  expect([first, other].map(({ events }) => events.map(({ type }) => type))).toEqual([['ready'], ['reset']]);
  for (const listener of [first, again, other]) await listener.close();
});

test('a bookmark goes on exactly behind it, whichever event it is taken from', async () => {
  const feed = new MemoryFeed(upTo(0), () => 4);
  api = await startApi(driver, feed);
  await api.ready();
  const address = await api.address();
  const whole = await Listener.open(address);
  await moreOf(feed, 1);
  await whole.has(all().length);
  const marks = whole.events.filter((_, i) => i % 3 === 0);
  expect(marks.length).toBeGreaterThan(3);
  for (const mark of marks) {
    const passed = whole.events.slice(0, whole.events.indexOf(mark) + 1).filter(({ type }) => type === 'changes');
    const seen = passed.flatMap(({ data }) => idsOf(JSON.parse(data) as Change[]));
    const again = await Listener.open(address, mark.id);
    await again.has(all().length - seen.length);
    expect([...seen, ...idsOf(again.changes)]).toEqual(idsOf(whole.changes));
    await again.close();
  }
  await whole.close();
});

test.each(['0123456789ab-1', 'nonsense', '-', 'x'.repeat(99)])(
  'the bookmark %s, of another read model, is answered by reset',
  async (mark) => {
    api = await startApi(driver, new MemoryFeed(partitionsOf(driver)));
    await api.ready();
    const listener = await Listener.open(await api.address(), mark);
    expect(listener.events[0]).toMatchObject({ type: 'reset', id: `${api.model.incarnation}-${api.model.lastRow}` });
    await listener.close();
  },
);

test('a reader is told when the read model begins anew, and hears what comes then', async () => {
  api = await startApi(driver, new MemoryFeed(partitionsOf(driver)));
  await api.ready();
  const listener = await Listener.open(await api.address());
  api.model.reset('the test says so');
  await until('the reset', 5, async () => listener.events.find(({ type }) => type === 'reset'));
  apply(api, 0, 3);
  await listener.has(3);
  await listener.close();
});

/** Changes of made-up customers, as many as are needed. */
function apply(of: Api, from: number, count: number): void {
  const [pattern] = driver.outputs('segmentChanges') as SegmentChangeRecord[];
  if (pattern === undefined) throw new Error('there is no change');
  const entries = Array.from({ length: count }, (_, i) => ({
    offset: from + i,
    digest: '',
    said: { type: 'segment-change' as const, record: { ...pattern, customerId: `made-up-${from + i}`, changeId: `change-${from + i}` } },
  }));
  of.model.apply({ topic: 'made-up', partition: 0 }, from + count, entries);
}

test('a reader that does not read is dropped, and slows neither the follower nor the others', { timeout: 60_000 }, async () => {
  api = await startApi(driver, new MemoryFeed(partitionsOf(driver)), { live: { stalledMs: 500 } });
  await api.ready();
  const address = await api.address();
  const { port } = new URL(address);
  const slow = net.connect(Number(port), '127.0.0.1');
  slow.pause();
  slow.on('error', () => undefined);
  await once(slow, 'connect');
  slow.write(`GET /api/v1/changes/live HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${READ_TOKEN}\r\n\r\n`);
  await readersReach(1);
  const quick = await Listener.open(address);
  await readersReach(2);
  const [batches, size] = [60, 400];
  for (let i = 0; i < batches; i++) {
    const began = performance.now();
    apply(api, i * size, size);
    expect(performance.now() - began).toBeLessThan(2_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await quick.has(batches * size);
  expect(new Set(idsOf(quick.changes)).size).toBe(batches * size);
  await readersReach(1);
  slow.destroy();
  await quick.close();
  await readersReach(0);
});

const readersReach = (count: number): Promise<true> =>
  until(`${count} readers`, 20, async () => {
    const { body } = await api.get('/api/v1/read-model', ADMIN_TOKEN);
    return (body as ReadModelAnswer).liveReaders === count ? true : undefined;
  });

test('HEAD is not answered by a stream without a body', async () => {
  api = await startApi(driver, new MemoryFeed(partitionsOf(driver)));
  await api.ready();
  const url = `${await api.address()}/api/v1/changes/live`;
  const signal = AbortSignal.timeout(5_000);
  expect((await fetch(url, { method: 'HEAD', headers: { authorization: `Bearer ${READ_TOKEN}` }, signal })).status).toBe(404);
  await readersReach(0);
});

test('a request behind another one on the same connection takes no place of a reader, and leaves none behind', async () => {
  api = await startApi(driver, new MemoryFeed(partitionsOf(driver)));
  await api.ready();
  const socket = net.connect(Number(new URL(await api.address()).port), '127.0.0.1');
  await once(socket, 'connect');
  const request = `GET /api/v1/changes/live HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${READ_TOKEN}\r\n\r\n`;
  socket.write(request + request);
  await once(socket, 'data');
  await readersReach(1);
  socket.destroy();
  await readersReach(0);
});

test('a reader that was gone before it was heard is dropped at the next pulse', async () => {
  api = await startApi(driver, new MemoryFeed(partitionsOf(driver)));
  const live = new Live(api.model, { pulseMs: 20 });
  onTestFinished(() => live.stop());
  const answer = new ServerResponse(new IncomingMessage(new net.Socket()));
  answer.destroy();
  await once(answer, 'close');
  live.add(answer, null);
  await until('the place to be free', 5, async () => (live.readers === 0 ? true : undefined));
});

test('changes of a customer who was erased are sent to nobody any more; bookmarks stay good', async () => {
  api = await startApi(driver, new MemoryFeed(partitionsOf(driver)));
  await api.ready();
  const address = await api.address();
  const listener = await Listener.open(address);
  apply(api, 0, 3);
  await listener.has(3);
  const [start, end] = [listener.events[0]?.id ?? '', listener.bookmark];
  const again = await Listener.open(address, start);
  await again.has(3);
  const said = { type: 'erased', of: 'profile', key: 'made-up-2' } as const;
  api.model.apply({ topic: 'erased', partition: 0 }, 1, [{ offset: 0, digest: '', said }]);
  const after = await Listener.open(address, start);
  await after.has(2);
  expect(after.changes.map(({ changeId }) => changeId)).toEqual(['change-0', 'change-1']);
  const last = await Listener.open(address, end);
  expect(last.events[0]).toMatchObject({ type: 'ready', id: end });
  for (const one of [listener, again, after, last]) await one.close();
});

test('there are only so many readers', async () => {
  api = await startApi(driver, new MemoryFeed(partitionsOf(driver)), { live: { readers: 1 } });
  await api.ready();
  const address = await api.address();
  const one = await Listener.open(address);
  const two = await fetch(`${address}/api/v1/changes/live`, { headers: { authorization: `Bearer ${READ_TOKEN}` } });
  expect(two.status).toBe(503);
  await one.close();
  await readersReach(0);
  await (await Listener.open(address)).close();
});

test('a connection without changes is kept alive', async () => {
  api = await startApi(driver, new MemoryFeed(partitionsOf(driver)), { live: { pulseMs: 20 } });
  await api.ready();
  const response = await fetch(`${await api.address()}/api/v1/changes/live`, { headers: { authorization: `Bearer ${READ_TOKEN}` } });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (text.split('\n:\n').length > 3) break;
  }
  expect(text).toMatch(/^retry: \d+\nevent: ready\n/);
});
