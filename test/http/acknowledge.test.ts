/** Taking an alert on over HTTP: who may, what is refused and with which words, that a repeated request is one command, and the way round: given here, said by the processor, shown here. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AlertRecord, CommandRecord } from '../../src/codec/types.ts';
import { Halt, Retryable } from '../../src/engine/errors.ts';
import type { Alert, Page, StoryAnswer } from '../../src/http/api.ts';
import { write } from '../../src/http/model/writes.ts';
import { until } from '../../src/stack/until.ts';
import type { TestDriver } from '../../src/testing.ts';
import { ADMIN_TOKEN, type Api, READ_TOKEN, startApi } from './support/api.ts';
import { MemoryFeed, partitionsOf, saidByProcessor } from './support/said.ts';

let driver: TestDriver;
let feed: MemoryFeed;
let api: Api;
/** what was given to Kafka, and what it is to answer */
const given: Omit<CommandRecord, 'occurredAt'>[] = [];
let answer: () => Promise<void> = async () => {};

beforeAll(async () => {
  driver = await saidByProcessor();
  feed = new MemoryFeed(partitionsOf(driver));
  api = await startApi(driver, feed, {
    command: async (command) => {
      given.push(command);
      await answer();
    },
  });
  await api.ready();
});
afterAll(() => api.stop());

const alertsBy = async (query: string): Promise<readonly Alert[]> =>
  ((await api.get(`/api/v1/alerts?limit=200&${query}`)).body as Page<Alert>).items;
const ofCustomers = (alerts: readonly Alert[]): Alert[] => alerts.filter(({ customer }) => customer !== null);
const addressOf = ({ alertId }: Pick<Alert, 'alertId'>): string => `/api/v1/alerts/${alertId}/acknowledgement`;
async function anOpen(n = 0): Promise<Alert> {
  const alert = ofCustomers(await alertsBy('open=true&acknowledged=false'))[n];
  if (alert === undefined) throw new Error('no alert is open');
  return alert;
}

describe('who may', () => {
  test('the role admin may, read may not, and nobody else; what was not allowed was not given', async () => {
    const url = addressOf(await anOpen());
    expect(await api.post(url, { by: 'Anna' }, null)).toMatchObject({ status: 401 });
    expect(await api.post(url, { by: 'Anna' }, `${ADMIN_TOKEN}x`)).toMatchObject({ status: 401 });
    expect(await api.post(url, { by: 'Anna' }, READ_TOKEN)).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('admin') },
    });
    expect(given).toEqual([]);
    expect(await api.get('/api/v1/access', READ_TOKEN)).toMatchObject({ status: 200, body: { role: 'read' } });
    expect(await api.get('/api/v1/access', ADMIN_TOKEN)).toMatchObject({ status: 200, body: { role: 'admin' } });
  });

  test('without tokens everybody on this machine may, but no page of another site', async () => {
    const open = await startApi(driver, new MemoryFeed(partitionsOf(driver)), { http: { readToken: null, adminToken: null, open: true } });
    await open.ready();
    const url = addressOf(await anOpen());
    expect(await open.get('/api/v1/access', null)).toMatchObject({ body: { role: 'admin' } });
    expect(await open.post(url, { by: 'Anna' }, null, { host: 'evil.example' })).toMatchObject({ status: 403 });
    // What a form of another site can send without being asked for leave.
    for (const type of ['text/plain', 'application/x-www-form-urlencoded'])
      expect(await open.post(url, '{"by":"Anna"}', null, { host: 'localhost', 'content-type': type })).toMatchObject({ status: 415 });
    expect(await open.post(url, { by: 'Anna' }, null, { host: 'localhost' })).toMatchObject({ status: 202 });
    await open.stop();
  });
});

describe('what is refused', () => {
  test.each<[unknown, string]>([
    [{}, 'by'],
    [{ by: '' }, 'by'],
    [{ by: '   ' }, 'by'],
    [{ by: 7 }, 'by'],
    [{ by: 'é'.repeat(33) }, 'by'],
    [{ by: 'An\nna' }, 'by'],
  ])('the body %j, by the name of what is wrong', async (body, name) => {
    expect(await api.post(addressOf(await anOpen()), body as object)).toMatchObject({
      status: 400,
      body: { faults: [{ in: 'body', name }] },
    });
  });

  test('a body with more than there is, without any, too large, or not JSON; a key of 129 characters; an id that is none', async () => {
    const url = addressOf(await anOpen());
    expect(await api.post(url, { by: 'Anna', at: 7 })).toMatchObject({ status: 400 });
    expect(await api.post(url, '')).toMatchObject({ status: 400 });
    expect(await api.post(url, { by: 'x'.repeat(2_000) })).toMatchObject({ status: 413 });
    expect(await api.post(url, '{"by":', ADMIN_TOKEN, { 'content-type': 'application/json' })).toMatchObject({ status: 400 });
    const long = { 'idempotency-key': 'k'.repeat(129) };
    expect(await api.post(url, { by: 'Anna' }, ADMIN_TOKEN, long)).toMatchObject({ status: 400, body: { faults: [{ in: 'header' }] } });
    expect(await api.post('/api/v1/alerts/x/acknowledgement', { by: 'Anna' })).toMatchObject({ status: 400 });
  });

  test('an alert that is not known, is closed, or is about the business', async () => {
    expect(await api.post(addressOf({ alertId: '0'.repeat(32) }), { by: 'Anna' })).toMatchObject({ status: 404 });
    expect(await api.get(`/api/v1/alerts/${'0'.repeat(32)}`)).toMatchObject({ status: 404 });
    const [closed] = ofCustomers(await alertsBy('open=false'));
    expect(await api.post(addressOf(closed as Alert), { by: 'Anna' })).toMatchObject({ status: 409, body: { detail: 'it is closed' } });
    const [record] = driver.outputs('alerts') as AlertRecord[];
    const business = { ...(record as AlertRecord), alertId: 'b'.repeat(32), kind: 'PORTFOLIO', customerId: null } as const;
    write(api.model.db, { type: 'alert', record: business });
    expect(await api.post(addressOf(business), { by: 'Anna' })).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('about the business') },
    });
    expect(given).toEqual([]);
  });

  test('while the topics are being read an alert that is not known may be yet', async () => {
    const silent = new MemoryFeed(partitionsOf(driver));
    silent.reader = () => new Promise(() => {});
    const starting = await startApi(driver, silent);
    expect(await starting.post(addressOf(await anOpen()), { by: 'Anna' })).toMatchObject({ status: 503 });
    void starting.stop();
  });

  test.each([
    ['away', new Retryable('Kafka is away while producing: connect ECONNREFUSED 10.1.2.3:9092')],
    ['refusing', new Halt('Kafka refused producing (TOPIC_AUTHORIZATION_FAILED): give the application WRITE')],
  ])('Kafka that is %s: 503, when to try again, and nothing of the inside; the log has it, without who', async (_, error) => {
    answer = () => Promise.reject(error);
    const { status, headers, body } = await api.post(addressOf(await anOpen()), { by: 'Secret Name' });
    answer = async () => {};
    expect([status, headers['retry-after']]).toEqual([503, '5']);
    expect(body).toMatchObject({ title: 'Not available now', detail: expect.stringContaining('Idempotency-Key') });
    expect(JSON.stringify(body)).not.toMatch(/10\.1\.2\.3|AUTHORIZATION/);
    expect(api.lines.join()).toContain('a command was not taken');
    expect(api.lines.join()).not.toMatch(/Secret Name/);
    given.length = 0;
  });
});

test('the alert as it was seen is given once for a key; two keys, two alerts or no key are different commands', async () => {
  const [one, other] = [await anOpen(0), await anOpen(1)];
  const ids: string[] = [];
  for (const [alert, key] of [
    [one, 'k-1'],
    [one, 'k-1'],
    [one, 'k-2'],
    [other, 'k-1'],
    [one, null],
    [one, null],
  ] as const) {
    const { status, body } = await api.post(addressOf(alert), { by: 'Anna' }, ADMIN_TOKEN, key === null ? {} : { 'idempotency-key': key });
    expect(status).toBe(202);
    ids.push((body as { commandId: string }).commandId);
  }
  expect(ids[0]).toBe(ids[1]);
  expect(new Set(ids).size).toBe(5);
  const { kind, subject, episode, customer, records } = one;
  expect(given[0]).toEqual({
    commandId: ids[0],
    customerId: customer,
    kind: 'ACKNOWLEDGE',
    alert: kind,
    subject,
    episode,
    number: records.at(-1)?.number,
    by: 'Anna',
  });
  given.length = 0;
});

test('given, said by the processor, and shown: list, episode, story and the customer; then it is refused, but not the same command', async () => {
  const alert = await anOpen();
  const key = { 'idempotency-key': 'the-way-round' };
  const { body } = await api.post(addressOf(alert), { by: 'Anna Ñ.' }, ADMIN_TOKEN, key);
  const { commandId } = body as { commandId: string };
  const [command] = given.splice(0);
  if (command === undefined) throw new Error('nothing was given');
  const at = driver.clock.wall();
  // Twice, as a producer may that does not know whether the first was taken.
  for (let times = 0; times < 2; times++) driver.pipe({ type: 'command', record: { ...command, occurredAt: at } });
  await driver.start();
  await driver.settle();
  await driver.advance(5_000);
  await driver.stop();
  feed.partitions = partitionsOf(driver);
  feed.more();

  const shown = await until('it to be shown', 10, async () => {
    const { body: found } = await api.get(`/api/v1/alerts/${alert.alertId}`);
    return (found as Alert).acknowledged === null ? undefined : (found as Alert);
  });
  expect(shown).toMatchObject({ open: true, acknowledged: { at, by: 'Anna Ñ.' } });
  expect(shown.records.slice(alert.records.length)).toMatchObject([{ event: 'acknowledged', at, by: 'Anna Ñ.', commandId }]);
  expect((await alertsBy('open=true&acknowledged=true')).map(({ alertId }) => alertId)).toEqual([alert.alertId]);
  expect((await alertsBy('open=true&acknowledged=false')).map(({ alertId }) => alertId)).not.toContain(alert.alertId);
  const { body: story } = await api.get(`/api/v1/customers/${encodeURIComponent(alert.customer ?? '')}/story`);
  expect((story as StoryAnswer).alerts).toContainEqual(shown);
  const { body: customer } = await api.get(`/api/v1/customers/${encodeURIComponent(alert.customer ?? '')}`);
  expect((customer as { episodes: object[] }).episodes).toContainEqual({
    kind: alert.kind,
    subject: alert.subject,
    episode: alert.episode,
    records: alert.records.length + 1,
    acknowledged: { at, by: 'Anna Ñ.' },
  });

  expect(await api.post(addressOf(alert), { by: 'Bo' })).toMatchObject({ status: 409, body: { detail: 'it has been acknowledged' } });
  expect(await api.post(addressOf(alert), { by: 'Anna Ñ.' }, ADMIN_TOKEN, key)).toMatchObject({ status: 202, body: { commandId } });
  expect(given).toEqual([]);
});
