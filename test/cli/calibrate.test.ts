/** `rapport calibrate` as a process: what it reads, prints, writes, and how it ends; from topics the same as from the file. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePolicy } from '../../src/config/policy.ts';
import { application, type Ended, program } from './application.ts';

const CDNOW = fileURLToPath(new URL('../fixtures/cdnow.csv', import.meta.url));
const GENERATE = ['--customers', '400', '--days', '500', '--seed', '7', '--until', '2026-01-01'];
let folder: string;
let history: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rapport-calibrate-'));
  history = join(folder, 'history.ndjson');
  expect((await program(['generate', ...GENERATE, '--out', history]).ended).code).toBe(0);
});
afterAll(() => rm(folder, { recursive: true }));

const run = (...args: string[]): Promise<Ended> => program(['calibrate', ...args]).ended;

describe('a file', () => {
  test('the policy is written with comments, parses, and played again gives the numbers that were said', async () => {
    const out = join(folder, 'policy.yaml');
    const { code, stdout, stderr } = await run(history, '--out', out, '--json');
    expect(code).toBe(0);
    expect(stdout.trim().split('\n').length).toBe(1);
    const said = JSON.parse(stdout);
    const text = await readFile(out, 'utf8');
    expect(parsePolicy(text, out).policy).toEqual(said.policy);
    expect(text).toMatch(/^# By rapport calibrate from \d+ customers until 2025-12-31/);
    expect(text).toContain(`CHAMPION ${said.groups.CHAMPION} (`);
    expect(stderr).toMatch(/lines are no events and were passed over/);
    const again = JSON.parse((await run(history, '--play', out, '--json')).stdout);
    const { undoneShare, alertsPerDayPer10k, groups, goals } = said;
    expect(again).toMatchObject({ policy: said.policy, undoneShare, alertsPerDayPer10k, groups, goals, derived: [] });
    expect(goals.map(({ name }: { name: string }) => name)).toEqual([
      'undone',
      'alerts',
      'CHAMPION',
      'POTENTIAL_CHAMPION',
      'LOYALIST',
      'AT_RISK',
    ]);
  });

  test('for people: the file on stdout where it is not written, groups and goals in tables', async () => {
    const { code, stdout } = await run(history, '--preset', 'b2b');
    expect(code).toBe(0);
    expect(stdout).toContain('preset: b2b #');
    expect(stdout).toMatch(/CHAMPION +\d+ +\d+\.\d %/);
    expect(stdout).toMatch(/moves undone within 30 days +\d+\.\d % +– +5\.0 % +(met|NOT MET)/);
    expect(stdout).toMatch(/CHURN_RISK opened a day per 10,000 customers +\d+\.\d\d/);
  });

  test('a preset is played by its name, up to a day, over a sample of the customers when told to hold fewer events', async () => {
    const { code, stdout, stderr } = await run(history, '--play', 'retail', '--until', '2025-10-31', '--most-events', '9000', '--json');
    expect(code).toBe(0);
    const said = JSON.parse(stdout);
    expect(said).toMatchObject({ until: '2025-10-31', derived: [] });
    expect([0.5, 0.25, 0.125]).toContain(said.sampledShare);
    expect(said.events).toBeLessThanOrEqual(9_000);
    expect(stderr).toContain(`one customer in ${1 / said.sampledShare} was taken, whole`);
  });

  test('CSV: what purchases alone say', async () => {
    const { code, stdout, stderr } = await run(CDNOW, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout).policy.loyalty.programme.enabled).toBe(false);
    expect(stderr).toContain('the file has purchases alone');
  });
});

describe('how it ends', () => {
  test.each([
    [[], 2, /give either a file or --from-topics/],
    [['x.csv', '--from-topics'], 2, /give either a file or --from-topics/],
    [['x.csv', '--play', 'retail', '--out', 'y.yaml'], 2, /--play derives nothing/],
    [['/nowhere/x.csv'], 1, /x\.csv cannot be read \(ENOENT\)/],
    [['x.csv', '--play', '/nowhere/p.yaml'], 1, /p\.yaml cannot be read \(ENOENT\)/],
  ] as const)('%j', async (args, code, message) => {
    const ended = await run(...args);
    expect(ended.code).toBe(code);
    expect(ended.stdout).toBe('');
    expect(ended.stderr).toMatch(message);
  });

  test('a faulty policy is 2, with its line; a history without events or orders is 1', async () => {
    const policy = join(folder, 'faulty.yaml');
    await writeFile(policy, 'preset: retail\nloyalty:\n  high: 900\n');
    expect(await run(history, '--play', policy)).toMatchObject({ code: 2, stderr: expect.stringContaining('faulty.yaml:3') });
    const empty = join(folder, 'empty.ndjson');
    await writeFile(empty, '');
    expect(await run(empty)).toMatchObject({ code: 1, stderr: 'rapport: the history has no events\n' });
    const visits = join(folder, 'visits.ndjson');
    const visit = { type: 'engagement', eventId: 'e', customerId: 'a', occurredAt: '2026-01-01', kind: 'VISIT', channel: 'WEB' };
    await writeFile(visits, JSON.stringify({ ...visit, occurredAt: '2025-01-01T00:00:00Z' }));
    expect(await run(visits)).toMatchObject({ code: 1, stderr: expect.stringContaining('no customer has an order in the last 365 days') });
  });
});

test('from topics: what is in them at the time, as from the file with the same events', async () => {
  const app = await application(2);
  try {
    expect((await app.run('topics', 'create')).code).toBe(0);
    expect((await app.run('generate', ...GENERATE)).code).toBe(0);
    const { code, stdout, stderr } = await app.run('calibrate', '--from-topics', '--json');
    expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/records are no events/) });
    const [topics, file] = [JSON.parse(stdout), JSON.parse((await run(history, '--json')).stdout)];
    expect({ ...topics, warnings: [] }).toEqual({ ...file, warnings: [] });
  } finally {
    await app.stop();
  }
});
