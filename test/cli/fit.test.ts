/** `rapport fit` as a process: what it reads, prints, writes, and how it ends. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parsePolicy } from '../../src/config/policy.ts';
import { type Ended, program } from './application.ts';

const CDNOW = fileURLToPath(new URL('../fixtures/cdnow.csv', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rapport-fit-'));
});
afterAll(() => rm(folder, { recursive: true }));

const run = (...args: string[]): Promise<Ended> => program(['fit', ...args]).ended;
const piped = (text: string, ...args: string[]): Promise<Ended> => {
  const started = program(['fit', '-', ...args]);
  started.process.stdin?.end(text);
  return started.ended;
};

describe('CSV', () => {
  test('the published fit of CDNOW as one JSON object', async () => {
    const { code, stdout, stderr } = await run(CDNOW, '--model', 'bg', '--unit', 'week', '--until', '1997-09-30', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trim().split('\n').length).toBe(1);
    const near = (value: number, digits: number): unknown => expect.closeTo(value, digits);
    expect(JSON.parse(stdout)).toMatchObject({
      model: 'bg',
      unit: 'week',
      r: near(0.243, 3),
      alpha: near(4.414, 3),
      a: near(0.793, 3),
      b: near(2.426, 3),
      logLikelihood: near(-9_582.4, 1),
      standardErrors: { r: expect.any(Number), alpha: expect.any(Number), a: expect.any(Number), b: expect.any(Number) },
      converged: true,
      gradient: near(0, 6),
      atBound: [],
      gammaGamma: {
        converged: true,
        gradient: near(0, 5),
        atBound: [],
        usable: true,
        mean: near(35.08, 2),
        p: near(6.25, 2),
        q: near(3.74, 2),
        v: near(15.44, 2),
        correlation: near(0.11, 2),
      },
      customers: 2_357,
      repeaters: 946,
      until: '1997-09-30',
      auc: { model: expect.any(Number), recency: expect.any(Number) },
      thresholds: { p1: expect.any(Number), p2: expect.any(Number), p3: expect.any(Number) },
      warnings: [],
    });
  });

  test('for people: tables; the policy file parses and is in days', async () => {
    const out = join(folder, 'policy.yaml');
    const { code, stdout, stderr } = await run(CDNOW, '--until', '1997-09-30', '--unit', 'week', '--out', out);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `fit: the policy is in ${out}\n` });
    expect(stdout).toMatch(/alpha +6\.183 /);
    expect(stdout).toMatch(/^log-likelihood -9582\.14; the search converged \(gradient \d\.\de-\d+ per customer\)$/m);
    expect(stdout).toMatch(/^log-likelihood -4055\.92; the search converged /m);
    expect(stdout).toContain('7+');
    expect(parsePolicy(await readFile(out, 'utf8'), out).policy.churn.parameters.alpha).toBeCloseTo(43.28, 2);
  });

  test('without a hold-out: null, and one line on stderr', async () => {
    const { code, stdout, stderr } = await run(CDNOW, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ auc: null, thresholds: null, calibration: [], until: '1998-06-30' });
    expect(stderr).toMatch(/^fit: no purchase lies after the calibration[^\n]*\n$/);
  });

  test('a search that runs into a bound has not converged, in JSON, in words, on stderr and in the file', async () => {
    // Everybody comes every ten days, for ever.
    const orders = Array.from({ length: 40 }, (_, i) =>
      [0, 10, 20, 30, 40].map(
        (day) => `c${i},${new Date(Date.UTC(2025, 0, 1 + day)).toISOString().slice(0, 10)},${5 + ((i * 7 + day) % 23)}`,
      ),
    );
    const text = `customer_id,date,amount\n${orders.flat().join('\n')}\n`;
    const found = JSON.parse((await piped(text, '--json')).stdout);
    expect(found).toMatchObject({ converged: false, standardErrors: null });
    expect(found.atBound).toContainEqual({ parameter: 'alpha', side: 'most' });
    const out = join(folder, 'bound.yaml');
    const { code, stdout, stderr } = await piped(text, '--out', out);
    expect(code).toBe(0);
    expect(stdout).toMatch(/; the search did NOT converge at the bound of [^\n]*alpha[^\n]*: do not use these numbers/);
    expect(stderr).toContain('fit: alpha ran into the upper bound of the search: customers buy at rates that are too much alike');
    expect(await readFile(out, 'utf8')).toContain('# alpha ran into the upper bound of the search');
  });

  test('a line at fault is named with its cure, and ends it with 1', async () => {
    const { code, stdout, stderr } = await piped('customer_id,date,amount\na,2025-01-01,1\n\nb,gestern,2\n');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^rapport: stdin:4: date is no date: write it as [^\n]*\n$/);
    const future = await piped('customer_id,date,amount\na,9025-01-01,1\n');
    expect(future).toMatchObject({ code: 1, stderr: expect.stringMatching(/^rapport: stdin:2: date lies in the future/) });
  });
});

describe('NDJSON', () => {
  test('a generated history, with its repetitions, refunds and broken lines', async () => {
    const file = join(folder, 'history.ndjson');
    const made = ['--customers', '400', '--days', '500', '--seed', '7', '--until', '2026-01-01', '--broken', '0.01', '--out', file];
    expect((await program(['generate', ...made]).ended).code).toBe(0);
    const { code, stdout, stderr } = await run(file, '--until', '2025-09-30', '--json');
    const found: { customers: number; warnings: string[]; auc: { model: number } } = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(found.customers).toBeGreaterThan(200);
    expect(found.auc.model).toBeGreaterThan(0.7);
    expect(found.warnings[0]).toMatch(/^\d+ lines are no events and were passed over, the first being line \d+: /);
    expect(stderr).toContain(found.warnings[0]);
  });

  test('amounts are in the currency of the first purchase; others count without their amounts', async () => {
    const line = (customer: number, day: number, currency: string, amountMinor: number): string =>
      JSON.stringify({
        type: 'purchase',
        eventId: `${customer}-${day}`,
        orderId: `${customer}-${day}`,
        customerId: String(customer),
        occurredAt: Date.UTC(2025, 0, 1 + day),
        amountMinor,
        currency,
      });
    const lines = Array.from({ length: 40 }, (_, i) => [0, 20 + i, 60 + 2 * i].map((day) => line(i, day, 'EUR', 1_000 + 37 * i + day)));
    const { code, stdout } = await piped([...lines.flat(), line(1, 99, 'USD', 5), line(2, 2_000_000, 'EUR', 5)].join('\n'), '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ currency: 'EUR', customers: 40, repeaters: 40, gammaGamma: { customers: 40 } });
    const { warnings, until }: { warnings: string[]; until: string } = JSON.parse(stdout);
    expect(until).toBe('2025-05-19');
    expect(warnings[0]).toContain('the first being line 122: occurredAt lies in the future');
    expect(warnings[1]).toContain('1 purchases are not in EUR');
  });
});

test.each([
  ['nothing at all', '', /^rapport: the history has no purchase/],
  [
    'amounts that are all the same',
    'customer_id,date,amount\na,2025-01-01,9\na,2025-02-01,9\nb,2025-01-05,9\nb,2025-03-01,9\nb,2025-04-01,9\n',
    /^rapport: every customer spends the same/,
  ],
  [
    'one customer who came twice',
    'customer_id,date,amount\na,2025-01-01,9\na,2025-02-01,9\nb,2025-01-05,9\n',
    /^rapport: only one customer has a repeat purchase of a positive amount/,
  ],
  ['nobody who came twice', 'customer_id,date,amount\na,2025-01-01,1\nb,2025-02-01,1\n', /^rapport: nobody has bought on a second day/],
] as const)('%s is one line, and 1', async (_, text, message) => {
  const { code, stdout, stderr } = await piped(text);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n').length).toBe(1);
});

test('a file that is not there, or cannot be written, is one line and 1; a wrong option is 2', async () => {
  expect(await run('nowhere.csv')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^rapport: nowhere\.csv cannot be read \(ENOENT\)[^\n]*\n$/),
  });
  await writeFile(join(folder, 'file'), '');
  const unwritable = await run(CDNOW, '--until', '1997-09-30', '--out', join(folder, 'file', 'policy.yaml'));
  expect(unwritable.code).toBe(1);
  expect(unwritable.stderr).toMatch(/^rapport: .* cannot be written \(ENOTDIR\)[^\n]*\n$/);
  expect((await run(CDNOW, '--model', 'pareto')).code).toBe(2);
  expect((await run(CDNOW, '--until', 'yesterday')).code).toBe(2);
});
