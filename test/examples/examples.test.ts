/**
 * Every example does what its README says, as a process, on the real stack. One world for all of them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { exhume } from '../../examples/churn-webhook/dead-letters.ts';
import { verify } from '../../examples/churn-webhook/signature.ts';
import { startProvider } from '../../examples/marketing-automation/provider.ts';
import { missing, missingMaven } from '../support/missing.ts';
import { ExampleProcess } from './process.ts';
import { jar, python } from './tools.ts';
import { ABORTED, createWorld, ERASED, type World } from './world.ts';

const EXAMPLES = join(import.meta.dirname, '../../examples');
const SECRET = Buffer.alloc(32, 7);
const SECONDS = 40;

const folder = mkdtempSync(join(tmpdir(), 'rapport-examples-'));
let world: World;
beforeAll(async () => {
  world = await createWorld();
}, 120_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await world?.app.stop();
}, 60_000);

/** Starts it, and ends it with the test. */
function start(command: readonly string[], environment: Readonly<Record<string, string>> = {}): ExampleProcess {
  const example = new ExampleProcess(command, { ...world.environment, ...environment });
  onTestFinished(async () => void (await example.kill()));
  return example;
}
const node = (file: string, environment: Readonly<Record<string, string>> = {}, ...args: string[]): ExampleProcess =>
  start([process.execPath, join(EXAMPLES, file), ...args], environment);

test('marketing automation sends each live change once, through a crash between the call and the record, and through a rebalance', async () => {
  const { outputs } = world;
  const due = outputs.changes.filter(({ origin, to }) => origin === 'live' && to !== 'LOYALIST').map(({ changeId }) => changeId);
  expect(due.length).toBeGreaterThan(9);
  const crash = Promise.withResolvers<string>();
  let calls = 0;
  // The third call is the second one of its partition: of that one the first is recorded, and no offset is committed yet.
  const provider = await startProvider(async ({ key }) => {
    calls += 1;
    if (calls !== 3) return;
    crash.resolve(key);
    await new Promise(() => undefined);
  });
  onTestFinished(() => provider.stop());
  const settings = { MAIL_URL: provider.url, SENT_FILE: join(folder, 'sent.sqlite') };
  const first = node('marketing-automation/main.ts', settings);
  const cut = await Promise.race([crash.promise, first.ended]);
  expect(due, first.stderr).toContain(cut);
  await first.kill();
  const recorded = first.said.filter(({ outcome }) => outcome === 'accepted').map(({ changeId }) => changeId);
  expect(recorded.length).toBeGreaterThan(0);

  const two = [node('marketing-automation/main.ts', settings), node('marketing-automation/main.ts', settings)];
  const settled = (): Set<unknown> => new Set([first, ...two].flatMap(({ said }) => said.map(({ changeId }) => changeId)));
  await two[0]?.until('all changes to be answered', SECONDS, () => due.every((id) => settled().has(id)));
  for (const one of two) expect(await one.kill('SIGTERM'), one.stderr).toBe(0);

  const sent = provider.calls.filter((call) => call.sent).map(({ key }) => key);
  expect(sent.toSorted()).toEqual(due.toSorted());
  expect(provider.calls.filter(({ key }) => key === cut).length).toBeGreaterThan(1);
  for (const id of recorded) expect(provider.calls.filter(({ key }) => key === id)).toHaveLength(1);
  expect(two.flatMap(({ said }) => said).filter(({ outcome }) => outcome === 'known').length).toBeGreaterThan(0);
});

test('the churn webhook delivers in order, signed, again after failures and after a crash, and keeps what never gets through', async () => {
  const alerts = world.outputs.alerts.filter(({ kind, origin }) => kind === 'CHURN_RISK' && origin === 'live');
  const idOf = ({ alertId, number }: { alertId: string; number: number }): string => `${alertId}-${number}`;
  const of = (customer: string): string[] => alerts.filter(({ customerId }) => customerId === customer).map(idOf);
  const [[unlucky = '', follows = ''], [refused = ''], [hopeless = ''], [cut = '']] = [of('l-0'), of('l-2'), of('l-3'), of('l-1')];
  expect([unlucky, follows, refused, hopeless, cut]).not.toContain('');
  const requests: { readonly id: string; readonly status: number; readonly believed: boolean }[] = [];
  const crash = Promise.withResolvers<string>();
  let healed = false;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const id = String(request.headers['webhook-id']);
    const times = requests.filter((each) => each.id === id).length;
    const status = healed ? 204 : id === refused ? 400 : id === hopeless ? 500 : id === unlucky && times < 2 ? 503 : 204;
    requests.push({ id, status, believed: verify(SECRET, request.headers, body, Date.now()) === null });
    if (id === cut && times === 0) {
      crash.resolve(id);
      return;
    }
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const letters = join(folder, 'dead.ndjson');
  const settings = {
    WEBHOOK_URL: `http://127.0.0.1:${port}/`,
    WEBHOOK_SECRET: `whsec_${SECRET.toString('base64')}`,
    WEBHOOK_ATTEMPTS: '3',
    WEBHOOK_FIRST_WAIT_MS: '20',
    DEAD_LETTER_FILE: letters,
  };
  const first = node('churn-webhook/main.ts', settings);
  expect(await Promise.race([crash.promise, first.ended]), first.stderr).toBe(cut);
  await first.kill();
  const second = node('churn-webhook/main.ts', settings);
  const settled = (): Set<unknown> => new Set([...first.said, ...second.said].map(({ id }) => id));
  await second.until('all alerts to be settled', SECONDS, () => alerts.every((alert) => settled().has(idOf(alert))));
  expect(await second.kill('SIGTERM'), second.stderr).toBe(0);

  expect(requests.every(({ believed }) => believed)).toBe(true);
  const accepted = requests.filter(({ status }) => status === 204).map(({ id }) => id);
  expect([...new Set(accepted)].toSorted()).toEqual(
    alerts
      .map(idOf)
      .filter((id) => id !== refused && id !== hopeless)
      .toSorted(),
  );
  expect(requests.filter(({ id }) => id === unlucky).map(({ status }) => status)).toEqual([503, 503, 204, ...again(accepted, unlucky)]);
  expect(requests.findIndex(({ id }) => id === follows)).toBeGreaterThan(
    requests.findIndex(({ id, status }) => id === unlucky && status === 204),
  );
  expect(requests.filter(({ id }) => id === cut).length).toBeGreaterThan(1);
  const dead = await exhume(letters);
  expect(new Map(dead.map(({ id, why }) => [id, why]))).toEqual(
    new Map([
      [refused, 'status 400'],
      [hopeless, 'status 500'],
    ]),
  );
  expect(dead.find(({ id }) => id === hopeless)?.attempts).toBe(3);

  healed = true;
  requests.length = 0;
  const redelivery = node('churn-webhook/redeliver.ts', settings, letters);
  expect(await redelivery.ended, redelivery.stderr).toBe(0);
  expect(new Set(requests.map(({ id }) => id))).toEqual(new Set([refused, hopeless]));
  expect(requests.every(({ believed, status }) => believed && status === 204)).toBe(true);
});

/** What a crash in the same batch brings once more. */
const again = (accepted: readonly string[], id: string): number[] =>
  accepted
    .filter((each) => each === id)
    .slice(1)
    .map(() => 204);

test('the dashboard shows the groups of all customers whose newest profile is no tombstone, once the topics have been read', async () => {
  const expected = new Map<string, number>();
  for (const { customerId, group } of new Map(world.outputs.profiles.map((profile) => [profile.customerId, profile])).values()) {
    if (customerId !== ERASED) expected.set(group, (expected.get(group) ?? 0) + 1);
  }
  const dashboard = node('dashboard-consumer/main.ts', {}, '--once', '--json');
  expect(await dashboard.ended, dashboard.stderr).toBe(0);
  const rows: { group: string; customers: number; slippingAway: number; csat: unknown }[] = JSON.parse(dashboard.stdout);
  const all = [...expected.values()].reduce((sum, each) => sum + each, 0);
  expect(new Map(rows.map(({ group, customers }) => [group, customers]))).toEqual(new Map([...expected, ['all', all]]));
  expect(rows.at(-1)?.slippingAway).toBe(2);
});

/** What the consumers in other languages print of the changes, in the order of each customer. */
async function printsEveryChange(consumer: ExampleProcess): Promise<void> {
  const { changes } = world.outputs;
  await consumer.until('every change to be printed', SECONDS, () => consumer.lines.length >= changes.length);
  await consumer.kill('SIGTERM');
  const printed = consumer.lines.map((line) => /^(\S+) ((\S+) .*?\)): (.*)$/.exec(line)?.slice(1) ?? []);
  for (const customer of new Set(changes.map(({ customerId }) => customerId))) {
    const mine = changes.filter(({ customerId }) => customerId === customer);
    const lines = printed.filter(([, , who]) => who === customer);
    expect(lines.map(([at = '']) => Date.parse(at))).toEqual(mine.map(({ at }) => at));
    expect(lines.map(([, what]) => what)).toEqual(
      mine.map((each) => `${customer} #${each.number} ${each.from ?? '-'} -> ${each.to} (${each.cause})`),
    );
    for (const [i, { drivers }] of mine.entries()) {
      const reasons = lines[i]?.[3] ?? '';
      expect(reasons === 'first seen' ? [] : reasons.split(', ').map((each) => each.slice(0, each.lastIndexOf(' ')))).toEqual(
        drivers.map(({ name }) => name),
      );
      // Halves are rounded in more than one way.
      for (const { name, difference } of drivers) {
        expect(Math.abs(Number(reasons.split(`${name} `)[1]?.split(',')[0]) - difference), `${name} in ${reasons}`).toBeLessThan(0.06);
      }
    }
  }
  expect(printed).toHaveLength(changes.length);
  expect(consumer.stdout).not.toContain(ABORTED);
}

test('the Python consumer prints every committed change with its reasons', { timeout: 300_000 }, async ({ skip }) => {
  const commands = [
    ['python3', '-m', 'pip', '--version'],
    ['python3', '-c', 'import ensurepip, venv'],
  ];
  const why = await missing(
    'Python with pip and venv',
    commands,
    'its example',
    'install it (Debian, Ubuntu: apt-get install python3-venv)',
  );
  if (why !== null) skip(why);
  await printsEveryChange(start([await python(), join(EXAMPLES, 'python-consumer/consumer.py')]));
});

test('the Java consumer prints every committed change with its reasons', { timeout: 300_000 }, async ({ skip }) => {
  const why = await missingMaven('its example');
  if (why !== null) skip(why);
  await printsEveryChange(start(['java', '-jar', await jar()]));
});
